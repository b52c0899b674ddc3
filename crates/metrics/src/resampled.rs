//! A statistic in every resample of a bootstrap: its percentiles, and how it lies about 0.

/// A statistic's values in the resamples of a bootstrap, whoever drew them: what [`Bootstrap`](crate::Bootstrap) takes
/// its limits and p-values from.
///
/// Resamples in which the statistic is undefined or not finite are left out and counted; how many may be missing is for
/// the caller to say.
///
/// ```
/// use ciskit_metrics::Resampled;
///
/// let differences = [Some(0.25), None, Some(0.75), Some(0.5)];
/// let resampled = Resampled::new(differences);
/// assert_eq!((resampled.used(), resampled.left_out()), (3, 1));
/// assert_eq!(resampled.limits(0.5), Some([0.375, 0.625]));
/// assert_eq!(resampled.p_value(), 0.5);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// Ascending.
    values: Vec<f64>,
    left_out: usize,
}

impl Resampled {
    /// Sorts the values; `None` and what is not finite are left out.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let (mut defined, mut left_out) = (Vec::new(), 0);
        for value in values {
            match value.filter(|value| value.is_finite()) {
                Some(value) => defined.push(value),
                None => left_out += 1,
            }
        }
        defined.sort_unstable_by(f64::total_cmp);
        Self { values: defined, left_out }
    }

    /// Number of resamples in which the statistic is defined.
    #[must_use]
    pub fn used(&self) -> usize {
        self.values.len()
    }

    /// Number of resamples in which it is not.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Lower and upper limit between which the fraction `confidence` of the resamples lies, such as 0.95: their
    /// quantiles, interpolated linearly (definition 7 of Hyndman & Fan, Am. Stat. 50 (1996)). `None` if no resample is
    /// used.
    ///
    /// # Panics
    ///
    /// If `confidence` does not lie between 0 and 1.
    #[must_use]
    pub fn limits(&self, confidence: f64) -> Option<[f64; 2]> {
        assert!((0.0..=1.0).contains(&confidence), "a confidence of {confidence}");
        let tail = (1.0 - confidence) / 2.0;
        (!self.values.is_empty()).then(|| [tail, 1.0 - tail].map(|fraction| quantile(&self.values, fraction)))
    }

    /// Two-sided p-value that the statistic is 0: twice the smaller of the fractions of resamples that are at most 0 and
    /// at least 0, each counted with one more resample at 0, and at most 1.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        let tail = |in_tail: fn(&f64) -> bool| self.values.iter().filter(|value| in_tail(value)).count() + 1;
        let smaller = tail(|&value| value <= 0.0).min(tail(|&value| value >= 0.0));
        (2.0 * smaller as f64 / (self.used() + 1) as f64).min(1.0)
    }
}

/// The quantile of ascending values, of which there is at least one.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let place = fraction * (sorted.len() - 1) as f64;
    let below = (place as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_lie_between_neighbours() {
        assert_eq!(quantile(&[3.0], 0.975), 3.0);
        assert_eq!(quantile(&[0.0, 1.0, 2.0, 3.0], 0.5), 1.5);
        let whole = Resampled::new((0..=1000).rev().map(|value| Some(f64::from(value))));
        let [lower, upper] = whole.limits(0.95).unwrap();
        assert!((lower - 25.0).abs() < 1e-9 && (upper - 975.0).abs() < 1e-9);
        assert_eq!(Resampled::new([None, Some(f64::NAN)]).limits(0.95), None);
    }

    #[test]
    fn p_values_are_two_sided_and_never_zero() {
        let of = |values: &[f64]| Resampled::new(values.iter().copied().map(Some)).p_value();
        assert_eq!(of(&[0.0; 99]), 1.0);
        assert_eq!(of(&[0.3; 99]), 0.02);
        assert_eq!(of(&[-0.3; 99]), 0.02);
        assert_eq!(of(&[1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), 0.4);
        assert_eq!(of(&[]), 1.0);
    }
}
