//! Edits of a sequence in memory.

use std::ops::Range;

/// Replacement of a piece of a sequence by other bases: substitution, insertion or deletion.
///
/// Positions are 0-based within the sequence, not the contig.
///
/// ```
/// use ciskit_core::Edit;
///
/// assert_eq!(Edit::substitution(1, b'T').applied_to(b"ACG")?, b"ATG");
/// assert_eq!(Edit::new(1..1, b"TT").applied_to(b"ACG")?, b"ATTCG"); // insertion
/// assert_eq!(Edit::new(0..2, b"").applied_to(b"ACG")?, b"G"); // deletion
/// # Ok::<(), ciskit_core::EditError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    start: usize,
    end: usize,
    inserted: Vec<u8>,
}

impl Edit {
    /// Replaces the bases of `range` by `inserted`.
    #[must_use]
    pub fn new(range: Range<usize>, inserted: &[u8]) -> Self {
        Self { start: range.start, end: range.end, inserted: inserted.to_vec() }
    }

    /// Replaces one base.
    ///
    /// # Panics
    ///
    /// If `position` is `usize::MAX`.
    #[must_use]
    pub fn substitution(position: usize, base: u8) -> Self {
        Self::new(position..position + 1, &[base])
    }

    /// The replaced positions.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The new bases.
    #[must_use]
    pub fn inserted(&self) -> &[u8] {
        &self.inserted
    }

    /// Whether the sequence keeps its length.
    #[must_use]
    pub fn keeps_length(&self) -> bool {
        self.end.checked_sub(self.start) == Some(self.inserted.len())
    }

    /// The edited copy of a sequence.
    ///
    /// # Errors
    ///
    /// [`EditError`] if the range is reversed or leaves the sequence.
    pub fn applied_to(&self, sequence: &[u8]) -> Result<Vec<u8>, EditError> {
        if self.start > self.end || self.end > sequence.len() {
            return Err(EditError { start: self.start, end: self.end, length: sequence.len() });
        }
        Ok([&sequence[..self.start], &self.inserted, &sequence[self.end..]].concat())
    }
}

/// An edit that does not fit its sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("edit of {start}..{end} does not fit a sequence of {length} bp")]
#[non_exhaustive]
pub struct EditError {
    /// First replaced position.
    pub start: usize,
    /// First position behind.
    pub end: usize,
    /// Length of the sequence in bp.
    pub length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_outside_are_refused() {
        assert!(Edit::substitution(3, b'A').applied_to(b"ACG").is_err());
        assert!(Edit::new(3..3, b"A").applied_to(b"ACG").is_ok());
        #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
        let reversed = Edit::new(2..1, b"A");
        assert_eq!(
            reversed.applied_to(b"ACG").unwrap_err().to_string(),
            "edit of 2..1 does not fit a sequence of 3 bp"
        );
        assert!(!reversed.keeps_length());
    }
}
