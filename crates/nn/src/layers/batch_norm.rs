//! Batch normalisation with the constants of the framework that a model comes from.

use candle_core::{DType, Tensor, Var};
use candle_nn::{Init, VarBuilder};
use serde::{Deserialize, Serialize};

use super::Dropout;
use crate::mode::Mode;
use crate::ops::mask::Mask;
use crate::ops::normalise::{Normalise, Statistics};
use crate::ops::normalise_joined::NormaliseJoined;
use crate::simd::Level;
use crate::{Doing, NnError};

/// Which estimate of the batch's variance enters the running variance. Normalisation itself always uses the
/// population variance.
///
/// ```
/// use ciskit_nn::layers::{BatchNormConstants, RunningVariance};
///
/// assert_eq!(BatchNormConstants::pytorch().variance, RunningVariance::Unbiased);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunningVariance {
    /// Sum of squares over n − 1 (PyTorch).
    Unbiased,
    /// Sum of squares over n (Keras 3).
    Population,
}

/// The constants in which frameworks differ.
///
/// ```
/// use ciskit_nn::layers::BatchNormConstants;
///
/// assert_eq!(BatchNormConstants::keras().epsilon, 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchNormConstants {
    /// Added to the variance.
    pub epsilon: f64,
    /// Weight of the batch in the running statistics: running = (1 − momentum) · running + momentum · batch.
    pub momentum: f64,
    /// Estimate that enters the running variance.
    pub variance: RunningVariance,
}

