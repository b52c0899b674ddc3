//! Bootstrap samples of training pairs.

use ciskit_core::Pair;
use ciskit_core::random::Stream;

/// A bootstrap sample of `rows`: as many, drawn with replacement, positives from positives and negatives from negatives;
/// ascending, a row as often as it was drawn.
///
/// Drawn before augmentation, so that each time that a pair was drawn has copies of its own. Of each class as many as
/// before, so that no sample lacks one. A function of stream and rows alone.
///
/// *Cost*: O(n log n) in the rows.
///
/// *Source*: the resampling of DeepTACT (Li et al. 2019), whose networks each learn from one such sample. *Differences
/// from the paper*: there the augmented list is resampled, both classes together.
///
/// # Panics
///
/// If `rows` holds an index that is not one of `pairs`.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Purpose, Seeds, bootstrap_rows};
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let pairs = [true, true, false, false, false].map(|label| pair.clone().with_label(label));
/// let samples = Seeds::of_fold(7, 0).stream(Purpose::Bootstrap);
/// let drawn = bootstrap_rows(&pairs, &[0, 1, 2, 3, 4], samples.number(0));
/// assert!(drawn[..2].iter().all(|row| *row < 2) && drawn[2..].iter().all(|row| *row >= 2));
/// assert_eq!(drawn, bootstrap_rows(&pairs, &[0, 1, 2, 3, 4], samples.number(0)));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn bootstrap_rows(pairs: &[Pair], rows: &[usize], stream: Stream) -> Vec<usize> {
    let mut drawn = Vec::with_capacity(rows.len());
    for (class, label) in [Some(true), Some(false), None].into_iter().enumerate() {
        let of_class: Vec<usize> = rows.iter().copied().filter(|row| pairs[*row].label == label).collect();
        let mut draws = stream.number(class as u64).draws();
        drawn.extend(of_class.iter().map(|_| of_class[draws.below(of_class.len() as u64) as usize]));
    }
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use ciskit_core::Interval;

    use super::*;

    #[test]
    fn about_two_thirds_of_the_rows_are_drawn_and_classes_keep_their_sizes() {
        let at = Interval::new("c", 0, 1).unwrap();
        let pairs: Vec<Pair> =
            (0..3_000).map(|row| Pair::new(at.clone(), at.clone()).with_label(row % 3 == 0)).collect();
        let rows: Vec<usize> = (300..3_000).collect();
        let samples =
            [0, 1].map(|replica| bootstrap_rows(&pairs, &rows, Stream::new(1, "b").number(replica)));
        assert_ne!(samples[0], samples[1]);
        for drawn in &samples {
            assert!(drawn.is_sorted() && drawn.iter().all(|row| rows.contains(row)));
            let positives = drawn.iter().filter(|row| *row % 3 == 0).count();
            assert_eq!((drawn.len(), positives), (2_700, 900));
            let mut distinct = drawn.clone();
            distinct.dedup();
            // 1 − 1/e of them: 1,707 with a standard deviation of 16.
            assert!((1_627..1_787).contains(&distinct.len()), "{}", distinct.len());
        }
    }
}
