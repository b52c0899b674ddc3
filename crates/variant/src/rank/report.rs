//! Accuracy of models over blocks.

use ciskit_metrics::Bootstrap;
use rayon::prelude::*;

use super::{Placed, RankBlock, RankError, RankRule};

/// Block sizes by which accuracy is told apart: the smallest and the largest.
const SIZES: [(usize, usize); 7] = [(1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, usize::MAX)];

/// Settings of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct RankConfig {
    /// How many first variants count: an accuracy for each.
    pub places: Vec<usize>,
    /// How often blocks are resampled for intervals; 0: no intervals.
    pub resamples: usize,
    /// Seed of the resampling.
    pub seed: u64,
}

impl Default for RankConfig {
    /// The first 1, 2 and 3; 1,000 resamples of seed 0.
    fn default() -> Self {
        Self { places: vec![1, 2, 3], resamples: 1000, seed: 0 }
    }
}

/// Accuracy of one model by one rule, on all blocks or on those of some sizes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RankRow {
    /// The model.
    pub model: String,
    /// The rule.
    pub rule: RankRule,
    /// How many first variants count.
    pub k: usize,
    /// Smallest and largest size of the blocks, scored variants only; `None`: all.
    pub sizes: Option<(usize, usize)>,
    /// Causal variants that are ranked.
    pub causal: usize,
    /// Blocks that they lie in.
    pub blocks: usize,
    /// Share found, ties broken by chance.
    pub accuracy: f64,
    /// Interval of 95 % by resampling blocks; `None` for fewer than two.
    pub interval: Option<[f64; 2]>,
    /// Share found if ties are broken in favour.
    pub optimistic: f64,
    /// Share found if ties are broken against.
    pub pessimistic: f64,
    /// Share that scores which know nothing find.
    pub chance: f64,
    /// Causal variants that tie with another of their block.
    pub tied: usize,
}

/// What a ranking found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RankReport {
    /// The models in the order given.
    pub models: Vec<String>,
    /// Number of blocks.
    pub blocks: usize,
    /// Blocks with several causal variants: each is ranked among all others, causal ones too.
    pub several_causal: usize,
    /// Of each model, causal variants without score: not ranked.
    pub unscored_causal: Vec<usize>,
    /// Of each model, further variants without score: left out of their blocks, which makes these easier.
    pub unscored_others: Vec<usize>,
    /// By model, then rule, then k, then sizes: all blocks first.
    pub rows: Vec<RankRow>,
}

/// A causal variant that a model scores.
struct Case {
    block: usize,
    own: f64,
    others: Vec<f64>,
}

impl RankReport {
    /// Ranks the causal variants of blocks by the scores of each model.
    ///
    /// *Shapes*: as many scores a variant as models. Scores that are missing or not finite are left out and counted.
    /// *Cost*: O(variants) a model, rule and k, and a resampling of blocks for each row; the result does not depend on
    /// the number of threads.
    ///
    /// # Errors
    ///
    /// [`RankError`].
    pub fn of(models: &[String], blocks: &[RankBlock], config: &RankConfig) -> Result<Self, RankError> {
        check(models, blocks, config)?;
        let of_model =
            |model: usize| {
                let (cases, unscored) = cases(blocks, model);
                let mut rows = Vec::new();
                for rule in RankRule::ALL {
                    for &k in &config.places {
                        let placed: Vec<Placed> =
                            cases.iter().map(|case| rule.place(case.own, &case.others, k)).collect();
                        let sizes = std::iter::once(None).chain(SIZES.map(Some));
                        rows.extend(sizes.filter_map(|sizes| {
                            row(&models[model], (rule, k, sizes), &cases, &placed, config)
                        }));
                    }
                }
                (rows, unscored)
            };
        let results: Vec<_> = (0..models.len()).into_par_iter().map(of_model).collect();
        let (rows, unscored): (Vec<_>, Vec<_>) = results.into_iter().unzip();
        let several = |block: &&RankBlock| block.variants.iter().filter(|variant| variant.causal).count() > 1;
        Ok(Self {
            models: models.to_vec(),
            blocks: blocks.len(),
            several_causal: blocks.iter().filter(several).count(),
            unscored_causal: unscored.iter().map(|count| count[0]).collect(),
            unscored_others: unscored.iter().map(|count| count[1]).collect(),
            rows: rows.into_iter().flatten().collect(),
        })
    }

