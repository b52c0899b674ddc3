//! A benchmark to be read: HTML and Markdown, heat maps and intervals.

use ciskit_report::{Axis, HeatMap, IntervalChart, Page, Panel, Section, Svg};

use super::{Agreement, Benchmark, Group};

/// How the numbers are meant.
const READING: &str = "Predictions against measured log2 effects. A row is used if the effect is finite and the model \
    predicts it; each model has its own rows, which the table counts. Cell lines pool the rows of their data sets. \
    p-values and intervals (Fisher's z) take rows as independent: they are too sure where a variant is measured twice, \
    or where variants of one element share what was measured.";

/// What a threshold does.
const CONDITIONED: &str = "Keeping rows by their measured p-value conditions on the outcome: what is kept are large \
    measured effects, small ones and noise are left out, and a correlation rises by that alone. Numbers below a \
    threshold say how well large effects are predicted; they are not to be compared with those of all rows, nor with \
    other studies.";

const DIRECTIONS: &str = "Effects measured or predicted as exactly 0 have no direction and are counted apart. The \
    accuracy of always predicting the commoner direction is not 0.5; Matthews' correlation of such a model is 0.";

const DETECTION: &str = "Enhancers among controls are found by the prediction itself, significant measurements among the \
    others by its magnitude. The best F1 is chosen on the rows that it is measured on. Data sets that hold significant \
    rows only have nothing to tell apart.";

impl Benchmark {
    /// Pearson's or Spearman's coefficients as a heat map of models and groups.
    #[must_use]
    pub fn heat_map(&self, title: &str, of: impl Fn(&Agreement) -> Option<f64>) -> HeatMap {
        let map = HeatMap::new(title, self.groups.iter().map(ToString::to_string));
        self.models.iter().fold(map, |map, model| {
            map.row(model, self.groups.iter().map(|group| self.agreement(model, group, None).and_then(&of)))
        })
    }

    /// Pearson's correlation of every model on a group with its interval, the best first.
    #[must_use]
    pub fn chart(&self, group: &Group) -> IntervalChart {
        let mut found: Vec<(&str, f64, Option<[f64; 2]>)> = self
            .models
            .iter()
            .filter_map(|model| {
                let pearson = self.agreement(model, group, None)?.pearson?;
                Some((model.as_str(), pearson.coefficient, pearson.interval))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        let chart = IntervalChart::new(format!("Pearson's r, {group}"), Axis::new("r with interval"))
            .at_x(0.0, "none, 0");
        found
            .into_iter()
            .fold(chart, |chart, (model, value, interval)| chart.row(model, "model", value, interval))
    }

    /// Both heat maps as one picture.
    #[must_use]
    pub fn picture(&self) -> Svg {
        let [pearson, spearman] = self.heat_maps();
        Panel::new(format!("{} models, {} data sets and cell lines", self.models.len(), self.groups.len()))
            .line("Correlation of predicted and measured log2 effects, all rows.")
            .row([pearson, spearman])
            .to_svg()
    }

    fn heat_maps(&self) -> [Svg; 2] {
        [
            self.heat_map("Pearson's r", |found| Some(found.pearson?.coefficient)).to_svg(),
            self.heat_map("Spearman's rho", |found| Some(found.spearman?.coefficient)).to_svg(),
        ]
    }

    /// The report.
    #[must_use]
    pub fn page(&self) -> Page {
        let [pearson, spearman] = self.heat_maps();
        let mut correlations = Section::new("Correlations")
            .paragraph(READING)
            .figure(pearson)
            .figure(spearman)
            .table(
                &self
                    .matrix(None, |found| Some(found.pearson?.coefficient))
                    .captioned("Pearson's r, all rows"),
            )
            .table(
                &self
                    .matrix(None, |found| Some(found.spearman?.coefficient))
                    .captioned("Spearman's rho, all rows"),
            );
        for group in &self.groups {
            if self
                .models
                .iter()
                .any(|model| self.agreement(model, group, None).is_some_and(|found| found.pearson.is_some()))
            {
                correlations = correlations.figure(self.chart(group).to_svg());
            }
        }
        let mut thresholds = Section::new("By measured p-value").warning(CONDITIONED);
        for &below in &self.config.p_thresholds {
            thresholds = thresholds.table(
                &self
                    .matrix(Some(below), |found| Some(found.pearson?.coefficient))
                    .captioned(format!("Pearson's r, rows with p < {below}")),
            );
        }
        let accuracy = self.matrix(None, |found| found.directions.accuracy());
        let mcc = self.matrix(None, |found| found.directions.mcc());
        Page::new(format!("Benchmark of {} models", self.models.len()))
            .lead(format!("{} data sets and cell lines.", self.groups.len()))
            .section(correlations)
            .section(thresholds)
            .section(
                Section::new("Directions")
                    .paragraph(DIRECTIONS)
                    .table(&accuracy.captioned("Share of right directions, all rows"))
                    .table(&mcc.captioned("Matthews' correlation of directions, all rows")),
            )
            .section(Section::new("Detection").paragraph(DETECTION).table(&self.detection_table()))
            .section(Section::new("All numbers").table(&self.table()))
    }

    /// The report's tables but the last as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# Benchmark of {} models\n\n{READING}\n", self.models.len());
        let mut add = |part: &str| text.extend(["\n", part.trim_end(), "\n"]);
        add("## Pearson's r");
        add(&self.matrix(None, |found| Some(found.pearson?.coefficient)).to_markdown());
        add("## Spearman's rho");
        add(&self.matrix(None, |found| Some(found.spearman?.coefficient)).to_markdown());
        add("## Pearson's r by measured p-value");
        add(CONDITIONED);
        for &below in &self.config.p_thresholds {
            let matrix = self.matrix(Some(below), |found| Some(found.pearson?.coefficient));
            add(&matrix.captioned(format!("p < {below}")).to_markdown());
        }
        add("## Directions");
        add(DIRECTIONS);
        add(&self.matrix(None, |found| found.directions.accuracy()).to_markdown());
        add("## Detection");
        add(DETECTION);
        add(&self.detection_table().to_markdown());
        text
    }
}
