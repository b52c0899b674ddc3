//! The prevalence: one score for all.

use ciskit_core::{Output, Pair, PairTableScorer, Scale, ScoreError, Scores};
use ciskit_dataset::PairSource;

use crate::labels::training_labels;
use crate::table::FittedTable;
use crate::{Baseline, BaselineError, Evidence, FittedBaseline};

/// Every pair is as likely as a training row is positive. Its AUROC is one half and its average precision the share of
/// positives in the test rows: where every other number starts.
///
/// ```
/// use ciskit_baselines::{Baseline, Prevalence};
/// assert_eq!(Prevalence.evidence().to_string(), "training labels");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Prevalence;

impl Prevalence {
    pub(crate) const NAME: &'static str = "prevalence";
}

impl Baseline for Prevalence {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn description(&self) -> &str {
        "the share of positives in training, for every pair"
    }

    fn evidence(&self) -> Evidence {
        Evidence { training_labels: true, ..Evidence::default() }
    }

    fn fit(
        &self,
        source: &dyn PairSource,
        train: &[usize],
        _: u64,
    ) -> Result<Box<dyn FittedBaseline>, BaselineError> {
        let labels = training_labels(Self::NAME, source, train)?;
        let positives = labels.iter().filter(|label| **label).count();
        let share = (positives as f64 / labels.len() as f64) as f32;
        let outputs = [Output::new(Self::NAME, Scale::Probability)];
        Ok(Box::new(FittedTable(Constant { score: share, outputs })))
    }
}

struct Constant {
    score: f32,
    outputs: [Output; 1],
}

impl PairTableScorer for Constant {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        Ok(Scores::scalar(vec![self.score; pairs.len()]))
    }
}
