//! Layers: operations with parameters, loaded by name.

mod batch_norm;
mod conv;
mod dropout;
mod embedding;
mod linear;
mod standardise;

pub use batch_norm::{BatchNorm, BatchNormConstants, RunningVariance};
pub use conv::ConvReluPool;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::Linear;
pub use standardise::Standardise;
