//! Why there is no score of a name.

use std::io;
use std::path::PathBuf;

/// Why a score could not be made of its name and parameters.
///
/// ```
/// use ciskit_variant::scores;
///
/// let error = scores::named("log2-ration").err().unwrap();
/// assert_eq!(error.to_string(), "there is no score \"log2-ration\"; the nearest name is log2-ratio");
/// let error = scores::named("sum:bins=3").err().unwrap();
/// assert_eq!(error.to_string(), "the score sum has no parameter \"bins\"; it has none at all");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EffectScoreError {
    /// No score has this name.
    #[error("there is no score {name:?}; the nearest name is {nearest}")]
    Unknown {
        /// The name.
        name: String,
        /// The known name that is spelled most alike.
        nearest: &'static str,
    },
    /// A parameter that the score does not have.
    #[error("the score {score} has no parameter {parameter:?}; it has {known}")]
    Parameter {
        /// The score.
        score: &'static str,
        /// The parameter.
        parameter: String,
        /// What there is.
        known: &'static str,
    },
    /// A parameter whose value is missing or none of what it can be.
    #[error("the score {score} needs {expected} as {parameter}, found {found:?}")]
    Value {
        /// The score.
        score: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// What it can be.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// A score without a value for any variant, with this model, these outputs and bins, or this background.
    #[error("the score {score} has no value here: {why}")]
    Undefined {
        /// The score.
        score: String,
        /// What it would need, and what there is.
        why: String,
    },
    /// A background that cannot be read.
    #[error("cannot read the background {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A background that is no table of numbers.
    #[error("{}, line {line}: expected {expected}, found {found:?}", path.display())]
    Background {
        /// The file.
        path: PathBuf,
        /// The line, 1-based.
        line: usize,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
}
