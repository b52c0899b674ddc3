//! What every model of tracks promises.

use std::sync::Arc;

use ciskit_core::{Pick, Selection, SequenceScorer};
use ciskit_nn::Device;
use ciskit_zoo::enformer::GammaNormalisation;
use ciskit_zoo::tracks::{Species, TrackScorer};

use super::{borzoi, enformer};

/// Both tiny models with a few sequences that they read.
fn scorers() -> Vec<(TrackScorer, Vec<Vec<u8>>)> {
    let tiny = enformer::tiny("enformer_tiny", GammaNormalisation::Feature);
    let of = |length: usize| -> Vec<Vec<u8>> {
        let letter = |seed: usize, at: usize| b"ACGTN"[(at * at / 7 + seed * at + at / 3 + seed) % 9 % 5];
        (0..3).map(|seed| (0..length).map(|at| letter(seed, at)).collect()).collect()
    };
    vec![
        (Arc::new(tiny).scorer(Species::Human, Device::Cpu).unwrap(), of(512)),
        (Arc::new(borzoi::tiny()).scorer(Species::Mouse, Device::Cpu).unwrap(), of(3072)),
    ]
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_selection_gives_exactly_those_columns() {
    for (scorer, sequences) in scorers() {
        let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let all = scorer.score(&sequences, &Selection::all()).unwrap();
        let mut some = Selection::all().with_bins(3..17).with_outputs(vec![2, 0]);
        assert_eq!(scorer.score(&sequences, &some).unwrap(), all.clone().select(&some).unwrap());
        some.bins = Pick::Indices(vec![19, 0, 7, 7]);
        assert_eq!(scorer.score(&sequences, &some).unwrap(), all.select(&some).unwrap());
        let none = Selection::all().with_outputs(vec![]);
        assert_eq!(scorer.score(&sequences, &none).unwrap().outputs(), 0);
        assert!(scorer.score(&sequences, &Selection::all().with_outputs(vec![99])).is_err());
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn neither_batch_nor_neighbours_nor_threads_change_a_byte() {
    for (scorer, sequences) in scorers() {
        let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let all = scorer.score(&sequences, &Selection::all()).unwrap();
        assert!(all.values().iter().all(|value| value.is_finite()) && all.item(0) != all.item(1));
        let batches = scorer.clone().with_batch(3).score(&sequences, &Selection::all()).unwrap();
        assert_eq!(batches, all);
        let alone = scorer.score(&sequences[2..], &Selection::all()).unwrap();
        assert_eq!(alone.item(0), all.item(2));
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| scorer.score(&sequences, &Selection::all()).unwrap()), all);
        }
        assert!(scorer.score(&[b"ACGT"], &Selection::all()).is_err());
        assert_eq!(scorer.score(&[], &Selection::all()).unwrap().items(), 0);
    }
}
