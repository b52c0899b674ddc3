//! Promises of EPIVAN and DeepTACT that need no reference: sizes, initial weights, where dropout sits, scores alone and
//! in batches, loading, and accessibility through the scorer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_core::{PairInput, PairScorer, Selection, Tracks};
use ciskit_models::deeptact::{self, Deeptact};
use ciskit_models::epivan::{self, Epivan};
use ciskit_models::{Model, ModelConfig, WeightFile, save};
use ciskit_nn::random::Stream;
use ciskit_nn::{
    DType, Device, LOGIT, Mode, NetworkScorer, NnError, PairBatch, PairModel, Parameters, Tensor,
};

fn small_epivan() -> epivan::Config {
    let config =
        epivan::Config { width: 6, filters: 9, units: 5, attention: 4, ..epivan::Config::benchmark() };
    config.with_lengths(700, 300)
}

fn small_deeptact(tracks: usize) -> deeptact::Config {
    let config = if tracks > 0 { deeptact::Config::original(tracks) } else { deeptact::Config::benchmark() };
    deeptact::Config { filters: 9, units: 5, dense: 7, ..config }.with_lengths(700, 300)
}

fn built<M: PairModel>(config: &M::Config) -> (Parameters, M) {
    let load = |vb| M::load(vb, config);
    Parameters::initialise::<_, NnError>(3, DType::F32, &Device::Cpu, load).unwrap()
}

fn codes(seed: u64, count: usize) -> Vec<u8> {
    let mut draws = Stream::new(seed, "test codes").draws();
    (0..count).map(|_| draws.below(5) as u8).collect()
}

