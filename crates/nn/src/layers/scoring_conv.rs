//! A convolution with parameters, for models that only score.

use std::sync::{Arc, OnceLock};

use candle_core::Tensor;

use crate::ops::Steps;
use crate::ops::conv_positions::{Bank, ConvShape, composed, convolve, is_native, with_values};
use crate::simd::Level;
use crate::{Doing, NnError};

/// A convolution of positions × channels without a gradient: strides, dilation and padding, and ReLU if wanted.
///
/// *Shapes*: (B, L, C) to (B, P, O), P = [`Steps::positions`]; weight (O, C, K) in any layout in memory, bias (O). f32 on
/// the CPU has a way of its own, everything else goes by operations of the device.
///
/// *Cost*: O(B·P·O·C·K), parallel over items and tiles of positions; of a filter of 9 taps two thirds of the products,
/// of 8 taps 11 of 16 (Winograd). The filters are laid out at first use and kept so beside the weight: 4/3 of its memory. An
/// item's result depends neither on the other items nor on the number of threads.
///
/// ```
/// use ciskit_nn::{Device, Tensor, layers::ScoringConv, ops::Steps};
///
/// let weight = Tensor::new(&[[[1f32, 10.]]], &Device::Cpu)?; // one filter of two taps on one channel
/// let conv = ScoringConv::new(weight, None)?;
/// let x = Tensor::new(&[[[1f32], [2.], [-3.]]], &Device::Cpu)?;
/// let y = conv.forward(&x, &Steps::valid())?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[21.], [-28.]]]);
/// let y = conv.forward_relu(&x, &Steps::same(3, 2, 1, 1))?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[21.], [0.], [0.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone)]
pub struct ScoringConv {
    weight: Tensor,
    bias: Option<Tensor>,
    /// Both ways, each prepared when a shape first asks for it.
    fast: Arc<OnceLock<Bank>>,
    plain: Arc<OnceLock<Bank>>,
}

impl std::fmt::Debug for ScoringConv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScoringConv").field("weight", &self.weight.dims()).finish_non_exhaustive()
    }
}

impl ScoringConv {
    /// A layer of these tensors, which are neither copied nor read yet.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if the weight is not (O, C, K) or the bias not (O).
    pub fn new(weight: Tensor, bias: Option<Tensor>) -> Result<Self, NnError> {
        let &[outputs, inputs, kernel] = weight.dims() else {
            return Err(NnError::shape("convolution weight", "(outputs, inputs, width)", weight.dims()));
        };
        if outputs * inputs * kernel == 0 {
            return Err(NnError::shape("convolution weight", "no axis of length 0", weight.dims()));
        }
        if let Some(bias) = bias.as_ref().filter(|bias| bias.dims() != [outputs]) {
            return Err(NnError::shape("convolution bias", format!("({outputs})"), bias.dims()));
        }
        Ok(Self { weight, bias, fast: Arc::default(), plain: Arc::default() })
    }

    /// Width of the filters.
    #[must_use]
    pub fn kernel(&self) -> usize {
        self.weight.dims()[2]
    }

    /// The convolution.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, L, C), [`NnError::TooShort`] if it has no room for a filter.
    pub fn forward(&self, x: &Tensor, steps: &Steps) -> Result<Tensor, NnError> {
        self.at_level(Level::current(), x, steps, false)
    }

