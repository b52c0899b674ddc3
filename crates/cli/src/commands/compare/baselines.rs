//! Baselines that are fitted to each fold's training pairs.

use anyhow::{Context, Result};
use ciskit_baselines::{Baseline, Baselines};
use ciskit_compare::{FoldScores, ModelKind, ModelScores};
use ciskit_dataset::{PairSource, Purpose, Seeds, Split};

use crate::progress::say;

/// Fits a baseline in every fold and scores the fold's labelled test rows. It learns from what networks learn from: the
/// training pairs, not those that choose.
pub(crate) fn scores(
    name: &str,
    source: &dyn PairSource,
    split: &Split,
    folds: &[usize],
    seed: u64,
) -> Result<ModelScores> {
    let baseline = Baselines::named(name)?;
    say(format!("{name}: {} (looks at {})", baseline.description(), baseline.evidence()));
    let of_fold = |&fold: &usize| -> Result<FoldScores> {
        let parts = split.folds.get(fold).with_context(|| format!("there is no fold {fold}"))?;
        let labelled = |row: &usize| source.pairs()[*row].label.is_some();
        let rows: Vec<usize> = parts.test.iter().copied().filter(labelled).collect();
        let seed = Seeds::of_fold(seed, fold).seed(Purpose::Initialisation);
        let fitted = baseline.fit(source, &parts.train, seed)?;
        let scores = fitted.score(source, &rows)?.into_iter().map(f64::from).collect();
        Ok(FoldScores { fold, rows, scores })
    };
    let folds = folds.iter().map(of_fold).collect::<Result<_>>();
    let folds = folds.with_context(|| format!("cannot fit {name}"))?;
    Ok(ModelScores { name: name.to_owned(), kind: ModelKind::Baseline, folds })
}