fn batch(pairs: usize) -> PairBatch {
    PairBatch::from_codes(pairs, &codes(1, pairs * 700), &codes(2, pairs * 300), &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn full_networks_have_the_published_sizes() {
    let count = |config: &ModelConfig| {
        let load = |vb| Model::load(vb, config);
        let (parameters, _) =
            Parameters::initialise::<_, NnError>(1, DType::F32, &Device::Cpu, load).unwrap();
        parameters.count()
    };
    // Tables, convolutions, norm, GRU, attention and output, by hand.
    let epivan = 2 * 409_700 + 2 * (40 * 100 * 64 + 64) + 128 + 2 * (64 * 150 + 50 * 150 + 300) + 5_100 + 101;
    assert_eq!(count(&ModelConfig::preset("epivan", "benchmark").unwrap()), epivan);
    assert_eq!(count(&ModelConfig::preset("epivan", "original").unwrap()), epivan - 2 * 150);
    let lstm = |inputs: usize| 2 * (inputs * 400 + 100 * 400 + 400);
    let above = 200 + 400 + 200 * 925 + 925 + 2 * 925 + 926;
    let conv = |rows: usize| 40 * rows * 1024 + 1024;
    let deeptact = 2 * conv(4) + 2048 + lstm(1024) + above;
    assert_eq!(count(&ModelConfig::named("deeptact").unwrap()), deeptact);
    let original = 2 * conv(4) + 2 * conv(1) + 4096 + lstm(2048) + above;
    assert_eq!(count(&ModelConfig::preset("deeptact", "promoters").unwrap()), original);
}

/// After dropout, an element is 0 or twice what it is without dropout in the same batch, whose mean a channel is 0: so the
/// norm comes first and sees everything.
fn dropout_after_norm(dropped: &Tensor, whole: &Tensor) {
    let (dropped, whole) = (numbers(dropped), numbers(whole));
    let zeros = dropped.iter().filter(|&&value| value == 0.0).count();
    assert!((0.4..0.6).contains(&(zeros as f64 / dropped.len() as f64)), "{zeros} of {}", dropped.len());
    for (dropped, whole) in dropped.iter().zip(&whole) {
        assert!(*dropped == 0.0 || *dropped == 2.0 * whole);
    }
    let mean = whole.iter().map(|&value| f64::from(value)).sum::<f64>() / whole.len() as f64;
    assert!(mean.abs() < 1e-5, "{mean}");
}

#[test]
fn dropout_sits_after_the_batch_norm() {
    let config = small_epivan();
    let (with, without) = (built::<Epivan>(&config).1, built::<Epivan>(&config.without_dropout()).1);
    let norm = |model: &Epivan| model.forward_parts(&batch(6), Mode::train(5, 0)).unwrap().norm;
    dropout_after_norm(&norm(&with), &norm(&without));

    let config = small_deeptact(0);
    let (with, without) = (built::<Deeptact>(&config).1, built::<Deeptact>(&config.without_dropout()).1);
    let parts = |model: &Deeptact| model.forward_parts(&batch(6), Mode::train(5, 0)).unwrap();
    dropout_after_norm(&parts(&with).norm, &parts(&without).norm);
    // The dense layer reads what its dropout left of the second norm, whose mean is 0 by channel.
    let parts = parts(&with);
    let norm = parts.attended_norm;
    let means = numbers(&norm.mean(0).unwrap());
    assert!(means.iter().all(|mean| mean.abs() < 1e-5), "{means:?}");
}

#[test]
fn a_pair_has_the_same_score_alone_and_in_a_batch() {
    fn check<M: PairModel>(config: &M::Config) {
        let (_, model) = built::<M>(config);
        let batch = batch(19);
        let all = numbers(&model.forward_t(&batch, Mode::Eval).unwrap().main);
        for pair in [0, 15, 16, 18] {
            let alone = PairBatch::from_tensors(
                batch.enhancer.narrow(0, pair, 1).unwrap(),
                batch.promoter.narrow(0, pair, 1).unwrap(),
            );
            let alone = model.forward_t(&alone.unwrap(), Mode::Eval).unwrap().main;
            assert_eq!(numbers(&alone), all[pair..=pair]);
        }
    }
    check::<Epivan>(&small_epivan());
    check::<Deeptact>(&small_deeptact(0));
}

#[test]
fn saved_networks_come_back() {
    let folder = tempfile::tempdir().unwrap();
    for config in [ModelConfig::Epivan(small_epivan()), ModelConfig::Deeptact(small_deeptact(2))] {
        let path = folder.path().join(config.name());
        let (parameters, _) = built::<Model>(&config);
        save(&path, &parameters, &config).unwrap();
        let file = WeightFile::read(&path).unwrap();
        assert_eq!(file.config(), Some(&config));
        let (found, model) = file.load(None, DType::F32, &Device::Cpu).unwrap();
        assert_eq!(found.to_safetensors(None).unwrap(), parameters.to_safetensors(None).unwrap());
        assert_eq!((model.enhancer_len(), model.promoter_len()), (700, 300));
    }
}

#[test]
fn a_scorer_hands_accessibility_over() {
    let (_, model) = built::<Deeptact>(&small_deeptact(2));
    let tracks: Vec<f32> = (0..2 * 2 * 1000).map(|at| (at % 13) as f32).collect();
    let letters =
        |codes: &[u8]| -> Vec<u8> { codes.iter().map(|&code| b"ACGTN"[usize::from(code)]).collect() };
    let (enhancers, promoters) = (codes(1, 2 * 700), codes(2, 2 * 300));
    let (enhancer_tracks, promoter_tracks) = tracks.split_at(2 * 2 * 700);
    let of = |values: &[f32], length| Tensor::from_slice(values, (2, 2, length), &Device::Cpu).unwrap();
    let batch = PairBatch::from_codes(2, &enhancers, &promoters, &Device::Cpu).unwrap();
    let batch = batch.with_tracks(of(enhancer_tracks, 700), of(promoter_tracks, 300)).unwrap();
    let expected = numbers(&model.forward_t(&batch, Mode::Eval).unwrap().main);

    let scorer = NetworkScorer::new(model, Device::Cpu).unwrap();
    assert_eq!(scorer.spec().tracks, 2);
    let (enhancers, promoters) = (letters(&enhancers), letters(&promoters));
    let pairs: Vec<PairInput<'_>> = (0..2)
        .map(|pair| {
            let tracks = Tracks {
                rows: 2,
                enhancer: &enhancer_tracks[pair * 1400..][..1400],
                promoter: &promoter_tracks[pair * 600..][..600],
            };
            PairInput::new(&enhancers[pair * 700..][..700], &promoters[pair * 300..][..300])
                .with_tracks(tracks)
        })
        .collect();
    let select = Selection::all().with_outputs(vec![LOGIT]);
    assert_eq!(scorer.score(&pairs, &select).unwrap().values(), expected);

    let bare = PairInput::new(pairs[0].enhancer, pairs[0].promoter);
    let error = scorer.score(&[bare], &select).unwrap_err().to_string();
    assert!(error.contains("2 accessibility tracks"), "{error}");
}
