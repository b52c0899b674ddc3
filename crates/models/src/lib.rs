//! EPIPAM and the enhancer-promoter models that it is compared with.
//!
//! Each model is a module with a `Config` (presets named as in its paper, checked sizes) and a network that implements
//! [`ciskit_nn::PairModel`]: base codes in, logits out, parameters named as in the published checkpoint.
//!
//! | model | module | presets |
//! |---|---|---|
//! | EPIPAM, one-hot | [`epipam`] | `epi` (3000 and 2000 bp), `chiapet` (1000 and 1000 bp) |
//! | EPI: the same without attention | [`epipam`], [`without_attention`](epipam::Config::without_attention) | the same |
//! | EPIPAM* and EPI*: the same on embedded 6-mers | [`epipam`], [`with_embedding`](epipam::Config::with_embedding) | the same |
//! | EPIVAN | [`epivan`] | `benchmark`, `original` (3000 and 2000 bp) |
//! | DeepTACT | [`deeptact`] | `benchmark` (sequence; 3000 and 2000 bp), `original` (with a track; 2000 and 1000 bp), `promoters` (with a track; 1000 and 1000 bp) |
//!
//! [`ModelConfig`] names a model and its keys, in TOML for instance; [`Model`] is the network of whichever kind it
//! names. [`WeightFile`] reads weights from safetensors and PyTorch's `.pth`, and [`save`] writes them with the
//! configuration inside.
//!
//! ```
//! use ciskit_models::{Model, ModelConfig, WeightFile, save};
//! use ciskit_nn::{DType, Device, Mode, PairBatch, PairModel, Parameters};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("model.safetensors");
//! let config = ModelConfig::named("epipam")?.with_lengths(1300, 1250);
//! let load = |vb| Model::load(vb, &config);
//! let (parameters, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
//! save(&path, &parameters, &config)?;
//!
//! let (_, same) = WeightFile::read(&path)?.load(None, DType::F32, &Device::Cpu)?;
//! let codes = ciskit_encode::base_codes(&b"GATTACA".repeat(400)[..1300]);
//! let batch = PairBatch::from_codes(1, &codes, &codes[..1250], &Device::Cpu)?;
//! let logit = |model: &Model| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
//!     Ok(model.forward_t(&batch, Mode::Eval)?.main.to_vec1()?)
//! };
//! assert_eq!(logit(&model)?, logit(&same)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `hdf5` reads weight files of Keras 2 (`.h5`). `cuda`, `metal`, `mkl` and `accelerate` are handed to candle unchanged.

mod config;
pub mod deeptact;
pub mod epipam;
pub mod epivan;
mod error;
#[cfg(feature = "hdf5")]
mod hdf5;
mod keras;
mod model;
mod recipe;
mod towers;
mod weights;

pub use config::ModelConfig;
pub use error::ModelError;
pub use model::Model;
pub use recipe::Recipe;
pub use weights::{WeightFile, save, to_safetensors};

/// Version of this crate's formats: configurations, and weight files that hold one.
pub const FORMAT: i64 = 1;
