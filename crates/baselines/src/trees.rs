//! Gradient-boosted trees on simple features of pairs.

use ciskit_core::{
    InputWindow, Output, PairInput, PairScorer, PairSpec, Scale, ScoreError, Scores, Selection, Side,
};
use ciskit_dataset::PairSource;
use forust_ml::gradientbooster::ImportanceMethod;
use forust_ml::{GradientBooster, Matrix};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::feature_reader::FeatureReader;
use crate::features::{Place, TreeFeature, value};
use crate::labels::labels_of_both_classes;
use crate::{Baseline, BaselineError, ClassWeights, Evidence, FittedBaseline};

/// Gradient-boosted trees with logistic loss on a pair's [features](TreeFeature): distance, lengths, composition, the
/// similarity of both windows, and, if asked for, how often the elements occur in training. What they reach can be reached
/// without reading a single motif.
///
/// Features that do not vary in training are left out. Nothing is drawn at random.
///
/// *Source*: second-order boosting of histogram trees as in XGBoost (Chen and Guestrin, KDD 2016,
/// <https://doi.org/10.1145/2939672.2939785>), by the crate `forust-ml`.
///
/// ```
/// use ciskit_baselines::{Baseline, BoostedTrees};
///
/// assert_eq!(BoostedTrees::default().name(), "trees");
/// let with_degrees = BoostedTrees { degrees: true, ..BoostedTrees::default() };
/// assert_eq!((with_degrees.name(), with_degrees.features().len()), ("trees-degree", 12));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoostedTrees {
    /// Number of trees.
    pub trees: usize,
    /// What each tree's values are multiplied by.
    pub learning_rate: f32,
    /// Questions from a tree's root to a leaf, at most.
    pub depth: usize,
    /// Smallest sum of p · (1 − p) · weight over the rows of a leaf.
    pub min_leaf_weight: f32,
    /// Ridge on the values of leaves.
    pub ridge: f32,
    /// Values that a feature is cut into, at most.
    pub bins: u16,
    /// Whether degrees in training are features.
    pub degrees: bool,
    /// How much a row of each class counts.
    pub class_weights: ClassWeights,
}

impl Default for BoostedTrees {
    fn default() -> Self {
        Self {
            trees: 200,
            learning_rate: 0.05,
            depth: 4,
            min_leaf_weight: 5.0,
            ridge: 1.0,
            bins: 64,
            degrees: false,
            class_weights: ClassWeights::default(),
        }
    }
}

impl BoostedTrees {
    pub(crate) const NAME: &'static str = "trees";
    pub(crate) const WITH_DEGREES: &'static str = "trees-degree";

