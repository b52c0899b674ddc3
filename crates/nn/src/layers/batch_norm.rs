//! Batch normalisation with the constants of the framework that a model comes from.

mod constants;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Init, VarBuilder};

use super::Dropout;
use crate::mode::Mode;
use crate::ops::batch_norm::{Normalise, Statistics};
use crate::ops::mask::Mask;
use crate::simd::Level;
use crate::{Doing, NnError};

pub use constants::{BatchNormConstants, RunningVariance};

/// Batch normalisation over the channels of (B, C) or (B, C, L).
///
/// (x − mean) / √(variance + epsilon) · weight + bias, with a channel's statistics over batch and positions in
/// training, which also updates the running ones, and the running ones in [`Mode::Eval`].
///
/// Parameters `weight` and `bias` (C), initialised 1 and 0; buffers `running_mean` and `running_var` (C), 0 and 1.
///
/// *Source*: Ioffe and Szegedy, "Batch normalization", ICML 2015.
///
/// ```
/// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, Tensor, layers::{BatchNorm, BatchNormConstants}};
///
/// let (parameters, norm) = Parameters::initialise(1, DType::F64, &Device::Cpu, |vb| {
///     BatchNorm::load(vb.pp("merge_bn1"), 1, BatchNormConstants::pytorch())
/// })?;
/// let x = Tensor::new(&[[1.0f64], [3.0]], &Device::Cpu)?;
/// let y = norm.forward(&x, Mode::train(1, 0))?.to_vec2::<f64>()?;
/// assert!((y[0][0] + 1.0).abs() < 1e-5 && (y[1][0] - 1.0).abs() < 1e-5);
/// let mean = parameters.get("merge_bn1.running_mean").unwrap().to_vec1::<f64>()?;
/// assert_eq!(mean, [0.2]); // 0.9 · 0 + 0.1 · 2
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchNorm {
    layer: String,
    weight: Tensor,
    bias: Tensor,
    running_mean: Var,
    running_var: Var,
    constants: BatchNormConstants,
}

