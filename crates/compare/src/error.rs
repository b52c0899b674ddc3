//! Why models cannot be compared.

use ciskit_core::ScoreError;

/// Why models cannot be compared. Folds and rows are counted from 0.
///
/// ```
/// use ciskit_compare::{CompareConfig, CompareError};
///
/// let config = CompareConfig { resamples: 0, ..CompareConfig::default() };
/// let error = config.check().unwrap_err();
/// assert!(matches!(error, CompareError::Setting { setting: "resamples", .. }));
/// assert_eq!(error.to_string(), "comparison setting resamples: at least 1 is needed");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A setting that makes no sense.
    #[error("comparison setting {setting}: {why}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is expected.
        why: String,
    },
    /// A test ratio that is none.
    #[error("{text:?} is no test ratio: expected a number of negatives for each positive, or all")]
    Ratio {
        /// The text.
        text: String,
    },
    /// Two models of one name.
    #[error("two models are called {name}")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// A reference that is not compared.
    #[error("the reference {reference} is not among what is compared: {known}")]
    Reference {
        /// The name of the reference.
        reference: String,
        /// Names of what is compared.
        known: String,
    },
    /// A fold that the split does not have, or that a model has twice.
    #[error("{model} has scores of fold {fold} {times} times, and the split has {folds} folds")]
    Fold {
        /// Name of the model.
        model: String,
        /// The fold.
        fold: usize,
        /// How often the model has it.
        times: usize,
        /// How many folds the split has.
        folds: usize,
    },
    /// Models with scores of different folds.
    #[error("{model} has scores of the folds {found:?}, {other} of {expected:?}")]
    Folds {
        /// Name of the model.
        model: String,
        /// Its folds.
        found: Vec<usize>,
        /// Name of the model that it is compared with.
        other: String,
        /// The other's folds.
        expected: Vec<usize>,
    },
    /// As many scores as rows are needed.
    #[error("{model}, fold {fold}: {rows} rows, but {scores} scores")]
    Lengths {
        /// Name of the model.
        model: String,
        /// The fold.
        fold: usize,
        /// Number of rows.
        rows: usize,
        /// Number of scores.
        scores: usize,
    },
    /// A test pair without score.
    #[error("{model} has no score of the pair {pair} (row {row}), which fold {fold} tests on")]
    NoScore {
        /// Name of the model.
        model: String,
        /// The fold.
        fold: usize,
        /// Row of the pair.
        row: usize,
        /// Name of the pair.
        pair: String,
    },
    /// A score of a row that the fold does not test on, or a second one.
    #[error("{model} has a score of row {row} in fold {fold}, {why}")]
    Row {
        /// Name of the model.
        model: String,
        /// The fold.
        fold: usize,
        /// The row.
        row: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A score that is NaN or infinite.
    #[error("{model} scores the pair {pair} (row {row}) of fold {fold} with {score}")]
    NotFinite {
        /// Name of the model.
        model: String,
        /// The fold.
        fold: usize,
        /// Row of the pair.
        row: usize,
        /// Name of the pair.
        pair: String,
        /// The score.
        score: f64,
    },
    /// A rule could not score a list.
    #[error("cannot score the test pairs by {rule}")]
    Rule {
        /// Name of the rule.
        rule: String,
        /// Why not.
        #[source]
        source: ScoreError,
    },
}
