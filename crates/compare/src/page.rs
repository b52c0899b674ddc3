//! A comparison to be read: HTML and Markdown; and as JSON.

use ciskit_dataset::Verdict;
use ciskit_report::{Page, Section, Table};

use crate::{Comparison, Metric, Stratification, TestRatio};

/// What strata there are, in the order in which they are reported.
const STRATIFICATIONS: [Stratification; 3] =
    [Stratification::Distance, Stratification::PromoterDegree, Stratification::Seen];

/// How the numbers are meant.
const READING: &str = "Every model scores the same test rows. The number to compare is the mean over folds: each fold \
    has a model of its own, and pooling the scores of several mixes their scales, so that the pooled value may lie \
    above or below it. Intervals are percentiles of resampled chromosomes: how much the choice of test pairs matters, \
    not how much another training would. AUPRC is average precision and depends on the share of positives, which \
    stands beside it.";

/// How the tests are meant.
const TESTS: &str = "Positive differences speak for the model. The resampled p-value keeps the pairs of a chromosome \
    together; DeLong's test takes rows as independent and is too sure where they share elements, the pooled one \
    moreover takes the scores of all folds as one scale. The p-values are not corrected for the number of models.";

impl Comparison {
    /// Everything as one JSON object, indented, with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("string keys and numbers are always JSON");
        json.push('\n');
        json
    }

    /// The report: what the list gives away, models, tests and strata on every list, with charts.
    #[must_use]
    pub fn page(&self) -> Page {
        let title = format!("Comparison of {} models", self.models.len());
        let mut page = Page::new(title)
            .lead(format!("Split: {}. Reference: {}.", self.splitter, self.config.reference))
            .section(self.honesty());
        for list in &self.lists {
            page = page.section(self.list_section(list.ratio));
        }
        for list in &self.lists {
            page = page.section(self.strata_section(list.ratio));
        }
        page
    }

    /// The tables as Markdown, strata of the last list only.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "# Comparison of {} models\n\nSplit: {}. Reference: {}.\n",
            self.models.len(),
            self.splitter,
            self.config.reference
        );
        let mut add = |part: &str| text.extend(["\n", part.trim_end(), "\n"]);
        if let Some(leak) = &self.leak {
            add(&format!("**This split is leaky:** {leak}"));
        }
        self.notes.iter().for_each(|note| add(&format!("**To be known:** {note}")));
        self.shortages.iter().for_each(|shortage| add(shortage));
        add("## What this list gives away");
        add(&match self.findings.is_empty() {
            true => NO_FINDINGS.to_owned(),
            false => self.finding_table().to_markdown(),
        });
        add("## Models");
        add(READING);
        let tables = |table: &dyn Fn(TestRatio) -> Table| -> Vec<String> {
            self.lists.iter().map(|list| table(list.ratio).to_markdown()).collect()
        };
        tables(&|ratio| self.ranking_table(ratio)).iter().for_each(|table| add(table));
        add(&format!("## Against {}", self.config.reference));
        add(TESTS);
        tables(&|ratio| self.reference_table(ratio)).iter().for_each(|table| add(table));
        if let Some(list) = self.lists.last() {
            add("## Strata");
            for by in STRATIFICATIONS {
                Metric::ALL
                    .iter()
                    .for_each(|metric| add(&self.strata_table(list.ratio, by, *metric).to_markdown()));
            }
        }
        text
    }

    fn honesty(&self) -> Section {
        let mut section = Section::new("What this list gives away").paragraph(
            "The audit of the same pairs under the same split. What a rule reaches without biology, a model's score \
             does not prove.",
        );
        if let Some(leak) = &self.leak {
            section = section.warning(format!("This split is leaky: {leak}"));
        }
        for note in &self.notes {
            section = section.warning(note);
        }
        for shortage in &self.shortages {
            section = section.note(shortage);
        }
        match self.findings.first().map(|finding| finding.verdict) {
            None => section.good(NO_FINDINGS),
            Some(Verdict::Solved) => section
                .bad("A rule that knows no biology separates the classes of this list.")
                .table(&self.finding_table()),
            Some(_) => section.table(&self.finding_table()),
        }
    }

    fn list_section(&self, ratio: TestRatio) -> Section {
        Section::new(format!("Models, test list {ratio}"))
            .paragraph(READING)
            .figure(self.chart(ratio, Metric::Auroc).to_svg())
            .figure(self.chart(ratio, Metric::AveragePrecision).to_svg())
            .table(&self.ranking_table(ratio))
            .section(
                Section::new(format!("Against {}", self.config.reference))
                    .paragraph(TESTS)
                    .table(&self.reference_table(ratio)),
            )
            .section(
                Section::new("By fold")
                    .table(&self.fold_table(ratio, Metric::Auroc))
                    .table(&self.fold_table(ratio, Metric::AveragePrecision)),
            )
    }

    fn strata_section(&self, ratio: TestRatio) -> Section {
        let mut section = Section::new(format!("Strata, test list {ratio}")).paragraph(
            "The same scores on kinds of pairs. Promoter degree counts the rows of the fold's test list that have the \
             promoter; seen elements occur among the fold's training or validation pairs.",
        );
        for by in STRATIFICATIONS {
            for metric in Metric::ALL {
                section = section.table(&self.strata_table(ratio, by, metric));
            }
        }
        section
    }
}

/// What is said where the audit is content.
const NO_FINDINGS: &str = "The audit found nothing that gives the labels away.";
