//! Models of enhancer-promoter pairs.

use candle_core::Tensor;
use candle_nn::VarBuilder;
use ciskit_core::EmbeddingSpec;

use crate::mode::Mode;
use crate::{NnError, PairBatch};

/// Path of the [`Standardise`](crate::layers::Standardise) layer of a model that reads covariates: whoever trains it
/// sets `covariates.mean` and `covariates.deviation`.
pub const COVARIATES: &str = "covariates";

/// A network that takes the base codes of enhancers and promoters and gives logits.
///
/// ```
/// use ciskit_nn::{
///     DType, Device, Mode, NnError, PairBatch, PairLogits, PairModel, Parameters, VarBuilder, layers::Linear,
/// };
///
/// /// Counts bases.
/// struct Composition {
///     linear: Linear,
///     len: usize,
/// }
///
/// impl PairModel for Composition {
///     type Config = usize;
///     fn load(vb: VarBuilder<'_>, &len: &usize) -> Result<Self, NnError> {
///         Ok(Self { linear: Linear::load(vb.pp("linear"), len, 1)?, len })
///     }
///     fn enhancer_len(&self) -> usize {
///         self.len
///     }
///     fn promoter_len(&self) -> usize {
///         self.len
///     }
///     fn forward_t(&self, batch: &PairBatch, _mode: Mode) -> Result<PairLogits, NnError> {
///         let sum = (batch.enhancer.to_dtype(DType::F32)? + batch.promoter.to_dtype(DType::F32)?)?;
///         Ok(PairLogits::new(self.linear.forward(&sum)?.squeeze(1)?))
///     }
/// }
///
/// let (_, model) =
///     Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Composition::load(vb, &3))?;
/// let batch = PairBatch::from_codes(2, &[0, 1, 2, 3, 4, 0], &[0; 6], &Device::Cpu)?;
/// assert_eq!(model.forward_t(&batch, Mode::Eval)?.main.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
pub trait PairModel: Sized + Send + Sync {
    /// Sizes and rates that the model is built with.
    type Config;

    /// Loads or initialises the model's parameters.
    ///
    /// # Errors
    ///
    /// If the configuration is impossible ([`NnError::model`]) or `vb` lacks a parameter.
    fn load(vb: VarBuilder<'_>, config: &Self::Config) -> Result<Self, NnError>;

    /// Length of an enhancer in bp.
    fn enhancer_len(&self) -> usize;

    /// Length of a promoter in bp.
    fn promoter_len(&self) -> usize;

    /// Names of what the model reads of a pair besides its sequences, in the order of [`PairBatch::covariates`].
    ///
    /// [`ciskit_core::DISTANCE`] is computed from the pair's distance; any other name is for the data to know.
    fn covariates(&self) -> &[String] {
        &[]
    }

    /// Accessibility tracks that every pair brings for both sides ([`PairBatch::with_tracks`]).
    fn tracks(&self) -> usize {
        0
    }

    /// Embeddings of both windows that every pair brings ([`PairBatch::with_embeddings`]), if the model reads any.
    fn embedding(&self) -> Option<EmbeddingSpec> {
        None
    }

    /// The logits of a batch.
    ///
    /// # Errors
    ///
    /// If the batch's lengths are not the model's, or an operation fails.
    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError>;
}

/// What a pair model gives.
///
/// ```
/// use ciskit_nn::{Device, PairLogits, Tensor};
///
/// let main = Tensor::new(&[0.5f32, -1.0], &Device::Cpu)?;
/// assert!(PairLogits::new(main.clone()).auxiliary.is_none());
/// assert!(PairLogits::new(main.clone()).with_auxiliary(main).auxiliary.is_some());
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PairLogits {
    /// The score of each pair, (B); the sigmoid belongs to the adapter.
    pub main: Tensor,
    /// A further head that shapes training only, (B).
    pub auxiliary: Option<Tensor>,
}

impl PairLogits {
    /// The logits of a model with one head.
    #[must_use]
    pub fn new(main: Tensor) -> Self {
        Self { main, auxiliary: None }
    }

    /// Adds the logits of an auxiliary head.
    #[must_use]
    pub fn with_auxiliary(self, auxiliary: Tensor) -> Self {
        Self { auxiliary: Some(auxiliary), ..self }
    }
}
