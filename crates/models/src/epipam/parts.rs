//! What an EPIPAM network computes on its way to the logits.

use ciskit_nn::ops::{Features, PositionAttention};
use ciskit_nn::{Doing, NnError, Tensor};

/// Every intermediate activation of one forward pass ([`super::Epipam::forward_parts`]).
///
/// ```
/// use ciskit_models::epipam::{Config, Epipam};
/// use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairModel, Parameters};
///
/// let config = Config::epi().without_attention();
/// let (_, model) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Epipam::load(vb, &config))?;
/// let batch = PairBatch::from_codes(1, &[0; 3000], &[3; 2000], &Device::Cpu)?;
/// let parts = model.forward_parts(&batch, Mode::Eval)?;
/// assert_eq!(parts.blocks[2].enhancer_out().dims(), [1, 64, 4]);
/// assert_eq!(parts.blocks[2].promoter_out().dims(), [1, 64, 2]);
/// assert!(parts.blocks[2].attention.is_none() && parts.head2.is_none());
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The blocks, from the input up.
    pub blocks: Vec<BlockParts>,
    /// The head that scores the pair.
    pub head1: HeadParts,
    /// The head on the largest relations, if the network has attention.
    pub head2: Option<HeadParts>,
}

/// One block of both towers and the attention between them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BlockParts {
    /// Enhancer features before the attention, (B, channels, n): after dropout, unless the attention comes before
    /// pooling.
    pub enhancer: Features,
    /// Promoter features before the attention, (B, channels, m).
    pub promoter: Features,
    /// The attention after the block, if the network has any.
    pub attention: Option<PositionAttention<Features>>,
    /// Enhancer and promoter features after attention, pooling and dropout, where the attention comes before pooling.
    pub pooled: Option<(Features, Features)>,
}

/// One head.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeadParts {
    /// Its input, (B, inputs).
    pub input: Tensor,
    /// After batch norm, before dropout, (B, inputs).
    pub norm: Tensor,
    /// After the hidden layer's ReLU, before dropout, (B, hidden).
    pub hidden: Tensor,
    /// Its logits, (B).
    pub logit: Tensor,
}

impl BlockParts {
    /// Enhancer features that the next block reads, (B, channels, n).
    #[must_use]
    pub fn enhancer_out(&self) -> &Features {
        match (&self.pooled, &self.attention) {
            (Some((enhancer, _)), _) => enhancer,
            (None, Some(attention)) => &attention.enhancer,
            (None, None) => &self.enhancer,
        }
    }

    /// Promoter features that the next block reads, (B, channels, m).
    #[must_use]
    pub fn promoter_out(&self) -> &Features {
        match (&self.pooled, &self.attention) {
            (Some((_, promoter)), _) => promoter,
            (None, Some(attention)) => &attention.promoter,
            (None, None) => &self.promoter,
        }
    }
}

/// Input of the first head: features of the last block side by side, all positions of channel 0 first, then the
/// covariates.
pub(super) fn flatten(blocks: &[BlockParts], covariates: Option<Tensor>) -> Result<Tensor, NnError> {
    let last = blocks.last().expect("a validated network has a block");
    let (enhancer, promoter) = (last.enhancer_out().tensor()?, last.promoter_out().tensor()?);
    let flatten = || {
        let enhancer = enhancer.flatten_from(1)?; // (B, 64·4)
        let promoter = promoter.flatten_from(1)?; // (B, 64·2)
        let parts: Vec<Tensor> = [enhancer, promoter].into_iter().chain(covariates).collect();
        Tensor::cat(&parts, 1) // (B, 384 + covariates)
    };
    flatten().doing("joining the towers")
}

/// Input of the second head: the largest relations of all blocks side by side.
pub(super) fn relations(blocks: &[BlockParts]) -> Result<Tensor, NnError> {
    let attentions = blocks.iter().filter_map(|block| block.attention.as_ref());
    let top: Vec<&Tensor> = attentions.map(|attention| &attention.top).collect(); // (B, 585), (B, 50), (B, 8)
    Tensor::cat(&top, 1).doing("joining the largest relations") // (B, 643)
}
