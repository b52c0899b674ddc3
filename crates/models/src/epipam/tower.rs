//! One of the two towers of blocks.

use ciskit_core::Side;
use ciskit_nn::layers::{ConvReluPool, Dropout, Embedding};
use ciskit_nn::ops::{self, Features};
use ciskit_nn::{DType, Doing, Mode, NnError, Tensor, VarBuilder, candle_nn::Init};

use super::{Config, embedding};

/// The blocks of one side, `enhancer_conv1`, `enhancer_conv2`, …, and its k-mers' vectors if it reads k-mers.
#[derive(Clone, Debug)]
pub(super) struct Tower {
    words: Option<Words>,
    dtype: DType,
    blocks: Vec<Block>,
}

/// The vectors of k-mers.
#[derive(Clone, Debug)]
struct Words {
    k: usize,
    table: Embedding,
}

/// Convolution, ReLU and pooling, and the dropout after them.
#[derive(Clone, Debug)]
struct Block {
    /// Pools too, unless the attention comes between.
    conv: ConvReluPool,
    pool: usize,
    dropout: Dropout,
}

impl Tower {
    pub(super) fn load(vb: &VarBuilder<'_>, side: Side, config: &Config) -> Result<Self, NnError> {
        let widths = config.kernels.iter().zip(&config.pools).enumerate();
        let blocks = widths.map(|(index, (&kernel, &pool))| {
            let name = format!("{side}_conv{}", index + 1);
            let inputs = if index == 0 { config.input_channels() } else { config.channels };
            let pool_at_once = if config.attend_before_pooling { 1 } else { pool };
            let conv = ConvReluPool::load(vb.pp(&name), inputs, config.channels, kernel, pool_at_once)?;
            Ok(Block { conv, pool, dropout: Dropout::new(format!("{name}.dropout"), config.block_dropout)? })
        });
        let words = config.embedding.as_ref().map(|embedding| {
            let (layer, words) = (vb.pp(embedding::layer(side)), embedding.words());
            // As PyTorch starts a table.
            let normal = Init::Randn { mean: 0.0, stdev: 1.0 };
            let table = Embedding::load(layer, words, embedding.width, normal)?;
            let table = if embedding.frozen { table.frozen() } else { table };
            Ok::<_, NnError>(Words { k: embedding.k, table })
        });
        let blocks = blocks.collect::<Result<_, NnError>>()?;
        Ok(Self { words: words.transpose()?, dtype: vb.dtype(), blocks })
    }

    /// A block up to its attention, if that comes after pooling and dropout as in the paper: (B, channels, positions).
    pub(super) fn pooled(&self, index: usize, input: Input<'_>, mode: Mode) -> Result<Features, NnError> {
        let Block { conv, dropout, .. } = &self.blocks[index];
        match (input, &self.words) {
            (Input::Codes(codes), None) => conv.features_of_codes(codes, dropout, mode),
            (Input::Codes(codes), Some(Words { k, table })) => {
                let ids = ops::kmer_ids(codes, *k)?; // (B, length)
                Ok(conv.forward_ids_dropped(&ids, table.weight(), dropout, mode)?.into())
            }
            (Input::Embeddings(embeddings), _) => {
                let features = embeddings.to_dtype(self.dtype).doing("converting embeddings")?;
                conv.features(&features.into(), dropout, mode) // (B, width, bins) to (B, channels, bins)
            }
            (Input::Features(features), _) => conv.features(features, dropout, mode),
        }
    }

    /// A block up to its attention, if that comes before pooling: (B, channels, positions before pooling).
    pub(super) fn unpooled(&self, index: usize, input: Input<'_>) -> Result<Features, NnError> {
        // Nothing is pooled by windows of one, and dropout waits for the pooling.
        self.pooled(index, input, Mode::Eval)
    }

    /// What is left of a block after an attention before pooling: (B, channels, positions).
    pub(super) fn pool(&self, index: usize, attended: &Features, mode: Mode) -> Result<Features, NnError> {
        let Block { pool, dropout, .. } = &self.blocks[index];
        Ok(dropout.forward(&ops::max_pool(&attended.tensor()?, *pool)?, mode)?.into())
    }
}

/// What a block reads.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// Base codes (B, length), by the first block.
    Codes(&'a Tensor),
    /// Embeddings (B, width, bins), by the first block.
    Embeddings(&'a Tensor),
    /// Features (B, channels, positions) of the block below.
    Features(&'a Features),
}
