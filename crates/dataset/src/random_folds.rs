//! Random folds, for comparison with published numbers only.

use ciskit_core::Pair;

use crate::{DatasetError, Split, Splitter, Validation, row_hash};

/// Folds drawn for each pair by itself: pair `i` is in fold [`row_hash`]`(seed, i) mod folds`.
///
/// This split is leaky and says so: neighbours of one promoter fall on both sides. The folds are of about the
/// same size only.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{RandomFolds, Splitter};
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let splitter = RandomFolds::new(5, 0);
/// assert!(splitter.name().contains("leaky"));
/// let split = splitter.split(&vec![pair; 1_000])?;
/// assert!(split.leak.is_some_and(|why| why.contains("promoter")));
/// assert!(split.folds.iter().all(|fold| (150..250).contains(&fold.test.len())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomFolds {
    folds: usize,
    seed: u32,
    validation: Validation,
}

impl RandomFolds {
    /// `folds` folds drawn by a seed of 32 bits, as [`row_hash`] takes it and
    /// [`Seeds::row_seed`](crate::Seeds::row_seed) gives it.
    #[must_use]
    pub fn new(folds: usize, seed: u32) -> Self {
        Self { folds, seed, validation: Validation::default() }
    }

    /// The same folds with validation pairs from elsewhere.
    #[must_use]
    pub fn validation(self, validation: Validation) -> Self {
        Self { validation, ..self }
    }
}

impl Splitter for RandomFolds {
    fn name(&self) -> String {
        format!("{} random folds (leaky)", self.folds)
    }

    fn leak(&self) -> Option<&str> {
        Some(
            "pairs of one promoter or enhancer are both trained and tested on, so that knowing how often an \
             element was positive in training is enough to score it in the test",
        )
    }

    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError> {
        let folds = self.folds as u64;
        let place = |row| row_hash(self.seed, row).checked_rem(folds).map_or(0, |fold| fold as usize);
        let places: Vec<_> = (0..pairs.len() as u64).map(|row| Ok(place(row))).collect();
        let names = (0..self.folds).map(|fold| format!("random {fold}")).collect();
        Split::assemble(self, self.validation, names, &places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;

    fn pairs(count: usize) -> Vec<Pair> {
        let at = Interval::new("c", 0, 1).unwrap();
        vec![Pair::new(at.clone(), at); count]
    }

    #[test]
    fn a_row_keeps_its_fold_whatever_follows() {
        let few = RandomFolds::new(4, 3).split(&pairs(20)).unwrap();
        let many = RandomFolds::new(4, 3).split(&pairs(60)).unwrap();
        for (few, many) in few.folds.iter().zip(&many.folds) {
            assert_eq!(few.test[..], many.test[..few.test.len()]);
        }
        assert_ne!(few, RandomFolds::new(4, 4).split(&pairs(20)).unwrap());
        // 10740533222099876715 mod 4, the published number of row 7 under seed 3.
        assert!(few.folds[3].test.contains(&7));
    }

    #[test]
    fn folds_partition_the_pairs() {
        let split = RandomFolds::new(3, 1).validation(Validation::None).split(&pairs(50)).unwrap();
        let mut tested: Vec<usize> = split.folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..50).collect::<Vec<_>>());
        assert!(split.folds.iter().all(|fold| fold.train.len() + fold.test.len() == 50));
    }

    #[test]
    fn zero_folds_are_refused() {
        assert!(matches!(
            RandomFolds::new(0, 1).split(&pairs(2)),
            Err(DatasetError::TooFewFolds { found: 0, .. })
        ));
    }
}
