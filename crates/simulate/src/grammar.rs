//! The rule that makes labels.

use crate::Factor;

/// The rule: an enhancer and a promoter are a pair if both have a site of the same factor.
///
/// Which factor an element has says nothing of its pairs: every factor is as frequent in positive as in negative
/// pairs, on both sides. Which element lies upstream plays no part. A share of the labels is then turned around, so
/// that no scorer can be perfect.
///
/// ```
/// use ciskit_simulate::{Factor, Grammar};
///
/// let grammar = Grammar::new(Factor::first(2), 0.1);
/// let ctcf = b"aaaTGGCCACCAGGGGGCGCTAaaa";
/// let made_up = grammar.factors()[1].pwm().consensus();
/// assert_eq!(grammar.factors_in(ctcf), [true, false]);
/// assert_eq!(grammar.probability(ctcf, ctcf), 0.9);
/// assert_eq!(grammar.probability(ctcf, &made_up), 0.1);
/// assert_eq!(grammar.probability(ctcf, b"TATATA"), 0.1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grammar {
    factors: Vec<Factor>,
    noise: f64,
}

impl Grammar {
    /// The rule for these factors, with this share of labels turned around.
    #[must_use]
    pub fn new(factors: Vec<Factor>, noise: f64) -> Self {
        Self { factors, noise }
    }

    /// The factors.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// Share of the labels that are the opposite of what the rule says.
    #[must_use]
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// For each factor, whether a sequence has a site of it on either strand.
    #[must_use]
    pub fn factors_in(&self, sequence: &[u8]) -> Vec<bool> {
        let has = |factor: &Factor| !factor.pwm().hits(sequence, factor.threshold()).is_empty();
        self.factors.iter().map(has).collect()
    }

    /// Probability that a pair with these sequences is labelled 1.
    #[must_use]
    pub fn probability(&self, enhancer: &[u8], promoter: &[u8]) -> f64 {
        let (enhancer, promoter) = (self.factors_in(enhancer), self.factors_in(promoter));
        self.probability_of(enhancer.iter().zip(&promoter).any(|(a, b)| *a && *b))
    }

    /// Probability of the label 1 for a pair that has a factor in common or has none.
    pub(crate) fn probability_of(&self, matched: bool) -> f64 {
        if matched { 1.0 - self.noise } else { self.noise }
    }
}
