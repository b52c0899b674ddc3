//! How far each rule gets under the split: by fold, by draw of the negatives, and on average.

use ciskit_metrics::Ranking;
use serde::{Deserialize, Serialize};

use super::roster::Roster;
use super::rules::{Reads, Rule, Scoring};
use crate::{AuditConfig, Split, subsample_negatives};

/// What a rule without biology reaches on the test lists of a split.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Audit, AuditConfig, ChromosomeFolds, Splitter};
///
/// let mut pairs = Vec::new();
/// for contig in ["c1", "c2", "c3"] {
///     for start in (10_000..90_000).step_by(10_000) {
///         let enhancer = Interval::new(contig, start, start + 200)?;
///         let promoter = Interval::new(contig, 100_000, 101_000)?;
///         pairs.push(Pair::new(enhancer, promoter).with_label(start > 50_000));
///     }
/// }
/// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
/// let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None)?;
/// let distance = audit.baseline("distance", None).ok_or("distance is always measured")?;
/// assert_eq!((distance.auroc, distance.average_precision), (Some(1.0), Some(1.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditBaseline {
    /// Name of the rule, such as `promoter count`.
    pub name: String,
    /// What the rule reads.
    pub reads: Reads,
    /// Whether a row's score depends on which other rows are tested.
    pub transductive: bool,
    /// Negatives drawn for each positive; `None`: all of them.
    pub ratio: Option<usize>,
    /// Mean over the folds with both classes, then over the draws; `None` if there are no such folds.
    pub auroc: Option<f64>,
    /// The same of the average precision.
    pub average_precision: Option<f64>,
    /// Mean over the same of the share of positives: the average precision of a random score.
    pub chance_average_precision: Option<f64>,
    /// Sample standard deviation over the folds, each averaged over the draws.
    pub auroc_sd_folds: Option<f64>,
    /// Sample standard deviation over the draws, each averaged over the folds.
    pub auroc_sd_draws: Option<f64>,
    /// The same over the folds of the average precision.
    pub average_precision_sd_folds: Option<f64>,
    /// The same over the draws of the average precision.
    pub average_precision_sd_draws: Option<f64>,
    /// Standard error of the mean AUROC of a random score on these folds, of its AUROC on the whole list where no fold
    /// holds both classes. Rows count as independent; where many share an element, it is too small.
    pub null_standard_error: Option<f64>,
    /// All labelled rows of the list at once, where the rule needs no training.
    pub whole_list: Option<FoldScore>,
    /// Each draw of the negatives.
    pub draws: Vec<BaselineDraw>,
}

/// The folds' test lists under one draw of the negatives.
///
/// ```
/// let draw = ciskit_dataset::BaselineDraw { seed: Some(3), ..Default::default() };
/// assert!(draw.folds.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BaselineDraw {
    /// Seed of the draw; `None` where every negative is kept.
    pub seed: Option<u32>,
    /// The folds, in the split's order.
    pub folds: Vec<FoldScore>,
}

/// A rule on one list of rows.
///
/// ```
/// let score = ciskit_dataset::FoldScore { fold: "chr1".into(), pairs: 3, ..Default::default() };
/// assert_eq!(score.auroc, None); // without both classes
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldScore {
    /// Name of the fold.
    pub fold: String,
    /// Number of rows.
    pub pairs: usize,
    /// Number of positives among them.
    pub positives: usize,
    /// `None` without both classes.
    pub auroc: Option<f64>,
    /// `None` without both classes.
    pub average_precision: Option<f64>,
}

impl FoldScore {
    fn of(fold: &str, labels: &[bool], scores: &[f64]) -> Self {
        let positives = labels.iter().filter(|label| **label).count();
        let (mut auroc, mut average_precision) = (None, None);
        if let Ok(ranking) = Ranking::new(labels, scores)
            && positives > 0
            && positives < labels.len()
        {
            auroc = ranking.auroc().ok();
            average_precision = ranking.average_precision().ok();
        }
        Self { fold: fold.to_owned(), pairs: labels.len(), positives, auroc, average_precision }
    }

    fn share(&self) -> Option<f64> {
        self.auroc.map(|_| self.positives as f64 / self.pairs as f64)
    }
}

fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().flatten().collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn standard_deviation(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().flatten().collect();
    let mean = mean(values.iter().copied().map(Some)).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Standard error of the mean over folds of the AUROC of a random score without ties: (p + n + 1) / 12pn is each
/// fold's variance.
fn null_standard_error(folds: &[FoldScore]) -> Option<f64> {
    let variance = |fold: &FoldScore| {
        let (positives, negatives) = (fold.positives as f64, (fold.pairs - fold.positives) as f64);
        fold.auroc.map(|_| (positives + negatives + 1.0) / (12.0 * positives * negatives))
    };
    let variances: Vec<f64> = folds.iter().filter_map(variance).collect();
    (!variances.is_empty()).then(|| variances.iter().sum::<f64>().sqrt() / variances.len() as f64)
}

impl AuditBaseline {
    /// Measures a rule on every fold's test list: all of it, or under each of the seeds so many negatives a positive.
    pub(super) fn measure(
        rule: Rule,
        ratio: Option<usize>,
        scoring: &Scoring<'_>,
        split: &Split,
        config: &AuditConfig,
    ) -> Self {
        let roster = scoring.roster;
        let reads = rule.reads();
        let score = |name: &str, rows: &[usize], known: &[usize]| {
            let labels: Vec<bool> = rows.iter().map(|row| roster.is_positive(*row)).collect();
            FoldScore::of(name, &labels, &scoring.scores(rule, rows, known))
        };
        let known: Vec<Vec<usize>> = (0..split.folds.len())
            .map(|fold| match reads {
                Reads::TrainingLabels => {
                    let mut known = Roster::known(split, fold);
                    known.retain(|row| roster.pairs[*row].label.is_some());
                    known
                }
                _ => Vec::new(),
            })
            .collect();
        let seeds: Vec<Option<u32>> = match ratio {
            Some(_) => config.seeds.iter().copied().map(Some).collect(),
            None => vec![None],
        };
        let draw = |seed: Option<u32>| {
            let fold = |(fold, known): (&crate::Fold, &Vec<usize>)| {
                let per_positive = ratio.unwrap_or(usize::MAX);
                let mut rows =
                    subsample_negatives(roster.pairs, &fold.test, per_positive, seed.unwrap_or_default());
                if ratio.is_none() {
                    // Every labelled row: a fold without positives is kept too.
                    rows = fold.test.iter().copied().filter(|r| roster.pairs[*r].label.is_some()).collect();
                }
                score(&fold.name, &rows, known)
            };
            BaselineDraw { seed, folds: split.folds.iter().zip(&known).map(fold).collect() }
        };
        let draws: Vec<BaselineDraw> = seeds.into_iter().map(draw).collect();
        let whole_list =
            (reads != Reads::TrainingLabels && ratio.is_none()).then(|| score("all", &roster.labelled, &[]));
        let null_standard_error = draws
            .first()
            .and_then(|draw| null_standard_error(&draw.folds))
            .or_else(|| null_standard_error(whole_list.as_slice()));
        let of = |value: fn(&FoldScore) -> Option<f64>| {
            let by_draw: Vec<Option<f64>> =
                draws.iter().map(|draw| mean(draw.folds.iter().map(value))).collect();
            let by_fold =
                (0..split.folds.len()).map(|fold| mean(draws.iter().map(|draw| value(&draw.folds[fold]))));
            (
                mean(by_draw.iter().copied()),
                standard_deviation(by_fold),
                standard_deviation(by_draw.iter().copied()),
            )
        };
        let (auroc, auroc_sd_folds, auroc_sd_draws) = of(|fold| fold.auroc);
        let (average_precision, average_precision_sd_folds, average_precision_sd_draws) =
            of(|fold| fold.average_precision);
        Self {
            name: rule.name(),
            reads,
            transductive: reads.is_transductive(),
            ratio,
            auroc,
            average_precision,
            chance_average_precision: of(FoldScore::share).0,
            auroc_sd_folds,
            auroc_sd_draws,
            average_precision_sd_folds,
            average_precision_sd_draws,
            null_standard_error,
            whole_list,
            draws,
        }
    }

    /// The AUROC of whoever knows which way round the rule is: the AUROC, or 1 minus it where that is larger.
    ///
    /// The mean over folds; where no fold holds both classes, that of the whole list.
    #[must_use]
    pub fn separation(&self) -> Option<f64> {
        let auroc = self.auroc.or_else(|| self.whole_list.as_ref()?.auroc)?;
        Some(auroc.max(1.0 - auroc))
    }

    /// The list that was tested in short: `all`, or `1:10`.
    #[must_use]
    pub fn list(&self) -> String {
        self.ratio.map_or_else(|| "all".to_owned(), |ratio| format!("1:{ratio}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_leave_out_what_is_undefined() {
        assert_eq!(mean([Some(1.0), None, Some(2.0)]), Some(1.5));
        assert_eq!((mean([None]), standard_deviation([Some(1.0), None])), (None, None));
        assert_eq!(standard_deviation([Some(1.0), Some(3.0)]), Some(2.0_f64.sqrt()));
    }

    #[test]
    fn one_class_has_no_score() {
        assert_eq!(FoldScore::of("f", &[true, true], &[0.0, 1.0]).average_precision, None);
        assert_eq!(FoldScore::of("f", &[], &[]).auroc, None);
    }

    #[test]
    fn the_null_error_is_that_of_the_rank_sum() {
        let fold = FoldScore { pairs: 40, positives: 20, auroc: Some(0.5), ..FoldScore::default() };
        let expected = (41.0_f64 / 4_800.0).sqrt();
        assert!((null_standard_error(std::slice::from_ref(&fold)).unwrap() - expected).abs() < 1e-15);
        let halved = null_standard_error(&[fold.clone(), fold.clone(), fold.clone(), fold]).unwrap();
        assert!((halved - expected / 2.0).abs() < 1e-15);
    }
}
