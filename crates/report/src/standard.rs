//! The standard tables and the standard section: what every evaluation shows, in one look.

use ciskit_core::Scale;
use ciskit_metrics::{Bins, MetricError, Ranking, Reliability, Score};

use crate::number::{fixed, grouped};
use crate::{
    Axis, Cell, Column, Evaluation, Measure, Metrics, Results, Section, Table, calibration_chart, pr_chart,
    roc_chart, score_distribution,
};

/// A measure's key, its name for people, and what it says.
const MEASURES: [(&str, &str, &str); 9] = [
    ("auroc", "AUROC", "a random positive outranks a random negative"),
    ("auprc", "AUPRC", "average precision; random scores reach the prevalence"),
    ("precision", "Precision", "positive calls that are right"),
    ("recall", "Recall", "positives that are called"),
    ("f1", "F1", "harmonic mean of precision and recall"),
    ("balanced_accuracy", "Balanced accuracy", "mean over the classes of what is called right"),
    ("mcc", "MCC", "correlation of calls and labels"),
    ("brier", "Brier score", "mean squared error of the probability; less is better"),
    ("log_loss", "Log loss", "mean negative log likelihood, nats; less is better"),
];

impl Evaluation {
    /// One row a measure: its name, value, interval if there are any, and what it means or why it is undefined.
    ///
    /// ```
    /// use ciskit_core::Scale;
    /// use ciskit_report::Evaluation;
    ///
    /// let table = Evaluation::of(&[false, false], &[0.1, 0.4], Scale::Raw)?.table();
    /// assert!(table.to_text().contains("AUROC        –"));
    /// assert!(table.to_text().contains("undefined without positives: all 2 labels are negative"));
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn table(&self) -> Table {
        let intervals = self.auroc_interval.is_some() || self.auprc_interval.is_some();
        let mut columns =
            vec![Column::text("measure").titled("Measure"), Column::float("value", 3).titled("Value")];
        columns.extend(intervals.then(|| Column::interval("interval", 3).titled(interval_title(self))));
        columns.push(Column::text("meaning").titled("Meaning"));
        let mut table = Table::new(columns);
        for ((key, measure), (_, name, meaning)) in self.measures().into_iter().zip(MEASURES) {
            if measure == Measure::NotComputed {
                continue;
            }
            let mut row = vec![name.into(), measure.value().into()];
            row.extend(intervals.then(|| self.interval(key).into()));
            row.push(self.undefined.get(key).map_or(meaning, String::as_str).into());
            table.push(row);
        }
        if self.interval_method.as_deref() == Some("delong") {
            table = table.captioned(
                "Interval after DeLong: it takes items as independent, and is too narrow where they share elements.",
            );
        }
        table
    }

    fn interval(&self, key: &str) -> Option<[f64; 2]> {
        match key {
            "auroc" => self.auroc_interval,
            "auprc" => self.auprc_interval,
            _ => None,
        }
    }

    fn measure(&self, key: &str) -> Measure {
        self.measures()
            .into_iter()
            .find(|(name, _)| *name == key)
            .map_or(Measure::NotComputed, |(_, value)| value)
    }
}

fn interval_title(evaluation: &Evaluation) -> String {
    evaluation
        .interval_level
        .map_or("interval".into(), |level| format!("{} % interval", (level * 1000.0).round() / 10.0))
}

