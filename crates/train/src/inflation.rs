//! By how much choosing on the test part made the result look better.

use serde::{Deserialize, Serialize};

use crate::null_selection::{NullFold, of_folds};
use crate::{FoldOutcome, Measured, NullSelection, SelectionSet, Spread};

/// The result of [`Protocol::Paper`](crate::Protocol::Paper) beside what the same runs come to when the test part has no
/// say, and beside what random scores would be reported as. All are test scores, means over folds.
///
/// ```
/// use ciskit_train::Inflation;
///
/// // Without folds, or where validation chose, there is nothing to tell.
/// assert!(Inflation::of(&[], 20, 1).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inflation {
    /// The largest number of candidates of a fold.
    pub candidates: usize,
    /// What is reported: the best on the test part.
    pub reported: TestScores,
    /// The same candidates chosen on the validation part; `None` where a fold has none, as when it was trained on.
    pub by_validation: Option<TestScores>,
    /// The last epoch, the mean of the trials: nothing is chosen.
    pub last_epoch: TestScores,
    /// As many random scorers as there were candidates, chosen and reported the same way.
    pub random: NullSelection,
}

/// Test scores over folds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// AUROC.
    pub auroc: Spread,
    /// Average precision.
    pub average_precision: Spread,
}

impl TestScores {
    fn of(folds: &[(f64, f64)]) -> Option<Self> {
        let (aurocs, precisions): (Vec<f64>, Vec<f64>) = folds.iter().copied().unzip();
        Some(Self { auroc: Spread::of(&aurocs)?, average_precision: Spread::of(&precisions)? })
    }
}

impl Inflation {
    /// Compares for folds whose models were chosen on their test parts, with so many draws of random scorers; `None` for
    /// other folds, and for none. A function of its arguments alone.
    #[must_use]
    pub fn of(folds: &[FoldOutcome], draws: usize, seed: u64) -> Option<Self> {
        if folds.iter().any(|fold| fold.selection_set() != SelectionSet::Test) {
            return None;
        }
        let both = |measured: Measured| (measured.auroc, measured.average_precision);
        let reported: Vec<_> = folds.iter().map(|fold| both(fold.test)).collect();
        let by_validation: Option<Vec<_>> =
            folds.iter().map(|fold| Some(both(fold.best_on_validation()?.test?))).collect();
        let last_epoch: Option<Vec<_>> = folds.iter().map(last_epoch).collect();
        let null = |fold: &FoldOutcome| NullFold {
            candidates: fold.candidates,
            positives: fold.test.positives,
            negatives: fold.test.pairs - fold.test.positives,
        };
        Some(Self {
            candidates: folds.iter().map(|fold| fold.candidates).max()?,
            reported: TestScores::of(&reported)?,
            by_validation: by_validation.and_then(|folds| TestScores::of(&folds)),
            last_epoch: TestScores::of(&last_epoch?)?,
            random: of_folds(&folds.iter().map(null).collect::<Vec<_>>(), draws, seed)?,
        })
    }
}

/// AUROC and average precision of a fold's last epochs on the test part, the mean of its trials.
fn last_epoch(fold: &FoldOutcome) -> Option<(f64, f64)> {
    // The epochs of a trial stand together.
    let last = fold.history.chunk_by(|a, b| a.trial == b.trial).filter_map(|epochs| epochs.last());
    let tests = last.map(|epoch| epoch.test).collect::<Option<Vec<Measured>>>()?;
    let mean = |value: fn(&Measured) -> f64| tests.iter().map(value).sum::<f64>() / tests.len() as f64;
    Some((mean(|test| test.auroc), mean(|test| test.average_precision)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Epoch, Trial};

    /// A fold of 40 positives and 60 negatives with two epochs of two α: validation and test AUROC of each.
    fn fold(number: usize, aurocs: [(Option<f64>, f64); 4]) -> FoldOutcome {
        let measured = |auroc| Measured { pairs: 100, positives: 40, auroc, average_precision: auroc / 2.0 };
        let history = aurocs.into_iter().enumerate().map(|(index, (validation, test))| Epoch {
            fold: number,
            trial: Trial::of_alpha([0.2, 0.6][index / 2]),
            epoch: 1 + index % 2,
            step: 8,
            loss: 0.7,
            validation: validation.map(measured),
            test: Some(measured(test)),
        });
        let history: Vec<Epoch> = history.collect();
        let best = |best: Candidate, epoch: &Epoch| {
            let candidate = epoch.candidate();
            if candidate.replaces(&best) { candidate } else { best }
        };
        let chosen = history[1..].iter().fold(history[0].candidate(), best);
        FoldOutcome {
            number,
            name: number.to_string(),
            test: chosen.test.unwrap(),
            chosen,
            candidates: 4,
            rows: Vec::new(),
            logits: Vec::new(),
            history,
            weights: Default::default(),
            replicas: Vec::new(),
        }
    }

    #[test]
    fn every_way_of_choosing_is_told() {
        let folds = [
            fold(0, [(Some(0.6), 0.5), (Some(0.5), 0.9), (Some(0.7), 0.6), (Some(0.7), 0.7)]),
            fold(1, [(Some(0.6), 0.5), (Some(0.5), 0.4), (Some(0.5), 0.7), (Some(0.4), 0.6)]),
        ];
        let told = Inflation::of(&folds, 30, 1).unwrap();
        let close =
            |found: Spread, expected: f64| assert!((found.mean - expected).abs() < 1e-12, "{found:?}");
        assert_eq!(told.candidates, 4);
        close(told.reported.auroc, 0.8);
        close(told.reported.average_precision, 0.4);
        close(told.by_validation.unwrap().auroc, (0.6 + 0.5) / 2.0);
        close(told.last_epoch.auroc, ((0.9 + 0.7) / 2.0 + (0.4 + 0.6) / 2.0) / 2.0);
        assert_eq!(told.random, crate::null_selection(4, &[(40, 60); 2], 30, 1).unwrap());
    }

    #[test]
    fn without_validation_its_choice_is_absent() {
        let folds = [fold(0, [(None, 0.5), (None, 0.9), (None, 0.6), (None, 0.7)])];
        let told = Inflation::of(&folds, 3, 1).unwrap();
        assert_eq!(told.by_validation, None);
        assert_eq!(told.reported.auroc.mean, 0.9);
    }

    #[test]
    fn where_validation_chose_nothing_is_inflated() {
        let mut fold = fold(0, [(Some(0.6), 0.5); 4]);
        fold.chosen.test = None;
        assert_eq!(Inflation::of(&[fold], 3, 1), None);
    }
}
