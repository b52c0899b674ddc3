//! Published models of regulatory DNA, one module a family, loading their published weights by the published names.
//!
//! ```text
//! weight file ─▶ Config (preset or published file) ─▶ model ─▶ adapter: SequenceScorer, VariantScorer, SequenceEmbedder
//! ```
//!
//! Every family has the same parts: a `Config` with a preset for every published size, `load` from the published
//! file, the forward pass on tensors, and an adapter with the score that its authors use. Weights are not part of ciskit:
//! [`catalogue`] says where they are published, and under which licence.

#[cfg(any(feature = "trednet", feature = "sei"))]
mod batches;
mod catalogue;
mod error;
#[cfg(feature = "trednet")]
pub mod keras;
#[cfg(any(feature = "trednet", feature = "sei"))]
mod names;
mod registry;
#[cfg(feature = "sei")]
pub mod sei;
#[cfg(feature = "trednet")]
pub mod trednet;

pub use catalogue::{Entry, Parameters, catalogue};
pub use error::ZooError;
pub use registry::{LoadOptions, ZooModel, load};