    const fn known_as(&self) -> &'static str {
        if self.degrees { Self::WITH_DEGREES } else { Self::NAME }
    }

    /// The features in order.
    #[must_use]
    pub fn features(&self) -> Vec<TreeFeature> {
        let of_list: &[TreeFeature] = if self.degrees { &TreeFeature::OF_LIST } else { &[] };
        TreeFeature::OF_PAIRS.iter().chain(of_list).copied().collect()
    }

    fn check(&self) -> Result<(), BaselineError> {
        let positive = |value: f32| value > 0.0 && value.is_finite();
        let settings = [
            ("trees", self.trees > 0, "1 or more"),
            ("learning-rate", positive(self.learning_rate), "a positive number"),
            ("depth", self.depth > 0, "1 or more"),
            ("min-leaf-weight", positive(self.min_leaf_weight), "a positive number"),
            ("ridge", self.ridge >= 0.0 && self.ridge.is_finite(), "0 or a positive number"),
            ("bins", self.bins > 1, "2 or more"),
        ];
        let baseline = self.known_as();
        settings.into_iter().try_for_each(|(setting, holds, needed)| match holds {
            true => Ok(()),
            false => Err(BaselineError::Setting { baseline, setting, needed }),
        })
    }

    /// Fits the trees on the rows `train` of the source.
    ///
    /// # Errors
    ///
    /// [`BaselineError::Setting`], [`BaselineError::NoPairs`], [`BaselineError::Unlabelled`], [`BaselineError::OneClass`],
    /// [`BaselineError::Trees`], and those of the source.
    ///
    /// # Panics
    ///
    /// If the source has no such row.
    pub fn fit_rows(&self, source: &dyn PairSource, train: &[usize]) -> Result<FittedTrees, BaselineError> {
        self.check()?;
        let labels = labels_of_both_classes(self.known_as(), source, train)?;
        let reader = FeatureReader::new(source, train);
        let mut features = self.features();
        let mut columns = reader.columns(&features, source, train, 1.0)?;
        let varies: Vec<bool> = columns.iter().map(|column| has_variance(column)).collect();
        features =
            features.into_iter().zip(&varies).filter(|(_, varies)| **varies).map(|(of, _)| of).collect();
        columns = columns.into_iter().zip(&varies).filter(|(_, varies)| **varies).map(|(of, _)| of).collect();

        let weights = self.class_weights.rows(&labels);
        let [positive, negative] = [true, false].map(|class| {
            labels
                .iter()
                .zip(&weights)
                .filter(|(label, _)| **label == class)
                .map(|(_, weight)| weight)
                .sum::<f64>()
        });
        let mut booster = GradientBooster::default()
            .set_iterations(self.trees)
            .set_learning_rate(self.learning_rate)
            .set_max_depth(self.depth)
            .set_min_leaf_weight(self.min_leaf_weight)
            .set_l2(self.ridge)
            .set_nbins(self.bins)
            .set_initialize_base_score(false)
            .set_base_score((positive / negative).ln())
            // The same sums for any number of threads; some seconds are not worth more.
            .set_parallel(false);
        // Without a feature that varies, every pair has the base score.
        if !features.is_empty() {
            let labels: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
            let values = columns.concat();
            let matrix = Matrix::new(&values, labels.len(), features.len());
            let trees = |error| BaselineError::Trees(Box::new(error));
            booster.fit(&matrix, &labels, &weights, None).map_err(trees)?;
        }
        FittedTrees::new(features, reader, booster)
    }
}

/// Whether a feature has two values at least, apart from missing ones.
fn has_variance(column: &[f64]) -> bool {
    let mut known = column.iter().filter(|value| !value.is_nan());
    known.next().is_some_and(|first| known.any(|other| other != first))
}

impl Baseline for BoostedTrees {
    fn name(&self) -> &str {
        self.known_as()
    }