    /// The row of a model, rule, k and sizes (`None`: all blocks); `None` if nothing is ranked there.
    #[must_use]
    pub fn row(
        &self,
        model: &str,
        rule: RankRule,
        k: usize,
        sizes: Option<(usize, usize)>,
    ) -> Option<&RankRow> {
        self.rows
            .iter()
            .find(|row| row.model == model && row.rule == rule && row.k == k && row.sizes == sizes)
    }
}

fn check(models: &[String], blocks: &[RankBlock], config: &RankConfig) -> Result<(), RankError> {
    if models.is_empty() {
        return Err(RankError::NoModels);
    }
    if config.places.contains(&0) {
        return Err(RankError::Place);
    }
    let mut causal = false;
    for block in blocks {
        for variant in &block.variants {
            causal |= variant.causal;
            if variant.scores.len() != models.len() {
                return Err(RankError::Scores {
                    block: block.name.clone(),
                    id: variant.id.clone(),
                    expected: models.len(),
                    found: variant.scores.len(),
                });
            }
        }
    }
    if causal { Ok(()) } else { Err(RankError::NoCausal) }
}

/// The causal variants that a model scores, and how many causal and other variants it does not.
fn cases(blocks: &[RankBlock], model: usize) -> (Vec<Case>, [usize; 2]) {
    let (mut cases, mut unscored) = (Vec::new(), [0; 2]);
    for (index, block) in blocks.iter().enumerate() {
        let score = |variant: &super::BlockVariant| variant.scores[model].filter(|score| score.is_finite());
        for (place, causal) in block.variants.iter().enumerate() {
            match (causal.causal, score(causal)) {
                (true, Some(own)) => {
                    let others = block.variants.iter().enumerate().filter(|(other, _)| *other != place);
                    let others = others.filter_map(|(_, variant)| score(variant)).collect();
                    cases.push(Case { block: index, own, others });
                }
                (true, None) => unscored[0] += 1,
                (false, None) => unscored[1] += 1,
                (false, Some(_)) => {}
            }
        }
    }
    (cases, unscored)
}

