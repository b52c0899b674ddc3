//! How good predicted probabilities are as probabilities, not only as a ranking.

use crate::score::Score;
use crate::sum::sums;
use crate::{MetricError, check};

/// Log loss reads a probability of 0 as this, and 1 as 1 minus this.
const CLIP: f64 = f64::EPSILON;

/// Brier score: the mean squared difference (1 / n) Σ (p − y)², from 0 (certain and right) to 1.
///
/// *Shapes*: one label and one probability for each item. Defined with one class. *Cost*: O(n).
///
/// # Errors
///
/// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`], and
/// [`MetricError::Probability`] below 0 or above 1.
///
/// *Source*: Brier, Mon. Weather Rev. 78 (1950), halved so that it counts one class.
///
/// ```
/// assert_eq!(ciskit_metrics::brier(&[true, false], &[0.5, 0.0]), Ok(0.125));
/// ```
pub fn brier<S: Score>(labels: &[bool], probabilities: &[S]) -> Result<f64, MetricError> {
    check_probabilities(labels, probabilities)?;
    Ok(mean(labels.len(), |_| 1.0, |i| squared_error(labels[i], probabilities[i])))
}

/// [`brier`] with weights: Σ w (p − y)² / Σ w.
///
/// # Errors
///
/// Those of [`brier`]; [`MetricError::Weight`] and [`MetricError::NoWeight`].
///
/// ```
/// use ciskit_metrics::weighted_brier;
///
/// assert_eq!(weighted_brier(&[true, false], &[0.5, 0.0], &[3.0, 1.0]), Ok(0.1875));
/// ```
pub fn weighted_brier<S: Score>(
    labels: &[bool],
    probabilities: &[S],
    weights: &[f64],
) -> Result<f64, MetricError> {
    check_probabilities(labels, probabilities)?;
    check::weights(labels.len(), weights)?;
    Ok(mean(labels.len(), |i| weights[i], |i| squared_error(labels[i], probabilities[i])))
}

/// Log loss: −(1 / n) Σ (y ln p + (1 − y) ln (1 − p)), the mean negative log likelihood, in nats.
///
/// Probabilities are clipped to [2⁻⁵², 1 − 2⁻⁵²], so a certain and wrong one costs 36.04 and not infinity.
/// From logits, a loss computed on the logits themselves does not saturate.
///
/// *Shapes*: one label and one probability for each item. *Cost*: O(n).
///
/// # Errors
///
/// [`MetricError::NoPositives`] or [`MetricError::NoNegatives`]: undefined with one class;
/// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`], and
/// [`MetricError::Probability`] below 0 or above 1.
///
/// ```
/// let loss = ciskit_metrics::log_loss(&[true, false], &[0.5, 0.5])?;
/// assert!((loss - 2_f64.ln()).abs() < 1e-15);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn log_loss<S: Score>(labels: &[bool], probabilities: &[S]) -> Result<f64, MetricError> {
    check_probabilities(labels, probabilities)?;
    check_classes(labels.iter().copied())?;
    Ok(mean(labels.len(), |_| 1.0, |i| surprise(labels[i], probabilities[i])))
}

/// [`log_loss`] with weights: −Σ w (y ln p + (1 − y) ln (1 − p)) / Σ w.
///
/// # Errors
///
/// Those of [`log_loss`], where a class occurs only with a weight above zero; [`MetricError::Weight`] and
/// [`MetricError::NoWeight`].
///
/// ```
/// use ciskit_metrics::weighted_log_loss;
///
/// let loss = weighted_log_loss(&[true, false], &[0.5, 0.25], &[1.0, 3.0])?;
/// assert!((loss - (2_f64.ln() - 3.0 * 0.75_f64.ln()) / 4.0).abs() < 1e-15);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn weighted_log_loss<S: Score>(
    labels: &[bool],
    probabilities: &[S],
    weights: &[f64],
) -> Result<f64, MetricError> {
    check_probabilities(labels, probabilities)?;
    check::weights(labels.len(), weights)?;
    check_classes(labels.iter().zip(weights).filter(|&(_, &weight)| weight > 0.0).map(|(&label, _)| label))?;
    Ok(mean(labels.len(), |i| weights[i], |i| surprise(labels[i], probabilities[i])))
}

