//! Paired tests of a model against the reference.

use ciskit_metrics::{AurocDifference, delong_test};
use serde::Serialize;

use crate::TestRatio;
use crate::bootstrap;
use crate::estimate::{Measured, Metric, Resampled, Rows};

/// How a model differs from the reference in one measure on one test list.
///
/// Positive differences speak for the model. The bootstrap resamples chromosomes and measures both models on the same
/// draws; DeLong's test takes rows as independent, which rows that share elements are not, and so is too sure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// Name of the model.
    pub model: String,
    /// The test list.
    pub ratio: TestRatio,
    /// The measure.
    pub metric: Metric,
    /// Mean over the folds of model minus reference; `None` where the measure is undefined in every fold.
    pub difference: Option<f64>,
    /// Interval of 95 % of it, chromosomes resampled as blocks.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p-value of the bootstrap.
    pub p_value: Option<f64>,
    /// Why there are no interval and p-value.
    pub no_interval: Option<String>,
    /// Number of folds in which the model is better, and in which the reference is.
    pub wins: [usize; 2],
    /// DeLong's test of the mean over folds: ranks within folds only. AUROC alone has one.
    pub delong: Option<DeLong>,
    /// DeLong's test of all rows together, as if the scores of different folds' models had one scale.
    pub delong_pooled: Option<DeLong>,
    /// Each fold's difference, in the order of the list's folds.
    pub folds: Vec<FoldDifference>,
}

/// DeLong's test of a difference in AUROC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DeLong {
    /// Model minus reference.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Two-sided p-value; 1 without any difference, `None` where a difference has no error to measure it by.
    pub p_value: Option<f64>,
}

/// The difference in one fold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FoldDifference {
    /// Name of the fold.
    pub fold: String,
    /// Model minus reference; `None` where the measure is undefined.
    pub difference: Option<f64>,
    /// DeLong's test, for AUROC where each class has two rows.
    pub delong: Option<DeLong>,
}

impl From<AurocDifference> for DeLong {
    fn from(test: AurocDifference) -> Self {
        let AurocDifference { difference, standard_error, p_value, .. } = test;
        let same = (difference == 0.0 && standard_error == 0.0).then_some(1.0);
        Self { difference, standard_error, p_value: p_value.or(same) }
    }
}

/// One model on a whole list, with what a paired test needs.
pub(crate) struct Scored {
    pub(crate) name: String,
    pub(crate) rows: Rows,
    pub(crate) measured: Measured,
    pub(crate) resampled: Resampled,
}

/// A model against the reference, in both measures, on the same list.
pub(crate) fn differences(
    model: &Scored,
    reference: &Scored,
    ratio: TestRatio,
    folds: &[String],
) -> Vec<Difference> {
    Metric::ALL.into_iter().map(|metric| of_metric(model, reference, ratio, metric, folds)).collect()
}

fn of_metric(
    model: &Scored,
    reference: &Scored,
    ratio: TestRatio,
    metric: Metric,
    folds: &[String],
) -> Difference {
    let minus = |(a, b): (Option<f64>, Option<f64>)| Some(a? - b?);
    let [ours, theirs] = [model, reference].map(|scored| scored.measured.estimate(metric));
    let by_fold: Vec<Option<f64>> =
        ours.by_fold.iter().copied().zip(theirs.by_fold.iter().copied()).map(minus).collect();
    let draws = model.resampled.iter().zip(&reference.resampled);
    let draws: Vec<Option<f64>> = draws.map(|(a, b)| Some(metric.of((*a)?) - metric.of((*b)?))).collect();

    let chromosomes = model.measured.chromosomes;
    let tests = (metric == Metric::Auroc).then(|| fold_tests(&model.rows, &reference.rows));
    let tests = tests.unwrap_or_else(|| vec![None; folds.len()]);
    let tested: Vec<AurocDifference> = tests.iter().copied().flatten().collect();
    let pooled = (metric == Metric::Auroc).then(|| pooled_test(&model.rows, &reference.rows)).flatten();
    let interval = bootstrap::interval(&draws, chromosomes);
    let fold = |((name, difference), test): ((&String, &Option<f64>), &Option<AurocDifference>)| {
        FoldDifference { fold: name.clone(), difference: *difference, delong: test.map(DeLong::from) }
    };
    Difference {
        model: model.name.clone(),
        ratio,
        metric,
        difference: minus((ours.mean, theirs.mean)),
        interval: interval.as_ref().ok().copied(),
        p_value: bootstrap::p_value(&draws, chromosomes).ok(),
        no_interval: interval.err(),
        wins: [1.0, -1.0].map(|sign| by_fold.iter().flatten().filter(|value| **value * sign > 0.0).count()),
        delong: AurocDifference::mean(&tested).map(DeLong::from),
        delong_pooled: pooled.map(DeLong::from),
        folds: folds.iter().zip(&by_fold).zip(&tests).map(fold).collect(),
    }
}

/// DeLong's test in each fold; `None` where a class has fewer than two rows.
fn fold_tests(model: &Rows, reference: &Rows) -> Vec<Option<AurocDifference>> {
    let folds = model.labels.iter().zip(&model.scores).zip(&reference.scores);
    folds.map(|((labels, ours), theirs)| delong_test(labels, ours, theirs).ok()).collect()
}

fn pooled_test(model: &Rows, reference: &Rows) -> Option<AurocDifference> {
    delong_test(&model.labels.concat(), &model.scores.concat(), &reference.scores.concat()).ok()
}
