//! One sort, shared by every metric that only asks which items outrank which.

use crate::bucket::{Buckets, Counts};
use crate::exact::{self, Unit};
use crate::level::{Level, levels, weighted_levels};
use crate::score::Score;
use crate::{MetricError, check, sum};

/// Labelled items ranked by score: the sort is paid once, every metric read from it is a walk over the
/// distinct scores.
///
/// A label is `true` for a positive. Larger scores mean more positive; any scale will do (probabilities,
/// logits, minus a distance). Tied scores, `-0.0` and `0.0` among them, form one [`Level`] and no metric
/// depends on the order of the items within it.
///
/// *Cost*: O(n log n) time once, spread over rayon's threads; one [`Level`] (24 bytes) for each distinct
/// score. Results are the same, to the last bit, for any number of threads.
///
/// ```
/// use ciskit_metrics::Ranking;
///
/// let ranking = Ranking::new(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(ranking.auroc()?, 0.75);
/// assert!((ranking.average_precision()? - 5.0 / 6.0).abs() < 1e-15);
/// assert_eq!(ranking.best_f1()?.threshold, 0.35);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    levels: Vec<Level>,
    items: usize,
    /// Whether the levels hold numbers of items, which are whole, and not sums of weights.
    counts: bool,
}

impl Ranking {
    /// Ranks items that count alike.
    ///
    /// *Shapes*: one label and one score for each item.
    ///
    /// # Errors
    ///
    /// [`MetricError::LengthMismatch`], [`MetricError::Empty`], and [`MetricError::NotFinite`] for NaN or
    /// infinite scores. One class is no error here: each metric says what it needs.
    ///
    /// ```
    /// use ciskit_metrics::{MetricError, Ranking};
    ///
    /// let only_positives = Ranking::new(&[true, true], &[0.2_f32, 0.7])?;
    /// assert_eq!(only_positives.average_precision(), Ok(1.0));
    /// assert_eq!(only_positives.auroc(), Err(MetricError::NoNegatives { items: 2 }));
    /// # Ok::<(), MetricError>(())
    /// ```
    pub fn new<S: Score>(labels: &[bool], scores: &[S]) -> Result<Self, MetricError> {
        check::scored(labels, scores)?;
        Ok(Self { levels: levels(labels, scores), items: labels.len(), counts: true })
    }

