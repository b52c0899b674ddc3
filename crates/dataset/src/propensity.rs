//! Propensity: how often the training rows of an element are positive.

use std::collections::HashMap;

use ciskit_core::{Output, Pair, PairTableScorer, Scale, ScoreError, Scores, Side};

/// Log odds of p = (`positives` + `share`) / (`rows` + 1), the share of positives among an element's training rows with
/// one more row that is positive to the `share` of all: 0 rows have the odds of the whole list.
pub(crate) fn log_odds(positives: u32, rows: u32, share: f64) -> f64 {
    let p = (f64::from(positives) + share) / (f64::from(rows) + 1.0);
    // Finite where training has no negatives at all.
    (p / (1.0 - p)).ln().clamp(-1e300, 1e300)
}

/// Elements that were positive in training stay positive: the sum of the log odds of both elements (or of one), from
/// the training labels and nothing else.
///
/// p = (positives with the element + b) / (rows with it + 1), where b is the share of positives in training; an element
/// that training has not seen has p = b. Where training has no positives, every row scores 0. An element is known by
/// its [key](ciskit_core::Element::key).
///
/// Where it does well under a random split, a model can do as well by knowing elements again. Under a split by
/// chromosome no element is known, and all rows tie.
///
/// ```
/// use ciskit_core::{Interval, Pair, PairTableScorer, Side};
/// use ciskit_dataset::PropensityBaseline;
///
/// let at = |start| Interval::new("chr1", start, start + 100);
/// let mut known = Vec::new();
/// for (promoter, label) in [(500, true), (500, true), (700, false), (700, false)] {
///     known.push(Pair::new(at(0)?, at(promoter)?).with_label(label));
/// }
/// let propensity = PropensityBaseline::fit(&[Side::Promoter], &known);
///
/// let tested = [Pair::new(at(0)?, at(500)?), Pair::new(at(0)?, at(700)?), Pair::new(at(0)?, at(900)?)];
/// let scores = propensity.score_table(&tested)?;
/// // p = 2.5 / 3, 0.5 / 3 and, for a promoter never seen, 0.5
/// assert_eq!(scores.values(), [5_f32.ln(), -5_f32.ln(), 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PropensityBaseline {
    sides: Vec<(Side, HashMap<String, f64>)>,
    unseen: f64,
    output: [Output; 1],
}

impl PropensityBaseline {
    /// Counts the labels of the elements of these sides in the training pairs; pairs without label are skipped.
    pub fn fit<'a>(sides: &[Side], known: impl IntoIterator<Item = &'a Pair>) -> Self {
        let known: Vec<(&Pair, u32)> =
            known.into_iter().filter_map(|pair| Some((pair, u32::from(pair.label?)))).collect();
        let positives: usize = known.iter().map(|(_, label)| *label as usize).sum();
        let share = positives as f64 / known.len().max(1) as f64;
        let odds = |positives: u32, rows: u32| {
            if share > 0.0 { log_odds(positives, rows, share) } else { 0.0 }
        };
        let of_side = |side: &Side| {
            let mut counts: HashMap<String, (u32, u32)> = HashMap::new();
            for (pair, label) in &known {
                let count = counts.entry(pair.element(*side).key()).or_default();
                *count = (count.0 + label, count.1 + 1);
            }
            let odds = counts.into_iter().map(|(key, (positives, rows))| (key, odds(positives, rows)));
            (*side, odds.collect())
        };
        let sides = sides.iter().map(of_side).collect();
        Self { sides, unseen: odds(0, 0), output: [Output::new("propensity", Scale::Logit)] }
    }

    /// The score of a pair in double precision.
    #[must_use]
    pub fn score(&self, pair: &Pair) -> f64 {
        let of_side = |(side, odds): &(Side, HashMap<String, f64>)| {
            odds.get(&pair.element(*side).key()).copied().unwrap_or(self.unseen)
        };
        self.sides.iter().map(of_side).sum()
    }
}

impl PairTableScorer for PropensityBaseline {
    fn outputs(&self) -> &[Output] {
        &self.output
    }

    fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
        let finite = |pair: &Pair| self.score(pair).clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        Ok(Scores::scalar(pairs.iter().map(finite).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;

    fn pair(enhancer: u64, promoter: u64, label: Option<bool>) -> Pair {
        let at = |start| Interval::new("chr1", start, start + 10).unwrap();
        Pair { label, ..Pair::new(at(enhancer), at(promoter)) }
    }

    #[test]
    fn the_log_odds_of_both_elements_are_added() {
        let known = [pair(0, 90, Some(true)), pair(0, 80, Some(false)), pair(5, 80, Some(false))];
        let propensity = PropensityBaseline::fit(&[Side::Enhancer, Side::Promoter], &known);
        let (share, logit) = (1.0 / 3.0, |p: f64| (p / (1.0 - p)).ln());
        let expected = logit((1.0 + share) / 3.0) + logit(share / 3.0);
        assert!((propensity.score(&pair(0, 80, None)) - expected).abs() < 1e-14);
        let unseen = 2.0 * logit(share);
        assert!((propensity.score(&pair(1, 1, None)) - unseen).abs() < 1e-14);
    }

    #[test]
    fn unlabelled_pairs_tell_nothing_and_without_positives_all_rows_tie() {
        let both = [Side::Enhancer, Side::Promoter];
        let (known, unlabelled) = ([pair(0, 9, Some(true)), pair(5, 9, Some(false))], pair(0, 9, None));
        let with = PropensityBaseline::fit(&both, known.iter().chain([&unlabelled; 5]));
        let without = PropensityBaseline::fit(&both, &known);
        assert_eq!(with.score(&unlabelled), without.score(&unlabelled));
        let none = PropensityBaseline::fit(&both, [&pair(0, 9, Some(false)), &unlabelled]);
        assert_eq!((none.score(&pair(0, 9, None)), none.score(&pair(1, 1, None))), (0.0, 0.0));
    }

    #[test]
    fn scores_are_finite_where_training_has_no_negatives() {
        let only = PropensityBaseline::fit(&[Side::Promoter], [&pair(0, 9, Some(true))]);
        let scores = only.score_table(&[pair(0, 9, None), pair(0, 8, None)]).unwrap();
        assert!(scores.values().iter().all(|score| score.is_finite()), "{:?}", scores.values());
    }
}
