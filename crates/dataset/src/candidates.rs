//! Candidate pairs: every enhancer with every promoter within a distance.

use std::collections::BTreeMap;

use ciskit_core::{ContigName, Element, Interval, IntervalError, Pair, Strand};

/// A promoter and the transcription start site that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Promoter {
    /// The element.
    pub element: Element,
    /// The transcription start site: the gene's first transcribed base, 0-based.
    pub tss: u64,
}

impl Promoter {
    /// The promoter from `upstream` bp before a transcription start to `downstream` bp behind it, the start itself
    /// included, in the direction of the gene; cut where the contig begins, and where it ends if that is known.
    ///
    /// # Errors
    ///
    /// [`IntervalError`] if the start lies behind the contig's end.
    ///
    /// ```
    /// use ciskit_core::Strand;
    /// use ciskit_dataset::Promoter;
    ///
    /// let at = |strand| Promoter::around("chr1", 1_000, strand, 200, 50, None);
    /// assert_eq!(at(Strand::Forward)?.element.interval.to_string(), "chr1:800-1050");
    /// assert_eq!(at(Strand::Reverse)?.element.interval.to_string(), "chr1:951-1201");
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    pub fn around(
        contig: impl Into<ContigName>,
        tss: u64,
        strand: Strand,
        upstream: u64,
        downstream: u64,
        contig_length: Option<u64>,
    ) -> Result<Self, IntervalError> {
        let (start, end) = match strand {
            Strand::Reverse => {
                ((tss + 1).saturating_sub(downstream), tss.saturating_add(1).saturating_add(upstream))
            }
            Strand::Forward | Strand::Unknown => {
                (tss.saturating_sub(upstream), tss.saturating_add(downstream))
            }
        };
        let interval = Interval::new(contig, start, end.min(contig_length.unwrap_or(u64::MAX)))?;
        Ok(Self { element: Element { strand, ..interval.into() }, tss })
    }

    /// The same promoter with a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.element.name = Some(name.into());
        self
    }
}

/// Every enhancer with every promoter on its contig whose transcription start lies from `min_distance` to
/// `max_distance` bp (both included) from the enhancer's [center](Interval::center): by enhancer in the given order,
/// then by transcription start. Contigs may be spelled with or without `chr`.
///
/// *Cost*: O(promoters · log promoters) once, then O(log promoters + found) an enhancer; pairs are made one at a time.
///
/// ```
/// use ciskit_core::{Element, Interval, Strand};
/// use ciskit_dataset::{Promoter, candidates};
///
/// let enhancers = [Element::from(Interval::new("1", 10_000, 10_200)?)];
/// let promoter = |tss| Promoter::around("chr1", tss, Strand::Forward, 1_500, 500, None);
/// let promoters = [promoter(500_000)?, promoter(60_100)?, promoter(9_000)?];
/// let starts: Vec<u64> =
///     candidates(&enhancers, &promoters, 5_000, 100_000).map(|(_, promoter)| promoter.tss).collect();
/// assert_eq!(starts, [60_100]);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
pub fn candidates<'a>(
    enhancers: &'a [Element],
    promoters: &'a [Promoter],
    min_distance: u64,
    max_distance: u64,
) -> impl Iterator<Item = (Pair, &'a Promoter)> + 'a {
    let mut by_contig: BTreeMap<ContigName, Vec<&Promoter>> = BTreeMap::new();
    for promoter in promoters {
        by_contig.entry(promoter.element.interval.contig().clone()).or_default().push(promoter);
    }
    for of_contig in by_contig.values_mut() {
        of_contig.sort_by_key(|promoter| promoter.tss);
    }
    enhancers.iter().flat_map(move |enhancer| {
        let contig = enhancer.interval.contig();
        let of_contig = by_contig.get(contig).or_else(|| by_contig.get(&contig.alias()?));
        let center = enhancer.interval.center();
        let of_contig = of_contig.map_or(&[][..], Vec::as_slice);
        let first = of_contig.partition_point(|promoter| promoter.tss < center.saturating_sub(max_distance));
        let last = of_contig.partition_point(|promoter| promoter.tss <= center.saturating_add(max_distance));
        let within = of_contig[first..last].to_vec();
        within
            .into_iter()
            .filter(move |promoter| promoter.tss.abs_diff(center) >= min_distance)
            .map(move |promoter| (Pair::new(enhancer.clone(), promoter.element.clone()), promoter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn promoters_are_cut_at_the_ends() {
        let at =
            |tss, strand| Promoter::around("c", tss, strand, 100, 20, Some(1_000)).unwrap().element.interval;
        assert_eq!(at(30, Strand::Forward).range(), 0..50);
        assert_eq!(at(950, Strand::Reverse).range(), 931..1_000);
        assert!(Promoter::around("c", 2_000, Strand::Forward, 100, 20, Some(1_000)).is_err());
    }

    proptest! {
        #[test]
        fn candidates_are_those_of_the_double_loop(
            enhancers in prop::collection::vec((0u8..3, 0u64..3_000), 0..12),
            promoters in prop::collection::vec((0u8..3, 0u64..3_000), 0..12),
            min in 0u64..500,
            more in 0u64..1_500,
        ) {
            let enhancers: Vec<Element> = enhancers
                .into_iter()
                .map(|(contig, start)| Interval::new(format!("{contig}"), start, start + 7).unwrap().into())
                .collect();
            let promoters: Vec<Promoter> = promoters
                .into_iter()
                .map(|(contig, tss)| Promoter::around(format!("chr{contig}"), tss, Strand::Reverse, 50, 10, None).unwrap())
                .collect();
            let max = min + more;
            let mut found: Vec<String> = candidates(&enhancers, &promoters, min, max)
                .map(|(pair, promoter)| format!("{} {} {}", pair.enhancer.key(), pair.promoter.key(), promoter.tss))
                .collect();
            let mut expected = Vec::new();
            for enhancer in &enhancers {
                for promoter in &promoters {
                    let contig = format!("chr{}", enhancer.interval.contig());
                    let distance = promoter.tss.abs_diff(enhancer.interval.center());
                    if promoter.element.interval.contig().as_str() == contig && (min..=max).contains(&distance) {
                        expected.push(format!("{} {} {}", enhancer.key(), promoter.element.key(), promoter.tss));
                    }
                }
            }
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
