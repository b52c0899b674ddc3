//! What can go wrong between a result and its file.

use std::path::PathBuf;

/// Why a report was not written, or a file of metrics not read.
///
/// ```
/// use ciskit_report::{Metrics, ReportError};
///
/// let error = Metrics::from_json(r#"{"format": 2}"#, "metrics.json").unwrap_err();
/// assert!(matches!(error, ReportError::NewerFormat { found: 2, supported: 1, .. }));
/// assert_eq!(error.to_string(), "metrics.json has format 2, newer than format 1 that this version reads");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written; what was there before is untouched.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text is no JSON, or not of the schema.
    #[error("{file} does not hold metrics: {source}")]
    Schema {
        /// The file, or what the caller calls the text.
        file: String,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The file was written by a later version.
    #[error("{file} has format {found}, newer than format {supported} that this version reads")]
    NewerFormat {
        /// The file, or what the caller calls the text.
        file: String,
        /// Its format.
        found: u64,
        /// The newest format that is read.
        supported: u64,
    },
}
