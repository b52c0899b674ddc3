//! Lengths, widths and rates of EPIPAM, and its presets.

use serde::{Deserialize, Serialize};

use super::{KmerEmbedding, PretrainedEmbedding};

/// Channels of one-hot input.
const BASES: usize = 4;

/// The architecture of an [`Epipam`](super::Epipam) network.
///
/// The lists hold one value a block. `ratios` may also be empty: that is EPI, the network without position attention
/// and without the second head.
///
/// ```
/// use ciskit_models::epipam::Config;
///
/// let config = Config { hidden: 32, ..Config::epi() };
/// assert_eq!(config.validate()?.head1, 384);
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Length of the enhancer window, in bp.
    pub enhancer_len: usize,
    /// Length of the promoter window, in bp.
    pub promoter_len: usize,
    /// Width of each block's convolution.
    pub kernels: Vec<usize>,
    /// Width of each block's pooling window.
    pub pools: Vec<usize>,
    /// Filters of every convolution.
    pub channels: usize,
    /// Share of each block's relations that the second head sees, in (0, 1]; empty for no position attention.
    pub ratios: Vec<f64>,
    /// Units of the hidden layer of each head.
    pub hidden: usize,
    /// Dropout rate after each block, before its attention.
    pub block_dropout: f64,
    /// Dropout rate in the heads, before each linear layer.
    pub head_dropout: f64,
    /// Input as embedded k-mers: EPIPAM* and EPI*; `None` for one-hot.
    pub embedding: Option<KmerEmbedding>,
    /// Input as embeddings by a pretrained model; `None` for bases or k-mers.
    pub pretrained: Option<PretrainedEmbedding>,
    /// Groups of channels whose positions attend by themselves; beyond the paper, which has one.
    ///
    /// Each group has its own relation matrix and its own maxima, which weigh its own channels; the second head sees the
    /// k largest relations of the first group, then of the second, and so on.
    pub heads: usize,
    /// Whether a block's attention comes before its pooling; beyond the paper, which pools first.
    ///
    /// The order is then convolution, ReLU, attention, pooling, dropout. Ratios still count relations of pooled
    /// positions, so that the heads keep their sizes. *Cost*: pool² times the relations, which are computed and forgotten
    /// pair by pair, n·m numbers a thread (24 MB in the first block of 3,000 and 2,000 bp), and features of pool times
    /// the memory (76 MB for 100 such enhancers, as many again for their gradient).
    pub attend_before_pooling: bool,
    /// Names of what is known of a pair besides its sequences; beyond the paper, which reads nothing else.
    ///
    /// The values, brought to the training pairs' mean 0 and deviation 1 (buffers `covariates.mean` and
    /// `covariates.deviation`), stand behind the flattened features in the first head's input.
    /// [`ciskit_core::DISTANCE`] is the logarithm of the distance; any other name is for the data to know.
    pub covariates: Vec<String>,
}

impl Default for Config {
    /// [`Config::epi`].
    fn default() -> Self {
        Self::epi()
    }
}

impl Config {
    /// Enhancers of 3000 bp and promoters of 2000 bp, the paper's main comparison: 245,064 parameters.
    ///
    /// *Source*: EPIPAM (2026), section on the network.
    ///
    /// ```
    /// let config = ciskit_models::epipam::Config::epi();
    /// assert_eq!((config.enhancer_len, config.promoter_len), (3000, 2000));
    /// ```
    #[must_use]
    pub fn epi() -> Self {
        Self {
            enhancer_len: 3000,
            promoter_len: 2000,
            kernels: vec![25, 13, 7],
            pools: vec![10, 10, 5],
            channels: 64,
            ratios: vec![0.01, 0.1, 1.0],
            hidden: 64,
            block_dropout: 0.2,
            head_dropout: 0.5,
            embedding: None,
            pretrained: None,
            heads: 1,
            attend_before_pooling: false,
            covariates: Vec::new(),
        }
    }

    /// Windows of 1000 bp on both sides with pools 8, 4 and 4, for ChIA-PET contacts: 235,692 parameters.
    ///
    /// *Source*: EPIPAM (2026), experiments on ChIA-PET data.
    ///
    /// ```
    /// assert_eq!(ciskit_models::epipam::Config::chiapet().pools, [8, 4, 4]);
    /// ```
    #[must_use]
    pub fn chiapet() -> Self {
        Self { enhancer_len: 1000, promoter_len: 1000, pools: vec![8, 4, 4], ..Self::epi() }
    }

    /// The same network for windows of other lengths, in bp.
    ///
    /// ```
    /// let sizes = ciskit_models::epipam::Config::epi().with_lengths(2500, 1500).validate()?;
    /// assert_eq!((sizes.head1, sizes.head2), (256, Some(395)));
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_lengths(self, enhancer_len: usize, promoter_len: usize) -> Self {
        Self { enhancer_len, promoter_len, ..self }
    }

    /// EPI: the same towers with each attention replaced by the identity, and the first head alone.
    ///
    /// *Differences from the paper*: it names this network and says no more than that it has no position attention;
    /// there is no code of it. This is the plain reading.
    ///
    /// ```
    /// let config = ciskit_models::epipam::Config::epi().without_attention();
    /// assert_eq!(config.validate()?.head2, None);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn without_attention(self) -> Self {
        Self { ratios: Vec::new(), heads: 1, attend_before_pooling: false, ..self }
    }

    /// EPIPAM*: the same network on embedded 6-mers, trained from the given vectors ([`KmerEmbedding::default`]).
    ///
    /// *Source*: EPIPAM (2026), which finds one-hot to be better.
    ///
    /// ```
    /// use ciskit_models::epipam::Config;
    ///
    /// let config = Config::epi().with_embedding();
    /// assert_eq!(config.input_channels(), 100);
    /// assert_eq!(config.validate()?, Config::epi().validate()?);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_embedding(self) -> Self {
        Self { embedding: Some(KmerEmbedding::default()), ..self }
    }

    /// The same network with further inputs of its first head, by name.
    ///
    /// ```
    /// use ciskit_models::epipam::Config;
    ///
    /// let config = Config::epi().with_covariates(["distance"]);
    /// assert_eq!(config.validate()?.head1, 385);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_covariates<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { covariates: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Channels that the first convolutions read: 4 of one-hot, or the numbers of a k-mer's vector or of a bin's embedding.
    #[must_use]
    pub fn input_channels(&self) -> usize {
        if let Some(pretrained) = &self.pretrained {
            return pretrained.width;
        }
        self.embedding.as_ref().map_or(BASES, |embedding| embedding.width)
    }

    /// Whether there is position attention, and with it a second head.
    ///
    /// ```
    /// assert!(ciskit_models::epipam::Config::epi().has_attention());
    /// ```
    #[must_use]
    pub fn has_attention(&self) -> bool {
        !self.ratios.is_empty()
    }

    /// The same network without dropout: what training does is then a function of weights and data alone.
    ///
    /// ```
    /// assert_eq!(ciskit_models::epipam::Config::epi().without_dropout().head_dropout, 0.0);
    /// ```
    #[must_use]
    pub fn without_dropout(self) -> Self {
        Self { block_dropout: 0.0, head_dropout: 0.0, ..self }
    }
}
