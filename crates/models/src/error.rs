//! What can go wrong in configuring a model, and in reading or writing its weights.

use std::path::PathBuf;

use ciskit_core::Side;
use ciskit_nn::NnError;
use ciskit_nn::weights::WeightFileError;

/// What went wrong, in doing what, to what.
///
/// ```
/// use ciskit_models::epipam::Config;
///
/// let error = Config::epi().with_lengths(240, 2000).validate().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "block 2 of the enhancer tower leaves no position: length 21, kernel 13, pool 10 (needs a length of at least 22)"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A tower too short for one of its blocks.
    #[error(
        "block {block} of the {side} tower leaves no position: length {length}, kernel {kernel}, pool {pool} \
         (needs a length of at least {})",
        kernel + pool - 1
    )]
    TooShort {
        /// The block, from 1.
        block: usize,
        /// The tower.
        side: Side,
        /// Positions that enter the block; for block 1 bp, or bins of embeddings.
        length: usize,
        /// Width of its convolution.
        kernel: usize,
        /// Width of its pooling window.
        pool: usize,
    },
    /// A ratio that keeps none of a block's relations.
    #[error("ratio {ratio} of block {block} keeps none of its {enhancer} × {promoter} relations")]
    NoRelation {
        /// The block, from 1.
        block: usize,
        /// Positions of the enhancer after the block.
        enhancer: usize,
        /// Positions of the promoter after the block.
        promoter: usize,
        /// The ratio.
        ratio: f64,
    },
    /// More relations than can be counted by 32 bits.
    #[error("block {block} relates {enhancer} × {promoter} positions, which is more than 2^32")]
    TooManyRelations {
        /// The block, from 1.
        block: usize,
        /// Positions of the enhancer after the block.
        enhancer: usize,
        /// Positions of the promoter after the block.
        promoter: usize,
    },
    /// A key of a model's configuration has a value that it cannot have.
    #[error("{key} is {found}, expected {expected}")]
    Value {
        /// The key, with the place in its list from 1 where it is one.
        key: String,
        /// The values that it can have.
        expected: String,
        /// The value that it has.
        found: String,
    },
    /// A model configuration that is not TOML.
    #[error("line {line} of the model configuration is not TOML: {problem}")]
    Toml {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A configuration that does not name its model.
    #[error("the model configuration has no key model, expected one of: {}", known.join(", "))]
    NoModel {
        /// The models that there are.
        known: &'static [&'static str],
    },
    /// A model, or a preset of one, that there is not.
    #[error("there is no {what}, expected one of: {}", known.join(", "))]
    Unknown {
        /// The model or preset, by name.
        what: String,
        /// The names that there are.
        known: &'static [&'static str],
    },
    /// A key that the model does not have.
    #[error("model {model} has no key {key}, expected one of: {}", known.join(", "))]
    UnknownKey {
        /// The model.
        model: &'static str,
        /// The key.
        key: String,
        /// The keys that it has.
        known: Vec<String>,
    },
    /// A key with a value of the wrong kind.
    #[error("key {key} of the model configuration: {problem}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// A configuration of a format that came later.
    #[error(
        "the model configuration has format {found}, and this version reads format {} only",
        crate::FORMAT
    )]
    NewerFormat {
        /// The format.
        found: i64,
    },
    /// A batch of windows of another length than the model reads.
    #[error("the model reads {side}s of {expected} bp, but was given {found} bp")]
    InputLength {
        /// The element.
        side: Side,
        /// Length that the model reads, in bp.
        expected: usize,
        /// Length given, in bp.
        found: usize,
    },
    /// A batch of pairs with another number of accessibility tracks than the model reads.
    #[error("the model reads {expected} accessibility tracks a side, but was given {found}")]
    Tracks {
        /// Tracks that the model reads.
        expected: usize,
        /// Tracks given.
        found: usize,
    },
    /// A weight file that cannot be written.
    #[error("cannot write weight file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A weight file that is none, or cannot be understood.
    #[error(transparent)]
    WeightFile(#[from] WeightFileError),
    /// Weights without a configuration.
    #[error("{} does not say of which model it is: give its configuration", path.display())]
    NoConfig {
        /// The file.
        path: PathBuf,
    },
    /// A configuration inside a weight file that cannot be used.
    #[error("the configuration inside {} cannot be used", path.display())]
    EmbeddedConfig {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<ModelError>,
    },
    /// Weights that do not fit the model; the source lists every parameter concerned.
    #[error("{} does not fit model {model}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// The model.
        model: &'static str,
        /// Why.
        #[source]
        source: NnError,
    },
    /// A layer or an operation failed.
    #[error(transparent)]
    Nn(#[from] NnError),
}

impl ModelError {
    pub(crate) fn value(key: impl Into<String>, expected: impl Into<String>, found: impl ToString) -> Self {
        Self::Value { key: key.into(), expected: expected.into(), found: found.to_string() }
    }
}

impl From<ModelError> for NnError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Nn(error) => error,
            error => Self::model(error),
        }
    }
}
