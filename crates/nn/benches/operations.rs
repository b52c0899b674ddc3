//! Every operation with a gradient at the shapes of EPIPAM, batch 100: forward, and forward with backward.
//!
//! `RAYON_NUM_THREADS` sets the threads, `CISKIT_SIMD` (avx512, avx2, portable) the instructions.

use std::hint::black_box;

use ciskit_nn::layers::Dropout;
use ciskit_nn::random::Stream;
use ciskit_nn::{Device, Mode, Tensor, Var, ops};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BATCH: usize = 100;
const CHANNELS: usize = 64;

fn normal(seed: u64, shape: &[usize]) -> Var {
    let stream = Stream::new(seed, "bench");
    let values: Vec<f32> =
        (0..shape.iter().product::<usize>() as u64).map(|i| stream.normal(i) as f32).collect();
    Var::from_vec(values, shape, &Device::Cpu).expect("a tensor")
}

/// Benches `forward`, which gives the tensors that a model goes on with, and then its gradient.
fn both(criterion: &mut Criterion, name: &str, forward: impl Fn() -> Vec<Tensor>) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("forward", |bencher| bencher.iter(|| black_box(forward())));
    group.bench_function("forward and backward", |bencher| {
        bencher.iter(|| {
            let sums = forward().into_iter().map(|output| output.sum_all().expect("a sum"));
            let sum = sums.reduce(|a, b| a.add(&b).expect("a sum")).expect("an output");
            black_box(sum.backward().expect("gradients"))
        })
    });
    group.finish();
}

fn operations(criterion: &mut Criterion) {
    let mut draws = Stream::new(1, "codes").draws();
    let codes: Vec<u8> = (0..BATCH * 3000).map(|_| draws.below(4) as u8).collect();
    let codes = Tensor::from_vec(codes, (BATCH, 3000), &Device::Cpu).expect("codes");
    let (weight, bias) = (normal(1, &[CHANNELS, 4, 25]), normal(2, &[CHANNELS]));
    both(criterion, "bases, 25 wide, pool 10", || {
        vec![ops::codes_conv_relu_pool(&codes, &weight, &bias, 10).expect("a convolution")]
    });

    let words = (0..BATCH * 3000).map(|_| draws.below(4097) as u32).collect::<Vec<_>>();
    let words = Tensor::from_vec(words, (BATCH, 3000), &Device::Cpu).expect("ids");
    let (embedding, weight) = (normal(6, &[4097, 100]), normal(7, &[CHANNELS, 100, 25]));
    both(criterion, "words of 100 numbers, 25 wide, pool 10", || {
        vec![ops::ids_conv_relu_pool(&words, &embedding, &weight, &bias, 10).expect("a convolution")]
    });

    let (x, weight) = (normal(3, &[BATCH, CHANNELS, 297]), normal(4, &[CHANNELS, CHANNELS, 13]));
    both(criterion, "64 channels of 297, 13 wide, pool 10", || {
        vec![ops::conv_relu_pool(&x, &weight, &bias, 10).expect("a convolution")]
    });

    let promoter = normal(5, &[BATCH, CHANNELS, 197]);
    both(criterion, "attention of 297 to 197", || {
        let attention = ops::position_attention(&x, &promoter, 0.01).expect("attention");
        vec![attention.enhancer, attention.promoter, attention.top]
    });

    let cell = ops::Cell::Gru { reset_after: true, gates: ops::GateActivation::Sigmoid };
    let [kernel, recurrent_kernel, bias] =
        [(10, [CHANNELS, 150]), (11, [50, 150]), (12, [2, 150])].map(|(seed, shape)| normal(seed, &shape));
    let weights = ops::Direction { kernel: &kernel, recurrent_kernel: &recurrent_kernel, bias: &bias };
    both(criterion, "GRU of 50 units both ways, 64 channels of 297", || {
        vec![ops::bidirectional(&x, cell, weights, weights).expect("states")]
    });

    let dropout = Dropout::new("bench", 0.2).expect("a rate");
    both(criterion, "dropout of 64 channels of 297", || {
        vec![dropout.forward(&x, Mode::train(1, 1)).expect("dropout")]
    });
}

criterion_group!(benches, operations);
criterion_main!(benches);
