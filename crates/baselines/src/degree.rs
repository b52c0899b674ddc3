//! Degree in training: how many training rows share an element.

use std::collections::HashMap;

use ciskit_core::{Output, Pair, PairTableScorer, Scale, ScoreError, Scores, Side};
use ciskit_dataset::PairSource;

use crate::table::FittedTable;
use crate::{Baseline, BaselineError, Evidence, FittedBaseline};

/// How many training rows have the pair's enhancer or promoter, whatever their labels.
///
/// Unlike [`CountBaseline`](ciskit_dataset::CountBaseline), which counts in the scored list itself, it is not
/// transductive. Under a split by chromosome every test row scores 0.
///
/// ```
/// use ciskit_baselines::{Baseline, TrainingDegree};
/// use ciskit_core::Side;
///
/// let degree = TrainingDegree::of(Side::Promoter);
/// assert_eq!((degree.name(), degree.is_transductive()), ("promoter-training-degree", false));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TrainingDegree(Side);

impl TrainingDegree {
    /// Of the elements of a side.
    #[must_use]
    pub const fn of(side: Side) -> Self {
        Self(side)
    }

    pub(crate) const fn known_as(self) -> &'static str {
        match self.0 {
            Side::Enhancer => "enhancer-training-degree",
            Side::Promoter => "promoter-training-degree",
        }
    }
}

impl Baseline for TrainingDegree {
    fn name(&self) -> &str {
        self.known_as()
    }

    fn description(&self) -> &str {
        match self.0 {
            Side::Enhancer => "how many training rows share the enhancer",
            Side::Promoter => "how many training rows share the promoter",
        }
    }

    fn evidence(&self) -> Evidence {
        Evidence { training_list: true, ..Evidence::default() }
    }

    fn fit(
        &self,
        source: &dyn PairSource,
        train: &[usize],
        _: u64,
    ) -> Result<Box<dyn FittedBaseline>, BaselineError> {
        Ok(Box::new(FittedTable(Degrees::in_rows(self.0, source, train))))
    }
}

/// How often each element of a side occurs in training.
#[derive(Clone, Debug)]
pub(crate) struct Degrees {
    side: Side,
    rows: HashMap<String, u32>,
    outputs: [Output; 1],
}

impl Degrees {
    pub(crate) fn in_rows(side: Side, source: &dyn PairSource, train: &[usize]) -> Self {
        let mut rows: HashMap<String, u32> = HashMap::new();
        for row in train {
            *rows.entry(source.pairs()[*row].element(side).key()).or_default() += 1;
        }
        Self { side, rows, outputs: [Output::new(TrainingDegree(side).known_as(), Scale::Raw)] }
    }

    pub(crate) fn of(&self, pair: &Pair) -> u32 {
        self.rows.get(&pair.element(self.side).key()).copied().unwrap_or(0)
    }
}

impl PairTableScorer for Degrees {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        Ok(Scores::scalar(pairs.iter().map(|pair| self.of(pair) as f32).collect()))
    }
}
