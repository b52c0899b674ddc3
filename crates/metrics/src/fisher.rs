//! Intervals of correlation coefficients by Fisher's z.

use crate::tail::normal_quantile_two_sided;

/// The standard error of artanh of a coefficient of `n` pairs.
type StandardError = fn(f64, usize) -> f64;

/// The interval of a [`pearson`](crate::pearson) coefficient of `n` pairs that holds the true one with this
/// confidence, such as 0.95: tanh(artanh r ± z / √(n − 3)).
///
/// It is exact in the limit for normal variables; heavy tails make it too narrow. `None` for fewer than four pairs, for
/// |r| = 1, and for what is no correlation or no confidence between 0 and 1.
///
/// *Source*: Fisher, Metron 1 (1921).
///
/// ```
/// let [low, high] = ciskit_metrics::pearson_interval(0.5, 103, 0.95).unwrap();
/// assert!((low - 0.339_307_5).abs() < 1e-7 && (high - 0.632_338_2).abs() < 1e-6);
/// assert_eq!(ciskit_metrics::pearson_interval(0.5, 3, 0.95), None);
/// ```
#[must_use]
pub fn pearson_interval(r: f64, n: usize, confidence: f64) -> Option<[f64; 2]> {
    interval(r, n, confidence, |_, n| 1.0 / ((n - 3) as f64).sqrt())
}

/// The interval of a [`spearman`](crate::spearman) coefficient of `n` pairs: as [`pearson_interval`], but with the
/// standard error √((1 + ρ² / 2) / (n − 3)), because ranks vary more where the correlation is strong.
///
/// *Source*: Bonett & Wright, Psychometrika 65 (2000), <https://doi.org/10.1007/BF02294183>.
///
/// ```
/// let wide = ciskit_metrics::spearman_interval(0.8, 103, 0.95).unwrap();
/// let narrow = ciskit_metrics::pearson_interval(0.8, 103, 0.95).unwrap();
/// assert!(wide[0] < narrow[0] && wide[1] > narrow[1]);
/// ```
#[must_use]
pub fn spearman_interval(rho: f64, n: usize, confidence: f64) -> Option<[f64; 2]> {
    interval(rho, n, confidence, |rho, n| ((1.0 + rho * rho / 2.0) / (n - 3) as f64).sqrt())
}

fn interval(r: f64, n: usize, confidence: f64, error: StandardError) -> Option<[f64; 2]> {
    let known = r.abs() < 1.0 && confidence > 0.0 && confidence < 1.0;
    if n < 4 || !known {
        return None;
    }
    let reach = normal_quantile_two_sided(1.0 - confidence) * error(r, n);
    Some([-reach, reach].map(|offset| (r.atanh() + offset).tanh()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: tanh(artanh r ± z s) with z of 40 digits.
    #[test]
    fn intervals_match_their_formula() {
        for (r, n, z, confidence) in [
            (0.314_122_313, 16_135, 1.959_963_984_540_054, 0.95),
            (-0.7, 20, 1.644_853_626_951_472_7, 0.9),
            (0.05, 36, 2.575_829_303_548_900_4, 0.99),
        ] {
            let s = 1.0 / f64::from(n - 3).sqrt();
            let [low, high] = pearson_interval(r, n as usize, confidence).unwrap();
            assert!((low - (r.atanh() - z * s).tanh()).abs() < 1e-13, "{low}");
            assert!((high - (r.atanh() + z * s).tanh()).abs() < 1e-13, "{high}");
            let s = s * (1.0 + r * r / 2.0).sqrt();
            let [low, high] = spearman_interval(r, n as usize, confidence).unwrap();
            assert!((low - (r.atanh() - z * s).tanh()).abs() < 1e-13, "{low}");
            assert!((high - (r.atanh() + z * s).tanh()).abs() < 1e-13, "{high}");
        }
    }

    #[test]
    fn what_has_no_interval() {
        for (r, n, confidence) in [
            (1.0, 50, 0.95),
            (-1.0, 50, 0.95),
            (f64::NAN, 50, 0.95),
            (0.2, 3, 0.95),
            (0.2, 50, 1.0),
            (0.2, 50, 0.0),
        ] {
            assert_eq!(pearson_interval(r, n, confidence), None);
            assert_eq!(spearman_interval(r, n, confidence), None);
        }
    }
}
