//! What makes a causal variant count as found.

use std::fmt;

/// When a causal variant of a block of n variants counts as found at k.
///
/// | rule | found if | chance |
/// |---|---|---|
/// | magnitude | its \|score\| is among the k largest | min(k / n, 1) |
/// | two-sided | its score is among the k largest or the k smallest | min(2 k / n, 1) |
/// | published | as two-sided, ties counting as found; never at k >= 2 in a block of at most k + 1 | min(2 k / n, 1) or 0 |
///
/// The two-sided rules give every model twice the chance and do not ask that both ends be far from 0: in a block of two,
/// every variant is found at 1. The published rule is the one by which Manzo et al. rank 22 models; its exclusion of
/// small blocks applies from k = 2 on while the number of blocks stays the same, so that its top-2 accuracy may lie
/// below its top-1 accuracy.
///
/// *Source* of the published rule: Manzo, Borkowski & Ovcharenko, Genes 16 (2025),
/// <https://doi.org/10.3390/genes16101223>, and its notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RankRule {
    /// Among the k largest magnitudes.
    Magnitude,
    /// Among the k largest or the k smallest scores.
    TwoSided,
    /// As two-sided, with the ties and small blocks of the published benchmark.
    Published,
}

/// Whether a causal variant is found.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Placed {
    /// Probability if ties are broken by chance.
    pub expected: f64,
    /// Whether it is found if every tie is broken in its favour.
    pub optimistic: bool,
    /// Whether it is found if every tie is broken against it.
    pub pessimistic: bool,
    /// Probability for scores that know nothing.
    pub chance: f64,
    /// Whether another variant of the block has the same score.
    pub tied: bool,
}

impl RankRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Magnitude, Self::TwoSided, Self::Published];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Magnitude => "magnitude",
            Self::TwoSided => "two-sided",
            Self::Published => "published",
        }
    }

    /// Where a causal variant's score stands among the finite scores of the other variants of its block, for the first
    /// `k`, at least 1.
    ///
    /// ```
    /// use ciskit_variant::rank::RankRule;
    ///
    /// let placed = RankRule::Magnitude.place(-2.0, &[2.0, 0.5], 1);
    /// assert_eq!((placed.expected, placed.optimistic, placed.pessimistic), (0.5, true, false));
    /// // -2 is the smallest.
    /// assert_eq!(RankRule::TwoSided.place(-2.0, &[2.0, 0.5], 1).expected, 1.0);
    /// // Two others are no more than k.
    /// assert_eq!(RankRule::Published.place(-2.0, &[2.0, 0.5], 2).expected, 0.0);
    /// ```
    #[must_use]
    pub fn place(self, own: f64, others: &[f64], k: usize) -> Placed {
        let n = others.len() + 1;
        let value = |score: f64| if self == Self::Magnitude { score.abs() } else { score };
        let own = value(own);
        let above = others.iter().filter(|&&other| value(other) > own).count();
        let tied = others.iter().filter(|&&other| value(other) == own).count();
        let share = |places: usize| places.min(n) as f64 / n as f64;
        match self {
            Self::Magnitude => Placed::of(above, tied, |place| place < k, share(k)),
            Self::TwoSided => {
                Placed::of(above, tied, |place| place < k || place + k >= n, share(k.saturating_mul(2)))
            }
            Self::Published => {
                let counted = !others.is_empty() && (k == 1 || others.len() > k);
                let below = others.len() - above - tied;
                let found = counted && (above < k || below < k);
                let chance = if counted { share(k.saturating_mul(2)) } else { 0.0 };
                let expected = f64::from(u8::from(found));
                Placed { expected, optimistic: found, pessimistic: found, chance, tied: tied > 0 }
            }
        }
    }
}

impl Placed {
    /// A variant whose place is `above` or any of the `tied` behind it, all equally likely.
    fn of(above: usize, tied: usize, found: impl Fn(usize) -> bool, chance: f64) -> Self {
        let good = (above..=above + tied).filter(|&place| found(place)).count();
        Self {
            expected: good as f64 / (tied + 1) as f64,
            optimistic: good > 0,
            pessimistic: good == tied + 1,
            chance,
            tied: tied > 0,
        }
    }
}

impl fmt::Display for RankRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signs_matter_to_the_two_sided_rules_only() {
        let others = [3.0, 2.0, -1.0, -0.5];
        let found = |rule: RankRule, own| rule.place(own, &others, 1).optimistic;
        assert_eq!(RankRule::ALL.map(|rule| found(rule, -1.5)), [false, true, true]);
        assert_eq!(RankRule::ALL.map(|rule| found(rule, 2.5)), [false; 3]);
        assert_eq!(RankRule::ALL.map(|rule| found(rule, -4.0)), [true; 3]);
    }

    #[test]
    fn small_blocks() {
        let chances =
            |k, others: usize| RankRule::ALL.map(|rule| rule.place(1.0, &vec![0.0; others], k).chance);
        assert_eq!(chances(1, 0), [1.0, 1.0, 0.0]);
        assert_eq!(chances(1, 1), [0.5, 1.0, 1.0]);
        assert_eq!(chances(2, 2), [2.0 / 3.0, 1.0, 0.0]);
        assert_eq!(chances(2, 3), [0.5, 1.0, 1.0]);
        assert_eq!(chances(3, 9), [0.3, 0.6, 0.6]);
    }

    #[test]
    fn a_tie_with_both_ends() {
        // All equal: any order is possible.
        let placed = RankRule::TwoSided.place(0.0, &[0.0, -0.0, 0.0], 1);
        assert_eq!((placed.expected, placed.optimistic, placed.pessimistic), (0.5, true, false));
        assert_eq!(RankRule::Published.place(0.0, &[0.0, 0.0, 0.0], 1).expected, 1.0);
    }

    proptest! {
        /// Over all variants of a block without ties, each taken as the causal one, the mean is the chance.
        #[test]
        fn chance_is_the_mean_over_who_is_causal(scores in prop::collection::btree_set(-100i32..100, 1..12), k in 1usize..5) {
            // Magnitudes differ too.
            let scores: Vec<f64> = scores.into_iter().map(|score| f64::from(score) + 0.25).collect();
            let n = scores.len();
            for rule in RankRule::ALL {
                let mut sum = 0.0;
                let mut chance = 0.0;
                for causal in 0..n {
                    let others: Vec<f64> = (0..n).filter(|&i| i != causal).map(|i| scores[i]).collect();
                    let placed = rule.place(scores[causal], &others, k);
                    prop_assert!(!placed.tied && placed.optimistic == placed.pessimistic);
                    sum += placed.expected;
                    chance = placed.chance;
                }
                prop_assert!((sum / n as f64 - chance).abs() < 1e-12, "{rule}: {sum} / {n}, {chance}");
            }
        }
    }
}
