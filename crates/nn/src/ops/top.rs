//! The k largest of many numbers.

use std::cmp::Ordering;

use super::host::Real;
use crate::NnError;

/// How many relations position attention keeps: k = ⌊(n·m as f64) · ratio⌋.
///
/// *Source*: EPIPAM (2026), position attention module; the product and the floor are taken in f64.
///
/// # Errors
///
/// [`NnError::TopCount`] if that is 0 or more than n·m.
///
/// ```
/// use ciskit_nn::ops::top_count;
///
/// assert_eq!(top_count(297, 197, 0.01)?, 585);
/// assert_eq!(top_count(4, 2, 1.0)?, 8);
/// assert!(top_count(4, 2, 0.1).is_err());
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn top_count(enhancer: usize, promoter: usize, ratio: f64) -> Result<usize, NnError> {
    let all = enhancer * promoter;
    let count = (all as f64 * ratio) as usize;
    if count == 0 || count > all {
        return Err(NnError::TopCount { enhancer, promoter, ratio });
    }
    Ok(count)
}

/// Indices of the `count` largest values, from the largest down; of equal values the lower index comes first.
///
/// *Cost*: O(n) selection and O(count · log count) sorting.
pub(crate) fn top_indices<T: Real>(values: &[T], count: usize) -> Vec<u32> {
    let mut ranked = values.to_vec();
    let (_, &mut threshold, _) = ranked.select_nth_unstable_by(count - 1, |a, b| b.order(*a));
    let indices = |wanted: Ordering| {
        let at = values.iter().enumerate().filter(move |(_, value)| value.order(threshold) == wanted);
        at.map(|(index, _)| index as u32)
    };
    let mut top: Vec<u32> = indices(Ordering::Greater).collect();
    top.sort_by(|&a, &b| values[b as usize].order(values[a as usize]));
    top.extend(indices(Ordering::Equal).take(count - top.len()));
    top
}

#[cfg(test)]
mod tests {
    use ciskit_core::random::Stream;

    use super::*;

    #[test]
    fn top_indices_equal_a_stable_sort_with_and_without_ties() {
        let stream = Stream::new(1, "top");
        for levels in [2.0, 10.0, 1e12] {
            for length in [1, 2, 7, 100] {
                let values: Vec<f64> = (0..length).map(|i| (stream.uniform(i) * levels).floor()).collect();
                let mut sorted: Vec<u32> = (0..length as u32).collect();
                sorted.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]));
                for count in 1..=values.len() {
                    assert_eq!(top_indices(&values, count), sorted[..count], "{values:?}");
                }
            }
        }
    }

    #[test]
    fn nan_is_selected_rather_than_lost() {
        assert_eq!(top_indices(&[1.0, f32::NAN, 3.0, f32::NAN], 3), [1, 3, 2]);
    }

    #[test]
    fn counts_are_the_published_ones() {
        let published = [
            (297, 197, 0.01, 585),
            (28, 18, 0.1, 50),
            (4, 2, 1.0, 8),
            (122, 122, 0.01, 148),
            (27, 27, 0.1, 72),
            (5, 5, 1.0, 25),
            (247, 147, 0.01, 363),
            (23, 13, 0.1, 29),
            (3, 1, 1.0, 3),
        ];
        for (n, m, ratio, count) in published {
            assert_eq!(top_count(n, m, ratio).unwrap(), count);
        }
        for ratio in [0.0, -1.0, f64::NAN, 1.2] {
            assert!(top_count(4, 2, ratio).is_err(), "{ratio}");
        }
        assert!(top_count(4, 2, 1.2).unwrap_err().to_string().contains("more than all of it"));
    }
}
