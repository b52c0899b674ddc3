//! A training step and a scoring of one batch of 100 pairs by EPIPAM, enhancers of 3000 bp and promoters of 2000 bp.
//!
//! `RAYON_NUM_THREADS` sets the threads, `CISKIT_SIMD` (avx512, avx2, portable) the instructions.

use std::hint::black_box;

use ciskit_models::epipam::{Config, Epipam};
use ciskit_nn::loss::bce_with_logits;
use ciskit_nn::random::Stream;
use ciskit_nn::{Adam, AdamConfig, DType, Device, Mode, NnError, PairBatch, PairModel, Parameters, Tensor};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BATCH: usize = 100;

fn batch(config: &Config) -> Result<(PairBatch, Tensor), NnError> {
    let mut draws = Stream::new(1, "codes").draws();
    let mut codes = |length| -> Vec<u8> { (0..BATCH * length).map(|_| draws.below(4) as u8).collect() };
    let (enhancers, promoters) = (codes(config.enhancer_len), codes(config.promoter_len));
    let labels: Vec<f32> = (0..BATCH).map(|pair| (pair % 2) as f32).collect();
    Ok((
        PairBatch::from_codes(BATCH, &enhancers, &promoters, &Device::Cpu)?,
        Tensor::from_vec(labels, BATCH, &Device::Cpu)?,
    ))
}

fn step(
    model: &Epipam,
    parameters: &Parameters,
    adam: &mut Adam,
    (batch, labels): &(PairBatch, Tensor),
) -> Result<f32, NnError> {
    let logits = model.forward_t(batch, Mode::train(1, adam.steps()))?;
    let mut loss = (bce_with_logits(&logits.main, labels)? * 0.6)?;
    if let Some(auxiliary) = &logits.auxiliary {
        loss = (loss + (bce_with_logits(auxiliary, labels)? * 0.4)?)?;
    }
    adam.step(parameters, &loss.backward()?)?;
    Ok(loss.to_scalar()?)
}

fn epipam(criterion: &mut Criterion) {
    let config = Config::epi();
    let load = |vb| Epipam::load(vb, &config);
    let (parameters, model) =
        Parameters::initialise(7, DType::F32, &Device::Cpu, load).expect("a valid network");
    let data = batch(&config).expect("a batch");
    let mut adam = Adam::new(AdamConfig::l2(1e-3, 5e-4));

    let mut group = criterion.benchmark_group("epipam, 100 pairs");
    group.sample_size(20).throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("score", |bencher| {
        bencher.iter(|| {
            let logits = model.forward_t(&data.0, Mode::Eval).expect("logits");
            black_box(logits.main.to_vec1::<f32>().expect("numbers"))
        })
    });
    group.bench_function("training step", |bencher| {
        bencher.iter(|| step(&model, &parameters, &mut adam, &data).expect("a step"))
    });
    group.finish();
}

criterion_group!(benches, epipam);
criterion_main!(benches);
