//! The labels of training rows.

use ciskit_dataset::{PairSource, pair_name};
use serde::{Deserialize, Serialize};

use crate::BaselineError;

/// How much a training row of each class counts.
///
/// ```
/// use ciskit_baselines::ClassWeights;
/// assert_eq!(ClassWeights::Balanced.of(&[true, false, false, false]), [2.0, 2.0 / 3.0]);
/// assert_eq!(ClassWeights::Equal.of(&[true, false]), [1.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// Both classes weigh the same in total, and all rows together as many as there are: a row of a class counts
    /// rows / (2 · rows of the class). Scores are then log odds at one positive for each negative.
    #[default]
    Balanced,
    /// Every row counts 1.
    Equal,
}

impl ClassWeights {
    /// The weights of a positive and of a negative.
    #[must_use]
    pub fn of(self, labels: &[bool]) -> [f64; 2] {
        let positives = labels.iter().filter(|label| **label).count();
        match self {
            Self::Balanced => [positives, labels.len() - positives]
                .map(|rows| labels.len() as f64 / (2.0 * rows.max(1) as f64)),
            Self::Equal => [1.0; 2],
        }
    }

    /// The weight of every row.
    pub(crate) fn rows(self, labels: &[bool]) -> Vec<f64> {
        let [positive, negative] = self.of(labels);
        labels.iter().map(|label| if *label { positive } else { negative }).collect()
    }
}

/// The labels of training rows, of which there must be one at least.
pub(crate) fn training_labels(
    baseline: &'static str,
    source: &dyn PairSource,
    train: &[usize],
) -> Result<Vec<bool>, BaselineError> {
    if train.is_empty() {
        return Err(BaselineError::NoPairs { baseline });
    }
    let label = |row: &usize| {
        let pair = &source.pairs()[*row];
        pair.label.ok_or_else(|| BaselineError::Unlabelled { pair: *row, name: pair_name(pair) })
    };
    train.iter().map(label).collect()
}

/// The same, of which both classes must be there.
pub(crate) fn labels_of_both_classes(
    baseline: &'static str,
    source: &dyn PairSource,
    train: &[usize],
) -> Result<Vec<bool>, BaselineError> {
    let labels = training_labels(baseline, source, train)?;
    let positives = labels.iter().filter(|label| **label).count();
    let negatives = labels.len() - positives;
    if positives == 0 || negatives == 0 {
        return Err(BaselineError::OneClass { baseline, positives, negatives });
    }
    Ok(labels)
}
