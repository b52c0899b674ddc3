//! What every metric asks of its input before it computes anything.

use rayon::prelude::*;

use crate::MetricError;
use crate::score::Score;

/// One label an item, one score an item, at least one item, all scores finite.
pub(crate) fn scored<S: Score>(labels: &[bool], scores: &[S]) -> Result<(), MetricError> {
    lengths("scores", labels.len(), scores.len())?;
    finite("score", scores)
}

/// As many values as labels, and at least one.
pub(crate) fn lengths(what: &'static str, expected: usize, found: usize) -> Result<(), MetricError> {
    if expected != found {
        return Err(MetricError::LengthMismatch { what, expected, found });
    }
    if expected == 0 {
        return Err(MetricError::Empty);
    }
    Ok(())
}

/// No NaN and no infinity.
pub(crate) fn finite<S: Score>(what: &'static str, values: &[S]) -> Result<(), MetricError> {
    // Values are nearly always finite, so many are judged together, without a branch for each.
    const TOGETHER: usize = 1 << 14;
    let strange = |&value: &S| !value.into().is_finite();
    let any = |values: &[S]| values.iter().fold(false, |any, value| any | strange(value));
    let Some(block) = values.par_chunks(TOGETHER).position_first(any) else { return Ok(()) };
    let offender = values.iter().skip(block * TOGETHER).position(strange);
    let index = block * TOGETHER + offender.unwrap_or(0);
    Err(MetricError::NotFinite { what, index, value: values[index].into() })
}

/// One weight for each of `items`, each zero or of a size whose products stay in range, not all zero.
pub(crate) fn weights(items: usize, weights: &[f64]) -> Result<(), MetricError> {
    lengths("weights", items, weights.len())?;
    let usable = |&weight: &f64| weight == 0.0 || (1e-100..=1e100).contains(&weight);
    if let Some(index) = weights.iter().position(|weight| !usable(weight)) {
        return Err(MetricError::Weight { index, value: weights[index] });
    }
    if weights.iter().all(|&weight| weight == 0.0) {
        return Err(MetricError::NoWeight { items });
    }
    Ok(())
}

/// A fraction that a caller asks for, such as a recall.
pub(crate) fn fraction(name: &'static str, value: f64) -> Result<(), MetricError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(MetricError::Parameter { name, value, allowed: "between 0 and 1" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offender_is_named() {
        let error = scored(&[true; 4], &[0.1, f64::INFINITY, f64::NAN, 0.2]);
        assert_eq!(error, Err(MetricError::NotFinite { what: "score", index: 1, value: f64::INFINITY }));
        assert_eq!(weights(3, &[1.0, -0.5, f64::NAN]), Err(MetricError::Weight { index: 1, value: -0.5 }));
    }

    #[test]
    fn the_first_of_many_offenders_is_named() {
        let mut scores = vec![0.5_f32; 100_000];
        for index in [99_999, 70_000, 40_001, 16_384, 0] {
            scores[index] = f32::NEG_INFINITY;
            let expected = MetricError::NotFinite { what: "score", index, value: f64::NEG_INFINITY };
            assert_eq!(finite("score", &scores), Err(expected));
        }
    }

    #[test]
    fn weights_are_zero_or_of_a_usable_size() {
        assert_eq!(weights(3, &[0.0, 1e-100, 1e100]), Ok(()));
        for value in [1e-101, 1e101, f64::INFINITY, -1e-9] {
            assert_eq!(weights(2, &[1.0, value]), Err(MetricError::Weight { index: 1, value }));
        }
        assert!(matches!(weights(1, &[f64::NAN]), Err(MetricError::Weight { index: 0, .. })));
        assert_eq!(weights(2, &[0.0, -0.0]), Err(MetricError::NoWeight { items: 2 }));
    }

    #[test]
    fn lengths_are_compared_before_emptiness() {
        let expected = MetricError::LengthMismatch { what: "scores", expected: 0, found: 1 };
        assert_eq!(scored(&[], &[0.5]), Err(expected));
        assert_eq!(scored::<f64>(&[], &[]), Err(MetricError::Empty));
    }

    #[test]
    fn fractions_end_at_0_and_1() {
        assert_eq!(fraction("recall", 0.0).and(fraction("recall", 1.0)), Ok(()));
        assert!(fraction("recall", 1.0 + 1e-15).is_err());
        assert!(fraction("recall", f64::NAN).is_err());
    }
}
