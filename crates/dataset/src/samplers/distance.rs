//! Negatives at the positives' distances.

use std::collections::BTreeMap;
use std::ops::Range;

use ciskit_core::random::Draws;
use ciskit_core::{ContigName, Side};

use super::universe::{Drawing, distance2, midpoint2};
use super::{NegativeSampler, Negatives, Universe};
use crate::chromosome_folds::canonical;
use crate::{DatasetError, Purpose, Seeds};

/// Any enhancer with any promoter of its contig, at distances as the positives have them.
///
/// The positives' distances are cut into bins at their quantiles. Each positive gets its negatives from its own bin
/// and contig, every free pair of elements there as likely as the others; what a contig lacks is drawn from the same
/// bin of all contigs. So the distance tells nothing beyond the width of a bin, but the elements' degrees still do:
/// see the [`Matching`](super::Matching).
///
/// Positives whose elements lie on two contigs have no distance and get no negatives.
///
/// *Cost*: O(bins · elements · log elements) and what is drawn; candidates are counted, not listed, unless few are
/// left.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{DistanceMatched, NegativeSampler, Seeds, Universe};
///
/// let mut pairs = Vec::new();
/// for i in 0..50 {
///     let at = |start| Interval::new("chr1", start, start + 10);
///     // Positives reach to the next promoter, 400 bp; negatives of the list far away.
///     pairs.push(Pair::new(at(1_000 * i)?, at(1_000 * i + 400)?).with_label(true));
///     pairs.push(Pair::new(at(1_000 * i)?, at(1_000 * ((i + 25) % 50) + 400)?).with_label(false));
/// }
/// let universe = Universe::of(&pairs);
/// let negatives = DistanceMatched::new(1, 5).sample(&universe, Seeds::of_run(0))?;
/// // Every pair at 400 bp is a positive already.
/// assert_eq!((negatives.matching.wanted, negatives.matching.found), (50, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistanceMatched {
    per_positive: usize,
    bins: usize,
}

impl DistanceMatched {
    /// `per_positive` negatives for each positive, distances matched within each of `bins` quantile bins (at
    /// least 1; fewer where positives share a distance).
    #[must_use]
    pub fn new(per_positive: usize, bins: usize) -> Self {
        Self { per_positive, bins: bins.max(1) }
    }
}

impl NegativeSampler for DistanceMatched {
    fn name(&self) -> String {
        format!("distance-matched in {} bins", self.bins)
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let mut drawing = universe.draw()?;
        let positives = universe.positives();
        let placed: Vec<usize> =
            (0..positives.len()).filter(|positive| positives[*positive].distance().is_some()).collect();
        let bins = Bins::of(placed.iter().map(|positive| distance2(&positives[*positive])), self.bins);
        let contigs = universe.by_contig();
        let stream = seeds.stream(Purpose::Negatives).name("distance");

        let mut groups: BTreeMap<(usize, ContigName), Vec<usize>> = BTreeMap::new();
        for positive in placed {
            let contig = canonical(positives[positive].enhancer.interval.contig());
            groups
                .entry((bins.of_distance(distance2(&positives[positive])), contig))
                .or_default()
                .push(positive);
        }
        // Per bin, the positives that lack a negative, once for each.
        let mut lacking: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for ((bin, contig), group) in &groups {
            let ring = Ring::of(universe, contigs.get(contig).into_iter(), bins.range(*bin));
            let mut draws = stream.name(contig).number(*bin as u64).draws();
            let wanted: Vec<usize> = (0..self.per_positive).flat_map(|_| group.iter().copied()).collect();
            let found = ring.draw(&mut drawing, &wanted, &mut draws);
            lacking.entry(*bin).or_default().extend(&wanted[found..]);
        }
        for (bin, wanted) in lacking.into_iter().filter(|(_, wanted)| !wanted.is_empty()) {
            let ring = Ring::of(universe, contigs.values(), bins.range(bin));
            ring.draw(&mut drawing, &wanted, &mut stream.name("any contig").number(bin as u64).draws());
        }
        Ok(drawing.finish(self.name(), self.per_positive))
    }
}

/// Bins of twice the distance, cut at quantiles.
struct Bins {
    /// The smallest value of each bin, ascending; behind them one more than the largest value.
    edges: Vec<u64>,
}

impl Bins {
    fn of(values: impl Iterator<Item = u64>, count: usize) -> Self {
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        let mut edges: Vec<u64> =
            (0..count).filter_map(|bin| values.get(bin * values.len() / count).copied()).collect();
        edges.extend(values.last().map(|largest| largest + 1));
        edges.dedup();
        Self { edges }
    }

    fn of_distance(&self, value: u64) -> usize {
        self.edges.partition_point(|edge| *edge <= value) - 1
    }

    fn range(&self, bin: usize) -> Range<u64> {
        self.edges[bin]..self.edges[bin + 1]
    }
}

/// All pairs of elements of some contigs whose distance lies in a range, counted and found by index.
struct Ring<'a> {
    rows: Vec<Row<'a>>,
    /// Number of pairs up to and with each row.
    ends: Vec<usize>,
}

