//! On which pairs the model of a fold is chosen.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a fold's model is chosen.
///
/// ```
/// use ciskit_train::Protocol;
///
/// assert_eq!(Protocol::default(), Protocol::Honest);
/// assert_eq!(Protocol::Paper.to_string(), "paper");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The validation part chooses, the test part is scored once, by the chosen model.
    #[default]
    Honest,
    /// As published: every candidate is scored on the *test* part, and the one with the largest AUROC + average
    /// precision there (strictly larger replaces) is reported, with those very numbers.
    ///
    /// The result is the largest of many noisy estimates, and larger than what the model reaches on new pairs;
    /// [`Inflation`](crate::Inflation) says by how much. For comparison with published numbers only.
    Paper,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Honest => "honest",
            Self::Paper => "paper",
        })
    }
}

/// The pairs that chose a fold's model.
///
/// ```
/// assert_eq!(ciskit_train::SelectionSet::Validation.to_string(), "validation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectionSet {
    /// The validation part of the fold.
    Validation,
    /// The test part of the fold: the score is inflated.
    Test,
    /// None: there was nothing to choose with, and the last epoch was taken.
    None,
}

impl fmt::Display for SelectionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Validation => "validation",
            Self::Test => "test",
            Self::None => "none",
        })
    }
}
