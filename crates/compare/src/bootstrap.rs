//! The block bootstrap: chromosomes are drawn with replacement, and every model is measured on the same draws.
//!
//! Interval and p-value are those of [`ciskit_metrics::Bootstrap`], but asked for more strictly: five blocks with positives
//! and nine in ten resamples must do, where that wants two blocks and half of the resamples. A mean over folds is no
//! statistic of labels and scores alone, though, and hundreds of cells share their resamples: rows are sorted once a
//! cell, and a resample is a walk.

use ciskit_core::Pair;
use ciskit_core::random::Stream;
use ciskit_metrics::Resampled;

use crate::TestList;

/// Fewer blocks with positives than these give no interval: so few draws differ too little to say anything.
pub(crate) const FEWEST_BLOCKS: usize = 5;

/// Share of the resamples in which a measure must be defined to have an interval.
const DEFINED: f64 = 0.9;

/// A list's blocks, and how often each resample holds each of them.
pub(crate) struct Blocks {
    /// Index of each row's block, fold by fold in the order of the list.
    pub(crate) of: Vec<Vec<u32>>,
    /// One weight a block, for each resample.
    pub(crate) resamples: Vec<Vec<u32>>,
}

impl Blocks {
    /// Blocks are the chromosomes of the enhancers, in the order of their names: neighbouring pairs share elements,
    /// chromosomes do not. A resample draws as many blocks as there are, with replacement.
    pub(crate) fn of(pairs: &[Pair], list: &TestList, resamples: usize, seed: u64) -> Self {
        let contig = |row: &usize| pairs[*row].enhancer.interval.contig();
        let mut names: Vec<&str> =
            list.folds.iter().flat_map(|fold| &fold.rows).map(|row| contig(row).as_ref()).collect();
        names.sort_unstable();
        names.dedup();
        let block = |row: &usize| names.partition_point(|name| *name < contig(row).as_ref()) as u32;
        let of = list.folds.iter().map(|fold| fold.rows.iter().map(block).collect()).collect();
        let stream = Stream::new(seed, "comparison of models");
        let resample = |number: usize| {
            let (mut weights, mut draws) = (vec![0; names.len()], stream.number(number as u64).draws());
            for _ in 0..names.len() {
                weights[draws.below(names.len() as u64) as usize] += 1;
            }
            weights
        };
        Self { of, resamples: (0..resamples).map(resample).collect() }
    }
}

/// The percentile interval of 95 % of a measure's resamples. Resamples that lack what the measure needs are left out.
///
/// # Errors
///
/// In words, why there is no interval.
pub(crate) fn interval(values: &[Option<f64>], blocks: usize) -> Result<[f64; 2], String> {
    enough(values, blocks)?.limits(0.95).ok_or_else(|| "there are no resamples".into())
}

/// The two-sided p-value of no difference.
///
/// # Errors
///
/// In words, why there is none.
pub(crate) fn p_value(differences: &[Option<f64>], blocks: usize) -> Result<f64, String> {
    Ok(enough(differences, blocks)?.p_value())
}

/// The resamples, if blocks and defined values are enough.
fn enough(values: &[Option<f64>], blocks: usize) -> Result<Resampled, String> {
    if blocks < FEWEST_BLOCKS {
        return Err(format!(
            "{blocks} chromosomes with positives are too few to resample, {FEWEST_BLOCKS} needed"
        ));
    }
    let resampled = Resampled::new(values.iter().copied());
    if (resampled.used() as f64) < DEFINED * values.len() as f64 {
        return Err(format!("undefined in {} of {} resamples", resampled.left_out(), values.len()));
    }
    Ok(resampled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_and_p_values_are_of_what_is_defined() {
        let mut values: Vec<Option<f64>> = (0..=1000).rev().map(|value| Some(f64::from(value))).collect();
        values.extend([None; 100]);
        let [low, high] = interval(&values, 9).unwrap();
        assert!((low - 25.0).abs() < 1e-9 && (high - 975.0).abs() < 1e-9);
        assert_eq!(p_value(&[Some(0.3); 99], 9), Ok(0.02));
    }

    #[test]
    fn too_little_is_said_so() {
        let few = interval(&[Some(1.0); 100], 4).unwrap_err();
        assert_eq!(few, "4 chromosomes with positives are too few to resample, 5 needed");
        let mut values = vec![Some(0.5); 100];
        values[..11].fill(None);
        assert_eq!(interval(&values, 9).unwrap_err(), "undefined in 11 of 100 resamples");
        values[0] = Some(0.5);
        assert_eq!(p_value(&values, 9), Ok(2.0 / 91.0));
    }
}
