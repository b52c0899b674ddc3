//! From labels and scores to the distinct scores and what each of them, as a threshold, calls positive.
//!
//! This is where the time goes: everything else walks the levels once. Chunks of items are scattered into
//! buckets by score and label, and each bucket is then sorted and counted on its own, both in parallel. The
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

/// Items that are scattered together by one thread.
const CHUNK: usize = 1 << 17;

/// Items a bucket should hold: few enough that they are sorted within the cache.
const BUCKET: usize = 1 << 13;

/// The levels of unweighted items, by descending threshold. Scores are finite and at least one.
pub(crate) fn levels<S: Score>(labels: &[bool], scores: &[S]) -> Vec<Level> {
    let buckets = Buckets::of(scores);
    let chunks: Vec<Scattered<S>> = labels
        .par_chunks(CHUNK)
        .zip(scores.par_chunks(CHUNK))
        .map(|(labels, scores)| Scattered::new(&buckets, labels, scores))
        .collect();
    let counted: Vec<Vec<Level>> = (0..buckets.count)
        .into_par_iter()
        .map(|bucket| {
            let [negatives, positives] = [false, true].map(|label| {
                let mut keys = Vec::new();
                chunks.iter().for_each(|chunk| keys.extend_from_slice(chunk.keys(bucket, label)));
                keys.sort_unstable();
                keys
            });
            count::<S>(&negatives, &positives)
        })
        .collect();
    drop(chunks);
    cumulate(&counted)
}

/// Equal intervals of score, from the highest down: equal scores share one, and a higher score never has a
/// later one. Which score goes where decides how fast the levels are found, not what they are.
struct Buckets {
    count: usize,
    highest: f64,
    per_score: f64,
}

impl Buckets {
    /// Intervals between the outer quantiles of a sample, so that outliers do not crowd the others into one.
    fn of<S: Score>(scores: &[S]) -> Self {
        let count = (scores.len() / BUCKET).min(1 << 10);
        if count < 2 {
            return Self { count: 1, highest: 0.0, per_score: 0.0 };
        }
        let mut sample: Vec<f64> =
            scores.iter().step_by(scores.len().div_ceil(1000)).map(|&s| s.into()).collect();
        sample.sort_unstable_by(f64::total_cmp);
        let tail = sample.len() / 200;
        let (lowest, highest) = (sample[tail], sample[sample.len() - 1 - tail]);
        Self { count, highest, per_score: count as f64 / (highest - lowest) }
    }

    /// Casts saturate and NaN is cast to 0: scores above the highest are in the first bucket; if the interval
    /// is empty, lower scores are in the last; if it overflows, all are in the first.
    #[inline]
    fn index(&self, score: f64) -> usize {
        (((self.highest - score) * self.per_score) as u32 as usize).min(self.count - 1)
    }
}

/// The keys of a chunk, by bucket and label.
struct Scattered<S: Score> {
    keys: Vec<S::Key>,
    /// Where the negatives and then the positives of each bucket start.
    starts: Vec<usize>,
}

impl<S: Score> Scattered<S> {
    fn new(buckets: &Buckets, labels: &[bool], scores: &[S]) -> Self {
        let cell = |label: bool, score: S| 2 * buckets.index(score.into()) + usize::from(label);
        let mut starts = vec![0; 2 * buckets.count + 1];
        for (&label, &score) in labels.iter().zip(scores) {
            starts[cell(label, score)] += 1;
        }
        let mut start = 0;
        for size in &mut starts {
            (*size, start) = (start, start + *size);
        }
        let mut keys = vec![S::Key::default(); scores.len()];
        let mut next = starts.clone();
        for (&label, &score) in labels.iter().zip(scores) {
            let place = &mut next[cell(label, score)];
            keys[*place] = score.key();
            *place += 1;
        }
        Self { keys, starts }
    }

    fn keys(&self, bucket: usize, label: bool) -> &[S::Key] {
        let cell = 2 * bucket + usize::from(label);
        &self.keys[self.starts[cell]..self.starts[cell + 1]]
    }
}

/// Walks ascending keys of both classes from their ends down.
fn count<S: Score>(mut negatives: &[S::Key], mut positives: &[S::Key]) -> Vec<Level> {
    let mut levels = Vec::with_capacity(negatives.len() + positives.len());
    let mut level = Level::ABOVE_ALL;
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

/// Joins the levels of all buckets, each counted from zero.
fn cumulate(counted: &[Vec<Level>]) -> Vec<Level> {
    let mut levels = Vec::with_capacity(counted.iter().map(Vec::len).sum());
    for bucket in counted {
        let above = levels.last().copied().unwrap_or(Level::ABOVE_ALL);
        levels.extend(bucket.iter().map(|level| Level {
            threshold: level.threshold,
            true_positives: above.true_positives + level.true_positives,
            false_positives: above.false_positives + level.false_positives,
        }));
    }
    levels
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
        let n = CHUNK + 3 * BUCKET; // more than one chunk
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
