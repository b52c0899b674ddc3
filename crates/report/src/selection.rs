//! On which pairs a model was chosen, among how many, and what that did to its scores.

use serde::{Deserialize, Serialize};

use crate::{Cell, Column, Section, Table};

/// How the reported models were chosen: the key `selection` of `metrics.json`.
///
/// A model that was chosen on the very pairs that it is reported on scores higher there than on new pairs. The `choices`
/// then stand beside each other: the reported one first, then what the same runs come to otherwise.
///
/// ```
/// use ciskit_report::{Choice, Selection};
///
/// let reported = Choice::new("the best on the test pairs", "test", 75).scored([0.63, 0.62], [None; 2]);
/// let honest = Choice::new("the best on validation pairs", "validation", 75).scored([0.54, 0.55], [None; 2]);
/// let selection = Selection::new("test", 75).with_choice(reported).with_choice(honest);
/// assert_eq!(
///     selection.table().to_tsv().lines().nth(2),
///     Some("the best on validation pairs\tvalidation\t75\t0.54\tNA\t0.08999999999999997\t0.55\tNA\t0.06999999999999995")
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Selection {
    /// The pairs that chose: `validation`, `test` or `none`.
    pub chosen_on: String,
    /// Among how many candidates a fold's model was chosen; of folds with different numbers, the largest.
    pub candidates: u64,
    /// The reported scores and what other choices among the same candidates come to, where that was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Why a choice that a reader would look for is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// Scores on the test pairs of models that were chosen in some way: means over folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// What is chosen.
    pub choice: String,
    /// The pairs that choose: `validation`, `test` or `none`.
    pub chosen_on: String,
    /// Among how many candidates.
    pub candidates: u64,
    /// AUROC.
    pub auroc: f64,
    /// Its standard deviation: over folds; over draws for random scores.
    pub auroc_sd: Option<f64>,
    /// Average precision.
    pub auprc: f64,
    /// Its standard deviation: over folds; over draws for random scores.
    pub auprc_sd: Option<f64>,
}

impl Choice {
    /// A choice whose scores are still 0.
    #[must_use]
    pub fn new(choice: impl Into<String>, chosen_on: impl Into<String>, candidates: u64) -> Self {
        let (choice, chosen_on) = (choice.into(), chosen_on.into());
        Self { choice, chosen_on, candidates, auroc: 0.0, auroc_sd: None, auprc: 0.0, auprc_sd: None }
    }

    /// Sets AUROC and average precision, and their standard deviations.
    #[must_use]
    pub fn scored(self, [auroc, auprc]: [f64; 2], [auroc_sd, auprc_sd]: [Option<f64>; 2]) -> Self {
        Self { auroc, auroc_sd, auprc, auprc_sd, ..self }
    }
}

impl Selection {
    /// A choice on some pairs (`validation`, `test` or `none`) among so many candidates.
    #[must_use]
    pub fn new(chosen_on: impl Into<String>, candidates: u64) -> Self {
        Self { chosen_on: chosen_on.into(), candidates, choices: Vec::new(), absent: Vec::new() }
    }

    /// Adds a choice; the first is the reported one.
    #[must_use]
    pub fn with_choice(mut self, choice: Choice) -> Self {
        self.choices.push(choice);
        self
    }

    /// Says why a choice is not there.
    #[must_use]
    pub fn without(mut self, why: impl Into<String>) -> Self {
        self.absent.push(why.into());
        self
    }

    /// Whether the model was chosen on the pairs that it is reported on.
    #[must_use]
    pub fn is_on_test(&self) -> bool {
        self.chosen_on == "test"
    }

    /// The selection in a few words, to stand beside a score.
    ///
    /// ```
    /// use ciskit_report::Selection;
    ///
    /// assert_eq!(Selection::new("test", 75).remark(), "best of 75 on the test pairs themselves");
    /// assert_eq!(Selection::new("validation", 15).remark(), "best of 15 on validation pairs");
    /// assert_eq!(Selection::new("none", 15).remark(), "last epoch, nothing chosen");
    /// ```
    #[must_use]
    pub fn remark(&self) -> String {
        let candidates = self.candidates;
        match self.chosen_on.as_str() {
            "test" => format!("best of {candidates} on the test pairs themselves"),
            "none" => "last epoch, nothing chosen".to_owned(),
            part => format!("best of {candidates} on {part} pairs"),
        }
    }

