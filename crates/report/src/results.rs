//! Evaluations by fold, their spread, and what they are compared with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Evaluation, Measure};

/// One way of scoring: all its scores together, fold by fold, and the folds' mean and spread.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Evaluation, Fold, Results};
///
/// let fold = |scores: [f64; 3]| Evaluation::of(&[false, true, true], &scores, Scale::Raw);
/// let results = Results::of_folds(
///     fold([0.1, 0.2, 0.3])?, // of the concatenated scores of all folds, in earnest
///     vec![Fold::new("chr1", fold([0.1, 0.2, 0.3])?), Fold::new("chr2", fold([0.2, 0.1, 0.3])?)],
/// );
/// assert_eq!((results.summary["auroc"].mean, results.summary["auroc"].folds), (Some(0.75), 2));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Results {
    /// All scores together. Folds scored by different models share no scale, so means over folds may differ from it.
    #[serde(flatten)]
    pub overall: Evaluation,
    /// Each fold by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<Fold>,
    /// Mean and spread over the folds, by the measure's key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub summary: BTreeMap<String, Spread>,
}

/// The scores of a simple rule that a model has to beat.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Baseline, Evaluation, Results};
///
/// let counts = Results::of(Evaluation::of(&[false, true], &[1.0, 2.0], Scale::Raw)?);
/// let baseline = Baseline::new(counts).transductive();
/// assert!(baseline.transductive);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Baseline {
    /// How good it is.
    #[serde(flatten)]
    pub results: Results,
    /// Whether a row's score depends on which other rows are scored with it, as a count over the test list does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transductive: bool,
}

/// One fold: its name and how good the scores of its test items are, as one flat object.
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Evaluation, Fold};
///
/// let fold = Fold::new("chr1", Evaluation::of(&[false, true], &[0.2, 0.9], Scale::Raw)?);
/// assert_eq!((fold.name.as_str(), fold.evaluation.n), ("chr1", 2));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fold {
    /// The fold, such as `chr1` or `3`.
    pub name: String,
    /// How good its scores are.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// Mean and standard deviation over folds.
///
/// ```
/// use ciskit_report::Spread;
///
/// let spread = Spread::of([0.7, 0.8, 0.9]);
/// assert!((spread.mean.unwrap_or(0.0) - 0.8).abs() < 1e-15 && (spread.sd.unwrap_or(0.0) - 0.1).abs() < 1e-15);
/// assert_eq!((Spread::of([0.7]).sd, Spread::of([]).mean), (None, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spread {
    /// Mean over the folds in which the measure is defined.
    pub mean: Option<f64>,
    /// Sample standard deviation (n − 1); none for fewer than two folds.
    pub sd: Option<f64>,
    /// Number of folds in which the measure is defined.
    pub folds: usize,
}

impl Results {
    /// Results without folds.
    #[must_use]
    pub fn of(overall: Evaluation) -> Self {
        Self { overall, folds: Vec::new(), summary: BTreeMap::new() }
    }

    /// Results of cross-validation: `overall` is of all folds' scores together; the summary covers every measure that
    /// was computed in some fold.
    #[must_use]
    pub fn of_folds(overall: Evaluation, folds: Vec<Fold>) -> Self {
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (name, measure) in folds.iter().flat_map(|fold| fold.evaluation.measures()) {
            if measure != Measure::NotComputed {
                values.entry(name.into()).or_default().extend(measure.value());
            }
        }
        let summary = values.into_iter().map(|(name, values)| (name, Spread::of(values))).collect();
        Self { overall, folds, summary }
    }
}

impl Baseline {
    /// A baseline that scores each row by itself.
    #[must_use]
    pub fn new(results: Results) -> Self {
        Self { results, transductive: false }
    }

    /// Marks it as reading the list that it scores.
    #[must_use]
    pub fn transductive(mut self) -> Self {
        self.transductive = true;
        self
    }
}

impl Fold {
    /// A fold's evaluation under its name.
    #[must_use]
    pub fn new(name: impl Into<String>, evaluation: Evaluation) -> Self {
        Self { name: name.into(), evaluation }
    }
}

impl Spread {
    /// Mean and sample standard deviation of values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let n = values.len() as f64;
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / n);
        let squares = |mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let sd = mean.filter(|_| values.len() > 1).map(|mean| (squares(mean) / (n - 1.0)).sqrt());
        Self { mean, sd, folds: values.len() }
    }
}
