//! Why a published model cannot be loaded or run.

use std::path::PathBuf;

use ciskit_nn::NnError;
use ciskit_nn::weights::WeightFileError;

/// Why a published model cannot be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZooError {
    /// A model, preset or output that there is not.
    #[error("there is no {what} {name:?}, expected one of: {}", known.join(", "))]
    Unknown {
        /// What was looked for (`model`).
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A configuration that cannot be read, or that describes no model that is built here.
    #[error("configuration {}: {problem}", path.display())]
    Config {
        /// The file, or the preset's name.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file that belongs to a model (a tokenizer, a list of targets) and cannot be read.
    #[error("cannot read {what} {}: {problem}", path.display())]
    File {
        /// What the file is.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Something to load a model with that it has no use for, or that it lacks.
    #[error("model {model}: {problem}")]
    Option {
        /// The model.
        model: String,
        /// What is wrong.
        problem: String,
    },
    /// A weight file that is none, or cannot be understood.
    #[error(transparent)]
    Weights(#[from] WeightFileError),
    /// Weights that do not fit the model; the source lists every parameter concerned.
    #[error("{} does not fit model {model}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// The model.
        model: Box<str>,
        /// Why.
        #[source]
        source: NnError,
    },
    /// Sequences cannot be cut to that many tokens.
    #[error("sequences cannot be cut to {tokens} tokens, expected 3 to {most}")]
    Truncation {
        /// Tokens asked for.
        tokens: usize,
        /// Tokens that the model reads.
        most: usize,
    },
    /// Weights without the part that a task needs.
    #[error("the weights have no {head}")]
    NoHead {
        /// The part.
        head: &'static str,
    },
    /// A layer or an operation failed.
    #[error(transparent)]
    Nn(#[from] NnError),
}
