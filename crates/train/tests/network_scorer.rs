//! A trained network behind the trait that tools use says what the network says.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use ciskit_core::{
    Edit, FixedSide, InputLength, PairInput, PairScorer, ScoreError, Selection, SequenceScorer, Side,
};
use ciskit_dataset::{Jitter, PairSource};
use ciskit_models::epipam::{Config, Epipam};
use ciskit_nn::{DType, Device, LOGIT, Mode, NetworkScorer, PROBABILITY, PairBatch, PairModel, Parameters};
use ciskit_train::logits;
use common::*;

/// The enhancer and promoter window of a pair.
type Windows = (Vec<u8>, Vec<u8>);
type Sequences = Vec<Windows>;

/// A network whose running statistics are not those of its first day.
fn network(config: &Config) -> Epipam {
    let load = |vb| Epipam::load(vb, config);
    let (parameters, network) = Parameters::initialise(7, DType::F32, &Device::Cpu, load).unwrap();
    let sequences = sequences(40);
    let codes = |side: fn(&Windows) -> &Vec<u8>| -> Vec<u8> {
        sequences.iter().flat_map(|pair| ciskit_encode::base_codes(side(pair))).collect()
    };
    let batch =
        PairBatch::from_codes(40, &codes(|pair| &pair.0), &codes(|pair| &pair.1), &Device::Cpu).unwrap();
    network.forward_t(&batch, Mode::train(1, 0)).unwrap();
    assert!(parameters.buffers().count() == 4);
    network
}

fn scorer() -> NetworkScorer<Epipam> {
    NetworkScorer::new(network(&small_network()), Device::Cpu).unwrap()
}

fn sequences(count: usize) -> Sequences {
    let source = learnable(20);
    let read = |pair| {
        let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
        source.fetch(pair, Jitter::CENTRED, &mut enhancer, &mut promoter).unwrap();
        (enhancer, promoter)
    };
    let mut sequences: Sequences = (0..count).map(read).collect();
    // Letters of every kind: unknown bases, lower case, a side of nothing but N.
    sequences[1].0[..50].fill(b'N');
    sequences[2].1.make_ascii_lowercase();
    sequences[3].1.fill(b'N');
    sequences
}

fn inputs(sequences: &Sequences) -> Vec<PairInput<'_>> {
    sequences.iter().map(|(enhancer, promoter)| PairInput::new(enhancer, promoter)).collect()
}

#[test]
fn scores_are_the_main_heads() {
    let (scorer, sequences) = (scorer(), sequences(30));
    let scores = scorer.score(&inputs(&sequences), &Selection::all()).unwrap();
    assert_eq!(scores.shape(), [30, 1, 2]);
    let codes = |side: fn(&Windows) -> &Vec<u8>| -> Vec<u8> {
        sequences.iter().flat_map(|pair| ciskit_encode::base_codes(side(pair))).collect()
    };
    let batch =
        PairBatch::from_codes(30, &codes(|pair| &pair.0), &codes(|pair| &pair.1), &Device::Cpu).unwrap();
    let expected = scorer.model().forward_t(&batch, Mode::Eval).unwrap();
    let main: Vec<f32> = expected.main.to_vec1().unwrap();
    assert_ne!(main, expected.auxiliary.unwrap().to_vec1::<f32>().unwrap());
    for (item, logit) in main.into_iter().enumerate() {
        assert_eq!(scores.get(item, 0, LOGIT), logit);
        let probability = 1.0 / (1.0 + (-f64::from(logit)).exp());
        assert!((f64::from(scores.get(item, 0, PROBABILITY)) - probability).abs() < 1e-7);
    }
    let names: Vec<&str> = scorer.spec().outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!((names[LOGIT], names[PROBABILITY]), ("logit", "probability"));
}

#[test]
fn a_training_source_and_the_scorer_agree() {
    let (scorer, source) = (scorer(), learnable(20));
    let rows: Vec<usize> = (10..40).rev().collect();
    let of_source = logits(scorer.model(), &source, &rows, 7, &Device::Cpu).unwrap();
    let sequences: Sequences = rows
        .iter()
        .map(|&row| {
            let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
            source.fetch(row, Jitter::CENTRED, &mut enhancer, &mut promoter).unwrap();
            (enhancer, promoter)
        })
        .collect();
    let select = Selection::all().with_outputs(vec![LOGIT]);
    assert_eq!(scorer.score(&inputs(&sequences), &select).unwrap().values(), of_source);
}

