//! A comparison as tables: two tidy ones for programs, several small ones for people.

use ciskit_report::{Cell, Column, Table};

use crate::comparison::ModelResult;
use crate::difference::DeLong;
use crate::{Comparison, Difference, Measured, Metric, Stratification, TestRatio};

impl Comparison {
    /// Every number, one row a model × ratio × measure × stratum.
    ///
    /// `stratified_by` and `stratum` are missing for whole lists; `undefined` and `no_interval` say why a mean or an
    /// interval is missing.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new([
            Column::text("model"),
            Column::text("kind"),
            Column::text("ratio"),
            Column::text("stratified_by"),
            Column::text("stratum"),
            Column::text("measure"),
            Column::float("mean", 3),
            Column::float("sd", 3),
            Column::interval("interval", 3),
            Column::float("pooled", 3),
            Column::integer("folds"),
            Column::integer("chromosomes"),
            Column::integer("n"),
            Column::integer("positives"),
            Column::integer("negatives"),
            Column::float("prevalence", 3),
            Column::text("undefined"),
            Column::text("no_interval"),
        ]);
        for ModelResult { model, kind, ratio, stratum, measured } in &self.results {
            for metric in Metric::ALL {
                let estimate = measured.estimate(metric);
                table.push([
                    model.as_str().into(),
                    kind.to_string().into(),
                    ratio.to_string().into(),
                    stratum.map(|stratum| stratum.by.to_string()).into(),
                    stratum.map(|stratum| stratum.name).into(),
                    metric.key().into(),
                    estimate.mean.into(),
                    estimate.sd.into(),
                    estimate.interval.into(),
                    estimate.pooled.into(),
                    estimate.folds.into(),
                    measured.chromosomes.into(),
                    measured.n.into(),
                    measured.positives.into(),
                    (measured.n - measured.positives).into(),
                    measured.prevalence.into(),
                    estimate.undefined.clone().into(),
                    estimate.no_interval.clone().into(),
                ]);
            }
        }
        table
    }

    /// Every paired test, one row a model × ratio × measure × scope: the mean over folds (`mean`), all rows together
    /// (`pooled`), and each fold by name.
    #[must_use]
    pub fn difference_table(&self) -> Table {
        let mut table = Table::new([
            Column::text("model"),
            Column::text("reference"),
            Column::text("ratio"),
            Column::text("measure"),
            Column::text("scope"),
            Column::text("fold"),
            Column::float("difference", 3),
            Column::interval("interval", 3),
            Column::float("p_bootstrap", 3),
            Column::float("delong_standard_error", 3),
            Column::float("p_delong", 3),
            Column::text("no_interval"),
        ]);
        for test in &self.differences {
            let mut row =
                |scope: &str, fold: Option<&str>, difference: Option<f64>, delong: Option<DeLong>| {
                    let mean = (scope == "mean").then_some(test);
                    table.push([
                        test.model.as_str().into(),
                        self.config.reference.as_str().into(),
                        test.ratio.to_string().into(),
                        test.metric.key().into(),
                        scope.into(),
                        fold.into(),
                        difference.into(),
                        mean.and_then(|test| test.interval).into(),
                        mean.and_then(|test| test.p_value).into(),
                        delong.map(|test| test.standard_error).into(),
                        delong.and_then(|test| test.p_value).into(),
                        mean.and_then(|test| test.no_interval.clone()).into(),
                    ]);
                };
            row("mean", None, test.difference, test.delong);
            if let Some(pooled) = test.delong_pooled {
                row("pooled", None, Some(pooled.difference), Some(pooled));
            }
            for fold in &test.folds {
                row("fold", Some(&fold.fold), fold.difference, fold.delong);
            }
        }
        table
    }

    /// The models on a list, the best mean AUROC first.
    #[must_use]
    pub fn ranking_table(&self, ratio: TestRatio) -> Table {
        let mut columns = vec![Column::text("model").titled("Model"), Column::text("kind").titled("Kind")];
        for metric in Metric::ALL {
            let (key, title) = (metric.key(), metric.title());
            columns.push(Column::float(key, 3).titled(format!("{title}, mean of folds")));
            columns.push(Column::float(format!("{key}_sd"), 3).titled("sd"));
            columns.push(Column::interval(format!("{key}_interval"), 3).titled("95 %"));
            columns.push(Column::float(format!("{key}_pooled"), 3).titled("pooled"));
        }
        columns.push(Column::text("remark").titled("Remark"));
        let mut table = Table::new(columns);
        for result in self.ranked(ratio, Metric::Auroc) {
            let mut row: Vec<Cell> = vec![result.model.as_str().into(), result.kind.to_string().into()];
            for metric in Metric::ALL {
                let estimate = result.measured.estimate(metric);
                row.extend([estimate.mean.into(), estimate.sd.into()]);
                row.extend([estimate.interval.into(), estimate.pooled.into()]);
            }
            row.push(self.remark(result).into());
            table.push(row);
        }
        match self.on_list(ratio).next() {
            Some(ModelResult { measured, .. }) => table.captioned(list_sentence(ratio, measured)),
            None => table,
        }
    }

    /// Every model against the reference on a list, the largest difference in AUROC first.
    #[must_use]
    pub fn reference_table(&self, ratio: TestRatio) -> Table {
        let mut columns = vec![Column::text("model").titled("Model")];
        for metric in Metric::ALL {
            let (key, title) = (metric.key(), metric.title());
            columns.push(Column::float(key, 3).titled(format!("Δ {title}")));
            columns.push(Column::interval(format!("{key}_interval"), 3).titled("95 %"));
            columns.push(Column::float(format!("{key}_p"), 3).titled("p, chromosomes resampled"));
            if metric == Metric::Auroc {
                columns.push(Column::float("p_delong", 3).titled("p, DeLong by fold"));
                columns.push(Column::float("p_delong_pooled", 3).titled("p, DeLong pooled"));
            }
            columns.push(Column::text(format!("{key}_wins")).titled("folds better : worse"));
        }
        let reference = &self.config.reference;
        let mut table = Table::new(columns).captioned(format!("Model minus {reference}, test list {ratio}"));
        for result in self.ranked(ratio, Metric::Auroc) {
            let of_metric = |metric: Metric| {
                let mut tests = self.differences.iter();
                tests.find(|test| (&test.model, test.ratio, test.metric) == (&result.model, ratio, metric))
            };
            let tests: Vec<&Difference> = Metric::ALL.into_iter().filter_map(of_metric).collect();
            if tests.is_empty() {
                continue; // the reference
            }
            let mut row: Vec<Cell> = vec![result.model.as_str().into()];
            for test in tests {
                row.extend([test.difference.into(), test.interval.into(), test.p_value.into()]);
                if test.metric == Metric::Auroc {
                    let p = |delong: Option<DeLong>| delong.and_then(|test| test.p_value).into();
                    row.extend([p(test.delong), p(test.delong_pooled)]);
                }
                row.push(format!("{} : {}", test.wins[0], test.wins[1]).into());
            }
            table.push(row);
        }
        table
    }

    /// One measure of every model in every stratum of a kind: one row a stratum, one column a model.
    #[must_use]
    pub fn strata_table(&self, ratio: TestRatio, by: Stratification, metric: Metric) -> Table {
        let mut columns = vec![
            Column::text("stratum").titled(capitalised(&by.to_string())),
            Column::integer("n").titled("Pairs"),
            Column::integer("positives").titled("Positives"),
            Column::float("prevalence", 3).titled("Prevalence"),
        ];
        let models = self.models.iter();
        columns.extend(models.map(|model| {
            Column::float(format!("{} {}", metric.key(), model.name), 3).titled(model.name.as_str())
        }));
        columns.push(Column::text("undefined").titled("Why undefined"));
        let mut table = Table::new(columns)
            .captioned(format!("{}, mean over folds, by {by}, test list {ratio}", metric.title()));
        let in_stratum = |name: &str| -> Vec<&ModelResult> {
            let of_stratum = |result: &&ModelResult| {
                let stratum = result.stratum.filter(|stratum| stratum.by == by);
                result.ratio == ratio && stratum.is_some_and(|stratum| stratum.name == name)
            };
            self.results.iter().filter(of_stratum).collect()
        };
        for name in self.stratum_names(ratio, by) {
            let results = in_stratum(name);
            let Some(ModelResult { measured, .. }) = results.first() else { continue };
            let mut row: Vec<Cell> =
                vec![name.into(), measured.n.into(), measured.positives.into(), measured.prevalence.into()];
            row.extend(results.iter().map(|result| Cell::from(result.measured.estimate(metric).mean)));
            row.push(measured.estimate(metric).undefined.clone().unwrap_or_default().into());
            table.push(row);
        }
        table
    }

    /// One measure of every model in every fold of a list: one row a fold, one column a model.
    #[must_use]
    pub fn fold_table(&self, ratio: TestRatio, metric: Metric) -> Table {
        let mut columns = vec![
            Column::text("fold").titled("Fold"),
            Column::integer("positives").titled("Positives"),
            Column::integer("negatives").titled("Negatives"),
        ];
        let results: Vec<&ModelResult> = self.on_list(ratio).collect();
        columns.extend(results.iter().map(|result| {
            Column::float(format!("{} {}", metric.key(), result.model), 3).titled(result.model.as_str())
        }));
        let caption = format!("{} by fold, test list {ratio}", metric.title());
        let mut table = Table::new(columns).captioned(caption);
        let lists = self.lists.iter().filter(|list| list.ratio == ratio);
        for (index, fold) in lists.flat_map(|list| list.folds.iter().enumerate()) {
            let mut row: Vec<Cell> = vec![fold.name.as_str().into()];
            row.extend([Cell::from(fold.positives), fold.negatives.into()]);
            let values = results.iter().map(|result| result.measured.estimate(metric).by_fold[index]);
            row.extend(values.map(Cell::from));
            table.push(row);
        }
        table
    }

    /// What the audit of the list found.
    #[must_use]
    pub fn finding_table(&self) -> Table {
        let columns =
            ["verdict", "check", "message"].map(|name| Column::text(name).titled(capitalised(name)));
        let mut table = Table::new(columns);
        for finding in &self.findings {
            table.push([
                finding.verdict.to_string().into(),
                finding.check.as_str().into(),
                finding.message.as_str().into(),
            ]);
        }
        table
    }

    /// The models on a list, the largest mean of a measure first, undefined ones last; otherwise in their order.
    pub(crate) fn ranked(&self, ratio: TestRatio, metric: Metric) -> Vec<&ModelResult> {
        let mut results: Vec<&ModelResult> = self.on_list(ratio).collect();
        let mean = |result: &ModelResult| result.measured.estimate(metric).mean.unwrap_or(f64::NEG_INFINITY);
        results.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
        results
    }

    /// What a reader must know of a row.
    fn remark(&self, result: &ModelResult) -> String {
        let of_model = |model: &&crate::Compared| model.name == result.model;
        let transductive = self.models.iter().find(of_model).is_some_and(|model| model.transductive);
        let reason = result.measured.auroc.undefined.clone();
        match reason.or_else(|| result.measured.auroc.no_interval.clone()) {
            Some(reason) => reason,
            None if transductive => "transductive: reads the test list itself".into(),
            None => String::new(),
        }
    }

    fn stratum_names(&self, ratio: TestRatio, by: Stratification) -> Vec<&'static str> {
        let mut names = Vec::new();
        for stratum in
            self.results.iter().filter(|result| result.ratio == ratio).filter_map(|result| result.stratum)
        {
            if stratum.by == by && !names.contains(&stratum.name) {
                names.push(stratum.name);
            }
        }
        names
    }
}

/// What a list holds, in words.
fn list_sentence(ratio: TestRatio, measured: &Measured) -> String {
    let Measured { n, positives, chromosomes, .. } = measured;
    format!(
        "Test list {ratio}: {positives} positives and {} negatives on {chromosomes} chromosomes with positives",
        n - positives
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
