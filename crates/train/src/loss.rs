//! The joint loss of the two heads.

use ciskit_nn::loss::bce_with_logits;
use ciskit_nn::{NnError, PairLogits, Tensor};

/// `α · BCE(main) + (1 − α) · BCE(auxiliary)`, each the mean over the batch; BCE of the main head alone where the
/// model has no other.
///
/// Both terms are always computed: a head of weight 0 has gradient 0 and still decays under coupled L2, as in the
/// published training.
///
/// *Shapes*: logits (B), `labels` (B) of 0 and 1; result a scalar. *Source*: EPIPAM (2026), joint loss.
///
/// # Errors
///
/// [`NnError::Shape`] if the shapes differ.
///
/// ```
/// use ciskit_nn::{Device, NnError, PairLogits, Tensor};
///
/// let logit = |value: f32| Tensor::new(&[value], &Device::Cpu);
/// let logits = PairLogits::new(logit(0.0)?).with_auxiliary(logit(100.0)?);
/// let loss = ciskit_train::joint_loss(&logits, &logit(1.0)?, 0.6)?;
/// assert_eq!(loss.to_scalar::<f32>()?, 0.6 * 2f32.ln());
/// # Ok::<(), NnError>(())
/// ```
pub fn joint_loss(logits: &PairLogits, labels: &Tensor, alpha: f64) -> Result<Tensor, NnError> {
    let main = bce_with_logits(&logits.main, labels)?;
    match &logits.auxiliary {
        None => Ok(main),
        Some(auxiliary) => {
            let auxiliary = bce_with_logits(auxiliary, labels)?;
            Ok(((main * alpha)? + (auxiliary * (1.0 - alpha))?)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_nn::Device;

    #[test]
    fn the_heads_are_weighted() {
        let tensor = |values: &[f64]| Tensor::new(values, &Device::Cpu).unwrap();
        let labels = tensor(&[1.0, 0.0]);
        let logits = PairLogits::new(tensor(&[0.0, 0.0])).with_auxiliary(tensor(&[2.0, 2.0]));
        let loss = |alpha| joint_loss(&logits, &labels, alpha).unwrap().to_scalar::<f64>().unwrap();
        let (main, auxiliary) = (2f64.ln(), ((1.0 + (-2f64).exp()).ln() + (1.0 + 2f64.exp()).ln()) / 2.0);
        assert!((loss(1.0) - main).abs() < 1e-12);
        assert!((loss(0.0) - auxiliary).abs() < 1e-12);
        assert!((loss(0.25) - (0.25 * main + 0.75 * auxiliary)).abs() < 1e-12);
        let alone = joint_loss(&PairLogits::new(tensor(&[0.0, 0.0])), &labels, 0.25).unwrap();
        assert!((alone.to_scalar::<f64>().unwrap() - main).abs() < 1e-12);
    }
}
