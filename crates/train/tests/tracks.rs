//! Accessibility reaches the network along the windows: what only the track tells can be learnt with it, and not without.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::sync::Arc;

use ciskit_core::random::Stream;
use ciskit_core::{InMemoryGenome, InMemorySignal, Interval, Pair, SignalTrack};
use ciskit_dataset::{Augmentation, GenomePairs, PairSource, WindowRule};
use ciskit_models::{Model, ModelConfig, deeptact};
use ciskit_nn::{AdamConfig, Device};
use ciskit_train::{
    CrossValidation, FoldOutcome, Placement, Silent, TrainConfig, TrainError, cross_validate, fingerprint,
    logits,
};
use common::*;

/// Pairs of random sequence on four contigs, whose enhancers are open, for `open` bases in the middle, where the label is
/// positive; and the track of it. Promoters are always open.
fn pairs_and_track(pairs_per_contig: u64) -> (GenomePairs<InMemoryGenome>, Arc<dyn SignalTrack>) {
    let (mut contigs, mut signal, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for contig in 0..4 {
        let name = format!("c{contig}");
        let stream = Stream::new(9, "open").number(contig);
        let length = pairs_per_contig * 300 + 100;
        contigs.push((name.clone(), (0..length).map(|i| b"ACGT"[stream.bits(i) as usize % 4]).collect()));
        let mut values = vec![0f32; length as usize];
        for pair in 0..pairs_per_contig {
            let label = stream.name("label").number(pair).uniform(0) < 0.5 || pair == 0;
            let label = label && pair != 1;
            let (enhancer, promoter) = (50 + pair * 300, 200 + pair * 300);
            for (start, is_open) in [(enhancer, label), (promoter, true)] {
                let middle = start as usize + 40;
                values[middle..middle + 40].fill(if is_open { 1.5 } else { 0.1 });
            }
            let at =
                |start, length: usize| Interval::new(name.as_str(), start, start + length as u64).unwrap();
            pairs.push(Pair::new(at(enhancer, ENHANCER_LEN), at(promoter, PROMOTER_LEN)).with_label(label));
        }
        signal.push((name, values));
    }
    let genome = InMemoryGenome::new(contigs).unwrap();
    let (enhancer, promoter) = (WindowRule::new(ENHANCER_LEN), WindowRule::new(PROMOTER_LEN));
    let source = GenomePairs::new(genome, pairs, enhancer, promoter).unwrap();
    (source, Arc::new(InMemorySignal::new(signal).unwrap()))
}

fn small_deeptact(tracks: usize) -> ModelConfig {
    let sizes =
        deeptact::Config { filters: 6, kernel: 10, pool: 10, units: 4, dense: 6, ..Default::default() };
    let config = deeptact::Config { tracks, dropout: 0.1, ..sizes };
    ModelConfig::Deeptact(config.with_lengths(ENHANCER_LEN, PROMOTER_LEN))
}

fn config() -> TrainConfig {
    TrainConfig {
        epochs: 8,
        batch: 20,
        alphas: vec![1.0],
        augmentation: Augmentation::Both { copies: 2, jitter: 10 },
        optimiser: AdamConfig::keras(5e-3),
        ..quick_config()
    }
}

fn fold_of(source: &dyn PairSource, tracks: usize, config: &TrainConfig) -> FoldOutcome {
    let placement = Placement { folds: Some(vec![0]), ..Placement::default() };
    trained(source, tracks, config, &placement).unwrap().folds.remove(0)
}

fn trained(
    source: &dyn PairSource,
    tracks: usize,
    config: &TrainConfig,
    placement: &Placement,
) -> Result<CrossValidation, TrainError> {
    let (split, model) = (split(source), small_deeptact(tracks));
    cross_validate::<Model>(source, &split, &model, config, placement, &mut Silent)
}

#[test]
fn a_track_that_carries_the_label_is_learnt_and_sequence_alone_is_not() {
    let (source, track) = pairs_and_track(60);
    let without = fold_of(&source, 0, &config()).test.auroc;
    let with = fold_of(&source.with_track(track).unwrap(), 1, &config()).test.auroc;
    println!("held-out AUROC with the track {with}, without {without}");
    assert!(with > 0.8, "{with}");
    assert!(without < 0.7, "{without}");
}

#[test]
fn tracks_move_with_the_windows_and_belong_to_the_run() {
    let (source, track) = pairs_and_track(20);
    let plain = fingerprint(&source).unwrap();
    let source = source.with_track(track).unwrap();
    let with = fingerprint(&source).unwrap();
    assert!(with.starts_with(&plain) && with.contains(", 1 tracks with hash "), "{with}");

    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, folds) = (Some(folder.path().to_owned()), Some(vec![0]));
    let placement = Placement { checkpoints, folds, ..Placement::default() };
    let short = TrainConfig { epochs: 1, ..config() };
    let fold = trained(&source, 1, &short, &placement).unwrap().folds.remove(0);

    // Another signal along the same sequences is another run.
    let (other, _) = pairs_and_track(20);
    let lengths = source.genome();
    let flat = ciskit_core::ReferenceGenome::contigs(lengths)
        .iter()
        .map(|contig| (contig.name.clone(), vec![0.5f32; contig.length as usize]));
    let other = other.with_track(Arc::new(InMemorySignal::new(flat).unwrap())).unwrap();
    let message = trained(&other, 1, &short, &placement).unwrap_err().to_string();
    assert!(message.contains("tracks is 1 tracks with hash "), "{message}");

    // Scores are those of the model on the same windows, in batches of any size.
    let load = |vb| <Model as ciskit_nn::PairModel>::load(vb, &small_deeptact(1));
    let (_, model) =
        ciskit_nn::Parameters::load(fold.weights.clone(), ciskit_nn::DType::F32, &Device::Cpu, load).unwrap();
    let again = logits(&model, &source, &fold.rows, 3, &Device::Cpu).unwrap();
    assert_eq!(again, fold.logits);
    assert_ne!(logits(&model, &other, &fold.rows, 3, &Device::Cpu).unwrap(), fold.logits);

    // Jitter moves them: without any, training is another one.
    let unmoved = TrainConfig { augmentation: Augmentation::Both { copies: 2, jitter: 0 }, ..short.clone() };
    assert_ne!(fold_of(&source, 1, &unmoved).logits, fold.logits);
    let refused = trained(&source, 2, &short, &Placement::default()).unwrap_err().to_string();
    assert_eq!(refused, "the model reads 2 accessibility tracks of each side, the data have 1");
}

#[test]
fn threads_do_not_change_a_byte() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (source, track) = pairs_and_track(20);
        let source = source.with_track(track).unwrap();
        let config = TrainConfig { epochs: 2, replicas: 2, bootstrap: true, ..config() };
        pool.install(|| {
            let fold = fold_of(&source, 1, &config);
            fold.networks().iter().map(bytes).collect::<Vec<_>>().concat()
        })
    };
    assert!(run(1) == run(2));
}
