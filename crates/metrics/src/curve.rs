//! The ROC curve and the precision-recall curve, point by point.

use crate::level::Level;
use crate::{MetricError, Ranking};

/// One point of a ROC curve: what calling everything with `score >= threshold` positive gives.
///
/// See [`Ranking::roc_curve`] for an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RocPoint {
    /// A distinct score, or infinity for the point (0, 0), where nothing is called positive.
    pub threshold: f64,
    /// FP / N.
    pub false_positive_rate: f64,
    /// TP / P, the recall.
    pub true_positive_rate: f64,
}

/// One point of a precision-recall curve: what calling everything with `score >= threshold` positive gives.
///
/// See [`Ranking::pr_curve`] for an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PrPoint {
    /// A distinct score, or infinity for the last point, where nothing is called positive.
    pub threshold: f64,
    /// TP / (TP + FP), and 1 where nothing is called positive.
    pub precision: f64,
    /// TP / P.
    pub recall: f64,
}

impl Level {
    /// TP / (TP + FP), never 0 / 0 because a level holds an item.
    pub(crate) fn precision(&self) -> f64 {
        self.true_positives / (self.true_positives + self.false_positives)
    }
}

impl Ranking {
    /// The ROC curve in order of decreasing threshold: (0, 0) with threshold infinity, then one point for
    /// every distinct score (points on a straight line are kept), the last of which is (1, 1).
    ///
    /// *Ties* make one point. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`] or [`MetricError::NoNegatives`]: undefined with one class.
    ///
    /// *Source*: Fawcett, "An introduction to ROC analysis", Pattern Recognit. Lett. 27 (2006).
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, false], &[0.9, 0.9, 0.1])?;
    /// let curve = ranking.roc_curve()?;
    /// assert_eq!(curve.len(), 3);
    /// assert_eq!(curve[0].threshold, f64::INFINITY);
    /// assert_eq!((curve[1].false_positive_rate, curve[1].true_positive_rate), (0.5, 1.0));
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn roc_curve(&self) -> Result<Vec<RocPoint>, MetricError> {
        let (positives, negatives) = self.both_classes()?;
        let point = |level: &Level| RocPoint {
            threshold: level.threshold,
            false_positive_rate: level.false_positives / negatives,
            true_positive_rate: level.true_positives / positives,
        };
        Ok(std::iter::once(&Level::ABOVE_ALL).chain(self.levels()).map(point).collect())
    }

    /// The precision-recall curve in order of increasing threshold: one point for every distinct score, the
    /// first of which has recall 1, then precision 1 and recall 0 with threshold infinity.
    ///
    /// *Ties* make one point. Points are not to be joined by straight lines: the area is
    /// [`Ranking::average_precision`]. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`]: recall is undefined without positives.
    ///
    /// *Source*: Davis & Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, true], &[0.9, 0.5, 0.1])?;
    /// let curve = ranking.pr_curve()?;
    /// assert_eq!((curve[0].precision, curve[0].recall), (2.0 / 3.0, 1.0));
    /// assert_eq!((curve[3].precision, curve[3].recall), (1.0, 0.0));
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn pr_curve(&self) -> Result<Vec<PrPoint>, MetricError> {
        let positives = self.some_positives()?;
        let point = |level: &Level| PrPoint {
            threshold: level.threshold,
            precision: level.precision(),
            recall: level.true_positives / positives,
        };
        let nothing = PrPoint { threshold: f64::INFINITY, precision: 1.0, recall: 0.0 };
        Ok(self.levels().iter().rev().map(point).chain([nothing]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_hold_every_level() {
        let ranking = Ranking::new(&[true, false, true, false], &[0.0, -0.0, -1.0, 2.0]).unwrap();
        let roc: Vec<_> = ranking.roc_curve().unwrap();
        let rates: Vec<_> = roc.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect();
        assert_eq!(rates, [(0.0, 0.0), (0.5, 0.0), (1.0, 0.5), (1.0, 1.0)]);
        let pr: Vec<_> = ranking.pr_curve().unwrap();
        let points: Vec<_> = pr.iter().map(|p| (p.threshold, p.precision, p.recall)).collect();
        assert_eq!(
            points,
            [(-1.0, 0.5, 1.0), (0.0, 1.0 / 3.0, 0.5), (2.0, 0.0, 0.0), (f64::INFINITY, 1.0, 0.0)]
        );
    }

    #[test]
    fn one_class_has_no_roc_curve() {
        let positives = Ranking::new(&[true; 3], &[0.1, 0.2, 0.3]).unwrap();
        assert_eq!(positives.roc_curve(), Err(MetricError::NoNegatives { items: 3 }));
        assert!(positives.pr_curve().unwrap().iter().all(|point| point.precision == 1.0));
        let negatives = Ranking::new(&[false; 3], &[0.1, 0.2, 0.3]).unwrap();
        assert_eq!(negatives.roc_curve(), Err(MetricError::NoPositives { items: 3 }));
        assert_eq!(negatives.pr_curve(), Err(MetricError::NoPositives { items: 3 }));
    }
}
