//! How sure an AUROC is, and whether two scores of the same items differ in it (DeLong's method).

use rayon::prelude::*;

use crate::score::Score;
use crate::sum::sum;
use crate::{MetricError, check, tail};

/// An AUROC with its standard error.
///
/// See [`delong`] for an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AurocEstimate {
    /// Area under the ROC curve.
    pub auroc: f64,
    /// Its standard error after DeLong.
    pub standard_error: f64,
}

/// The difference in AUROC of two scores of the same items.
///
/// See [`delong_test`] for an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AurocDifference {
    /// AUROC of the first score.
    pub first: f64,
    /// AUROC of the second score.
    pub second: f64,
    /// `first - second`.
    pub difference: f64,
    /// Standard error of the difference, with the scores' covariance taken into account.
    pub standard_error: f64,
    /// The difference in standard errors; none if the standard error is 0.
    pub z: Option<f64>,
    /// Two-sided p-value of `z` under the normal distribution; none if the standard error is 0.
    pub p_value: Option<f64>,
}

impl AurocDifference {
    /// The mean of the differences on independent sets of items, as the test parts of folds are: every number is a mean,
    /// and the standard error that of a mean, √(Σ SE²) / k.
    ///
    /// Items of different sets are never ranked against each other, so that each set may have scores of its own scale,
    /// as a network a fold gives them. None for no differences. It assumes independent items within a set and
    /// independent sets.
    ///
    /// ```
    /// use ciskit_metrics::{AurocDifference, delong_test};
    ///
    /// let labels = [false, false, true, true];
    /// let one = delong_test(&labels, &[0.1, 0.4, 0.35, 0.8], &[0.1, 0.2, 0.35, 0.8])?;
    /// let mean = AurocDifference::mean(&[one, one, one, one]).ok_or("four are some")?;
    /// assert_eq!((mean.difference, mean.standard_error), (one.difference, one.standard_error / 2.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn mean(differences: &[Self]) -> Option<Self> {
        if differences.is_empty() {
            return None;
        }
        let n = differences.len() as f64;
        let mean_of = |value: fn(&Self) -> f64| sum(differences.len(), |i| value(&differences[i])) / n;
        let variance = sum(differences.len(), |i| differences[i].standard_error.powi(2));
        let (first, second) = (mean_of(|one| one.first), mean_of(|one| one.second));
        Some(Self::new(first, second, mean_of(|one| one.difference), variance.sqrt() / n))
    }

    fn new(first: f64, second: f64, difference: f64, standard_error: f64) -> Self {
        let z = (standard_error > 0.0).then(|| difference / standard_error);
        let p_value = z.map(tail::normal_two_sided);
        Self { first, second, difference, standard_error, z, p_value }
    }
}

/// AUROC and its standard error after DeLong.
///
/// The placement of a positive is the fraction of the negatives that it outranks, that of a negative the
/// fraction of the positives that outrank it; the AUROC is the mean of either, and with m positives and n
/// negatives its variance is s²(positive placements) / m + s²(negative placements) / n, sample variances with
/// m − 1 and n − 1.
///
/// *Ties* between a positive and a negative count one half. It assumes independent items, which pairs that
/// share an enhancer or a promoter are not. *Cost*: O(n log n).
///
/// # Errors
///
/// [`MetricError::TooFew`] for a class of fewer than two items; [`MetricError::LengthMismatch`],
/// [`MetricError::Empty`], [`MetricError::NotFinite`].
///
/// *Source*: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988), equations 3–5.
///
/// ```
/// let estimate = ciskit_metrics::delong(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(estimate.auroc, 0.75);
/// assert!((estimate.standard_error - 0.125_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn delong<S: Score>(labels: &[bool], scores: &[S]) -> Result<AurocEstimate, MetricError> {
    check::scored(labels, scores)?;
    let placements = Placements::of(labels, scores)?;
    Ok(AurocEstimate { auroc: mean(&placements.positives), standard_error: placements.standard_error() })
}

/// DeLong's test of two scores of the same items: do they differ in AUROC?
///
/// The standard error is that of [`delong`] for the item-wise differences of the two scores' placements,
/// which is var₁ + var₂ − 2 cov₁₂ without its cancellation; z = difference / standard error.
///
/// *Ties* between a positive and a negative count one half. It assumes independent items. *Cost*: O(n log n).
///
/// # Errors
///
/// Those of [`delong`], for either score.
///
/// *Source*: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988).
///
/// ```
/// use ciskit_metrics::delong_test;
///
/// let labels = [false, false, true, true];
/// let test = delong_test(&labels, &[0.1, 0.4, 0.35, 0.8], &[0.1, 0.2, 0.35, 0.8])?;
/// assert_eq!((test.first, test.second, test.difference), (0.75, 1.0, -0.25));
/// let same = delong_test(&labels, &[0.1, 0.4, 0.35, 0.8], &[1.0, 4.0, 3.5, 8.0])?;
/// assert_eq!((same.standard_error, same.p_value), (0.0, None));
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn delong_test<A: Score, B: Score>(
    labels: &[bool],
    first: &[A],
    second: &[B],
) -> Result<AurocDifference, MetricError> {
    check::lengths("first scores", labels.len(), first.len())?;
    check::lengths("second scores", labels.len(), second.len())?;
    check::finite("first score", first)?;
    check::finite("second score", second)?;
    let (a, b) = (Placements::of(labels, first)?, Placements::of(labels, second)?);
    let standard_error = a.minus(&b).standard_error();
    let (first, second) = (mean(&a.positives), mean(&b.positives));
    Ok(AurocDifference::new(first, second, first - second, standard_error))
}

