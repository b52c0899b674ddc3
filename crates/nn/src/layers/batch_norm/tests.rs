use candle_core::Device;

use super::*;
use crate::Parameters;
use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};

fn layer(channels: usize, constants: BatchNormConstants) -> (Parameters, BatchNorm) {
    let build = |vb: VarBuilder<'static>| BatchNorm::load(vb.pp("bn"), channels, constants);
    let (parameters, layer) = Parameters::initialise(1, DType::F64, &Device::Cpu, build).unwrap();
    parameters.set("bn.weight", &tensor(1, &[channels])).unwrap();
    parameters.set("bn.bias", &tensor(2, &[channels])).unwrap();
    (parameters, layer)
}

#[test]
fn training_equals_the_formula_and_updates_the_running_statistics() {
    for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
        for shape in [vec![5, 3], vec![2, 3, 7], vec![1, 3, 4]] {
            let (parameters, layer) = layer(3, constants);
            let (start_mean, start_var) = (tensor(3, &[3]), tensor(4, &[3]).abs().unwrap());
            parameters.set("bn.running_mean", &start_mean).unwrap();
            parameters.set("bn.running_var", &start_var).unwrap();
            let x = (tensor(5, &shape) + 3.0).unwrap();
            let y = layer.forward(&x, Mode::train(0, 0)).unwrap();
            assert_eq!(y.dims(), shape);

            for channel in 0..3 {
                let of = |tensor: &Tensor| values(&tensor.narrow(1, channel, 1).unwrap());
                let at = |name: &str| values(parameters.get(&format!("bn.{name}")).unwrap())[channel];
                let (x, y) = (of(&x), of(&y));
                let n = x.len() as f64;
                let mean = x.iter().sum::<f64>() / n;
                let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                for (x, y) in x.iter().zip(y) {
                    let normal = (x - mean) / (squares / n + constants.epsilon).sqrt();
                    assert!((y - (normal * at("weight") + at("bias"))).abs() < 1e-12);
                }
                let divisor = if constants == BatchNormConstants::pytorch() { n - 1.0 } else { n };
                let running = |start: &Tensor, batch: f64| {
                    (1.0 - constants.momentum) * values(start)[channel] + constants.momentum * batch
                };
                assert!((at("running_mean") - running(&start_mean, mean)).abs() < 1e-14);
                assert!((at("running_var") - running(&start_var, squares / divisor)).abs() < 1e-14);
            }
        }
    }
}

#[test]
fn evaluation_uses_the_running_statistics_and_changes_nothing() {
    let (parameters, layer) = layer(2, BatchNormConstants::pytorch());
    parameters.set("bn.running_mean", &Tensor::new(&[1f64, 2.0], &Device::Cpu).unwrap()).unwrap();
    parameters.set("bn.running_var", &Tensor::new(&[4f64, 9.0], &Device::Cpu).unwrap()).unwrap();
    let before = parameters.to_safetensors(None).unwrap();
    // A single value a channel is nothing special here.
    let y = values(&layer.forward(&Tensor::new(&[[3f64, -1.0]], &Device::Cpu).unwrap(), Mode::Eval).unwrap());
    let at = |name: &str| values(parameters.get(name).unwrap());
    let normal = [2.0 / (4.0 + 1e-5f64).sqrt(), -3.0 / (9.0 + 1e-5f64).sqrt()];
    for (channel, y) in y.into_iter().enumerate() {
        assert!((y - (normal[channel] * at("bn.weight")[channel] + at("bn.bias")[channel])).abs() < 1e-14);
    }
    assert_eq!(parameters.to_safetensors(None).unwrap(), before);
}

#[test]
fn gradients_agree_with_finite_differences() {
    for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
        for shape in [vec![2, 3], vec![5, 3], vec![1, 3, 4], vec![2, 3, 4], vec![5, 3, 2]] {
            let (parameters, layer) = layer(3, constants);
            let x = Var::from_tensor(&tensor(6, &shape)).unwrap();
            let (weight, bias) = (parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap());
            for mode in [Mode::train(0, 0), Mode::Eval] {
                let before = parameters.snapshot().unwrap();
                // f64 differences of a ratio of small numbers need the running statistics to stand still.
                check_gradients(&[&x, weight, bias], || {
                    let y = layer.forward(&x, mode).unwrap();
                    for name in ["bn.running_mean", "bn.running_var"] {
                        parameters.set(name, &before[name]).unwrap();
                    }
                    y
                });
            }
        }
    }
}

#[test]
fn joined_parts_are_their_join_and_agree_with_finite_differences_and_candle() {
    for constants in [BatchNormConstants::pytorch(), BatchNormConstants::keras()] {
        for batch in [1, 2, 7] {
            let (parameters, layer) = layer(3, constants);
            let a = Var::from_tensor(&tensor(6, &[batch, 3, 4])).unwrap();
            let b = Var::from_tensor(&(tensor(7, &[batch, 3, 2]) + 0.5).unwrap()).unwrap();
            let dropout = Dropout::new("bn.dropout", 0.3).unwrap();
            let vars = [&a, &b, parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap()];
            for mode in [Mode::train(0, 0), Mode::Eval] {
                let before = parameters.snapshot().unwrap();
                let restored = |run: &dyn Fn() -> Tensor| {
                    parameters.restore(&before).unwrap();
                    let y = run();
                    let after = parameters.buffers().map(|(_, var)| var.copy().unwrap()).collect::<Vec<_>>();
                    parameters.restore(&before).unwrap();
                    (y, after)
                };
                let joined = || layer.forward_joined([&a, &b], &dropout, mode).unwrap();
                // The variables stay as they are, and so the buffers are set alone.
                check_gradients(&vars, || {
                    let y = joined();
                    for name in ["bn.running_mean", "bn.running_var"] {
                        parameters.set(name, &before[name]).unwrap();
                    }
                    y
                });
                let (found, found_after) = restored(&joined);
                let (expected, expected_after) =
                    restored(&|| layer.composed(&[&a, &b], dropout.mask(mode), mode).unwrap());
                assert_close(&found, &expected, 1e-12, "candle");
                for (found, expected) in found_after.iter().zip(&expected_after) {
                    assert_close(found, expected, 1e-12, "running statistics");
                }
                let expected = gradients(&vars, &expected);
                for (found, expected) in gradients(&vars, &found).iter().zip(&expected) {
                    assert_close(found, expected, 1e-11, "gradient of candle");
                }
            }
        }
    }
}

