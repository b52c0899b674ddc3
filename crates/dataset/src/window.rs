//! Windows: the fixed-length pieces of a genome that stand for elements of any length.

use std::ops::Range;

use ciskit_core::Interval;
use ciskit_encode::centre_offset;
use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// What to do where a contig has fewer bases than the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShortContig {
    /// Refuse.
    #[default]
    Error,
    /// Take the whole contig as the window's right end; the missing positions on the left are negative and
    /// read as `N` ([`Edge::PadN`](ciskit_core::Edge::PadN)).
    Pad,
}

/// How a window of fixed length is laid around an element.
///
/// 1. It is centred: half of the difference of the lengths, rounded up, lies (or is cut) on the left.
/// 2. The jitter is subtracted from its start.
/// 3. A start below 1 becomes 1: base 0 is left out.
/// 4. An end behind the contig's becomes the contig's; only here can the start become 0 (a contig as long as
///    the window) or negative (a shorter one, under [`ShortContig::Pad`]).
///
/// *Units*: bp, 0-based, half-open. *Source*: the data preparation of EPIPAM. *Differences from the paper*:
/// an element that leaves its contig, or a contig shorter than the window, is refused instead of giving other
/// bases than the element's or a negative index.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_dataset::WindowRule;
///
/// let rule = WindowRule::new(3_000);
/// let element = Interval::new("chr1", 5_000, 5_001)?;
/// assert_eq!(rule.place(&element, 10_000, 0)?, 3_500..6_500);
/// assert_eq!(rule.place(&element, 10_000, -100)?, 3_600..6_600);
/// assert_eq!(rule.place(&Interval::new("chr1", 0, 200)?, 10_000, 0)?, 1..3_001);
/// assert_eq!(rule.place(&Interval::new("chr1", 9_900, 10_000)?, 10_000, 0)?, 7_000..10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WindowRule {
    /// Length of the window in bp.
    pub length: usize,
    /// What to do where a contig is shorter.
    #[serde(default)]
    pub short_contig: ShortContig,
}

impl WindowRule {
    /// Windows of `length` bp; contigs that are shorter are refused.
    ///
    /// ```
    /// use ciskit_dataset::{ShortContig, WindowRule};
    /// assert_eq!(WindowRule::new(2_000), WindowRule { length: 2_000, short_contig: ShortContig::Error });
    /// ```
    #[must_use]
    pub const fn new(length: usize) -> Self {
        Self { length, short_contig: ShortContig::Error }
    }

