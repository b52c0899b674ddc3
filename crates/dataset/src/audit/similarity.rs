//! Near-identical sequences across the parts of a fold, though their elements lie elsewhere.

use std::collections::HashMap;

use ciskit_core::Side;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::content::Contents;
use super::minimizer::common;
use super::roster::Roster;
use crate::census::Census;
use crate::{SimilarityConfig, Split};

/// How many test elements of a fold have a near-identical other element in training.
///
/// ```
/// use ciskit_dataset::FoldSimilarity;
/// let similarity = FoldSimilarity { elements: 10, similar: 1, ..Default::default() };
/// assert_eq!(similarity.share(), 0.1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldSimilarity {
    /// Name of the fold.
    pub fold: String,
    /// Different test elements with a sequence, of both sides.
    pub elements: usize,
    /// Of these, those with another element of the same side in training whose window is near-identical.
    pub similar: usize,
    /// Test pairs with such an element.
    pub pairs: usize,
}

impl FoldSimilarity {
    /// Share of the elements that are similar; 0 if there are none.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.elements == 0 { 0.0 } else { self.similar as f64 / self.elements as f64 }
    }
}

/// Near-identical elements of each element of a side, itself excluded.
fn neighbours(contents: &Contents, side: Side, count: usize, config: &SimilarityConfig) -> Vec<Vec<usize>> {
    let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
    for element in 0..count {
        for hash in contents.minimizers(side, element) {
            holders.entry(*hash).or_default().push(element as u32);
        }
    }
    holders.retain(|_, elements| (2..=config.frequent.max(2)).contains(&elements.len()));
    let similar = |element: usize| {
        let own = contents.minimizers(side, element);
        let mut candidates: HashMap<u32, usize> = HashMap::new();
        for others in own.iter().filter_map(|hash| holders.get(hash)) {
            others.iter().for_each(|other| *candidates.entry(*other).or_default() += 1);
        }
        candidates.remove(&(element as u32));
        let near = |other: usize| {
            let theirs = contents.minimizers(side, other);
            let needed = config.containment * own.len().min(theirs.len()) as f64;
            common(own, theirs) as f64 >= needed
        };
        let mut found: Vec<usize> =
            candidates.into_keys().map(|other| other as usize).filter(|other| near(*other)).collect();
        found.sort_unstable();
        found
    };
    (0..count).into_par_iter().map(similar).collect()
}

impl FoldSimilarity {
    /// Every fold of the split.
    pub(super) fn all(
        roster: &Roster<'_>,
        contents: &Contents,
        split: &Split,
        config: &SimilarityConfig,
    ) -> Vec<Self> {
        let sides = [Side::Enhancer, Side::Promoter];
        let near = sides.map(|side| neighbours(contents, side, roster.side(side).count(), config));
        let fold = |index: usize| {
            let (test, known) = (&split.folds[index].test, Roster::known(split, index));
            let mut of_fold = Self { fold: split.folds[index].name.clone(), ..Self::default() };
            let mut touched = vec![false; test.len()];
            for (side, near) in sides.into_iter().zip(&near) {
                let elements = roster.side(side);
                let mut trained = vec![false; elements.count()];
                known.iter().for_each(|row| trained[elements.of[*row]] = true);
                let similar = |element: usize| near[element].iter().any(|other| trained[*other]);
                let distinct = Census::distinct(&elements.of, test);
                let sequenced = |element: &&usize| !contents.minimizers(side, **element).is_empty();
                of_fold.elements += distinct.iter().filter(sequenced).count();
                of_fold.similar += distinct.iter().filter(|element| similar(**element)).count();
                for (row, touched) in test.iter().zip(&mut touched) {
                    *touched |= similar(elements.of[*row]);
                }
            }
            of_fold.pairs = touched.into_iter().filter(|touched| *touched).count();
            of_fold
        };
        (0..split.folds.len()).map(fold).collect()
    }
}
