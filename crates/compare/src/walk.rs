//! AUROC and average precision of resampled rows, without sorting anew for every resample.

/// One fold's rows of a list, sorted by score once.
pub(crate) struct Walk {
    items: Vec<Item>,
    /// The blocks of the rows, each once.
    blocks: Vec<u32>,
}

/// A row.
struct Item {
    /// Its block: chromosome.
    block: u32,
    positive: bool,
    /// Whether the next one has a smaller score.
    ends_level: bool,
}

/// Both measures of one list of rows that holds both classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Both {
    pub(crate) auroc: f64,
    pub(crate) average_precision: f64,
}

impl Walk {
    /// Sorts rows; scores are finite.
    ///
    /// *Shapes*: one label, score and block for each row.
    pub(crate) fn new(labels: &[bool], scores: &[f64], blocks: &[u32]) -> Self {
        // -0.0 and 0.0 are one score.
        let key = |row: usize| scores[row] + 0.0;
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then(a.cmp(&b)));
        let ends = |place: usize| order.get(place + 1).is_none_or(|&next| key(next) != key(order[place]));
        let item = |(place, &row): (usize, &usize)| Item {
            block: blocks[row],
            positive: labels[row],
            ends_level: ends(place),
        };
        let items = order.iter().enumerate().map(item).collect();
        let mut blocks = blocks.to_vec();
        blocks.sort_unstable();
        blocks.dedup();
        Self { items, blocks }
    }

    /// How often a block of these rows was drawn, on average: 1 for the rows as they are, 0 without rows.
    pub(crate) fn drawn(&self, weights: &[u32]) -> f64 {
        let drawn: u32 = self.blocks.iter().map(|block| weights[*block as usize]).sum();
        f64::from(drawn) / self.blocks.len().max(1) as f64
    }

    /// The measures when every row counts as often as its block; `None` if one class is missing then.
    ///
    /// *Cost*: one walk over the rows. Counts are whole numbers, so that only the sum of precisions rounds.
    pub(crate) fn measure(&self, weights: &[u32]) -> Option<Both> {
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut above_positives, mut above_negatives) = (0_u64, 0_u64);
        let (mut doubled_area, mut precisions) = (0_u128, 0.0);
        for item in &self.items {
            let weight = u64::from(weights[item.block as usize]);
            if item.positive {
                positives += weight;
            } else {
                negatives += weight;
            }
            if item.ends_level && positives + negatives > above_positives + above_negatives {
                doubled_area +=
                    u128::from(negatives - above_negatives) * u128::from(positives + above_positives);
                let precision = positives as f64 / (positives + negatives) as f64;
                precisions += (positives - above_positives) as f64 * precision;
                (above_positives, above_negatives) = (positives, negatives);
            }
        }
        (positives > 0 && negatives > 0).then(|| Both {
            auroc: doubled_area as f64 / (2.0 * positives as f64 * negatives as f64),
            average_precision: precisions / positives as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::random::Stream;
    use ciskit_metrics::Ranking;

    #[test]
    fn a_walk_measures_what_a_weighted_ranking_does() {
        for seed in 0..40 {
            let mut draws = Stream::new(seed, "walk").draws();
            let n = 2 + draws.below(60) as usize;
            let labels: Vec<bool> = (0..n).map(|_| draws.below(3) == 0).collect();
            let scores: Vec<f64> = (0..n).map(|_| draws.below(9) as f64 - 4.0).collect(); // many ties
            let blocks: Vec<u32> = (0..n).map(|_| draws.below(4) as u32).collect();
            let weights: Vec<u32> = (0..4).map(|_| draws.below(3) as u32).collect();
            let found = Walk::new(&labels, &scores, &blocks).measure(&weights);
            let each: Vec<f64> = blocks.iter().map(|block| f64::from(weights[*block as usize])).collect();
            let ranking = Ranking::weighted(&labels, &scores, &each);
            let expected =
                ranking.and_then(|ranking| Ok((ranking.auroc()?, ranking.average_precision()?))).ok();
            match (found, expected) {
                (Some(found), Some((auroc, average_precision))) => {
                    assert!((found.auroc - auroc).abs() < 1e-12, "seed {seed}");
                    assert!((found.average_precision - average_precision).abs() < 1e-12, "seed {seed}");
                }
                (found, expected) => assert_eq!((found, expected), (None, None), "seed {seed}"),
            }
        }
    }

    #[test]
    fn a_fold_was_drawn_as_often_as_its_blocks_on_average() {
        let walk = Walk::new(&[true, false, true], &[0.1, 0.2, 0.3], &[0, 2, 2]);
        assert_eq!([[1, 9, 1], [3, 9, 0], [0, 9, 0]].map(|weights| walk.drawn(&weights)), [1.0, 1.5, 0.0]);
        assert_eq!(Walk::new(&[], &[], &[]).drawn(&[4]), 0.0);
    }

    #[test]
    fn both_zeros_are_one_score() {
        let walk = Walk::new(&[true, false], &[-0.0, 0.0], &[0, 0]);
        assert_eq!(walk.measure(&[1]), Some(Both { auroc: 0.5, average_precision: 0.5 }));
    }
}
