//! Tests of the loops and of their portable counterparts.

use candle_core::{DType, Device};

use super::*;
use crate::check::{assert_close, in_pools, tensor, values};

const ALL: [Activation; 7] = [
    Activation::Relu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::GeluSigmoid,
    Activation::Silu,
    Activation::Softplus,
    Activation::Tanh,
];

#[test]
fn loops_in_vectors_agree_with_wide_numbers() {
    let steps: Vec<f64> = (-2400..=2400).map(|step| f64::from(step) * 5e-3).collect();
    let wide = Tensor::new(steps, &Device::Cpu).unwrap();
    let narrow = wide.to_dtype(DType::F32).unwrap();
    let wide = narrow.to_dtype(DType::F64).unwrap();
    for activation in ALL {
        let expected = activate(&wide, activation).unwrap();
        let found = activate(&narrow, activation).unwrap();
        assert_close(&found, &expected, 2e-7, &format!("{activation:?}"));
        for width in [1, 3, 20, 2401] {
            let cut = |x: &Tensor| {
                let rows = 4801 / (2 * width);
                x.narrow(0, 0, rows * 2 * width).unwrap().reshape((rows, 2 * width)).unwrap()
            };
            if 2 * width <= 4801 {
                let expected = gated(&cut(&wide), activation).unwrap();
                assert_close(&gated(&cut(&narrow), activation).unwrap(), &expected, 2e-6, "gated");
            }
        }
    }
}

#[test]
fn the_tail_of_gelu_keeps_its_digits() {
    // Φ(−5) and Φ(−9), from tables.
    for (x, expected) in [(-5f32, 2.866_515_7e-7), (-9.0, 1.128_588_4e-19)] {
        assert!((f64::from(normal_distribution(x)) / expected - 1.0).abs() < 1e-5, "{x}");
    }
}

#[test]
fn every_level_and_number_of_threads() {
    let x = tensor(1, &[50, 700]).to_dtype(DType::F32).unwrap();
    let values_of = |x: &Tensor| -> Vec<f32> { x.flatten_all().unwrap().to_vec1().unwrap() };
    for activation in ALL {
        let expected = values_of(&activate(&x, activation).unwrap());
        for (name, level) in Level::available() {
            let (numbers, mut out) = (values_of(&x), vec![0.0; expected.len()]);
            level.run(Apply { activation, x: &numbers, out: &mut out });
            for (found, expected) in out.iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "{name}");
            }
        }
        in_pools(|| {
            [values(&activate(&x, activation).unwrap()), values(&gated(&x, activation).unwrap())].concat()
        });
    }
}

#[test]
fn odd_widths_are_refused() {
    let odd = gated(&tensor(1, &[2, 3]), Activation::Silu).unwrap_err();
    assert_eq!(odd.to_string(), "a gated activation failed");
}

#[test]
fn nan_is_passed_on() {
    let x = Tensor::new(&[f32::NAN, f32::NAN], &Device::Cpu).unwrap();
    for activation in ALL {
        assert!(values(&activate(&x, activation).unwrap()).iter().all(|value| value.is_nan()));
    }
}
