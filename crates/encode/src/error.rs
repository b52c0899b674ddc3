//! What can go wrong while encoding.

use thiserror::Error;

use crate::MAX_K;

/// Why a sequence was not encoded. Letters are never the reason: an unknown letter has an encoding of its own.
///
/// ```
/// use ciskit_encode::{EncodeError, kmer_ids};
///
/// let error = kmer_ids(b"ACGT", 0).unwrap_err();
/// assert_eq!(error, EncodeError::KmerLength { k: 0 });
/// assert_eq!(error.to_string(), "k-mer length 0 is outside 1 to 12");
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The k-mer length is 0 or above [`MAX_K`].
    #[error("k-mer length {k} is outside 1 to {MAX_K}")]
    KmerLength {
        /// The length that was asked for, in bases.
        k: usize,
    },

    /// The caller's slice does not have exactly the room that the encoding takes.
    #[error("{encoding} of {bases} bp needs an output slice of length {expected}, found {found}")]
    OutputLength {
        /// Name of the encoding.
        encoding: &'static str,
        /// Length of the sequence, in bases.
        bases: usize,
        /// Elements that the encoding takes.
        expected: usize,
        /// Elements of the slice.
        found: usize,
    },

    /// Numbers that make no motif.
    #[error("no motif: {problem}")]
    Motif {
        /// What is wrong with them.
        problem: String,
    },

    /// The sequences of a batch do not all have the length of its first.
    #[error("sequence {index} of the batch has {found} bp, expected {expected} bp as sequence 0 has")]
    UnequalLengths {
        /// Index of the first sequence that differs, from 0.
        index: usize,
        /// Length of the batch's first sequence, in bases.
        expected: usize,
        /// Length of the sequence at `index`, in bases.
        found: usize,
    },
}

impl EncodeError {
    pub(crate) fn check_output(
        encoding: &'static str,
        bases: usize,
        expected: usize,
        found: usize,
    ) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::OutputLength { encoding, bases, expected, found }) }
    }
}
