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
    ///
    /// ```
    /// use ciskit_train::Measured;
    ///
    /// let measured = Measured { pairs: 9, positives: 3, auroc: 0.75, average_precision: 0.5 };
    /// assert_eq!(measured.selection_score(), 1.25);
    /// ```
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_weighs_both_numbers() {
        // One mistake at the top costs precision more than AUROC, one in the middle the other way round.
        let labels = [true, true, true, false, false, false, false];
        let top = Measured::of(&labels, &[6.0, 5.0, 4.0, 7.0, 1.0, 1.0, 1.0]).unwrap();
        let middle = Measured::of(&labels, &[7.0, 6.0, 1.5, 5.0, 4.0, 3.0, 2.0]).unwrap();
        assert!(top.auroc > middle.auroc && top.average_precision < middle.average_precision);
        assert!(middle.selection_score() > top.selection_score());
        assert_eq!(top.selection_score(), top.auroc + top.average_precision);
    }
}
