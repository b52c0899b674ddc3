//! Embeddings by a pretrained model as the input of EPIPAM and EPI.

use ciskit_core::{EmbeddingSpec, Side};
use ciskit_nn::{NnError, PairBatch, Tensor};
use serde::{Deserialize, Serialize};

use super::Config;
use crate::ModelError;

/// Input as embeddings that a pretrained model made of the windows, instead of one-hot; beyond the paper, which leaves open
/// whether they help.
///
/// A window of `length` bp is `length / bin` bins, rounded up, of `width` numbers. The first blocks read these; with a kernel
/// of 1 ([`Config::with_bin_blocks`]) the first is a learned projection of each bin. The pretrained model itself
/// is neither trained nor part of the weights: the fingerprint says which one made the embeddings.
///
/// ```
/// use ciskit_models::epipam::{Config, PretrainedEmbedding};
///
/// let pretrained = PretrainedEmbedding { model: "sei".into(), fingerprint: "f".into(), width: 960, bin: 100 };
/// let config = Config::epi().with_bin_blocks().with_pretrained(pretrained);
/// assert_eq!(config.input_channels(), 960);
/// let sizes = config.validate()?;
/// assert_eq!((sizes.enhancer, sizes.promoter), (vec![30, 13, 5], vec![20, 8, 3]));
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainedEmbedding {
    /// Name of the model.
    pub model: String,
    /// Digest of all that decides the model's numbers.
    pub fingerprint: String,
    /// Numbers a bin.
    pub width: usize,
    /// Bases a bin, in bp.
    pub bin: usize,
}

impl From<EmbeddingSpec> for PretrainedEmbedding {
    fn from(EmbeddingSpec { model, fingerprint, width, bin }: EmbeddingSpec) -> Self {
        Self { model, fingerprint, width, bin }
    }
}

impl From<PretrainedEmbedding> for EmbeddingSpec {
    fn from(PretrainedEmbedding { model, fingerprint, width, bin }: PretrainedEmbedding) -> Self {
        Self { model, fingerprint, width, bin }
    }
}

impl Config {
    /// The same network on embeddings; its blocks stay as they are.
    #[must_use]
    pub fn with_pretrained(self, pretrained: PretrainedEmbedding) -> Self {
        Self { pretrained: Some(pretrained), ..self }
    }

    /// The same network with blocks that fit 30 and 20 bins, what windows of 3,000 and 2,000 bp are in bins of 100 bp:
    /// kernels 1, 5 and 3, pools 1, 2 and 2, and ratios 0.05, 0.1 and 1 if there is attention.
    ///
    /// ```
    /// use ciskit_models::epipam::Config;
    ///
    /// assert_eq!(Config::epi().with_bin_blocks().kernels, [1, 5, 3]);
    /// assert!(!Config::epi().without_attention().with_bin_blocks().has_attention());
    /// ```
    #[must_use]
    pub fn with_bin_blocks(self) -> Self {
        let ratios = if self.has_attention() { vec![0.05, 0.1, 1.0] } else { Vec::new() };
        Self { kernels: vec![1, 5, 3], pools: vec![1, 2, 2], ratios, ..self }
    }

    /// Refuses embeddings of no number or base, and those of a network that reads k-mers.
    pub(super) fn check_pretrained(&self) -> Result<(), ModelError> {
        let Some(PretrainedEmbedding { model, width, bin, .. }) = &self.pretrained else { return Ok(()) };
        for (key, size) in [("width", width), ("bin", bin)] {
            if *size == 0 {
                return Err(ModelError::value(format!("{key} of pretrained"), "at least 1", size));
            }
        }
        if self.embedding.is_some() {
            let expected = "no table of a model that reads embedded k-mers";
            return Err(ModelError::value("pretrained", expected, model));
        }
        Ok(())
    }

    /// Positions that the first block of a side reads: bases, or bins of embeddings.
    pub(super) fn input_positions(&self, side: Side) -> usize {
        let length = match side {
            Side::Enhancer => self.enhancer_len,
            Side::Promoter => self.promoter_len,
        };
        self.pretrained.as_ref().map_or(length, |pretrained| length.div_ceil(pretrained.bin.max(1)))
    }

    /// The embeddings of a batch that the network reads, if it reads any.
    pub(super) fn embeddings<'a>(&self, batch: &'a PairBatch) -> Result<Option<[&'a Tensor; 2]>, NnError> {
        let Some(PretrainedEmbedding { width, .. }) = &self.pretrained else { return Ok(None) };
        let expected = [Side::Enhancer, Side::Promoter].map(|side| (*width, self.input_positions(side)));
        let sides = batch.embeddings.as_ref().map(|found| [&found.enhancer, &found.promoter]);
        let found = sides.map(|sides| sides.map(|side| (side.dims()[1], side.dims()[2])));
        match sides.filter(|_| found == Some(expected)) {
            Some(sides) => Ok(Some(sides)),
            None => Err(NnError::Embeddings { expected, found }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: Config) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn embeddings_have_a_position_a_bin() {
        let pretrained =
            |width, bin| PretrainedEmbedding { model: "m".into(), fingerprint: "f".into(), width, bin };
        let config = Config::epi().with_bin_blocks().with_pretrained(pretrained(7, 100));
        let sizes = config.clone().with_lengths(2_901, 2_000).validate().unwrap();
        assert_eq!((sizes.enhancer, sizes.promoter), (vec![30, 13, 5], vec![20, 8, 3]));
        assert_eq!((sizes.top, sizes.head1, sizes.head2), (vec![30, 10, 15], 64 * 8, Some(55)));
        let first = Config { attend_before_pooling: true, ..config.clone() };
        assert_eq!(first.validate().unwrap().top, [30, 10, 15]);
        assert_eq!(
            refused(config.with_lengths(1_000, 2_000)),
            "block 3 of the enhancer tower leaves no position: length 3, kernel 3, pool 2 (needs a length of at least 4)"
        );
        let with = |config: Config, width, bin| refused(config.with_pretrained(pretrained(width, bin)));
        assert_eq!(with(Config::epi(), 0, 9), "width of pretrained is 0, expected at least 1");
        assert_eq!(with(Config::epi(), 9, 0), "bin of pretrained is 0, expected at least 1");
        assert_eq!(
            with(Config::epi().with_embedding(), 9, 9),
            "pretrained is m, expected no table of a model that reads embedded k-mers"
        );
    }
}
