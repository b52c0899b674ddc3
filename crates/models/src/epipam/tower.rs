//! One of the two towers of blocks.

use ciskit_core::Side;
use ciskit_nn::layers::{ConvReluPool, Dropout, Embedding};
use ciskit_nn::{Mode, NnError, Tensor, VarBuilder, ops};

use super::{Config, embedding};

/// The blocks of one side, `enhancer_conv1`, `enhancer_conv2`, …, and its k-mers' vectors if it reads k-mers.
#[derive(Clone, Debug)]
pub(super) struct Tower {
    words: Option<Words>,
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
    conv: ConvReluPool,
    dropout: Dropout,
}

impl Tower {
    pub(super) fn load(vb: &VarBuilder<'_>, side: Side, config: &Config) -> Result<Self, NnError> {
        let widths = config.kernels.iter().zip(&config.pools).enumerate();
        let blocks = widths.map(|(index, (&kernel, &pool))| {
            let name = format!("{side}_conv{}", index + 1);
            let inputs = if index == 0 { config.input_channels() } else { config.channels };
            let conv = ConvReluPool::load(vb.pp(&name), inputs, config.channels, kernel, pool)?;
            Ok(Block { conv, dropout: Dropout::new(format!("{name}.dropout"), config.block_dropout)? })
        });
        let words = config.embedding.as_ref().map(|embedding| {
            let table = Embedding::load(vb.pp(embedding::layer(side)), embedding.words(), embedding.width)?;
            let table = if embedding.frozen { table.frozen() } else { table };
            Ok::<_, NnError>(Words { k: embedding.k, table })
        });
        Ok(Self { words: words.transpose()?, blocks: blocks.collect::<Result<_, NnError>>()? })
    }

    /// The first block, of base codes (B, length): (B, channels, positions).
    pub(super) fn first(&self, codes: &Tensor, mode: Mode) -> Result<Tensor, NnError> {
        let Block { conv, dropout } = &self.blocks[0];
        match &self.words {
            None => conv.forward_codes_dropped(codes, dropout, mode),
            Some(Words { k, table }) => {
                let ids = ops::kmer_ids(codes, *k)?; // (B, length)
                conv.forward_ids_dropped(&ids, table.weight(), dropout, mode)
            }
        }
    }

    /// A further block, of features (B, channels, positions of the block below): (B, channels, positions).
    pub(super) fn block(&self, index: usize, features: &Tensor, mode: Mode) -> Result<Tensor, NnError> {
        let Block { conv, dropout } = &self.blocks[index];
        conv.forward_dropped(features, dropout, mode)
    }
}
