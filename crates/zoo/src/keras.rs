//! Models that Keras 2 wrote as a chain of layers: configuration, weights, forward pass.
//!
//! A published file may hold its architecture (`model_config`), and layers may carry any counter in their names, so the model
//! is built from the configuration and not from a fixed topology.
//!
//! ```text
//! model_config ─▶ SequentialConfig ─▶ Sequential (built on the arrays of layers with the same names, or else in order)
//! ```

mod activation;
mod config;
mod config_json;
mod layer;
mod sequential;
mod weights;

pub use activation::Activation;
pub use config::{LayerConfig, LayerKind, Padding, SequentialConfig};
pub use sequential::Sequential;
