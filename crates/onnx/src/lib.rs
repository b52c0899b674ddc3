//! Models of DNA sequence from PyTorch or Keras, read as ONNX files and run without Python.
//!
//! The crate answers one question: how does a model that was trained elsewhere score sequences here, without anybody
//! writing Rust. An [`OnnxScorer`] is a [`SequenceScorer`](ciskit_core::SequenceScorer) like any other: it scores variants,
//! tracks and mutations. The file says what the network computes; an [`OnnxConfig`], a small TOML file beside it, says
//! how bases become numbers and what the results mean. The network is run by [tract](https://github.com/sonos/tract), on
//! the CPU.
//!
//! From PyTorch, with `model` a module that takes (batch, 4, length):
//!
//! ```python
//! torch.onnx.export(model.eval(), torch.zeros(1, 4, 1000), "model.onnx", opset_version=17, dynamo=False,
//!                   input_names=["sequence"], output_names=["logit"], dynamic_axes={"sequence": {0: "batch"}})
//! ```
//!
//! and beside it `model.toml`:
//!
//! ```toml
//! format = 1
//! scale = "logit"
//! ```
//!
//! ```
//! use ciskit_core::{Selection, SequenceScorer};
//! use ciskit_onnx::OnnxScorer;
//!
//! # let folder = tempfile::tempdir()?;
//! # let model = folder.path().join("model.onnx");
//! # std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiny.onnx"), &model)?;
//! # std::fs::write(model.with_extension("toml"), "format = 1\nscale = \"logit\"\n")?;
//! let scorer = OnnxScorer::open(&model)?;
//! let window = b"ACGTACGTACGTACGTACGTACGT";
//! assert!(scorer.spec().input.accepts(window.len()));
//! let logits = scorer.score(&[window], &Selection::all())?;
//! assert_eq!(logits.item(0).len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod description;
mod error;
mod network;
mod scorer;

pub use config::{Axis, Bins, Layout, OnnxConfig, OutputScale};
pub use error::OnnxError;
pub use scorer::OnnxScorer;