    /// The same windows, hanging over the left end of contigs that are shorter.
    ///
    /// ```
    /// use ciskit_core::Interval;
    /// use ciskit_dataset::WindowRule;
    ///
    /// let element = Interval::new("scaffold", 100, 200)?;
    /// assert!(WindowRule::new(1_000).place(&element, 800, 0).is_err());
    /// assert_eq!(WindowRule::new(1_000).padded().place(&element, 800, 0)?, -200..800);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn padded(self) -> Self {
        Self { short_contig: ShortContig::Pad, ..self }
    }

    /// The window of an element on a contig of `contig_length` bp, moved by `jitter` bp to the left (0:
    /// centred).
    ///
    /// The range is as long as the rule says, lies on the contig unless that is shorter, and is what
    /// [`fetch_into`](ciskit_core::ReferenceGenome::fetch_into) takes. Whether the element can be placed does
    /// not depend on the jitter.
    ///
    /// # Errors
    ///
    /// [`DatasetError::ElementOutside`] for an element that leaves the contig, [`DatasetError::ShortContig`]
    /// for a contig shorter than the window under [`ShortContig::Error`].
    pub fn place(
        &self,
        element: &Interval,
        contig_length: u64,
        jitter: i64,
    ) -> Result<Range<i64>, DatasetError> {
        if element.end() > contig_length {
            return Err(DatasetError::ElementOutside { element: element.clone(), length: contig_length });
        }
        if self.short_contig == ShortContig::Error && self.length as u64 > contig_length {
            let contig = element.contig().clone();
            return Err(DatasetError::ShortContig { contig, length: contig_length, window: self.length });
        }
        let length = i64::try_from(self.length).unwrap_or(i64::MAX);
        let last_start = i64::try_from(contig_length).unwrap_or(i64::MAX) - length;
        let centred = element.start() as i64 + centre_offset(element.len() as usize, self.length) as i64;
        let start = centred.saturating_sub(jitter).max(1).min(last_start);
        Ok(start..start + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(start: u64, end: u64) -> Interval {
        Interval::new("c", start, end).unwrap()
    }

    #[test]
    fn the_odd_base_goes_to_the_left() {
        let rule = WindowRule::new(10);
        assert_eq!(rule.place(&at(50, 57), 100, 0).unwrap(), 48..58);
        assert_eq!(rule.place(&at(50, 63), 100, 0).unwrap(), 52..62);
        assert_eq!(rule.place(&at(50, 60), 100, 0).unwrap(), 50..60);
    }

    #[test]
    fn the_left_clamp_comes_before_the_right_one() {
        assert_eq!(WindowRule::new(10).place(&at(0, 3), 11, 0).unwrap(), 1..11);
        assert_eq!(WindowRule::new(10).place(&at(0, 3), 10, 0).unwrap(), 0..10);
        assert_eq!(WindowRule::new(10).padded().place(&at(0, 3), 9, 0).unwrap(), -1..9);
    }

    #[test]
    fn elements_and_contigs_that_do_not_fit_are_refused() {
        let rule = WindowRule::new(10);
        for element in [at(95, 101), at(100, 101), at(5_000, 5_010)] {
            let refused = rule.padded().place(&element, 100, 0);
            assert!(matches!(refused, Err(DatasetError::ElementOutside { length: 100, .. })));
        }
        let refused = rule.place(&at(0, 3), 9, 0).unwrap_err();
        assert_eq!(refused.to_string(), "contig c has 9 bp, fewer than the window's 10 bp");
    }

    #[test]
    fn extreme_numbers_do_not_overflow() {
        let end = i64::MAX as u64;
        for jitter in [i64::MIN, i64::MAX] {
            let place = |element, contig| WindowRule::new(10).place(&element, contig, jitter).unwrap();
            let expected = if jitter > 0 { 1..11 } else { i64::MAX - 10..i64::MAX };
            assert_eq!(place(at(end - 1, end), end), expected);
            assert_eq!(place(at(0, end), u64::MAX), expected);
        }
        let whole = WindowRule::new(usize::MAX).padded().place(&at(0, 1), 1, 0).unwrap();
        assert_eq!(whole, 1 - i64::MAX..1);
    }

    proptest! {
        #[test]
        fn windows_have_their_length_and_lie_on_the_contig(
            length in 1usize..300,
            spare in 0u64..1_000,
            element in (0u64..1_000, 0u64..1_000),
            jitter in -100i64..100,
        ) {
            let contig = length as u64 + spare;
            let (start, end) = (element.0.min(element.1).min(contig), element.0.max(element.1).min(contig));
            let window = WindowRule::new(length).place(&at(start, end), contig, jitter).unwrap();
            prop_assert_eq!(window.end - window.start, length as i64);
            prop_assert!(window.end <= contig as i64);
            prop_assert!(window.start >= i64::from(spare > 0), "{:?}", window);
        }

        #[test]
        fn an_inner_window_is_centred_and_jitter_moves_it_left(
            start in 2_000u64..3_000,
            size in 0u64..800,
            length in 1usize..800,
            jitter in -100i64..100,
        ) {
            let element = at(start, start + size);
            let window = WindowRule::new(length).place(&element, 10_000, jitter).unwrap();
            let centred = WindowRule::new(length).place(&element, 10_000, 0).unwrap();
            prop_assert_eq!(window.start, centred.start - jitter);
            // Twice the distance of the midpoints: 0, or one base more on the left (or cut there).
            let off = (centred.start + centred.end) - (element.start() + element.end()) as i64;
            let odd = i64::from(!size.abs_diff(length as u64).is_multiple_of(2));
            prop_assert_eq!(off, if size < length as u64 { -odd } else { odd });
        }
    }
}
