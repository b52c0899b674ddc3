//! Sequences of two classes.

use crate::TrainError;

/// Sequences and their labels.
///
/// ```
/// use ciskit_train::LabelledSequences;
///
/// let data: LabelledSequences = [(b"GATTACA".to_vec(), true), (b"CAT".to_vec(), false)].into_iter().collect();
/// assert_eq!((data.len(), data.labels()), (2, [true, false].as_slice()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelledSequences {
    sequences: Vec<Vec<u8>>,
    labels: Vec<bool>,
}

impl FromIterator<(Vec<u8>, bool)> for LabelledSequences {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, bool)>>(items: I) -> Self {
        let (sequences, labels) = items.into_iter().unzip();
        Self { sequences, labels }
    }
}

impl LabelledSequences {
    /// The sequences.
    #[must_use]
    pub fn sequences(&self) -> &[Vec<u8>] {
        &self.sequences
    }

    /// Whether each is of class 1.
    #[must_use]
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Refuses a part of one class.
    pub(crate) fn check(&self, part: &'static str) -> Result<(), TrainError> {
        let positives = self.labels.iter().filter(|label| **label).count();
        let negatives = self.len() - positives;
        match positives.min(negatives) {
            0 => Err(TrainError::OneClassOfSequences { part, positives, negatives }),
            _ => Ok(()),
        }
    }
}
