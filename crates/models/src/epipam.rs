//! EPIPAM: two convolutional towers joined by a position attention after every block, and two heads.
//!
//! *Source*: EPIPAM, enhancer-promoter interactions from sequence with a position attention module (2026), and its
//! published code, which is followed where the two differ. Parameters have the names of the published `state_dict`.
//!
//! ```text
//! enhancer (B, Le) ─ conv1 ReLU pool ─ dropout ┐        ┌ conv2 … ┐        ┌ conv3 … ┐        ┌ flatten ─ head 1
//!                                              ├ attend ┤         ├ attend ┤         ├ attend ┤
//! promoter (B, Lp) ─ conv1 ReLU pool ─ dropout ┘   │    └ conv2 … ┘   │    └ conv3 … ┘   │    └ flatten ─ head 1
//!                                                  └──── top k ───────┴─────────────────┴───────────────── head 2
//! ```
//!
//! The score of a pair is the first head's alone; the second head, which sees the largest relations, only shapes
//! training. Input is base codes, 0 to 3 for A, C, G and T, and 4 for an unknown base, a zero column of the one-hot.
//! EPIPAM* and EPI* ([`Config::with_embedding`]) make 6-mer ids of the codes and look up a trained vector for each.
//! A [`PretrainedEmbedding`] instead: what another model made of the windows.
//!
//! *Differences*: the largest relations descend, where the reference leaves their order to the device
//! ([`crate::WeightFile`] says what that means for published weights); input channels are A, C, G, T and not A, G, C, T.

mod config;
mod embedding;
mod head;
mod parts;
mod pretrained;
mod sizes;
mod tower;

use ciskit_core::{EmbeddingSpec, Side};
use ciskit_nn::layers::Standardise;
use ciskit_nn::ops::{Features, PositionAttention};
use ciskit_nn::{COVARIATES, Mode, NnError, PairBatch, PairLogits, PairModel, Tensor, VarBuilder};

use crate::towers::check_length;
use head::Head;
use tower::{Input, Tower};

pub use config::Config;
pub use embedding::KmerEmbedding;
pub use parts::{BlockParts, HeadParts, Parts};
pub use pretrained::PretrainedEmbedding;
pub use sizes::Sizes;

/// The EPIPAM network, or EPI where its [`Config`] has no attention.
///
/// Initialised weights are Glorot uniform, biases 0.
///
/// ```
/// use ciskit_models::epipam::{Config, Epipam};
/// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
///
/// let config = Config::chiapet();
/// let load = |vb| Epipam::load(vb, &config);
/// let (parameters, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, load)?;
/// assert_eq!(parameters.count(), 235_692);
///
/// let batch = PairBatch::from_codes(2, &[0; 2 * 1000], &[3; 2 * 1000], &Device::Cpu)?;
/// let logits = model.forward_t(&batch, Mode::Eval)?;
/// assert_eq!(logits.main.dims(), [2]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Epipam {
    config: Config,
    enhancer: Tower,
    promoter: Tower,
    /// Relations that a head of each block's attention keeps.
    top: Vec<usize>,
    covariates: Option<Standardise>,
    head1: Head,
    head2: Option<Head>,
}

