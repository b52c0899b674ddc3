//! Thresholds worth choosing: the best F1, a wanted recall, a wanted precision.

use crate::level::Level;
use crate::{MetricError, Ranking, check};

/// A threshold and how good the prediction `score >= threshold` is.
///
/// ```
/// let ranking = ciskit_metrics::Ranking::new(&[true, false, true], &[0.9, 0.5, 0.1])?;
/// let point = ranking.precision_at_recall(0.5)?;
/// assert_eq!((point.threshold, point.precision, point.recall), (0.9, 1.0, 0.5));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OperatingPoint {
    /// A distinct score.
    pub threshold: f64,
    /// TP / (TP + FP).
    pub precision: f64,
    /// TP / P.
    pub recall: f64,
    /// 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0 without true positives.
    pub f1: f64,
}

impl Ranking {
    /// The largest F1 over all distinct scores as thresholds, and of those that reach it the largest.
    ///
    /// F1 = 2 TP / (2 TP + FP + FN) at `score >= threshold`. Chosen on the data that it is computed on, it is
    /// optimistic.
    ///
    /// *Ties* are called positive together. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`]: undefined without positives.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
    /// let best = ranking.best_f1()?;
    /// assert_eq!((best.f1, best.threshold), (0.8, 0.35));
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn best_f1(&self) -> Result<OperatingPoint, MetricError> {
        let positives = self.some_positives()?;
        Ok(best(self.levels(), positives, |point| point.f1))
    }

    /// The first threshold, from the largest score down, that reaches a recall: the precision of retrieving
    /// just enough.
    ///
    /// It is where TP / P >= `recall` first holds; recall 0 is reached by the largest score.
    ///
    /// *Ties* are called positive together, so the point's recall may exceed the wanted one. *Cost*: a binary
    /// search.
    ///
    /// # Errors
    ///
    /// [`MetricError::Parameter`] for a recall outside [0, 1], [`MetricError::NoPositives`].
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, true, true], &[0.9, 0.5, 0.2, 0.1])?;
    /// assert_eq!(ranking.precision_at_recall(0.6)?.precision, 2.0 / 3.0);
    /// assert_eq!(ranking.best_precision_at_recall(0.6)?.precision, 3.0 / 4.0);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn precision_at_recall(&self, recall: f64) -> Result<OperatingPoint, MetricError> {
        let (reaching, positives) = self.reaching(recall)?;
        Ok(point(&reaching[0], positives))
    }

    /// The largest precision among the thresholds that reach a recall, and of those that have it the largest.
    ///
    /// It is max TP / (TP + FP) where TP / P >= `recall`: at least [`Ranking::precision_at_recall`], because
    /// precision can rise again below the first such threshold.
    ///
    /// *Ties* are called positive together. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::Parameter`] for a recall outside [0, 1], [`MetricError::NoPositives`].
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[false, true, true], &[0.9, 0.5, 0.2])?;
    /// assert_eq!(ranking.precision_at_recall(0.5)?.precision, 1.0 / 2.0);
    /// assert_eq!(ranking.best_precision_at_recall(0.5)?.precision, 2.0 / 3.0);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn best_precision_at_recall(&self, recall: f64) -> Result<OperatingPoint, MetricError> {
        let (reaching, positives) = self.reaching(recall)?;
        Ok(best(reaching, positives, |point| point.precision))
    }

    /// The largest recall among the thresholds that have a precision, and of those that reach it the largest.
    ///
    /// It is max TP / P where TP / (TP + FP) >= `precision`.
    ///
    /// *Ties* are called positive together. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::Parameter`] for a precision outside [0, 1], [`MetricError::NoPositives`], and
    /// [`MetricError::PrecisionNotReached`], with the best precision there is, when no threshold has it.
    ///
    /// ```
    /// use ciskit_metrics::{MetricError, Ranking};
    ///
    /// let ranking = Ranking::new(&[false, true, true], &[0.9, 0.5, 0.2])?;
    /// assert_eq!(ranking.recall_at_precision(0.5)?.recall, 1.0);
    /// let error = ranking.recall_at_precision(0.9);
    /// assert_eq!(error, Err(MetricError::PrecisionNotReached { wanted: 0.9, best: 2.0 / 3.0 }));
    /// # Ok::<(), MetricError>(())
    /// ```
    pub fn recall_at_precision(&self, precision: f64) -> Result<OperatingPoint, MetricError> {
        check::fraction("precision", precision)?;
        let positives = self.some_positives()?;
        let points = self.levels().iter().map(|level| point(level, positives));
        let precise = points.filter(|point| point.precision >= precision);
        precise.reduce(|best, point| if point.recall > best.recall { point } else { best }).ok_or_else(|| {
            let best = best(self.levels(), positives, |point| point.precision).precision;
            MetricError::PrecisionNotReached { wanted: precision, best }
        })
    }

    /// The levels that reach a recall, of which there is one since the lowest has recall 1, and the weight of
    /// the positives.
    fn reaching(&self, recall: f64) -> Result<(&[Level], f64), MetricError> {
        check::fraction("recall", recall)?;
        let positives = self.some_positives()?;
        let first = self.levels().partition_point(|level| level.true_positives / positives < recall);
        Ok((&self.levels()[first..], positives))
    }
}