    /// The convolution, then ReLU.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub fn forward_relu(&self, x: &Tensor, steps: &Steps) -> Result<Tensor, NnError> {
        self.at_level(Level::current(), x, steps, true)
    }

    fn at_level(&self, level: Level, x: &Tensor, steps: &Steps, relu: bool) -> Result<Tensor, NnError> {
        let (outputs, inputs, kernel) = self.weight.dims3().doing("reading a convolution's shape")?;
        let &[items, length, channels] = x.dims() else {
            return Err(NnError::shape("convolution input", "(batch, positions, channels)", x.dims()));
        };
        if channels != inputs {
            let expected = format!("(batch, positions, {inputs})");
            return Err(NnError::shape("convolution input", expected, x.dims()));
        }
        let positions = steps.positions(length, kernel).filter(|_| length > 0);
        let positions = positions.ok_or(NnError::TooShort { length, kernel, pool: 1 })?;
        let shape = ConvShape { length, inputs, outputs, kernel, positions, steps: *steps };
        if !is_native(x) {
            return composed(&shape, x, &self.weight, self.bias.as_ref(), relu);
        }
        let bank = self.bank(level, &shape)?;
        let y = with_values(x, |x| convolve(level, bank, &shape, x, relu))?;
        Tensor::from_vec(y, (items, positions, outputs), x.device()).doing("a convolution")
    }

    fn bank(&self, level: Level, shape: &ConvShape) -> Result<&Bank, NnError> {
        let cell = if shape.is_fast(level) { &self.fast } else { &self.plain };
        if let Some(bank) = cell.get() {
            return Ok(bank);
        }
        let bias = match &self.bias {
            Some(bias) => with_values(bias, <[f32]>::to_vec)?,
            None => vec![0.0; shape.outputs],
        };
        // Another thread may have been faster; both are the same.
        let bank = with_values(&self.weight, |weight| Bank::of(level, shape, weight, &bias))?;
        Ok(cell.get_or_init(|| bank))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    fn layer(outputs: usize, inputs: usize, kernel: usize, dtype: DType) -> ScoringConv {
        let cast = |tensor: Tensor| tensor.to_dtype(DType::F32).unwrap().to_dtype(dtype).unwrap();
        let weight = cast(tensor(1, &[outputs, inputs, kernel]));
        ScoringConv::new(weight, Some(cast(tensor(2, &[outputs])))).unwrap()
    }

    /// Straight from the definition, in f64.
    fn plain(conv: &ScoringConv, x: &Tensor, steps: &Steps) -> Vec<f64> {
        let (weight, bias) = (values(&conv.weight), values(conv.bias.as_ref().unwrap()));
        let (outputs, inputs, kernel) = conv.weight.dims3().unwrap();
        let (items, length, _) = x.dims3().unwrap();
        let x = values(x);
        let mut y = Vec::new();
        for item in 0..items {
            for position in 0..steps.positions(length, kernel).unwrap() {
                for output in 0..outputs {
                    let mut sum = bias[output];
                    for tap in 0..kernel {
                        let at = position * steps.stride + tap * steps.dilation;
                        let Some(at) = at.checked_sub(steps.padding[0]).filter(|&at| at < length) else {
                            continue;
                        };
                        for input in 0..inputs {
                            let filter = weight[(output * inputs + input) * kernel + tap];
                            sum += x[(item * length + at) * inputs + input] * filter;
                        }
                    }
                    y.push(sum);
                }
            }
        }
        y
    }

    #[test]
    fn every_way_is_the_convolution() {
        let shapes = [
            // items, length, inputs, outputs, kernel, stride, dilation
            (2, 13, 1, 1, 1, 1, 1),
            (2, 60, 4, 17, 8, 1, 1),
            (1, 401, 5, 33, 9, 1, 1),
            (3, 50, 7, 8, 3, 2, 1),
            (2, 41, 3, 5, 4, 3, 2),
            (2, 100, 6, 16, 5, 1, 2),
            (2, 211, 6, 20, 5, 1, 4),
            (2, 64, 3, 4, 5, 1, 25),
        ];
        for (items, length, inputs, outputs, kernel, stride, dilation) in shapes {
            for steps in [
                Steps { stride, dilation, padding: [0, 0] },
                Steps::same(length, kernel, stride, dilation),
                Steps { stride, dilation, padding: [60, 1] },
            ] {
                if steps.positions(length, kernel).is_none() {
                    continue;
                }
                let what = format!("{length} {kernel} {steps:?}");
                let x = tensor(3, &[items, length, inputs]).to_dtype(DType::F32).unwrap();
                let wide = x.to_dtype(DType::F64).unwrap();
                let exact = layer(outputs, inputs, kernel, DType::F64);
                let expected = plain(&exact, &x, &steps);
                let positions = steps.positions(length, kernel).unwrap();
                let expected = Tensor::from_vec(expected, (items, positions, outputs), &Device::Cpu).unwrap();
                assert_close(&exact.forward(&wide, &steps).unwrap(), &expected, 1e-10, &what);
                for (name, level) in Level::available() {
                    let conv = layer(outputs, inputs, kernel, DType::F32);
                    let y = conv.at_level(level, &x, &steps, false).unwrap();
                    assert_close(&y, &expected, 2e-5, &format!("{name} {what}"));
                    let relu = conv.at_level(level, &x, &steps, true).unwrap();
                    assert_eq!(values(&relu), values(&y).iter().map(|y| y.max(0.0)).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn neither_batch_nor_threads_change_a_byte() {
        let conv = layer(20, 7, 8, DType::F32);
        let x = tensor(3, &[5, 250, 7]).to_dtype(DType::F32).unwrap();
        for steps in [Steps::valid(), Steps::same(250, 8, 1, 2), Steps::same(250, 8, 3, 1)] {
            let all = values(&conv.forward(&x, &steps).unwrap());
            let alone = values(&conv.forward(&x.narrow(0, 3, 1).unwrap(), &steps).unwrap());
            assert_eq!(alone, all[3 * alone.len()..][..alone.len()]);
            in_pools(|| values(&conv.forward(&x, &steps).unwrap()));
        }
    }

    #[test]
    fn a_weight_may_lie_in_any_order() {
        let keras = tensor(1, &[3, 4, 5]).to_dtype(DType::F32).unwrap(); // (K, C, O)
        let x = tensor(2, &[2, 30, 4]).to_dtype(DType::F32).unwrap();
        let seen = ScoringConv::new(keras.permute((2, 1, 0)).unwrap(), None).unwrap();
        let copy = keras.permute((2, 1, 0)).unwrap().contiguous().unwrap();
        let copied = ScoringConv::new(copy, None).unwrap();
        let y = |conv: &ScoringConv| values(&conv.forward(&x, &Steps::valid()).unwrap());
        assert_eq!(y(&seen), y(&copied));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        assert!(ScoringConv::new(zeros(&[3, 4]), None).is_err());
        assert!(ScoringConv::new(zeros(&[3, 4, 0]), None).is_err());
        assert!(ScoringConv::new(zeros(&[3, 4, 5]), Some(zeros(&[4]))).is_err());
        let conv = ScoringConv::new(zeros(&[3, 4, 5]), None).unwrap();
        let message = |x: &[usize]| conv.forward(&zeros(x), &Steps::valid()).unwrap_err().to_string();
        assert!(message(&[2, 9, 5]).contains("expected (batch, positions, 4)"), "{}", message(&[2, 9, 5]));
        assert!(message(&[2, 4, 4]).starts_with("length 4"), "{}", message(&[2, 4, 4]));
        let padded = Steps { padding: [9, 9], ..Steps::valid() };
        assert!(conv.forward(&zeros(&[2, 0, 4]), &padded).is_err());
        assert!(conv.forward(&zeros(&[0, 9, 4]), &Steps::valid()).unwrap().dims() == [0, 5, 3]);
    }
}
