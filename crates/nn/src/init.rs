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

/// Orthonormal rows, or columns where there are fewer of them: a matrix of normal numbers, made orthogonal.
///
/// candle's [`Init`] has no such kind, so a range that holds no number stands for it, and only
/// [`Parameters::initialise`](crate::Parameters::initialise) knows what it means.
///
/// *Source*: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
/// networks", ICLR 2014.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, init};
///
/// let (parameters, _) = Parameters::initialise(1, DType::F64, &Device::Cpu, |vb| {
///     vb.get_with_hints((2, 3), "kernel", init::ORTHOGONAL).map_err(NnError::from)
/// })?;
/// let rows = parameters.get("kernel").unwrap().to_vec2::<f64>()?;
/// let product = |a: usize, b: usize| rows[a].iter().zip(&rows[b]).map(|(a, b)| a * b).sum::<f64>();
/// assert!((product(0, 0) - 1.0).abs() < 1e-12 && product(0, 1).abs() < 1e-12);
/// # Ok::<(), NnError>(())
/// ```
pub const ORTHOGONAL: Init = Init::Uniform { lo: f64::INFINITY, up: f64::NEG_INFINITY };

/// The bias of an LSTM, blocks i, f, g, o: 1 for the forget gate f, otherwise 0. Stands for what candle's [`Init`] lacks
/// as [`ORTHOGONAL`] does.
///
/// *Source*: Jozefowicz, Zaremba and Sutskever, "An empirical exploration of recurrent network architectures", ICML 2015.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, init};
///
/// let (parameters, _) = Parameters::initialise(1, DType::F64, &Device::Cpu, |vb| {
///     vb.get_with_hints(8, "bias", init::UNIT_FORGET_BIAS).map_err(NnError::from)
/// })?;
/// assert_eq!(parameters.get("bias").unwrap().to_vec1::<f64>()?, [0., 0., 1., 1., 0., 0., 0., 0.]);
/// # Ok::<(), NnError>(())
/// ```
pub const UNIT_FORGET_BIAS: Init = Init::Uniform { lo: f64::INFINITY, up: 0.0 };

/// A new variable that depends on the stream and the shape alone; drawn in f64, rounded to `dtype`.
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
        Init::Uniform { lo: f64::INFINITY, up: f64::NEG_INFINITY } => {
            orthogonal(normal(0.0, 1.0), shape.dims().last().copied().unwrap_or(1))
        }
        Init::Uniform { lo: f64::INFINITY, up: 0.0 } => {
            let block = shape.elem_count() / 4;
            values(&|index| if index as usize / block.max(1) == 1 { 1.0 } else { 0.0 })
        }
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

/// Makes the rows of a matrix orthonormal, or its columns where there are fewer, in their order.
fn orthogonal(matrix: Vec<f64>, columns: usize) -> Vec<f64> {
    let rows = matrix.len() / columns.max(1);
    if rows > columns {
        let transposed = |from: &[f64], rows: usize, columns: usize| -> Vec<f64> {
            (0..from.len()).map(|index| from[index % rows * columns + index / rows]).collect()
        };
        let wide = orthogonal(transposed(&matrix, rows, columns), rows);
        return transposed(&wide, columns, rows);
    }
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(rows);
    for row in matrix.chunks_exact(columns.max(1)) {
        let mut row = row.to_vec();
        // Twice, because the first time leaves rounding errors of the size of what was taken off.
        for other in done.iter().chain(&done) {
            let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
        }
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        done.push(row.iter().map(|value| value / length).collect());
    }
    done.concat()
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
    fn orthogonal_matrices_keep_lengths_whether_high_or_wide() {
        for (rows, columns) in [(1, 1), (50, 150), (150, 50), (7, 7)] {
            let matrix = drawn(ORTHOGONAL, "gru", &[rows, columns]);
            let vector = |which: usize| -> Vec<f64> {
                if rows <= columns {
                    matrix[which * columns..][..columns].to_vec()
                } else {
                    (0..rows).map(|row| matrix[row * columns + which]).collect()
                }
            };
            for a in 0..rows.min(columns) {
                for b in 0..=a {
                    let product: f64 = vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum();
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-12, "{rows} {columns}: {a} {b} {product}");
                }
            }
        }
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
