//! How the classes differ in what nobody calls biology: distance, lengths, GC, unknown bases.

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

use super::content::Contents;
use super::roster::Roster;
use crate::kolmogorov_smirnov::kolmogorov_smirnov;

/// A quantity in both classes, and how far apart they are.
///
/// *Source*: the two-sample Kolmogorov-Smirnov statistic, and the standardised mean difference with the root of the
/// mean of both sample variances.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Audit, AuditConfig, RandomFolds, Splitter};
///
/// let at = |start| Interval::new("chr1", start, start + 100);
/// let mut pairs = vec![];
/// for (distance, label) in [(1_000, true), (2_000, true), (3_000, true), (3_000, false), (9_000, false)] {
///     pairs.push(Pair::new(at(0)?, at(distance)?).with_label(label));
/// }
/// let split = RandomFolds::new(3, 0).split(&pairs)?;
/// let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None)?;
/// let distance = &audit.classes[0];
/// assert_eq!((distance.feature.as_str(), distance.positives.median), ("distance", Some(2_000.0)));
/// assert_eq!(distance.ks, Some(2.0 / 3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassDifference {
    /// The quantity, such as `enhancer length`.
    pub feature: String,
    /// Its unit, such as `bp`.
    pub unit: String,
    /// Among the positives.
    pub positives: ClassSample,
    /// Among the negatives.
    pub negatives: ClassSample,
    /// Largest difference of the cumulative distributions, 0 to 1; `None` if a class is empty.
    pub ks: Option<f64>,
    /// Mean of the positives minus that of the negatives, in standard deviations; of the distance's logarithm.
    pub mean_difference: Option<f64>,
}

/// A quantity in one class.
///
/// ```
/// assert_eq!(ciskit_dataset::ClassSample::default().median, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassSample {
    /// Number of rows that have it.
    pub n: usize,
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
}

impl ClassSample {
    /// Of ascending values.
    fn of(sorted: &[f64]) -> Self {
        let middle = |index: usize| sorted.get(index).copied();
        let median = match sorted.len() {
            0 => None,
            n if n % 2 == 1 => middle(n / 2),
            n => middle(n / 2 - 1).zip(middle(n / 2)).map(|(a, b)| a / 2.0 + b / 2.0),
        };
        Self { n: sorted.len(), mean: mean(sorted), median }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Difference of the means in standard deviations; `None` if there is none or nothing varies.
fn standardised(a: &[f64], b: &[f64]) -> Option<f64> {
    let variance = |values: &[f64], mean: f64| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (values.len() > 1).then(|| squares / (values.len() - 1) as f64)
    };
    let (mean_a, mean_b) = (mean(a)?, mean(b)?);
    let deviation = ((variance(a, mean_a)? + variance(b, mean_b)?) / 2.0).sqrt();
    (deviation > 0.0).then(|| (mean_a - mean_b) / deviation)
}

impl ClassDifference {
    /// Compares values of a row, where it has one; the means are compared after `scale`.
    fn of(
        roster: &Roster<'_>,
        (feature, unit): (String, &str),
        value: impl Fn(usize) -> Option<f64>,
        scale: fn(f64) -> f64,
    ) -> Self {
        let [positives, negatives] = [true, false].map(|class| {
            let mut values: Vec<f64> = roster.class(class).into_iter().filter_map(&value).collect();
            values.sort_by(f64::total_cmp);
            values
        });
        let scaled = |values: &[f64]| values.iter().copied().map(scale).collect::<Vec<_>>();
        Self {
            feature,
            unit: unit.to_owned(),
            ks: kolmogorov_smirnov(&positives, &negatives),
            mean_difference: standardised(&scaled(&positives), &scaled(&negatives)),
            positives: ClassSample::of(&positives),
            negatives: ClassSample::of(&negatives),
        }
    }

    pub(super) fn all(roster: &Roster<'_>, contents: Option<&Contents>) -> Vec<Self> {
        let same = |value| value;
        let distance = |row: usize| roster.pairs[row].distance();
        let mut all = vec![Self::of(roster, ("distance".into(), "bp"), distance, |bp| (bp + 1.0).ln())];
        for side in [Side::Enhancer, Side::Promoter] {
            let length = |row: usize| Some(roster.pairs[row].element(side).interval.len() as f64);
            all.push(Self::of(roster, (format!("{side} length"), "bp"), length, same));
        }
        let Some(contents) = contents else { return all };
        for side in [Side::Enhancer, Side::Promoter] {
            let element = &roster.side(side).of;
            let gc = |row: usize| Some(contents.gc(side, element[row]));
            all.push(Self::of(roster, (format!("{side} GC"), "share"), gc, same));
            let padding = |row: usize| Some(contents.padding(side, element[row]));
            all.push(Self::of(roster, (format!("{side} padding"), "share"), padding, same));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_difference_is_in_standard_deviations() {
        let difference = standardised(&[2.0, 4.0], &[0.0, 2.0]).unwrap();
        assert!((difference - 2.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!(standardised(&[2.0, 2.0], &[1.0, 1.0]), None);
        assert_eq!(standardised(&[2.0], &[0.0, 2.0]), None);
    }

    #[test]
    fn medians_of_even_samples_lie_between() {
        assert_eq!(ClassSample::of(&[1.0, 2.0, 4.0, 9.0]).median, Some(3.0));
        assert_eq!(ClassSample::of(&[]).mean, None);
    }
}
