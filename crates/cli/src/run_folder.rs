//! The run folder: everything that a training leaves.

mod selection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use ciskit_core::{PairTableScorer, Scale, Side};
use ciskit_dataset::{CountBaseline, DistanceBaseline, Split};
use ciskit_metrics::Ranking;
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, PairModel, Parameters};
use ciskit_report::{
    Axis, Baseline, Evaluation, Fold, LineChart, Metrics, Page, Panel, Results, Section, Selection, Series,
    Svg, Table, evaluation_section, pr_chart, roc_chart, score_distribution,
};
use ciskit_train::{
    CrossValidation, Epoch, FoldOutcome, Protocol, TrainConfig, Trial, candidates_tsv, history_tsv,
};

use crate::claim::{CANDIDATES, REPORT};
use crate::files::{make_folder, write_whole};
use crate::model::model_file;
use crate::pair_input::PairInput;
use crate::score_table::{ScoreTable, sigmoid};

/// A finished training and where it is written.
pub(crate) struct RunFolder<'a> {
    pub(crate) folder: PathBuf,
    pub(crate) input: &'a PairInput,
    pub(crate) split: &'a Split,
    pub(crate) model: &'a ModelConfig,
    pub(crate) config: &'a TrainConfig,
    pub(crate) result: CrossValidation,
}

