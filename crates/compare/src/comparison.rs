//! The comparison: every model on every test list, whole and by strata, and against the reference.

use std::collections::HashMap;

use ciskit_core::{Pair, PairTableScorer};
use ciskit_dataset::{Audit, Finding, Split, Verdict};
use rayon::prelude::*;
use serde::Serialize;

use crate::bootstrap::Blocks;
use crate::difference::{Scored, differences};
use crate::estimate::{Rows, measure};
use crate::label_free::{LABEL_FREE, NamedRule, rules, score_list};
use crate::stratum::Strata;
use crate::{
    CompareConfig, CompareError, Difference, Measured, ModelKind, ModelScores, Stratification, TestList,
    TestRatio,
};

/// Models on the same test lists: how good each is, how sure that is, and against the reference.
///
/// - **Mean over folds** is the number to compare. Each fold has a network of its own; pooling the scores of several
///   mixes their scales, so that pooled values are shown but not tested alone.
/// - **Intervals** come from 95 % of resamples of whole chromosomes, the blocks between which pairs share no elements.
///   They say how much the test pairs matter, not how much another training would.
/// - **Lists**: every model meets the same rows; negatives are drawn once from the seed.
/// - **Label-free rules** ([`LABEL_FREE`]) and the prevalence stand beside the models always, and so do the findings
///   of the list's audit.
///
/// The [crate]'s page has an example.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Version of the schema.
    pub format: u32,
    /// Name of the split.
    pub splitter: String,
    /// How the split says that it leaks.
    pub leak: Option<String>,
    /// The settings.
    pub config: CompareConfig,
    /// What is compared, in the order given, the rules last.
    pub models: Vec<Compared>,
    /// The test lists, one a ratio.
    pub lists: Vec<TestList>,
    /// Where lists are smaller than asked for.
    pub shortages: Vec<String>,
    /// What else a reader must know, such as models that were chosen on the test pairs.
    pub notes: Vec<String>,
    /// Every model on every list, whole and by strata.
    pub results: Vec<ModelResult>,
    /// Every model but the reference against the reference.
    pub differences: Vec<Difference>,
    /// What the audit of the same list and split found, but what is ok; the worst first.
    pub findings: Vec<Finding>,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: ModelKind,
    /// Whether a row's score depends on which other rows are scored with it.
    pub transductive: bool,
}

/// A stratum: a kind of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stratum {
    /// What pairs are told apart by.
    pub by: Stratification,
    /// Its name.
    pub name: &'static str,
}

/// One model on one list, or on one stratum of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelResult {
    /// Name of the model.
    pub model: String,
    /// What kind it is.
    pub kind: ModelKind,
    /// The list.
    pub ratio: TestRatio,
    /// Which of its rows; `None` for all.
    pub stratum: Option<Stratum>,
    /// How good it is.
    #[serde(flatten)]
    pub measured: Measured,
}

/// Something that scores lists.
enum Scorer<'a> {
    /// Scores by row, fold by fold.
    Given(Vec<HashMap<usize, f64>>),
    /// A rule.
    Rule(NamedRule<'a>),
}

impl Comparison {
    /// Compares models under a split, with the rules of [`LABEL_FREE`] beside them.
    ///
    /// Folds are those of the models' scores, which must be the same for all; without models, all of the split.
    ///
    /// *Cost*: a sort of each list for each model, and for each resample a walk over it, whole and once for every kind
    /// of strata. Results depend neither on the number of threads nor on the order of the models.
    ///
    /// # Errors
    ///
    /// [`CompareError::Setting`] and [`CompareError::Reference`]; [`CompareError::NameTwice`],
    /// [`CompareError::Fold`], [`CompareError::Folds`], [`CompareError::Lengths`], [`CompareError::NoScore`],
    /// [`CompareError::Row`] and [`CompareError::NotFinite`] for scores that are not one finite number for each
    /// labelled test row.
    ///
    /// # Panics
    ///
    /// If the split is not one of `pairs`.
    pub fn of(
        pairs: &[Pair],
        split: &Split,
        audit: &Audit,
        models: &[ModelScores],
        config: &CompareConfig,
    ) -> Result<Self, CompareError> {
        let known = rules();
        let rules: Vec<(&str, &dyn PairTableScorer)> =
            LABEL_FREE.into_iter().zip(known.iter().map(|rule| &**rule)).collect();
        Self::with_rules(pairs, split, audit, models, &rules, config)
    }

    /// As [`Comparison::of`], with other label-free rules, each scored on every fold's list by itself.
    ///
    /// # Errors
    ///
    /// As [`Comparison::of`], and [`CompareError::Rule`] where a rule cannot score a list.
    pub fn with_rules(
        pairs: &[Pair],
        split: &Split,
        audit: &Audit,
        models: &[ModelScores],
        rules: &[(&str, &dyn PairTableScorer)],
        config: &CompareConfig,
    ) -> Result<Self, CompareError> {
        config.check()?;
        let folds = common_folds(split, models)?;
        let (compared, scorers) = scorers(pairs, split, &folds, models, rules)?;
        let reference = position(&compared, &config.reference)?;
        let lists: Vec<TestList> = config
            .ratios
            .iter()
            .map(|ratio| TestList::of(pairs, split, &folds, *ratio, config.seed))
            .collect();
        let (mut results, mut tests) = (Vec::new(), Vec::new());
        for list in &lists {
            let on_list = OnList::new(pairs, split, list, config);
            let scored: Vec<(Scored, Vec<ModelResult>)> = compared
                .par_iter()
                .zip(&scorers)
                .map(|(compared, scorer)| on_list.measure(compared, scorer))
                .collect::<Result<_, _>>()?;
            let names: Vec<String> = list.folds.iter().map(|fold| fold.name.clone()).collect();
            let of_model =
                |index: usize| differences(&scored[index].0, &scored[reference].0, list.ratio, &names);
            let others: Vec<usize> = (0..scored.len()).filter(|index| *index != reference).collect();
            tests.par_extend(others.into_par_iter().flat_map_iter(of_model));
            results.extend(scored.into_iter().flat_map(|(_, results)| results));
        }
        Ok(Self {
            format: 1,
            splitter: split.splitter.clone(),
            leak: split.leak.clone(),
            config: config.clone(),
            models: compared,
            notes: Vec::new(),
            shortages: lists.iter().filter_map(TestList::shortage).collect(),
            lists,
            results,
            differences: tests,
            findings: audit
                .findings
                .iter()
                .filter(|finding| finding.verdict > Verdict::Ok)
                .cloned()
                .collect(),
        })
    }

