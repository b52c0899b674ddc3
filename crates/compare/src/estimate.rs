//! One model on one set of rows: means over folds, pooled values, intervals.

use ciskit_metrics::{MetricError, Ranking};
use serde::Serialize;

use crate::bootstrap::{self, Blocks};
use crate::walk::{Both, Walk};

/// What is measured.
///
/// ```
/// use ciskit_compare::Metric;
/// assert_eq!(Metric::AveragePrecision.key(), "auprc");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Area under the ROC curve.
    Auroc,
    /// Average precision: area under the precision-recall curve without interpolation.
    AveragePrecision,
}

impl Metric {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Auroc, Self::AveragePrecision];

    /// The key in tables, as `metrics.json` has it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Auroc => "auroc",
            Self::AveragePrecision => "auprc",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Auroc => "AUROC",
            Self::AveragePrecision => "AUPRC",
        }
    }

    pub(crate) fn of(self, both: Both) -> f64 {
        match self {
            Self::Auroc => both.auroc,
            Self::AveragePrecision => both.average_precision,
        }
    }
}

/// One measure of one model on some rows of a test list. It is defined where both classes occur.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Estimate {
    /// Mean over the folds in which the measure is defined: the number to compare.
    pub mean: Option<f64>,
    /// Sample standard deviation (n − 1) over these folds; none for fewer than two.
    pub sd: Option<f64>,
    /// Number of these folds.
    pub folds: usize,
    /// All rows together. Scores of different folds' models share no scale, so that this may lie above or below what
    /// every single fold reaches.
    pub pooled: Option<f64>,
    /// Interval of 95 % of the mean, chromosomes resampled as blocks; a fold counts as often as its chromosomes were
    /// drawn.
    pub interval: Option<[f64; 2]>,
    /// The measure in each fold, in the order of the list's folds.
    pub by_fold: Vec<Option<f64>>,
    /// Why there is no mean.
    pub undefined: Option<String>,
    /// Why there is no interval.
    pub no_interval: Option<String>,
}

/// One model on some rows of a test list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Measured {
    /// Number of rows.
    pub n: usize,
    /// Number of positives among them.
    pub positives: usize,
    /// Share of positives: about the average precision of random scores.
    pub prevalence: Option<f64>,
    /// Number of chromosomes with positives.
    pub chromosomes: usize,
    /// Area under the ROC curve.
    pub auroc: Estimate,
    /// Average precision.
    pub average_precision: Estimate,
}

impl Measured {
    /// One of the measures.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> &Estimate {
        match metric {
            Metric::Auroc => &self.auroc,
            Metric::AveragePrecision => &self.average_precision,
        }
    }
}

/// Some rows of a list with one model's scores, fold by fold.
pub(crate) struct Rows {
    pub(crate) labels: Vec<Vec<bool>>,
    pub(crate) scores: Vec<Vec<f64>>,
    pub(crate) blocks: Vec<Vec<u32>>,
}

impl Rows {
    /// The rows of one stratum.
    pub(crate) fn only(&self, of: &[Vec<usize>], stratum: usize) -> Self {
        fn kept<T: Copy>(values: &[Vec<T>], of: &[Vec<usize>], stratum: usize) -> Vec<Vec<T>> {
            let fold = |(values, of): (&Vec<T>, &Vec<usize>)| {
                values
                    .iter()
                    .zip(of)
                    .filter(|(_, found)| **found == stratum)
                    .map(|(value, _)| *value)
                    .collect()
            };
            values.iter().zip(of).map(fold).collect()
        }
        Self {
            labels: kept(&self.labels, of, stratum),
            scores: kept(&self.scores, of, stratum),
            blocks: kept(&self.blocks, of, stratum),
        }
    }

    /// Number of blocks that hold positives.
    pub(crate) fn blocks_with_positives(&self) -> usize {
        let rows = self.labels.iter().flatten().zip(self.blocks.iter().flatten());
        let blocks: std::collections::BTreeSet<u32> =
            rows.filter(|(label, _)| **label).map(|(_, block)| *block).collect();
        blocks.len()
    }
}

/// Spread below this is what rounding leaves.
const ROUNDING: f64 = 1e-14;

/// The means over folds in every resample; `None` where no fold has both classes.
pub(crate) type Resampled = Vec<Option<Both>>;