impl RunFolder<'_> {
    /// Writes every file but `config.toml`, which is there from the start; the report comes last.
    pub(crate) fn write(&self) -> Result<()> {
        for fold in &self.result.folds {
            self.write_models(fold)?;
        }
        write_whole(&self.folder.join("history.tsv"), history_tsv(&self.history()).as_bytes())?;
        if self.config.protocol == Protocol::Paper {
            let table = candidates_tsv(&self.result.folds);
            write_whole(&self.folder.join(CANDIDATES), table.as_bytes())?;
        }
        self.write_scores()?;
        let metrics = self.metrics()?;
        metrics.write(self.folder.join("metrics.json"))?;
        self.page(&metrics)?.write(self.folder.join(REPORT))?;
        Ok(())
    }

    fn write_models(&self, fold: &FoldOutcome) -> Result<()> {
        let (folds, networks) = (self.result.folds.len(), fold.networks());
        for (replica, network) in networks.iter().enumerate() {
            let path = model_file(&self.folder, (fold.number, folds), (replica, networks.len()));
            make_folder(path.parent().unwrap_or(&self.folder))?;
            let model = network.chosen.trial.model(self.model)?;
            let load = |vb| Model::load(vb, &model);
            let (parameters, _) = Parameters::load(network.weights.clone(), DType::F32, &Device::Cpu, load)?;
            ciskit_models::save(path, &parameters, &model)?;
        }
        Ok(())
    }

    fn history(&self) -> Vec<Epoch> {
        self.result.folds.iter().flat_map(|fold| fold.history.clone()).collect()
    }

    fn write_scores(&self) -> Result<()> {
        let folds = &self.result.folds;
        let rows: Vec<usize> = folds.iter().flat_map(|fold| fold.rows.clone()).collect();
        let logits: Vec<f32> = folds.iter().flat_map(|fold| fold.logits.clone()).collect();
        let numbers =
            folds.iter().flat_map(|fold| fold.rows.iter().map(|_| fold.number.to_string())).collect();
        let table =
            ScoreTable { input: self.input, rows: &rows, logits: &logits, further: &[("fold", numbers)] };
        table.write(&self.folder.join("scores.tsv"))
    }

    fn labels(&self, rows: &[usize]) -> Vec<bool> {
        let pairs = self.input.source.pairs();
        rows.iter().map(|row| pairs[*row].label == Some(true)).collect()
    }

    /// The results of scoring every fold's test rows in some way; `score` gives a score a row.
    fn results(&self, scale: Scale, score: impl Fn(&FoldOutcome) -> Result<Vec<f64>>) -> Result<Results> {
        let (mut labels, mut scores, mut folds) = (Vec::new(), Vec::new(), Vec::new());
        for fold in &self.result.folds {
            let (of_fold, score) = (self.labels(&fold.rows), score(fold)?);
            folds.push(Fold::new(&fold.name, Evaluation::of(&of_fold, &score, scale)?));
            labels.extend(of_fold);
            scores.extend(score);
        }
        Ok(Results::of_folds(Evaluation::of(&labels, &scores, scale)?, folds))
    }

    fn baseline(&self, scorer: &dyn PairTableScorer) -> Result<Baseline> {
        let pairs = self.input.source.pairs();
        let results = self.results(Scale::Raw, |fold| {
            let pairs: Vec<_> = fold.rows.iter().map(|row| pairs[*row].clone()).collect();
            let scores = scorer.score_table(&pairs)?;
            Ok(scores.values().iter().map(|score| f64::from(*score)).collect())
        })?;
        let baseline = Baseline::new(results);
        Ok(if scorer.is_transductive() { baseline.transductive() } else { baseline })
    }

    /// The model's results and the label-free baselines on the same rows.
    pub(crate) fn metrics(&self) -> Result<Metrics> {
        let probabilities =
            |fold: &FoldOutcome| Ok(fold.logits.iter().map(|logit| sigmoid(*logit)).collect());
        let metrics = Metrics::of_results(self.results(Scale::Probability, probabilities)?);
        Ok(metrics
            .with_baseline("distance", self.baseline(&DistanceBaseline::new())?)
            .with_baseline("promoter-count", self.baseline(&CountBaseline::new(Side::Promoter))?)
            .with_baseline("enhancer-count", self.baseline(&CountBaseline::new(Side::Enhancer))?)
            .with_selection(selection::of(&self.result, self.config)))
    }

    /// What is printed at the end: a line a fold, and the model beside the baselines.
    pub(crate) fn summary(&self) -> String {
        match self.metrics() {
            Ok(metrics) => {
                let mut tables = vec![metrics.results.fold_table(), self.comparison(&metrics)];
                let inflated = metrics.selection.as_ref().filter(|selection| selection.is_on_test());
                tables.extend(inflated.map(Selection::table));
                tables.iter().map(Table::to_text).collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.to_string(),
        }
    }

    fn comparison(&self, metrics: &Metrics) -> Table {
        metrics.comparison(&self.name(metrics))
    }

    /// What the scores are called: the model, and how it was chosen where that inflates them.
    fn name(&self, metrics: &Metrics) -> String {
        let name = self.model.name();
        match &metrics.selection {
            Some(selection) if selection.is_on_test() => format!("{name}, {}", selection.remark()),
            _ => name.to_owned(),
        }
    }

    /// The report.
    pub(crate) fn page(&self, metrics: &Metrics) -> Result<Page> {
        let name = self.name(metrics);
        let rows: Vec<usize> = self.result.folds.iter().flat_map(|fold| fold.rows.clone()).collect();
        let logits = self.result.folds.iter().flat_map(|fold| fold.logits.iter());
        let probabilities: Vec<f64> = logits.map(|logit| sigmoid(*logit)).collect();
        let selection = metrics.selection.as_ref();
        let chosen = selection.map_or_else(String::new, |selection| self.how_chosen(selection));
        let mut honest = Section::new("How honest is this?")
            .paragraph(format!("Split: {}. {chosen}", self.split.splitter));
        let inflated = selection.filter(|selection| selection.is_on_test());
        if let Some(leak) = &self.split.leak {
            honest = honest.warning(format!("This split is leaky: {leak}"));
        }
        honest = honest
            .paragraph("Baselines that read neither sequence nor labels, on the same test pairs:")
            .table(&self.comparison(metrics))
            .note("Counts are transductive: they read the composition of the test list itself.");
        let tested =
            evaluation_section("Test pairs", &name, &self.labels(&rows), &probabilities, Scale::Probability)?;
        let page = Page::new(format!("{}: training run", self.model.name()))
            .lead("Enhancer-promoter interaction prediction from sequence.")
            .section(honest);
        let page = inflated.map(Selection::section).into_iter().fold(page, Page::section);
        Ok(page.section(Section::new("Folds").table(&metrics.results.fold_table())).section(tested).section(
            Section::new("Training")
                .figure(self.loss_chart().to_svg())
                .figure(self.validation_chart().to_svg()),
        ))
    }

    /// How each fold's model was chosen, in a sentence.
    fn how_chosen(&self, selection: &Selection) -> String {
        let tried = [
            (self.model.has_auxiliary(), "α × "),
            (!self.config.tune.is_empty(), "tuned settings × "),
            (self.config.restarts > 1, "restart × "),
            (true, "epoch"),
        ];
        let tried: String =
            tried.into_iter().filter_map(|(is_tried, what)| is_tried.then_some(what)).collect();
        let candidates = selection.candidates;
        if self.config.replicas > 1 {
            return self.how_replicas_chosen(selection, &tried);
        }
        match selection.chosen_on.as_str() {
            "test" => format!(
                "Each fold's model was chosen among {candidates} candidates ({tried}) on the same test pairs that it is \
                 reported on: its scores are inflated."
            ),
            "none" => {
                "Each fold's model is that of the last epoch; its test pairs were scored once.".to_owned()
            }
            _ => format!(
                "Each fold's model was chosen among {candidates} candidates ({tried}) on that fold's validation pairs; \
                 its test pairs were scored once."
            ),
        }
    }

    /// How the networks of each fold were chosen, in sentences; never on test pairs.
    fn how_replicas_chosen(&self, selection: &Selection, tried: &str) -> String {
        let (replicas, candidates) = (self.config.replicas, selection.candidates);
        let learnt = match self.config.bootstrap {
            true => "each trained on a bootstrap sample of its training pairs",
            false => "each trained from other draws",
        };
        let chosen = match selection.chosen_on.as_str() {
            "none" => "Each is that of its last epoch".to_owned(),
            _ => format!(
                "Each was chosen among {candidates} candidates ({tried}) on that fold's validation pairs"
            ),
        };
        format!(
            "A score is the mean probability of a fold's {replicas} networks, {learnt}. {chosen}; test pairs were scored \
             once by each."
        )
    }

    /// The report at a glance, as one picture: what was reached beside what needs no biology, and the curves.
    pub(crate) fn picture(&self, metrics: &Metrics, further: &[String]) -> Result<Svg> {
        let rows: Vec<usize> = self.result.folds.iter().flat_map(|fold| fold.rows.clone()).collect();
        let logits = self.result.folds.iter().flat_map(|fold| fold.logits.iter());
        let probabilities: Vec<f64> = logits.map(|logit| sigmoid(*logit)).collect();
        let labels = self.labels(&rows);
        let ranking = Ranking::new(&labels, &probabilities)?;
        let name = self.name(metrics);
        let auroc = |evaluation: &Evaluation| {
            evaluation.auroc.value().map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
        };
        let baselines: Vec<String> = metrics
            .baselines
            .iter()
            .map(|(name, baseline)| format!("{name} {}", auroc(&baseline.results.overall)))
            .collect();
        let mut panel = Panel::new(format!("{name}: {} test pairs, {}", labels.len(), self.split.splitter))
            .line(format!(
                "AUROC {}; without sequence: {}",
                auroc(&metrics.results.overall),
                baselines.join(", ")
            ));
        for line in further {
            panel = panel.line(line);
        }
        let axis = Axis::new("probability").covering(0.0, 1.0);
        Ok(panel
            .row([
                roc_chart([(name.as_str(), &ranking)])?.to_svg(),
                pr_chart([(name.as_str(), &ranking)])?.to_svg(),
                score_distribution(&labels, &probabilities, axis).to_svg(),
            ])
            .row([self.loss_chart().to_svg(), self.validation_chart().to_svg()])
            .to_svg())
    }

    fn loss_chart(&self) -> LineChart {
        let axes = (Axis::new("epoch").whole_numbers(), Axis::new("mean training loss"));
        self.by_epoch(LineChart::new("Loss by epoch", axes.0, axes.1), |epoch| Some(epoch.loss))
    }

    fn validation_chart(&self) -> LineChart {
        let axes = (Axis::new("epoch").whole_numbers(), Axis::new("validation AUROC"));
        let chart = LineChart::new("Validation by epoch", axes.0, axes.1);
        self.by_epoch(chart, |epoch| Some(epoch.validation?.auroc)).at_y(0.5, "random, 0.500")
    }

    /// A line for each fold and trial; of several networks, their mean.
    fn by_epoch(&self, mut chart: LineChart, value: impl Fn(&Epoch) -> Option<f64>) -> LineChart {
        let trials = self.config.trials();
        for fold in &self.result.folds {
            for trial in &trials {
                let mut of_epochs: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
                for epoch in &fold.history {
                    let is_ours = Trial { replica: 0, ..epoch.trial.clone() } == *trial;
                    if let (true, Some(value)) = (is_ours, value(epoch)) {
                        of_epochs.entry(epoch.epoch).or_default().push(value);
                    }
                }
                let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
                let points = of_epochs.iter().map(|(epoch, values)| (*epoch as f64, mean(values)));
                let name = match trials.len() {
                    1 => format!("fold {}", fold.number),
                    _ => format!("fold {}, {trial}", fold.number),
                };
                chart = chart.series(Series::line(name, points));
            }
        }
        chart
    }
}
