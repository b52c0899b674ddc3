//! What can go wrong in layers, operations and weight files.

use std::borrow::Cow;
use std::error::Error;

use candle_core::DType;

use crate::mismatch::WeightsMismatch;

/// What went wrong, in doing what, to what.
///
/// ```
/// use ciskit_nn::ops;
///
/// let error = ops::top_count(4, 2, 0.01).unwrap_err();
/// assert_eq!(error.to_string(), "top 0.01 of a 4 × 2 relation matrix is no value at all");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A candle operation failed.
    #[error("{doing} failed")]
    Candle {
        /// What was being done.
        doing: Cow<'static, str>,
        /// Why it failed.
        #[source]
        source: Box<candle_core::Error>,
    },
    /// An operation was given numbers of a type that it does not take.
    #[error("{operation} takes {expected}, not {}", found.as_str())]
    DType {
        /// The operation.
        operation: &'static str,
        /// The types that it takes.
        expected: &'static str,
        /// The type given.
        found: DType,
    },
    /// A tensor has another shape than the operation needs.
    #[error("{what} has shape {found:?}, expected {expected}")]
    Shape {
        /// The tensor.
        what: &'static str,
        /// The shape needed.
        expected: String,
        /// The shape found.
        found: Vec<usize>,
    },
    /// A sequence is too short for its convolution and a single pooling window.
    #[error("length {length} leaves no position after a convolution of width {kernel} and pooling by {pool}")]
    TooShort {
        /// Length of the sequence.
        length: usize,
        /// Width of the convolution.
        kernel: usize,
        /// Width of a pooling window.
        pool: usize,
    },
    /// Position attention was asked for no relation, or for more than there are.
    #[error("top {ratio} of a {enhancer} × {promoter} relation matrix is {}", if *ratio > 1.0 { "more than all of it" } else { "no value at all" })]
    TopCount {
        /// Positions of the enhancer.
        enhancer: usize,
        /// Positions of the promoter.
        promoter: usize,
        /// The share of relations asked for.
        ratio: f64,
    },
    /// Channels that cannot be shared out among the heads of an attention.
    #[error("{channels} channels cannot be cut into {heads} heads")]
    Heads {
        /// Channels.
        channels: usize,
        /// Heads.
        heads: usize,
    },
    /// A batch without the covariates that the model reads, or with others.
    #[error("the model reads {} covariates ({}), the batch has {found}", expected.len(), expected.join(", "))]
    Covariates {
        /// Names of the model's covariates.
        expected: Vec<String>,
        /// How many each pair of the batch has.
        found: usize,
    },
    /// A batch without the embeddings that the model reads, or with others.
    #[error(
        "the model reads embeddings by a pretrained model, {expected:?} of an enhancer and a promoter (width, bins), the \
         batch has {}",
        found.map_or_else(|| "none".to_owned(), |found| format!("{found:?}"))
    )]
    Embeddings {
        /// Width and bins of the model's enhancers and promoters.
        expected: [(usize, usize); 2],
        /// Those of the batch.
        found: Option<[(usize, usize); 2]>,
    },
    /// A base code above 4.
    #[error("base code {code} at position {position} of sequence {item}, expected 0 to 4")]
    BaseCode {
        /// The code found.
        code: u8,
        /// Index of the sequence in the batch.
        item: usize,
        /// 0-based offset in the sequence.
        position: usize,
    },
    /// A word id that the embedding has no row for.
    #[error("word id {id} at position {position} of sequence {item}, expected one below {vocabulary}")]
    WordId {
        /// The id found.
        id: u32,
        /// Index of the sequence in the batch.
        item: usize,
        /// 0-based offset in the sequence.
        position: usize,
        /// Rows of the embedding.
        vocabulary: usize,
    },
    /// K-mers too short or too long to have ids.
    #[error("k-mers of length {k} have no ids, expected 1 to {}", ciskit_encode::MAX_K)]
    KmerLength {
        /// The length asked for.
        k: usize,
    },
    /// The base codes of a batch cannot be cut into that many sequences.
    #[error("{codes} {side} base codes are not {pairs} sequences of one length")]
    BatchCodes {
        /// Enhancer or promoter.
        side: &'static str,
        /// Number of codes given.
        codes: usize,
        /// Number of pairs.
        pairs: usize,
    },
    /// Batch normalisation in training mode over a single value a channel, whose variance is 0.
    #[error("batch norm {layer} cannot train on one value per channel: use a batch of two or more")]
    OneValuePerChannel {
        /// The layer.
        layer: String,
    },
    /// A dropout rate outside [0, 1).
    #[error("dropout {layer} has rate {rate}, expected at least 0 and below 1")]
    DropoutRate {
        /// The layer.
        layer: String,
        /// The rate given.
        rate: f64,
    },
    /// Scorers that are no ensemble.
    #[error("the ensemble {problem}")]
    Ensemble {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Weights and model do not fit together.
    #[error("weights do not fit the model: {0}")]
    Weights(WeightsMismatch),
    /// Two layers ask for one parameter with different shapes.
    #[error("parameter {name} is asked for with shape {found:?}, but was made with {expected:?}")]
    SharedShape {
        /// The parameter.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The other shape asked for.
        found: Vec<usize>,
    },
    /// Optimiser state that does not belong to the parameters.
    #[error("optimiser state {name} {problem}")]
    OptimiserState {
        /// Name of the entry.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A weight file that is not valid safetensors.
    #[error("weights cannot be read as safetensors")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A model's own error, such as an impossible configuration.
    #[error(transparent)]
    Model(Box<dyn Error + Send + Sync>),
}

impl NnError {
    /// Wraps a model's own error.
    ///
    /// ```
    /// use ciskit_nn::NnError;
    ///
    /// let error = NnError::model(std::io::Error::other("the enhancer is too short"));
    /// assert_eq!(error.to_string(), "the enhancer is too short");
    /// ```
    pub fn model(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Model(Box::new(source))
    }

    pub(crate) fn shape(what: &'static str, expected: impl Into<String>, found: &[usize]) -> Self {
        Self::Shape { what, expected: expected.into(), found: found.to_vec() }
    }
}

impl From<candle_core::Error> for NnError {
    fn from(source: candle_core::Error) -> Self {
        Self::Candle { doing: "a tensor operation".into(), source: Box::new(source) }
    }
}

/// Says what was being done when candle failed.
///
/// ```
/// use ciskit_nn::{Device, Doing, Tensor};
///
/// let wrong = Tensor::from_slice(&[1f32, 2.0], 3, &Device::Cpu).doing("reading the bias");
/// assert_eq!(wrong.unwrap_err().to_string(), "reading the bias failed");
/// ```
pub trait Doing<T> {
    /// Turns a candle error into an [`NnError`] that names the deed.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if there was an error.
    fn doing(self, deed: impl Into<Cow<'static, str>>) -> Result<T, NnError>;
}

impl<T> Doing<T> for candle_core::Result<T> {
    fn doing(self, deed: impl Into<Cow<'static, str>>) -> Result<T, NnError> {
        self.map_err(|source| NnError::Candle { doing: deed.into(), source: Box::new(source) })
    }
}
