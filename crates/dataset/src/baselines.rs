//! Baselines that read no sequence: what a model must beat before its score says anything about biology.

use std::collections::HashMap;

use ciskit_core::{Output, Pair, PairTableScorer, Scale, ScoreError, Scores, Side};

/// Nearer is more positive: minus the distance of the midpoints in bp, and minus infinity's stand-in `f32::MIN` where
/// the two elements lie on different contigs.
///
/// ```
/// use ciskit_core::{Interval, Pair, PairTableScorer};
/// use ciskit_dataset::DistanceBaseline;
///
/// let at = |start| Interval::new("chr1", start, start + 100);
/// let pairs = [Pair::new(at(0)?, at(500)?), Pair::new(at(900)?, at(500)?)];
/// assert_eq!(DistanceBaseline::new().score_table(&pairs)?.values(), [-500.0, -400.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DistanceBaseline([Output; 1]);

impl DistanceBaseline {
    /// The baseline.
    #[must_use]
    pub fn new() -> Self {
        Self([Output::new("minus distance", Scale::Raw)])
    }
}

impl Default for DistanceBaseline {
    fn default() -> Self {
        Self::new()
    }
}

impl PairTableScorer for DistanceBaseline {
    fn outputs(&self) -> &[Output] {
        &self.0
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        let score = |pair: &Pair| pair.distance().map_or(f32::MIN, |distance| -distance as f32);
        Ok(Scores::scalar(pairs.iter().map(score).collect()))
    }
}

/// How often the pair's enhancer or promoter occurs in the very table that is scored: no sequence, no label, no
/// training. Where it does well, the table's composition gives the labels away.
///
/// An element is known by its [key](ciskit_core::Element::key). The baseline is transductive.
///
/// ```
/// use ciskit_core::{Interval, Pair, PairTableScorer, Side};
/// use ciskit_dataset::CountBaseline;
///
/// let at = |start| Interval::new("chr1", start, start + 100);
/// let pairs = [Pair::new(at(0)?, at(500)?), Pair::new(at(900)?, at(500)?), Pair::new(at(900)?, at(700)?)];
/// let count = CountBaseline::new(Side::Promoter);
/// assert_eq!(count.score_table(&pairs)?.values(), [2.0, 2.0, 1.0]);
/// assert!(count.is_transductive());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CountBaseline {
    side: Side,
    output: [Output; 1],
}

impl CountBaseline {
    /// Counts elements of a side.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self { side, output: [Output::new(format!("{side} count"), Scale::Raw)] }
    }
}

impl PairTableScorer for CountBaseline {
    fn outputs(&self) -> &[Output] {
        &self.output
    }

    fn is_transductive(&self) -> bool {
        true
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        let keys: Vec<String> = pairs.iter().map(|pair| pair.element(self.side).key()).collect();
        let mut counts: HashMap<&str, f32> = HashMap::new();
        for key in &keys {
            *counts.entry(key).or_default() += 1.0;
        }
        Ok(Scores::scalar(keys.iter().map(|key| counts[key.as_str()]).collect()))
    }
}
