//! Binary cross-entropy from logits.

use candle_core::Tensor;

use crate::{Doing, NnError};

/// Mean binary cross-entropy of logits: max(z, 0) − z·t + ln(1 + e^−|z|).
///
/// Finite, with gradient (σ(z) − t) / B, however large the logit and also at exactly 0.
///
/// *Shapes*: `logits` and `targets` of one shape, targets from 0 to 1 of any type; result a scalar.
///
/// *Differences from the paper*: EPIPAM's code takes the logarithm of probabilities, clamped at −100; this is equal
/// except beyond a logit of about 100.
///
/// # Errors
///
/// [`NnError::Shape`] if the two differ in shape.
///
/// ```
/// use ciskit_nn::{Device, Tensor, loss};
///
/// let logits = Tensor::new(&[0f64, 1e4, -1e4], &Device::Cpu)?;
/// let labels = Tensor::new(&[1u8, 1, 1], &Device::Cpu)?;
/// let mean = loss::bce_with_logits(&logits, &labels)?.to_scalar::<f64>()?;
/// assert!((mean - (2f64.ln() + 0.0 + 1e4) / 3.0).abs() < 1e-9);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn bce_with_logits(logits: &Tensor, targets: &Tensor) -> Result<Tensor, NnError> {
    if logits.dims() != targets.dims() || logits.elem_count() == 0 {
        return Err(NnError::shape("targets", format!("{:?} and not empty", logits.dims()), targets.dims()));
    }
    let loss = || {
        let targets = targets.to_dtype(logits.dtype())?;
        // Constant factors for max(z, 0) = z·positive and |z| = z·sign, because candle's own disagree about the
        // derivatives at 0, which have to add up to σ(0).
        let positive = logits.detach().ge(0.0)?.to_dtype(logits.dtype())?;
        let sign = positive.affine(2.0, -1.0)?;
        let linear = logits.mul(&positive.sub(&targets)?)?;
        let curved = (logits.mul(&sign)?.neg()?.exp()? + 1.0)?.log()?;
        linear.add(&curved)?.mean_all()
    };
    loss().doing("binary cross-entropy")
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{check_gradients, tensor};

    #[test]
    fn it_equals_the_definition_on_probabilities() {
        for batch in [1, 2, 5] {
            let logits = tensor(1, &[batch]);
            let targets = tensor(2, &[batch]).ge(0.0).unwrap();
            let found = bce_with_logits(&logits, &targets).unwrap().to_scalar::<f64>().unwrap();
            let logits: Vec<f64> = logits.to_vec1().unwrap();
            let terms = logits.iter().zip(targets.to_vec1::<u8>().unwrap()).map(|(z, t)| {
                let probability = 1.0 / (1.0 + (-z).exp());
                -if t == 1 { probability.ln() } else { (1.0 - probability).ln() }
            });
            assert!((found - terms.sum::<f64>() / batch as f64).abs() < 1e-14);
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for batch in [1, 2, 5] {
            let logits = Var::from_tensor(&tensor(3, &[batch])).unwrap();
            let targets = tensor(4, &[batch]).ge(0.0).unwrap();
            check_gradients(&[&logits], || bce_with_logits(&logits, &targets).unwrap());
        }
        // Both sides of the kinks that the pieces have at 0, and soft targets.
        let logits = Var::new(&[0f64, 0.0, -0.0, 30.0, -30.0], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[0f64, 1.0, 0.3, 0.5, 0.9], &Device::Cpu).unwrap();
        check_gradients(&[&logits], || bce_with_logits(&logits, &targets).unwrap());
    }

    #[test]
    fn extreme_logits_stay_finite_in_f32() {
        let logits = Var::new(&[1e4f32, -1e4, 17.0, -90.0, 0.0], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[0f32, 1.0, 1.0, 0.0, 1.0], &Device::Cpu).unwrap();
        let loss = bce_with_logits(&logits, &targets).unwrap();
        assert!((loss.to_scalar::<f32>().unwrap() - (2e4 + 2f32.ln()) / 5.0).abs() < 1e-3);
        let gradient = loss.backward().unwrap().get(&logits).unwrap().to_vec1::<f32>().unwrap();
        let expected = [0.2, -0.2, 0.0, 0.0, -0.1];
        assert!(gradient.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{gradient:?}");
    }

    #[test]
    fn nan_is_passed_on_and_shapes_are_checked() {
        let logits = Tensor::new(&[f32::NAN, 1.0], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[1f32, 1.0], &Device::Cpu).unwrap();
        assert!(bce_with_logits(&logits, &targets).unwrap().to_scalar::<f32>().unwrap().is_nan());
        assert!(bce_with_logits(&logits, &targets.unsqueeze(0).unwrap()).is_err());
    }
}
