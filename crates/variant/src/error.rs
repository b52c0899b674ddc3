//! Why variants could not be scored at all. What is wrong with one variant is its [`Status`](crate::Status).

use ciskit_core::{GenomeError, InputLength, ScoreError};

/// Why scoring stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VariantScoringError {
    /// The genome could not be read.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// The model failed.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// The model reads sequences of any length, so the length of the window must be chosen.
    #[error("the model reads {length}: say how long the window is to be")]
    WindowLength {
        /// What the model reads.
        length: InputLength,
    },
    /// A window of a length that the model does not read.
    #[error("a window of {found} bp was asked for, but the model reads {expected}")]
    WrongLength {
        /// What the model reads.
        expected: InputLength,
        /// What was asked for.
        found: usize,
    },
    /// A model with several bins, whose scores need a rule that says how bins are joined.
    #[error("the model has {bins} bins; select one")]
    Bins {
        /// How many bins the selection leaves.
        bins: usize,
    },
}
