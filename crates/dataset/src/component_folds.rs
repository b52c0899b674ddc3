//! Component folds: pairs that share elements, or nearly so, are never torn apart.

use std::fmt;

use ciskit_core::Pair;

use crate::grouping::{Load, spread};
use crate::{Components, DatasetError, Split, Splitter, Validation};

/// Folds of whole [`Components`], with about as many positives each: no element of one part overlaps, touches or
/// comes within the gap of an element of another part.
///
/// Components are taken by falling number of positives, then of pairs, then by place, each into the fold with the
/// fewest positives (then pairs, then the first). A giant component stays whole: ask [`Components`] before.
///
/// Chromosomes are not held apart: what is the same along a chromosome but not shared (domains, copy number) is on
/// both sides of this split.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{ComponentFolds, Splitter};
///
/// let pairs: Vec<Pair> = (0..8)
///     .map(|i| {
///         let at = |start| Interval::new("c", start, start + 10);
///         // Two pairs each share their promoter.
///         Ok(Pair::new(at(1_000 * i)?, at(100_000 + 50 * (i / 2))?).with_label(true))
///     })
///     .collect::<Result<_, ciskit_core::IntervalError>>()?;
/// let split = ComponentFolds::new(3, 20).split(&pairs)?;
/// assert_eq!(split.folds[0].test, [0, 1, 6, 7]);
/// assert_eq!(split.leak, None);
/// let refused = ComponentFolds::new(3, 50).split(&pairs).unwrap_err().to_string();
/// assert!(refused.starts_with("1 components of neighbouring elements, the largest with 8 of 8 pairs"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentFolds {
    folds: usize,
    gap: u64,
    validation: Validation,
}

impl ComponentFolds {
    /// `folds` folds of components under a gap in bp.
    #[must_use]
    pub fn new(folds: usize, gap: u64) -> Self {
        Self { folds, gap, validation: Validation::default() }
    }

    /// The same folds with validation pairs from elsewhere.
    #[must_use]
    pub fn validation(self, validation: Validation) -> Self {
        Self { validation, ..self }
    }
}

impl fmt::Display for ComponentFolds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} folds of components, elements more than {} bp apart", self.folds, self.gap)
    }
}

impl Splitter for ComponentFolds {
    fn name(&self) -> String {
        self.to_string()
    }

    fn leak(&self) -> Option<&str> {
        None
    }

    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError> {
        let components = Components::of(pairs, self.gap);
        if components.len() < self.folds {
            return Err(DatasetError::TooFewComponents {
                components: components.len(),
                largest: components.largest(),
                pairs: pairs.len(),
                folds: self.folds,
            });
        }
        let mut loads = vec![Load::default(); components.len()];
        for (pair, component) in pairs.iter().zip(components.of_pair()) {
            loads[*component].count(pair.label);
        }
        let mut fold_of = vec![0; components.len()];
        for (fold, group) in spread(&loads, self.folds).into_iter().enumerate() {
            group.into_iter().for_each(|component| fold_of[component] = fold);
        }
        let places: Vec<_> = components.of_pair().iter().map(|component| Ok(fold_of[*component])).collect();
        let names = (0..self.folds).map(|fold| format!("components {fold}")).collect();
        Split::assemble(self, self.validation, names, &places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fold;
    use ciskit_core::Interval;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folds_partition_the_pairs_and_share_no_element_within_the_gap(
            places in prop::collection::vec((0u8..3, 0u64..4_000, 0u64..4_000, any::<bool>()), 3..40),
            gap in 0u64..60,
            seed in any::<u64>(),
        ) {
            let pairs: Vec<Pair> = places
                .into_iter()
                .map(|(contig, enhancer, promoter, label)| {
                    let at = |start| Interval::new(format!("c{contig}"), start, start + 15).unwrap();
                    Pair::new(at(enhancer), at(promoter)).with_label(label)
                })
                .collect();
            let splitter = ComponentFolds::new(3, gap);
            let Ok(split) = splitter.split(&pairs) else { return Ok(()) };
            let mut tested: Vec<usize> = split.folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..pairs.len()).collect::<Vec<_>>());
            for fold in &split.folds {
                let parts = Fold::PARTS.map(|part| fold.part(part));
                prop_assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), pairs.len());
                for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                    for (x, y) in parts[a].iter().flat_map(|x| parts[b].iter().map(move |y| (x, y))) {
                        for x in [&pairs[*x].enhancer, &pairs[*x].promoter] {
                            for y in [&pairs[*y].enhancer, &pairs[*y].promoter] {
                                let between = x.interval.gap(&y.interval);
                                prop_assert!(between.is_none_or(|between| between > gap));
                            }
                        }
                    }
                }
            }
            // The same pairs in another order land in the same folds.
            let mut order: Vec<usize> = (0..pairs.len()).collect();
            ciskit_core::random::Stream::new(seed, "order").draws().shuffle(&mut order);
            let shuffled: Vec<Pair> = order.iter().map(|pair| pairs[*pair].clone()).collect();
            let again = splitter.split(&shuffled).unwrap();
            for (fold, other) in split.folds.iter().zip(&again.folds) {
                let mut back: Vec<usize> = other.test.iter().map(|pair| order[*pair]).collect();
                back.sort_unstable();
                prop_assert_eq!(&fold.test, &back);
            }
        }
    }
}
