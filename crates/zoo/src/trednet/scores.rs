//! What TREDNet's authors, and those who compared it, make of its probabilities.

use std::ops::Range;

use ciskit_core::{Edit, ScoreError, Selection, SequenceScorer};

/// log2(p_alt / p_ref), in f64; the score that models are compared by.
///
/// A probability of 0 gives an infinite number, two of them NaN.
///
/// ```
/// use ciskit_zoo::trednet::log2_ratio;
///
/// assert_eq!(log2_ratio(0.25, 0.5), 1.0);
/// ```
#[must_use]
pub fn log2_ratio(reference: f32, alternative: f32) -> f64 {
    (f64::from(alternative) / f64::from(reference)).log2()
}

/// The authors' score of a substitution: max(p_ref, p_alt) · |p_ref − p_alt|, in f64.
///
/// ```
/// use ciskit_zoo::trednet::iep;
///
/// assert_eq!(iep(0.75, 0.25), 0.375);
/// assert_eq!(iep(0.75, 0.25), iep(0.25, 0.75));
/// ```
#[must_use]
pub fn iep(reference: f32, alternative: f32) -> f64 {
    let (reference, alternative) = (f64::from(reference), f64::from(alternative));
    reference.max(alternative) * (reference - alternative).abs()
}

/// The authors' delta scores of scanned positions: the mean of p_ref − p_mut over the three substitutions, divided by the
/// median of these means' absolute values.
///
/// Where that median is 0 the means are left as they are.
///
/// ```
/// use ciskit_zoo::trednet::delta_scores;
///
/// let deltas = delta_scores(0.5, &[[0.25; 3], [0.5; 3], [0.5, 0.5, 1.25]]);
/// assert_eq!(deltas, [1.0, 0.0, -1.0]);
/// ```
#[must_use]
pub fn delta_scores(reference: f32, substitutions: &[[f32; 3]]) -> Vec<f64> {
    let reference = f64::from(reference);
    let mean = |mutated: &[f32; 3]| mutated.iter().map(|&p| reference - f64::from(p)).sum::<f64>() / 3.0;
    let means: Vec<f64> = substitutions.iter().map(mean).collect();
    let mut sizes: Vec<f64> = means.iter().map(|mean| mean.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let median = match sizes.len() {
        0 => return means,
        odd if odd % 2 == 1 => sizes[odd / 2],
        even => (sizes[even / 2 - 1] + sizes[even / 2]) / 2.0,
    };
    if median == 0.0 { means } else { means.into_iter().map(|mean| mean / median).collect() }
}

/// The [`delta_scores`] of some positions of a window; the authors scan the 20 in the middle of 2000 bp.
///
/// The scorer's first output is taken. At a position whose letter is no base, all four letters are tried and the first three
/// of them count.
///
/// # Errors
///
/// [`ScoreError`], among others for positions outside of the window.
///
/// ```
/// use ciskit_nn::{DType, Device, Parameters};
/// use ciskit_zoo::trednet::{Config, Trednet, TrednetScorer, scan_deltas};
///
/// let config = Config {
///     phase_one: Config::phase_one(800, [2, 2, 3, 3, 4, 4], 5, 12),
///     phase_two: Config::phase_two(12, [2, 3], [4, 3]),
/// };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Trednet::load(vb, &config))?;
/// let scorer = TrednetScorer::enhancers(model, Device::Cpu)?;
/// assert_eq!(scan_deltas(&scorer, &b"GATTC".repeat(160), 390..410)?.len(), 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_deltas(
    scorer: &dyn SequenceScorer,
    window: &[u8],
    positions: Range<usize>,
) -> Result<Vec<f64>, ScoreError> {
    let first = Selection::all().with_outputs(vec![0]).with_bins(0..1);
    let reference = scorer.score(&[window], &first)?.get(0, 0, 0);
    let mut edits = Vec::with_capacity(3 * positions.len());
    for position in positions {
        let letter = window.get(position).map(u8::to_ascii_uppercase);
        let others = b"ACGT".iter().filter(|&&base| Some(base) != letter).take(3);
        edits.extend(others.map(|&base| Edit::substitution(position, base)));
    }
    let scores = scorer.score_edits(window, &edits, &first)?;
    let (mutated, _) = scores.values().as_chunks::<3>();
    Ok(delta_scores(reference, mutated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_any_number_and_of_zero() {
        assert!(delta_scores(0.5, &[]).is_empty());
        assert_eq!(delta_scores(0.5, &[[0.5; 3], [0.5; 3], [0.0; 3]]), [0.0, 0.0, 0.5]);
        // The mean of the two middle ones.
        assert_eq!(delta_scores(1.0, &[[0.0; 3], [0.5; 3]]), [1.0 / 0.75, 0.5 / 0.75]);
    }

    #[test]
    fn impossible_probabilities_give_no_finite_ratio() {
        assert_eq!(log2_ratio(0.0, 0.5), f64::INFINITY);
        assert!(log2_ratio(0.0, 0.0).is_nan());
        assert!(iep(f32::NAN, 0.5).is_nan());
    }
}
