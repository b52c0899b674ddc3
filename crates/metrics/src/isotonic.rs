//! Scores turned into probabilities by the best curve that never falls.

use crate::score::Score;
use crate::{MetricError, check};

/// Isotonic regression of labels on scores: the non-decreasing curve with the smallest squared error.
///
/// Equal scores are one point. Between two points of the fit the curve is a straight line, beyond the outer ones it is
/// level. It needs many items (a thousand or more) not to follow noise; fit it to other items than those that the model
/// was trained on, and than those that it is measured on.
///
/// *Source*: pool adjacent violators: Ayer et al., Ann. Math. Stat. 26 (1955); for calibration: Zadrozny & Elkan,
/// "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002.
///
/// ```
/// use ciskit_metrics::IsotonicRegression;
///
/// let fit = IsotonicRegression::fit(&[false, true, false, true], &[0.0, 0.5, 0.75, 1.0])?;
/// assert_eq!(fit.probability(0.6), 0.5); // 0.5 and 0.75 are in the wrong order and share their mean
/// assert_eq!((fit.probability(-1.0), fit.probability(0.25), fit.probability(2.0)), (0.0, 0.25, 1.0));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IsotonicRegression {
    /// Score and probability, both ascending: the ends of the level parts.
    knots: Vec<(f64, f64)>,
}

/// A level part of the curve.
#[derive(Clone, Copy)]
struct Pool {
    first: f64,
    last: f64,
    positives: u64,
    items: u64,
}

impl Pool {
    /// Whether the mean is at least that of another, exactly.
    fn reaches(&self, other: &Self) -> bool {
        u128::from(self.positives) * u128::from(other.items)
            >= u128::from(other.positives) * u128::from(self.items)
    }
}

impl IsotonicRegression {
    /// Fits the curve.
    ///
    /// *Shapes*: one label and one score for each item. With one class the curve is level. *Cost*: O(n log n).
    ///
    /// # Errors
    ///
    /// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`].
    pub fn fit<S: Score>(labels: &[bool], scores: &[S]) -> Result<Self, MetricError> {
        check::scored(labels, scores)?;
        let mut items: Vec<(f64, bool)> =
            scores.iter().map(|&score| score.into() + 0.0).zip(labels.iter().copied()).collect();
        items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut pools: Vec<Pool> = Vec::new();
        for tied in items.chunk_by(|a, b| a.0 == b.0) {
            let positives = tied.iter().filter(|item| item.1).count() as u64;
            let mut pool = Pool { first: tied[0].0, last: tied[0].0, positives, items: tied.len() as u64 };
            while let Some(below) = pools.pop_if(|below| below.reaches(&pool)) {
                pool.first = below.first;
                pool.positives += below.positives;
                pool.items += below.items;
            }
            pools.push(pool);
        }
        let mut knots = Vec::with_capacity(2 * pools.len());
        for Pool { first, last, positives, items } in pools {
            let mean = positives as f64 / items as f64;
            knots.push((first, mean));
            if last > first {
                knots.push((last, mean));
            }
        }
        Ok(Self { knots })
    }

    /// The probability that an item with this score is positive; NaN for NaN.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        if score.is_nan() {
            return score;
        }
        let above = self.knots.partition_point(|knot| knot.0 < score);
        let Some(&(right, upper)) = self.knots.get(above) else { return self.knots[above - 1].1 };
        if above == 0 || right == score {
            return upper;
        }
        let (left, lower) = self.knots[above - 1];
        // Halves, since the distance of two scores may be beyond the largest number.
        let fraction = (score / 2.0 - left / 2.0) / (right / 2.0 - left / 2.0);
        (lower + fraction * (upper - lower)).clamp(lower, upper)
    }
}
