//! Initial weights from a seeded stream a parameter.

use candle_core::{DType, Device, Shape, Tensor, Var};
use candle_nn::Init;
use candle_nn::init::NormalOrUniform;
use ciskit_core::random::Stream;

/// Glorot's uniform initialisation: U(±√(6 / (fan_in + fan_out))).
///
/// *Units*: a fan is channels × kernel width, or the number of units of a linear layer.
///
/// *Source*: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
/// AISTATS 2010, equation 16.
///
/// ```
/// use ciskit_nn::{candle_nn::Init, init};
///
/// let Init::Uniform { lo, up } = init::glorot_uniform(4 * 25, 64 * 25) else { panic!() };
/// assert_eq!((lo, up), (-(6f64 / 1700.0).sqrt(), (6f64 / 1700.0).sqrt()));
/// ```
#[must_use]
pub fn glorot_uniform(fan_in: usize, fan_out: usize) -> Init {
    let bound = (6.0 / (fan_in + fan_out) as f64).sqrt();
    Init::Uniform { lo: -bound, up: bound }
}

/// A new variable whose element `i` depends on the stream and `i` alone; drawn in f64, rounded to `dtype`.
pub(crate) fn variable(
    init: Init,
    stream: Stream,
    shape: &Shape,
    dtype: DType,
    device: &Device,
) -> candle_core::Result<Var> {
    let values =
        |value: &dyn Fn(u64) -> f64| -> Vec<f64> { (0..shape.elem_count() as u64).map(value).collect() };
    let uniform = |low: f64, high: f64| values(&|index| low + (high - low) * stream.uniform(index));
    let normal = |mean: f64, deviation: f64| values(&|index| mean + deviation * stream.normal(index));
    let values = match init {
        Init::Const(value) => values(&|_| value),
        Init::Uniform { lo, up } => uniform(lo, up),
        Init::Randn { mean, stdev } => normal(mean, stdev),
        Init::Kaiming { dist, fan, non_linearity } => {
            let deviation = non_linearity.gain() / (fan.for_shape(shape) as f64).sqrt();
            match dist {
                NormalOrUniform::Normal => normal(0.0, deviation),
                NormalOrUniform::Uniform => uniform(-deviation * 3f64.sqrt(), deviation * 3f64.sqrt()),
            }
        }
    };
    let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)?;
    Var::from_tensor(&tensor.to_device(device)?)
}

#[cfg(test)]
mod tests {
    use candle_nn::init::{FanInOut, NonLinearity};

    use super::*;

    fn drawn(init: Init, name: &str, shape: &[usize]) -> Vec<f64> {
        let stream = Stream::new(11, "initial weights").name(name);
        let var = variable(init, stream, &shape.into(), DType::F64, &Device::Cpu).unwrap();
        assert!(var.is_variable());
        var.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn glorot_stays_within_and_fills_its_bounds() {
        let bound = (6.0f64 / (64.0 * 13.0 * 2.0)).sqrt();
        let values = drawn(glorot_uniform(64 * 13, 64 * 13), "conv2", &[64, 64, 13]);
        assert!(values.iter().all(|value| value.abs() <= bound));
        assert!(values.iter().any(|&value| value > 0.999 * bound));
        assert!(values.iter().any(|&value| value < -0.999 * bound));
        let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn other_distributions_have_their_moments() {
        let kaiming = |dist| Init::Kaiming { dist, fan: FanInOut::FanIn, non_linearity: NonLinearity::ReLU };
        let cases = [
            (Init::Randn { mean: 2.0, stdev: 0.5 }, 2.0, 0.25),
            (kaiming(NormalOrUniform::Normal), 0.0, 2.0 / 100.0),
            (kaiming(NormalOrUniform::Uniform), 0.0, 2.0 / 100.0),
            (Init::Const(1.5), 1.5, 0.0),
        ];
        for (init, mean, variance) in cases {
            let values = drawn(init, "layer", &[200, 100]);
            let n = values.len() as f64;
            let found = values.iter().sum::<f64>() / n;
            assert!((found - mean).abs() < 0.02, "{init:?}: mean {found}");
            let found = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            assert!((found - variance).abs() <= 0.05 * variance, "{init:?}: variance {found}");
        }
    }
}