impl BatchNorm {
    /// Loads or initialises `weight`, `bias`, `running_mean` and `running_var`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, channels: usize, constants: BatchNormConstants) -> Result<Self, NnError> {
        let layer = vb.prefix();
        let get = |name, value| {
            let tensor = vb.get_with_hints(channels, name, Init::Const(value));
            tensor.doing(format!("loading batch norm {layer}"))
        };
        // Of a variable this is the variable itself, so that updates reach the parameters it came from.
        let buffer =
            |name, value| Var::from_tensor(&get(name, value)?).doing(format!("loading batch norm {layer}"));
        let (weight, bias) = (get("weight", 1.0)?, get("bias", 0.0)?);
        let (running_mean, running_var) = (buffer("running_mean", 0.0)?, buffer("running_var", 1.0)?);
        Ok(Self { layer, weight, bias, running_mean, running_var, constants })
    }

    /// The layer's output; in training the running statistics are updated on the way.
    ///
    /// # Errors
    ///
    /// [`NnError::OneValuePerChannel`] in training on a single value a channel; [`NnError::Shape`] if `x` is not
    /// (B, C) or (B, C, L).
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor, NnError> {
        let channels = self.weight.elem_count();
        if !matches!(x.rank(), 2 | 3) || x.dims()[1] != channels {
            let expected = format!("(batch, {channels}) or (batch, {channels}, positions)");
            return Err(NnError::shape("batch norm input", expected, x.dims()));
        }
        // A (B, C) input is one of a single position.
        let positions = if x.rank() == 2 { x.unsqueeze(2) } else { Ok(x.clone()) }; // (B, C, L)
        let doing = || format!("batch norm {}", self.layer);
        self.normalised(&[&positions.doing(doing())?], None, mode)?.reshape(x.shape()).doing(doing())
    }

    /// The layer on two tensors joined along positions, and then a dropout layer.
    ///
    /// *Shapes*: (B, C, L₁) and (B, C, L₂) to (B, C, L₁ + L₂).
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    ///
    /// ```
    /// use ciskit_nn::layers::{BatchNorm, BatchNormConstants, Dropout};
    /// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, Tensor};
    ///
    /// let build = |vb: ciskit_nn::VarBuilder<'static>| BatchNorm::load(vb, 2, BatchNormConstants::keras());
    /// let (_, norm) = Parameters::initialise(1, DType::F64, &Device::Cpu, build)?;
    /// let x = Tensor::arange(0f64, 54., &Device::Cpu)?.sin()?.reshape((3, 2, 9))?;
    /// let (a, b) = (x.narrow(2, 0, 4)?, x.narrow(2, 4, 5)?);
    /// let (dropout, mode) = (Dropout::new("norm.dropout", 0.5)?, Mode::train(7, 0));
    /// let joined = norm.forward_joined([&a, &b], &dropout, mode)?;
    /// let apart = dropout.forward(&norm.forward(&x, mode)?, mode)?;
    /// assert!((joined - apart)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-12);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn forward_joined(
        &self,
        parts: [&Tensor; 2],
        dropout: &Dropout,
        mode: Mode,
    ) -> Result<Tensor, NnError> {
        let channels = self.weight.elem_count();
        for part in parts {
            let fits = part.rank() == 3 && part.dims()[..2] == [parts[0].dims()[0], channels];
            if !fits || part.dtype() != parts[0].dtype() {
                let expected = format!("(batch, {channels}, positions), the same batch and type for both");
                return Err(NnError::shape("batch norm input", expected, part.dims()));
            }
        }
        self.normalised(&parts, dropout.mask(mode), mode)
    }

    /// One or two parts (B, C, L) as one, and dropout.
    fn normalised(&self, parts: &[&Tensor], mask: Option<Mask>, mode: Mode) -> Result<Tensor, NnError> {
        let channels = self.weight.elem_count();
        let values = parts.iter().map(|part| part.elem_count()).sum::<usize>() / channels;
        if mode.is_train() && values < 2 {
            return Err(NnError::OneValuePerChannel { layer: self.layer.clone() });
        }
        // A single position is little work, whichever way it is done.
        let many = parts.iter().any(|part| part.dims()[2] > 1) && parts[0].device().is_cpu();
        let result = if many && matches!(parts[0].dtype(), DType::F32 | DType::F64) {
            self.fused(parts, mask, mode)
        } else {
            self.composed(parts, mask, mode)
        };
        result.doing(format!("batch norm {}", self.layer))
    }

    /// By one operation, on the CPU.
    fn fused(&self, parts: &[&Tensor], mask: Option<Mask>, mode: Mode) -> candle_core::Result<Tensor> {
        let parts = parts.iter().map(|part| part.contiguous()).collect::<candle_core::Result<Vec<_>>>()?;
        let refs: Vec<&Tensor> = parts.iter().collect();
        let (batch, channels, _) = parts[0].dims3()?;
        let length = parts.iter().map(|part| part.dims()[2]).sum::<usize>();
        let statistics = if mode.is_train() {
            let statistics = Statistics::of(&refs)?;
            self.update((batch * length) as f64, &statistics)?;
            statistics
        } else {
            let numbers = |var: &Var| var.detach().to_dtype(DType::F64)?.to_vec1::<f64>();
            Statistics { mean: numbers(&self.running_mean)?, variance: numbers(&self.running_var)? }
        };
        let op = Normalise {
            statistics,
            epsilon: self.constants.epsilon,
            by_batch: mode.is_train(),
            mask,
            level: Level::current(),
            shape: (batch, channels, length),
        };
        let parameters = Tensor::cat(&[&self.weight, &self.bias], 0)?; // (2C)
        match &parts[..] {
            [x] => x.apply_op2(&parameters, op),
            [a, b, ..] => a.apply_op3(b, &parameters, op),
            [] => candle_core::bail!("nothing to normalise"),
        }
    }

    /// Moves the running statistics towards those of a batch of so many values a channel.
    fn update(&self, values: f64, Statistics { mean, variance }: &Statistics) -> candle_core::Result<()> {
        let correction = match self.constants.variance {
            RunningVariance::Unbiased => values / (values - 1.0),
            RunningVariance::Population => 1.0,
        };
        let momentum = self.constants.momentum;
        for (running, batch, factor) in
            [(&self.running_mean, mean, 1.0), (&self.running_var, variance, correction)]
        {
            let former = running.detach().to_dtype(DType::F64)?.to_vec1::<f64>()?;
            let moved = former.iter().zip(batch);
            let moved = moved.map(|(former, batch)| (1.0 - momentum) * former + momentum * factor * batch);
            let moved = Tensor::from_iter(moved, &Device::Cpu)?.to_dtype(running.dtype())?;
            running.set(&moved)?;
        }
        Ok(())
    }

    /// By candle's operations, on any device.
    fn composed(&self, parts: &[&Tensor], mask: Option<Mask>, mode: Mode) -> candle_core::Result<Tensor> {
        let x = Tensor::cat(parts, 2)?;
        let y = if mode.is_train() { self.by_batch(&x)? } else { self.by_running(&x)? };
        match mask {
            Some(mask) => mask.on_any_device(&y),
            None => Ok(y),
        }
    }

    fn by_batch(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mean = x.mean_keepdim((0, 2))?; // (1, C, 1)
        let centred = x.broadcast_sub(&mean)?; // (B, C, L)
        let variance = centred.sqr()?.mean_keepdim((0, 2))?; // (1, C, 1)

        let values = (x.elem_count() / self.weight.elem_count()) as f64;
        let correction = match self.constants.variance {
            RunningVariance::Unbiased => values / (values - 1.0),
            RunningVariance::Population => 1.0,
        };
        let momentum = self.constants.momentum;
        let update = |running: &Var, batch: &Tensor, factor: f64| {
            let batch = (batch.detach().flatten_all()? * (momentum * factor))?;
            running.set(&((running.detach() * (1.0 - momentum))? + batch)?)
        };
        update(&self.running_mean, &mean, 1.0)?;
        update(&self.running_var, &variance, correction)?;
        self.scaled(&centred, &variance)
    }

    fn by_running(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mean = self.running_mean.detach().reshape((1, (), 1))?;
        let variance = self.running_var.detach().reshape((1, (), 1))?;
        self.scaled(&x.broadcast_sub(&mean)?, &variance)
    }

    /// `centred / √(variance + epsilon) · weight + bias`.
    fn scaled(&self, centred: &Tensor, variance: &Tensor) -> candle_core::Result<Tensor> {
        let deviation = (variance + self.constants.epsilon)?.sqrt()?; // (1, C, 1)
        let weight = self.weight.reshape((1, (), 1))?;
        let bias = self.bias.reshape((1, (), 1))?;
        centred.broadcast_mul(&weight.div(&deviation)?)?.broadcast_add(&bias)
    }
}

#[cfg(test)]
mod tests;
