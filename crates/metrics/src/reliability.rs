//! Whether predicted probabilities are the frequencies that they say.

use crate::score::Score;
use crate::sum::Sum;
use crate::{MetricError, probability};

/// How probabilities are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bins {
    /// So many intervals of equal width from 0 to 1, each without its lower and with its upper edge; 0 is in the first.
    EqualWidth(usize),
    /// So many bins with the same number of items, as nearly as ties allow: equal probabilities share the bin of the
    /// lowest-ranked of them.
    EqualCount(usize),
}

/// The items of one bin of a [`Reliability`] curve.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// Number of items, at least one.
    pub items: usize,
    /// Mean of the predicted probabilities.
    pub mean_probability: f64,
    /// Fraction of the items that are positive.
    pub positive_fraction: f64,
}

impl ReliabilityBin {
    /// How far the frequency is from what was predicted: |positive fraction − mean probability|.
    #[must_use]
    pub fn gap(&self) -> f64 {
        (self.positive_fraction - self.mean_probability).abs()
    }
}

/// A reliability curve (calibration curve): predicted probability against observed frequency.
///
/// *Source*: Niculescu-Mizil & Caruana, "Predicting good probabilities with supervised learning", ICML 2005; the errors
/// are those of Naeini, Cooper & Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
/// 2015.
///
/// ```
/// use ciskit_metrics::{Bins, Reliability};
///
/// let curve = Reliability::new(&[false, true, true, true], &[0.1, 0.3, 0.7, 0.9], Bins::EqualWidth(2))?;
/// assert_eq!(curve.bins().len(), 2);
/// assert_eq!((curve.bins()[1].mean_probability, curve.bins()[1].positive_fraction), (0.8, 1.0));
/// assert!((curve.expected_error() - (0.3 + 0.2) / 2.0).abs() < 1e-15);
/// assert!((curve.maximum_error() - 0.3).abs() < 1e-15);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    bins: Vec<ReliabilityBin>,
    items: usize,
}

impl Reliability {
    /// Puts items into bins.
    ///
    /// *Shapes*: one label and one probability for each item. Defined with one class. *Cost*: O(n log n).
    ///
    /// # Errors
    ///
    /// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`],
    /// [`MetricError::Probability`] below 0 or above 1, and [`MetricError::Parameter`] for no bins.
    pub fn new<S: Score>(labels: &[bool], probabilities: &[S], bins: Bins) -> Result<Self, MetricError> {
        probability::check_probabilities(labels, probabilities)?;
        let (Bins::EqualWidth(count) | Bins::EqualCount(count)) = bins;
        if count == 0 {
            return Err(MetricError::Parameter { name: "bins", value: 0.0, allowed: "at least 1" });
        }
        let mut items: Vec<(f64, bool)> =
            probabilities.iter().map(|&p| p.into() + 0.0).zip(labels.iter().copied()).collect();
        items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

        let n = items.len();
        let mut rank = 0;
        let mut bin_of_tied = |tied: &[(f64, bool)]| {
            let bin = match bins {
                Bins::EqualWidth(_) => width_bin(tied[0].0, count),
                Bins::EqualCount(_) => (rank as u128 * count as u128 / n as u128) as usize,
            };
            rank += tied.len();
            bin
        };
        let mut found: Vec<(usize, Tally)> = Vec::new();
        for tied in items.chunk_by(|a, b| a.0 == b.0) {
            let bin = bin_of_tied(tied);
            match found.last_mut() {
                Some((last, tally)) if *last == bin => tally.add(tied),
                _ => found.push((bin, Tally::of(tied))),
            }
        }
        Ok(Self { bins: found.into_iter().map(|(_, tally)| tally.bin()).collect(), items: n })
    }

    /// The bins that hold items, by ascending probability. At least one.
    #[must_use]
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// Expected calibration error (ECE): the mean of [`ReliabilityBin::gap`] over the items.
    #[must_use]
    pub fn expected_error(&self) -> f64 {
        let mut sum = Sum::default();
        self.bins.iter().for_each(|bin| sum.add(bin.items as f64 * bin.gap()));
        sum.total() / self.items as f64
    }

    /// Maximum calibration error (MCE): the largest [`ReliabilityBin::gap`]. Bins of a few items make it large.
    #[must_use]
    pub fn maximum_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::gap).fold(0.0, f64::max)
    }
}

/// The interval of (i / count, (i + 1) / count] that holds a probability.
fn width_bin(probability: f64, count: usize) -> usize {
    let near = ((probability * count as f64) as usize).min(count - 1);
    // The product may be rounded over an edge; the edges themselves decide.
    let edge = |bin: usize| bin as f64 / count as f64;
    if near > 0 && probability <= edge(near) {
        near - 1
    } else if near + 1 < count && probability > edge(near + 1) {
        near + 1
    } else {
        near
    }
}

#[derive(Default)]
struct Tally {
    items: usize,
    positives: usize,
    probabilities: Sum,
}

impl Tally {
    fn of(tied: &[(f64, bool)]) -> Self {
        let mut tally = Self::default();
        tally.add(tied);
        tally
    }

    fn add(&mut self, tied: &[(f64, bool)]) {
        self.items += tied.len();
        self.positives += tied.iter().filter(|item| item.1).count();
        tied.iter().for_each(|item| self.probabilities.add(item.0));
    }

    fn bin(self) -> ReliabilityBin {
        let items = self.items as f64;
        ReliabilityBin {
            items: self.items,
            mean_probability: self.probabilities.total() / items,
            positive_fraction: self.positives as f64 / items,
        }
    }
}
