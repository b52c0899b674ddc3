//! Flaws of candle that this crate works around, each asserted to be there still.
//!
//! A test that goes red after an upgrade of candle brings good news: its message says what can be simplified.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the flawed operations are what is tested"
)]

use candle_core::{D, DType, Device, Result, Tensor, Var};
use ciskit_nn::random::Stream;
use ciskit_nn::{ops, ops::portable};

fn tensor(seed: u64, shape: &[usize]) -> Tensor {
    let stream = Stream::new(seed, "pitfalls");
    let values: Vec<f64> = (0..shape.iter().product::<usize>() as u64).map(|i| stream.normal(i)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn scalar(output: &Tensor) -> Tensor {
    output.mul(&tensor(0, output.dims())).unwrap().sum_all().unwrap()
}

/// Largest difference between candle's gradient of `var` and central differences.
fn gradient_error(var: &Var, function: impl Fn() -> Result<Tensor>) -> f64 {
    let found = values(scalar(&function().unwrap()).backward().unwrap().get(var).unwrap());
    let start = values(var);
    let at = |moved: Vec<f64>| {
        var.set(&Tensor::from_vec(moved, var.shape(), &Device::Cpu).unwrap()).unwrap();
        scalar(&function().unwrap()).to_scalar::<f64>().unwrap()
    };
    let numeric = |index: usize| {
        let [high, low] = [1e-5, -1e-5].map(|step| {
            let mut moved = start.clone();
            moved[index] += step;
            at(moved)
        });
        (high - low) / 2e-5
    };
    let error = (0..start.len()).map(|index| (numeric(index) - found[index]).abs()).fold(0.0, f64::max);
    at(start);
    error
}

const RIGHT: f64 = 1e-6;
const WRONG: f64 = 1e-2;

#[test]
fn pitfall_01_the_kernel_gradient_of_conv1d_is_wrong_for_a_batch() {
    let kernel = Var::from_tensor(&tensor(1, &[3, 2, 4])).unwrap();
    let error = |batch: usize| {
        let x = tensor(2, &[batch, 2, 9]);
        gradient_error(&kernel, || x.conv1d(&kernel, 0, 1, 1, 1))
    };
    assert!(error(1) < RIGHT);
    assert!(
        error(2) > WRONG,
        "conv1d's kernel gradient is right now: ops::portable need not go through conv2d"
    );
}

#[test]
fn pitfall_02_the_input_gradient_of_conv1d_is_wrong_for_a_batch() {
    let kernel = tensor(1, &[3, 2, 4]);
    let error = |batch: usize| {
        let x = Var::from_tensor(&tensor(2, &[batch, 2, 9])).unwrap();
        gradient_error(&x, || x.conv1d(&kernel, 0, 1, 1, 1))
    };
    assert!(error(1) < RIGHT);
    assert!(
        error(2) > WRONG,
        "conv1d's input gradient is right now: ops::portable need not go through conv2d"
    );
}

#[test]
fn what_replaces_conv1d_elsewhere_is_right() {
    let x = Var::from_tensor(&tensor(2, &[2, 2, 1, 9])).unwrap();
    let kernel = Var::from_tensor(&tensor(1, &[3, 2, 1, 4])).unwrap();
    assert!(gradient_error(&x, || x.conv2d(&kernel, 0, 1, 1, 1)) < RIGHT);
    assert!(gradient_error(&kernel, || x.conv2d(&kernel, 0, 1, 1, 1)) < RIGHT);
}

#[test]
fn pitfall_03_linear_is_wrong_on_a_transposed_input() {
    let linear = candle_nn::Linear::new(tensor(1, &[4, 3]), None);
    let x = tensor(2, &[2, 3, 5]).transpose(1, 2).unwrap();
    let right = values(&candle_nn::Module::forward(&linear, &x.contiguous().unwrap()).unwrap());
    // An error would do as well as a right result.
    let found = candle_nn::Module::forward(&linear, &x);
    let wrong =
        found.is_ok_and(|found| values(&found).iter().zip(&right).any(|(a, b)| (a - b).abs() > WRONG));
    assert!(
        wrong,
        "candle's Linear takes transposed inputs now: layers::Linear need not make them contiguous"
    );
}

#[test]
fn pitfall_04_the_gradient_of_max_pool2d_is_scaled_and_loses_windows() {
    let x = Var::from_tensor(&tensor(1, &[1, 1, 1, 6])).unwrap();
    let pool = |x: &Tensor| x.max_pool2d((1, 3));
    assert!(
        gradient_error(&x, || pool(&x)) > WRONG,
        "max_pool2d's gradient is right where windows fit: see whether it is with a remainder, too"
    );
    let x = Var::from_tensor(&tensor(1, &[1, 1, 1, 7])).unwrap();
    assert!(
        scalar(&pool(&x).unwrap()).backward().is_err() || gradient_error(&x, || pool(&x)) > WRONG,
        "max_pool2d's gradient is right with a remainder now: ops::portable could pool by it, ties permitting"
    );
}

#[test]
fn pitfall_04_max_sends_the_gradient_to_every_tied_position() {
    let x = Var::new(&[[2f64, 2.0, 1.0]], &Device::Cpu).unwrap();
    let gradient = |y: Tensor| values(y.sum_all().unwrap().backward().unwrap().get(&x).unwrap());
    assert_eq!(
        gradient(x.max(D::Minus1).unwrap()),
        [1.0, 1.0, 0.0],
        "max chooses among ties now: ops::portable may need neither argmax nor gather"
    );
    let first = x.argmax_keepdim(D::Minus1).unwrap();
    assert_eq!(
        gradient(x.gather(&first, D::Minus1).unwrap()),
        [1.0, 0.0, 0.0],
        "argmax is the first maximum"
    );
}

#[test]
fn pitfall_05_the_gradient_of_avg_pool2d_is_wrong_with_a_remainder() {
    let pool = |x: &Tensor| x.avg_pool2d((1, 3));
    let x = Var::from_tensor(&tensor(1, &[1, 1, 1, 6])).unwrap();
    assert!(gradient_error(&x, || pool(&x)) < RIGHT);
    let x = Var::from_tensor(&tensor(1, &[1, 1, 1, 8])).unwrap();
    assert!(
        scalar(&pool(&x).unwrap()).backward().is_err() || gradient_error(&x, || pool(&x)) > WRONG,
        "avg_pool2d's gradient is right with a remainder now: models may pool by it"
    );
}

#[test]
fn pitfall_06_softmax_last_dim_detaches_silently() {
    let x = Var::from_tensor(&tensor(1, &[2, 3])).unwrap();
    let fused = scalar(&candle_nn::ops::softmax_last_dim(&x).unwrap()).backward();
    assert!(
        !fused.is_ok_and(|gradients| gradients.get(&x).is_some()),
        "softmax_last_dim has a gradient now: position attention may use it"
    );
    assert!(gradient_error(&x, || candle_nn::ops::softmax(&x, D::Minus1)) < RIGHT, "what is used instead");
}

#[test]
fn pitfall_07_binary_cross_entropy_overflows() {
    let logits = Tensor::new(&[40f32], &Device::Cpu).unwrap();
    let target = Tensor::new(&[0f32], &Device::Cpu).unwrap();
    let theirs = candle_nn::loss::binary_cross_entropy_with_logit(&logits, &target).unwrap();
    assert!(
        !theirs.to_scalar::<f32>().unwrap().is_finite(),
        "candle's binary cross-entropy is finite now: see whether loss::bce_with_logits is still needed"
    );
    let ours = ciskit_nn::loss::bce_with_logits(&logits, &target).unwrap();
    assert_eq!(ours.to_scalar::<f32>().unwrap(), 40.0);
}

#[test]
fn pitfall_08_the_derivative_of_relu_at_zero_is_one() {
    let x = Var::new(&[0f64], &Device::Cpu).unwrap();
    let gradient = |y: Tensor| values(y.backward().unwrap().get(&x).unwrap());
    assert_eq!(gradient(x.relu().unwrap()), [1.0], "relu's derivative at 0 is right now: ops::relu can go");
    assert_eq!(gradient(ops::relu(&x).unwrap()), [0.0]);
}

#[test]
fn pitfall_09_adamw_decays_decoupled() {
    use candle_nn::{AdamW, Optimizer, ParamsAdamW};
    let weight = Var::new(&[1f64], &Device::Cpu).unwrap();
    let params = ParamsAdamW { lr: 0.1, weight_decay: 0.5, ..ParamsAdamW::default() };
    let mut adamw = AdamW::new(vec![weight.clone()], params).unwrap();
    adamw.step(&(weight.as_tensor() * 3.0).unwrap().backward().unwrap()).unwrap();
    // A coupled decay leaves the first step at lr; a decoupled one takes off lr · decay · weight beside it.
    let step = 1.0 - values(&weight)[0];
    assert!(
        (step - 0.15).abs() < 1e-6,
        "AdamW's first step is {step}: see whether ciskit_nn::Adam is still needed"
    );
}

#[test]
fn pitfall_10_the_cpu_generator_cannot_be_seeded() {
    assert!(
        Device::Cpu.set_seed(1).is_err(),
        "the CPU generator takes a seed now; masks and initial weights still need to be keyed by name"
    );
}

#[test]
fn pitfall_11_conv1d_starts_kaiming_normal_with_a_random_bias() {
    let variables = candle_nn::VarMap::new();
    let vb = candle_nn::VarBuilder::from_varmap(&variables, DType::F64, &Device::Cpu);
    let conv = candle_nn::conv1d(4, 64, 25, Default::default(), vb).unwrap();
    let glorot = (6.0f64 / (25.0 * 68.0)).sqrt();
    let outside = values(conv.weight()).into_iter().filter(|weight| weight.abs() > glorot).count();
    let bias = values(conv.bias().unwrap());
    assert!(
        outside > 0 && bias.iter().any(|&bias| bias != 0.0),
        "conv1d's default initialisation has changed: see whether it is Glorot's"
    );
}

#[test]
fn pitfall_12_a_var_map_has_no_order() {
    // The type is the flaw: this line stops compiling when names are kept sorted.
    let _: fn(&candle_nn::VarMap) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, Var>> =
        |variables| variables.data().lock().unwrap();
}

#[test]
fn pitfall_13_conv1d_computes_the_gradient_of_an_untracked_input() {
    let x = tensor(2, &[1, 2, 9]);
    let kernel = Var::from_tensor(&tensor(1, &[3, 2, 4])).unwrap();
    let gradients = scalar(&x.conv1d(&kernel, 0, 1, 1, 1).unwrap()).backward().unwrap();
    assert!(gradients.get(&x).is_some(), "untracked inputs cost nothing now");

    let bias = tensor(3, &[3]);
    let gradients = scalar(&ops::conv_relu_pool(&x, &kernel, &bias, 2).unwrap()).backward().unwrap();
    assert!(gradients.get(&x).is_none());
}

#[test]
fn the_portable_composition_avoids_them_all() {
    let x = Var::from_tensor(&tensor(1, &[2, 2, 16])).unwrap();
    let weight = Var::from_tensor(&tensor(2, &[3, 2, 4])).unwrap();
    let bias = Var::from_tensor(&tensor(3, &[3])).unwrap();
    let block = || Ok(portable::conv_relu_pool(&x, &weight, &bias, 3).unwrap());
    for var in [&x, &weight, &bias] {
        assert!(gradient_error(var, block) < RIGHT);
    }
}