    /// One row a choice: its scores, and by how much the reported ones exceed them.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            Column::text("choice").titled("What is chosen"),
            Column::text("chosen_on").titled("Chosen on"),
            Column::integer("candidates").titled("Candidates"),
            Column::float("auroc", 3).titled("AUROC"),
            Column::float("auroc_sd", 3).titled("sd"),
            Column::float("auroc_excess", 3).titled("reported minus this"),
            Column::float("auprc", 3).titled("AUPRC"),
            Column::float("auprc_sd", 3).titled("sd"),
            Column::float("auprc_excess", 3).titled("reported minus this"),
        ]);
        let reported = self.choices.first();
        for (index, row) in self.choices.iter().enumerate() {
            let excess = |value: fn(&Choice) -> f64| -> Cell {
                let reported = reported.filter(|_| index > 0).map(value);
                reported.map(|reported| reported - value(row)).into()
            };
            table.push([
                row.choice.as_str().into(),
                row.chosen_on.as_str().into(),
                row.candidates.into(),
                row.auroc.into(),
                row.auroc_sd.into(),
                excess(|choice| choice.auroc),
                row.auprc.into(),
                row.auprc_sd.into(),
                excess(|choice| choice.auprc),
            ]);
        }
        table.captioned(
            "Scores on the test pairs, means of folds; sd over folds, and over draws for random scores. \
             The epochs of a run resemble each other, so the level of random scores is an upper end.",
        )
    }

    /// The selection as a part of a report.
    ///
    /// ```
    /// use ciskit_report::{Choice, Page, Selection};
    ///
    /// let section = Selection::new("test", 75).without("No choice on validation pairs.").section();
    /// let html = Page::new("Run").section(section).to_html();
    /// assert!(html.contains("Each fold&#39;s model was chosen among 75 candidates on its test pairs"));
    /// assert!(html.contains("No choice on validation pairs."));
    /// ```
    #[must_use]
    pub fn section(&self) -> Section {
        let Self { chosen_on, candidates, choices, absent } = self;
        let mut section = Section::new("Selection");
        section = match chosen_on.as_str() {
            "test" => section.warning(format!(
                "Each fold's model was chosen among {candidates} candidates on its test pairs, and is reported on the \
                 same pairs: the scores are inflated, and good for comparison with others that were chosen the same \
                 way only."
            )),
            "none" => section.paragraph("Nothing was chosen: each fold's model is that of the last epoch."),
            part => section.paragraph(format!(
                "Each fold's model was chosen among {candidates} candidates on its {part} pairs; its test pairs were \
                 scored once."
            )),
        };
        if !choices.is_empty() {
            section = section.table(&self.table());
        }
        absent.iter().fold(section, Section::note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Page;

    #[test]
    fn a_choice_that_changed_nothing_takes_no_table() {
        let html = |chosen_on| Page::new("p").section(Selection::new(chosen_on, 15).section()).to_html();
        assert!(html("validation").contains("15 candidates on its validation pairs"));
        assert!(html("none").contains("last epoch"));
        assert!(!html("validation").contains("<table"));
        let json = serde_json::to_string(&Selection::new("validation", 15)).unwrap();
        assert_eq!(json, r#"{"chosen_on":"validation","candidates":15}"#);
        assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), Selection::new("validation", 15));
    }

    #[test]
    fn the_reported_choice_exceeds_the_others_and_not_itself() {
        let choice = |auroc, auprc| Choice::new("c", "test", 4).scored([auroc, auprc], [Some(0.5), None]);
        let selection =
            Selection::new("test", 4).with_choice(choice(0.75, 0.5)).with_choice(choice(0.5, 0.75));
        let tsv = selection.table().to_tsv();
        let lines: Vec<&str> = tsv.lines().collect();
        assert_eq!(lines[1], "c\ttest\t4\t0.75\t0.5\tNA\t0.5\tNA\tNA");
        assert_eq!(lines[2], "c\ttest\t4\t0.5\t0.5\t0.25\t0.75\tNA\t-0.25");
        assert!(selection.is_on_test() && !Selection::new("validation", 4).is_on_test());
    }
}
