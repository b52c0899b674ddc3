//! From labels and scores to the distinct scores and what each of them, as a threshold, calls positive.

use rayon::prelude::*;

use crate::bucket::{Bucket, Buckets};
use crate::score::Score;
use crate::sum::Sum;

/// One distinct score and the items that score at least that much.
///
/// Counts are weights: numbers of items for an unweighted [`Ranking`](crate::Ranking), and then exact.
///
/// ```
/// let ranking = ciskit_metrics::Ranking::new(&[true, false, true], &[0.9, 0.4, 0.4])?;
/// let lowest = ranking.levels()[1];
/// assert_eq!((lowest.threshold, lowest.true_positives, lowest.false_positives), (0.4, 2.0, 1.0));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Level {
    /// The score.
    pub threshold: f64,
    /// Weight of the positives with `score >= threshold`.
    pub true_positives: f64,
    /// Weight of the negatives with `score >= threshold`.
    pub false_positives: f64,
}

/// The levels of unweighted items, by descending threshold. Scores are finite and at least one.
pub(crate) fn levels<S: Score>(labels: &[bool], scores: &[S]) -> Vec<Level> {
    // The buckets are gone before the levels are joined: both take much memory.
    let counted = Buckets::new(labels, scores).read(|bucket| count::<S>(&bucket));
    counted.concat()
}

/// Walks a bucket's ascending keys of both classes from their ends down.
fn count<S: Score>(bucket: &Bucket<'_, S::Key>) -> Vec<Level> {
    let (mut negatives, mut positives) = (bucket.negatives, bucket.positives);
    let mut levels = Vec::with_capacity(negatives.len() + positives.len());
    let mut level = Level {
        true_positives: bucket.above.positives as f64,
        false_positives: bucket.above.negatives as f64,
        ..Level::ABOVE_ALL
    };
    while let Some(&key) = negatives.last().max(positives.last()) {
        level.false_positives += strip(&mut negatives, key);
        level.true_positives += strip(&mut positives, key);
        level.threshold = S::value(key);
        levels.push(level);
    }
    levels
}

/// Takes every `key` off the end of ascending keys and returns how many there were.
fn strip<K: Copy + Ord>(keys: &mut &[K], key: K) -> f64 {
    let kept = keys.iter().rposition(|&other| other != key).map_or(0, |last| last + 1);
    let stripped = keys.len() - kept;
    *keys = &keys[..kept];
    stripped as f64
}

impl Level {
    /// The threshold that no score reaches.
    pub(crate) const ABOVE_ALL: Self =
        Self { threshold: f64::INFINITY, true_positives: 0.0, false_positives: 0.0 };
}

/// The levels of weighted items, by descending threshold. Items of weight zero are left out.
///
/// Equal scores are added in the order of their weights, so that the result does not depend on the order of
/// the items.
pub(crate) fn weighted_levels<S: Score>(labels: &[bool], scores: &[S], weights: &[f64]) -> Vec<Level> {
    let items = labels.iter().zip(scores).zip(weights).filter(|&(_, &weight)| weight > 0.0);
    let mut items: Vec<(S::Key, u64, bool)> =
        items.map(|((&label, score), weight)| (score.key(), weight.to_bits(), label)).collect();
    items.par_sort_unstable_by(|a, b| b.cmp(a));

    let (mut true_positives, mut false_positives) = (Sum::default(), Sum::default());
    let tied = items.chunk_by(|a, b| a.0 == b.0);
    tied.map(|tied| {
        for &(_, weight, label) in tied {
            let sum = if label { &mut true_positives } else { &mut false_positives };
            sum.add(f64::from_bits(weight));
        }
        Level {
            threshold: S::value(tied[0].0),
            true_positives: true_positives.total(),
            false_positives: false_positives.total(),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(levels: &[Level]) -> Vec<(f64, f64, f64)> {
        levels.iter().map(|level| (level.threshold, level.true_positives, level.false_positives)).collect()
    }

    #[test]
    fn ties_share_a_level() {
        let labels = [true, false, true, false, false];
        let scores = [0.5, 0.5, -2.0, 0.0, -0.0];
        let expected = [(0.5, 1.0, 1.0), (0.0, 1.0, 3.0), (-2.0, 2.0, 3.0)];
        assert_eq!(plain(&levels(&labels, &scores)), expected);
        assert_eq!(plain(&levels(&labels, &scores.map(|score| score as f32))), expected);
        assert_eq!(plain(&weighted_levels(&labels, &scores, &[1.0; 5])), expected);
    }

    #[test]
    fn neighbouring_and_extreme_scores_are_apart() {
        let scores = [f64::MAX, f64::MIN, 5e-324, -5e-324, 0.3, 0.3_f64.next_up()];
        let thresholds: Vec<f64> = levels(&[true; 6], &scores).iter().map(|level| level.threshold).collect();
        assert_eq!(thresholds, [f64::MAX, 0.3_f64.next_up(), 0.3, 5e-324, -5e-324, f64::MIN]);
    }

    #[test]
    fn buckets_and_a_plain_sort_agree_for_every_distribution() {
        let n = 160_000; // more than one chunk, more than one bucket
        let noise = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as f64 / 2_f64.powi(64);
        let labels: Vec<bool> = (0..n).map(|i| noise(i + n) < 0.3).collect();
        let check = |name: &str, score: &dyn Fn(usize) -> f64| {
            let scores: Vec<f64> = (0..n).map(score).collect();
            let expected = weighted_levels(&labels, &scores, &vec![1.0; n]);
            assert!(levels(&labels, &scores) == expected, "{name}");
        };
        check("half tied", &|i| if i % 2 == 0 { (noise(i) * 100.0).round() / 100.0 } else { noise(i) });
        check("skewed", &|i| noise(i).powi(40));
        check("both signs", &|i| noise(i) - 0.5);
        check("constant", &|_| 0.7);
        check("constant but for outliers", &|i| if i % 5000 == 17 { noise(i) - 0.5 } else { 0.25 });
        check("one ulp apart", &|i| if noise(i) < 0.5 { 0.3 } else { 0.3_f64.next_up() });
        check("a few far outliers", &|i| if i % 5000 == 17 { (noise(i) - 0.5) * f64::MAX } else { noise(i) });
        check("differences overflow", &|i| (noise(i) - 0.5) * 2.0 * f64::MAX);
        check("subnormal", &|i| (noise(i) * 5000.0).floor() * 5e-324);
    }

    #[test]
    fn tied_weights_add_up_alike_in_any_order() {
        // Adding the largest first would round off the tail that decides how the sum rounds.
        let mut weights = vec![2_f64.powi(-108); 1024];
        weights.extend([2_f64.powi(-53), 1.0]);
        let total = |weights: &[f64]| {
            let n = weights.len();
            weighted_levels(&vec![true; n], &vec![0.5; n], weights)[0].true_positives
        };
        let ascending = total(&weights);
        weights.reverse();
        assert_eq!(total(&weights), ascending);
    }

    #[test]
    fn zero_weights_leave_no_level() {
        let levels = weighted_levels(&[true, false, true], &[0.1, 0.2, 0.3], &[0.5, 0.0, 2.0]);
        assert_eq!(plain(&levels), [(0.3, 2.0, 0.0), (0.1, 2.5, 0.0)]);
    }
}
