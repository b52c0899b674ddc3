//! Tail probabilities of the normal and of Student's t distribution, for p-values.

use std::f64::consts::{PI, SQRT_2};

/// P(|Z| >= |z|) of a standard normal Z.
///
/// Accurate to about 1e-14 relative up to |z| = 30 and zero beyond 39.
///
/// *Source*: Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.6 (series) and 7.1.14 (continued
/// fraction).
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    let x = z.abs() / SQRT_2;
    let density = (-x * x).exp() / PI.sqrt();
    if x < 2.0 {
        // erf x = 2 e^(-x²) / √π · Σ 2ᵏ x²ᵏ⁺¹ / (1 · 3 · … · (2k + 1)), all terms positive
        let (mut term, mut series, mut odd) = (x, x, 1.0);
        while term > series * 1e-17 {
            odd += 2.0;
            term *= 2.0 * x * x / odd;
            series += term;
        }
        1.0 - 2.0 * density * series
    } else {
        // erfc x = e^(-x²) / √π · 1 / (x + ½ / (x + 1 / (x + 3/2 / (x + …)))), converged to 1e-17 from x = 2 on
        density / (1..=150).rev().fold(x, |fraction, k| x + 0.5 * f64::from(k) / fraction)
    }
}

/// The z with [`normal_two_sided`] of `p`, for p in (0, 1): found by halving, to the last digits.
pub(crate) fn normal_quantile_two_sided(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    while low < high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if normal_two_sided(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Two-sided p-value of a Pearson correlation `r` of `n` >= 2 pairs under no correlation of normal variables:
/// Student's t with n − 2 degrees of freedom at t = r √((n − 2) / (1 − r²)). It is 1 for n = 2, where |r| is
/// always 1.
pub(crate) fn correlation_two_sided(r: f64, n: usize) -> f64 {
    if n <= 2 {
        return 1.0;
    }
    // P(|T| >= t) = I(x; a, 1/2) with a = ν / 2 and x = ν / (ν + t²) = 1 - r²
    let a = (n - 2) as f64 / 2.0;
    let (x, y) = ((1.0 - r) * (1.0 + r), r * r);
    if x <= 0.0 {
        return 0.0;
    }
    if y == 0.0 {
        return 1.0;
    }
    // x^a y^(1/2) / B(a, 1/2), with the logarithm of x from whichever of x and y is small and so exact
    let log_x = if x < 0.5 { x.ln() } else { (-y).ln_1p() };
    let front = (a * log_x).exp() * y.sqrt() * gamma_ratio(a) / PI.sqrt();
    let beyond_mean = (a + 0.5) * y - 0.5; // a - (a + b) x without its cancellation
    if beyond_mean > 0.0 {
        front / beta_fraction(a, 0.5, x, y, beyond_mean)
    } else {
        1.0 - front / beta_fraction(0.5, a, y, x, -beyond_mean)
    }
}

/// Γ(a + 1/2) / Γ(a) for a > 0: by its asymptotic series for large a, to which the recurrence leads.
fn gamma_ratio(a: f64) -> f64 {
    let mut factor = 1.0;
    let mut large = a;
    while large < 100.0 {
        factor *= large / (large + 0.5);
        large += 1.0;
    }
    let series = [1.0, -1.0 / 8.0, 1.0 / 128.0, 5.0 / 1024.0, -21.0 / 32768.0, -399.0 / 262_144.0];
    let series = series.iter().rev().fold(0.0, |sum, coefficient| sum / large + coefficient);
    factor * large.sqrt() * series
}

/// The continued fraction under xᵃ yᵇ / B(a, b) in the incomplete beta function I(x; a, b), with y = 1 − x
/// and λ = a − (a + b) x >= 0. Taking y and λ as arguments keeps it accurate where x is close to 1; it
/// converges within some hundred steps for all `a` and `b`.
///
/// *Source*: Didonato & Morris, ACM Trans. Math. Softw. 18 (1992), equation 9; evaluated by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64, lambda: f64) -> f64 {
    let denominator = |n: f64| {
        let first = if n == 0.0 { 0.0 } else { n + n * (b - n) * x / (a + 2.0 * n - 1.0) };
        first + (a + n) / (a + 2.0 * n + 1.0) * (lambda + 1.0 + n * (1.0 + y))
    };
    let mut fraction = denominator(0.0);
    let (mut c, mut d) = (fraction, 0.0);
    for step in 1..100_000 {
        let n = f64::from(step);
        let root = x / (a + 2.0 * n - 1.0);
        let numerator = (a + n - 1.0) * (a + b + n - 1.0) * n * (b - n) * root * root;
        d = 1.0 / (denominator(n) + numerator * d);
        c = denominator(n) + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 2.0 * f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected, "{found:e} is not {expected:e}");
    }

    /// Expected values computed with 40 digits.
    #[test]
    fn normal_tails_match_long_arithmetic() {
        assert_eq!(normal_two_sided(0.0), 1.0);
        for (z, expected) in [
            (0.1, 0.920_344_325_445_942),
            (1.0, 0.317_310_507_862_914_1),
            (1.959_963_984_540_054, 0.050_000_000_000_000_022),
            (2.8, 0.005_110_260_660_855_868_4),
            (2.83, 0.004_654_800_413_463_108),
            (5.0, 5.733_031_437_583_878e-7),
            (10.0, 1.523_970_604_832_105e-23),
            (20.0, 5.507_248_237_212_467_4e-89),
        ] {
            close(normal_two_sided(z), expected, 5e-14);
            close(normal_two_sided(-z), expected, 5e-14);
        }
        close(normal_two_sided(37.5), 9.210_706_019_163_97e-308, 1e-12);
        assert_eq!(normal_two_sided(f64::INFINITY), 0.0);
    }

    #[test]
    fn quantiles_turn_tails_round() {
        close(normal_quantile_two_sided(0.05), 1.959_963_984_540_054, 1e-13);
        for p in [1e-300, 1e-20, 0.01, 0.5, 0.99, 1.0 - 1e-12] {
            close(normal_two_sided(normal_quantile_two_sided(p)), p, 1e-10);
        }
    }

    /// Expected values computed with 40 digits.
    #[test]
    fn correlation_tails_match_long_arithmetic() {
        for (r, n, expected) in [
            (0.1, 3, 0.936_231_439_141_480_1),
            (0.5, 3, 0.666_666_666_666_666_6),
            (0.999, 3, 0.028_472_874_812_479_323),
            (0.5, 4, 0.5),
            (0.3, 30, 0.107_245_948_057_954_36),
            (0.9, 30, 1.316_606_070_026_389e-11),
            (0.05, 1000, 0.114_072_595_551_072_95),
            (0.5, 1000, 2.278_101_929_537_929e-64),
            (0.2, 202, 0.004_320_189_876_110_287),
            (0.2, 203, 0.004_224_039_562_029_697),
            (0.001, 5_000_000, 0.025_347_318_677_461_18),
            (0.01, 5_000_000, 9.388_254_088_186_755e-111),
            (1e-9, 10, 0.999_999_997_812_5),
        ] {
            close(correlation_two_sided(r, n), expected, 5e-14);
            close(correlation_two_sided(-r, n), expected, 5e-14);
        }
    }

    #[test]
    fn correlation_tails_have_their_limits() {
        assert_eq!(correlation_two_sided(1.0, 2), 1.0);
        assert_eq!(correlation_two_sided(0.0, 3), 1.0);
        assert_eq!(correlation_two_sided(-1.0, 3), 0.0);
    }
}