fn row(
    model: &str,
    (rule, k, sizes): (RankRule, usize, Option<(usize, usize)>),
    cases: &[Case],
    placed: &[Placed],
    config: &RankConfig,
) -> Option<RankRow> {
    let inside = |case: &Case| {
        sizes.is_none_or(|(smallest, largest)| (smallest..=largest).contains(&(case.others.len() + 1)))
    };
    let (kept, placed): (Vec<&Case>, Vec<&Placed>) =
        cases.iter().zip(placed).filter(|(case, _)| inside(case)).unzip();
    if kept.is_empty() {
        return None;
    }
    let n = kept.len() as f64;
    let share = |of: &dyn Fn(&Placed) -> f64| placed.iter().map(|placed| of(placed)).sum::<f64>() / n;
    let flag = |flag: bool| f64::from(u8::from(flag));
    let blocks: Vec<usize> = kept.iter().map(|case| case.block).collect();
    let values: Vec<f64> = placed.iter().map(|placed| placed.expected).collect();
    // Nothing depends on labels; the bootstrap carries them along.
    let labels = vec![true; values.len()];
    let interval = Bootstrap::new(config.seed).resamples(config.resamples).block_interval(
        &labels,
        &values,
        &blocks,
        |_, values| Ok(values.iter().sum::<f64>() / values.len() as f64),
    );
    let mut distinct = blocks.clone();
    distinct.dedup();
    Some(RankRow {
        model: model.to_owned(),
        rule,
        k,
        sizes,
        causal: kept.len(),
        blocks: distinct.len(),
        accuracy: share(&|placed| placed.expected),
        interval: interval.ok().map(|interval| [interval.lower, interval.upper]),
        optimistic: share(&|placed| flag(placed.optimistic)),
        pessimistic: share(&|placed| flag(placed.pessimistic)),
        chance: share(&|placed| placed.chance),
        tied: placed.iter().filter(|placed| placed.tied).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::BlockVariant;
    use super::*;

    fn block(name: usize, scores: &[(bool, Option<f64>)]) -> RankBlock {
        let variant = |(index, &(causal, score)): (usize, &(bool, Option<f64>))| BlockVariant {
            id: format!("v{index}"),
            causal,
            scores: vec![score],
        };
        RankBlock::new(name.to_string(), scores.iter().enumerate().map(variant))
    }

    fn report(blocks: &[RankBlock]) -> RankReport {
        RankReport::of(&["m".into()], blocks, &RankConfig { resamples: 50, ..RankConfig::default() }).unwrap()
    }

    #[test]
    fn missing_scores_are_counted_and_left_out() {
        let found = report(&[
            block(0, &[(true, Some(1.0)), (false, None), (false, Some(2.0))]),
            block(1, &[(true, None), (false, Some(f64::NAN))]),
            block(2, &[(true, Some(3.0)), (true, Some(1.0)), (false, Some(2.0))]),
        ]);
        assert_eq!((&found.unscored_causal[..], &found.unscored_others[..]), (&[1][..], &[2][..]));
        assert_eq!((found.blocks, found.several_causal), (3, 1));
        let all = found.row("m", RankRule::Magnitude, 1, None).unwrap();
        assert_eq!((all.causal, all.blocks, all.accuracy), (3, 2, 1.0 / 3.0));
        let pairs = found.row("m", RankRule::Magnitude, 1, Some((2, 2))).unwrap();
        assert_eq!((pairs.causal, pairs.accuracy, pairs.interval), (1, 0.0, None));
        assert!(found.row("m", RankRule::Magnitude, 1, Some((51, usize::MAX))).is_none());
    }

    #[test]
    fn strata_sum_to_all() {
        let blocks: Vec<RankBlock> = (0..60)
            .map(|i| {
                let scores: Vec<_> =
                    (0..i % 13 + 1).map(|j| (j == 0, Some(((i * 31 + j * 17) % 29) as f64))).collect();
                block(i, &scores)
            })
            .collect();
        let found = report(&blocks);
        for rule in RankRule::ALL {
            for k in [1, 2, 3] {
                let all = found.row("m", rule, k, None).unwrap();
                let strata: Vec<&RankRow> =
                    SIZES.iter().filter_map(|&sizes| found.row("m", rule, k, Some(sizes))).collect();
                assert_eq!(strata.iter().map(|row| row.causal).sum::<usize>(), all.causal);
                let weighted: f64 = strata.iter().map(|row| row.accuracy * row.causal as f64).sum();
                assert!((weighted / all.causal as f64 - all.accuracy).abs() < 1e-12);
                assert!(all.pessimistic <= all.accuracy && all.accuracy <= all.optimistic);
                let [low, high] = all.interval.unwrap();
                assert!(low <= all.accuracy && all.accuracy <= high);
            }
        }
    }

    #[test]
    fn the_same_bits_for_any_number_of_threads() {
        let blocks: Vec<RankBlock> = (0..40)
            .map(|i| block(i, &[(true, Some((i % 7) as f64)), (false, Some(3.0)), (false, Some(1.5))]))
            .collect();
        let of = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| report(&blocks))
        };
        assert_eq!(of(1), of(2));
    }

    #[test]
    fn nothing_to_rank_is_an_error() {
        let config = RankConfig::default();
        let blocks = [block(0, &[(false, Some(1.0))])];
        assert_eq!(RankReport::of(&["m".into()], &blocks, &config), Err(RankError::NoCausal));
        assert_eq!(RankReport::of(&[], &blocks, &config), Err(RankError::NoModels));
        let two = RankReport::of(&["m".into(), "n".into()], &blocks, &config).unwrap_err();
        assert_eq!(two.to_string(), "variant v0 of block 0 has 1 scores for 2 models");
        let zero = RankConfig { places: vec![1, 0], ..config };
        assert_eq!(RankReport::of(&["m".into()], &blocks, &zero), Err(RankError::Place));
    }
}
