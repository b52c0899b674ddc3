//! Why a baseline cannot be fitted or cannot score.

use ciskit_core::ScoreError;
use ciskit_dataset::DatasetError;

/// Why a baseline cannot be fitted or cannot score. Pairs are counted from 0.
///
/// ```
/// use ciskit_baselines::{BaselineError, Baselines};
///
/// let error = Baselines::named("distanse").err().unwrap();
/// assert!(matches!(error, BaselineError::Unknown { .. }));
/// assert!(error.to_string().starts_with(r#"there is no baseline "distanse": expected prevalence, "#));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// A name that no baseline has.
    #[error("there is no baseline {name:?}: expected {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A setting that makes no sense.
    #[error("baseline {baseline}: {setting} must be {needed}")]
    Setting {
        /// Name of the baseline.
        baseline: &'static str,
        /// Name of the setting.
        setting: &'static str,
        /// What it can be.
        needed: &'static str,
    },
    /// A training pair without label.
    #[error("training pair {pair} ({name}) has no label")]
    Unlabelled {
        /// Index of the pair.
        pair: usize,
        /// Name of the pair.
        name: String,
    },
    /// Training pairs that do not hold both classes.
    #[error(
        "baseline {baseline} learns from both classes, but training has {positives} positives and {negatives} \
         negatives"
    )]
    OneClass {
        /// Name of the baseline.
        baseline: &'static str,
        /// Number of positives.
        positives: usize,
        /// Number of negatives.
        negatives: usize,
    },
    /// No training pairs.
    #[error("baseline {baseline} has no training pairs")]
    NoPairs {
        /// Name of the baseline.
        baseline: &'static str,
    },
    /// A fit that did not come to an end.
    #[error(
        "the weights of baseline {baseline} do not settle: after {iterations} iterations the gradient is {left:.1e} of \
         its first length (a larger ridge settles sooner)"
    )]
    Unsettled {
        /// Name of the baseline.
        baseline: &'static str,
        /// How many iterations were made.
        iterations: usize,
        /// Length of the gradient by its first length.
        left: f64,
    },
    /// The library of boosted trees refused.
    #[error("fitting boosted trees failed")]
    Trees(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A window could not be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Rows could not be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
}