/// The point of the largest value among levels, of which there is one; of equal ones the largest threshold.
fn best(levels: &[Level], positives: f64, value: impl Fn(&OperatingPoint) -> f64) -> OperatingPoint {
    let points = levels.iter().map(|level| point(level, positives));
    points.fold(
        point(&levels[0], positives),
        |best, point| if value(&point) > value(&best) { point } else { best },
    )
}

/// A level as an operating point, for a positive weight of the positives.
fn point(level: &Level, positives: f64) -> OperatingPoint {
    let called = level.true_positives + level.false_positives;
    OperatingPoint {
        threshold: level.threshold,
        precision: level.precision(),
        recall: level.true_positives / positives,
        f1: 2.0 * level.true_positives / (called + positives),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking() -> Ranking {
        Ranking::new(&[true, false, true, false], &[4.0, 3.0, 2.0, 1.0]).unwrap()
    }

    #[test]
    fn equal_values_choose_the_largest_threshold() {
        // F1 is 2/3, 1/2, 4/5, 2/3.
        assert_eq!(ranking().best_f1().unwrap().threshold, 2.0);
        let tied = Ranking::new(&[true, false, true, true], &[4.0, 3.0, 2.0, 2.0]).unwrap();
        assert_eq!(tied.best_f1().unwrap().threshold, 2.0);
        let twice = Ranking::new(&[true, false, false, true], &[4.0, 3.0, 2.0, 1.0]).unwrap();
        let best = twice.best_f1().unwrap(); // 2/3 at both 4.0 and 1.0
        assert_eq!((best.f1, best.threshold), (2.0 / 3.0, 4.0));
    }

    #[test]
    fn a_wanted_recall_is_reached_exactly_or_overshot() {
        assert_eq!(ranking().precision_at_recall(0.5).unwrap().threshold, 4.0);
        assert_eq!(ranking().precision_at_recall(0.5_f64.next_up()).unwrap().threshold, 2.0);
        assert_eq!(ranking().precision_at_recall(1.0).unwrap().recall, 1.0);
        assert_eq!(ranking().precision_at_recall(0.0).unwrap().threshold, 4.0);
    }

    #[test]
    fn a_wanted_precision_is_reached_exactly_and_early() {
        // Precision 1, 1/2, 1/3, 2/4, 2/5 and recall 1/2, 1/2, 1/2, 1, 1.
        let labels = [true, false, false, true, false];
        let ranking = Ranking::new(&labels, &[5.0, 4.0, 3.0, 2.0, 1.0]).unwrap();
        let threshold = |precision| ranking.recall_at_precision(precision).map(|point| point.threshold);
        assert_eq!(threshold(0.0), Ok(2.0));
        assert_eq!(threshold(0.5), Ok(2.0));
        assert_eq!(threshold(0.5_f64.next_up()), Ok(5.0));
        assert_eq!(threshold(1.0), Ok(5.0));
    }

    #[test]
    fn bad_parameters_and_missing_positives_are_refused() {
        for wanted in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(ranking().precision_at_recall(wanted), Err(MetricError::Parameter { .. })));
            assert!(matches!(ranking().best_precision_at_recall(wanted), Err(MetricError::Parameter { .. })));
            assert!(matches!(ranking().recall_at_precision(wanted), Err(MetricError::Parameter { .. })));
        }
        let negatives = Ranking::new(&[false, false], &[0.1, 0.2]).unwrap();
        let expected = Err(MetricError::NoPositives { items: 2 });
        assert_eq!(negatives.best_f1(), expected);
        assert_eq!(negatives.precision_at_recall(0.5), expected);
        assert_eq!(negatives.best_precision_at_recall(0.5), expected);
        assert_eq!(negatives.recall_at_precision(0.5), expected);
    }
}
