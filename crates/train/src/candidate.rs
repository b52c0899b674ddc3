//! What selection chooses among.

use serde::{Deserialize, Serialize};

use crate::{Measured, SelectionSet, Trial};

/// A state of a run that may be chosen: the model of a trial after an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// Epoch, from 1.
    pub epoch: usize,
    /// How it did on the validation part; `None` if the fold has none, and the last epoch is taken.
    pub validation: Option<Measured>,
    /// How it did on the test part, which chooses then: only under [`Protocol::Paper`](crate::Protocol::Paper).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Measured>,
}

impl Candidate {
    /// Whether this later candidate replaces `former`: it has the strictly larger AUROC + average precision on the pairs
    /// that choose, or nothing was measured.
    ///
    /// ```
    /// use ciskit_train::{Candidate, Measured, Trial};
    ///
    /// let of = |epoch, auroc| {
    ///     let measured = Measured { pairs: 9, positives: 3, auroc, average_precision: 0.5 };
    ///     Candidate { trial: Trial::of_alpha(0.6), epoch, validation: Some(measured), test: None }
    /// };
    /// assert!(of(2, 0.8).replaces(&of(1, 0.75)));
    /// assert!(!of(2, 0.75).replaces(&of(1, 0.75)));
    /// ```
    #[must_use]
    pub fn replaces(&self, former: &Self) -> bool {
        match (self.deciding(), former.deciding()) {
            (Some(ours), Some(theirs)) => ours.selection_score() > theirs.selection_score(),
            _ => true,
        }
    }

    /// The pairs that choose among candidates such as this.
    #[must_use]
    pub fn selection_set(&self) -> SelectionSet {
        match (self.test, self.validation) {
            (Some(_), _) => SelectionSet::Test,
            (None, Some(_)) => SelectionSet::Validation,
            (None, None) => SelectionSet::None,
        }
    }

    /// How it did on the pairs that choose.
    fn deciding(&self) -> Option<Measured> {
        self.test.or(self.validation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(epoch: usize, validation: Option<f64>, test: Option<f64>) -> Candidate {
        let measured = |auroc| Measured { pairs: 9, positives: 3, auroc, average_precision: 0.5 };
        let (validation, test) = (validation.map(measured), test.map(measured));
        Candidate { trial: Trial::of_alpha(0.6), epoch, validation, test }
    }

    #[test]
    fn the_first_of_equals_stays_and_the_last_unmeasured_wins() {
        let former = candidate(1, Some(0.75), None);
        assert!(candidate(2, Some(0.8), None).replaces(&former));
        assert!(!candidate(2, Some(0.75), None).replaces(&former));
        assert!(!candidate(2, Some(0.7), None).replaces(&former));
        assert!(candidate(2, None, None).replaces(&candidate(1, None, None)));
    }

    #[test]
    fn a_measured_test_part_chooses() {
        let former = candidate(1, Some(0.75), Some(0.6));
        assert!(candidate(2, Some(0.7), Some(0.7)).replaces(&former));
        assert!(!candidate(2, Some(0.8), Some(0.6)).replaces(&former));
        assert!(candidate(2, None, Some(0.7)).replaces(&candidate(1, None, Some(0.6))));
        let sets =
            [candidate(1, Some(0.5), Some(0.5)), candidate(1, Some(0.5), None), candidate(1, None, None)];
        let sets = sets.map(|candidate| candidate.selection_set());
        assert_eq!(sets, [SelectionSet::Test, SelectionSet::Validation, SelectionSet::None]);
    }

    #[test]
    fn what_is_not_tried_leaves_no_trace_in_files() {
        let text = serde_json::to_string(&candidate(2, None, None)).unwrap();
        assert_eq!(text, r#"{"alpha":0.6,"epoch":2,"validation":null}"#);
        let mut other = candidate(2, Some(0.1 + 0.2), Some(0.7));
        other.trial.settings.insert("batch".to_owned(), "20".parse().unwrap());
        other.trial.restart = 3;
        let text = serde_json::to_string(&other).unwrap();
        assert!(text.starts_with(r#"{"alpha":0.6,"settings":{"batch":20},"restart":3,"epoch":2,"#), "{text}");
        assert_eq!(serde_json::from_str::<Candidate>(&text).unwrap(), other);
    }
}
