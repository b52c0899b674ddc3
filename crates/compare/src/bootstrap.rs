//! The block bootstrap: chromosomes are drawn with replacement, and every model is measured on the same draws.
//!
//! Interval and p-value are those of [`ciskit_metrics::Bootstrap`]. A mean over folds is no statistic of labels and scores
//! alone, though, and hundreds of cells share their resamples: rows are sorted once a cell, and a resample is a walk.

use ciskit_core::Pair;
use ciskit_core::random::Stream;

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

/// The percentile interval of 95 % of a measure's resamples: from the quantile 0.025 to 0.975, with linear
/// interpolation. Resamples that lack what the measure needs are left out.
///
/// # Errors
///
/// In words, why there is no interval.
pub(crate) fn interval(values: &[Option<f64>], blocks: usize) -> Result<[f64; 2], String> {
    let defined = defined(values, blocks)?;
    Ok([0.025, 0.975].map(|share| quantile(&defined, share)))
}

/// The two-sided p-value of no difference: twice the smaller of the shares of resamples at or below and at or above 0,
/// the observed difference counted in, at most 1.
///
/// # Errors
///
/// In words, why there is none.
pub(crate) fn p_value(differences: &[Option<f64>], blocks: usize) -> Result<f64, String> {
    let defined = defined(differences, blocks)?;
    let share = |count: usize| (count + 1) as f64 / (defined.len() + 1) as f64;
    let below = defined.iter().filter(|value| **value <= 0.0).count();
    let above = defined.iter().filter(|value| **value >= 0.0).count();
    Ok((2.0 * share(below.min(above))).min(1.0))
}

/// The defined values, ascending, if they are enough.
fn defined(values: &[Option<f64>], blocks: usize) -> Result<Vec<f64>, String> {
    if blocks < FEWEST_BLOCKS {
        return Err(format!(
            "{blocks} chromosomes with positives are too few to resample, {FEWEST_BLOCKS} needed"
        ));
    }
    let mut defined: Vec<f64> = values.iter().copied().flatten().collect();
    if (defined.len() as f64) < DEFINED * values.len() as f64 {
        return Err(format!("undefined in {} of {} resamples", values.len() - defined.len(), values.len()));
    }
    defined.sort_unstable_by(f64::total_cmp);
    Ok(defined)
}

/// A quantile of ascending values, linear between neighbours.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let place = share * (ascending.len() - 1) as f64;
    let (low, high) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[3.0], 0.975), 3.0);
        assert_eq!(quantile(&[0.0, 1.0, 2.0, 3.0], 0.5), 1.5);
        let values: Vec<Option<f64>> = (0..=1000).rev().map(|value| Some(f64::from(value))).collect();
        assert_eq!(interval(&values, 9), Ok([25.0, 975.0]));
    }

    #[test]
    fn p_values_are_two_sided_and_never_zero() {
        let of = |values: &[f64]| p_value(&values.iter().copied().map(Some).collect::<Vec<_>>(), 9).unwrap();
        assert_eq!(of(&[0.0; 99]), 1.0);
        assert_eq!(of(&[0.3; 99]), 0.02);
        assert_eq!(of(&[-0.3; 99]), 0.02);
        assert_eq!(of(&[1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), 0.4);
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