    /// Ranks items of which each counts as much as its weight: a weight of 2 is as good as listing the item
    /// twice, a weight of 0 as leaving it out.
    ///
    /// *Shapes*: one label, one score and one weight for each item.
    ///
    /// # Errors
    ///
    /// As [`Ranking::new`]; [`MetricError::Weight`] for a weight that is negative, NaN or beyond 1e±100, and
    /// [`MetricError::NoWeight`] if all are zero.
    ///
    /// ```
    /// use ciskit_metrics::Ranking;
    ///
    /// let weighted = Ranking::weighted(&[true, false, false], &[0.5, 0.7, 0.1], &[1.0, 1.0, 3.0])?;
    /// assert_eq!(weighted.auroc()?, 0.75);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn weighted<S: Score>(labels: &[bool], scores: &[S], weights: &[f64]) -> Result<Self, MetricError> {
        check::scored(labels, scores)?;
        check::weights(labels.len(), weights)?;
        let items = weights.iter().filter(|&&weight| weight > 0.0).count();
        Ok(Self { levels: weighted_levels(labels, scores, weights), items, counts: false })
    }

    /// The distinct scores, from the largest down, with the cumulative counts of both classes. At least one.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, true], &[0.4, 0.4, 0.9])?;
    /// let thresholds: Vec<f64> = ranking.levels().iter().map(|level| level.threshold).collect();
    /// assert_eq!(thresholds, [0.9, 0.4]);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Number of ranked items; those of weight zero are not.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::weighted(&[true, false], &[0.4, 0.9], &[2.0, 0.0])?;
    /// assert_eq!(ranking.items(), 1);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn items(&self) -> usize {
        self.items
    }

    /// Weight of the positives: their number, unless weighted.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::weighted(&[true, true], &[0.4, 0.9], &[2.0, 0.5])?;
    /// assert_eq!(ranking.positives(), 2.5);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn positives(&self) -> f64 {
        self.levels.last().map_or(0.0, |lowest| lowest.true_positives)
    }

    /// Weight of the negatives: their number, unless weighted.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, false], &[0.4, 0.4, 0.9])?;
    /// assert_eq!(ranking.negatives(), 2.0);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn negatives(&self) -> f64 {
        self.levels.last().map_or(0.0, |lowest| lowest.false_positives)
    }

    /// Area under the ROC curve: the probability that a random positive outranks a random negative.
    ///
    /// AUROC = (1 / PN) Σᵢ (FPᵢ − FPᵢ₋₁) (TPᵢ + TPᵢ₋₁) / 2 over the levels from the largest score down, with
    /// P positives and N negatives.
    ///
    /// *Ties* between a positive and a negative count one half. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`] or [`MetricError::NoNegatives`]: undefined with one class.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, true, false], &[0.9, 0.4, 0.4])?;
    /// assert_eq!(ranking.auroc()?, 0.75);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn auroc(&self) -> Result<f64, MetricError> {
        let (positives, negatives) = self.both_classes()?;
        if self.counts {
            return Ok(exact::doubled_area_under(&self.levels) as f64 / (2.0 * positives * negatives));
        }
        let doubled_area = sum::sum(self.levels.len(), |i| {
            let (level, above) = (self.levels[i], self.above(i));
            let width = level.false_positives - above.false_positives;
            width * (level.true_positives + above.true_positives)
        });
        Ok(doubled_area / (2.0 * positives * negatives))
    }

    /// Average precision (AUPRC without interpolation).
    ///
    /// AP = Σᵢ (Rᵢ − Rᵢ₋₁) Pᵢ over the levels from the largest score down, with Rᵢ and Pᵢ the recall and
    /// precision at `score >= threshold`. Equal to the mean, over the positives, of the precision at each
    /// one's score. The trapezoid under the precision-recall curve is a different number, not to be reported
    /// as AUPRC.
    ///
    /// *Ties* enter together: a level has one precision, so the order of tied items does not matter, and a
    /// constant score has the fraction of positives. *Cost*: one walk over the levels.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`]: undefined without positives. Without negatives it is 1.
    ///
    /// *Source*: Boyd, Eng & Page, "Area under the precision-recall curve", ECML PKDD 2013.
    ///
    /// ```
    /// let ranking = ciskit_metrics::Ranking::new(&[true, false, true], &[0.9, 0.4, 0.1])?;
    /// assert_eq!(ranking.average_precision()?, 0.5 * 1.0 + 0.5 * 2.0 / 3.0);
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    pub fn average_precision(&self) -> Result<f64, MetricError> {
        let positives = self.some_positives()?;
        if self.counts {
            let unit = Unit::for_sums_up_to(positives as u64);
            return Ok(unit.value(exact::precisions_at(&self.levels, unit)) / positives);
        }
        let total = sum::sum(self.levels.len(), |i| {
            let level = self.levels[i];
            (level.true_positives - self.above(i).true_positives) * level.precision()
        });
        Ok(total / positives)
    }

    /// The level before the `i`th, whose counts are zero for the first.
    fn above(&self, i: usize) -> Level {
        if i == 0 { Level::ABOVE_ALL } else { self.levels[i - 1] }
    }

    /// The weight of the positives, which must not be zero.
    pub(crate) fn some_positives(&self) -> Result<f64, MetricError> {
        let positives = self.positives();
        if positives == 0.0 { Err(MetricError::NoPositives { items: self.items }) } else { Ok(positives) }
    }

    /// The weights of positives and negatives, neither of which may be zero.
    pub(crate) fn both_classes(&self) -> Result<(f64, f64), MetricError> {
        let (positives, negatives) = (self.some_positives()?, self.negatives());
        if negatives == 0.0 {
            return Err(MetricError::NoNegatives { items: self.items });
        }
        Ok((positives, negatives))
    }
}

