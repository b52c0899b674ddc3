//! Max pooling by itself, for networks that do something between ReLU and pooling.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, elements};
use super::portable;
use super::relu_pool::pooled_length;
use crate::{Doing, NnError};

/// The largest value of each window of `pool` positions; an incomplete last window is dropped.
///
/// *Shapes*: `x` (B, C, L), f32 or f64; result (B, C, ⌊L / pool⌋). *Gradients* go to the first largest position.
///
/// *Cost*: one pass over `x`, and four bytes a window until the backward pass. The same bytes for any number of
/// threads.
///
/// # Errors
///
/// [`NnError::TooShort`] for less than one window, [`NnError::Shape`] or [`NnError::DType`] for another kind of `x`.
///
/// ```
/// use ciskit_nn::{Device, Var, ops};
///
/// let x = Var::new(&[[[1f32, 5., 4., 4., 9.]]], &Device::Cpu)?;
/// let y = ops::max_pool(&x, 2)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[5., 4.]]]);
/// let gradients = y.sum_all()?.backward()?;
/// assert_eq!(gradients.get(&x).unwrap().to_vec3::<f32>()?, [[[0., 1., 1., 0., 0.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn max_pool(x: &Tensor, pool: usize) -> std::result::Result<Tensor, NnError> {
    let &[batch, channels, length] = x.dims() else {
        return Err(NnError::shape("features", "(batch, channels, positions)", x.dims()));
    };
    if !matches!(x.dtype(), DType::F32 | DType::F64) {
        return Err(NnError::DType { operation: "pooling", expected: "f32 or f64", found: x.dtype() });
    }
    let pooled = pooled_length(length, 1, pool).ok_or(NnError::TooShort { length, kernel: 1, pool })?;
    if !x.device().is_cpu() {
        return portable::max_pool(x, pool);
    }
    let op = MaxPool { shape: [batch, channels, length], pool, pooled, at: OnceLock::new() };
    x.contiguous().and_then(|x| x.apply_op1(op)).doing("pooling")
}

/// One application of max pooling.
struct MaxPool {
    shape: [usize; 3],
    pool: usize,
    pooled: usize,
    /// Position of each maximum. Written by the forward pass, read by the backward pass.
    at: OnceLock<Vec<u32>>,
}

impl MaxPool {
    fn forward<T: Real>(&self, x: &[T]) -> Vec<T> {
        let ([_, _, length], pool, pooled) = (self.shape, self.pool, self.pooled);
        let mut values = vec![T::zero(); x.len() / length.max(1) * pooled];
        let mut at = vec![0; values.len()];
        let rows = values.par_chunks_mut(pooled).zip(at.par_chunks_mut(pooled)).zip(x.par_chunks(length));
        rows.for_each(|((values, at), x)| {
            for (window, (value, at)) in values.iter_mut().zip(at).enumerate() {
                let start = window * pool;
                (*value, *at) = (x[start], start as u32);
                for (position, &x) in (start..).zip(&x[start..start + pool]) {
                    // The second comparison lets NaN through, and lets it stay.
                    if x > *value || (x.is_nan() && !value.is_nan()) {
                        (*value, *at) = (x, position as u32);
                    }
                }
            }
        });
        // An operation is applied once, so the cell is empty.
        let _ = self.at.set(at);
        values
    }

    fn backward<T: Real>(&self, gradient: &Tensor) -> Result<Tensor> {
        let Some(at) = self.at.get() else { candle_core::bail!("backward before forward") };
        let ([batch, channels, length], pooled) = (self.shape, self.pooled);
        let gradient = gradient.contiguous()?;
        let host = Host::of(&gradient);
        let mut sums = vec![T::zero(); batch * channels * length];
        let rows = sums.par_chunks_mut(length).zip(at.par_chunks(pooled));
        rows.zip(host.elements::<T>()?.par_chunks(pooled)).for_each(|((sums, at), gradient)| {
            for (&at, &gradient) in at.iter().zip(gradient) {
                sums[at as usize] = gradient;
            }
        });
        Tensor::from_vec(sums, (batch, channels, length), gradient.device())
    }
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let storage = match x {
            CpuStorage::F32(_) => CpuStorage::F32(self.forward(elements(x, layout)?)),
            _ => CpuStorage::F64(self.forward(elements(x, layout)?)),
        };
        let [batch, channels, _] = self.shape;
        Ok((storage, (batch, channels, self.pooled).into()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(match x.dtype() {
            DType::F32 => self.backward::<f32>(gradient)?,
            _ => self.backward::<f64>(gradient)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

    #[test]
    fn it_is_the_portable_one_and_its_gradients_agree_with_finite_differences() {
        for (batch, channels, length, pool) in [(1, 1, 1, 1), (2, 3, 11, 3), (7, 2, 12, 4), (2, 5, 9, 9)] {
            let x = Var::from_tensor(&tensor(3, &[batch, channels, length])).unwrap();
            let (found, portable) = (max_pool(&x, pool).unwrap(), portable::max_pool(&x, pool).unwrap());
            assert_close(&found, &portable, 0.0, "value");
            assert_close(&gradients(&[&x], &found)[0], &gradients(&[&x], &portable)[0], 0.0, "gradient");
            check_gradients(&[&x], || max_pool(&x, pool).unwrap());
            // Features that lie transposed in memory.
            check_gradients(&[&x], || max_pool(&x.transpose(0, 1).unwrap(), pool).unwrap());
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes_and_nan_stays() {
        let x = Var::from_tensor(&tensor(3, &[5, 4, 33]).to_dtype(DType::F32).unwrap()).unwrap();
        in_pools(|| {
            let y = max_pool(&x, 4).unwrap();
            gradients(&[&x], &y).iter().chain([&y]).flat_map(values).collect()
        });
        let y = Tensor::new(&[[[1f64, f64::NAN, 3.0]]], &Device::Cpu).unwrap();
        assert!(values(&max_pool(&y, 3).unwrap())[0].is_nan());
    }

    #[test]
    fn features_that_do_not_fit_are_refused() {
        let zeros = |shape: &[usize], dtype| Tensor::zeros(shape, dtype, &Device::Cpu).unwrap();
        let message = |x: &Tensor, pool| max_pool(x, pool).unwrap_err().to_string();
        assert!(message(&zeros(&[1, 2, 3], DType::F32), 4).contains("pooling by 4"));
        assert!(message(&zeros(&[1, 2, 3], DType::F32), 0).contains("pooling by 0"));
        assert_eq!(message(&zeros(&[1, 2, 3], DType::U8), 1), "pooling takes f32 or f64, not u8");
        assert!(message(&zeros(&[2, 3], DType::F32), 1).starts_with("features has shape [2, 3]"));
    }
}
