//! Ridge logistic regression on the k-mers of both windows.

use ciskit_core::{
    InputWindow, Output, PairInput, PairScorer, PairSpec, Scale, ScoreError, Scores, Selection, Side,
};
use ciskit_dataset::PairSource;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::labels::labels_of_both_classes;
use crate::logistic::{Block, Regression, Weights, dot};
use crate::spectrum::{LONGEST, Spectrum};
use crate::standard::Standard;
use crate::windows::{Distinct, distinct_windows};
use crate::{Baseline, BaselineError, ClassWeights, Evidence, FittedBaseline, KmerStrand};

/// Rows whose windows are held at a time when scoring.
const ROWS_AT_A_TIME: usize = 4096;
/// The gradient is followed down to this share of its first length.
const TOLERANCE: f64 = 1e-6;
const MOST_ITERATIONS: usize = 1000;

/// Ridge logistic regression on the k-mers of both windows, each side with its own weights: what a linear model of
/// words without places, order and interaction of the sides makes of the sequences.
///
/// A window's features are the shares of its words among its known k-mers, brought to mean 0 and standard deviation
/// 1 / √(number of words) over the training pairs, so that a window's features have length 1 on average and one ridge
/// means the same for every `k`. Words that do not vary in training are left out. A window without any known k-mer says
/// nothing: its features are 0, those of the average window. The loss is the sum of the weighted losses of the pairs
/// plus ½ · `ridge` · ‖weights‖²; the intercept is free. `ridge` is 1 / C of scikit-learn.
///
/// *Cost*: 4 · windows · words bytes for the different windows of each side, and some tens to some hundreds of passes
/// over them, on rayon's threads.
///
/// ```
/// use ciskit_baselines::{Baseline, KmerRegression};
///
/// let config = KmerRegression { k: 4, ..KmerRegression::default() };
/// assert_eq!((config.name(), config.ridge), ("kmer", 1.0));
/// assert_eq!(KmerRegression::default().k, 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KmerRegression {
    /// Letters a word, 1 to 8. The default 6 is the length of the core of most binding sites and of the words that the
    /// embedding models (EPIVAN) read, so that what these make of the same words stands against their mere counts; a
    /// window of 3,000 bp holds each of the 2,080 canonical 6-mers 1.4 times on average, and fewer than once from 7 on.
    pub k: usize,
    /// Whether a word and its reverse complement are one.
    pub strand: KmerStrand,
    /// How strongly weights are drawn to 0; positive.
    pub ridge: f64,
    /// How much a row of each class counts.
    pub class_weights: ClassWeights,
}

impl Default for KmerRegression {
    fn default() -> Self {
        Self { k: 6, strand: KmerStrand::default(), ridge: 1.0, class_weights: ClassWeights::default() }
    }
}

impl KmerRegression {
    pub(crate) const NAME: &'static str = "kmer";

    fn check(&self) -> Result<(), BaselineError> {
        let baseline = Self::NAME;
        if !(1..=LONGEST).contains(&self.k) {
            return Err(BaselineError::Setting { baseline, setting: "k", needed: "1 to 8" });
        }
        if !(self.ridge > 0.0 && self.ridge.is_finite()) {
            return Err(BaselineError::Setting { baseline, setting: "ridge", needed: "a positive number" });
        }
        Ok(())
    }

    /// Fits the regression on the rows `train` of the source.
    ///
    /// # Errors
    ///
    /// [`BaselineError::Setting`], [`BaselineError::NoPairs`], [`BaselineError::Unlabelled`], [`BaselineError::OneClass`],
    /// [`BaselineError::Unsettled`], and those of the source.
    ///
    /// # Panics
    ///
    /// If the source has no such row.
    pub fn fit_rows(&self, source: &dyn PairSource, train: &[usize]) -> Result<FittedKmers, BaselineError> {
        self.check()?;
        let labels = labels_of_both_classes(Self::NAME, source, train)?;
        let spectrum = Spectrum::new(self.k, self.strand);
        let sides = distinct_windows(source, train)?;
        let mut blocks = sides.map(|side| block(&spectrum, side));
        let standards = blocks.each_mut().map(Standard::bring);
        let weights = self.class_weights.rows(&labels);
        let regression =
            Regression { blocks: &blocks, labels: &labels, weights: &weights, ridge: self.ridge };
        let (fitted, minimum) = regression.fit(TOLERANCE, MOST_ITERATIONS);
        if minimum.left > TOLERANCE {
            let (baseline, iterations, left) = (Self::NAME, minimum.iterations, minimum.left);
            return Err(BaselineError::Unsettled { baseline, iterations, left });
        }
        FittedKmers::new(spectrum, &fitted, &standards)
    }
}

impl Baseline for KmerRegression {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn description(&self) -> &str {
        "ridge logistic regression on the k-mers of both windows"
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            composition: true,
            sequence: true,
            training_list: true,
            training_labels: true,
            ..Evidence::default()
        }
    }

    fn fit(
        &self,
        source: &dyn PairSource,
        train: &[usize],
        _: u64,
    ) -> Result<Box<dyn FittedBaseline>, BaselineError> {
        Ok(Box::new(self.fit_rows(source, train)?))
    }
}

/// A fitted [`KmerRegression`].
#[derive(Clone, Debug)]
pub struct FittedKmers {
    spectrum: Spectrum,
    sides: [Linear; 2],
    intercept: f64,
    spec: PairSpec,
}

/// What one side's shares say: offset + weights · shares, and nothing where there are no shares.
#[derive(Clone, Debug)]
struct Linear {
    weights: Vec<f64>,
    offset: f64,
    per_deviation: Vec<f64>,
}

