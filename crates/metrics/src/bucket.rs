//! Items scattered by score into buckets that fit a processor's cache, each sorted on its own.
//!
//! This is where the time of a ranking goes. Chunks of items are scattered into buckets by score and label, and each
//! bucket is then sorted, both in parallel. How many items of either class lie above a bucket is known before
//! anything is sorted, so what is made of a bucket is final. Everything here is counts, which are exact: nothing
//! can depend on the number of threads.

use rayon::prelude::*;

use crate::score::Score;
use crate::spread_sort::SpreadSort;

/// Items that are scattered together by one thread.
const CHUNK: usize = 1 << 16;

/// Items a bucket should hold: few enough that they are sorted within the cache.
const BUCKET: usize = 1 << 13;

/// Buckets at most: a cell, which is a bucket and a label, has a number of 16 bits.
const BUCKETS: usize = 1 << 10;

/// Numbers of items of the two classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) positives: u64,
    pub(crate) negatives: u64,
}

/// The items of one bucket, and how many lie in the buckets above.
pub(crate) struct Bucket<'a, K> {
    pub(crate) above: Counts,
    /// Keys of the negatives, ascending.
    pub(crate) negatives: &'a [K],
    /// Keys of the positives, ascending.
    pub(crate) positives: &'a [K],
}

/// Labelled scores in buckets, from the highest scores down: equal scores share one.
pub(crate) struct Buckets<S: Score> {
    chunks: Vec<Scattered<S>>,
    /// The items above each bucket, and all items.
    above: Vec<Counts>,
}

impl<S: Score> Buckets<S> {
    /// Scatters items. Scores are finite.
    pub(crate) fn new(labels: &[bool], scores: &[S]) -> Self {
        let division = Division::of(scores);
        let chunks: Vec<Scattered<S>> = labels
            .par_chunks(CHUNK)
            .zip(scores.par_chunks(CHUNK))
            .map(|(labels, scores)| Scattered::new(&division, labels, scores))
            .collect();
        let mut above = Counts::default();
        let above = (0..=division.count).map(|bucket| {
            let here = above;
            if bucket < division.count {
                let count =
                    |label| chunks.iter().map(|chunk| chunk.keys(bucket, label).len() as u64).sum::<u64>();
                above.positives += count(true);
                above.negatives += count(false);
            }
            here
        });
        let above = above.collect();
        Self { chunks, above }
    }

    /// All items.
    pub(crate) fn counts(&self) -> Counts {
        self.above.last().copied().unwrap_or_default()
    }

    /// What `read` makes of each bucket, from the highest scores down.
    pub(crate) fn read<R: Send>(&self, read: impl Fn(Bucket<'_, S::Key>) -> R + Sync) -> Vec<R> {
        let sorted = |sort: &mut SpreadSort<S::Key>, bucket, label| {
            sort.clear();
            self.chunks.iter().for_each(|chunk| sort.extend_from_slice(chunk.keys(bucket, label)));
            sort.sort();
        };
        let one = |(negatives, positives): &mut (SpreadSort<S::Key>, SpreadSort<S::Key>), bucket| {
            sorted(negatives, bucket, false);
            sorted(positives, bucket, true);
            let (negatives, positives) = (negatives.keys(), positives.keys());
            read(Bucket { above: self.above[bucket], negatives, positives })
        };
        (0..self.above.len() - 1).into_par_iter().map_init(Default::default, one).collect()
    }
}

/// Equal intervals of score, from the highest down: equal scores share one, and a higher score never has a
/// later one. Which score goes where decides how fast the items are sorted, not what comes of it.
struct Division {
    count: usize,
    highest: f64,
    per_score: f64,
}

impl Division {
    /// Intervals between the outer quantiles of a sample, so that outliers do not crowd the others into one.
    fn of<S: Score>(scores: &[S]) -> Self {
        let count = (scores.len() / BUCKET).min(BUCKETS);
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
    fn bucket(&self, score: f64) -> usize {
        (((self.highest - score) * self.per_score) as u32 as usize).min(self.count - 1)
    }
}

/// The keys of a chunk, by bucket and label.
struct Scattered<S: Score> {
    keys: Vec<S::Key>,
    /// Where the negatives and then the positives of each bucket start.
    starts: Vec<u32>,
}

impl<S: Score> Scattered<S> {
    fn new(division: &Division, labels: &[bool], scores: &[S]) -> Self {
        let mut starts = vec![0_u32; 2 * division.count + 1];
        let cell = |(&label, &score): (&bool, &S)| {
            let cell = 2 * division.bucket(score.into()) + usize::from(label);
            starts[cell] += 1;
            cell as u16
        };
        let cells: Vec<u16> = labels.iter().zip(scores).map(cell).collect();
        let mut start = 0;
        for size in &mut starts {
            (*size, start) = (start, start + *size);
        }
        let mut keys = vec![S::Key::default(); scores.len()];
        let mut next = starts.clone();
        for (&cell, &score) in cells.iter().zip(scores) {
            let place = &mut next[usize::from(cell)];
            keys[*place as usize] = score.key();
            *place += 1;
        }
        Self { keys, starts }
    }

    fn keys(&self, bucket: usize, label: bool) -> &[S::Key] {
        let cell = 2 * bucket + usize::from(label);
        &self.keys[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }
}
