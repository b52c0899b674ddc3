//! Which intervals meet an interval: one interval tree a contig.

use std::collections::HashMap;

use ciskit_core::{ContigName, Interval};
use rust_lapper::{Interval as Entry, Lapper};

use crate::chromosome_folds::canonical;

/// Intervals that can be asked whether one of them meets another interval, by at least one shared base.
///
/// Contigs may be spelled with or without `chr`. Empty intervals meet nothing.
///
/// *Cost*: O(n log n) once; O(log n) a question as long as no interval is much longer than the others.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_dataset::IntervalIndex;
///
/// let peaks = IntervalIndex::new(&[Interval::new("chr1", 100, 200)?, Interval::new("chr2", 0, 50)?]);
/// assert!(peaks.meets(&Interval::new("1", 199, 300)?));
/// assert!(!peaks.meets(&Interval::new("1", 200, 300)?)); // half-open: they only touch
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
pub struct IntervalIndex {
    by_contig: HashMap<ContigName, Lapper<u64, ()>>,
}

impl IntervalIndex {
    /// An index of intervals in any order; they may overlap.
    #[must_use]
    pub fn new<'a>(intervals: impl IntoIterator<Item = &'a Interval>) -> Self {
        let mut entries: HashMap<ContigName, Vec<Entry<u64, ()>>> = HashMap::new();
        for interval in intervals.into_iter().filter(|interval| !interval.is_empty()) {
            let entry = Entry { start: interval.start(), stop: interval.end(), val: () };
            entries.entry(canonical(interval.contig())).or_default().push(entry);
        }
        let tree = |(contig, entries)| {
            let mut tree = Lapper::new(entries);
            // Without overlaps among them, a question looks at one or two entries.
            tree.merge_overlaps();
            (contig, tree)
        };
        Self { by_contig: entries.into_iter().map(tree).collect() }
    }

    /// Whether one of the intervals shares a base with this one.
    #[must_use]
    pub fn meets(&self, interval: &Interval) -> bool {
        let tree = self.by_contig.get(&canonical(interval.contig()));
        !interval.is_empty()
            && tree.is_some_and(|tree| tree.find(interval.start(), interval.end()).next().is_some())
    }
}

impl std::fmt::Debug for IntervalIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count: usize = self.by_contig.values().map(Lapper::len).sum();
        write!(f, "IntervalIndex({count} intervals on {} contigs)", self.by_contig.len())
    }
}
