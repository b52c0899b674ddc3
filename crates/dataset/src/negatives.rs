//! Negatives: how many of them stand against the positives.

use ciskit_core::Pair;

use crate::row_hash;

/// `count` negatives of `part` (all if there are fewer), ascending.
///
/// They are those of the smallest [`row_hash`] under the seed. Every set of negatives is equally likely, a
/// pair's chance does not depend on the order in which `part` is given, and more negatives under one seed
/// contain the fewer.
///
/// *Cost*: O(n log n) in the negatives of `part`.
///
/// # Panics
///
/// If `part` holds an index that is not one of `pairs`.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::draw_negatives;
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let pairs = [true, false, false, false].map(|label| pair.clone().with_label(label));
/// assert_eq!(draw_negatives(&pairs, &[0, 1, 2, 3], 2, 0), [1, 3]);
/// assert_eq!(draw_negatives(&pairs, &[0, 1, 2, 3], 9, 0), [1, 2, 3]);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn draw_negatives(pairs: &[Pair], part: &[usize], count: usize, seed: u32) -> Vec<usize> {
    let mut negatives: Vec<usize> =
        part.iter().copied().filter(|pair| pairs[*pair].label == Some(false)).collect();
    negatives.sort_by_cached_key(|pair| (row_hash(seed, *pair as u64), *pair));
    negatives.truncate(count);
    negatives.sort_unstable();
    negatives
}

/// The positives of `part` and [drawn](draw_negatives) negatives, `per_positive` for each positive as far as
/// there are any, ascending: 1 gives the published 1:1 test set, 10 the 1:10 one. Unlabelled pairs are left
/// out.
///
/// # Panics
///
/// If `part` holds an index that is not one of `pairs`.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::subsample_negatives;
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let pairs = [true, false, false, true, false].map(|label| pair.clone().with_label(label));
/// let one_to_one = subsample_negatives(&pairs, &[0, 1, 2, 4], 1, 0);
/// assert_eq!(one_to_one, [0, 4]);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[must_use]
pub fn subsample_negatives(pairs: &[Pair], part: &[usize], per_positive: usize, seed: u32) -> Vec<usize> {
    let mut kept: Vec<usize> = part.iter().copied().filter(|pair| pairs[*pair].label == Some(true)).collect();
    let negatives = draw_negatives(pairs, part, kept.len().saturating_mul(per_positive), seed);
    kept.extend(negatives);
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;
    use proptest::prelude::*;

    fn pairs(labels: &[Option<bool>]) -> Vec<Pair> {
        let at = Interval::new("c", 0, 1).unwrap();
        labels.iter().map(|label| Pair { label: *label, ..Pair::new(at.clone(), at.clone()) }).collect()
    }

    #[test]
    fn every_negative_is_drawn_about_equally_often() {
        let pairs = pairs(&[Some(false); 10]);
        let all: Vec<usize> = (0..10).collect();
        let mut counts = [0; 10];
        for seed in 0..4_000 {
            draw_negatives(&pairs, &all, 3, seed).into_iter().for_each(|pair| counts[pair] += 1);
        }
        // 1,200 expected, a standard deviation of 29.
        assert!(counts.iter().all(|count| (1_080..1_320).contains(count)), "{counts:?}");
    }

    #[test]
    fn without_positives_no_negatives_are_kept() {
        assert!(subsample_negatives(&pairs(&[Some(false), None]), &[0, 1], 10, 0).is_empty());
    }

    proptest! {
        #[test]
        fn draws_are_negatives_without_duplicates_and_stable(
            labels in prop::collection::vec(prop::option::of(any::<bool>()), 0..60),
            per_positive in 0usize..4,
            seed in any::<u32>(),
        ) {
            let pairs = pairs(&labels);
            let part: Vec<usize> = (0..pairs.len()).filter(|pair| pair % 5 != 0).collect();
            let count = |label| part.iter().filter(|pair| pairs[**pair].label == Some(label)).count();
            let kept = subsample_negatives(&pairs, &part, per_positive, seed);
            prop_assert!(kept.is_sorted_by(|a, b| a < b));
            prop_assert!(kept.iter().all(|pair| part.contains(pair)));
            let positives = kept.iter().filter(|pair| pairs[**pair].label == Some(true)).count();
            prop_assert_eq!(positives, count(true));
            prop_assert_eq!(kept.len() - positives, (positives * per_positive).min(count(false)));

            let negatives = draw_negatives(&pairs, &part, 2, seed);
            prop_assert!(negatives.iter().all(|pair| pairs[*pair].label == Some(false)));
            let reversed: Vec<usize> = part.iter().rev().copied().collect();
            prop_assert_eq!(draw_negatives(&pairs, &reversed, 2, seed), negatives.clone());
            let more = draw_negatives(&pairs, &part, 5, seed);
            prop_assert!(negatives.iter().all(|pair| more.contains(pair)));
        }
    }
}