/// Weighted mean of `value(i)` for `i` in `0..n`.
fn mean(n: usize, weight: impl Fn(usize) -> f64 + Sync, value: impl Fn(usize) -> f64 + Sync) -> f64 {
    let [total, weights] = sums(n, |i| [weight(i) * value(i), weight(i)]);
    total / weights
}

fn squared_error<S: Score>(label: bool, probability: S) -> f64 {
    let difference = probability.into() - f64::from(u8::from(label));
    difference * difference
}

/// −ln of the probability given to the label.
fn surprise<S: Score>(label: bool, probability: S) -> f64 {
    let probability = probability.into().clamp(CLIP, 1.0 - CLIP);
    if label { -probability.ln() } else { -(-probability).ln_1p() }
}

pub(crate) fn check_probabilities<S: Score>(labels: &[bool], probabilities: &[S]) -> Result<(), MetricError> {
    check::lengths("probabilities", labels.len(), probabilities.len())?;
    check::finite("probability", probabilities)?;
    let offender = probabilities.iter().position(|&p| !(0.0..=1.0).contains(&p.into()));
    offender
        .map_or(Ok(()), |index| Err(MetricError::Probability { index, value: probabilities[index].into() }))
}

/// Both classes occur among the labels.
fn check_classes(labels: impl Iterator<Item = bool>) -> Result<(), MetricError> {
    let mut counts = [0, 0];
    labels.for_each(|label| counts[usize::from(label)] += 1);
    match counts {
        [items, 0] => Err(MetricError::NoPositives { items }),
        [0, items] => Err(MetricError::NoNegatives { items }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_probabilities_are_clipped() {
        let wrong = log_loss(&[true, false], &[0.0, 1.0]).unwrap();
        assert!((wrong - 52.0 * 2_f64.ln()).abs() < 1e-13, "{wrong}");
        let right = log_loss(&[true, false], &[1.0, 0.0]).unwrap();
        assert!((right / f64::EPSILON - 1.0).abs() < 1e-12, "{right}");
    }

    #[test]
    fn single_precision_is_the_same_number() {
        let labels = [true, false, true];
        let probabilities = [0.25_f32, 0.5, 0.125];
        let wide = probabilities.map(f64::from);
        assert_eq!(brier(&labels, &probabilities), brier(&labels, &wide));
        assert_eq!(log_loss(&labels, &probabilities), log_loss(&labels, &wide));
    }

    #[test]
    fn one_class_has_a_brier_score_but_no_log_loss() {
        assert_eq!(brier(&[true, true], &[0.5, 1.0]), Ok(0.125));
        assert_eq!(log_loss(&[true, true], &[0.5, 1.0]), Err(MetricError::NoNegatives { items: 2 }));
        assert_eq!(log_loss(&[false], &[0.5]), Err(MetricError::NoPositives { items: 1 }));
        let weighted = weighted_log_loss(&[true, false], &[0.5, 1.0], &[0.0, 2.0]);
        assert_eq!(weighted, Err(MetricError::NoPositives { items: 1 }));
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for value in [-1e-9, 1.0 + 1e-9] {
            let expected = MetricError::Probability { index: 1, value };
            assert_eq!(brier(&[true, false], &[0.5, value]), Err(expected.clone()));
            assert_eq!(log_loss(&[true, false], &[0.5, value]), Err(expected));
        }
        assert!(matches!(
            brier(&[true], &[f64::NAN]),
            Err(MetricError::NotFinite { what: "probability", index: 0, .. })
        ));
        assert_eq!(brier::<f64>(&[], &[]), Err(MetricError::Empty));
        let expected = MetricError::LengthMismatch { what: "probabilities", expected: 1, found: 2 };
        assert_eq!(log_loss(&[true], &[0.5, 0.5]), Err(expected));
        let weights = weighted_brier(&[true, false], &[0.5, 0.5], &[1.0, f64::INFINITY]);
        assert_eq!(weights, Err(MetricError::Weight { index: 1, value: f64::INFINITY }));
    }
}
