//! Layers and operations on candle for regulatory DNA, with gradients that are proven right and with seeded
//! randomness.
//!
//! candle's own convolution and pooling have wrong gradients for the networks of this field, and draw dropout masks
//! and initial weights from a global generator. This crate has its own:
//!
//! - [`ops`]: convolution → ReLU → max pooling of base codes or dense tensors, position attention, bidirectional GRU
//!   and LSTM, each one operation with its gradient; on other devices than the CPU composed of candle operations.
//! - [`layers`]: the same with parameters, and linear layers, batch normalisation, dropout.
//! - [`Parameters`]: a model's tensors sorted by name, initialised from a seed or loaded from a file.
//! - [`loss`] and [`Adam`]: what training needs beside the model.
//! - [`PairModel`]: what a model of enhancer-promoter pairs implements; [`NetworkScorer`] and [`Ensemble`] make it a scorer.
//!
//! Every gradient is checked against finite differences. The same seed gives the same bytes for any number of
//! threads. candle is re-exported, since its types appear in this interface.
//!
//! ```
//! use ciskit_nn::layers::{ConvReluPool, Linear};
//! use ciskit_nn::{Adam, AdamConfig, DType, Device, NnError, Parameters, Tensor, loss};
//!
//! // Does a sequence hold the motif "GATA"?
//! let sequences: [&[u8]; 4] = [b"CCTTGATACC", b"GATAACGTTC", b"CCATTAGGCC", b"TTGACATGCC"];
//! let codes: Vec<u8> = sequences.concat().into_iter().map(ciskit_encode::base_code).collect();
//! let codes = Tensor::from_vec(codes, (4, 10), &Device::Cpu)?;
//! let labels = Tensor::new(&[1u8, 1, 0, 0], &Device::Cpu)?;
//!
//! let (parameters, (block, head)) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
//!     Ok::<_, NnError>((ConvReluPool::load(vb.pp("conv"), 4, 8, 4, 7)?, Linear::load(vb.pp("head"), 8, 1)?))
//! })?;
//! let loss = || -> Result<Tensor, NnError> {
//!     let features = block.forward_codes(&codes)?; // (4, 8, 1)
//!     let logits = head.forward(&features.flatten_from(1)?)?; // (4, 1)
//!     loss::bce_with_logits(&logits.squeeze(1)?, &labels)
//! };
//!
//! let mut adam = Adam::new(AdamConfig::l2(0.05, 0.0));
//! for _ in 0..60 {
//!     adam.step(&parameters, &loss()?.backward()?)?;
//! }
//! assert!(loss()?.to_scalar::<f32>()? < 0.05);
//! # Ok::<(), NnError>(())
//! ```
//!
//! # Instructions
//!
//! On the CPU, operations on `f32` use AVX-512, or AVX2 with FMA, where the processor has them. The environment variable
//! `CISKIT_SIMD`, read once, chooses among those that it has: `avx512`, `avx2` or `portable`. Results are the same bytes
//! for the same instructions, and may differ in the last bits between them.
//!
//! # Features
//!
//! `cuda`, `metal`, `mkl` and `accelerate` are handed to candle unchanged.

mod adam;
#[cfg(test)]
mod check;
mod construction;
mod ensemble;
mod error;
mod frozen;
pub mod init;
pub mod layers;
pub mod loss;
mod memory;
mod mismatch;
mod mode;
mod network_scorer;
pub mod ops;
mod pair_batch;
mod pair_model;
mod parameters;
mod sequence_model;
mod simd;
pub mod weights;

pub use adam::{Adam, AdamConfig, AdamForm};
pub use candle_core;
pub use candle_core::{DType, Device, Tensor, Var};
pub use candle_nn;
pub use candle_nn::VarBuilder;
pub use ciskit_core::random;
pub use ensemble::{Ensemble, Mean};
pub use error::{Doing, NnError};
pub use frozen::{frozen, parameter_shapes};
pub use mismatch::WeightsMismatch;
pub use mode::{DropKey, Mode};
pub use network_scorer::{LOGIT, NetworkScorer, PROBABILITY};
pub use pair_batch::{EmbeddingBatch, PairBatch, TrackBatch};
pub use pair_model::{COVARIATES, PairLogits, PairModel};
pub use parameters::Parameters;
pub use sequence_model::SequenceModel;
pub use simd::{available_instructions, instructions};
