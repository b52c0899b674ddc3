//! Deep learning on regulatory DNA: enhancer-promoter interactions, variant effects, and honest evaluation.
//!
//! This crate only re-exports the crates that do the work, one module each, so that one dependency line brings
//! them all; depend on a single one (`ciskit-metrics`, say) where that is all you need.
//!
//! | module | its one question | feature |
//! |---|---|---|
//! | [`core`] | what are an interval, a pair, a variant, a score; which traits join the parts | always |
//! | [`seqio`] | how do bytes in files become these types, and back | `seqio` |
//! | [`encode`] | how do bases become numbers | `encode` |
//! | [`metrics`] | how good are these scores | `metrics` |
//! | [`dataset`] | which pairs are trained on, which are tested on | `dataset` |
//! | [`baselines`] | what must a model beat | `baselines` |
//! | [`nn`] | layers and operations on candle that are proven right; seeded randomness | `nn` |
//! | [`models`] | EPIPAM and the models that it is compared with | `models` |
//! | `onnx` | how does a model that was trained elsewhere score sequences here | `onnx` |
//! | [`train`] | how does a model learn | `train` |
//! | [`compare`] | which model is better, and how sure is that | `compare` |
//! | [`simulate`] | a genome, pairs and variants whose truth is known | `simulate` |
//! | [`variant`] | what does a variant change, for any scorer | `variant` |
//! | [`zoo`] | published models, loading their published weights by name | `zoo` |
//! | [`report`] | tables and pictures | `report` |
//!
//! All features of this table but `onnx` are on by default. `parquet` adds tables in columns to `seqio`. `cuda`, `metal`, `mkl` and `accelerate` are handed to candle.

#[cfg(feature = "baselines")]
pub use ciskit_baselines as baselines;
#[cfg(feature = "compare")]
pub use ciskit_compare as compare;
pub use ciskit_core as core;
#[cfg(feature = "dataset")]
pub use ciskit_dataset as dataset;
#[cfg(feature = "encode")]
pub use ciskit_encode as encode;
#[cfg(feature = "metrics")]
pub use ciskit_metrics as metrics;
#[cfg(feature = "models")]
pub use ciskit_models as models;
#[cfg(feature = "nn")]
pub use ciskit_nn as nn;
#[cfg(feature = "onnx")]
pub use ciskit_onnx as onnx;
#[cfg(feature = "report")]
pub use ciskit_report as report;
#[cfg(feature = "seqio")]
pub use ciskit_seqio as seqio;
#[cfg(feature = "simulate")]
pub use ciskit_simulate as simulate;
#[cfg(feature = "train")]
pub use ciskit_train as train;
#[cfg(feature = "variant")]
pub use ciskit_variant as variant;
#[cfg(feature = "zoo")]
pub use ciskit_zoo as zoo;

// The README's example is a test.
#[cfg(all(doctest, feature = "encode", feature = "metrics"))]
#[doc = include_str!("../../README.md")]
struct Readme;