#[test]
fn outputs_are_selected() {
    let (scorer, sequences) = (scorer(), sequences(5));
    let pairs = inputs(&sequences);
    let all = scorer.score(&pairs, &Selection::all()).unwrap();
    let swapped = scorer.score(&pairs, &Selection::all().with_outputs(vec![PROBABILITY, LOGIT])).unwrap();
    for item in 0..5 {
        assert_eq!(swapped.item(item), [all.item(item)[PROBABILITY], all.item(item)[LOGIT]]);
    }
    let one = scorer.score(&pairs, &Selection::all().with_outputs(vec![PROBABILITY])).unwrap();
    assert_eq!(one.shape(), [5, 1, 1]);
    let error = scorer.score(&pairs, &Selection::all().with_outputs(vec![2])).unwrap_err();
    assert!(matches!(error, ScoreError::Selection { axis: "outputs", index: 2, size: 2 }), "{error}");
    assert_eq!(scorer.score(&[], &Selection::all()).unwrap().shape(), [0, 1, 2]);
}

#[test]
fn neighbours_batch_size_and_threads_change_no_bit() {
    // The network of the paper too: its matrices are large enough to be cut into blocks.
    let published = Config::chiapet();
    let long: Sequences = sequences(13)
        .into_iter()
        .map(|(enhancer, promoter)| (enhancer.repeat(9)[..1000].to_vec(), promoter.repeat(10)))
        .collect();
    let load = |vb| Epipam::load(vb, &published);
    let (_, large) = Parameters::initialise(7, DType::F32, &Device::Cpu, load).unwrap();
    let large = NetworkScorer::new(large, Device::Cpu).unwrap();
    for (scorer, sequences) in [(scorer(), sequences(60)), (large, long)] {
        let pairs = inputs(&sequences);
        let expected = scorer.score(&pairs, &Selection::all()).unwrap();
        let backwards: Vec<PairInput<'_>> = pairs.iter().rev().copied().collect();
        let found = scorer.score(&backwards, &Selection::all()).unwrap();
        assert!((0..pairs.len()).all(|item| found.item(item) == expected.item(pairs.len() - 1 - item)));
        for batch in [0, 1, 2, 3, 7, 16, 59, 1000] {
            let found = scorer.clone().with_batch(batch).score(&pairs, &Selection::all()).unwrap();
            assert_eq!(found, expected, "batches of {batch}");
        }
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| scorer.score(&pairs, &Selection::all())).unwrap();
            assert_eq!(found, expected, "{threads} threads");
        }
    }
}

#[test]
fn one_side_fixed_is_a_sequence_scorer() {
    let (scorer, sequences) = (scorer(), sequences(6));
    let pairs = inputs(&sequences);
    for side in [Side::Enhancer, Side::Promoter] {
        let fixed = FixedSide::new(&scorer, side, &pairs[5]).unwrap();
        let varying: Vec<&[u8]> = pairs.iter().map(|pair| pair.sequence(side)).collect();
        let mixed: Vec<PairInput<'_>> =
            varying.iter().map(|sequence| pairs[5].with_sequence(side, sequence)).collect();
        let expected = scorer.score(&mixed, &Selection::all()).unwrap();
        assert_eq!(fixed.score(&varying, &Selection::all()).unwrap(), expected);

        let edits = [Edit::substitution(3, b'T'), Edit::substitution(80, b'G')];
        let edited = fixed.score_edits(varying[0], &edits, &Selection::all()).unwrap();
        let copies = edits.each_ref().map(|edit| {
            let mut copy = varying[0].to_vec();
            copy[edit.range()].copy_from_slice(edit.inserted());
            copy
        });
        let copies: Vec<&[u8]> = copies.iter().map(Vec::as_slice).collect();
        assert_eq!(edited, fixed.score(&copies, &Selection::all()).unwrap());
    }
}

#[test]
fn sequences_of_other_lengths_are_refused() {
    let (scorer, sequences) = (scorer(), sequences(4));
    let mut pairs = inputs(&sequences);
    pairs[2].promoter = &pairs[2].promoter[1..];
    let error = scorer.score(&pairs, &Selection::all()).unwrap_err();
    let ScoreError::PairLength { item: 2, side: Side::Promoter, expected, found: 99 } = error else {
        panic!("{error}")
    };
    assert_eq!(expected, InputLength::Fixed(100));
    pairs[2] = pairs[1];
    pairs[3].enhancer = b"";
    let error = scorer.score(&pairs, &Selection::all()).unwrap_err();
    assert!(
        matches!(error, ScoreError::PairLength { item: 3, side: Side::Enhancer, found: 0, .. }),
        "{error}"
    );
}
