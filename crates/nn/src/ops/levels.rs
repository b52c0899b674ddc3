//! Every level of instructions against the plain loops in f64, at batches and shapes around the edges of vectors.

use candle_core::{DType, Tensor, Var};

use super::attention;
use super::{codes_conv_relu_pool, conv_relu_pool};
use crate::check::{assert_close, codes, gradients, in_pools, tensor, values};
use crate::simd::Level;

/// Variables of normal numbers, in f64 and in f32, or of whole numbers, whose sums are exact and often equal.
fn variables<const N: usize>(shapes: [&[usize]; N], whole: bool) -> [[Var; N]; 2] {
    [DType::F64, DType::F32].map(|dtype| {
        std::array::from_fn(|index| {
            let values = tensor(index as u64 + 1, shapes[index]).to_dtype(DType::F32).unwrap();
            let values = if whole { values.round().unwrap() } else { values };
            Var::from_tensor(&values.to_dtype(dtype).unwrap()).unwrap()
        })
    })
}

/// Compares an operation at every level in f32 with itself in f64, gradients included, and its items with each other
/// in smaller batches.
fn check<const N: usize>(shapes: [&[usize]; N], operation: impl Fn(Level, &[Var; N]) -> Tensor) {
    for whole in [false, true] {
        check_numbers(variables(shapes, whole), &operation, &format!("{shapes:?}, whole {whole}"));
    }
}

fn check_numbers<const N: usize>(
    [wide, narrow]: [[Var; N]; 2],
    operation: impl Fn(Level, &[Var; N]) -> Tensor,
    what: &str,
) {
    let expected = operation(Level::Portable, &wide);
    let expected_gradients = gradients(&wide.each_ref(), &expected);
    for (name, level) in Level::available() {
        let what = format!("{name} {what}");
        let found = operation(level, &narrow);
        assert_close(&found, &expected, 2e-5, &what);
        for (found, expected) in gradients(&narrow.each_ref(), &found).iter().zip(&expected_gradients) {
            let size = values(expected).iter().fold(1.0f64, |size, value| size.max(value.abs()));
            let [found, expected] =
                [found.to_dtype(DType::F64).unwrap(), expected.clone()].map(|x| (x / size).unwrap());
            assert_close(&found, &expected, 2e-5, &format!("gradient, {what}"));
        }
    }
}

#[test]
fn convolutions_of_bases_agree() {
    for (batch, length, outputs, kernel, pool) in
        [(1, 60, 64, 25, 10), (2, 33, 3, 1, 7), (7, 40, 17, 5, 4), (7, 30, 33, 30, 1), (100, 24, 16, 9, 3)]
    {
        let codes = codes(1, (batch, length));
        check([&[outputs, 4, kernel], &[outputs]], |level, [weight, bias]| {
            codes_conv_relu_pool::at_level(level, &codes, weight, bias, pool, None).unwrap()
        });
    }
}

#[test]
fn dense_convolutions_agree() {
    for (batch, inputs, length, outputs, kernel, pool) in [
        (1, 64, 37, 64, 13, 5),
        (2, 1, 9, 1, 1, 1),
        (7, 5, 19, 70, 3, 2),
        (7, 3, 12, 33, 9, 4),
        (100, 4, 11, 16, 5, 3),
    ] {
        let shapes: [&[usize]; 3] = [&[batch, inputs, length], &[outputs, inputs, kernel], &[outputs]];
        check(shapes, |level, [x, weight, bias]| {
            conv_relu_pool::at_level(level, x, weight, bias, pool, None).unwrap()
        });
    }
}

#[test]
fn position_attention_agrees() {
    for (batch, channels, n, m, ratio) in [
        (1, 64, 61, 83, 0.01),
        (2, 1, 1, 1, 1.0),
        (7, 9, 5, 17, 0.4),
        (7, 6, 18, 16, 1.0),
        (100, 4, 7, 5, 0.1),
    ] {
        check([&[batch, channels, n], &[batch, channels, m]], |level, [e, p]| {
            let attention = attention::at_level(level, e, p, ratio).unwrap();
            let flat = [&attention.enhancer, &attention.promoter, &attention.top]
                .map(|x| x.flatten_from(1).unwrap());
            Tensor::cat(&flat, 1).unwrap()
        });
    }
}

/// One item alone gives the bytes that it gives in a batch, and the gradients are the same for any number of threads.
#[test]
fn neither_batch_nor_threads_change_a_byte() {
    let (batch, length) = (37, 70);
    let codes = codes(2, (batch, length));
    let shapes: [&[usize]; 4] = [&[20, 4, 7], &[20], &[20, 20, 5], &[20]];
    for (name, level) in Level::available() {
        let forward = |codes: &Tensor, [w1, b1, w2, b2]: &[Var; 4]| {
            let below = codes_conv_relu_pool::at_level(level, codes, w1, b1, 2, None).unwrap(); // (37, 20, 32)
            let e = conv_relu_pool::at_level(level, &below, w2, b2, 2, None).unwrap(); // (37, 20, 14)
            let attention = attention::at_level(level, &below, &e, 0.2).unwrap();
            Tensor::cat(&[&attention.promoter.flatten_from(1).unwrap(), &attention.top], 1).unwrap()
        };
        let [_, vars] = variables(shapes, false);
        let all = forward(&codes, &vars).to_vec2::<f32>().unwrap();
        for item in [0, 17, batch - 1] {
            let alone = forward(&codes.narrow(0, item, 1).unwrap(), &vars).to_vec2::<f32>().unwrap();
            assert_eq!(alone[0], all[item], "{name}, item {item}");
        }
        in_pools(|| {
            let output = forward(&codes, &vars);
            gradients(&vars.each_ref(), &output).iter().chain([&output]).flat_map(values).collect()
        });
    }
}

#[test]
fn unknown_bases_add_nothing_and_nan_is_passed_on() {
    for (name, level) in Level::available() {
        // Every base of the kernel unknown but for one of a few.
        let codes = Tensor::full(4u8, (2, 12), &candle_core::Device::Cpu).unwrap();
        let [_, [weight, bias, x]] = variables([&[17, 4, 5], &[17], &[2, 4, 12]], false);
        let poisoned = (weight.as_tensor() * f64::NAN).unwrap();
        let y = codes_conv_relu_pool::at_level(level, &codes, &poisoned, &bias, 4, None).unwrap();
        let expected = bias.relu().unwrap().reshape((1, 17, 1)).unwrap().broadcast_as((2, 17, 2)).unwrap();
        assert_eq!(values(&y), values(&expected.contiguous().unwrap()), "{name}");

        let y = conv_relu_pool::at_level(level, &x, &poisoned, &bias, 4, None).unwrap();
        assert!(values(&y).iter().all(|value| value.is_nan()), "{name}");
        let known = codes.zeros_like().unwrap();
        let y = codes_conv_relu_pool::at_level(level, &known, &poisoned, &bias, 4, None).unwrap();
        assert!(values(&y).iter().all(|value| value.is_nan()), "{name}");
        let poisoned = (x.as_tensor() * f64::NAN).unwrap();
        let attention = attention::at_level(level, &poisoned, &x, 0.1).unwrap();
        assert!(values(&attention.top).iter().all(|value| value.is_nan()), "{name}");
    }
}
