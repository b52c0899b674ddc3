//! What a comparison is given: every model's scores of the folds' test pairs.

use std::collections::{HashMap, HashSet};
use std::fmt;

use ciskit_core::Pair;
use ciskit_dataset::{Split, pair_name};
use serde::{Deserialize, Serialize};

use crate::CompareError;

/// What kind of scorer it is.
///
/// ```
/// use ciskit_compare::ModelKind;
/// assert_eq!(ModelKind::LabelFree.to_string(), "label-free");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelKind {
    /// A network, one a fold.
    Network,
    /// Something simpler that was fitted to the training pairs of each fold.
    Baseline,
    /// Scores that somebody brought along: how they were made is not known here.
    Table,
    /// A rule that knows neither sequence nor labels.
    LabelFree,
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Network => "network",
            Self::Baseline => "baseline",
            Self::Table => "table",
            Self::LabelFree => "label-free",
        })
    }
}

/// A model's scores of all test pairs of one fold.
///
/// *Shapes*: as many scores as rows; rows are indices of the pair list, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldScores {
    /// Number of the fold, from 0.
    pub fold: usize,
    /// Rows of the pair list: every labelled test row of the fold; test rows without label may be among them.
    pub rows: Vec<usize>,
    /// Scores of these rows; larger is more positive, on any scale, which may differ from fold to fold.
    pub scores: Vec<f64>,
}

/// A model's scores, fold by fold. The model of a fold must not have met the fold's test pairs.
///
/// ```
/// use ciskit_compare::{FoldScores, ModelKind, ModelScores};
///
/// let fold = FoldScores { fold: 0, rows: vec![4, 5], scores: vec![0.25, 0.75] };
/// let model = ModelScores { name: "epipam".into(), kind: ModelKind::Network, folds: vec![fold] };
/// assert_eq!(model.fold_numbers(), [0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScores {
    /// Its name, as reports call it.
    pub name: String,
    /// What kind it is.
    pub kind: ModelKind,
    /// Its scores, one entry a fold; every compared model has the same folds.
    pub folds: Vec<FoldScores>,
}

impl ModelScores {
    /// The folds of which there are scores, ascending.
    #[must_use]
    pub fn fold_numbers(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.folds.iter().map(|fold| fold.fold).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Scores by row for each of `folds`, after a look whether they are what a comparison needs.
    pub(crate) fn by_row(
        &self,
        pairs: &[Pair],
        split: &Split,
        folds: &[usize],
    ) -> Result<Vec<HashMap<usize, f64>>, CompareError> {
        for fold in self.fold_numbers() {
            let times = self.folds.iter().filter(|other| other.fold == fold).count();
            if times != 1 || fold >= split.folds.len() {
                let (model, folds) = (self.name.clone(), split.folds.len());
                return Err(CompareError::Fold { model, fold, times, folds });
            }
        }
        let of_fold = |number: &usize| {
            let scores = self.folds.iter().find(|fold| fold.fold == *number);
            let scores = scores.ok_or_else(|| CompareError::Folds {
                model: self.name.clone(),
                found: self.fold_numbers(),
                other: "the comparison".into(),
                expected: folds.to_vec(),
            })?;
            self.checked(pairs, &split.folds[*number].test, scores)
        };
        folds.iter().map(of_fold).collect()
    }

    fn checked(
        &self,
        pairs: &[Pair],
        test: &[usize],
        scores: &FoldScores,
    ) -> Result<HashMap<usize, f64>, CompareError> {
        let FoldScores { fold, rows, scores } = scores;
        let (model, fold) = (|| self.name.clone(), *fold);
        if rows.len() != scores.len() {
            let (rows, scores) = (rows.len(), scores.len());
            return Err(CompareError::Lengths { model: model(), fold, rows, scores });
        }
        let tested: HashSet<usize> = test.iter().copied().collect();
        let mut by_row = HashMap::with_capacity(rows.len());
        for (&row, &score) in rows.iter().zip(scores) {
            let refuse = |why| Err(CompareError::Row { model: model(), fold, row, why });
            if !tested.contains(&row) {
                return refuse("which does not test on it");
            }
            if !score.is_finite() {
                let pair = pair_name(&pairs[row]);
                return Err(CompareError::NotFinite { model: model(), fold, row, pair, score });
            }
            if by_row.insert(row, score).is_some() {
                return refuse("twice");
            }
        }
        let missing = test.iter().find(|row| pairs[**row].label.is_some() && !by_row.contains_key(row));
        match missing {
            Some(&row) => {
                let pair = pair_name(&pairs[row]);
                Err(CompareError::NoScore { model: model(), fold, row, pair })
            }
            None => Ok(by_row),
        }
    }
}
