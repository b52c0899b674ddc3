//! ReLU whose derivative at 0 is 0.

use candle_core::Tensor;

use crate::{Doing, NnError};

/// max(x, 0), with derivative 0 at exactly 0. NaN is passed on.
///
/// *Shapes*: any. *Gradients*: the incoming one where x > 0, else 0 (candle's own passes it on at 0, too, which
/// all-unknown windows and dead units meet).
///
/// # Errors
///
/// [`NnError::Candle`] if `x` is no float tensor.
///
/// ```
/// use ciskit_nn::{Device, Tensor, Var, ops};
///
/// let x = Var::new(&[-1f32, 0., 2.], &Device::Cpu)?;
/// let y = ops::relu(&x)?;
/// assert_eq!(y.to_vec1::<f32>()?, [0., 0., 2.]);
/// let gradient = y.sum_all()?.backward()?;
/// assert_eq!(gradient.get(&x).unwrap().to_vec1::<f32>()?, [0., 0., 1.]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn relu(x: &Tensor) -> Result<Tensor, NnError> {
    let masked = || {
        // Not "x > 0", which would turn NaN into 0.
        let stopped = x.detach().le(0.0)?;
        stopped.where_cond(&x.zeros_like()?, x)
    };
    masked().doing("ReLU")
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;
    use crate::check::{check_gradients, tensor, values};

    #[test]
    fn gradients_agree_with_finite_differences_and_nan_is_passed_on() {
        for batch in [1, 2, 5] {
            let x = Var::from_tensor(&tensor(1, &[batch, 7])).unwrap();
            check_gradients(&[&x], || relu(&x).unwrap());
        }
        let x = (tensor(1, &[2]) * f64::NAN).unwrap();
        assert!(values(&relu(&x).unwrap()).iter().all(|value| value.is_nan()));
    }
}
