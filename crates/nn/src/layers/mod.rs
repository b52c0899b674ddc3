//! Layers: operations with parameters, loaded by name.

mod batch_norm;
mod conv;
mod dropout;
mod embedding;
mod linear;
mod recurrent;
mod scoring_conv;
mod standardise;
mod step_attention;

pub use batch_norm::{BatchNorm, BatchNormConstants, RunningVariance};
pub use conv::ConvReluPool;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::Linear;
pub use recurrent::Bidirectional;
pub use scoring_conv::ScoringConv;
pub use standardise::Standardise;
pub use step_attention::{Attended, StepAttention};
