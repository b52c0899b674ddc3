//! Intervals: pieces of contigs.

use std::fmt;
use std::ops::Range;

use crate::ContigName;

/// Strand of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strand {
    /// `+`: as the reference reads.
    Forward,
    /// `-`: the reverse complement.
    Reverse,
    /// `.`: without or of unknown strand.
    #[default]
    Unknown,
}

impl Strand {
    /// The strand that a file's `+`, `-` or `.` names; `None` for anything else.
    #[must_use]
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        match symbol {
            "+" => Some(Self::Forward),
            "-" => Some(Self::Reverse),
            "." => Some(Self::Unknown),
            _ => None,
        }
    }

    /// `+`, `-` or `.`.
    #[must_use]
    pub fn symbol(self) -> char {
        match self {
            Self::Forward => '+',
            Self::Reverse => '-',
            Self::Unknown => '.',
        }
    }
}

impl fmt::Display for Strand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.symbol())
    }
}

/// A piece of a contig: 0-based, half-open, `start <= end`; empty intervals exist (the place of an insertion).
///
/// Its text form is `contig:start-end` in the same coordinates (not those of genome browsers, which are 1-based).
/// An interval knows no contig length; a [`ReferenceGenome`](crate::ReferenceGenome) checks that.
///
/// ```
/// use ciskit_core::Interval;
///
/// let peak = Interval::new("chr1", 100, 250)?;
/// assert_eq!((peak.len(), peak.center(), peak.to_string().as_str()), (150, 175, "chr1:100-250"));
/// assert!(peak.overlaps(&Interval::new("chr1", 249, 300)?));
/// assert!(!peak.overlaps(&Interval::new("chr1", 250, 300)?)); // half-open: they only touch
/// assert!(Interval::new("chr1", 5, 4).is_err());
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    contig: ContigName,
    start: u64,
    end: u64,
}

/// Positions up to here fit the signed arithmetic of windows that hang over a contig's end.
const LARGEST_POSITION: u64 = i64::MAX as u64;

impl Interval {
    /// The interval from the first base inside to the first base outside.
    ///
    /// # Errors
    ///
    /// [`IntervalError::Reversed`] if `start > end`, [`IntervalError::TooLarge`] if `end` exceeds `i64::MAX`.
    pub fn new(contig: impl Into<ContigName>, start: u64, end: u64) -> Result<Self, IntervalError> {
        let contig = contig.into();
        if start > end {
            return Err(IntervalError::Reversed { contig, start, end });
        }
        if end > LARGEST_POSITION {
            return Err(IntervalError::TooLarge { contig, end });
        }
        Ok(Self { contig, start, end })
    }

    /// The contig's name.
    #[must_use]
    pub fn contig(&self) -> &ContigName {
        &self.contig
    }

    /// The first base inside (0-based).
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The first base outside (0-based).
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Length in bp.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Whether it holds no base.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The positions as a signed range, as [`ReferenceGenome::fetch_into`](crate::ReferenceGenome::fetch_into)
    /// takes them.
    #[must_use]
    pub fn range(&self) -> Range<i64> {
        self.start as i64..self.end as i64
    }

    /// `(start + end) / 2` exactly: a half where the length is odd.
    #[must_use]
    pub fn midpoint(&self) -> f64 {
        self.start as f64 + self.len() as f64 / 2.0
    }

    /// The base at the middle: `start + len / 2`, the right one of two.
    #[must_use]
    pub fn center(&self) -> u64 {
        self.start + self.len() / 2
    }

    /// Whether the position lies inside.
    #[must_use]
    pub fn contains(&self, position: u64) -> bool {
        (self.start..self.end).contains(&position)
    }

    /// Whether both share at least one base.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.intersection(other).is_some()
    }

    /// The bases that both share; `None` if there are none.
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// let (a, b) = (Interval::new("1", 0, 10)?, Interval::new("1", 6, 20)?);
    /// assert_eq!(a.intersection(&b), Some(Interval::new("1", 6, 10)?));
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (self.contig == other.contig && start < end).then(|| Self { contig: self.contig.clone(), start, end })
    }

    /// Bases between the two: 0 if they overlap or touch, `None` on different contigs.
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// let (a, b) = (Interval::new("1", 0, 10)?, Interval::new("1", 13, 20)?);
    /// assert_eq!((a.gap(&b), b.gap(&a), a.gap(&a)), (Some(3), Some(3), Some(0)));
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn gap(&self, other: &Self) -> Option<u64> {
        let between = self.start.max(other.start).saturating_sub(self.end.min(other.end));
        (self.contig == other.contig).then_some(between)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}-{}", self.contig, self.start, self.end)
    }
}

/// Why two positions are no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// The start lies behind the end.
    #[error("interval {contig}:{start}-{end} is reversed: its start lies behind its end")]
    Reversed {
        /// Contig.
        contig: ContigName,
        /// Start, 0-based.
        start: u64,
        /// End, 0-based, exclusive.
        end: u64,
    },
    /// The end does not fit a signed 64-bit position.
    #[error("interval on {contig} ends at {end}, past the largest position {LARGEST_POSITION}")]
    TooLarge {
        /// Contig.
        contig: ContigName,
        /// End, 0-based, exclusive.
        end: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval(start: u64, end: u64) -> Interval {
        Interval::new("chr1", start, end).unwrap()
    }

    #[test]
    fn hostile_positions_are_refused() {
        assert!(matches!(Interval::new("c", 2, 1), Err(IntervalError::Reversed { .. })));
        assert!(matches!(Interval::new("c", 0, u64::MAX), Err(IntervalError::TooLarge { .. })));
        assert!(Interval::new("c", LARGEST_POSITION, LARGEST_POSITION).is_ok());
    }

    #[test]
    fn empty_intervals_overlap_nothing() {
        assert!(!interval(5, 5).overlaps(&interval(0, 10)));
        assert_eq!(interval(5, 5).gap(&interval(5, 9)), Some(0));
    }

    #[test]
    fn contigs_keep_intervals_apart() {
        let other = Interval::new("chr2", 0, 10).unwrap();
        assert!(!interval(0, 10).overlaps(&other));
        assert_eq!(interval(0, 10).gap(&other), None);
    }

    proptest! {
        #[test]
        fn overlap_and_gap_agree_with_sets_of_bases(a in 0u64..40, la in 1u64..20, b in 0u64..40, lb in 1u64..20) {
            let (x, y) = (interval(a, a + la), interval(b, b + lb));
            let shared: Vec<u64> = (a..a + la).filter(|position| y.contains(*position)).collect();
            prop_assert_eq!(x.overlaps(&y), !shared.is_empty());
            prop_assert_eq!(x.intersection(&y).map_or(0, |both| both.len()), shared.len() as u64);
            let between = (0..80).filter(|p| (*p >= a + la && *p < b) || (*p >= b + lb && *p < a)).count();
            prop_assert_eq!(x.gap(&y), Some(between as u64));
            prop_assert_eq!(x.midpoint() * 2.0, (a + a + la) as f64);
        }
    }
}
