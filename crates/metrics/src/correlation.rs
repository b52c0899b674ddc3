//! Correlation of two series: linear (Pearson) and of ranks (Spearman).

use rayon::prelude::*;

use crate::score::Score;
use crate::sum::sums;
use crate::{MetricError, check, tail};

/// A correlation and how surprising it would be were there none.
///
/// ```
/// use ciskit_metrics::pearson_test;
///
/// let line = pearson_test(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.5])?;
/// assert!(line.coefficient > 0.99 && line.p_value > 0.05); // three points prove little
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Correlation {
    /// The correlation coefficient, in [−1, 1].
    pub coefficient: f64,
    /// Two-sided p-value under independence.
    pub p_value: f64,
}

/// Pearson's linear correlation: r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²).
///
/// Accurate for series whose spread is tiny beside their mean, and for any magnitude that `f64` holds.
///
/// *Shapes*: two slices of one length, which may be of `f32` and `f64`. *Cost*: O(n), two passes, nothing
/// allocated for each item.
///
/// # Errors
///
/// [`MetricError::Constant`] if a side is constant and [`MetricError::TooFew`] for one pair: undefined;
/// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`].
///
/// ```
/// use ciskit_metrics::{MetricError, pearson};
///
/// assert_eq!(pearson(&[1.0, 2.0, 3.0, 4.0], &[8.0, 6.0, 4.0, 2.0]), Ok(-1.0));
/// let constant = pearson(&[1.0, 2.0], &[5.0, 5.0]);
/// assert_eq!(constant, Err(MetricError::Constant { what: "y", value: 5.0 }));
/// ```
pub fn pearson<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<f64, MetricError> {
    check_pairs(x, y)?;
    Ok(product_moment(x, y))
}

/// [`pearson`] with its p-value: Student's t with n − 2 degrees of freedom at t = r √((n − 2) / (1 − r²)),
/// exact for normal variables; 1 for two pairs, through which there is always a line.
///
/// # Errors
///
/// Those of [`pearson`].
///
/// ```
/// let test = ciskit_metrics::pearson_test(&[1.0, 3.0, 2.0], &[1.0, 2.0, 3.0])?;
/// assert!((test.coefficient - 0.5).abs() < 1e-15);
/// assert!((test.p_value - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn pearson_test<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<Correlation, MetricError> {
    let coefficient = pearson(x, y)?;
    Ok(Correlation { coefficient, p_value: tail::correlation_two_sided(coefficient, x.len()) })
}

/// Spearman's rank correlation ρ: Pearson's r of the ranks.
///
/// *Ties* share the mean of their ranks (mid-ranks). It is the same for any increasing transform of a side.
///
/// *Shapes*: two slices of one length, which may be of `f32` and `f64`. *Cost*: O(n log n), a sort of each
/// side.
///
/// # Errors
///
/// Those of [`pearson`].
///
/// ```
/// let squares = ciskit_metrics::spearman(&[1.0, 2.0, 3.0], &[1.0, 4.0, 9.0])?;
/// assert_eq!(squares, 1.0);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn spearman<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<f64, MetricError> {
    check_pairs(x, y)?;
    Ok(product_moment(&mid_ranks(x), &mid_ranks(y)))
}

/// [`spearman`] with its p-value, from the t formula of [`pearson_test`]: an approximation, good from some
/// ten pairs on.
///
/// # Errors
///
/// Those of [`pearson`].
///
/// ```
/// let test = ciskit_metrics::spearman_test(&[0.1, 0.3, 0.2], &[1.0, 2.0, 3.0])?;
/// assert!((test.p_value - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn spearman_test<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<Correlation, MetricError> {
    let coefficient = spearman(x, y)?;
    Ok(Correlation { coefficient, p_value: tail::correlation_two_sided(coefficient, x.len()) })
}

/// At least two finite pairs, neither side constant.
pub(crate) fn check_pairs<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<(), MetricError> {
    check::lengths("y values", x.len(), y.len())?;
    check::finite("x", x)?;
    check::finite("y", y)?;
    if x.len() < 2 {
        return Err(MetricError::TooFew { what: "pairs", needed: 2, found: x.len() });
    }
    check_varies("x", x)?;
    check_varies("y", y)
}

fn check_varies<S: Score>(what: &'static str, values: &[S]) -> Result<(), MetricError> {
    let value = values[0].into();
    if values.iter().all(|&other| other.into() == value) {
        return Err(MetricError::Constant { what, value });
    }
    Ok(())
}