/// Measures some rows, in themselves and in every resample.
pub(crate) fn measure(rows: &Rows, blocks: &Blocks) -> (Measured, Resampled) {
    let walks = rows.labels.iter().zip(&rows.scores).zip(&rows.blocks);
    let walks: Vec<Walk> =
        walks.map(|((labels, scores), blocks)| Walk::new(labels, scores, blocks)).collect();
    let resampled: Resampled =
        blocks.resamples.iter().map(|weights| mean_of_folds(&walks, weights)).collect();

    let labels: Vec<bool> = rows.labels.concat();
    let (n, positives) = (labels.len(), labels.iter().filter(|label| **label).count());
    let by_fold: Vec<Result<Both, MetricError>> =
        rows.labels.iter().zip(&rows.scores).map(|(labels, scores)| both(labels, scores)).collect();
    let pooled = both(&labels, &rows.scores.concat());
    let chromosomes = rows.blocks_with_positives();
    let estimate = |metric: Metric| {
        let of_folds: Vec<Option<f64>> =
            by_fold.iter().map(|both| both.as_ref().ok().map(|both| metric.of(*both))).collect();
        let values: Vec<f64> = of_folds.iter().copied().flatten().collect();
        let draws: Vec<Option<f64>> = resampled.iter().map(|both| both.map(|both| metric.of(both))).collect();
        let spread = ciskit_report::Spread::of(values);
        let interval = match spread.mean {
            Some(_) => bootstrap::interval(&draws, chromosomes),
            None => Err("there is no mean".into()),
        };
        Estimate {
            mean: spread.mean,
            // Equal values whose last digits differ, as those of one score for all, have no spread.
            sd: spread.sd.map(|sd| if sd < ROUNDING { 0.0 } else { sd }),
            folds: spread.folds,
            pooled: pooled.as_ref().ok().map(|both| metric.of(*both)),
            interval: interval.as_ref().ok().copied(),
            by_fold: of_folds,
            undefined: spread.mean.is_none().then(|| why_undefined(&pooled)),
            no_interval: interval.err(),
        }
    };
    let (auroc, average_precision) = (estimate(Metric::Auroc), estimate(Metric::AveragePrecision));
    let prevalence = (n > 0).then(|| positives as f64 / n as f64);
    (Measured { n, positives, prevalence, chromosomes, auroc, average_precision }, resampled)
}

/// Both measures, or why they are undefined.
fn both(labels: &[bool], scores: &[f64]) -> Result<Both, MetricError> {
    let ranking = Ranking::new(labels, scores)?;
    Ok(Both { auroc: ranking.auroc()?, average_precision: ranking.average_precision()? })
}

fn why_undefined(pooled: &Result<Both, MetricError>) -> String {
    match pooled {
        Ok(_) => "no fold has both classes".into(),
        Err(MetricError::Empty) => "no such rows".into(),
        Err(reason) => reason.to_string(),
    }
}

