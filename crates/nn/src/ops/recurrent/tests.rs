use candle_core::{Device, Var};

use super::*;
use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

const CELLS: [Cell; 6] = [
    Cell::Gru { reset_after: true, gates: GateActivation::Sigmoid },
    Cell::Gru { reset_after: false, gates: GateActivation::Sigmoid },
    Cell::Gru { reset_after: true, gates: GateActivation::HardSigmoid },
    Cell::Gru { reset_after: false, gates: GateActivation::HardSigmoid },
    Cell::Lstm { gates: GateActivation::Sigmoid },
    Cell::Lstm { gates: GateActivation::HardSigmoid },
];

/// Input, and kernel, recurrent kernel and bias of both directions.
fn variables(cell: Cell, (batch, inputs, steps, units): (usize, usize, usize, usize)) -> Vec<Var> {
    let columns = cell.blocks() * units;
    let mut shapes = vec![vec![batch, inputs, steps]];
    for _ in 0..2 {
        shapes.extend([vec![inputs, columns], vec![units, columns], cell.bias_shape(units)]);
    }
    let scaled = |(seed, shape): (u64, &Vec<usize>)| {
        // Small enough that hard gates are mostly between their bends.
        let size = if seed == 0 { 1.0 } else { 0.6 };
        Var::from_tensor(&(tensor(seed + 1, shape) * size).unwrap()).unwrap()
    };
    (0..).zip(&shapes).map(scaled).collect()
}

fn narrow(vars: &[Var]) -> Vec<Var> {
    vars.iter().map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap()).collect()
}

fn directions(vars: &[Var]) -> [Direction<'_>; 2] {
    [1, 4].map(|at| Direction { kernel: &vars[at], recurrent_kernel: &vars[at + 1], bias: &vars[at + 2] })
}

fn run(level: Level, cell: Cell, vars: &[Var]) -> Tensor {
    let [forward, backward] = directions(vars);
    at_level(level, &vars[0], cell, forward, backward).unwrap()
}

#[test]
fn gradients_agree_with_finite_differences() {
    for cell in CELLS {
        for (batch, inputs, steps, units) in [(1, 2, 3, 2), (2, 3, 4, 2), (7, 2, 3, 3), (17, 1, 2, 1)] {
            let vars = variables(cell, (batch, inputs, steps, units));
            check_gradients(&vars.iter().collect::<Vec<_>>(), || run(Level::current(), cell, &vars));
        }
    }
}

#[test]
fn it_equals_the_portable_composition_at_every_level() {
    for cell in CELLS {
        for sizes in [(1, 1, 1, 1), (3, 5, 11, 4), (17, 30, 9, 7), (33, 3, 20, 17)] {
            let vars = variables(cell, sizes);
            let refs: Vec<&Var> = vars.iter().collect();
            let [forward, backward] = directions(&vars);
            let expected = portable::bidirectional(&vars[0], cell, forward, backward).unwrap();
            let expected_gradients = gradients(&refs, &expected);
            for (name, level) in Level::available() {
                let what = format!("{cell:?} {sizes:?} {name}");
                let found = run(level, cell, &vars);
                assert_close(&found, &expected, 1e-12, &what);
                for (found, expected) in gradients(&refs, &found).iter().zip(&expected_gradients) {
                    assert_close(found, expected, 1e-10, &what);
                }
                let vars = narrow(&vars);
                let found = run(level, cell, &vars);
                assert_close(&found, &expected, 3e-6, &what);
                if cell.gates() == GateActivation::HardSigmoid {
                    continue; // Rounding takes some sum over a bend.
                }
                let found = gradients(&vars.iter().collect::<Vec<_>>(), &found);
                for (found, expected) in found.iter().zip(&expected_gradients) {
                    let size = values(expected).iter().fold(1.0f64, |size, value| size.max(value.abs()));
                    let [found, expected] =
                        [found.to_dtype(DType::F64).unwrap(), expected.clone()].map(|x| (x / size).unwrap());
                    assert_close(&found, &expected, 1e-5, &what);
                }
            }
        }
    }
}