impl Metrics {
    /// The model, called `name`, above its baselines and what random scores reach: AUROC and AUPRC, with intervals
    /// and with mean and standard deviation over folds where there are any.
    ///
    /// ```
    /// use ciskit_core::Scale;
    /// use ciskit_report::{Baseline, Evaluation, Metrics, Results};
    ///
    /// let of = |scores: [f64; 2]| Evaluation::of(&[false, true], &scores, Scale::Raw);
    /// let distance = Baseline::new(Results::of(of([0.4, 0.1])?));
    /// let table = Metrics::of(of([0.1, 0.8])?).with_baseline("distance", distance).comparison("EPIPAM");
    /// assert_eq!(
    ///     table.to_tsv(),
    ///     "name\tauroc\tauprc\nEPIPAM\t1.0\t1.0\ndistance\t0.0\t0.5\nrandom\t0.5\t0.5\n"
    /// );
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn comparison(&self, name: &str) -> Table {
        let baselines = self.baselines.iter().map(|(name, b)| (name.as_str(), &b.results, b.transductive));
        let rows: Vec<(&str, &Results, bool)> =
            std::iter::once((name, &self.results, false)).chain(baselines).collect();
        let folds = rows.iter().any(|(_, results, _)| !results.folds.is_empty());
        let remarks = rows.iter().any(|(_, _, transductive)| *transductive);
        let overall = &self.results.overall;
        let random = [Some(0.5), overall.prevalence()];

        let mut columns = vec![Column::text("name").titled("Score")];
        let mut cells: Vec<Vec<Cell>> = rows.iter().map(|(name, ..)| vec![(*name).into()]).collect();
        cells.push(vec!["random".into()]);
        for ((key, title, _), random) in MEASURES.into_iter().zip(random) {
            columns.push(Column::float(key, 3).titled(title));
            let values = rows.iter().map(|(_, results, _)| results.overall.measure(key).value());
            extend(&mut cells, values.chain([random]));

            if rows.iter().any(|(_, results, _)| results.overall.interval(key).is_some()) {
                columns.push(Column::interval(format!("{key}_interval"), 3).titled(interval_title(overall)));
                extend(
                    &mut cells,
                    rows.iter().map(|(_, results, _)| results.overall.interval(key)).chain([None]),
                );
            }
            if folds {
                columns.push(Column::float(format!("{key}_mean"), 3).titled("mean of folds"));
                columns.push(Column::float(format!("{key}_sd"), 3).titled("sd"));
                let summary = |(_, results, _): &(&str, &Results, bool)| results.summary.get(key).copied();
                let spreads: Vec<_> = rows.iter().map(summary).chain([None]).collect();
                extend(&mut cells, spreads.iter().map(|spread| spread.and_then(|spread| spread.mean)));
                extend(&mut cells, spreads.iter().map(|spread| spread.and_then(|spread| spread.sd)));
            }
        }
        if remarks {
            columns.push(Column::text("remark").titled("Remark"));
            let remark = |&(_, _, transductive): &(&str, &Results, bool)| {
                if transductive { "transductive" } else { "" }
            };
            extend(&mut cells, rows.iter().map(remark).chain([""]));
        }
        let mut table = Table::new(columns);
        cells.into_iter().for_each(|row| table.push(row));
        if remarks {
            table = table.captioned("Transductive: reads the whole list of items that it scores.");
        }
        table
    }
}

/// Adds one cell to each row.
fn extend<C: Into<Cell>>(rows: &mut [Vec<Cell>], cells: impl Iterator<Item = C>) {
    rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell.into()));
}

impl Results {
    /// One row a fold: its size, AUROC and AUPRC.
    ///
    /// ```
    /// # use ciskit_core::Scale;
    /// # use ciskit_report::{Evaluation, Fold, Results};
    /// let evaluation = Evaluation::of(&[false, true], &[0.1, 0.4], Scale::Raw)?;
    /// let results = Results::of_folds(evaluation.clone(), vec![Fold::new("chr1", evaluation)]);
    /// assert_eq!(results.fold_table().to_tsv(), "fold\tn\tpositives\tauroc\tauprc\nchr1\t2\t1\t1.0\t1.0\n");
    /// # Ok::<(), ciskit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn fold_table(&self) -> Table {
        let mut table = Table::new([
            Column::text("fold").titled("Fold"),
            Column::integer("n").titled("Items"),
            Column::integer("positives").titled("Positives"),
            Column::float("auroc", 3).titled("AUROC"),
            Column::float("auprc", 3).titled("AUPRC"),
        ]);
        for fold in &self.folds {
            let Evaluation { n, positives, auroc, auprc, .. } = fold.evaluation;
            table.push([
                fold.name.as_str().into(),
                n.into(),
                positives.into(),
                auroc.value().into(),
                auprc.value().into(),
            ]);
        }
        table
    }
}

