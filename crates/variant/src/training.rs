//! Whether a variant lies in what a model was trained on.

use std::collections::{HashMap, HashSet};

use ciskit_core::{ContigName, Interval, Variant};

/// What a model was trained on: elements, whole chromosomes, or both. A model has seen the reference of the variants there,
/// so that they say less about it than others.
///
/// Names are compared as [`Contigs::resolve`](ciskit_core::Contigs::resolve) does: `chr1` is `1`.
///
/// ```
/// use ciskit_core::{Allele, Interval, Variant};
/// use ciskit_variant::TrainingOverlap;
///
/// let training = TrainingOverlap::new([Interval::new("chr1", 100, 200)?], ["chr8".into()]);
/// let at = |contig: &str, start| Variant::new(contig, start, b"AC", Allele::from_vcf("A"));
/// assert!(training.holds(&at("1", 99)?)); // its second base
/// assert!(!training.holds(&at("chr1", 200)?));
/// assert!(training.holds(&at("chr8", 5_000_000)?));
/// assert!(training.holds_contig(&"8".into()) && !training.holds_contig(&"chr1".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrainingOverlap {
    /// Disjoint and sorted.
    elements: HashMap<ContigName, Vec<(u64, u64)>>,
    chromosomes: HashSet<ContigName>,
}

impl TrainingOverlap {
    /// The elements and whole chromosomes of the training data.
    #[must_use]
    pub fn new(
        elements: impl IntoIterator<Item = Interval>,
        chromosomes: impl IntoIterator<Item = ContigName>,
    ) -> Self {
        let mut by_contig: HashMap<ContigName, Vec<(u64, u64)>> = HashMap::new();
        for element in elements.into_iter().filter(|element| !element.is_empty()) {
            by_contig.entry(bare(element.contig())).or_default().push((element.start(), element.end()));
        }
        for elements in by_contig.values_mut() {
            elements.sort_unstable();
            elements.dedup_by(|next, last| {
                let joined = next.0 <= last.1;
                if joined {
                    last.1 = last.1.max(next.1);
                }
                joined
            });
        }
        Self { elements: by_contig, chromosomes: chromosomes.into_iter().map(|name| bare(&name)).collect() }
    }

    /// Whether all of a contig lies inside.
    #[must_use]
    pub fn holds_contig(&self, contig: &ContigName) -> bool {
        self.chromosomes.contains(&bare(contig))
    }

    /// Whether a base of the reference allele lies inside.
    ///
    /// *Cost*: O(log elements).
    #[must_use]
    pub fn holds(&self, variant: &Variant) -> bool {
        let contig = bare(variant.contig());
        let (start, end) = (variant.start(), variant.interval().end());
        self.chromosomes.contains(&contig)
            || self.elements.get(&contig).is_some_and(|elements| {
                let first = elements.partition_point(|element| element.1 <= start);
                elements.get(first).is_some_and(|element| element.0 < end)
            })
    }
}

/// The name without `chr`, where that is the same contig.
pub(crate) fn bare(name: &ContigName) -> ContigName {
    match name.alias() {
        Some(alias) if name.starts_with("chr") => alias,
        _ => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Allele;
    use proptest::prelude::*;

    #[test]
    fn the_mitochondria_of_two_assemblies_are_different() {
        let training = TrainingOverlap::new([], ["chrM".into()]);
        let at = |contig: &str| Variant::new(contig, 0, b"A", Allele::from_vcf("G")).unwrap();
        assert!(training.holds(&at("chrM")) && !training.holds(&at("MT")) && !training.holds(&at("M")));
    }

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_element(
            elements in proptest::collection::vec((0u64..60, 0u64..12), 0..12),
            start in 0u64..80,
            length in 1usize..5,
        ) {
            let interval = |(start, length): (u64, u64)| Interval::new("chr2", start, start + length).unwrap();
            let elements: Vec<Interval> = elements.into_iter().map(interval).collect();
            let variant = Variant::new("chr2", start, &vec![b'A'; length], Allele::from_vcf("G")).unwrap();
            let expected = elements.iter().any(|element| element.overlaps(variant.interval()));
            prop_assert_eq!(TrainingOverlap::new(elements, []).holds(&variant), expected);
        }
    }
}
