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
//!
//! *Differences*: the largest relations descend, where the reference leaves their order to the device
//! ([`crate::WeightFile`] says what that means for published weights); input channels are A, C, G, T and not A, G, C, T.

mod config;
mod head;
mod parts;
mod sizes;

use ciskit_core::Side;
use ciskit_nn::layers::{ConvReluPool, Dropout};
use ciskit_nn::{Mode, NnError, PairBatch, PairLogits, PairModel, Tensor, VarBuilder};

use crate::ModelError;
use head::Head;

pub use config::Config;
pub use parts::{BlockParts, HeadParts, Parts};
pub use sizes::Sizes;

/// Channels of one-hot input.
const BASES: usize = 4;

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
    enhancer: Vec<Block>,
    promoter: Vec<Block>,
    head1: Head,
    head2: Option<Head>,
}

/// Convolution, ReLU and pooling, and the dropout after them.
#[derive(Clone, Debug)]
struct Block {
    conv: ConvReluPool,
    dropout: Dropout,
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
    /// [`ModelError::InputLength`] inside [`NnError::Model`] for windows of another length than the network's; errors
    /// of the layers.
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
        self.check_length(Side::Enhancer, self.config.enhancer_len, &batch.enhancer)?;
        self.check_length(Side::Promoter, self.config.promoter_len, &batch.promoter)?;
        let mut blocks: Vec<BlockParts> = Vec::with_capacity(self.enhancer.len());
        for (index, (enhancer, promoter)) in self.enhancer.iter().zip(&self.promoter).enumerate() {
            let (e, p) = match blocks.last() {
                None => (
                    enhancer.conv.features_of_codes(&batch.enhancer, &enhancer.dropout, mode)?,
                    promoter.conv.features_of_codes(&batch.promoter, &promoter.dropout, mode)?,
                ),
                Some(below) => (
                    enhancer.conv.features(below.enhancer_out(), &enhancer.dropout, mode)?,
                    promoter.conv.features(below.promoter_out(), &promoter.dropout, mode)?,
                ),
            }; // (B, 64, n), (B, 64, m): 297 and 197, then 28 and 18, then 4 and 2
            let ratio = self.config.ratios.get(index);
            let attention = ratio.map(|&ratio| e.attend(&p, ratio)).transpose()?; // top (B, k)
            blocks.push(BlockParts { enhancer: e, promoter: p, attention });
        }
        let head1 = self.head1.forward(&parts::flatten(&blocks)?, mode)?; // (B, 384) to (B)
        let head2 = match &self.head2 {
            Some(head) => Some(head.forward(&parts::relations(&blocks)?, mode)?), // (B, 643) to (B)
            None => None,
        };
        Ok(Parts { blocks, head1, head2 })
    }

    fn check_length(&self, side: Side, expected: usize, codes: &Tensor) -> Result<(), ModelError> {
        match codes.dims() {
            // Other ranks are for the convolution to refuse.
            &[_, found] if found != expected => Err(ModelError::InputLength { side, expected, found }),
            _ => Ok(()),
        }
    }
}

impl PairModel for Epipam {
    type Config = Config;

    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let sizes = config.validate()?;
        let head = |number, inputs| Head::load(&vb, number, inputs, config);
        Ok(Self {
            enhancer: tower(&vb, Side::Enhancer, config)?,
            promoter: tower(&vb, Side::Promoter, config)?,
            head1: head(1, sizes.head1)?,
            head2: sizes.head2.map(|inputs| head(2, inputs)).transpose()?,
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
        let Parts { head1, head2, .. } = self.forward_parts(batch, mode)?;
        let logits = PairLogits::new(head1.logit); // (B)
        Ok(match head2 {
            Some(head2) => logits.with_auxiliary(head2.logit), // (B)
            None => logits,
        })
    }
}

/// The blocks of one side: `enhancer_conv1`, `enhancer_conv2`, …
fn tower(vb: &VarBuilder<'_>, side: Side, config: &Config) -> Result<Vec<Block>, NnError> {
    let widths = config.kernels.iter().zip(&config.pools).enumerate();
    widths
        .map(|(index, (&kernel, &pool))| {
            let name = format!("{side}_conv{}", index + 1);
            let inputs = if index == 0 { BASES } else { config.channels };
            let conv = ConvReluPool::load(vb.pp(&name), inputs, config.channels, kernel, pool)?;
            Ok(Block { conv, dropout: Dropout::new(format!("{name}.dropout"), config.block_dropout)? })
        })
        .collect()
}
