//! How far apart two samples are.
//!
//! *Source*: the two-sample statistic of Kolmogorov and Smirnov, and its asymptotic distribution.

/// Largest difference of two empirical distributions, given ascending values; `None` without values.
pub(crate) fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        // Both distributions step over all ties before they are compared.
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|other| **other == value).count();
        j += b[j..].iter().take_while(|other| **other == value).count();
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    Some(largest)
}

/// The upper tail of Kolmogorov's distribution.
pub(crate) fn tail(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0; // to 12 digits; the series converges slowly there
    }
    let term = |k: i32| f64::from(1 - 2 * ((k + 1) % 2)) * (-2.0 * f64::from(k * k) * x * x).exp();
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_step_together() {
        assert_eq!(kolmogorov_smirnov(&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0]), Some(1.0 / 3.0));
        assert_eq!(kolmogorov_smirnov(&[1.0], &[1.0]), Some(0.0));
        assert_eq!(kolmogorov_smirnov(&[1.0], &[2.0, 3.0]), Some(1.0));
        assert_eq!(kolmogorov_smirnov(&[], &[2.0]), None);
    }

    #[test]
    fn the_tail_is_that_of_scipy() {
        // scipy.special.kolmogorov(1.0)
        assert!((tail(1.0) - 0.269_999_671_677_354_6).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn kolmogorov_smirnov_agrees_with_its_definition(
            mut a in prop::collection::vec(0u8..12, 1..30),
            mut b in prop::collection::vec(0u8..12, 1..30),
        ) {
            a.sort_unstable();
            b.sort_unstable();
            let below = |values: &[u8], x: u8| {
                values.iter().filter(|value| **value <= x).count() as f64 / values.len() as f64
            };
            let expected = (0..12).map(|x| (below(&a, x) - below(&b, x)).abs()).fold(0.0, f64::max);
            let real = |values: &[u8]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            prop_assert_eq!(kolmogorov_smirnov(&real(&a), &real(&b)), Some(expected));
        }
    }
}
