//! What the tests of operations and layers share.

use candle_core::{DType, Device, Tensor, Var};
use ciskit_core::random::Stream;

/// Standard normal numbers in f64, the same for the same seed.
pub(crate) fn tensor(seed: u64, shape: &[usize]) -> Tensor {
    let stream = Stream::new(seed, "test tensor");
    let values: Vec<f64> = (0..shape.iter().product::<usize>() as u64).map(|i| stream.normal(i)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Random base codes, one in ten unknown.
pub(crate) fn codes(seed: u64, shape: (usize, usize)) -> Tensor {
    let mut draws = Stream::new(seed, "test codes").draws();
    let mut code = || if draws.below(10) == 0 { 4 } else { draws.below(4) as u8 };
    let values: Vec<u8> = (0..shape.0 * shape.1).map(|_| code()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// All elements, row-major.
pub(crate) fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

pub(crate) fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    for (index, (a, b)) in values(found).into_iter().zip(values(expected)).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}[{index}]: {a} {b}");
    }
}

/// The sum of `output` with fixed random weights, so that no output's gradient is hidden by another's.
fn scalar(output: &Tensor) -> Tensor {
    let weights = tensor(0xC0FFEE, output.dims()).to_dtype(output.dtype()).unwrap();
    output.mul(&weights).unwrap().sum_all().unwrap()
}

/// The gradients of the weighted sum of an output.
pub(crate) fn gradients(vars: &[&Var], output: &Tensor) -> Vec<Tensor> {
    let gradients = scalar(output).backward().unwrap();
    vars.iter().map(|var| gradients.get(var).cloned().unwrap_or_else(|| var.zeros_like().unwrap())).collect()
}

/// Compares the gradients of an f64 function with finite differences in every element of every variable.
///
/// Differences of fourth order, because a batch norm over two values is nearly a step function.
pub(crate) fn check_gradients(vars: &[&Var], function: impl Fn() -> Tensor) {
    let analytic = gradients(vars, &function());
    let step = 3e-5;
    for (var, (which, analytic)) in vars.iter().zip(analytic.iter().enumerate()) {
        let start = values(var);
        let at = |index: usize, change: f64| {
            let mut moved = start.clone();
            moved[index] += change;
            var.set(&Tensor::from_vec(moved, var.shape(), var.device()).unwrap()).unwrap();
            scalar(&function()).to_scalar::<f64>().unwrap()
        };
        let analytic = values(analytic);
        let size = analytic.iter().fold(1.0f64, |size, value| size.max(value.abs()));
        for (index, analytic) in analytic.into_iter().enumerate() {
            let difference = |steps: f64| at(index, steps * step) - at(index, -steps * step);
            let numeric = (8.0 * difference(1.0) - difference(2.0)) / (12.0 * step);
            assert!(
                (numeric - analytic).abs() < 1e-7 * size,
                "variable {which}, element {index}: finite difference {numeric}, gradient {analytic}"
            );
        }
        at(0, 0.0);
    }
}

/// Asserts that a function gives the same bytes in pools of one, two and five threads.
pub(crate) fn in_pools(function: impl Fn() -> Vec<f64> + Send + Sync) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&function).into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let one = run(1);
    assert!(!one.is_empty());
    for threads in [2, 5] {
        assert!(one == run(threads), "{threads} threads differ from one");
    }
}
