//! The quantity that a score stands for.

use std::f64::consts::LN_2;

use ciskit_core::Scale;

/// The quantity behind a value: the probability of a logit, the likelihood or coverage of a logarithm, and any other value
/// itself.
pub(crate) fn quantity(scale: Scale, value: f32) -> f64 {
    let value = f64::from(value);
    match scale {
        Scale::Logit => log_sigmoid(value).exp(),
        Scale::Log => value.exp(),
        _ => value,
    }
}

/// log2 of the sum of the quantities behind some values, without forming those that would be rounded to 0 or 1; NaN where
/// there is none.
pub(crate) fn log2_of_sum(scale: Scale, values: impl Iterator<Item = f32> + Clone) -> f64 {
    let logarithm = |value: f32| match scale {
        Scale::Logit => log_sigmoid(f64::from(value)),
        _ => f64::from(value),
    };
    if !matches!(scale, Scale::Logit | Scale::Log) {
        let sum: f64 = values.map(f64::from).sum();
        return if sum > 0.0 { sum.log2() } else { f64::NAN };
    }
    let largest = values.clone().map(logarithm).fold(f64::NEG_INFINITY, f64::max);
    // One value is its own sum: ln(e^0) = 0.
    let sum: f64 = values.map(|value| (logarithm(value) - largest).exp()).sum();
    (largest + sum.ln()) / LN_2
}

/// log σ(x) = −log(1 + e^−x) without overflow or cancellation.
pub(crate) fn log_sigmoid(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_logarithms_neither_overflow_nor_vanish() {
        let log = |values: &[f32]| log2_of_sum(Scale::Log, values.iter().copied());
        assert!((log(&[-2000.0, -2000.0]) - (1.0 - 2000.0 / LN_2)).abs() < 1e-9);
        assert!((log(&[2000.0, 2000.0]) - (1.0 + 2000.0 / LN_2)).abs() < 1e-9);
        let logit = |values: &[f32]| log2_of_sum(Scale::Logit, values.iter().copied());
        assert!((logit(&[0.0, 0.0, 0.0, 0.0]) - 1.0).abs() < 1e-15);
        assert!((logit(&[-400.0]) + 400.0 / LN_2).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_logarithm_has_none() {
        let raw = |values: &[f32]| log2_of_sum(Scale::Raw, values.iter().copied());
        assert_eq!(raw(&[3.0, 5.0]), 3.0);
        for values in [&[][..], &[0.0], &[-1.0], &[1.0, -1.0], &[f32::NAN]] {
            assert!(raw(values).is_nan(), "{values:?}");
        }
        assert!(log2_of_sum(Scale::Logit, [f32::NAN].into_iter()).is_nan());
        assert!(log2_of_sum(Scale::Logit, [0.0, f32::NAN].into_iter()).is_nan());
    }

    #[test]
    fn quantities_follow_their_scale() {
        assert_eq!(quantity(Scale::Logit, 0.0), 0.5);
        assert_eq!(quantity(Scale::Logit, 1000.0), 1.0);
        assert_eq!(quantity(Scale::Log, 0.0), 1.0);
        assert_eq!(quantity(Scale::Raw, -3.5), -3.5);
    }
}
