//! Ranking within groups: of the candidates of one promoter, not of all promoters' candidates together.

use rayon::prelude::*;

use crate::groups::groups;
use crate::level::Level;
use crate::score::Score;
use crate::sum::Sum;
use crate::{MetricError, Ranking, check};

/// Ranking metrics of each group alone, averaged over the groups that have both classes.
///
/// Every group counts alike, however many items it has. A group of one class has no AUROC and is left out of all four
/// means, which are therefore of the same groups.
///
/// ```
/// use ciskit_metrics::GroupedRanking;
///
/// let promoters = ["a", "a", "a", "b", "b", "c"];
/// let labels = [true, false, false, false, true, false];
/// let scores = [0.9, 0.5, 0.1, 0.8, 0.6, 0.7];
/// let found = GroupedRanking::new(&labels, &scores, &promoters)?;
/// assert_eq!((found.groups, found.left_out), (2, 1)); // c has no positive
/// assert_eq!((found.auroc, found.top_1), (0.5, 0.5));
/// assert_eq!(found.mean_reciprocal_rank, 0.75);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GroupedRanking {
    /// Groups with both classes.
    pub groups: usize,
    /// Groups of one class, which are left out.
    pub left_out: usize,
    /// Mean of the groups' AUROC.
    pub auroc: f64,
    /// Mean of the groups' average precision.
    pub average_precision: f64,
    /// Fraction of the groups whose best-scored item is positive. Where several items tie for the best, the fraction of
    /// them that are positive: what a random order of the tied gives on the average.
    pub top_1: f64,
    /// Mean of one over the rank of the best-scored positive, ranks from 1. Where it ties with negatives, the mean over
    /// all orders of the tied.
    pub mean_reciprocal_rank: f64,
}

impl GroupedRanking {
    /// Ranks the items of each group.
    ///
    /// *Shapes*: one label, one score and one group's key for each item. *Ties* within a group are as in [`Ranking`] for
    /// AUROC and average precision; for the others they are told there. *Cost*: O(n log n), groups in parallel.
    ///
    /// # Errors
    ///
    /// [`MetricError::TooFew`] if no group has both classes; [`MetricError::LengthMismatch`], [`MetricError::Empty`],
    /// [`MetricError::NotFinite`].
    ///
    /// *Source*: reciprocal rank: Voorhees, "The TREC-8 question answering track report" (1999); expectation over ties:
    /// McSherry & Najork, "Computing information retrieval performance measures efficiently in the presence of tied
    /// scores", ECIR 2008.
    pub fn new<S: Score, K: Ord>(labels: &[bool], scores: &[S], keys: &[K]) -> Result<Self, MetricError> {
        check::scored(labels, scores)?;
        check::lengths("groups", labels.len(), keys.len())?;
        let groups = groups(keys);
        let of_group = |items: &Vec<usize>| -> Result<Option<[f64; 4]>, MetricError> {
            let labels: Vec<bool> = items.iter().map(|&item| labels[item]).collect();
            if labels.iter().all(|&label| label == labels[0]) {
                return Ok(None);
            }
            let scores: Vec<S> = items.iter().map(|&item| scores[item]).collect();
            let ranking = Ranking::new(&labels, &scores)?;
            let best = ranking.levels()[0].precision();
            Ok(Some([
                ranking.auroc()?,
                ranking.average_precision()?,
                best,
                reciprocal_rank(ranking.levels()),
            ]))
        };
        let of_groups: Vec<Option<[f64; 4]>> =
            groups.par_iter().map(of_group).collect::<Result<_, MetricError>>()?;
        let used = of_groups.iter().flatten().count();
        if used == 0 {
            return Err(MetricError::TooFew { what: "groups with both classes", needed: 1, found: 0 });
        }
        let mut sums = [Sum::default(); 4];
        for values in of_groups.iter().flatten() {
            sums.iter_mut().zip(values).for_each(|(sum, &value)| sum.add(value));
        }
        let [auroc, average_precision, top_1, mean_reciprocal_rank] =
            sums.map(|sum| sum.total() / used as f64);
        let left_out = groups.len() - used;
        Ok(Self { groups: used, left_out, auroc, average_precision, top_1, mean_reciprocal_rank })
    }
}