/// For each item of a class, in the order of the items, the fraction of the other class below it. For negatives
/// that is one minus their placement, which has the same variance.
struct Placements {
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

impl Placements {
    fn of<S: Score>(labels: &[bool], scores: &[S]) -> Result<Self, MetricError> {
        let keys_of = |class: bool| -> Vec<S::Key> {
            let items = labels.iter().zip(scores).filter(|&(&label, _)| label == class);
            items.map(|(_, score)| score.key()).collect()
        };
        let (positives, negatives) = (keys_of(true), keys_of(false));
        for (what, found) in [("positives", positives.len()), ("negatives", negatives.len())] {
            if found < 2 {
                return Err(MetricError::TooFew { what, needed: 2, found });
            }
        }
        Ok(Self {
            positives: fraction_below(&positives, &negatives),
            negatives: fraction_below(&negatives, &positives),
        })
    }

    fn minus(&self, other: &Self) -> Self {
        let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            positives: minus(&self.positives, &other.positives),
            negatives: minus(&self.negatives, &other.negatives),
        }
    }

    fn standard_error(&self) -> f64 {
        let variance = |values: &[f64]| sample_variance(values) / values.len() as f64;
        (variance(&self.positives) + variance(&self.negatives)).sqrt()
    }
}

/// For each key the fraction of others below it, equal ones counted half.
fn fraction_below<K: Copy + Ord + Send + Sync>(keys: &[K], others: &[K]) -> Vec<f64> {
    let mut others = others.to_vec();
    others.par_sort_unstable();
    let fraction = |key: &K| {
        let below = others.partition_point(|other| other < key);
        let up_to = below + others[below..].partition_point(|other| other == key);
        (below + up_to) as f64 / (2 * others.len()) as f64
    };
    keys.par_iter().map(fraction).collect()
}

fn mean(values: &[f64]) -> f64 {
    sum(values.len(), |i| values[i]) / values.len() as f64
}

fn sample_variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    sum(values.len(), |i| (values[i] - mean) * (values[i] - mean)) / (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half() {
        assert_eq!(fraction_below(&[1, 2, 3], &[2, 2, 1, 5]), [0.125, 0.5, 0.75]);
    }

    #[test]
    fn certain_rankings_have_no_error() {
        let perfect = delong(&[false, false, true, true], &[0.1, 0.2, 0.3, 0.4]).unwrap();
        assert_eq!((perfect.auroc, perfect.standard_error), (1.0, 0.0));
        let constant = delong(&[false, false, true, true], &[0.5_f32; 4]).unwrap();
        assert_eq!((constant.auroc, constant.standard_error), (0.5, 0.0));
    }

    #[test]
    fn swapping_the_scores_changes_the_sign_only() {
        let labels = [true, false, true, false, true, false];
        let (a, b) = ([0.9, 0.1, 0.8, 0.3, 0.2, 0.5], [0.4, 0.6, 0.7, 0.2, 0.9, 0.1]);
        let (there, back) = (delong_test(&labels, &a, &b).unwrap(), delong_test(&labels, &b, &a).unwrap());
        assert_eq!(there.difference, -back.difference);
        assert_eq!((there.standard_error, there.p_value), (back.standard_error, back.p_value));
    }

    #[test]
    fn a_mean_of_sets_weighs_each_alike() {
        let of = |difference, standard_error| {
            AurocDifference::new(0.7, 0.7 - difference, difference, standard_error)
        };
        let mean = AurocDifference::mean(&[of(0.1, 0.03), of(0.3, 0.04)]).unwrap();
        assert!((mean.difference - 0.2).abs() < 1e-15 && (mean.standard_error - 0.025).abs() < 1e-15);
        assert!((mean.z.unwrap() - 8.0).abs() < 1e-12);
        assert_eq!(AurocDifference::mean(&[of(0.0, 0.0)]).unwrap().p_value, None);
        assert_eq!(AurocDifference::mean(&[]), None);
    }

    #[test]
    fn small_classes_and_bad_input_are_refused() {
        let few = MetricError::TooFew { what: "positives", needed: 2, found: 1 };
        assert_eq!(delong(&[true, false, false], &[0.3, 0.2, 0.1]), Err(few));
        let few = MetricError::TooFew { what: "negatives", needed: 2, found: 0 };
        assert_eq!(delong(&[true, true], &[0.3, 0.2]), Err(few));
        assert_eq!(delong::<f64>(&[], &[]), Err(MetricError::Empty));
        let labels = [true, false];
        let lengths = MetricError::LengthMismatch { what: "second scores", expected: 2, found: 1 };
        assert_eq!(delong_test(&labels, &[0.1, 0.2], &[0.1]), Err(lengths));
        let nan = delong_test(&labels, &[0.1, f64::NAN], &[0.1, 0.2]);
        assert!(matches!(nan, Err(MetricError::NotFinite { what: "first score", index: 1, .. })));
    }
}