    fn description(&self) -> &str {
        match self.degrees {
            false => "boosted trees on distance, lengths, composition and similarity",
            true => "boosted trees on distance, lengths, composition, similarity and degrees in training",
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            coordinates: true,
            composition: true,
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

/// Fitted [`BoostedTrees`].
///
/// As a [`PairScorer`] it takes the features that sequences do not tell as covariates, by the names of
/// [`PairSpec::covariates`], and needs the signed distance.
pub struct FittedTrees {
    features: Vec<TreeFeature>,
    reader: FeatureReader,
    booster: GradientBooster,
    spec: PairSpec,
}

/// Features that are covariates of a pair of sequences, in order.
fn covariates(features: &[TreeFeature]) -> impl Iterator<Item = TreeFeature> {
    let told =
        |feature: &TreeFeature| matches!(feature, TreeFeature::Length(_) | TreeFeature::TrainingDegree(_));
    features.iter().copied().filter(told)
}

impl FittedTrees {
    fn new(
        features: Vec<TreeFeature>,
        reader: FeatureReader,
        booster: GradientBooster,
    ) -> Result<Self, BaselineError> {
        let mut spec = PairSpec::builder(InputWindow::any(), InputWindow::any())
            .output(Output::new("interaction", Scale::Logit));
        if features.contains(&TreeFeature::LogDistance) {
            spec = spec.needs_distance();
        }
        spec = covariates(&features).fold(spec, |spec, feature| spec.covariate(feature.to_string()));
        let spec = spec.build().map_err(|error| ScoreError::model("describing boosted trees", error))?;
        Ok(Self { features, reader, booster, spec })
    }

    /// How much of the trees' gain each feature brought, the largest shares first; features that did not vary in training
    /// are not there.
    #[must_use]
    pub fn importance(&self) -> Vec<(TreeFeature, f32)> {
        let gains = self.booster.calculate_feature_importance(ImportanceMethod::TotalGain, true);
        let share =
            |(column, feature): (usize, &TreeFeature)| (*feature, gains.get(&column).copied().unwrap_or(0.0));
        let mut shares: Vec<(TreeFeature, f32)> = self.features.iter().enumerate().map(share).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    /// Logits of rows whose features are these columns.
    fn logits(&self, columns: &[Vec<f64>], rows: usize) -> Vec<f32> {
        let values = columns.concat();
        let matrix = Matrix::new(&values, rows, columns.len());
        self.booster.predict(&matrix, false).into_iter().map(|logit| logit as f32).collect()
    }
}

impl FittedBaseline for FittedTrees {
    fn score(&self, source: &dyn PairSource, rows: &[usize]) -> Result<Vec<f32>, BaselineError> {
        let columns = self.reader.columns(&self.features, source, rows, 0.0)?;
        Ok(self.logits(&columns, rows.len()))
    }

    fn pair_scorer(&self) -> Option<&dyn PairScorer> {
        Some(self)
    }
}

impl PairScorer for FittedTrees {
    fn spec(&self) -> &PairSpec {
        &self.spec
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> Result<Scores, ScoreError> {
        let of_pair = |(item, pair): (usize, &PairInput<'_>)| -> Result<Vec<f64>, ScoreError> {
            pair.check(item, &self.spec)?;
            let mut place =
                Place { signed_distance: pair.signed_distance, lengths: [0.0; 2], degrees: [0.0; 2] };
            for (feature, covariate) in covariates(&self.features).zip(pair.covariates) {
                match feature {
                    TreeFeature::Length(side) => place.lengths[index(side)] = f64::from(*covariate),
                    TreeFeature::TrainingDegree(side) => place.degrees[index(side)] = f64::from(*covariate),
                    _ => {}
                }
            }
            let contents = [pair.enhancer, pair.promoter].map(|window| self.reader.contents.of(window));
            let contents = contents.each_ref();
            Ok(self.features.iter().map(|feature| value(*feature, &place, contents)).collect())
        };
        let rows: Result<Vec<Vec<f64>>, ScoreError> = pairs.par_iter().enumerate().map(of_pair).collect();
        let rows = rows?;
        let column = |feature: usize| rows.iter().map(|row| row[feature]).collect();
        let columns: Vec<Vec<f64>> = (0..self.features.len()).map(column).collect();
        Scores::scalar(self.logits(&columns, rows.len())).select(select)
    }
}

fn index(side: Side) -> usize {
    usize::from(side == Side::Promoter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_dataset::{ElementPairs, ElementSequences};

    #[test]
    fn without_a_feature_that_varies_every_pair_has_the_odds_of_training() {
        let sequences =
            |side, name: &'static str| ElementSequences::new(side, [(name, b"ACGTACGT".to_vec())]).unwrap();
        let rows = [true, false, false, false].map(|label| ("c:0-8", "c:90-98", Some(label)));
        let (enhancers, promoters) =
            (sequences(Side::Enhancer, "c:0-8"), sequences(Side::Promoter, "c:90-98"));
        let source = ElementPairs::new(enhancers, 8, promoters, 8, rows).unwrap();
        let config = BoostedTrees { class_weights: ClassWeights::Equal, ..BoostedTrees::default() };
        let fitted = config.fit_rows(&source, &[0, 1, 2, 3]).unwrap();
        assert!(fitted.importance().is_empty());
        assert_eq!(FittedBaseline::score(&fitted, &source, &[0, 3]).unwrap(), [-(3_f32.ln()); 2]);
    }
}
