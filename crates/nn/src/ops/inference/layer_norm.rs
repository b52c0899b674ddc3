//! Layer normalisation.

use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::super::host::elements;
use super::{CHUNK, in_vectors};
use crate::simd::{Kernel, LANES, Level, Simd};
use crate::{Doing, NnError};

/// Layer normalisation over the last dimension: (x − mean) / √(variance + eps) · weight + bias, with the biased variance.
///
/// *Shapes*: (rows, width), kept. *Source*: Ba et al., arXiv 1607.06450.
///
/// ```
/// use ciskit_nn::ops::inference::LayerNorm;
/// use ciskit_nn::{Device, Tensor};
///
/// let one = Tensor::new(&[1f32, 1.0], &Device::Cpu)?;
/// let norm = LayerNorm::new(one.clone(), one, 1e-12);
/// let y = norm.forward(&Tensor::new(&[[3f32, 7.0]], &Device::Cpu)?)?;
/// assert_eq!(y.to_vec2::<f32>()?, [[0.0, 2.0]]); // −1 and 1, shifted by 1
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// Loads `weight` and `bias`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, width: usize, eps: f64) -> std::result::Result<Self, NnError> {
        let get = |name, value| {
            let tensor = vb.get_with_hints(width, name, Init::Const(value));
            tensor.doing(format!("loading layer norm {}", vb.prefix()))
        };
        Ok(Self { weight: get("weight", 1.0)?, bias: get("bias", 0.0)?, eps })
    }

    /// A layer of given parameters, each (width).
    #[must_use]
    pub fn new(weight: Tensor, bias: Tensor, eps: f64) -> Self {
        Self { weight, bias, eps }
    }

    /// The normalised rows.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if the rows are not as wide as the layer.
    pub fn forward(&self, x: &Tensor) -> std::result::Result<Tensor, NnError> {
        let width = self.weight.elem_count();
        if x.dims().last() != Some(&width) {
            return Err(NnError::shape("layer norm input", format!("(…, {width})"), x.dims()));
        }
        let normalise = || {
            if in_vectors([x, &self.weight, &self.bias]) {
                return x.contiguous()?.apply_op3(&self.weight, &self.bias, Normalise(self.eps));
            }
            let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
            let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
            let normal = centred.broadcast_div(&(variance + self.eps)?.sqrt()?)?;
            normal.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
        };
        normalise().doing("a layer norm")
    }
}

struct Normalise(f64);

impl CustomOp3 for Normalise {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x: &[f32] = elements(x, x_layout)?;
        let (weight, bias) = (elements(weight, weight_layout)?, elements(bias, bias_layout)?);
        let (mut out, level) = (vec![0.0; x.len()], Level::current());
        let chunk = (CHUNK / weight.len().max(1)).max(1) * weight.len().max(1);
        out.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).for_each(|(out, x)| {
            level.run(Rows { x, weight, bias, eps: self.0 as f32, out });
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }
}

struct Rows<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    eps: f32,
    out: &'a mut [f32],
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { x, weight, bias, eps, out } = self;
        let width = weight.len().max(1);
        for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let mean = sum(x, |value| value) / width as f32;
            let variance = sum(x, |value| (value - mean) * (value - mean)) / width as f32;
            let scale = 1.0 / (variance + eps).sqrt();
            for ((out, &value), (&weight, &bias)) in out.iter_mut().zip(x).zip(weight.iter().zip(bias)) {
                *out = (value - mean) * scale * weight + bias;
            }
        }
    }
}

/// The sum of `of` every value, in an order that depends on their number alone.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (vectors, tail) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for vector in vectors {
        for (lane, &value) in lanes.iter_mut().zip(vector) {
            *lane += of(value);
        }
    }
    let mut total = 0.0;
    for lane in lanes {
        total += lane;
    }
    for &value in tail {
        total += of(value);
    }
    total
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    #[test]
    fn it_agrees_with_wide_numbers_for_any_width_and_number_of_threads() {
        for (rows, width) in [(1, 1), (2, 15), (3, 16), (40, 33), (25, 1280)] {
            for eps in [1e-12, 1e-5, 1e-1] {
                let x = ((tensor(1, &[rows, width]) * 3.0).unwrap() + 5.0).unwrap();
                let (weight, bias) = (tensor(2, &[width]), tensor(3, &[width]));
                // In one column alone the mean is the value itself, and rounding is all that is left.
                let eps = if width == 1 { 1e-1 } else { eps };
                let expected = LayerNorm::new(weight.clone(), bias.clone(), eps).forward(&x).unwrap();
                let [x, weight, bias] = [x, weight, bias].map(|x| x.to_dtype(DType::F32).unwrap());
                let norm = LayerNorm::new(weight, bias, eps);
                assert_close(
                    &norm.forward(&x).unwrap(),
                    &expected,
                    2e-5,
                    &format!("{rows} × {width}, {eps}"),
                );
                in_pools(|| values(&norm.forward(&x).unwrap()));
            }
        }
    }

    #[test]
    fn the_variance_is_the_biased_one_and_eps_lies_under_the_root() {
        let [one, zero] =
            [1.0f32, 0.0].map(|value| Tensor::new(&[value; 2], &candle_core::Device::Cpu).unwrap());
        let x = Tensor::new(&[[-1f32, 1.0]], &candle_core::Device::Cpu).unwrap();
        let y = LayerNorm::new(one, zero, 3.0).forward(&x).unwrap();
        assert_eq!(values(&y), [-0.5, 0.5]); // 1 / √(1 + 3)
    }

    #[test]
    fn rows_of_another_width_are_refused() {
        let norm = LayerNorm::new(tensor(1, &[4]), tensor(2, &[4]), 1e-5);
        let error = norm.forward(&tensor(3, &[2, 3])).unwrap_err();
        assert_eq!(error.to_string(), "layer norm input has shape [2, 3], expected (…, 4)");
    }
}
