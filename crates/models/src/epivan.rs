//! EPIVAN: embedded 6-mers, a convolution for each side, and attention over a bidirectional GRU across both.
//!
//! *Source*: Hong et al., "Identifying enhancer-promoter interactions with neural network based on pre-trained DNA
//! vectors and attention mechanism", Bioinformatics 36 (2020), doi:10.1093/bioinformatics/btz694, and its published code.
//!
//! ```text
//! enhancer (B, Le) ─ 6-mers ─ embedding ─ conv ReLU pool ┐
//!                                                        ├ join ─ norm ─ dropout ─ GRU both ways ─ attention ─ logit
//! promoter (B, Lp) ─ 6-mers ─ embedding ─ conv ReLU pool ┘
//! ```
//!
//! Input is base codes, from which the network numbers the 6-mers itself. Layers have the names of the reference;
//! recurrent and attention matrices are in the layout of Keras, convolutions and the output in that of PyTorch
//! ([`crate::WeightFile`] reads both).
//!
//! *Differences*: the published vectors of the embedding are not part of the program. Without them the tables start
//! as Keras starts them, from U(±0.05). The attention's weights are drawn from one stream each, not from one seed for all.

mod config;

use ciskit_core::Side;
use ciskit_nn::layers::{
    BatchNorm, BatchNormConstants, Bidirectional, ConvReluPool, Dropout, Embedding, Linear, StepAttention,
};
use ciskit_nn::{
    Doing, Mode, NnError, PairBatch, PairLogits, PairModel, Tensor, VarBuilder, candle_nn::Init, ops,
};

use crate::towers::check_length;

pub use config::{Config, TrainedAs};

/// Length of a word, in bp.
pub(crate) const K: usize = 6;
/// Rows of an embedding: 4⁶ words, and one for words with an unknown base and for padding.
const WORDS: usize = 4097;

/// The EPIVAN network.
///
/// ```
/// use ciskit_models::epivan::{Config, Epivan};
/// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
///
/// let config = Config { width: 8, filters: 4, units: 3, attention: 2, ..Config::original() };
/// let load = |vb| Epivan::load(vb, &config);
/// let (parameters, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, load)?;
/// assert_eq!(parameters.get("gru.forward.kernel").unwrap().dims(), [4, 9]);
///
/// let batch = PairBatch::from_codes(2, &[0; 2 * 3000], &[3; 2 * 2000], &Device::Cpu)?;
/// assert_eq!(model.forward_t(&batch, Mode::Eval)?.main.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Epivan {
    config: Config,
    enhancer: Tower,
    promoter: Tower,
    bn: BatchNorm,
    dropout: Dropout,
    gru: Bidirectional,
    att: StepAttention,
    out: Linear,
}

/// One side: embedding and convolution.
#[derive(Clone, Debug)]
struct Tower {
    embedding: Embedding,
    conv: ConvReluPool,
}

/// Every intermediate activation of one forward pass ([`Epivan::forward_parts`]).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The enhancer after convolution, ReLU and pooling, (B, 64, 148).
    pub enhancer: Tensor,
    /// The promoter after convolution, ReLU and pooling, (B, 64, 98).
    pub promoter: Tensor,
    /// Both joined, after batch norm and dropout, (B, 64, 246).
    pub norm: Tensor,
    /// States of the GRU, forward and backward, (B, 246, 100).
    pub states: Tensor,
    /// Attention of every position, (B, 246).
    pub weight: Tensor,
    /// The states' weighted mean, (B, 100).
    pub attended: Tensor,
    /// The logits, (B).
    pub logit: Tensor,
}

impl Epivan {
    /// The architecture.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A forward pass that keeps every intermediate activation: what [`PairModel::forward_t`] runs.
    ///
    /// # Errors
    ///
    /// [`ModelError::InputLength`](crate::ModelError::InputLength) inside [`NnError::Model`] for windows of another length
    /// than the network's; errors of the layers.
    ///
    /// ```
    /// use ciskit_models::epivan::{Config, Epivan};
    /// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
    ///
    /// let config = Config { width: 8, ..Config::benchmark() };
    /// let (_, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Epivan::load(vb, &config))?;
    /// let batch = PairBatch::from_codes(1, &[0; 3000], &[3; 2000], &Device::Cpu)?;
    /// let parts = model.forward_parts(&batch, Mode::Eval)?;
    /// assert_eq!(parts.norm.dims(), [1, 64, 246]);
    /// assert_eq!(parts.states.dims(), [1, 246, 100]);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn forward_parts(&self, batch: &PairBatch, mode: Mode) -> Result<Parts, NnError> {
        check_length(Side::Enhancer, self.config.enhancer_len, &batch.enhancer)?;
        check_length(Side::Promoter, self.config.promoter_len, &batch.promoter)?;
        let enhancer = self.enhancer.forward(&batch.enhancer)?; // (B, 64, 148)
        let promoter = self.promoter.forward(&batch.promoter)?; // (B, 64, 98)
        let norm = self.bn.forward_joined([&enhancer, &promoter], &self.dropout, mode)?; // (B, 64, 246)
        let states = self.gru.forward(&norm)?; // (B, 246, 100)
        let attended = self.att.forward(&states)?; // (B, 100)
        let logit = self.out.forward(&attended.mean)?; // (B, 1)
        let logit = logit.squeeze(1).doing("taking the logits out of EPIVAN")?; // (B)
        Ok(Parts {
            enhancer,
            promoter,
            norm,
            states,
            weight: attended.weight,
            attended: attended.mean,
            logit,
        })
    }
}

impl Tower {
    fn load(vb: &VarBuilder<'_>, side: Side, config: &Config) -> Result<Self, NnError> {
        let Config { width, frozen, filters, kernel, pool, .. } = *config;
        // As Keras starts a table.
        let uniform = Init::Uniform { lo: -0.05, up: 0.05 };
        let embedding = Embedding::load(vb.pp(format!("{side}_embedding")), WORDS, width, uniform)?;
        Ok(Self {
            embedding: if frozen { embedding.frozen() } else { embedding },
            conv: ConvReluPool::load(vb.pp(format!("{side}_conv")), width, filters, kernel, pool)?,
        })
    }

    fn forward(&self, codes: &Tensor) -> Result<Tensor, NnError> {
        let ids = ops::kmer_ids(codes, K)?; // (B, 3000)
        self.conv.forward_ids(&ids, self.embedding.weight()) // (B, 64, 148)
    }
}

impl PairModel for Epivan {
    type Config = Config;

    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        config.validate()?;
        let Config { filters, units, attention, dropout, .. } = *config;
        Ok(Self {
            enhancer: Tower::load(&vb, Side::Enhancer, config)?,
            promoter: Tower::load(&vb, Side::Promoter, config)?,
            bn: BatchNorm::load(vb.pp("bn"), filters, BatchNormConstants::keras())?,
            dropout: Dropout::new("bn.dropout", dropout)?,
            gru: Bidirectional::load(vb.pp("gru"), config.cell(), filters, units)?,
            att: StepAttention::load(vb.pp("att"), 2 * units, Some(attention))?,
            out: Linear::load(vb.pp("out"), 2 * units, 1)?,
            config: config.clone(),
        })
    }

    fn enhancer_len(&self) -> usize {
        self.config.enhancer_len
    }

    fn promoter_len(&self) -> usize {
        self.config.promoter_len
    }

    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError> {
        Ok(PairLogits::new(self.forward_parts(batch, mode)?.logit)) // (B)
    }
}
