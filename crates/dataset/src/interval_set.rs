//! Sets of places: what is left of a genome when some places are put together and others are taken out.

use std::collections::BTreeMap;
use std::ops::Range;

use ciskit_core::{ContigName, Contigs, Interval};

use crate::DatasetError;

/// A set of bases, held as the longest pieces that it consists of: sorted, and none overlaps or touches another.
///
/// What matters is which bases are in it, not from which intervals they came; intervals without a base add nothing.
/// Contigs are told apart by their names as they are spelled: [`IntervalSet::placed`] brings them to a genome's.
///
/// *Cost*: O(n log n) to build from n intervals (O(n) if they are sorted); 16 bytes a piece. Union, intersection,
/// difference and complement are one pass over the pieces of both sets, [`overlaps`](Self::overlaps) and
/// [`nearest`](Self::nearest) a binary search.
///
/// # Units
///
/// Positions are 0-based and half-open, lengths are bp.
///
/// ```
/// use ciskit_core::{Contigs, Interval};
/// use ciskit_dataset::IntervalSet;
///
/// let at = |start, end| Interval::new("chr1", start, end);
/// let peaks: IntervalSet = [at(40, 60)?, at(10, 20)?, at(20, 30)?].into_iter().collect();
/// let exons: IntervalSet = [at(25, 50)?].into_iter().collect();
/// let texts = |set: &IntervalSet| set.iter().map(|piece| piece.to_string()).collect::<Vec<_>>();
/// assert_eq!(texts(&peaks), ["chr1:10-30", "chr1:40-60"]);
/// assert_eq!(texts(&peaks.difference(&exons)), ["chr1:10-25", "chr1:50-60"]);
/// assert_eq!(texts(&peaks.intersection(&exons)), ["chr1:25-30", "chr1:40-50"]);
/// assert_eq!(texts(&peaks.union(&exons)), ["chr1:10-60"]);
/// let contigs = Contigs::new([("chr1", 100), ("chr2", 5)])?;
/// assert_eq!(texts(&peaks.complement(&contigs)), ["chr1:0-10", "chr1:30-40", "chr1:60-100", "chr2:0-5"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntervalSet {
    /// Never an empty list.
    contigs: BTreeMap<ContigName, Vec<Range<u64>>>,
}

