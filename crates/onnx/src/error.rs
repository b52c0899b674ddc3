//! Why a model cannot be a scorer.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use ciskit_core::SpecError;

/// Why an ONNX model, or the configuration beside it, cannot be used.
///
/// ```
/// let error = ciskit_onnx::OnnxScorer::open("missing.onnx").unwrap_err();
/// assert_eq!(error.to_string(), "cannot read missing.onnx");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// A file that cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A configuration that is none.
    #[error("cannot read {path} as the configuration of an ONNX model")]
    Config {
        /// File.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A configuration of the future.
    #[error("{path}: configuration format {found} is newer than format {known}, the newest known here")]
    Newer {
        /// File.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that can be read.
        known: u32,
    },
    /// A setting that describes no model.
    #[error("{setting} = {found}: expected {expected}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Bytes that are no ONNX model.
    #[error("{name} is no ONNX model")]
    NotOnnx {
        /// The model.
        name: String,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Operators that cannot be run.
    #[error("{name} needs operators that cannot be run here: {}", operators.join(", "))]
    Operators {
        /// The model.
        name: String,
        /// Their names, with the domain of those that are not ONNX's own.
        operators: Vec<String>,
    },
    /// Inputs or outputs that are not what a model of one sequence has.
    #[error("{name}: expected {expected}, found {found}")]
    Tensor {
        /// The model.
        name: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A model that the engine refuses.
    #[error("{name}: {doing} failed")]
    Engine {
        /// The model.
        name: String,
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Outputs or bins that describe no scorer.
    #[error("{name} cannot be a scorer")]
    Spec {
        /// The model.
        name: String,
        /// Why not.
        #[source]
        source: SpecError,
    },
}
