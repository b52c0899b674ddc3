//! Which intervals meet an interval, however their contigs are spelled.

use ciskit_core::Interval;

use crate::IntervalSet;
use crate::chromosome_folds::canonical;

/// Intervals that can be asked whether one of them meets another interval, by at least one shared base.
///
/// Contigs may be spelled with or without `chr`. Empty intervals meet nothing.
///
/// *Cost*: that of an [`IntervalSet`], O(n log n) once and O(log n) a question.
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
#[derive(Clone, Debug)]
pub struct IntervalIndex(IntervalSet);

impl IntervalIndex {
    /// An index of intervals in any order; they may overlap.
    #[must_use]
    pub fn new<'a>(intervals: impl IntoIterator<Item = &'a Interval>) -> Self {
        Self(intervals.into_iter().filter_map(canonical_interval).collect())
    }

    /// Whether one of the intervals shares a base with this one.
    #[must_use]
    pub fn meets(&self, interval: &Interval) -> bool {
        canonical_interval(interval).is_some_and(|interval| self.0.overlaps(&interval))
    }
}

/// The interval under the one name that both spellings of its contig have.
fn canonical_interval(interval: &Interval) -> Option<Interval> {
    // Never `None`: an interval stays one under another name.
    Interval::new(canonical(interval.contig()), interval.start(), interval.end()).ok()
}