impl Linear {
    fn new(fitted: &[f64], standard: &Standard) -> Self {
        let weights: Vec<f64> = fitted.iter().zip(&standard.factors).map(|(w, factor)| w * factor).collect();
        let offset = -weights.iter().zip(&standard.means).map(|(w, mean)| w * mean).sum::<f64>();
        let per_deviation = fitted.iter().map(|weight| weight / standard.root.max(1.0)).collect();
        Self { weights, offset, per_deviation }
    }

    fn of(&self, spectrum: &Spectrum, window: &[u8], shares: &mut Vec<f32>) -> f64 {
        shares.resize(spectrum.width(), 0.0);
        spectrum.shares(window, shares);
        let empty = shares.iter().all(|share| *share == 0.0);
        if empty { 0.0 } else { self.offset + dot(shares, &self.weights) }
    }
}

impl FittedKmers {
    fn new(spectrum: Spectrum, fitted: &Weights, standards: &[Standard; 2]) -> Result<Self, BaselineError> {
        let sides = [0, 1].map(|side| Linear::new(&fitted.sides[side], &standards[side]));
        let spec = PairSpec::builder(InputWindow::any(), InputWindow::any())
            .output(Output::new("interaction", Scale::Logit))
            .build()
            .map_err(|error| ScoreError::model("describing the k-mer regression", error))?;
        Ok(Self { spectrum, sides, intercept: fitted.intercept, spec })
    }

    /// The words of a side with what one standard deviation more of their share adds to the logit, the largest amounts
    /// first; a canonical word stands for both strands.
    ///
    /// ```
    /// # use ciskit_baselines::KmerRegression;
    /// # use ciskit_core::Side;
    /// # use ciskit_dataset::{ElementPairs, ElementSequences};
    /// let enhancers = [("c:0-6", b"AAAAAA".to_vec()), ("c:9-15", b"CCCCCC".to_vec())];
    /// let promoters = [("c:99-105", b"ACGTAC".to_vec())];
    /// let rows = [("c:0-6", "c:99-105", Some(true)), ("c:9-15", "c:99-105", Some(false))];
    /// let enhancers = ElementSequences::new(Side::Enhancer, enhancers)?;
    /// let source = ElementPairs::new(enhancers, 6, ElementSequences::new(Side::Promoter, promoters)?, 6, rows)?;
    ///
    /// let fitted = KmerRegression { k: 1, ..KmerRegression::default() }.fit_rows(&source, &[0, 1])?;
    /// let words = fitted.words(Side::Enhancer);
    /// assert!(words[0].0 == "A" && words[0].1 > 0.0 && words[1].1 == -words[0].1);
    /// assert!(fitted.words(Side::Promoter).iter().all(|(_, weight)| *weight == 0.0)); // all windows are the same
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn words(&self, side: Side) -> Vec<(String, f64)> {
        let weights = &self.sides[usize::from(side == Side::Promoter)].per_deviation;
        let mut columns: Vec<usize> = (0..weights.len()).collect();
        columns.sort_by(|a, b| weights[*b].abs().total_cmp(&weights[*a].abs()));
        columns.into_iter().map(|column| (self.spectrum.word(column), weights[column])).collect()
    }

    /// What each of the windows says.
    fn products(&self, side: usize, windows: &[Vec<u8>]) -> Vec<f64> {
        let product =
            |shares: &mut Vec<f32>, window: &Vec<u8>| self.sides[side].of(&self.spectrum, window, shares);
        windows.par_iter().map_init(Vec::new, product).collect()
    }
}

impl FittedBaseline for FittedKmers {
    fn score(&self, source: &dyn PairSource, rows: &[usize]) -> Result<Vec<f32>, BaselineError> {
        let mut scores = Vec::with_capacity(rows.len());
        for rows in rows.chunks(ROWS_AT_A_TIME) {
            let sides = distinct_windows(source, rows)?;
            let products = [0, 1].map(|side| self.products(side, &sides[side].windows));
            let logit = |row: usize| {
                let [enhancer, promoter] = [0, 1].map(|side| products[side][sides[side].of[row]]);
                (self.intercept + enhancer + promoter) as f32
            };
            scores.extend((0..rows.len()).map(logit));
        }
        Ok(scores)
    }

    fn pair_scorer(&self) -> Option<&dyn PairScorer> {
        Some(self)
    }
}

impl PairScorer for FittedKmers {
    fn spec(&self) -> &PairSpec {
        &self.spec
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        let logit = |shares: &mut Vec<f32>, (item, pair): (usize, &PairInput<'_>)| {
            pair.check(item, &self.spec)?;
            let [enhancer, promoter] = [(0, pair.enhancer), (1, pair.promoter)]
                .map(|(side, window)| self.sides[side].of(&self.spectrum, window, shares));
            Ok((self.intercept + enhancer + promoter) as f32)
        };
        let logits: Result<Vec<f32>, ScoreError> =
            pairs.par_iter().enumerate().map_init(Vec::new, |shares, pair| logit(shares, pair)).collect();
        Scores::scalar(logits?).select(select)
    }
}

/// The shares of the words of every different window.
fn block(spectrum: &Spectrum, side: Distinct) -> Block {
    let width = spectrum.width();
    let mut values = vec![0.0; side.windows.len() * width];
    values.par_chunks_mut(width).zip(&side.windows).for_each(|(out, window)| spectrum.shares(window, out));
    Block { width, values, of: side.of }
}