    /// Adds what a reader must know; every report opens with it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// A model on a whole list.
    #[must_use]
    pub fn result(&self, model: &str, ratio: TestRatio) -> Option<&ModelResult> {
        self.on_list(ratio).find(|result| result.model == model)
    }

    /// All models on a whole list, in the order of [`Comparison::models`].
    pub fn on_list(&self, ratio: TestRatio) -> impl Iterator<Item = &ModelResult> {
        self.results.iter().filter(move |result| result.ratio == ratio && result.stratum.is_none())
    }
}

/// The folds of the models, which must all be of the same.
fn common_folds(split: &Split, models: &[ModelScores]) -> Result<Vec<usize>, CompareError> {
    let Some(first) = models.first() else { return Ok((0..split.folds.len()).collect()) };
    let expected = first.fold_numbers();
    match models.iter().find(|model| model.fold_numbers() != expected) {
        None => Ok(expected),
        Some(model) => {
            let (found, other) = (model.fold_numbers(), first.name.clone());
            Err(CompareError::Folds { model: model.name.clone(), found, other, expected })
        }
    }
}

/// Models and rules, what they are and how they score.
fn scorers<'a>(
    pairs: &[Pair],
    split: &Split,
    folds: &[usize],
    models: &[ModelScores],
    rules: &[(&str, &'a dyn PairTableScorer)],
) -> Result<(Vec<Compared>, Vec<Scorer<'a>>), CompareError> {
    let (mut compared, mut scorers): (Vec<Compared>, Vec<Scorer<'_>>) = (Vec::new(), Vec::new());
    for model in models {
        compared.push(Compared { name: model.name.clone(), kind: model.kind, transductive: false });
        scorers.push(Scorer::Given(model.by_row(pairs, split, folds)?));
    }
    for &(name, rule) in rules {
        let (name, transductive) = (name.to_owned(), rule.is_transductive());
        compared.push(Compared { name: name.clone(), kind: ModelKind::LabelFree, transductive });
        scorers.push(Scorer::Rule((name, rule)));
    }
    for (index, Compared { name, .. }) in compared.iter().enumerate() {
        if compared[..index].iter().any(|other| other.name == *name) {
            return Err(CompareError::NameTwice { name: name.clone() });
        }
    }
    Ok((compared, scorers))
}

fn position(compared: &[Compared], reference: &str) -> Result<usize, CompareError> {
    let names = || compared.iter().map(|compared| compared.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = compared.iter().position(|compared| compared.name == reference);
    found.ok_or_else(|| CompareError::Reference { reference: reference.to_owned(), known: names() })
}

/// A list with everything that does not depend on the model.
struct OnList<'a> {
    pairs: &'a [Pair],
    list: &'a TestList,
    labels: Vec<Vec<bool>>,
    blocks: Blocks,
    strata: Vec<Strata>,
}

impl<'a> OnList<'a> {
    fn new(pairs: &'a [Pair], split: &Split, list: &'a TestList, config: &CompareConfig) -> Self {
        let blocks = Blocks::of(pairs, list, config.resamples, config.seed);
        Self { pairs, list, labels: list.labels(pairs), blocks, strata: Strata::all(pairs, split, list) }
    }

    fn scores(&self, scorer: &Scorer<'_>) -> Result<Vec<Vec<f64>>, CompareError> {
        match scorer {
            Scorer::Given(by_row) => {
                let folds = self.list.folds.iter().zip(by_row);
                Ok(folds.map(|(fold, by_row)| fold.rows.iter().map(|row| by_row[row]).collect()).collect())
            }
            Scorer::Rule(rule) => score_list(rule, self.pairs, self.list),
        }
    }

    fn measure(
        &self,
        compared: &Compared,
        scorer: &Scorer<'_>,
    ) -> Result<(Scored, Vec<ModelResult>), CompareError> {
        let (labels, blocks) = (self.labels.clone(), self.blocks.of.clone());
        let rows = Rows { labels, scores: self.scores(scorer)?, blocks };
        let (measured, resampled) = measure(&rows, &self.blocks);
        let result = |stratum, measured| ModelResult {
            model: compared.name.clone(),
            kind: compared.kind,
            ratio: self.list.ratio,
            stratum,
            measured,
        };
        let mut results = vec![result(None, measured.clone())];
        for strata in &self.strata {
            for (index, &name) in strata.names.iter().enumerate() {
                let (measured, _) = measure(&rows.only(&strata.of, index), &self.blocks);
                results.push(result(Some(Stratum { by: strata.by, name }), measured));
            }
        }
        Ok((Scored { name: compared.name.clone(), rows, measured, resampled }, results))
    }
}
