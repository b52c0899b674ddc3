//! Batch normalisation by the statistics of training, and the activation behind it.

use candle_core::{D, DType, Tensor};
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::super::conv_positions::with_values;
use super::activation::{Activation, activate, of_channels};
use super::{CHUNK, in_vectors};
use crate::simd::Level;
use crate::{Doing, NnError};

/// Batch normalisation of positions × channels by its running statistics, and an activation, in one pass over memory.
///
/// *Shapes*: (…, C), kept. Parameters `weight`, `bias`, `running_mean` and `running_var` (C). No gradient. *Source*: Ioffe and
/// Szegedy, arXiv 1502.03167.
///
/// ```
/// use ciskit_nn::ops::inference::{Activation, ChannelNorm};
/// use ciskit_nn::{DType, Device, NnError, Tensor, frozen};
///
/// let one = |value: f32| Tensor::new(&[value], &Device::Cpu);
/// let names = [("weight", one(2.)?), ("bias", one(-9.)?), ("running_mean", one(1.)?), ("running_var", one(3.)?)];
/// let tensors = names.map(|(name, tensor)| (name.to_string(), tensor)).into();
/// let norm = frozen(tensors, DType::F32, &Device::Cpu, |_| false, |vb| ChannelNorm::load(vb, 1, 1.0))?;
/// let x = Tensor::new(&[[6f32], [11.0]], &Device::Cpu)?;
/// assert_eq!(norm.forward(&x, Activation::Relu)?.to_vec2::<f32>()?, [[0.0], [1.0]]); // (x − 1) / √(3 + 1) · 2 − 9
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChannelNorm {
    /// What a channel is multiplied with, (C).
    factor: Tensor,
    /// What is added then, (C).
    shift: Tensor,
}

impl ChannelNorm {
    /// Loads the parameters, and makes of them a factor and a shift a channel.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, channels: usize, eps: f64) -> Result<Self, NnError> {
        let get = |name, value| vb.get_with_hints(channels, name, Init::Const(value));
        let load = || {
            let (weight, bias) = (get("weight", 1.0)?, get("bias", 0.0)?);
            let (mean, variance) = (get("running_mean", 0.0)?, get("running_var", 1.0)?);
            let wide = |x: &Tensor| x.to_dtype(DType::F64);
            let factor = (wide(&weight)? / (wide(&variance)? + eps)?.sqrt()?)?;
            let shift = (wide(&bias)? - (&factor * wide(&mean)?)?)?;
            Ok(Self { factor: factor.to_dtype(weight.dtype())?, shift: shift.to_dtype(weight.dtype())? })
        };
        load().doing(format!("loading batch norm {}", vb.prefix()))
    }

    /// The activation of the normalised channels.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if `x` has another number of channels.
    pub fn forward(&self, x: &Tensor, activation: Activation) -> Result<Tensor, NnError> {
        let channels = self.factor.elem_count();
        if x.dims().last() != Some(&channels) {
            return Err(NnError::shape("batch norm input", format!("(…, {channels})"), x.dims()));
        }
        if !in_vectors([x, &self.factor, &self.shift]) {
            let affine = x.broadcast_mul(&self.factor).and_then(|x| x.broadcast_add(&self.shift));
            return activate(&affine.doing("a batch norm")?, activation);
        }
        let factor = self.factor.to_vec1::<f32>().doing("reading a batch norm")?;
        let shift = self.shift.to_vec1::<f32>().doing("reading a batch norm")?;
        let rows = (CHUNK / channels.max(1)).max(1) * channels.max(1);
        let out = with_values(x, |x| {
            let (mut out, level) = (vec![0.0; x.len()], Level::current());
            out.par_chunks_mut(rows).zip(x.par_chunks(rows)).for_each(|(out, x)| {
                level.run(of_channels(activation, x, &factor, &shift, out));
            });
            out
        })?;
        Tensor::from_vec(out, x.shape(), x.device()).doing("a batch norm")
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.factor.dim(D::Minus1).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};
    use crate::frozen;

    fn norm(channels: usize, dtype: DType) -> ChannelNorm {
        let names = ["weight", "bias", "running_mean", "running_var"];
        let tensors = names.iter().zip(1..).map(|(name, seed)| {
            let drawn = tensor(seed, &[channels]);
            let drawn = if *name == "running_var" { drawn.abs().unwrap() } else { drawn };
            let narrow = drawn.to_dtype(DType::F32).unwrap().to_dtype(dtype).unwrap();
            (name.to_string(), narrow)
        });
        let load = |vb: VarBuilder<'static>| ChannelNorm::load(vb, channels, 1e-3);
        frozen(tensors.collect(), dtype, &Device::Cpu, |_| false, load).unwrap()
    }

    #[test]
    fn it_is_the_definition_at_any_width_and_number_of_threads() {
        for (rows, channels) in [(1, 1), (3, 15), (1000, 33), (7, 9000)] {
            let x = tensor(9, &[1, rows, channels]).to_dtype(DType::F32).unwrap();
            for activation in [Activation::GeluTanh, Activation::GeluSigmoid, Activation::Relu] {
                let wide = x.to_dtype(DType::F64).unwrap();
                let expected = norm(channels, DType::F64).forward(&wide, activation).unwrap();
                let norm = norm(channels, DType::F32);
                let found = norm.forward(&x, activation).unwrap();
                assert_close(&found, &expected, 2e-5, &format!("{rows} × {channels}, {activation:?}"));
                in_pools(|| values(&norm.forward(&x, activation).unwrap()));
            }
        }
    }

    #[test]
    fn it_is_batch_normalisation() {
        let norm = norm(2, DType::F64);
        let of = |seed| values(&tensor(seed, &[2]).to_dtype(DType::F32).unwrap());
        let [weight, bias, mean, variance] = [of(1), of(2), of(3), of(4)];
        let y = norm.forward(&tensor(9, &[3, 2]), Activation::Relu).unwrap();
        for (at, (x, y)) in values(&tensor(9, &[3, 2])).into_iter().zip(values(&y)).enumerate() {
            let channel = at % 2;
            let scaled = (x - mean[channel]) / (variance[channel].abs() + 1e-3).sqrt();
            assert!((y - (scaled * weight[channel] + bias[channel]).max(0.0)).abs() < 1e-12);
        }
        assert!(norm.forward(&tensor(9, &[2, 3]), Activation::Relu).is_err());
    }
}