impl Epipam {
    /// The architecture.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A forward pass that keeps every intermediate activation: what [`PairModel::forward_t`] runs.
    ///
    /// *Shapes*: those of [`PairBatch`]; results as in [`Parts`].
    ///
    /// # Errors
    ///
    /// [`ModelError::InputLength`](crate::ModelError::InputLength) inside [`NnError::Model`] for windows of another length
    /// than the network's; [`NnError::Embeddings`] for a batch without the embeddings that it reads; errors of the layers.
    ///
    /// ```
    /// use ciskit_models::epipam::{Config, Epipam};
    /// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
    ///
    /// let config = Config::chiapet();
    /// let (_, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Epipam::load(vb, &config))?;
    /// let batch = PairBatch::from_codes(1, &[0; 1000], &[3; 1000], &Device::Cpu)?;
    /// let parts = model.forward_parts(&batch, Mode::Eval)?;
    /// assert_eq!(parts.blocks[0].enhancer.dims(), [1, 64, 122]);
    /// assert_eq!(parts.head1.input.dims(), [1, 640]);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn forward_parts(&self, batch: &PairBatch, mode: Mode) -> Result<Parts, NnError> {
        check_length(Side::Enhancer, self.config.enhancer_len, &batch.enhancer)?;
        check_length(Side::Promoter, self.config.promoter_len, &batch.promoter)?;
        let embeddings = self.config.embeddings(batch)?;
        let mut blocks: Vec<BlockParts> = Vec::with_capacity(self.config.kernels.len());
        for index in 0..self.config.kernels.len() {
            let (e, p) = match (blocks.last(), embeddings) {
                (None, None) => (Input::Codes(&batch.enhancer), Input::Codes(&batch.promoter)),
                (None, Some([e, p])) => (Input::Embeddings(e), Input::Embeddings(p)),
                (Some(below), _) => {
                    (Input::Features(below.enhancer_out()), Input::Features(below.promoter_out()))
                }
            };
            let block = if self.config.attend_before_pooling {
                self.block_attending_first(index, e, p, mode)?
            } else {
                let (e, p) = (self.enhancer.pooled(index, e, mode)?, self.promoter.pooled(index, p, mode)?);
                // (B, 64, n), (B, 64, m): 297 and 197, then 28 and 18, then 4 and 2
                let attention = self.attend(index, &e, &p)?;
                BlockParts { enhancer: e, promoter: p, attention, pooled: None }
            };
            blocks.push(block);
        }
        let covariates = self.standardised(batch)?; // (B, covariates)
        let head1 = self.head1.forward(&parts::flatten(&blocks, covariates)?, mode)?; // (B, 384) to (B)
        let head2 = match &self.head2 {
            Some(head) => Some(head.forward(&parts::relations(&blocks)?, mode)?), // (B, 643) to (B)
            None => None,
        };
        Ok(Parts { blocks, head1, head2 })
    }

    /// Convolution, ReLU, attention, pooling and dropout, in this order.
    fn block_attending_first(
        &self,
        index: usize,
        e: Input<'_>,
        p: Input<'_>,
        mode: Mode,
    ) -> Result<BlockParts, NnError> {
        let (e, p) = (self.enhancer.unpooled(index, e)?, self.promoter.unpooled(index, p)?); // (B, 64, 2976), …
        let attention = self.attend(index, &e, &p)?;
        let attended = attention.as_ref().map_or((&e, &p), |found| (&found.enhancer, &found.promoter));
        let pooled =
            (self.enhancer.pool(index, attended.0, mode)?, self.promoter.pool(index, attended.1, mode)?);
        Ok(BlockParts { enhancer: e, promoter: p, attention, pooled: Some(pooled) })
    }

    /// The attention of a block, if there is any: top (B, heads · k).
    fn attend(
        &self,
        index: usize,
        e: &Features,
        p: &Features,
    ) -> Result<Option<PositionAttention<Features>>, NnError> {
        self.top.get(index).map(|&top| e.attend(p, self.config.heads, top)).transpose()
    }

    /// The covariates of a batch as the first head reads them, if it does.
    fn standardised(&self, batch: &PairBatch) -> Result<Option<Tensor>, NnError> {
        let Some(layer) = &self.covariates else { return Ok(None) };
        let given = batch.covariates.as_ref();
        let found = given.map_or(0, |covariates| covariates.dims()[1]);
        match given.filter(|_| found == self.config.covariates.len()) {
            Some(covariates) => layer.forward(covariates).map(Some),
            None => Err(NnError::Covariates { expected: self.config.covariates.clone(), found }),
        }
    }
}

impl PairModel for Epipam {
    type Config = Config;

    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let sizes = config.validate()?;
        let head = |number, inputs| Head::load(&vb, number, inputs, config);
        let inputs = config.covariates.len();
        Ok(Self {
            enhancer: Tower::load(&vb, Side::Enhancer, config)?,
            promoter: Tower::load(&vb, Side::Promoter, config)?,
            head1: head(1, sizes.head1)?,
            head2: sizes.head2.map(|inputs| head(2, inputs)).transpose()?,
            covariates: (inputs > 0).then(|| Standardise::load(vb.pp(COVARIATES), inputs)).transpose()?,
            top: sizes.top,
            config: config.clone(),
        })
    }

    fn enhancer_len(&self) -> usize {
        self.config.enhancer_len
    }

    fn promoter_len(&self) -> usize {
        self.config.promoter_len
    }

    fn covariates(&self) -> &[String] {
        &self.config.covariates
    }

    fn embedding(&self) -> Option<EmbeddingSpec> {
        self.config.pretrained.clone().map(EmbeddingSpec::from)
    }

    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError> {
        let Parts { head1, head2, .. } = self.forward_parts(batch, mode)?;
        let logits = PairLogits::new(head1.logit); // (B)
        Ok(match head2 {
            Some(head2) => logits.with_auxiliary(head2.logit), // (B)
            None => logits,
        })
    }
}
