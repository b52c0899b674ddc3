//! Counts of right and wrong calls at one threshold, and the metrics made of them.

use crate::score::Score;
use crate::{MetricError, check};

/// How many items of each class a threshold calls positive and negative.
///
/// ```
/// use ciskit_metrics::Confusion;
///
/// let confusion = Confusion::at(0.5, &[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!((confusion.true_positives, confusion.false_negatives), (1, 1));
/// assert_eq!((confusion.false_positives, confusion.true_negatives), (0, 2));
/// assert_eq!(confusion.f1(), 2.0 / 3.0);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Confusion {
    /// Positives called positive.
    pub true_positives: u64,
    /// Negatives called positive.
    pub false_positives: u64,
    /// Positives called negative.
    pub false_negatives: u64,
    /// Negatives called negative.
    pub true_negatives: u64,
}

impl Confusion {
    /// Counts the calls `score >= threshold`.
    ///
    /// *Ties* with the threshold are called positive. An infinite threshold calls everything negative or
    /// everything positive. *Cost*: O(n).
    ///
    /// # Errors
    ///
    /// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`] for a score, and
    /// [`MetricError::Parameter`] for a threshold that is NaN.
    ///
    /// ```
    /// use ciskit_metrics::Confusion;
    ///
    /// assert_eq!(Confusion::at(0.5, &[true], &[0.5])?.true_positives, 1);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn at<S: Score>(threshold: f64, labels: &[bool], scores: &[S]) -> Result<Self, MetricError> {
        if threshold.is_nan() {
            return Err(MetricError::Parameter { name: "threshold", value: threshold, allowed: "a number" });
        }
        check::scored(labels, scores)?;
        let mut counts = [[0; 2]; 2];
        for (&label, &score) in labels.iter().zip(scores) {
            counts[usize::from(label)][usize::from(score.into() >= threshold)] += 1;
        }
        let [[true_negatives, false_positives], [false_negatives, true_positives]] = counts;
        Ok(Self { true_positives, false_positives, false_negatives, true_negatives })
    }

    /// Precision: TP / (TP + FP), the fraction of positive calls that are right; 0 if nothing is called
    /// positive.
    ///
    /// ```
    /// # use ciskit_metrics::Confusion;
    /// let confusion = Confusion::at(0.5, &[true, false, false], &[0.9, 0.8, 0.1])?;
    /// assert_eq!(confusion.precision(), 0.5);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn precision(&self) -> f64 {
        fraction(self.true_positives, self.false_positives).unwrap_or(0.0)
    }

    /// Recall: TP / (TP + FN), the fraction of positives that are found; 0 without positives.
    ///
    /// ```
    /// # use ciskit_metrics::Confusion;
    /// let confusion = Confusion::at(0.5, &[true, true, false], &[0.9, 0.1, 0.8])?;
    /// assert_eq!(confusion.recall(), 0.5);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn recall(&self) -> f64 {
        fraction(self.true_positives, self.false_negatives).unwrap_or(0.0)
    }

    /// F1: 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0 if the denominator is 0,
    /// which is when there are neither positives nor positive calls.
    ///
    /// ```
    /// # use ciskit_metrics::Confusion;
    /// let confusion = Confusion::at(0.5, &[true, true, false], &[0.9, 0.1, 0.8])?;
    /// assert_eq!(confusion.f1(), 0.5);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn f1(&self) -> f64 {
        let found_twice = 2 * self.true_positives;
        fraction(found_twice, self.false_positives + self.false_negatives).unwrap_or(0.0)
    }

    /// Balanced accuracy: the mean of TP / (TP + FN) and TN / (TN + FP), over the classes that occur; with
    /// one class, the fraction of it that is called right.
    ///
    /// ```
    /// # use ciskit_metrics::Confusion;
    /// let confusion = Confusion::at(0.5, &[true, false, false], &[0.9, 0.8, 0.1])?;
    /// assert_eq!(confusion.balanced_accuracy(), 0.75);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        let sensitivity = fraction(self.true_positives, self.false_negatives);
        let specificity = fraction(self.true_negatives, self.false_positives);
        match (sensitivity, specificity) {
            (Some(sensitivity), Some(specificity)) => (sensitivity + specificity) / 2.0,
            (one_class, other) => one_class.or(other).unwrap_or(0.0),
        }
    }

    /// Matthews correlation coefficient:
    /// (TP · TN − FP · FN) / √((TP + FP) (TP + FN) (TN + FP) (TN + FN)), in [−1, 1].
    ///
    /// It is 0 if the denominator is 0: with one class, or if all calls are alike.
    ///
    /// *Source*: Matthews, Biochim. Biophys. Acta 405 (1975).
    ///
    /// ```
    /// # use ciskit_metrics::Confusion;
    /// let confusion = Confusion::at(0.5, &[true, true, false, false], &[0.9, 0.1, 0.2, 0.3])?;
    /// assert!((confusion.mcc() - 1.0 / 3_f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn mcc(&self) -> f64 {
        let [tp, fp, fn_, tn] =
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives]
                .map(i128::from);
        // Integer products are exact, and two roots keep the product of all four sums in range.
        let calls = ((tp + fp) * (tn + fn_)) as f64;
        let classes = ((tp + fn_) * (tn + fp)) as f64;
        if calls == 0.0 || classes == 0.0 {
            return 0.0;
        }
        (tp * tn - fp * fn_) as f64 / (calls.sqrt() * classes.sqrt())
    }
}

