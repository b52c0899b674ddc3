//! What selection chooses among.

use serde::{Deserialize, Serialize};

use crate::Measured;

/// A state of a run that may be chosen: the model after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Weight of the main head in the loss.
    pub alpha: f64,
    /// Epoch, from 1.
    pub epoch: usize,
    /// How it did on the validation part; `None` if the fold has none, and the last epoch is taken.
    pub validation: Option<Measured>,
}

impl Candidate {
    /// Whether this later candidate replaces `former`: it has the strictly larger AUROC + average precision, or nothing
    /// was measured.
    ///
    /// ```
    /// use ciskit_train::{Candidate, Measured};
    ///
    /// let measured = Measured { pairs: 9, positives: 3, auroc: 0.75, average_precision: 0.5 };
    /// let former = Candidate { alpha: 0.6, epoch: 1, validation: Some(measured) };
    /// let later = |auroc| Candidate {
    ///     alpha: 0.6,
    ///     epoch: 2,
    ///     validation: Some(Measured { auroc, ..measured }),
    /// };
    /// assert!(later(0.8).replaces(&former));
    /// assert!(!later(0.75).replaces(&former));
    /// ```
    #[must_use]
    pub fn replaces(&self, former: &Self) -> bool {
        match (self.validation, former.validation) {
            (Some(ours), Some(theirs)) => ours.selection_score() > theirs.selection_score(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_stays_and_the_last_unmeasured_wins() {
        let candidate = |epoch, auroc: Option<f64>| {
            let measured = |auroc| Measured { pairs: 9, positives: 3, auroc, average_precision: 0.5 };
            Candidate { alpha: 0.6, epoch, validation: auroc.map(measured) }
        };
        let former = candidate(1, Some(0.75));
        assert!(candidate(2, Some(0.8)).replaces(&former));
        assert!(!candidate(2, Some(0.75)).replaces(&former));
        assert!(!candidate(2, Some(0.7)).replaces(&former));
        assert!(candidate(2, None).replaces(&candidate(1, None)));
    }
}
