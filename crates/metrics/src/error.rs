//! What can be wrong with the input of a metric.

use thiserror::Error;

/// Why a metric has no value: the input is malformed, or the metric is undefined for it.
///
/// Nothing is computed around bad input: a metric is a number for all of its input or one of these errors.
/// Indices are 0-based positions in the slice that `what` names.
///
/// ```
/// use ciskit_metrics::{MetricError, auroc};
///
/// let error = auroc(&[true, false], &[0.7, f64::NAN]).unwrap_err();
/// assert!(matches!(error, MetricError::NotFinite { what: "score", index: 1, .. }));
/// assert_eq!(error.to_string(), "score at index 1 is NaN, not a finite number");
/// ```
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricError {
    /// There is nothing to measure.
    #[error("no items: a metric needs at least one")]
    Empty,
    /// Two slices that are read side by side differ in length.
    #[error("{found} {what} where {expected} were expected: the slices must be of one length")]
    LengthMismatch {
        /// What the slice of the wrong length holds, in the plural.
        what: &'static str,
        /// Length of the first slice.
        expected: usize,
        /// Length of this slice.
        found: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what} at index {index} is {value}, not a finite number")]
    NotFinite {
        /// What the value is.
        what: &'static str,
        /// Its position.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A label is neither 0 nor 1.
    #[error("label at index {index} is {value}, neither 0 nor 1")]
    Label {
        /// Its position.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A weight is negative, NaN, infinite, or so small or large that products of weights leave the range of
    /// `f64`.
    #[error("weight at index {index} is {value}, neither 0 nor between 1e-100 and 1e100")]
    Weight {
        /// Its position.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// Every weight is zero.
    #[error("all {items} weights are zero")]
    NoWeight {
        /// Number of weights.
        items: usize,
    },
    /// A predicted probability is finite, but below 0 or above 1.
    #[error("probability at index {index} is {value}, not between 0 and 1")]
    Probability {
        /// Its position.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// No label is positive, so that the metric is undefined.
    #[error("undefined without positives: all {items} labels are negative")]
    NoPositives {
        /// Number of items (with a weight above zero).
        items: usize,
    },
    /// No label is negative, so that the metric is undefined.
    #[error("undefined without negatives: all {items} labels are positive")]
    NoNegatives {
        /// Number of items (with a weight above zero).
        items: usize,
    },
    /// One side of a correlation is constant, so that the correlation is undefined.
    #[error("undefined for constant input: every {what} is {value}")]
    Constant {
        /// Which side.
        what: &'static str,
        /// The one value that it holds.
        value: f64,
    },
    /// There are fewer items than the metric is defined for.
    #[error("{found} {what}, at least {needed} are needed")]
    TooFew {
        /// What is counted, in the plural.
        what: &'static str,
        /// The smallest number for which the metric is defined.
        needed: usize,
        /// The number found.
        found: usize,
    },
    /// A parameter is outside its domain.
    #[error("{name} is {value}, must be {allowed}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// Its domain.
        allowed: &'static str,
    },
    /// No threshold has the asked precision.
    #[error("no threshold has a precision of {wanted}, the best has {best}")]
    PrecisionNotReached {
        /// The precision asked for.
        wanted: f64,
        /// The largest precision of any threshold.
        best: f64,
    },
}
