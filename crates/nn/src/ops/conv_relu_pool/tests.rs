use candle_core::{Device, Var};

use super::*;
use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

fn variables(x: [usize; 3], outputs: usize, kernel: usize) -> [Var; 3] {
    let shapes: [&[usize]; 3] = [&x, &[outputs, x[1], kernel], &[outputs]];
    [1, 2, 3].map(|seed| Var::from_tensor(&tensor(seed, shapes[seed as usize - 1])).unwrap())
}

/// Straight from the definition.
fn by_definition(x: &Tensor, weight: &Tensor, bias: &Tensor, pool: usize) -> Tensor {
    let (x, weight) = (x.to_vec3::<f64>().unwrap(), weight.to_vec3::<f64>().unwrap());
    let bias = bias.to_vec1::<f64>().unwrap();
    let (length, kernel) = (x[0][0].len(), weight[0][0].len());
    let convolved = |item: &Vec<Vec<f64>>, output: usize, at: usize| {
        let taps = item.iter().zip(&weight[output]).map(|(channel, taps)| -> f64 {
            taps.iter().enumerate().map(|(tap, weight)| weight * channel[at + tap]).sum()
        });
        bias[output] + taps.sum::<f64>()
    };
    let pooled = |item, output, window: usize| {
        let window = window * pool..(window + 1) * pool;
        window.map(|at| convolved(item, output, at).max(0.0)).fold(f64::NEG_INFINITY, f64::max)
    };
    let windows = (length - kernel + 1) / pool;
    let rows = |item, output| (0..windows).map(|window| pooled(item, output, window)).collect::<Vec<_>>();
    let items: Vec<Vec<Vec<f64>>> =
        x.iter().map(|item| (0..bias.len()).map(|output| rows(item, output)).collect()).collect();
    Tensor::new(items, &Device::Cpu).unwrap()
}