/// Pearson's r of checked pairs.
fn product_moment<X: Score, Y: Score>(x: &[X], y: &[Y]) -> f64 {
    let n = x.len();
    let (x_scale, y_scale) = (scale(x), scale(y));
    let x = |i: usize| x[i].into() * x_scale;
    let y = |i: usize| y[i].into() * y_scale;
    let [x_sum, y_sum] = sums(n, |i| [x(i), y(i)]);
    let (x_mean, y_mean) = (x_sum / n as f64, y_sum / n as f64);
    // The means are rounded, so the deviations from them have small sums of their own to correct for.
    let [dx, dy, xx, yy, xy] = sums(n, |i| {
        let (dx, dy) = (x(i) - x_mean, y(i) - y_mean);
        [dx, dy, dx * dx, dy * dy, dx * dy]
    });
    let corrected = |product: f64, a: f64, b: f64| product - a * (b / n as f64);
    let r = corrected(xy, dx, dy) / (corrected(xx, dx, dx) * corrected(yy, dy, dy)).sqrt();
    r.clamp(-1.0, 1.0)
}

/// The power of two that brings the largest magnitude near 1, so that no sum of squares overflows or
/// underflows; scaling by it rounds nothing. At most 2^±1000, which is near enough for values beyond.
fn scale<S: Score>(values: &[S]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |largest, &value| largest.max(value.into().abs()));
    let exponent = largest.log2().floor() as i32; // the constant zero is refused before
    2_f64.powi((-exponent).clamp(-1000, 1000))
}

/// Ranks from 1 on, tied values sharing the mean of theirs.
fn mid_ranks<S: Score>(values: &[S]) -> Vec<f64> {
    let mut order: Vec<(S::Key, usize)> = values.iter().map(|value| value.key()).zip(0..).collect();
    order.par_sort_unstable();
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        for &(_, index) in tied {
            ranks[index] = rank;
        }
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(mid_ranks(&[0.5, -0.0, 0.5, 0.0, 2.0]), [3.5, 1.5, 3.5, 1.5, 5.0]);
        assert_eq!(mid_ranks(&[7.0_f32; 3]), [2.0; 3]);
    }

    #[test]
    fn offsets_and_magnitudes_do_not_matter() {
        let (x, y) = ([1.0, 2.0, 3.0, 5.0, 8.0], [2.0, 1.0, 4.0, 3.0, 7.0]);
        let expected = pearson(&x, &y).unwrap();
        for (factor, offset) in [(1.0, 1e8), (1.0, -1e14), (2_f64.powi(1018), 0.0), (2_f64.powi(-1070), 0.0)]
        {
            let found = pearson(&x.map(|value| value * factor + offset), &y).unwrap();
            assert!((found - expected).abs() < 1e-15, "{factor:e}, {offset:e}: {found}");
        }
        assert_eq!(pearson(&[f64::MAX, f64::MIN, f64::MAX], &[1.0, 0.0, 1.0]), Ok(1.0));
    }

    #[test]
    fn values_one_ulp_apart_are_not_constant() {
        let mut x = vec![1.0; 1000];
        x[17] = 1.0_f64.next_up();
        let y: Vec<f64> = (0..1000).map(|i| f64::from(u8::from(i == 17))).collect();
        assert!((pearson(&x, &y).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn precision_may_differ_between_the_sides() {
        let wide = pearson(&[0.5, 1.5, 4.0], &[1.0, 3.0, 2.0]);
        assert_eq!(pearson(&[0.5_f32, 1.5, 4.0], &[1.0, 3.0, 2.0]), wide);
        assert_eq!(spearman(&[0.5, 1.5, 4.0], &[1.0_f32, 3.0, 2.0]), Ok(0.5));
    }

    #[test]
    fn undefined_and_bad_input_is_refused() {
        for correlation in [pearson, spearman] {
            let few = MetricError::TooFew { what: "pairs", needed: 2, found: 1 };
            assert_eq!(correlation(&[1.0], &[2.0]), Err(few));
            assert_eq!(correlation(&[], &[]), Err(MetricError::Empty));
            let constant = MetricError::Constant { what: "x", value: 0.0 };
            assert_eq!(correlation(&[0.0, -0.0], &[1.0, 2.0]), Err(constant));
            let lengths = MetricError::LengthMismatch { what: "y values", expected: 2, found: 3 };
            assert_eq!(correlation(&[1.0, 2.0], &[1.0, 2.0, 3.0]), Err(lengths));
            let infinite = MetricError::NotFinite { what: "y", index: 1, value: f64::INFINITY };
            assert_eq!(correlation(&[1.0, 2.0], &[1.0, f64::INFINITY]), Err(infinite));
            let nan = correlation(&[f64::NAN, 2.0], &[1.0, 2.0]);
            assert!(matches!(nan, Err(MetricError::NotFinite { what: "x", index: 0, .. })));
        }
    }
}
