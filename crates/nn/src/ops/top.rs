//! The k largest of many numbers.

use std::cmp::Ordering;

use super::extremes::Above;
use super::host::Real;
use crate::NnError;
use crate::simd::Level;

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

/// [`top_indices`] of `f32`, with a threshold guessed from a sample so that few values are looked at twice.
///
/// `keys` and `places` are scratch space.
pub(crate) fn top_indices_f32(
    level: Level,
    values: &[f32],
    count: usize,
    keys: &mut Vec<u64>,
    places: &mut Vec<u32>,
) {
    /// One value in so many is in the sample; prime, so that it walks over rows.
    const STEP: usize = 31;
    let key = |place: u32| {
        let bits = values[place as usize].to_bits();
        // Ascending keys are descending values in total order, and then ascending places.
        let ascending = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        u64::from(!ascending) << 32 | u64::from(place)
    };
    places.clear();
    let sample = values.len() / STEP;
    // Far enough down the sample that more than `count` values are nearly always above.
    let expected = count as f64 / STEP as f64;
    let rank = (expected + 3.0 * expected.sqrt() + 3.0) as usize;
    if rank * 4 < sample {
        keys.clear();
        keys.extend((0..sample).map(|at| key((at * STEP) as u32)));
        let (_, &mut nth, _) = keys.select_nth_unstable(rank);
        let threshold = values[nth as u32 as usize];
        level.run(Above { values, threshold, places });
        if places.len() < count || places.iter().any(|&place| values[place as usize].is_nan()) {
            places.clear();
        }
    }
    if places.is_empty() {
        places.extend(0..values.len() as u32);
    }
    keys.clear();
    keys.extend(places.iter().map(|&place| key(place)));
    if count < keys.len() {
        keys.select_nth_unstable(count - 1);
    }
    keys.truncate(count);
    keys.sort_unstable();
    places.clear();
    places.extend(keys.iter().map(|&key| key as u32));
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
    fn the_fast_selection_is_the_plain_one() {
        let stream = Stream::new(2, "top");
        let (mut keys, mut places) = (Vec::new(), Vec::new());
        for (_, level) in Level::available() {
            for levels in [1.0, 3.0, 50.0, 1e12] {
                for length in [1, 2, 7, 100, 5000, 20_011] {
                    let mut values: Vec<f32> =
                        (0..length).map(|i| (stream.uniform(i) * levels).floor() as f32).collect();
                    for poisoned in [false, true] {
                        if poisoned {
                            values[length as usize / 2] = f32::NAN;
                            values[0] = -f32::NAN;
                        }
                        for count in [1, values.len() / 100, values.len() / 3, values.len()] {
                            let count = count.max(1);
                            top_indices_f32(level, &values, count, &mut keys, &mut places);
                            assert_eq!(places, top_indices(&values, count), "{levels} {length} {count}");
                        }
                    }
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
