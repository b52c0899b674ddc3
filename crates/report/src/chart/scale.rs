//! From values to a fraction of an axis, and the round numbers along it.
//!
//! Ticks are whole multiples of 1, 2 or 5 times a power of ten, kept as decimal digits: their values and labels are
//! exact, whatever the platform's logarithm.

use crate::number::grouped;

/// A linear scale whose ends are ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    pub(super) ticks: Vec<Tick>,
}

/// A labelled value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// `mantissa` · 10^`exponent`, the mantissa being 1, 2 or 5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    mantissa: i64,
    exponent: i32,
}

impl Step {
    /// The smallest step that is at least `size`, a positive number.
    pub(super) fn at_least(size: f64) -> Self {
        let (mantissa, exponent) = decimal(size);
        let slightly_less = mantissa * (1.0 - 1e-9); // 0.1 + 0.2 asks for no more than 0.3 does
        let (mantissa, exponent) = match slightly_less {
            m if m <= 1.0 => (1, exponent),
            m if m <= 2.0 => (2, exponent),
            m if m <= 5.0 => (5, exponent),
            _ => (1, exponent + 1),
        };
        Self { mantissa, exponent }
    }

    /// `count` steps from zero, rounded once.
    pub(super) fn times(self, count: i64) -> f64 {
        let decimal = format!("{}e{}", i128::from(count) * i128::from(self.mantissa), self.exponent);
        decimal.parse().expect("digits and an exponent are a number")
    }

    /// Steps from zero to the last one that is not above `value`, give or take rounding.
    pub(super) fn floor(self, value: f64) -> i64 {
        (value / self.times(1) + 1e-9).floor() as i64
    }

    /// Steps from zero to the first one that is not below `value`, give or take rounding.
    pub(super) fn ceil(self, value: f64) -> i64 {
        (value / self.times(1) - 1e-9).ceil() as i64
    }
}

impl Scale {
    /// The scale from a tick at or below `low` to one at or above `high`, both finite, with about so many ticks.
    pub(super) fn over(low: f64, high: f64, ticks: usize, whole: bool) -> Self {
        let (low, high) = apart(low, high);
        let size = (high / 2.0 - low / 2.0) / (ticks.max(2) as f64 / 2.0); // halves: the span may exceed the largest float
        let step = Step::at_least(if whole { size.max(1.0) } else { size });
        let (first, last) = (step.floor(low), step.ceil(high));
        let scientific = low.abs().max(high.abs()) >= 1e7 || step.exponent < -6;
        let digits = scientific.then(|| {
            let (_, largest) = decimal(low.abs().max(high.abs()));
            (largest - step.exponent).max(0) as usize
        });
        let ticks: Vec<Tick> = (first..=last)
            .map(|count| Tick { value: step.times(count), label: step.label(count, digits) })
            .filter(|tick| tick.value.is_finite())
            .collect();
        let ends = ticks.iter().map(|tick| tick.value).chain([low, high]);
        let (low, high) = ends.fold((low, high), |(low, high), end| (end.min(low), end.max(high)));
        Self { low, high, ticks }
    }

    /// A scale of named rows: the first at 0, on top, each further one 1 lower.
    pub(super) fn of_rows(names: impl IntoIterator<Item = String>) -> Self {
        let tick = |(row, label): (usize, String)| Tick { value: -(row as f64), label };
        let ticks: Vec<Tick> = names.into_iter().enumerate().map(tick).collect();
        Self { low: 0.5 - ticks.len().max(1) as f64, high: 0.5, ticks }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
    }

    /// The value at the low end.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// The value at the high end.
    pub(super) fn high(&self) -> f64 {
        self.high
    }
}

impl Step {
    /// The text of `count` steps; with digits behind the point of a scientific number, or as plain decimals.
    fn label(self, count: i64, scientific: Option<usize>) -> String {
        let value = self.times(count);
        match scientific {
            _ if count == 0 => "0".into(),
            Some(digits) => format!("{value:.digits$e}"),
            None if self.exponent >= 0 => grouped(value as i128),
            None => format!("{value:.*}", self.exponent.unsigned_abs() as usize),
        }
    }
}

/// A range wide enough to be drawn: a single value gets room on both sides.
fn apart(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if size < 1e-290 {
        return (0.0, 1.0);
    }
    if high - low > 1e-9 * size {
        return (low, high);
    }
    ((low - 0.1 * size).max(f64::MIN), (high + 0.1 * size).min(f64::MAX))
}

/// Mantissa in [1, 10) and decimal exponent of a positive number.
fn decimal(value: f64) -> (f64, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("scientific notation has an exponent");
    (mantissa.parse().expect("a mantissa is a number"), exponent.parse().expect("an exponent is a number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        Scale::over(low, high, 5, false).ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.31, 0.69), ["0.3", "0.4", "0.5", "0.6", "0.7"]);
        assert_eq!(labels(-3.0, 12.0), ["-5", "0", "5", "10", "15"]);
        assert_eq!(labels(0.0, 44_313.0), ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]);
        assert_eq!(labels(1e8, 3e8), ["1.0e8", "1.5e8", "2.0e8", "2.5e8", "3.0e8"]);
        assert_eq!(labels(0.0, 4e-9), ["0", "1e-9", "2e-9", "3e-9", "4e-9"]);
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let ticks = |low, high| -> Vec<f64> {
            Scale::over(low, high, 6, true).ticks.iter().map(|t| t.value).collect()
        };
        assert_eq!(ticks(1.0, 3.0), [1.0, 2.0, 3.0]);
        assert_eq!(ticks(1.0, 1.0), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_single_value_gets_room() {
        for value in [0.0, 0.3, -7.0, 1e300, f64::MAX, f64::MIN, 5e-324] {
            let scale = Scale::over(value, value, 5, false);
            let at = scale.fraction(value);
            assert!((0.0..=1.0).contains(&at) && scale.high() > scale.low(), "{value}: {scale:?}");
        }
    }

    #[test]
    fn values_that_differ_in_the_last_digits_count_as_one() {
        for (low, high) in [(1.0, 1.0_f64.next_up()), (-1e16, -1e16 + 2.0), (0.3, 0.1 + 0.2)] {
            let labels = labels(low, high);
            let distinct: std::collections::BTreeSet<&String> = labels.iter().collect();
            assert!(
                distinct.len() == labels.len() && labels.iter().all(|label| label.len() <= 8),
                "{labels:?}"
            );
        }
    }

    #[test]
    fn the_largest_span_is_drawn() {
        let scale = Scale::over(f64::MIN, f64::MAX, 5, false);
        assert_eq!(
            (scale.fraction(f64::MIN), scale.fraction(0.0), scale.fraction(f64::MAX)),
            (0.0, 0.5, 1.0)
        );
        assert!(scale.ticks.len() >= 3);
    }

    proptest! {
        #[test]
        fn every_range_is_covered_by_a_few_ascending_ticks(a in -1e12..1e12_f64, span in 0.0..1e12_f64, by in -12i32..12) {
            let (low, high) = (a * 10f64.powi(by), (a + span) * 10f64.powi(by));
            let scale = Scale::over(low, high, 5, false);
            prop_assert!(scale.low() <= low && scale.high() >= high);
            prop_assert!((2..=9).contains(&scale.ticks.len()), "{:?}", scale);
            prop_assert!(scale.ticks.windows(2).all(|pair| pair[0].value < pair[1].value && pair[0].label != pair[1].label));
        }
    }
}
