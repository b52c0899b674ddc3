//! Dropout whose mask is a function of seed, step, layer and element.

use candle_core::{DType, Tensor};
use ciskit_core::random::Stream;

use crate::mode::Mode;
use crate::ops::mask::Mask;
use crate::{Doing, NnError};

/// Sets elements to 0 with probability `rate` in training, and scales the others by 1 / (1 − rate).
///
/// Whether an element is kept depends on the key's seed and step, the layer's name and the element's row-major
/// index; not on threads, other layers, or the order of calls. Two layers of one model therefore need two names.
/// In [`Mode::Eval`] it is the identity.
///
/// *Shapes*: any. *Cost*: one random number an element, forward and backward; no mask is kept.
///
/// ```
/// use ciskit_nn::{DType, Device, Mode, Tensor, layers::Dropout};
///
/// let dropout = Dropout::new("head1.hidden", 0.5)?;
/// let x = Tensor::ones((2, 3), DType::F32, &Device::Cpu)?;
/// let y = dropout.forward(&x, Mode::train(7, 0))?.flatten_all()?.to_vec1::<f32>()?;
/// assert!(y.iter().all(|&y| y == 0.0 || y == 2.0));
/// assert_eq!(dropout.forward(&x, Mode::Eval)?.flatten_all()?.to_vec1::<f32>()?, [1.0; 6]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dropout {
    layer: String,
    rate: f64,
}

impl Dropout {
    /// A layer of that name.
    ///
    /// # Errors
    ///
    /// [`NnError::DropoutRate`] if the rate is not in [0, 1).
    pub fn new(layer: impl Into<String>, rate: f64) -> Result<Self, NnError> {
        let layer = layer.into();
        if !(0.0..1.0).contains(&rate) {
            return Err(NnError::DropoutRate { layer, rate });
        }
        Ok(Self { layer, rate })
    }

    /// The layer's output.
    ///
    /// # Errors
    ///
    /// [`NnError::DType`] if `x` is neither f32 nor f64.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor, NnError> {
        let Some(mask) = self.mask(mode) else { return Ok(x.clone()) };
        if !matches!(x.dtype(), DType::F32 | DType::F64) {
            let (operation, expected) = ("dropout", "f32 or f64");
            return Err(NnError::DType { operation, expected, found: x.dtype() });
        }
        mask.on_any_device(x).doing("dropout")
    }

    /// What the layer does in this mode, unless that is nothing.
    pub(crate) fn mask(&self, mode: Mode) -> Option<Mask> {
        let Mode::Train(key) = mode else { return None };
        let stream = Stream::new(key.seed, "dropout").name(&self.layer).number(key.step);
        (self.rate > 0.0).then(|| Mask::new(stream, 1.0 - self.rate))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{check_gradients, in_pools, tensor};

    fn masked(dropout: &Dropout, shape: &[usize], mode: Mode) -> Vec<f64> {
        let ones = Tensor::ones(shape, DType::F64, &Device::Cpu).unwrap();
        dropout.forward(&ones, mode).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn the_mask_is_a_function_of_seed_step_layer_and_index() {
        let layer = Dropout::new("a", 0.5).unwrap();
        let mask = masked(&layer, &[10_000], Mode::train(1, 2));
        assert_eq!(mask, masked(&layer, &[10_000], Mode::train(1, 2)));
        assert_eq!(mask[..1_000], masked(&layer, &[10, 100], Mode::train(1, 2)), "index, not shape");
        let stream = Stream::new(1, "dropout").name("a").number(2);
        assert!((0..).zip(&mask).all(|(index, &value)| (value != 0.0) == (stream.bits(index) < 1 << 31)));
        let others = [
            masked(&layer, &[10_000], Mode::train(2, 2)),
            masked(&layer, &[10_000], Mode::train(1, 3)),
            masked(&Dropout::new("b", 0.5).unwrap(), &[10_000], Mode::train(1, 2)),
        ];
        for other in others {
            let equal = mask.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!((4_800..5_200).contains(&equal), "masks agree on {equal} of 10000");
        }
    }

    #[test]
    fn the_share_kept_and_the_scale_belong_to_the_rate() {
        for rate in [0.2, 0.5, 0.9] {
            let values = masked(&Dropout::new("a", rate).unwrap(), &[100_000], Mode::train(3, 0));
            let kept: Vec<f64> = values.into_iter().filter(|&value| value != 0.0).collect();
            assert!((kept.len() as f64 / 1e5 - (1.0 - rate)).abs() < 0.006, "{rate}");
            assert!(kept.iter().all(|&value| value == 1.0 / (1.0 - rate)));
        }
    }

    #[test]
    fn eval_and_rate_zero_are_the_identity_and_impossible_rates_are_refused() {
        assert_eq!(masked(&Dropout::new("a", 0.5).unwrap(), &[9], Mode::Eval), [1.0; 9]);
        assert_eq!(masked(&Dropout::new("a", 0.0).unwrap(), &[9], Mode::train(1, 1)), [1.0; 9]);
        for rate in [-0.1, 1.0, f64::NAN] {
            let error = Dropout::new("head1", rate).unwrap_err().to_string();
            assert!(error.starts_with("dropout head1 has rate"), "{error}");
        }
    }

    #[test]
    fn gradients_pass_through_the_same_mask() {
        for batch in [1, 2, 5] {
            let layer = Dropout::new("a", 0.4).unwrap();
            let x = Var::from_tensor(&tensor(1, &[batch, 3, 7])).unwrap();
            check_gradients(&[&x], || layer.forward(&x, Mode::train(5, 6)).unwrap());
            // A transposed input: the index is that of the logical element.
            check_gradients(&[&x], || layer.forward(&x.transpose(1, 2).unwrap(), Mode::train(5, 6)).unwrap());
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes() {
        let layer = Dropout::new("a", 0.4).unwrap();
        in_pools(|| masked(&layer, &[3, 5_000], Mode::train(5, 6)));
    }
}
