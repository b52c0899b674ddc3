//! What every comparison shows beside the models: rules that know neither sequence nor labels.

use ciskit_core::{Output, Pair, PairTableScorer, Scale, ScoreError, Scores, Side};
use ciskit_dataset::{CountBaseline, DistanceBaseline};

use crate::{CompareError, TestList};

/// A rule under the name that reports call it by.
pub(crate) type NamedRule<'a> = (String, &'a dyn PairTableScorer);

/// Names of the rules that every comparison shows, whether asked for or not.
///
/// `distance`: nearer pairs score higher. `promoter-count` and `enhancer-count`: how often the element occurs in the
/// very list that is scored, so that they are scored anew on each list. `prevalence`: one score for all, whose AUROC is
/// 0.5 and whose average precision is the share of positives.
///
/// ```
/// assert!(ciskit_compare::LABEL_FREE.contains(&"distance"));
/// ```
pub const LABEL_FREE: [&str; 4] = ["distance", "promoter-count", "enhancer-count", "prevalence"];

/// The rules of [`LABEL_FREE`], in that order.
pub(crate) fn rules() -> [Box<dyn PairTableScorer>; 4] {
    [
        Box::new(DistanceBaseline::new()),
        Box::new(CountBaseline::new(Side::Promoter)),
        Box::new(CountBaseline::new(Side::Enhancer)),
        Box::new(Prevalence([Output::new("prevalence", Scale::Raw)])),
    ]
}

/// The same score for every pair.
struct Prevalence([Output; 1]);

impl PairTableScorer for Prevalence {
    fn outputs(&self) -> &[Output] {
        &self.0
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        Ok(Scores::scalar(vec![0.0; pairs.len()]))
    }
}

/// A rule's scores of a list, fold by fold: each fold is a table of its own, as a model's test part is. The table has no
/// labels.
pub(crate) fn score_list(
    (name, rule): &NamedRule<'_>,
    pairs: &[Pair],
    list: &TestList,
) -> Result<Vec<Vec<f64>>, CompareError> {
    let of_fold = |rows: &[usize]| {
        let unlabelled = |row: &usize| Pair { label: None, ..pairs[*row].clone() };
        let table: Vec<Pair> = rows.iter().map(unlabelled).collect();
        let scores =
            rule.score_table(&table).map_err(|source| CompareError::Rule { rule: name.clone(), source })?;
        Ok(scores.values().iter().map(|score| f64::from(*score)).collect())
    };
    list.folds.iter().map(|fold| of_fold(&fold.rows)).collect()
}
