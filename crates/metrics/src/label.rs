//! Labels from numbers.

use crate::MetricError;

/// Labels from the numbers 0 and 1, as tables hold them; anything else is refused.
///
/// # Errors
///
/// [`MetricError::Label`] for the first value that is neither 0 nor 1, NaN included.
///
/// ```
/// use ciskit_metrics::{MetricError, labels_from};
///
/// assert_eq!(labels_from(&[1.0, 0.0]), Ok(vec![true, false]));
/// assert_eq!(labels_from(&[0_u8, 2, 1]), Err(MetricError::Label { index: 1, value: 2.0 }));
/// ```
pub fn labels_from<T: Copy + Into<f64>>(values: &[T]) -> Result<Vec<bool>, MetricError> {
    let label = |(index, &value): (usize, &T)| match value.into() {
        0.0 => Ok(false),
        1.0 => Ok(true),
        value => Err(MetricError::Label { index, value }),
    };
    values.iter().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_0_and_1_are_labels() {
        assert_eq!(labels_from(&[-0.0, 1.0]), Ok(vec![false, true]));
        for value in [-1.0, 0.5, 2.0, f64::INFINITY] {
            assert_eq!(labels_from(&[0.0, value]), Err(MetricError::Label { index: 1, value }));
        }
        assert!(matches!(labels_from(&[f64::NAN]), Err(MetricError::Label { index: 0, .. })));
    }
}
