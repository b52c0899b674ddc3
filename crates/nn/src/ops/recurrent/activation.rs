//! Exponential, sigmoid and hyperbolic tangent of `f32` without branches, so that the compiler makes vectors of them.
//!
//! They come from e^x − 1 = 2ⁿ (e^r − 1) + (2ⁿ − 1) with x = n ln 2 + r, |r| ≤ ln 2 / 2, whose small values keep all
//! their digits. NaN is passed on.

/// 2ⁿ and e^r − 1 for |x| up to 87.
#[inline(always)]
fn power_and_rest(x: f32) -> (f32, f32) {
    /// 1.5 · 2²³: adding it rounds to an integer, and leaves that in the low bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, of which the first times n is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    let tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail)));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()));
    (power, series)
}

/// e^x − 1 for |x| up to 87.
#[inline(always)]
fn exp_minus_one(x: f32) -> f32 {
    let (power, series) = power_and_rest(x);
    power * series + (power - 1.0)
}

/// e^x, with x kept within ±87.
#[inline(always)]
pub(in crate::ops) fn exp(x: f32) -> f32 {
    let (power, series) = power_and_rest(within(x, 87.0));
    power * series + power
}

/// `x` kept within ±`bound`.
#[inline(always)]
fn within(x: f32, bound: f32) -> f32 {
    let x = if x > bound { bound } else { x };
    if x < -bound { -bound } else { x }
}

/// 1 / (1 + e^−x).
#[inline(always)]
pub(in crate::ops) fn sigmoid(x: f32) -> f32 {
    1.0 / (2.0 + exp_minus_one(within(-x, 87.0)))
}

/// tanh x = (e^2x − 1) / (e^2x + 1), which is 1 in `f32` from 9.02 on.
#[inline(always)]
pub(in crate::ops) fn tanh(x: f32) -> f32 {
    let e = exp_minus_one(within(2.0 * x, 20.0));
    e / (e + 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_right_to_the_last_bits() {
        let close = |found: f32, expected: f64, x: f32| {
            assert!((f64::from(found) - expected).abs() <= 4e-7 * expected.abs(), "{x}: {found} {expected}");
        };
        for step in -400_000..=400_000 {
            let x = step as f32 * 1e-4;
            let wide = f64::from(x);
            close(sigmoid(x), 1.0 / (1.0 + (-wide).exp()), x);
            close(tanh(x), wide.tanh(), x);
            close(exp(2.0 * x), (2.0 * wide).exp(), x);
        }
        for x in [1e-30f32, -1e-20, 1e-10, -3e-6, 2e-4] {
            close(tanh(x), f64::from(x).tanh(), x);
        }
    }

    #[test]
    fn extremes_saturate_and_nan_is_passed_on() {
        for x in [1e3, f32::MAX, f32::INFINITY] {
            assert_eq!((sigmoid(x), tanh(x), tanh(-x)), (1.0, 1.0, -1.0));
            assert!(sigmoid(-x) < 1e-37);
        }
        assert_eq!((sigmoid(0.0), tanh(0.0)), (0.5, 0.0));
        assert!(sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && exp(f32::NAN).is_nan());
    }
}
