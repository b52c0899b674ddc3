//! Operations with gradients that are proven right.
//!
//! On the CPU each is one fused candle operation with a backward pass of its own; on other devices it is composed
//! of candle operations ([`portable`]). All of them state what happens at ties and at zero, and give the same
//! bytes for any number of threads. What published models need besides is in [`inference`].

mod attention;
mod attention_heads;
mod chunks;
pub(crate) mod codes_conv_relu_pool;
pub(crate) mod conv_positions;
pub(crate) mod conv_relu_pool;
mod extremes;
mod features;
pub(crate) mod host;
pub(crate) mod ids_conv_relu_pool;
pub mod inference;
mod kmer_ids;
#[cfg(test)]
mod levels;
pub(crate) mod mask;
mod max_pool;
pub(crate) mod normalise;
pub(crate) mod normalise_joined;
mod panel;
mod past;
mod pool;
mod pool_positions;
pub mod portable;
mod recurrent;
mod relation;
mod relu;
mod relu_pool;
mod row_product;
mod sparse;
pub(crate) mod statistics;
mod tile;
mod top;
mod weigh;
mod winograd;
mod words;

pub use attention::{PositionAttention, position_attention, relation};
pub use attention_heads::position_attention_heads;
pub use codes_conv_relu_pool::codes_conv_relu_pool;
pub use conv_positions::Steps;
pub use conv_relu_pool::conv_relu_pool;
pub use features::Features;
pub use ids_conv_relu_pool::ids_conv_relu_pool;
pub use kmer_ids::kmer_ids;
pub use max_pool::max_pool;
pub use pool_positions::pool_positions;
pub use recurrent::{Cell, Direction, GateActivation, bidirectional};
pub use relu::relu;
pub use relu_pool::pooled_length;
pub(crate) use row_product::row_product;
pub use top::top_count;
