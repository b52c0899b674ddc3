//! Inputs brought to mean 0 and deviation 1 by fixed numbers.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use crate::{Doing, NnError};

/// Subtracts a mean from each input and divides by a deviation, both buffers: part of the model, but not trained.
///
/// *Shapes*: (B, inputs) to the same. The buffers `mean` and `deviation` (inputs) start as 0 and 1; whoever trains sets
/// them to those of the training examples ([`moments`](Self::moments)), and they are saved with the weights.
///
/// ```
/// use ciskit_nn::{DType, Device, Parameters, Tensor, layers::Standardise};
///
/// let (parameters, layer) =
///     Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Standardise::load(vb, 2))?;
/// for (name, values) in Standardise::moments(2, &[1., 5., 3., 5.]) {
///     parameters.set(name, &Tensor::new(values, &Device::Cpu)?)?;
/// }
/// let x = Tensor::new(&[[1f32, 5.], [4., 6.]], &Device::Cpu)?;
/// // The second input is always 5 in training, so that its deviation stays 1.
/// assert_eq!(layer.forward(&x)?.to_vec2::<f32>()?, [[-1., 0.], [2., 1.]]);
/// assert_eq!(parameters.count(), 0);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Standardise {
    mean: Tensor,
    deviation: Tensor,
}

impl Standardise {
    /// Loads or initialises the buffers.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, inputs: usize) -> Result<Self, NnError> {
        let load = || {
            let mean = vb.get_with_hints(inputs, "mean", Init::Const(0.0))?;
            Ok((mean, vb.get_with_hints(inputs, "deviation", Init::Const(1.0))?))
        };
        let (mean, deviation) = load().doing(format!("loading {}", vb.prefix()))?;
        // Detached, because a buffer needs no gradient.
        Ok(Self { mean: mean.detach(), deviation: deviation.detach() })
    }

    /// The standardised inputs.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `x` is not (B, inputs).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let x = x.to_dtype(self.mean.dtype());
        let standardised =
            x.and_then(|x| x.broadcast_sub(&self.mean)?.broadcast_div(&self.deviation)?.contiguous());
        standardised.doing("standardising inputs")
    }

    /// Names and values of the buffers for examples of shape (examples, inputs): mean and population deviation of each
    /// input; 0 and 1 where there are no examples, deviation 1 for an input that never varies.
    #[must_use]
    pub fn moments(inputs: usize, examples: &[f32]) -> [(&'static str, Vec<f64>); 2] {
        let count = (examples.len() / inputs.max(1)) as f64;
        let of = |input: usize| examples.iter().skip(input).step_by(inputs).map(|value| f64::from(*value));
        let mean = |input: usize| if count > 0.0 { of(input).sum::<f64>() / count } else { 0.0 };
        let deviation = |input: usize| {
            let centre = mean(input);
            let square: f64 = of(input).map(|value| (value - centre).powi(2)).sum();
            // What is left by rounding of values that are all the same is no variation.
            let deviation = (square / count.max(1.0)).sqrt();
            if deviation > 1e-6 * (1.0 + centre.abs()) { deviation } else { 1.0 }
        };
        [("mean", (0..inputs).map(mean).collect()), ("deviation", (0..inputs).map(deviation).collect())]
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::Parameters;

    #[test]
    fn moments_are_those_of_each_column() {
        let [(_, mean), (_, deviation)] = Standardise::moments(3, &[1., 0.1, -4., 3., 0.1, 4., 2., 0.1, 0.]);
        assert_eq!((mean[0], mean[2], deviation[1]), (2.0, 0.0, 1.0));
        assert!((deviation[0] - (2f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((deviation[2] - (32f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(Standardise::moments(2, &[]), [("mean", vec![0.0; 2]), ("deviation", vec![1.0; 2])]);
    }

    #[test]
    fn the_numbers_are_saved_and_neither_trained_nor_counted() {
        let build = |vb: VarBuilder<'static>| Standardise::load(vb.pp("covariates"), 2);
        let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, build).unwrap();
        let buffers: Vec<&str> = parameters.buffers().map(|(name, _)| name).collect();
        assert_eq!(buffers, ["covariates.deviation", "covariates.mean"]);
        assert_eq!(parameters.trainable().count(), 0);
    }
}