/// `part / (part + rest)`, if that is not 0 / 0.
fn fraction(part: u64, rest: u64) -> Option<f64> {
    let whole = part + rest;
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confusion(tp: u64, fp: u64, fn_: u64, tn: u64) -> Confusion {
        Confusion { true_positives: tp, false_positives: fp, false_negatives: fn_, true_negatives: tn }
    }

    #[test]
    fn a_score_at_the_threshold_is_called_positive() {
        let scores = [0.5, 0.5_f64.next_down()];
        assert_eq!(Confusion::at(0.5, &[true, false], &scores), Ok(confusion(1, 0, 0, 1)));
        assert_eq!(Confusion::at(f64::INFINITY, &[true, false], &scores), Ok(confusion(0, 0, 1, 1)));
        assert_eq!(Confusion::at(f64::NEG_INFINITY, &[true, false], &scores), Ok(confusion(1, 1, 0, 0)));
        assert_eq!(Confusion::at(0.0, &[true], &[-0.0]), Ok(confusion(1, 0, 0, 0)));
    }

    #[test]
    fn empty_denominators_give_zero() {
        let nothing_called = confusion(0, 0, 3, 4);
        assert_eq!((nothing_called.precision(), nothing_called.f1(), nothing_called.mcc()), (0.0, 0.0, 0.0));
        let no_positives = confusion(0, 2, 0, 2);
        assert_eq!((no_positives.recall(), no_positives.f1(), no_positives.mcc()), (0.0, 0.0, 0.0));
        assert_eq!(no_positives.balanced_accuracy(), 0.5);
        assert_eq!(confusion(1, 0, 3, 0).balanced_accuracy(), 0.25);
        assert_eq!(confusion(0, 0, 0, 7).f1(), 0.0);
    }

    #[test]
    fn large_counts_do_not_overflow() {
        let many = 1 << 40;
        assert_eq!(confusion(many, 0, 0, many).mcc(), 1.0);
        assert_eq!(confusion(0, many, many, 0).mcc(), -1.0);
        assert_eq!(confusion(many, many, many, many).mcc(), 0.0);
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(matches!(Confusion::at(f64::NAN, &[true], &[0.1]), Err(MetricError::Parameter { .. })));
        assert!(matches!(Confusion::at(0.5, &[true], &[f64::NAN]), Err(MetricError::NotFinite { .. })));
        assert_eq!(Confusion::at::<f64>(0.5, &[], &[]), Err(MetricError::Empty));
        assert!(matches!(Confusion::at(0.5, &[true], &[0.1, 0.2]), Err(MetricError::LengthMismatch { .. })));
    }
}
