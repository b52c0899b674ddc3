//! Operations of published models, for scoring only: they have no gradients, and candle says so if one is asked for.
//!
//! Sequences of tokens lie one after another, without padding: a tensor of all tokens has shape (tokens, width), and a list
//! of lengths says where each sequence ends. So a sequence's result does not depend on how long its neighbours are.
//!
//! On the CPU, `f32` tensors go through loops in vectors, shared out among rayon's threads with the same bytes for any
//! number of them; other types and devices through candle's operations.

mod activation;
mod attention_bias;
mod dense;
mod layer_norm;
#[cfg(feature = "long-conv")]
mod long_conv;
mod rotary;
mod self_attention;

pub use activation::{Activation, activate, gated};
pub use attention_bias::AttentionBias;
pub use dense::Dense;
pub use layer_norm::LayerNorm;
#[cfg(feature = "long-conv")]
pub use long_conv::{LongConv, LongFilter};
pub use rotary::Rotary;
pub use self_attention::self_attention;

use candle_core::{DType, Tensor};

/// Numbers that one thread works on at a time.
const CHUNK: usize = 1 << 13;

/// Whether the loops in vectors apply.
fn in_vectors(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}