/// Area under the ROC curve of unweighted items: [`Ranking::auroc`], when nothing else is asked of the
/// ranking.
///
/// # Errors
///
/// Those of [`Ranking::new`] and [`Ranking::auroc`].
///
/// ```
/// use ciskit_metrics::{MetricError, auroc};
///
/// assert_eq!(auroc(&[false, true, true], &[0.5, 0.5, 0.9]), Ok(0.75));
/// assert_eq!(auroc(&[false, false], &[0.5, 0.9]), Err(MetricError::NoPositives { items: 2 }));
/// ```
pub fn auroc<S: Score>(labels: &[bool], scores: &[S]) -> Result<f64, MetricError> {
    check::scored(labels, scores)?;
    let buckets = Buckets::new(labels, scores);
    let (positives, negatives) = both_classes(buckets.counts())?;
    let doubled_area: u128 = buckets.read(|bucket| exact::doubled_area(&bucket)).into_iter().sum();
    Ok(doubled_area as f64 / (2.0 * positives * negatives))
}

/// Average precision (AUPRC without interpolation) of unweighted items: [`Ranking::average_precision`], when
/// nothing else is asked of the ranking.
///
/// # Errors
///
/// Those of [`Ranking::new`] and [`Ranking::average_precision`].
///
/// ```
/// use ciskit_metrics::average_precision;
///
/// assert_eq!(average_precision(&[false, true], &[0.2, 0.9]), Ok(1.0));
/// assert_eq!(average_precision(&[false, true], &[0.5, 0.5]), Ok(0.5));
/// ```
pub fn average_precision<S: Score>(labels: &[bool], scores: &[S]) -> Result<f64, MetricError> {
    check::scored(labels, scores)?;
    let buckets = Buckets::new(labels, scores);
    let Counts { positives, negatives } = buckets.counts();
    if positives == 0 {
        return Err(MetricError::NoPositives { items: negatives as usize });
    }
    let unit = Unit::for_sums_up_to(positives);
    let total: u128 = buckets.read(|bucket| exact::precisions(&bucket, unit)).into_iter().sum();
    Ok(unit.value(total) / positives as f64)
}

/// The numbers of positives and negatives, neither of which may be zero.
fn both_classes(counts: Counts) -> Result<(f64, f64), MetricError> {
    match counts {
        Counts { positives: 0, negatives } => Err(MetricError::NoPositives { items: negatives as usize }),
        Counts { positives, negatives: 0 } => Err(MetricError::NoNegatives { items: positives as usize }),
        Counts { positives, negatives } => Ok((positives as f64, negatives as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_score_knows_nothing() {
        let ranking = Ranking::new(&[true, false, false, false], &[0.3; 4]).unwrap();
        assert_eq!(ranking.levels().len(), 1);
        assert_eq!(ranking.auroc(), Ok(0.5));
        assert_eq!(ranking.average_precision(), Ok(0.25));
    }

    #[test]
    fn classes_without_weight_are_absent() {
        let ranking = Ranking::weighted(&[true, false, false], &[0.1, 0.2, 0.3], &[0.0, 1.0, 1.0]).unwrap();
        assert_eq!((ranking.items(), ranking.positives(), ranking.negatives()), (2, 0.0, 2.0));
        assert_eq!(ranking.auroc(), Err(MetricError::NoPositives { items: 2 }));
        assert_eq!(ranking.average_precision(), Err(MetricError::NoPositives { items: 2 }));
    }

    #[test]
    fn weights_of_extreme_size_stay_in_range() {
        for size in [1e-100, 1e100] {
            let ranking = Ranking::weighted(&[true, false, true], &[0.3, 0.2, 0.1], &[size; 3]).unwrap();
            assert_eq!(ranking.auroc(), Ok(0.5));
            assert!((ranking.average_precision().unwrap() - 5.0 / 6.0).abs() < 1e-15);
        }
    }

    #[test]
    fn bad_input_is_refused() {
        assert_eq!(auroc::<f64>(&[], &[]), Err(MetricError::Empty));
        assert!(matches!(auroc(&[true], &[1.0, 2.0]), Err(MetricError::LengthMismatch { .. })));
        assert!(matches!(auroc(&[true], &[f32::NAN]), Err(MetricError::NotFinite { .. })));
        assert!(matches!(
            Ranking::weighted(&[true, false], &[0.1, 0.2], &[1.0, -1.0]),
            Err(MetricError::Weight { index: 1, value: -1.0 })
        ));
        assert!(matches!(
            Ranking::weighted(&[true, false], &[0.1, 0.2], &[1.0]),
            Err(MetricError::LengthMismatch { what: "weights", expected: 2, found: 1 })
        ));
    }
}
