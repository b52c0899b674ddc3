//! Scorers of pair tables as baselines: those that have nothing to fit, and what fitting left of the others.

use ciskit_core::{Pair, PairTableScorer, Scores};
use ciskit_dataset::PairSource;

use crate::{Baseline, BaselineError, Evidence, FittedBaseline};

/// Any [`PairTableScorer`] as a [`Baseline`]: there is nothing to fit.
///
/// The score is the scorer's first output. Labels are taken off the pairs before the scorer sees them.
///
/// ```
/// use ciskit_baselines::{Baseline, Evidence, TableBaseline};
/// use ciskit_core::Side;
/// use ciskit_dataset::CountBaseline;
///
/// let scorer = CountBaseline::new(Side::Enhancer);
/// let count = TableBaseline::new("enhancer-count", "rows with the enhancer", Evidence::default(), scorer);
/// assert_eq!((count.name(), count.is_transductive()), ("enhancer-count", true));
/// assert!(count.evidence().scored_list); // the scorer itself says so
/// ```
#[derive(Clone, Debug)]
pub struct TableBaseline<S> {
    name: String,
    description: String,
    evidence: Evidence,
    scorer: S,
}

impl<S: PairTableScorer> TableBaseline<S> {
    /// A scorer with its name, its description in one line, and what it looks at.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        evidence: Evidence,
        scorer: S,
    ) -> Self {
        let scored_list = evidence.scored_list || scorer.is_transductive();
        let evidence = Evidence { scored_list, ..evidence };
        Self { name: name.into(), description: description.into(), evidence, scorer }
    }
}

impl<S: PairTableScorer + Clone + 'static> Baseline for TableBaseline<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn evidence(&self) -> Evidence {
        self.evidence
    }

    fn fit(&self, _: &dyn PairSource, _: &[usize], _: u64) -> Result<Box<dyn FittedBaseline>, BaselineError> {
        Ok(Box::new(FittedTable(self.scorer.clone())))
    }
}

/// A fitted scorer of pair tables.
#[derive(Clone, Debug)]
pub(crate) struct FittedTable<S>(pub(crate) S);

impl<S: PairTableScorer> FittedBaseline for FittedTable<S> {
    fn score(&self, source: &dyn PairSource, rows: &[usize]) -> Result<Vec<f32>, BaselineError> {
        let pairs = unlabelled(source, rows);
        Ok(first_output(&self.0.score_table(&pairs)?))
    }

    fn table_scorer(&self) -> Option<&dyn PairTableScorer> {
        Some(&self.0)
    }
}

/// The rows without their labels, which no scorer may read.
fn unlabelled(source: &dyn PairSource, rows: &[usize]) -> Vec<Pair> {
    rows.iter().map(|row| Pair { label: None, ..source.pairs()[*row].clone() }).collect()
}

/// Every pair's first output.
pub(crate) fn first_output(scores: &Scores) -> Vec<f32> {
    (0..scores.items()).map(|item| scores.item(item)[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{Interval, Output, Scale, ScoreError};
    use ciskit_dataset::{DatasetError, Jitter};

    /// Knows every answer that it is shown.
    #[derive(Clone)]
    struct Cheat([Output; 2]);

    impl PairTableScorer for Cheat {
        fn outputs(&self) -> &[Output] {
            &self.0
        }

        fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
            let score = |pair: &Pair| [f32::from(u8::from(pair.label == Some(true))), 7.0];
            Ok(Scores::new(pairs.len(), 1, 2, pairs.iter().flat_map(score).collect())?)
        }
    }

    struct Positives(Vec<Pair>);

    impl PairSource for Positives {
        fn pairs(&self) -> &[Pair] {
            &self.0
        }

        fn window_len(&self, _: ciskit_core::Side) -> usize {
            1
        }

        fn fetch(&self, _: usize, _: Jitter, _: &mut Vec<u8>, _: &mut Vec<u8>) -> Result<(), DatasetError> {
            Ok(())
        }
    }

    #[test]
    fn a_scorer_of_tables_is_shown_no_labels() {
        let at = |start| Interval::new("chr1", start, start + 1).unwrap();
        let source = Positives(vec![Pair::new(at(0), at(9)).with_label(true); 3]);
        let outputs = ["label", "seven"].map(|name| Output::new(name, Scale::Raw));
        let cheat = TableBaseline::new("cheat", "the label", Evidence::default(), Cheat(outputs));
        assert!(!cheat.is_transductive());
        let fitted = cheat.fit(&source, &[0], 7).unwrap();
        assert_eq!(fitted.score(&source, &[1, 2]).unwrap(), [0.0, 0.0]);
    }
}
