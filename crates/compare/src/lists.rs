//! Test lists: the folds' test pairs at a ratio of negatives, the same for every model.

use ciskit_core::Pair;
use ciskit_dataset::{Purpose, Seeds, Split, subsample_negatives};
use serde::Serialize;

use crate::TestRatio;

/// What all models are measured on: every fold's positives with drawn negatives.
///
/// Negatives are drawn by fold from the seed, as training draws them for a test part of that ratio; the list with more
/// negatives contains the one with fewer. Pairs without label are left out.
///
/// ```
/// use ciskit_compare::{TestList, TestRatio};
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{ChromosomeFolds, Splitter};
///
/// let mut pairs = Vec::new();
/// for contig in ["c1", "c2", "c3"] {
///     for (start, label) in [(0, true), (100, false), (200, false)] {
///         let enhancer = Interval::new(contig, start, start + 50)?;
///         pairs.push(Pair::new(enhancer, Interval::new(contig, 900, 950)?).with_label(label));
///     }
/// }
/// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
/// let list = TestList::of(&pairs, &split, &[0, 1, 2], TestRatio::PerPositive(10), 7);
/// assert_eq!((list.folds[0].positives, list.folds[0].negatives, list.folds[0].lacking), (1, 2, 8));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestList {
    /// Negatives for each positive.
    pub ratio: TestRatio,
    /// The folds.
    pub folds: Vec<ListFold>,
}

/// The part of a test list that one fold tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ListFold {
    /// Number of the fold, from 0.
    pub fold: usize,
    /// Name of the fold.
    pub name: String,
    /// Number of positives: all that the fold has.
    pub positives: usize,
    /// Number of negatives.
    pub negatives: usize,
    /// Negatives that the ratio asks for and the fold does not have.
    pub lacking: usize,
    /// The rows, ascending.
    #[serde(skip)]
    pub rows: Vec<usize>,
}

impl TestList {
    /// The list of some folds of a split.
    ///
    /// # Panics
    ///
    /// If the split has no such fold, or is not one of `pairs`.
    #[must_use]
    pub fn of(pairs: &[Pair], split: &Split, folds: &[usize], ratio: TestRatio, seed: u64) -> Self {
        let of_fold = |&fold: &usize| {
            let (name, test) = (split.folds[fold].name.clone(), &split.folds[fold].test);
            let seed = Seeds::of_fold(seed, fold).row_seed(Purpose::TestNegatives);
            let rows: Vec<usize> = match ratio {
                TestRatio::PerPositive(negatives) => subsample_negatives(pairs, test, negatives, seed),
                TestRatio::All => test.iter().copied().filter(|row| pairs[*row].label.is_some()).collect(),
            };
            let positives = rows.iter().filter(|row| pairs[**row].label == Some(true)).count();
            let negatives = rows.len() - positives;
            let asked = match ratio {
                TestRatio::PerPositive(ratio) => positives.saturating_mul(ratio),
                TestRatio::All => 0,
            };
            ListFold { fold, name, positives, negatives, lacking: asked.saturating_sub(negatives), rows }
        };
        Self { ratio, folds: folds.iter().map(of_fold).collect() }
    }

    /// Says which folds do not have the negatives that the ratio asks for; `None` if all have.
    #[must_use]
    pub fn shortage(&self) -> Option<String> {
        let short = self.folds.iter().filter(|fold| fold.lacking > 0);
        let said: Vec<String> = short
            .map(|fold| {
                let (name, found) = (&fold.name, fold.negatives);
                format!("{name} ({found} of {})", found + fold.lacking)
            })
            .collect();
        (!said.is_empty()).then(|| {
            format!("{}: fewer negatives than the ratio asks for in {}", self.ratio, said.join(", "))
        })
    }

    /// Labels of the rows, fold by fold.
    pub(crate) fn labels(&self, pairs: &[Pair]) -> Vec<Vec<bool>> {
        let of_fold = |fold: &ListFold| fold.rows.iter().map(|row| pairs[*row].label == Some(true)).collect();
        self.folds.iter().map(of_fold).collect()
    }
}