/// What every evaluation shows: key figures, the table of measures, ROC and precision-recall curve, for probabilities the
/// calibration curve, and the scores of each class. `name` is what the scores are called in legends.
///
/// Where a curve does not exist, as with one class, a warning says why.
///
/// *Shapes*: one label and one score for each item. *Cost*: O(n log n).
///
/// # Errors
///
/// Those of [`Evaluation::of`].
///
/// ```
/// use ciskit_core::Scale;
/// use ciskit_report::{Page, evaluation_section};
///
/// let (labels, probabilities) = ([false, false, true, true], [0.1, 0.4, 0.35, 0.8]);
/// let section = evaluation_section("Test folds", "EPIPAM", &labels, &probabilities, Scale::Probability)?;
/// let html = Page::new("Run").section(section).to_html();
/// assert_eq!(html.matches("<svg").count(), 4);
/// assert!(html.contains("<dt>AUROC</dt><dd>0.750</dd>"));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn evaluation_section<S: Score>(
    title: &str,
    name: &str,
    labels: &[bool],
    scores: &[S],
    scale: Scale,
) -> Result<Section, MetricError> {
    let evaluation = Evaluation::of(labels, scores, scale)?;
    let ranking = Ranking::new(labels, scores)?;
    let shown = |value: Option<f64>| value.map_or("–".into(), |value| fixed(value, 3));
    let mut section = Section::new(title)
        .key_figures([
            ("Items", grouped(evaluation.n.into())),
            ("Positives", grouped(evaluation.positives.into())),
            ("Prevalence", shown(evaluation.prevalence())),
            ("AUROC", shown(evaluation.auroc.value())),
            ("AUPRC", shown(evaluation.auprc.value())),
        ])
        .table(&evaluation.table());
    for (curve, chart) in [
        ("ROC curve", roc_chart([(name, &ranking)])),
        ("precision-recall curve", pr_chart([(name, &ranking)])),
    ] {
        section = match chart {
            Ok(chart) => section.figure(chart.to_svg()),
            Err(reason) => section.warning(format!("No {curve}: {reason}.")),
        };
    }
    if scale == Scale::Probability {
        let curve = Reliability::new(labels, scores, CALIBRATION)?;
        section = section.captioned_figure(
            calibration_chart([(name, &curve)]).to_svg(),
            format!(
                "Ten bins with equally many items. The largest gap between a bin's mean probability and its fraction of \
                 positives is {}. Probabilities that were learned with drawn negatives fit their ratio and no other.",
                fixed(curve.maximum_error(), 3)
            ),
        );
    }
    let distribution = score_distribution(labels, scores, axis_of(scale));
    Ok(section.captioned_figure(
        distribution.to_svg(),
        "Each class sums to 1, so that a rare class is as visible as a common one.",
    ))
}

/// How probabilities are put together for the calibration curve.
const CALIBRATION: Bins = Bins::EqualCount(10);

/// The axis of scores on a scale.
fn axis_of(scale: Scale) -> Axis {
    match scale {
        Scale::Probability => Axis::new("probability").covering(0.0, 1.0),
        Scale::Logit => Axis::new("logit"),
        Scale::Log => Axis::new("natural logarithm"),
        _ => Axis::new("score"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Baseline, Fold, Page};

    #[test]
    fn every_measure_has_its_name() {
        let evaluation = Evaluation::of(&[false, true], &[0.1, 0.9], Scale::Probability).unwrap();
        let keys = evaluation.measures().map(|(key, _)| key);
        assert_eq!(keys, MEASURES.map(|(key, _, _)| key));
        assert_eq!(evaluation.table().len(), keys.len());
    }

    #[test]
    fn one_class_is_a_section_with_warnings() {
        let section = evaluation_section("t", "n", &[false, false], &[0.1, 0.4], Scale::Probability).unwrap();
        let html = Page::new("p").section(section).to_html();
        // The calibration curve and the scores.
        assert_eq!(html.matches("<svg").count(), 2);
        let logits = evaluation_section("t", "n", &[false, true], &[-1.0, 0.4], Scale::Logit).unwrap();
        assert!(!Page::new("p").section(logits).to_html().contains("<title>Calibration</title>"));
        assert!(html.contains("No ROC curve: undefined without positives: all 2 labels are negative."));
        assert!(html.contains("No precision-recall curve: undefined without positives"));
    }

    #[test]
    fn folds_widen_the_comparison() {
        let evaluation = Evaluation::of(&[false, true], &[0.1, 0.9], Scale::Raw).unwrap();
        let folds = vec![Fold::new("1", evaluation.clone()), Fold::new("2", evaluation.clone())];
        let counts = Baseline::new(Results::of(evaluation.clone())).transductive();
        let metrics =
            Metrics::of_results(Results::of_folds(evaluation, folds)).with_baseline("promoter-count", counts);
        let tsv = metrics.comparison("EPIPAM").to_tsv();
        let lines: Vec<&str> = tsv.lines().collect();
        assert_eq!(lines[0], "name\tauroc\tauroc_mean\tauroc_sd\tauprc\tauprc_mean\tauprc_sd\tremark");
        assert_eq!(lines[1], "EPIPAM\t1.0\t1.0\t0.0\t1.0\t1.0\t0.0\t");
        assert_eq!(lines[2], "promoter-count\t1.0\tNA\tNA\t1.0\tNA\tNA\ttransductive");
        assert_eq!(lines[3], "random\t0.5\tNA\tNA\t0.5\tNA\tNA\t");
    }
}