#[test]
fn neither_batch_nor_threads_change_a_byte() {
    for cell in [CELLS[0], CELLS[1], CELLS[4]] {
        let vars = narrow(&variables(cell, (37, 29, 10, 7)));
        let all = run(Level::current(), cell, &vars).to_vec3::<f32>().unwrap();
        for item in [0, 15, 16, 36] {
            let mut vars = vars.clone();
            vars[0] = Var::from_tensor(&vars[0].narrow(0, item, 1).unwrap().contiguous().unwrap()).unwrap();
            let alone = run(Level::current(), cell, &vars).to_vec3::<f32>().unwrap();
            assert_eq!(alone[0], all[item], "{cell:?}, item {item}");
        }
        in_pools(|| {
            let output = run(Level::current(), cell, &vars);
            let gradients = gradients(&vars.iter().collect::<Vec<_>>(), &output);
            gradients.iter().chain([&output]).flat_map(values).collect()
        });
    }
}

#[test]
fn an_untracked_input_costs_no_gradient_and_any_layout_will_do() {
    let vars = variables(CELLS[0], (2, 3, 4, 2));
    let [forward, backward] = directions(&vars);
    let x = vars[0].detach();
    let gradients = bidirectional(&x, CELLS[0], forward, backward).unwrap();
    let gradients = gradients.sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&x).is_none() && gradients.get(&vars[1]).is_some());

    let vars = variables(CELLS[4], (2, 3, 3, 2));
    check_gradients(&vars.iter().collect::<Vec<_>>(), || {
        let [forward, backward] = directions(&vars);
        // A transposed input, and a gradient that arrives transposed.
        let x = vars[0].transpose(1, 2).unwrap();
        bidirectional(&x, CELLS[4], forward, backward).unwrap().transpose(0, 2).unwrap()
    });
}

#[test]
fn nan_stays_in_its_sequence_and_steps() {
    for cell in CELLS {
        let vars = narrow(&variables(cell, (2, 1, 3, 2)));
        let mut numbers = vars[0].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        numbers[1] = f32::NAN;
        vars[0].set(&Tensor::from_vec(numbers, (2, 1, 3), &Device::Cpu).unwrap()).unwrap();
        let y = run(Level::current(), cell, &vars).to_vec3::<f32>().unwrap();
        let is_nan: Vec<bool> = y[0].concat().iter().map(|value| value.is_nan()).collect();
        // Forward from step 1 on, backward down to step 0.
        let expected = [[false, false, true, true], [true; 4], [true, true, false, false]];
        assert_eq!(is_nan, expected.as_flattened(), "{cell:?}");
        assert!(y[1].concat().iter().all(|value| value.is_finite()));
    }
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_name() {
    let cell = CELLS[0];
    let vars = variables(cell, (2, 3, 4, 2));
    let message = |index: usize, shape: &[usize]| {
        let mut vars = vars.clone();
        vars[index] = Var::from_tensor(&tensor(9, shape)).unwrap();
        let [forward, backward] = directions(&vars);
        bidirectional(&vars[0], cell, forward, backward).unwrap_err().to_string()
    };
    assert_eq!(message(0, &[2, 3]), "recurrent input has shape [2, 3], expected (batch, channels, steps)");
    assert_eq!(message(0, &[2, 3, 0]), "recurrent input has shape [2, 3, 0], expected no empty side");
    assert_eq!(message(1, &[3, 5]), "recurrent layer's kernel has shape [3, 5], expected [3, 6]");
    assert_eq!(message(5, &[3, 6]), "recurrent kernel has shape [3, 6], expected [2, 6]");
    assert_eq!(message(6, &[6]), "recurrent layer's bias has shape [6], expected [2, 6]");
    let wide = narrow(&vars);
    let [forward, backward] = directions(&wide);
    let error = bidirectional(&vars[0], cell, forward, backward).unwrap_err().to_string();
    assert_eq!(error, "a recurrent layer takes input and weights all f32 or all f64, not f32");
}
