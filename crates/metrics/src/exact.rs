//! Sums without rounding: of counts, and of fractions of a known size.
//!
//! A sum that is exact until its end depends neither on the order of its terms nor on how they are grouped, so a metric
//! has the same bits whether it is read from a [`Ranking`](crate::Ranking) or summed while the items are sorted, for any
//! number of threads.

use rayon::prelude::*;

use crate::bucket::Bucket;
use crate::level::Level;

/// Twice the area under the ROC curve in units of one positive times one negative, as far as a bucket's negatives make
/// it: each counts twice the positives above it and once those tied with it.
pub(crate) fn doubled_area<K: Copy + Ord>(bucket: &Bucket<'_, K>) -> u128 {
    let mut negatives = bucket.negatives;
    let mut positives_above = bucket.above.positives;
    let mut doubled = 0;
    for tied in bucket.positives.chunk_by(|a, b| a == b).rev() {
        let (key, positives) = (tied[0], tied.len() as u64);
        let above = strip(&mut negatives, |other| other > key);
        let equal = strip(&mut negatives, |other| other == key);
        doubled += u128::from(above) * u128::from(2 * positives_above);
        doubled += u128::from(equal) * u128::from(2 * positives_above + positives);
        positives_above += positives;
    }
    doubled + negatives.len() as u128 * u128::from(2 * positives_above)
}

/// The sum over a bucket's positives of the precision at the score of each.
pub(crate) fn precisions<K: Copy + Ord>(bucket: &Bucket<'_, K>, unit: Unit) -> u128 {
    let mut negatives = bucket.negatives;
    let mut above = bucket.above;
    let mut sum = 0;
    for tied in bucket.positives.chunk_by(|a, b| a == b).rev() {
        let (key, positives) = (tied[0], tied.len() as u64);
        above.negatives += strip(&mut negatives, |other| other >= key);
        above.positives += positives;
        let precision = above.positives as f64 / (above.positives + above.negatives) as f64;
        sum += unit.units(positives as f64 * precision);
    }
    sum
}

/// [`doubled_area`] of all buckets, from their levels, whose counts are whole.
pub(crate) fn doubled_area_under(levels: &[Level]) -> u128 {
    let area = |(level, above): (&Level, Level)| {
        let width = (level.false_positives - above.false_positives) as u64;
        u128::from(width) * u128::from(level.true_positives as u64 + above.true_positives as u64)
    };
    with_above(levels, area)
}

/// [`precisions`] of all buckets, from their levels, whose counts are whole.
pub(crate) fn precisions_at(levels: &[Level], unit: Unit) -> u128 {
    let precision = |(level, above): (&Level, Level)| {
        unit.units((level.true_positives - above.true_positives) * level.precision())
    };
    with_above(levels, precision)
}

/// The sum over the levels, each with the one above it.
fn with_above(levels: &[Level], term: impl Fn((&Level, Level)) -> u128 + Sync) -> u128 {
    let above = |i: usize| if i == 0 { Level::ABOVE_ALL } else { levels[i - 1] };
    levels.par_iter().enumerate().with_min_len(1 << 14).map(|(i, level)| term((level, above(i)))).sum()
}

/// Takes the keys that `belongs` holds for off the end of ascending keys and returns how many there were.
fn strip<K: Copy>(keys: &mut &[K], belongs: impl Fn(K) -> bool) -> u64 {
    let kept = keys.iter().rposition(|&key| !belongs(key)).map_or(0, |last| last + 1);
    let stripped = keys.len() - kept;
    *keys = &keys[..kept];
    stripped as u64
}

/// Two to the power of minus `exponent`: what sums of fractions are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    exponent: u32,
}

impl Unit {
    /// The smallest unit in which a sum of at most `total` can be counted. It divides every product of a
    /// count and a precision of up to 2^33 items; of more, the last bits of the smallest are cut off.
    pub(crate) fn for_sums_up_to(total: u64) -> Self {
        Self { exponent: 126 - (u64::BITS - total.leading_zeros()) }
    }

    /// A number that is not negative, in units.
    #[inline]
    pub(crate) fn units(self, value: f64) -> u128 {
        let bits = value.to_bits();
        let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
        let shift = (bits >> 52) as i32 - 1075 + self.exponent as i32;
        if shift >= 0 { mantissa << shift } else { mantissa.checked_shr(shift.unsigned_abs()).unwrap_or(0) }
    }

    /// The number nearest to so many units.
    pub(crate) fn value(self, units: u128) -> f64 {
        units as f64 * 0.5_f64.powi(self.exponent as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ranking, auroc, average_precision};

    #[test]
    fn units_hold_every_bit_and_cut_off_what_is_smaller() {
        let unit = Unit::for_sums_up_to(1 << 33);
        for value in [0.0, 1.0, 1.0 / 3.0, 0.1, 8_589_934_592.0, 0.5_f64.powi(33).next_up()] {
            assert_eq!(unit.value(unit.units(value)), value);
        }
        let unit = Unit::for_sums_up_to(u64::MAX);
        assert_eq!(unit.units(f64::MIN_POSITIVE), 0);
        assert_eq!(unit.value(unit.units(1.5) + unit.units(0.25)), 1.75);
    }

    #[test]
    fn a_ranking_and_the_shortcuts_agree_to_the_last_bit() {
        let noise = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64;
        for (n, steps) in [(7, 3.0), (5000, 1e3), (5000, f64::MAX), (300_000, 1e2), (300_000, f64::MAX)] {
            let labels: Vec<bool> = (0..n).map(|i| noise(2 * i) < 0.3).collect();
            let score = |i: u64| {
                if noise(7 * i) < 0.5 { (noise(2 * i + 1) * steps).round() / steps } else { noise(i) }
            };
            let scores: Vec<f64> = (0..n).map(score).collect();
            let ranking = Ranking::new(&labels, &scores).unwrap();
            assert_eq!(auroc(&labels, &scores), ranking.auroc());
            assert_eq!(average_precision(&labels, &scores), ranking.average_precision());
        }
    }
}
