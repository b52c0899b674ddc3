//! Pooling of pairs of positions by attention.

use candle_core::Tensor;
use candle_nn::VarBuilder;

use super::Activation;
use super::activation::activate;
use crate::layers::ScoringConv;
use crate::ops::Steps;
use crate::{Doing, NnError};

/// Pooling of two neighbouring positions by a softmax of their logits, channel by channel.
///
/// The logits are M x, with M (channels, channels) and without a bias. A softmax of two is a sigmoid of their difference, so
/// that M is multiplied with one difference a pair. An odd last position stays as it is.
///
/// *Shapes*: (B, L, C) to (B, ⌈L / 2⌉, C). Parameter `to_attn_logits.weight` (C, C, 1, 1). No gradient. *Source*: Avsec et al.,
/// doi 10.1038/s41592-021-01252-x.
///
/// ```
/// use ciskit_nn::ops::inference::AttentionPool;
/// use ciskit_nn::{DType, Device, NnError, Tensor, frozen};
///
/// let weight = Tensor::zeros((1, 1, 1, 1), DType::F32, &Device::Cpu)?;
/// let tensors = [("to_attn_logits.weight".to_string(), weight)].into();
/// let pool = frozen(tensors, DType::F32, &Device::Cpu, |_| false, |vb| AttentionPool::load(vb, 1))?;
/// // Logits of 0 weigh both positions alike.
/// let y = pool.forward(&Tensor::new(&[[[1f32], [3.0], [5.0]]], &Device::Cpu)?)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[2.0], [5.0]]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttentionPool {
    logits: ScoringConv,
}

impl AttentionPool {
    /// Loads the matrix.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameter.
    pub fn load(vb: VarBuilder<'_>, channels: usize) -> Result<Self, NnError> {
        let weight = vb.get((channels, channels, 1, 1), "to_attn_logits.weight");
        let weight = weight.and_then(|weight| weight.squeeze(3));
        let weight = weight.doing(format!("loading attention pooling {}", vb.prefix()))?;
        Ok(Self { logits: ScoringConv::new(weight, None)? })
    }

    /// The pooled positions.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` is not (B, L, C).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let &[items, length, channels] = x.dims() else {
            return Err(NnError::shape("features", "(batch, positions, channels)", x.dims()));
        };
        let pairs = length / 2;
        if pairs == 0 {
            return Ok(x.clone());
        }
        let split = || {
            let even = x.narrow(1, 0, 2 * pairs)?.contiguous()?.reshape((items, pairs, 2, channels))?;
            let side = |at| even.narrow(2, at, 1)?.squeeze(2)?.contiguous();
            let (first, second) = (side(0)?, side(1)?); // (B, L / 2, C)
            let change = (&first - &second)?;
            Ok((second, change))
        };
        let (second, change) = split().doing("attention pooling")?;
        let weight = sigmoid(&self.logits.forward(&change, &Steps::valid())?)?; // of the first
        let pooled = || {
            let pooled = (second + (weight * change)?)?; // (B, L / 2, C)
            if length.is_multiple_of(2) {
                return Ok(pooled);
            }
            Tensor::cat(&[&pooled, &x.narrow(1, length - 1, 1)?], 1)
        };
        pooled().doing("attention pooling")
    }
}

/// σ(x) = ½ (1 + tanh(x / 2)).
fn sigmoid(x: &Tensor) -> Result<Tensor, NnError> {
    let half = activate(&(x * 0.5).doing("attention pooling")?, Activation::Tanh)?;
    ((half * 0.5).and_then(|half| half + 0.5)).doing("attention pooling")
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};
    use crate::frozen;

    fn pool(channels: usize, dtype: DType) -> AttentionPool {
        let weight = tensor(1, &[channels, channels, 1, 1]).to_dtype(DType::F32).unwrap();
        let tensors = [("to_attn_logits.weight".to_owned(), weight.to_dtype(dtype).unwrap())].into();
        let load = |vb: VarBuilder<'static>| AttentionPool::load(vb, channels);
        frozen(tensors, dtype, &Device::Cpu, |_| false, load).unwrap()
    }

    /// Straight from the definition: a softmax over the two positions.
    fn plain(x: &Tensor) -> Tensor {
        let (items, length, channels) = x.dims3().unwrap();
        let matrix = tensor(1, &[channels, channels]).to_dtype(DType::F32).unwrap();
        let matrix = matrix.to_dtype(DType::F64).unwrap();
        let rows = x.reshape((items * length, channels)).unwrap();
        let logits = rows.matmul(&matrix.t().unwrap()).unwrap().reshape((items, length, channels)).unwrap();
        let at = |start: usize, count: usize| {
            let part = |x: &Tensor| x.narrow(1, start, count).unwrap();
            let weight = candle_nn::ops::softmax(&part(&logits), 1).unwrap();
            (weight * part(x)).unwrap().sum_keepdim(1).unwrap()
        };
        let windows: Vec<Tensor> = (0..length).step_by(2).map(|at_| at(at_, 2.min(length - at_))).collect();
        Tensor::cat(&windows, 1).unwrap()
    }

    #[test]
    fn it_is_the_softmax_of_each_pair() {
        for (items, length, channels) in [(1, 1, 1), (2, 2, 3), (2, 33, 17), (1, 400, 20)] {
            let x = (tensor(2, &[items, length, channels]) * 2.0).unwrap().to_dtype(DType::F32).unwrap();
            let wide = x.to_dtype(DType::F64).unwrap();
            let expected = plain(&wide);
            let what = format!("{items} × {length} × {channels}");
            assert_close(&pool(channels, DType::F64).forward(&wide).unwrap(), &expected, 1e-12, &what);
            let pool = pool(channels, DType::F32);
            assert_close(&pool.forward(&x).unwrap(), &expected, 1e-5, &what);
            in_pools(|| values(&pool.forward(&x).unwrap()));
        }
        assert!(pool(3, DType::F64).forward(&tensor(2, &[4, 3])).is_err());
    }
}