#[test]
fn dropout_comes_after_the_norm() {
    let (parameters, layer) = layer(1, BatchNormConstants::keras());
    parameters.set("bn.weight", &Tensor::new(&[1f64], &Device::Cpu).unwrap()).unwrap();
    parameters.set("bn.bias", &Tensor::new(&[0f64], &Device::Cpu).unwrap()).unwrap();
    let x = [1, 2].map(|seed| (tensor(seed, &[4, 1, 50]) + 5.0).unwrap());
    let dropout = Dropout::new("bn.dropout", 0.5).unwrap();
    let y = layer.forward_joined([&x[0], &x[1]], &dropout, Mode::train(1, 0)).unwrap();
    // Dropped elements are exactly 0, where a norm after dropout would move them by the mean; the others are twice
    // the normal values, which have a mean of 0 and a variance of 1 before anything is dropped.
    let y = values(&y);
    let dropped = y.iter().filter(|&&y| y == 0.0).count();
    assert!((150..250).contains(&dropped), "{dropped}");
    let full = values(&layer.forward(&Tensor::cat(&x, 2).unwrap(), Mode::train(1, 0)).unwrap());
    assert!(y.iter().zip(&full).all(|(y, full)| *y == 0.0 || (*y - 2.0 * full).abs() < 1e-12));
}

#[test]
fn buffers_get_no_gradient() {
    let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
    let x = tensor(7, &[4, 3]);
    for mode in [Mode::Eval, Mode::train(0, 0)] {
        let gradients = layer.forward(&x, mode).unwrap().sum_all().unwrap().backward().unwrap();
        assert!(parameters.buffers().all(|(_, var)| gradients.get(var).is_none()));
        assert!(parameters.trainable().all(|(_, var)| gradients.get(var).is_some()));
    }
}

#[test]
fn one_value_per_channel_and_wrong_shapes_are_refused() {
    let (_, layer) = layer(3, BatchNormConstants::pytorch());
    let error =
        |shape: &[usize]| layer.forward(&tensor(8, shape), Mode::train(0, 0)).unwrap_err().to_string();
    let one = "batch norm bn cannot train on one value per channel: use a batch of two or more";
    assert_eq!(error(&[1, 3]), one);
    assert_eq!(error(&[1, 3, 1]), one);
    assert!(error(&[3, 2]).contains("batch norm input has shape [3, 2]"));
    assert!(error(&[3]).contains("batch norm input"));
}

#[test]
fn f32_follows_f64_and_threads_change_nothing() {
    let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
    let build = |vb: VarBuilder<'static>| BatchNorm::load(vb.pp("bn"), 3, BatchNormConstants::pytorch());
    let narrow = || {
        let tensors = parameters.snapshot().unwrap();
        Parameters::load(tensors, DType::F32, &Device::Cpu, build).unwrap()
    };
    let x = tensor(9, &[6, 3, 50]);
    let x32 = x.to_dtype(DType::F32).unwrap();
    let y32 = narrow().1.forward(&x32, Mode::train(0, 0)).unwrap();
    in_pools(|| {
        let (parameters, layer) = narrow();
        let y = layer.forward(&x32, Mode::train(0, 0)).unwrap();
        parameters.buffers().flat_map(|(_, var)| values(var)).chain(values(&y)).collect()
    });
    assert_close(&y32, &layer.forward(&x, Mode::train(0, 0)).unwrap(), 1e-5, "output");
}

#[test]
fn one_operation_is_the_composition_of_many() {
    for batch in [1, 2, 7, 100] {
        let (parameters, layer) = layer(3, BatchNormConstants::pytorch());
        let x = Var::from_tensor(&(tensor(10, &[batch, 3, 5]) + 1.0).unwrap()).unwrap();
        let vars = [&x, parameters.get("bn.weight").unwrap(), parameters.get("bn.bias").unwrap()];
        let (fused, composed) = (layer.fused(&x, Mode::train(0, 0)).unwrap(), layer.by_batch(&x).unwrap());
        assert_close(&fused, &composed, 1e-13, "by batch");
        for (found, expected) in gradients(&vars, &fused).iter().zip(gradients(&vars, &composed)) {
            assert_close(found, &expected, 1e-12, "gradient by batch");
        }
        let (fused, composed) = (layer.fused(&x, Mode::Eval).unwrap(), layer.by_running(&x).unwrap());
        assert_close(&fused, &composed, 1e-13, "by running");
        for (found, expected) in gradients(&vars, &fused).iter().zip(gradients(&vars, &composed)) {
            assert_close(found, &expected, 1e-12, "gradient by running");
        }
    }
}
