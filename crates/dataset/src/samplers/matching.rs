//! How well negatives match the positives, without looking at any sequence.

use std::collections::HashMap;
use std::fmt;

use ciskit_core::{ContigName, Pair, Side};
use serde::Serialize;

use crate::chromosome_folds::canonical;
use crate::kolmogorov_smirnov::{kolmogorov_smirnov, tail};

/// How many of the wanted negatives were found, and how their distances and degrees compare with the positives'.
///
/// Whatever differs here lets a scorer tell the classes apart without biology.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matching {
    /// [`NegativeSampler::name`](crate::NegativeSampler::name) of who drew.
    pub sampler: String,
    /// Number of positives.
    pub positives: usize,
    /// Number of negatives that were asked for.
    pub wanted: usize,
    /// Number of negatives that were found.
    pub found: usize,
    /// Distances, pairs per enhancer and per promoter, and what the sampler matched beside them.
    pub compared: Vec<Comparison>,
}

/// One quantity of both classes.
///
/// ```
/// use ciskit_dataset::Comparison;
///
/// let same = Comparison::of("x", vec![1.0, 2.0, 3.0], vec![3.0, 1.0, 2.0]);
/// assert_eq!((same.ks, same.p), (Some(0.0), Some(1.0)));
/// let apart = Comparison::of("x", vec![1.0; 50], vec![2.0; 50]);
/// assert!(apart.ks == Some(1.0) && apart.p.is_some_and(|p| p < 1e-20));
/// assert_eq!(apart.negatives.map(|of| of.median), Some(2.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What is compared, with its unit.
    pub quantity: String,
    /// The positives' values; `None` if there are none.
    pub positives: Option<Summary>,
    /// The negatives' values; `None` if there are none.
    pub negatives: Option<Summary>,
    /// The two-sample statistic of Kolmogorov and Smirnov: the largest difference of the two distribution
    /// functions, from 0 (the same) to 1 (they do not mix). `None` if a class is empty.
    pub ks: Option<f64>,
    /// Its asymptotic p-value: how often so large a difference comes from one distribution. Conservative for
    /// quantities with many ties; `None` if a class is empty.
    pub p: Option<f64>,
}

/// Five numbers of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many values.
    pub n: usize,
    /// The smallest.
    pub min: f64,
    /// A quarter of the values lie below.
    pub lower_quartile: f64,
    /// Half of the values lie below.
    pub median: f64,
    /// Three quarters of the values lie below.
    pub upper_quartile: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    fn of(sorted: &[f64]) -> Option<Self> {
        let last = sorted.len().checked_sub(1)?;
        let quantile = |quarter: usize| {
            let rank = last * quarter;
            let between = (rank % 4) as f64 / 4.0;
            sorted[rank / 4] * (1.0 - between) + sorted[rank.div_ceil(4)] * between
        };
        let [min, lower_quartile, median, upper_quartile, max] = [0, 1, 2, 3, 4].map(quantile);
        Some(Self { n: sorted.len(), min, lower_quartile, median, upper_quartile, max })
    }
}

impl Comparison {
    /// Compares the values of two classes, which have no NaN.
    ///
    /// *Cost*: O(n log n).
    #[must_use]
    pub fn of(quantity: &str, mut positives: Vec<f64>, mut negatives: Vec<f64>) -> Self {
        positives.sort_by(f64::total_cmp);
        negatives.sort_by(f64::total_cmp);
        let ks = kolmogorov_smirnov(&positives, &negatives);
        let (n, m) = (positives.len() as f64, negatives.len() as f64);
        Self {
            quantity: quantity.to_owned(),
            positives: Summary::of(&positives),
            negatives: Summary::of(&negatives),
            ks,
            p: ks.map(|ks| tail(ks * (n * m / (n + m)).sqrt())),
        }
    }
}

impl Matching {
    pub(super) fn of(sampler: String, positives: &[Pair], negatives: &[Pair], per_positive: usize) -> Self {
        let distances = |pairs: &[Pair]| pairs.iter().filter_map(Pair::distance).collect();
        let mut compared = vec![Comparison::of("distance in bp", distances(positives), distances(negatives))];
        for side in [Side::Enhancer, Side::Promoter] {
            let each = per_positive.max(1) as f64;
            let counts =
                |pairs: &[Pair], each: f64| degrees(pairs, side).iter().map(|count| count / each).collect();
            compared.push(Comparison::of(
                &format!("pairs of the {side}, per pair of the class"),
                counts(positives, 1.0),
                counts(negatives, each),
            ));
        }
        let (wanted, found) = (positives.len() * per_positive, negatives.len());
        Self { sampler, positives: positives.len(), wanted, found, compared }
    }

    /// The same with a further comparison in front.
    pub(super) fn with(mut self, comparison: Comparison) -> Self {
        self.compared.insert(0, comparison);
        self
    }
}

/// How many of the pairs have the element that each pair has.
fn degrees(pairs: &[Pair], side: Side) -> Vec<f64> {
    let place = |pair: &Pair| -> (ContigName, u64, u64) {
        let interval = &pair.element(side).interval;
        (canonical(interval.contig()), interval.start(), interval.end())
    };
    let mut counts = HashMap::new();
    pairs.iter().for_each(|pair| *counts.entry(place(pair)).or_insert(0.0) += 1.0);
    pairs.iter().map(|pair| counts[&place(pair)]).collect()
}

impl fmt::Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sampler, positives, wanted, found, compared } = self;
        write!(f, "{sampler}: {found} of {wanted} negatives for {positives} positives")?;
        for Comparison { quantity, positives, negatives, ks, p } in compared {
            match (ks, p) {
                (Some(ks), Some(p)) => write!(f, "\n{quantity}: KS {ks:.3}, p {p:.1e}")?,
                _ => write!(f, "\n{quantity}: nothing to compare")?,
            }
            for (class, of) in [("positives", positives), ("negatives", negatives)] {
                let Some(of) = of else { continue };
                let values = [of.min, of.lower_quartile, of.median, of.upper_quartile, of.max];
                write!(f, "\n  {class}  {}", values.map(short).join("  "))?;
            }
        }
        Ok(())
    }
}

/// A number with at most three digits behind the point.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_is_that_of_another_implementation() {
        // scipy.stats.ks_2samp([1, 2, 2, 3, 8], [2, 4, 4, 5]): 0.55.
        let (a, b) = (vec![8.0, 1.0, 2.0, 2.0, 3.0], vec![4.0, 2.0, 5.0, 4.0]);
        let compared = Comparison::of("x", a, b);
        assert!((compared.ks.unwrap() - 0.55).abs() < 1e-12, "{compared:?}");
        let (positives, negatives) = (compared.positives.unwrap(), compared.negatives.unwrap());
        assert_eq!((positives.lower_quartile, negatives.median), (2.0, 4.0));
        let empty = Comparison::of("x", vec![], vec![1.0]);
        assert_eq!((empty.ks, empty.p, empty.positives), (None, None, None));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([10.0, 0.25, 1.0 / 3.0, 0.0].map(short), ["10", "0.25", "0.333", "0"]);
    }
}