#[test]
fn it_equals_the_definition_and_the_portable_composition() {
    for (shape, outputs, kernel, pool) in [
        ([1, 1, 9], 1, 1, 1),
        ([1, 3, 20], 4, 4, 5),
        ([2, 5, 19], 8, 7, 4),
        ([5, 2, 33], 13, 3, 10),
        ([3, 4, 9], 17, 9, 1),
        ([2, 16, 28], 64, 13, 5),
    ] {
        let [x, weight, bias] = variables(shape, outputs, kernel);
        let found = conv_relu_pool(&x, &weight, &bias, pool).unwrap();
        assert_close(&found, &by_definition(&x, &weight, &bias, pool), 1e-13, "definition");
        let portable = portable::conv_relu_pool(&x, &weight, &bias, pool).unwrap();
        assert_close(&found, &portable, 1e-13, "portable");
        let vars = [&x, &weight, &bias];
        for (found, expected) in gradients(&vars, &found).iter().zip(gradients(&vars, &portable)) {
            assert_close(found, &expected, 1e-12, "gradient, portable");
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for (batch, shape, outputs, kernel) in
        [(1, [3, 17], 4, 5), (2, [3, 17], 4, 5), (7, [3, 17], 4, 5), (100, [1, 6], 2, 2)]
    {
        // 13 positions, of which the last is in no window; 5 at batch 100.
        let [x, weight, bias] = variables([batch, shape[0], shape[1]], outputs, kernel);
        check_gradients(&[&x, &weight, &bias], || conv_relu_pool(&x, &weight, &bias, 4).unwrap());
        if batch < 100 {
            // Slow, and composed of operations that do not know of batches.
            check_gradients(&[&x, &weight, &bias], || {
                portable::conv_relu_pool(&x, &weight, &bias, 4).unwrap()
            });
        }
    }
}

#[test]
fn any_layout_in_memory_will_do() {
    let [x, weight, bias] = variables([3, 6, 6], 5, 3);
    check_gradients(&[&x, &weight, &bias], || {
        // A transposed input, a narrowed weight, and a gradient that arrives transposed.
        let x = x.transpose(1, 2).unwrap();
        let weight = weight.narrow(2, 1, 2).unwrap();
        conv_relu_pool(&x, &weight, &bias, 2).unwrap().transpose(0, 2).unwrap()
    });
}

/// Output and gradients of all three inputs under a gradient of ones.
fn with_ones(x: &Var, weight: &Var, bias: &Var, pool: usize, portable: bool) -> [Vec<f64>; 4] {
    let operation = if portable { portable::conv_relu_pool } else { conv_relu_pool };
    let y = operation(x, weight, bias, pool).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    let [x, weight, bias] = [x, weight, bias].map(|var| values(gradients.get(var).unwrap()));
    [values(&y), x, weight, bias]
}

#[test]
fn equal_maxima_send_their_gradient_to_the_first() {
    let x = Var::new(&[[[1f64, 1.0, 2.0, 2.0, 1.0, 3.0]]], &Device::Cpu).unwrap();
    let weight = Var::new(&[[[1f64]]], &Device::Cpu).unwrap();
    let bias = Var::new(&[0f64], &Device::Cpu).unwrap();
    for portable in [false, true] {
        let [y, x_gradient, weight_gradient, _] = with_ones(&x, &weight, &bias, 3, portable);
        assert_eq!(y, [2.0, 3.0]);
        assert_eq!(x_gradient, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(weight_gradient, [5.0]);
        let [_, x_gradient, ..] = with_ones(&x, &weight, &bias, 2, portable);
        assert_eq!(x_gradient, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }
}

#[test]
fn relu_at_exactly_zero_stops_the_gradient() {
    let x = Var::zeros((2, 1, 4), DType::F64, &Device::Cpu).unwrap();
    let weight = Var::new(&[[[1f64]], [[-1.0]]], &Device::Cpu).unwrap();
    let bias = Var::new(&[0f64, -0.0], &Device::Cpu).unwrap();
    for portable in [false, true] {
        let [y, x, weight, bias] = with_ones(&x, &weight, &bias, 2, portable);
        for zeros in [y, x, weight, bias] {
            assert!(zeros.iter().all(|&value| value == 0.0));
        }
    }
}

#[test]
fn nan_is_passed_on_to_its_window_only() {
    let mut numbers = vec![1f32; 8];
    numbers[2] = f32::NAN;
    let x = Tensor::from_vec(numbers, (1, 1, 8), &Device::Cpu).unwrap();
    let weight = Tensor::new(&[[[1f32]]], &Device::Cpu).unwrap();
    let y = conv_relu_pool(&x, &weight, &Tensor::new(&[0f32], &Device::Cpu).unwrap(), 4).unwrap();
    let y = y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert!(y[0].is_nan() && y[1] == 1.0, "{y:?}");
}

#[test]
fn f32_is_f64_rounded() {
    let [x, weight, bias] = variables([2, 16, 40], 9, 7);
    let narrow = |var: &Var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap();
    let [x32, weight32, bias32] = [&x, &weight, &bias].map(narrow);
    let y = conv_relu_pool(&x, &weight, &bias, 3).unwrap();
    let y32 = conv_relu_pool(&x32, &weight32, &bias32, 3).unwrap();
    assert_close(&y32, &y, 1e-5, "output");
    let expected = gradients(&[&x, &weight, &bias], &y);
    for (found, expected) in gradients(&[&x32, &weight32, &bias32], &y32).iter().zip(expected) {
        assert_close(found, &expected, 1e-4, "gradient");
    }
    let error = conv_relu_pool(&x32, &weight, &bias, 3).unwrap_err().to_string();
    assert_eq!(error, "convolution takes input, weight and bias all f32 or all f64, not f64");
}

#[test]
fn one_and_two_threads_give_the_same_bytes() {
    let [x, weight, bias] = variables([7, 6, 90], 19, 11);
    in_pools(|| {
        let narrow = |var: &Var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap();
        let [x, weight, bias] = [&x, &weight, &bias].map(narrow);
        let y = conv_relu_pool(&x, &weight, &bias, 4).unwrap();
        let gradients = gradients(&[&x, &weight, &bias], &y);
        gradients.iter().chain([&y]).flat_map(values).collect()
    });
}

#[test]
fn an_untracked_input_costs_no_gradient() {
    let [x, weight, bias] = variables([2, 3, 12], 4, 3);
    let input = x.detach();
    let gradients = conv_relu_pool(&input, &weight, &bias, 2).unwrap().sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&input).is_none() && gradients.get(&weight).is_some());
}