/// An enhancer and the promoters on either side of it, of promoters sorted by midpoint.
struct Row<'a> {
    enhancer: usize,
    promoters: &'a [usize],
    left: Range<usize>,
    right: Range<usize>,
}

impl<'a> Ring<'a> {
    fn of(
        universe: &Universe,
        contigs: impl Iterator<Item = &'a [Vec<usize>; 2]>,
        range: Range<u64>,
    ) -> Self {
        let (mut rows, mut ends, mut end) = (Vec::new(), Vec::new(), 0);
        let [enhancer_at, promoter_at] = [Side::Enhancer, Side::Promoter]
            .map(|side| move |index: usize| midpoint2(&universe.elements(side)[index].interval));
        for [enhancers, promoters] in contigs {
            let before = |limit: u64| promoters.partition_point(|promoter| promoter_at(*promoter) < limit);
            for &enhancer in enhancers {
                let at = enhancer_at(enhancer);
                // From `at - range.end`, outside, to `at - range.start`, inside; then the same to the right, where
                // a distance of 0 is not counted again.
                let up_to = |distance: u64| at.checked_sub(distance).map_or(0, |place| before(place + 1));
                let left = up_to(range.end)..up_to(range.start);
                let from = |distance: u64| before(at.saturating_add(distance));
                let right = from(range.start.max(1))..from(range.end.max(1));
                end += left.len() + right.len();
                if !(left.is_empty() && right.is_empty()) {
                    rows.push(Row { enhancer, promoters, left, right });
                    ends.push(end);
                }
            }
        }
        Self { rows, ends }
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn get(&self, index: usize) -> (usize, usize) {
        let row = self.ends.partition_point(|end| *end <= index);
        let first = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        let (Row { enhancer, promoters, left, right }, offset) = (&self.rows[row], index - first);
        let place = if offset < left.len() { left.start + offset } else { right.start + offset - left.len() };
        (*enhancer, promoters[place])
    }

    /// Draws free pairs, each as likely as the others, one against each of the `wanted` positives in order; gives
    /// how many there were.
    fn draw(&self, drawing: &mut Drawing<'_>, wanted: &[usize], draws: &mut Draws) -> usize {
        let mut found = 0;
        let mut tries = if 2 * wanted.len() < self.len() { 4 * wanted.len() + 100 } else { 0 };
        while found < wanted.len() && tries > 0 {
            let (enhancer, promoter) = self.get(draws.below(self.len() as u64) as usize);
            if drawing.take(enhancer, promoter) {
                drawing.push(wanted[found], enhancer, promoter);
                found += 1;
            }
            tries -= 1;
        }
        if found < wanted.len() {
            // Few are free: list them.
            let mut free: Vec<(usize, usize)> = (0..self.len())
                .map(|index| self.get(index))
                .filter(|(enhancer, promoter)| drawing.is_free(*enhancer, *promoter))
                .collect();
            draws.shuffle(&mut free);
            for (enhancer, promoter) in free {
                if found < wanted.len() && drawing.take(enhancer, promoter) {
                    drawing.push(wanted[found], enhancer, promoter);
                    found += 1;
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{Element, Interval};
    use proptest::prelude::*;

    #[test]
    fn bins_hold_about_as_many_positives_each() {
        let bins = Bins::of([5, 1, 9, 1, 7, 3].into_iter(), 3);
        assert_eq!(bins.edges, [1, 3, 7, 10]);
        assert_eq!([1, 2, 3, 6, 7, 9].map(|value| bins.of_distance(value)), [0, 0, 1, 1, 2, 2]);
        assert_eq!(Bins::of([4; 5].into_iter(), 3).edges, [4, 5]);
    }

    proptest! {
        #[test]
        fn a_ring_holds_exactly_the_pairs_in_its_range(
            // Close together, so that midpoints coincide.
            enhancers in prop::collection::vec((0u8..2, 0u64..40, 0u64..4), 0..15),
            promoters in prop::collection::vec((0u8..2, 0u64..40, 0u64..4), 0..15),
            low in prop_oneof![Just(0), 0u64..70],
            width in 1u64..70,
        ) {
            let element = |(contig, start, length): (u8, u64, u64)| {
                Element::from(Interval::new(format!("c{contig}"), start, start + length).unwrap())
            };
            let universe = Universe::default()
                .with(Side::Enhancer, enhancers.into_iter().map(element))
                .with(Side::Promoter, promoters.into_iter().map(element));
            let contigs = universe.by_contig();
            let ring = Ring::of(&universe, contigs.values(), low..low + width);
            let mut found: Vec<(usize, usize)> = (0..ring.len()).map(|index| ring.get(index)).collect();
            found.sort_unstable();
            let mut expected = Vec::new();
            for (e, enhancer) in universe.elements(Side::Enhancer).iter().enumerate() {
                for (p, promoter) in universe.elements(Side::Promoter).iter().enumerate() {
                    let apart = midpoint2(&enhancer.interval).abs_diff(midpoint2(&promoter.interval));
                    let together = enhancer.interval.contig() == promoter.interval.contig();
                    if together && (low..low + width).contains(&apart) {
                        expected.push((e, p));
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
