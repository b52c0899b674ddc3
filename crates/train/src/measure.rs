//! How good the scores of a part of a fold are.

use ciskit_metrics::{MetricError, Ranking};
use serde::{Deserialize, Serialize};

/// The two numbers by which models are chosen and reported.
///
/// ```
/// use ciskit_train::Measured;
///
/// let measured = Measured::of(&[true, true, false, false], &[2.0, 0.5, 1.0, -1.0])?;
/// assert_eq!((measured.pairs, measured.positives, measured.auroc), (4, 2, 0.75));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Number of pairs.
    pub pairs: usize,
    /// Number of positives among them.
    pub positives: usize,
    /// Area under the ROC curve.
    pub auroc: f64,
    /// Average precision (area under the precision-recall curve without interpolation).
    pub average_precision: f64,
}

impl Measured {
    /// Measures logits (or any scores that rank) against labels.
    ///
    /// # Errors
    ///
    /// [`MetricError`] if there is only one class or a score is not finite.
    pub fn of(labels: &[bool], logits: &[f32]) -> Result<Self, MetricError> {
        let ranking = Ranking::new(labels, logits)?;
        let positives = labels.iter().filter(|label| **label).count();
        let (auroc, average_precision) = (ranking.auroc()?, ranking.average_precision()?);
        Ok(Self { pairs: labels.len(), positives, auroc, average_precision })
    }

    /// AUROC + average precision: what selection maximises, as in the published protocol.
    #[must_use]
    pub fn selection_score(&self) -> f64 {
        self.auroc + self.average_precision
    }
}

/// Mean and standard deviation (n − 1) over folds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the values (not of their mean), with n − 1; `None` for one value.
    pub sd: Option<f64>,
}

impl Spread {
    /// Mean and standard deviation of at least one value; `None` for none.
    ///
    /// ```
    /// use ciskit_train::Spread;
    ///
    /// assert_eq!(Spread::of(&[1.0, 3.0]), Some(Spread { mean: 2.0, sd: Some(2f64.sqrt()) }));
    /// assert_eq!(Spread::of(&[]), None);
    /// ```
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (!values.is_empty())
            .then(|| Self { mean, sd: (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()) })
    }
}