impl IntervalSet {
    /// Number of pieces.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contigs.values().map(Vec::len).sum()
    }

    /// Whether it holds no base.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contigs.is_empty()
    }

    /// Number of bases.
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// use ciskit_dataset::IntervalSet;
    ///
    /// let set: IntervalSet = [Interval::new("1", 0, 9)?, Interval::new("1", 5, 12)?].into_iter().collect();
    /// assert_eq!((set.bases(), set.len()), (12, 1));
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn bases(&self) -> u64 {
        self.contigs.values().flatten().map(|piece| piece.end - piece.start).sum()
    }

    /// The pieces, by name of the contig and by position.
    pub fn iter(&self) -> impl Iterator<Item = Interval> {
        self.contigs.iter().flat_map(|(contig, pieces)| pieces.iter().map(|piece| interval(contig, piece)))
    }

    /// The pieces of one contig, spelled exactly so, by position.
    #[must_use]
    pub fn pieces(&self, contig: &str) -> &[Range<u64>] {
        self.contigs.get(contig).map_or(&[], Vec::as_slice)
    }

    /// Whether an interval shares at least one base with the set. *Cost*: O(log n).
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// use ciskit_dataset::IntervalSet;
    ///
    /// let set: IntervalSet = [Interval::new("1", 10, 20)?].into_iter().collect();
    /// assert!(set.overlaps(&Interval::new("1", 19, 30)?));
    /// assert!(!set.overlaps(&Interval::new("1", 20, 30)?)); // half-open: they only touch
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn overlaps(&self, interval: &Interval) -> bool {
        let pieces = self.pieces(interval.contig());
        let first = pieces.partition_point(|piece| piece.end <= interval.start());
        !interval.is_empty() && pieces.get(first).is_some_and(|piece| piece.start < interval.end())
    }

    /// The piece with the fewest bases between it and an interval, and their number; 0 if they overlap or touch. Of
    /// two equally near ones the left one; `None` if the contig has no piece. *Cost*: O(log n).
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// use ciskit_dataset::IntervalSet;
    ///
    /// let set: IntervalSet = [Interval::new("1", 10, 20)?, Interval::new("1", 50, 60)?].into_iter().collect();
    /// let (piece, gap) = set.nearest(&Interval::new("1", 40, 45)?).unwrap();
    /// assert_eq!((piece.to_string().as_str(), gap), ("1:50-60", 5));
    /// assert_eq!(set.nearest(&Interval::new("2", 40, 45)?), None);
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn nearest(&self, interval: &Interval) -> Option<(Interval, u64)> {
        let pieces = self.pieces(interval.contig());
        // The last piece on the left, and the first one that is not.
        let right = pieces.partition_point(|piece| piece.end < interval.start());
        let near = pieces[right.saturating_sub(1)..].iter().take(2);
        let near = near.map(|piece| self::interval(interval.contig(), piece));
        near.filter_map(|piece| piece.gap(interval).map(|gap| (piece, gap))).min_by_key(|(_, gap)| *gap)
    }

    /// The bases of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// The bases of both sets. *Cost*: O(n + m).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.by_contig(|contig, pieces| shared(pieces, other.pieces(contig)))
    }

    /// The bases of this set that are not in the other. *Cost*: O(n + m).
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.by_contig(|contig, pieces| {
            let end = pieces.last().map_or(0, |piece| piece.end);
            shared(pieces, &gaps(other.pieces(contig), end))
        })
    }

    /// The bases of an assembly that are not in the set; names are taken as they are spelled. *Cost*: O(n + contigs).
    #[must_use]
    pub fn complement(&self, contigs: &Contigs) -> Self {
        let of_contig = |name: &ContigName, length| (name.clone(), gaps(self.pieces(name), length));
        let all = contigs.iter().map(|contig| of_contig(&contig.name, contig.length));
        Self { contigs: all.filter(|(_, pieces)| !pieces.is_empty()).collect() }
    }

    /// The set with its contigs named as an assembly names them, and the names of those that it does not have, whose
    /// bases are left out.
    ///
    /// # Errors
    ///
    /// [`DatasetError::ElementOutside`] for a piece that ends behind its contig: coordinates of another assembly.
    ///
    /// ```
    /// use ciskit_core::{Contigs, Interval};
    /// use ciskit_dataset::IntervalSet;
    ///
    /// let set: IntervalSet = [Interval::new("1", 10, 20)?, Interval::new("patch", 5, 6)?].into_iter().collect();
    /// let (placed, unknown) = set.placed(&Contigs::new([("chr1", 100)])?)?;
    /// assert_eq!(placed.iter().next().unwrap().to_string(), "chr1:10-20");
    /// assert_eq!(unknown, ["patch"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn placed(&self, contigs: &Contigs) -> Result<(Self, Vec<ContigName>), DatasetError> {
        let (mut placed, mut unknown) = (Vec::new(), Vec::new());
        for (name, pieces) in &self.contigs {
            let Ok(contig) = contigs.resolve(name) else {
                unknown.push(name.clone());
                continue;
            };
            if let Some(outside) = pieces.iter().find(|piece| piece.end > contig.length) {
                let element = interval(name, outside);
                return Err(DatasetError::ElementOutside { element, length: contig.length });
            }
            placed.extend(pieces.iter().map(|piece| interval(&contig.name, piece)));
        }
        Ok((placed.into_iter().collect(), unknown))
    }

    fn by_contig(&self, pieces: impl Fn(&ContigName, &[Range<u64>]) -> Vec<Range<u64>>) -> Self {
        let all = self.contigs.iter().map(|(contig, mine)| (contig.clone(), pieces(contig, mine)));
        Self { contigs: all.filter(|(_, pieces)| !pieces.is_empty()).collect() }
    }
}

impl FromIterator<Interval> for IntervalSet {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Self {
        let mut contigs: BTreeMap<ContigName, Vec<Range<u64>>> = BTreeMap::new();
        for interval in intervals.into_iter().filter(|interval| !interval.is_empty()) {
            let range = interval.start()..interval.end();
            match contigs.get_mut(interval.contig()) {
                Some(ranges) => ranges.push(range),
                None => drop(contigs.insert(interval.contig().clone(), vec![range])),
            }
        }
        contigs.values_mut().for_each(merge);
        Self { contigs }
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn merge(ranges: &mut Vec<Range<u64>>) {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, kept| {
        let joins = next.start <= kept.end;
        if joins {
            kept.end = kept.end.max(next.end);
        }
        joins
    });
}

/// What lies between pieces, from 0 up to `end`.
fn gaps(pieces: &[Range<u64>], end: u64) -> Vec<Range<u64>> {
    let starts = std::iter::once(0).chain(pieces.iter().map(|piece| piece.end));
    let ends = pieces.iter().map(|piece| piece.start).chain([end]);
    starts.zip(ends).map(|(start, stop)| start..stop.min(end)).filter(|gap| gap.start < gap.end).collect()
}

/// What two sorted lists of pieces share.
fn shared(one: &[Range<u64>], other: &[Range<u64>]) -> Vec<Range<u64>> {
    let (mut found, mut left, mut right) = (Vec::new(), 0, 0);
    while let (Some(a), Some(b)) = (one.get(left), other.get(right)) {
        let (start, end) = (a.start.max(b.start), a.end.min(b.end));
        if start < end {
            found.push(start..end);
        }
        // The piece that ends first meets nothing further.
        if a.end <= b.end {
            left += 1;
        } else {
            right += 1;
        }
    }
    found
}

fn interval(contig: &ContigName, piece: &Range<u64>) -> Interval {
    Interval::new(contig.clone(), piece.start, piece.end).expect("pieces lie inside of intervals")
}

#[cfg(test)]
mod tests;
