//! Every form of recurrent cell gives the reference's outputs and gradients.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ciskit_nn::ops::{self, Cell, Direction, GateActivation};
use ciskit_nn::{DType, Device, Tensor, Var, weights};

const WEIGHTS: [&str; 3] = ["kernel", "recurrent_kernel", "bias"];

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn check(tensors: &BTreeMap<String, Tensor>, name: &str, found: &Tensor, tolerance: f64) {
    let expected = &tensors[name];
    assert_eq!(found.dims(), expected.dims(), "{name}");
    let (found, expected) = (values(found), values(expected));
    let size = expected.iter().fold(0f64, |size, value| size.max(value.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= tolerance * size, "{name}: {found}, expected {expected}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn recurrent_cells_equal_the_reference() {
    let path = ciskit_fixtures::shared("golden/epi/rnn_cells.safetensors");
    let tensors = weights::from_safetensors(&std::fs::read(path).unwrap(), &Device::Cpu).unwrap().tensors;
    let (sigmoid, hard) = (GateActivation::Sigmoid, GateActivation::HardSigmoid);
    for (name, cell) in [
        ("gru_after_sigmoid", Cell::Gru { reset_after: true, gates: sigmoid }),
        ("gru_before_sigmoid", Cell::Gru { reset_after: false, gates: sigmoid }),
        ("gru_before_hard", Cell::Gru { reset_after: false, gates: hard }),
        ("gru_after_hard", Cell::Gru { reset_after: true, gates: hard }),
        ("lstm_sigmoid", Cell::Lstm { gates: sigmoid }),
        ("lstm_hard", Cell::Lstm { gates: hard }),
    ] {
        for (dtype, forward, backward) in [(DType::F64, 1e-6, 1e-6), (DType::F32, 1e-5, 1e-4)] {
            let var =
                |tensor: &Tensor| Var::from_tensor(&tensor.to_dtype(dtype).unwrap().copy().unwrap()).unwrap();
            let x = var(&tensors["in.x"]); // (B, T, C)
            let names: Vec<String> = ["forward", "backward"]
                .iter()
                .flat_map(|way| WEIGHTS.map(|weight| format!("{way}.{weight}")))
                .collect();
            let vars: Vec<Var> = names.iter().map(|of| var(&tensors[&format!("{name}.w.{of}")])).collect();
            let way = |at: usize| Direction {
                kernel: &vars[at],
                recurrent_kernel: &vars[at + 1],
                bias: &vars[at + 2],
            };
            let y = ops::bidirectional(&x.transpose(1, 2).unwrap(), cell, way(0), way(3)).unwrap();
            check(&tensors, &format!("{name}.out"), &y, forward);
            let weights = tensors["in.cotangent"].to_dtype(dtype).unwrap();
            let gradients = y.mul(&weights).unwrap().sum_all().unwrap().backward().unwrap();
            check(&tensors, &format!("{name}.grad.x"), gradients.get(&x).unwrap(), backward);
            for (of, var) in names.iter().zip(&vars) {
                check(&tensors, &format!("{name}.grad.{of}"), gradients.get(var).unwrap(), backward);
            }
        }
    }
}
