//! Why a scorer has no scores to give.

use std::error::Error;

use crate::{EditError, GenomeError, InputLength, ShapeError, Side};

/// Why scoring failed. One item's fault fails the call: a driver that must keep going checks items beforehand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// A sequence of a length that the model does not read.
    #[error("item {item}: sequence of {found} bp, but the model reads {expected}")]
    InputLength {
        /// Index in the call.
        item: usize,
        /// What the model reads.
        expected: InputLength,
        /// Length in bp.
        found: usize,
    },
    /// A pair's sequence of a length that the model does not read.
    #[error("pair {item}: {side} sequence of {found} bp, but the model reads {expected}")]
    PairLength {
        /// Index in the call.
        item: usize,
        /// Which sequence.
        side: Side,
        /// What the model reads.
        expected: InputLength,
        /// Length in bp.
        found: usize,
    },
    /// A pair without something that the model needs.
    #[error("pair {item}: the model needs {what}")]
    MissingInput {
        /// Index in the call.
        item: usize,
        /// What is missing.
        what: String,
    },
    /// An item that the model cannot score by its nature (an insertion, for a masked language model).
    #[error("item {item}: {why}")]
    Unsupported {
        /// Index in the call.
        item: usize,
        /// Why not.
        why: String,
    },
    /// A selection that leaves the model's bins or outputs.
    #[error("selection of {axis} asks for index {index} of {size}")]
    Selection {
        /// `bins` or `outputs`.
        axis: &'static str,
        /// Index.
        index: usize,
        /// How many there are.
        size: usize,
    },
    /// An output that the model does not have.
    #[error("the model has no output {name:?}")]
    UnknownOutput {
        /// The name.
        name: String,
    },
    /// An edit outside of its sequence.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A block of scores whose shape is not what was asked for.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The genome had no sequence for an item.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// The model itself failed.
    #[error("{doing} failed")]
    Model {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ScoreError {
    /// The model itself failed while doing something.
    pub fn model(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Model { doing: doing.into(), source: source.into() }
    }
}