/// The mean over the folds that have both classes in a resample, each as often as its chromosomes were drawn: with one
/// chromosome a fold, what is resampled are the folds' values themselves.
fn mean_of_folds(walks: &[Walk], weights: &[u32]) -> Option<Both> {
    let (mut folds, mut auroc, mut average_precision) = (0.0, 0.0, 0.0);
    for walk in walks {
        let Some(both) = walk.measure(weights) else { continue };
        let drawn = walk.drawn(weights);
        folds += drawn;
        auroc += drawn * both.auroc;
        average_precision += drawn * both.average_precision;
    }
    (folds > 0.0).then(|| Both { auroc: auroc / folds, average_precision: average_precision / folds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resamples_are_means_over_the_folds_as_often_as_they_were_drawn() {
        // Two folds; blocks 0 and 1 are the first one's, block 2 is the second's.
        let rows = Rows {
            labels: vec![vec![true, false, true, false], vec![true, false, false]],
            scores: vec![vec![4.0, 3.0, 2.0, 9.0], vec![0.5, 0.1, 0.7]],
            blocks: vec![vec![0, 0, 1, 1], vec![2, 2, 2]],
        };
        let resamples = [[1, 1, 1], [2, 0, 1], [0, 2, 1], [3, 0, 0], [1, 0, 2], [0, 0, 0]];
        let resamples = resamples.map(Vec::from).into();
        let blocks = Blocks { of: rows.blocks.clone(), resamples };
        let (measured, resampled) = measure(&rows, &blocks);
        let auroc: Vec<Option<f64>> = resampled.iter().map(|both| both.map(|both| both.auroc)).collect();
        // First fold 1/4 whole, 1 in block 0, 0 in block 1; second fold 1/2. The last but one resample has the first
        // fold half and the second twice: (1/2 × 1 + 2 × 1/2) / (5/2).
        assert_eq!(auroc, [Some(0.375), Some(0.75), Some(0.25), Some(1.0), Some(0.6), None]);
        assert_eq!(measured.auroc.mean, Some(0.375));
        assert_eq!(measured.auroc.by_fold, [Some(0.25), Some(0.5)]);
        assert_eq!((measured.n, measured.positives, measured.chromosomes), (7, 3, 3));
        let precision = [resampled[0], resampled[3]].map(|both| both.map(|both| both.average_precision));
        assert_eq!(precision, [Some(((0.5 + 0.5) / 2.0 + 0.5) / 2.0), Some(1.0)]);
    }

    #[test]
    fn one_fold_has_the_interval_of_the_metrics_bootstrap() {
        let draws = |name: &str| ciskit_core::random::Stream::new(5, name);
        let (n, blocks) = (600_u64, 15);
        let labels: Vec<bool> = (0..n).map(|row| draws("label").uniform(row) < 0.3).collect();
        let scores: Vec<f64> = (0..n)
            .map(|row| draws("noise").normal(row) + if labels[row as usize] { 0.8 } else { 0.0 })
            .collect();
        let of: Vec<u32> = (0..n).map(|row| (row % blocks) as u32).collect();
        let resample = |number: u64| {
            let (mut weights, mut draws) =
                (vec![0; blocks as usize], draws("resample").number(number).draws());
            (0..blocks).for_each(|_| weights[draws.below(blocks) as usize] += 1);
            weights
        };
        let rows =
            Rows { labels: vec![labels.clone()], scores: vec![scores.clone()], blocks: vec![of.clone()] };
        let resampled = Blocks { of: vec![of.clone()], resamples: (0..4000).map(resample).collect() };
        let (measured, _) = measure(&rows, &resampled);
        let bootstrap = ciskit_metrics::Bootstrap::new(7).resamples(4000);
        let auroc = bootstrap.block_interval(&labels, &scores, &of, ciskit_metrics::auroc).unwrap();
        let precision =
            bootstrap.block_interval(&labels, &scores, &of, ciskit_metrics::average_precision).unwrap();
        for (ours, theirs) in [(&measured.auroc, auroc), (&measured.average_precision, precision)] {
            let [low, high] = ours.interval.unwrap();
            assert!((ours.mean.unwrap() - theirs.estimate).abs() < 1e-12);
            // Two sets of 4,000 resamples differ in their quantiles by a few thousandths.
            assert!(
                (low - theirs.lower).abs() < 0.006 && (high - theirs.upper).abs() < 0.006,
                "{ours:?} {theirs:?}"
            );
        }
    }

    #[test]
    fn one_chromosome_a_fold_has_the_plain_bootstrap_of_the_folds_values() {
        let (folds, rows_a_fold, resamples) = (12, 40_u64, 4000);
        let draws = |name: &str| ciskit_core::random::Stream::new(9, name);
        let (mut labels, mut scores) = (Vec::new(), Vec::new());
        for fold in 0..folds {
            let of_fold: Vec<bool> = (0..rows_a_fold).map(|row| row % 4 == 0).collect();
            let noise = draws("noise").number(fold);
            // Folds differ in how well they are told apart.
            let strength = draws("strength").uniform(fold) * 2.0;
            let score = |(row, label): (u64, &bool)| noise.normal(row) + if *label { strength } else { 0.0 };
            scores.push((0..).zip(&of_fold).map(score).collect());
            labels.push(of_fold);
        }
        let of: Vec<Vec<u32>> = (0..folds as u32).map(|fold| vec![fold; rows_a_fold as usize]).collect();
        let resample = |number: u64| {
            let (mut weights, mut draws) =
                (vec![0; folds as usize], draws("resample").number(number).draws());
            (0..folds).for_each(|_| weights[draws.below(folds) as usize] += 1);
            weights
        };
        let rows = Rows { labels, scores, blocks: of.clone() };
        let blocks = Blocks { of, resamples: (0..resamples).map(resample).collect() };
        let (measured, _) = measure(&rows, &blocks);

        for estimate in [&measured.auroc, &measured.average_precision] {
            let values: Vec<f64> = estimate.by_fold.iter().map(|value| value.unwrap()).collect();
            let mean_of_draws = |number: u64| {
                let mut draws = draws("plain").number(number).draws();
                (0..folds).map(|_| values[draws.below(folds) as usize]).sum::<f64>() / folds as f64
            };
            let mut plain: Vec<f64> = (0..resamples).map(mean_of_draws).collect();
            plain.sort_unstable_by(f64::total_cmp);
            let [low, high] = estimate.interval.unwrap();
            let [plain_low, plain_high] = [plain[99], plain[3899]];
            // Folds that count once however often they are drawn would give three quarters of the width.
            let width = (high - low) / (plain_high - plain_low);
            assert!((width - 1.0).abs() < 0.05, "{width}");
            assert!((low - plain_low).abs() < 0.01 && (high - plain_high).abs() < 0.01, "{estimate:?}");
        }
    }

    #[test]
    fn a_stratum_keeps_its_rows_in_every_fold() {
        let rows = Rows {
            labels: vec![vec![true, false, true], vec![false]],
            scores: vec![vec![1.0, 2.0, 3.0], vec![4.0]],
            blocks: vec![vec![0, 1, 2], vec![3]],
        };
        let only = rows.only(&[vec![1, 0, 1], vec![0]], 1);
        assert_eq!(
            (only.labels, only.scores),
            (vec![vec![true, true], vec![]], vec![vec![1.0, 3.0], vec![]])
        );
        assert_eq!(only.blocks, [vec![0, 2], vec![]]);
    }
}