/// One over the rank of the first positive, on the average over the orders of those that it ties with.
fn reciprocal_rank(levels: &[Level]) -> f64 {
    let mut above = 0.0;
    for level in levels {
        if level.true_positives == 0.0 {
            above = level.false_positives;
            continue;
        }
        let positives = level.true_positives;
        let mut left = positives + level.false_positives - above;
        let (mut rank, mut none_yet, mut sum) = (above, 1.0, 0.0);
        while none_yet > 0.0 && left >= positives {
            rank += 1.0;
            sum += none_yet * (positives / left) / rank;
            none_yet *= (left - positives) / left;
            left -= 1.0;
        }
        return sum;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means of `roc_auc_score` and `average_precision_score` of scikit-learn over the first three groups.
    #[test]
    fn means_are_those_of_the_groups_alone() {
        let groups = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3];
        let scores = [0.9, 0.8, 0.3, 0.1, 0.2, 0.7, 0.5, 0.6, 0.6, 0.4, 0.2, 0.5, 0.1];
        let labels = [1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0].map(|label| label == 1);
        let found = GroupedRanking::new(&labels, &scores, &groups).unwrap();
        assert_eq!((found.groups, found.left_out), (3, 1));
        assert!((found.auroc - 0.541_666_666_666_666_6).abs() < 1e-15);
        assert!((found.average_precision - 0.611_111_111_111_111).abs() < 1e-15);
        // The best: a positive, a negative, a positive that ties with a negative.
        assert_eq!(found.top_1, 1.5 / 3.0);
        assert_eq!(found.mean_reciprocal_rank, (1.0 + 0.5 + 0.75) / 3.0);

        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|i| (i * 7) % 13);
        let labels: Vec<bool> = order.iter().map(|&i| labels[i]).collect();
        let scores: Vec<f64> = order.iter().map(|&i| scores[i]).collect();
        let names: Vec<String> = order.iter().map(|&i| format!("g{}", groups[i])).collect();
        assert_eq!(GroupedRanking::new(&labels, &scores, &names), Ok(found));
    }

    #[test]
    fn tied_ranks_are_the_mean_over_all_orders() {
        // Two above; among four tied, two positives first come at rank 3, 4 or 5.
        let labels = [false, false, true, false, true, false, true];
        let scores = [0.9, 0.8, 0.5, 0.5, 0.5, 0.5, 0.1];
        let mut sum = 0.0;
        let mut orders = 0.0;
        for (first, second) in (0..4).flat_map(|a| (a + 1..4).map(move |b| (a, b))) {
            assert!(first < second);
            sum += 1.0 / f64::from(3 + first);
            orders += 1.0;
        }
        let found = GroupedRanking::new(&labels, &scores, &[0; 7]).unwrap();
        assert!((found.mean_reciprocal_rank - sum / orders).abs() < 1e-15);
        assert_eq!(found.top_1, 0.0);
    }

    #[test]
    fn groups_of_one_class_do_not_count_and_bad_input_is_refused() {
        let none = MetricError::TooFew { what: "groups with both classes", needed: 1, found: 0 };
        assert_eq!(GroupedRanking::new(&[true, false], &[0.1, 0.2], &["a", "b"]), Err(none));
        assert_eq!(GroupedRanking::new::<f64, u8>(&[], &[], &[]), Err(MetricError::Empty));
        let lengths = MetricError::LengthMismatch { what: "groups", expected: 2, found: 1 };
        assert_eq!(GroupedRanking::new(&[true, false], &[0.1, 0.2], &[1]), Err(lengths));
        let nan = GroupedRanking::new(&[true, false], &[0.1, f64::NAN], &[1, 1]);
        assert!(matches!(nan, Err(MetricError::NotFinite { index: 1, .. })));
    }
}
