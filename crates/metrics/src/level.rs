//! From labels and scores to the distinct scores and what each of them, as a threshold, calls positive.
//!
//! This is where the time goes: everything else walks the levels once. Keys are scattered into buckets by
//! their leading bits and their label, and each bucket is sorted and counted on its own, in parallel. The
//! result is a list of exact counts, so nothing in it can depend on the number of threads.

use rayon::prelude::*;

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

/// Leading bits that choose a bucket, at most: few enough that a scatter's open lines stay in the cache.
const MAX_BUCKET_BITS: u32 = 11;

/// Binary logarithm of the items below which sharing them between threads costs more than it gains.
const MIN_SHARED_BITS: u32 = 12;

/// The levels of unweighted items, by descending threshold. Scores are finite and at least one.
pub(crate) fn levels<S: Score>(labels: &[bool], scores: &[S]) -> Vec<Level> {
    let wide = |score: &S| -> u64 { score.key().into() };
    let (low, high) = key_range(scores);
    let bucket_bits = scores.len().ilog2().saturating_sub(MIN_SHARED_BITS).min(MAX_BUCKET_BITS);
    let key_bits = u64::BITS - (high - low).leading_zeros();
    let shift = key_bits.saturating_sub(bucket_bits).min(u64::BITS - 1);
    // Even buckets hold negatives, odd ones positives; the highest scores come first.
    let bucket = |label: bool, score: &S| 2 * ((high - wide(score)) >> shift) as usize + usize::from(label);

    let mut sizes = vec![0; 2 * ((high - low) >> shift) as usize + 2];
    for (&label, score) in labels.iter().zip(scores) {
        sizes[bucket(label, score)] += 1;
    }
    let mut keys = vec![S::Key::default(); scores.len()];
    let mut next = starts(&sizes);
    for (&label, score) in labels.iter().zip(scores) {
        let place = &mut next[bucket(label, score)];
        keys[*place] = score.key();
        *place += 1;
    }

    let mut tasks = Vec::new();
    let (mut rest, mut above) = (keys.as_mut_slice(), Level::ABOVE_ALL);
    for size in sizes.chunks_exact(2).filter(|size| size[0] + size[1] > 0) {
        let (negatives, others) = rest.split_at_mut(size[0]);
        let (positives, others) = others.split_at_mut(size[1]);
        rest = others;
        tasks.push((negatives, positives, above));
        above.false_positives += size[0] as f64;
        above.true_positives += size[1] as f64;
    }
    let counted: Vec<Vec<Level>> = tasks
        .into_par_iter()
        .map(|(negatives, positives, above)| {
            negatives.sort_unstable();
            positives.sort_unstable();
            count::<S>(negatives, positives, above)
        })
        .collect();
    counted.concat()
}

/// The smallest and the largest key.
fn key_range<S: Score>(scores: &[S]) -> (u64, u64) {
    let first = scores[0].key();
    let wider = |(low, high): (S::Key, S::Key), (l, h): (S::Key, S::Key)| (low.min(l), high.max(h));
    let keys = scores.par_iter().with_min_len(1 << MIN_SHARED_BITS).map(|score| score.key());
    let (low, high) =
        keys.fold(|| (first, first), |range, key| wider(range, (key, key))).reduce(|| (first, first), wider);
    (low.into(), high.into())
}

/// Where each bucket starts.
fn starts(sizes: &[usize]) -> Vec<usize> {
    let ends = sizes.iter().scan(0, |end, size| {
        *end += size;
        Some(*end)
    });
    ends.zip(sizes).map(|(end, size)| end - size).collect()
}

/// Walks ascending keys of both classes from their ends down.
fn count<S: Score>(mut negatives: &[S::Key], mut positives: &[S::Key], above: Level) -> Vec<Level> {
    let mut levels = Vec::with_capacity(negatives.len() + positives.len());
    let mut level = above;
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
    fn buckets_and_a_plain_sort_agree() {
        // Enough items for every bucket bit, clustered unevenly, with ties within and between the classes.
        let n = 50_000_u64;
        let noise = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1 << 24) as f64;
        let labels: Vec<bool> = (0..n).map(|i| noise(i + n) < 0.3).collect();
        let scores: Vec<f64> =
            (0..n).map(|i| if i % 2 == 0 { (noise(i) * 100.0).round() } else { noise(i).powi(9) }).collect();
        assert_eq!(levels(&labels, &scores), weighted_levels(&labels, &scores, &vec![1.0; n as usize]));
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
