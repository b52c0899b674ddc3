//! Batch normalisation with the constants of the framework that a model comes from.

mod constants;

use candle_core::{DType, Tensor, Var};
use candle_nn::{Init, VarBuilder};

use super::Dropout;
use crate::mode::Mode;
use crate::ops::mask::Mask;
use crate::ops::normalise::Normalise;
use crate::ops::normalise_joined::NormaliseJoined;
use crate::ops::statistics::Statistics;
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
        if mode.is_train() && x.elem_count() / channels < 2 {
            return Err(NnError::OneValuePerChannel { layer: self.layer.clone() });
        }
        let forward = || {
            // A (B, C) input is one of a single position.
            let positions = if x.rank() == 2 { x.unsqueeze(2)? } else { x.clone() }; // (B, C, L)
            let fused = x.device().is_cpu() && matches!(x.dtype(), DType::F32 | DType::F64);
            let y = match (fused, mode.is_train()) {
                (true, _) => self.fused(&positions.contiguous()?, mode)?,
                (false, true) => self.by_batch(&positions)?,
                (false, false) => self.by_running(&positions)?,
            };
            y.reshape(x.shape())
        };
        forward().doing(format!("batch norm {}", self.layer))
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
        let values = parts.iter().map(|part| part.elem_count()).sum::<usize>() / channels;
        if mode.is_train() && values < 2 {
            return Err(NnError::OneValuePerChannel { layer: self.layer.clone() });
        }
        let mask = dropout.mask(mode);
        let on_cpu = parts[0].device().is_cpu() && matches!(parts[0].dtype(), DType::F32 | DType::F64);
        let result =
            if on_cpu { self.fused_joined(parts, mask, mode) } else { self.composed(&parts, mask, mode) };
        result.doing(format!("batch norm {}", self.layer))
    }

    /// What [`by_batch`](Self::by_batch) and [`by_running`](Self::by_running) give, in one operation.
    fn fused(&self, x: &Tensor, mode: Mode) -> candle_core::Result<Tensor> {
        let of_batch = mode.is_train();
        let statistics = if of_batch {
            let statistics = Statistics::of(&[x])?;
            self.update_by(&statistics, x, (x.elem_count() / self.weight.elem_count()) as f64)?;
            statistics
        } else {
            Statistics::kept(&self.running_mean, &self.running_var)?
        };
        let op = Normalise { statistics, epsilon: self.constants.epsilon, of_batch };
        x.apply_op3(&self.weight.contiguous()?, &self.bias.contiguous()?, op)
    }

    /// [`composed`](Self::composed) in one operation.
    fn fused_joined(
        &self,
        [a, b]: [&Tensor; 2],
        mask: Option<Mask>,
        mode: Mode,
    ) -> candle_core::Result<Tensor> {
        let (a, b) = (a.contiguous()?, b.contiguous()?);
        let (batch, channels, length) = a.dims3()?;
        let length = length + b.dims()[2];
        let by_batch = mode.is_train();
        let statistics = if by_batch {
            let statistics = Statistics::of(&[&a, &b])?;
            self.update_by(&statistics, &a, (batch * length) as f64)?;
            statistics
        } else {
            Statistics::kept(&self.running_mean, &self.running_var)?
        };
        let (epsilon, shape) = (self.constants.epsilon, (batch, channels, length));
        let op = NormaliseJoined { statistics, epsilon, by_batch, mask, level: Level::current(), shape };
        let parameters = Tensor::cat(&[&self.weight, &self.bias], 0)?; // (2C)
        a.apply_op3(&b, &parameters, op)
    }

    /// Parts (B, C, L) joined and normalised, and dropout, by candle's operations on any device.
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
        self.update(&mean, &variance, (x.elem_count() / self.weight.elem_count()) as f64)?;
        self.scaled(&centred, &variance)
    }

    fn update_by(&self, statistics: &Statistics, like: &Tensor, values: f64) -> candle_core::Result<()> {
        let tensor = |values: &[f64]| Tensor::new(values, like.device())?.to_dtype(like.dtype());
        self.update(&tensor(&statistics.mean)?, &tensor(&statistics.variance)?, values)
    }

    /// Moves the running statistics towards those of a batch of so many values a channel.
    fn update(&self, mean: &Tensor, variance: &Tensor, values: f64) -> candle_core::Result<()> {
        let correction = match self.constants.variance {
            RunningVariance::Unbiased => values / (values - 1.0),
            RunningVariance::Population => 1.0,
        };
        let momentum = self.constants.momentum;
        let update = |running: &Var, batch: &Tensor, factor: f64| {
            let batch = (batch.detach().flatten_all()? * (momentum * factor))?;
            running.set(&((running.detach() * (1.0 - momentum))? + batch)?)
        };
        update(&self.running_mean, mean, 1.0)?;
        update(&self.running_var, variance, correction)
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
