//! Operations of published models, made for scoring.
//!
//! Sequences of tokens lie one after another, without padding: a tensor of all tokens has shape (tokens, width), and a list
//! of lengths says where each sequence ends. So a sequence's result does not depend on how long its neighbours are.
//!
//! On the CPU, `f32` tensors go through loops in vectors, shared out among rayon's threads with the same bytes for any
//! number of them; other types and devices through candle's operations, and so do tensors whose gradient may be asked for:
//! fine-tuning takes the same operations, at candle's speed.

mod activation;
mod attention_bias;
mod attention_pool;
mod channel_norm;
mod dense;
mod layer_norm;
#[cfg(feature = "long-conv")]
mod long_conv;
mod relative_attention;
mod relative_keys;
mod rotary;
mod self_attention;

pub use activation::{Activation, activate, gated};
pub use attention_bias::AttentionBias;
pub use attention_pool::AttentionPool;
pub use channel_norm::ChannelNorm;
pub use dense::Dense;
pub use layer_norm::LayerNorm;
#[cfg(feature = "long-conv")]
pub use long_conv::{LongConv, LongFilter};
pub use relative_attention::{RelativeQuery, relative_attention};
pub use relative_keys::RelativeKeys;
pub use rotary::Rotary;
pub use self_attention::self_attention;

#[cfg(test)]
mod gradients;

use candle_core::{DType, Tensor};

/// Numbers that one thread works on at a time.
const CHUNK: usize = 1 << 13;

/// Whether the loops in vectors apply: to `f32` on the CPU that no gradient is asked of.
fn in_vectors<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> bool {
    tensors.into_iter().all(|x| x.device().is_cpu() && x.dtype() == DType::F32 && !x.track_op())
}