impl BatchNormConstants {
    /// PyTorch: epsilon 1e-5, momentum 0.1, unbiased running variance.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::layers::BatchNormConstants::pytorch().momentum, 0.1);
    /// ```
    #[must_use]
    pub fn pytorch() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1, variance: RunningVariance::Unbiased }
    }

    /// Keras: epsilon 1e-3, momentum 0.01 (Keras calls it 0.99), population variance.
    ///
    /// *Differences*: Keras 2.2 and 2.3 scaled the variance by n / (n − 1 − epsilon), and 2.2 also corrected the
    /// averages for starting at zero; neither is reproduced.
    ///
    /// ```
    /// assert_eq!(ciskit_nn::layers::BatchNormConstants::keras().momentum, 0.01);
    /// ```
    #[must_use]
    pub fn keras() -> Self {
        Self { epsilon: 1e-3, momentum: 0.01, variance: RunningVariance::Population }
    }
}

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
    /// let (a, b) = (Tensor::rand(0f64, 1., (3, 2, 4), &Device::Cpu)?, Tensor::rand(0f64, 1., (3, 2, 5), &Device::Cpu)?);
    /// let (dropout, mode) = (Dropout::new("norm.dropout", 0.5)?, Mode::train(7, 0));
    /// let joined = norm.forward_joined([&a, &b], &dropout, mode)?;
    /// let apart = dropout.forward(&norm.forward(&Tensor::cat(&[&a, &b], 2)?, mode)?, mode)?;
    /// assert_eq!(joined.to_vec3::<f64>()?, apart.to_vec3::<f64>()?);
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
            let statistics = Statistics::of(x)?;
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
            let statistics = Statistics::of_parts(&[&a, &b])?;
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
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::Parameters;
    use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

    fn layer(channels: usize, constants: BatchNormConstants) -> (Parameters, BatchNorm) {
        let build = |vb: VarBuilder<'static>| BatchNorm::load(vb.pp("bn"), channels, constants);
        let (parameters, layer) = Parameters::initialise(1, DType::F64, &Device::Cpu, build).unwrap();
        parameters.set("bn.weight", &tensor(1, &[channels])).unwrap();
        parameters.set("bn.bias", &tensor(2, &[channels])).unwrap();
        (parameters, layer)
    }

    #[test]
    fn training_equals_the_formula_and_updates_the_running_statistics() {
        for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
            for shape in [vec![5, 3], vec![2, 3, 7], vec![1, 3, 4]] {
                let (parameters, layer) = layer(3, constants);
                let (start_mean, start_var) = (tensor(3, &[3]), tensor(4, &[3]).abs().unwrap());
                parameters.set("bn.running_mean", &start_mean).unwrap();
                parameters.set("bn.running_var", &start_var).unwrap();
                let x = (tensor(5, &shape) + 3.0).unwrap();
                let y = layer.forward(&x, Mode::train(0, 0)).unwrap();
                assert_eq!(y.dims(), shape);

                for channel in 0..3 {
                    let of = |tensor: &Tensor| values(&tensor.narrow(1, channel, 1).unwrap());
                    let at = |name: &str| values(parameters.get(&format!("bn.{name}")).unwrap())[channel];
                    let (x, y) = (of(&x), of(&y));
                    let n = x.len() as f64;
                    let mean = x.iter().sum::<f64>() / n;
                    let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                    for (x, y) in x.iter().zip(y) {
                        let normal = (x - mean) / (squares / n + constants.epsilon).sqrt();
                        assert!((y - (normal * at("weight") + at("bias"))).abs() < 1e-12);
                    }
                    let divisor = if constants == BatchNormConstants::pytorch() { n - 1.0 } else { n };
                    let running = |start: &Tensor, batch: f64| {
                        (1.0 - constants.momentum) * values(start)[channel] + constants.momentum * batch
                    };
                    assert!((at("running_mean") - running(&start_mean, mean)).abs() < 1e-14);
                    assert!((at("running_var") - running(&start_var, squares / divisor)).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn evaluation_uses_the_running_statistics_and_changes_nothing() {
        let (parameters, layer) = layer(2, BatchNormConstants::pytorch());
        parameters.set("bn.running_mean", &Tensor::new(&[1f64, 2.0], &Device::Cpu).unwrap()).unwrap();
        parameters.set("bn.running_var", &Tensor::new(&[4f64, 9.0], &Device::Cpu).unwrap()).unwrap();
        let before = parameters.to_safetensors(None).unwrap();
        // A single value a channel is nothing special here.
        let y =
            values(&layer.forward(&Tensor::new(&[[3f64, -1.0]], &Device::Cpu).unwrap(), Mode::Eval).unwrap());
        let at = |name: &str| values(parameters.get(name).unwrap());
        let normal = [2.0 / (4.0 + 1e-5f64).sqrt(), -3.0 / (9.0 + 1e-5f64).sqrt()];
        for (channel, y) in y.into_iter().enumerate() {
            assert!(
                (y - (normal[channel] * at("bn.weight")[channel] + at("bn.bias")[channel])).abs() < 1e-14
            );
        }
        assert_eq!(parameters.to_safetensors(None).unwrap(), before);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
            for shape in [vec![2, 3], vec![5, 3], vec![1, 3, 4], vec![2, 3, 4], vec![5, 3, 2]] {
                let (parameters, layer) = layer(3, constants);
                let x = Var::from_tensor(&tensor(6, &shape)).unwrap();
                let (weight, bias) =
                    (parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap());
                for mode in [Mode::train(0, 0), Mode::Eval] {
                    let before = parameters.snapshot().unwrap();
                    // f64 differences of a ratio of small numbers need the running statistics to stand still.
                    check_gradients(&[&x, weight, bias], || {
                        let y = layer.forward(&x, mode).unwrap();
                        for name in ["bn.running_mean", "bn.running_var"] {
                            parameters.set(name, &before[name]).unwrap();
                        }
                        y
                    });
                }
            }
        }
    }

    #[test]
    fn one_operation_is_the_composition_of_many() {
        for batch in [1, 2, 7, 100] {
            let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
            let x = Var::from_tensor(&(tensor(10, &[batch, 3, 5]) + 1.0).unwrap()).unwrap();
            let vars = [&x, parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap()];
            let (fused, composed) =
                (layer.fused(&x, Mode::train(0, 0)).unwrap(), layer.by_batch(&x).unwrap());
            assert_close(&fused, &composed, 1e-13, "by batch");
            for (found, expected) in gradients(&vars, &fused).iter().zip(gradients(&vars, &composed)) {
                assert_close(found, &expected, 1e-12, "gradient by batch");
            }
            let (fused, composed) = (layer.fused(&x, Mode::Eval).unwrap(), layer.by_running(&x).unwrap());
            assert_close(&fused, &composed, 1e-13, "by running");
            for (found, expected) in gradients(&vars, &fused).iter().zip(gradients(&vars, &composed)) {
                assert_close(found, &expected, 1e-12, "gradient by running");
            }
        }
    }

    #[test]
    fn joined_parts_are_their_join_and_agree_with_finite_differences_and_candle() {
        for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
            for batch in [1, 2, 7] {
                let (parameters, layer) = layer(3, constants);
                let a = Var::from_tensor(&tensor(6, &[batch, 3, 4])).unwrap();
                let b = Var::from_tensor(&(tensor(7, &[batch, 3, 2]) + 0.5).unwrap()).unwrap();
                let dropout = Dropout::new("bn.dropout", 0.3).unwrap();
                let vars = [&a, &b, parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap()];
                for mode in [Mode::train(0, 0), Mode::Eval] {
                    let before = parameters.snapshot().unwrap();
                    let restored = |run: &dyn Fn() -> Tensor| {
                        parameters.restore(&before).unwrap();
                        let y = run();
                        let after =
                            parameters.buffers().map(|(_, var)| var.copy().unwrap()).collect::<Vec<_>>();
                        parameters.restore(&before).unwrap();
                        (y, after)
                    };
                    let joined = || layer.forward_joined([&a, &b], &dropout, mode).unwrap();
                    // The variables stay as they are, and so the buffers are set alone.
                    check_gradients(&vars, || {
                        let y = joined();
                        for name in ["bn.running_mean", "bn.running_var"] {
                            parameters.set(name, &before[name]).unwrap();
                        }
                        y
                    });
                    let (found, found_after) = restored(&joined);
                    let (expected, expected_after) =
                        restored(&|| layer.composed(&[&a, &b], dropout.mask(mode), mode).unwrap());
                    assert_close(&found, &expected, 1e-12, "candle");
                    for (found, expected) in found_after.iter().zip(&expected_after) {
                        assert_close(found, expected, 1e-12, "running statistics");
                    }
                    let expected = gradients(&vars, &expected);
                    for (found, expected) in gradients(&vars, &found).iter().zip(&expected) {
                        assert_close(found, expected, 1e-11, "gradient of candle");
                    }
                }
            }
        }
    }

    #[test]
    fn dropout_comes_after_the_norm() {
        let (parameters, layer) = layer(1, BatchNormConstants::keras());
        parameters.set("bn.weight", &Tensor::new(&[1f64], &Device::Cpu).unwrap()).unwrap();
        parameters.set("bn.bias", &Tensor::new(&[0f64], &Device::Cpu).unwrap()).unwrap();
        let x = [1, 2].map(|seed| (tensor(seed, &[4, 1, 50]) + 5.0).unwrap());
        let dropout = Dropout::new("bn.dropout", 0.5).unwrap();
        let y = layer.forward_joined([&x[0], &x[1]], &dropout, Mode::train(1, 0)).unwrap();
        // Dropped elements are exactly 0, where a norm after dropout would move them by the mean; the others are twice
        // the normal values, which have a mean of 0 and a variance of 1 before anything is dropped.
        let y = values(&y);
        let dropped = y.iter().filter(|&&y| y == 0.0).count();
        assert!((150..250).contains(&dropped), "{dropped}");
        let full = values(&layer.forward(&Tensor::cat(&x, 2).unwrap(), Mode::train(1, 0)).unwrap());
        assert!(y.iter().zip(&full).all(|(y, full)| *y == 0.0 || *y == 2.0 * full));
    }

    #[test]
    fn buffers_get_no_gradient() {
        let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
        let x = tensor(7, &[4, 3]);
        for mode in [Mode::Eval, Mode::train(0, 0)] {
            let gradients = layer.forward(&x, mode).unwrap().sum_all().unwrap().backward().unwrap();
            assert!(parameters.buffers().all(|(_, var)| gradients.get(var).is_none()));
            assert!(parameters.trainable().all(|(_, var)| gradients.get(var).is_some()));
        }
    }

    #[test]
    fn one_value_per_channel_and_wrong_shapes_are_refused() {
        let (_, layer) = layer(3, BatchNormConstants::pytorch());
        let error =
            |shape: &[usize]| layer.forward(&tensor(8, shape), Mode::train(0, 0)).unwrap_err().to_string();
        let one = "batch norm bn cannot train on one value per channel: use a batch of two or more";
        assert_eq!(error(&[1, 3]), one);
        assert_eq!(error(&[1, 3, 1]), one);
        assert!(error(&[3, 2]).contains("batch norm input has shape [3, 2]"));
        assert!(error(&[3]).contains("batch norm input"));
    }

    #[test]
    fn f32_follows_f64_and_threads_change_nothing() {
        let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
        let build = |vb: VarBuilder<'static>| BatchNorm::load(vb.pp("bn"), 3, BatchNormConstants::pytorch());
        let narrow = || {
            let tensors = parameters.snapshot().unwrap();
            Parameters::load(tensors, DType::F32, &Device::Cpu, build).unwrap()
        };
        let x = tensor(9, &[6, 3, 50]);
        let x32 = x.to_dtype(DType::F32).unwrap();
        let y32 = narrow().1.forward(&x32, Mode::train(0, 0)).unwrap();
        in_pools(|| {
            let (parameters, layer) = narrow();
            let y = layer.forward(&x32, Mode::train(0, 0)).unwrap();
            parameters.buffers().flat_map(|(_, var)| values(var)).chain(values(&y)).collect()
        });
        assert_close(&y32, &layer.forward(&x, Mode::train(0, 0)).unwrap(), 1e-5, "output");
    }
}
