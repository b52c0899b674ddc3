//! Maps against mutants made by hand.

use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::{InputLength, InputWindow, Output, Scale, ScoreError, ScorerSpec};
use proptest::prelude::*;

use super::*;
use crate::scores::{self, Difference};

/// Two bins of two outputs that depend on every base and its place.
struct Hash(ScorerSpec);

impl Hash {
    fn new(length: usize, batch: usize) -> Self {
        let spec = ScorerSpec::builder(InputWindow::fixed(length)).bins(2, 1, 0).batch_hint(batch);
        let outputs = ["first", "second"].map(|name| Output::new(name, Scale::Raw));
        Self(spec.outputs(outputs).build().unwrap())
    }

    fn of(&self, sequence: &[u8]) -> [f32; 4] {
        std::array::from_fn(|salt| {
            let start = 17 + salt as u32;
            let hash = sequence.iter().fold(start, |hash, base| {
                hash.wrapping_mul(0x0100_0193) ^ u32::from(base.to_ascii_uppercase())
            });
            (hash >> 8) as f32 / 1e6
        })
    }
}

impl SequenceScorer for Hash {
    fn spec(&self) -> &ScorerSpec {
        &self.0
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        for (item, sequence) in sequences.iter().enumerate() {
            if !self.0.input.accepts(sequence.len()) {
                let (expected, found) = (self.0.input.length(), sequence.len());
                return Err(ScoreError::InputLength { item, expected, found });
            }
        }
        let values = sequences.iter().flat_map(|sequence| self.of(sequence)).collect();
        Scores::new(sequences.len(), 2, 2, values)?.select(select)
    }
}

fn by_hand(model: &Hash, sequence: &[u8], mutant: &[u8], output: usize) -> f64 {
    let sum = |values: [f32; 4]| f64::from(values[output]) + f64::from(values[2 + output]);
    sum(model.of(mutant)) - sum(model.of(sequence))
}

proptest! {
    #[test]
    fn every_mutant_is_the_one_that_it_is_called(
        sequence in "[ACGTacgtN]{6,30}", from in 0usize..6, length in 0usize..30, next in prop::sample::select(b"ACGTN".to_vec()),
        batch in 1usize..9,
    ) {
        let sequence = sequence.into_bytes();
        let positions = from..(from + length).min(sequence.len());
        let model = Hash::new(sequence.len(), batch);
        let sum = scores::named("sum").unwrap();
        let every = Mutagenesis::new(positions.clone()).with_deletions(next);
        let map = every.run(&model, &sequence, &sum, &Selection::all(), |_, _| {}).unwrap();
        prop_assert_eq!(map.shape(), [2, positions.len(), 5]);
        let mut seen = 0;
        for change in map.changes() {
            let mut mutant = sequence.clone();
            if change.is_deletion() {
                mutant.remove(change.position);
                mutant.push(next);
            } else {
                mutant[change.position] = change.alternative;
            }
            prop_assert_eq!(change.reference, sequence[change.position].to_ascii_uppercase());
            for (output, value) in change.values.iter().enumerate() {
                prop_assert_eq!(*value, by_hand(&model, &sequence, &mutant, output));
                let letter = map.letters().iter().position(|letter| *letter == change.alternative).unwrap();
                prop_assert_eq!(map.at(output, change.position - positions.start)[letter], *value);
            }
            seen += 1;
        }
        prop_assert_eq!(seen, every.mutants(&sequence));
        // What is no mutant is no change, or unknown.
        for (index, base) in map.bases().iter().enumerate() {
            let here = map.letters().iter().position(|letter| letter == base);
            match here {
                Some(letter) => prop_assert_eq!(map.at(1, index)[letter], 0.0),
                None => prop_assert!(map.at(1, index).iter().all(|value| value.is_nan())),
            }
        }
        // Without deletions the rest is the same.
        let substitutions =
            Mutagenesis::new(positions).run(&model, &sequence, &sum, &Selection::all(), |_, _| {}).unwrap();
        let without: Vec<_> = map.changes().filter(|change| !change.is_deletion()).collect();
        prop_assert_eq!(substitutions.changes().collect::<Vec<_>>(), without);
    }
}

#[test]
fn a_selection_reaches_the_model() {
    let model = Hash::new(8, 3);
    let sequence = b"ACGTACGT";
    let select = Selection::all().with_bins(1..2).with_outputs(vec![1]);
    let map = Mutagenesis::new(2..4).run(&model, sequence, &Difference, &select, |_, _| {}).unwrap();
    assert_eq!((map.shape(), map.columns()), ([1, 2, 4], &["second".to_owned()][..]));
    let difference = f64::from(model.of(b"ACTTACGT")[3]) - f64::from(model.of(sequence)[3]);
    assert_eq!(map.at(0, 0)[3], difference);
}

#[test]
fn progress_ends_with_all_mutants() {
    let model = Hash::new(600, 7);
    let sequence: Vec<u8> = b"ACGTTGCANC".repeat(60);
    let every = Mutagenesis::new(0..600);
    let mut told = Vec::new();
    every.run(&model, &sequence, &Difference, &Selection::all(), |done, of| told.push((done, of))).unwrap();
    assert_eq!(told.last(), Some(&(1620, 1620)));
    assert!(told.len() > 1 && told.windows(2).all(|pair| pair[0].0 < pair[1].0));
    // Whole batches of the model's, until the last.
    assert!(told[..told.len() - 1].iter().all(|(done, _)| done % 7 == 0), "{told:?}");
}

#[test]
fn memory_bounds_a_batch() {
    let batch = |every: &Mutagenesis, length, hint, scores| every.batch(length, hint, scores);
    let (plain, deleting) = (Mutagenesis::new(0..1), Mutagenesis::new(0..1).with_deletions(b'N'));
    assert_eq!(batch(&plain, 3_000, 100, 1), 1_000);
    assert_eq!(batch(&plain, 196_608, 1, 896 * 5_313), 3);
    assert_eq!(batch(&plain, 196_608, 8, 896 * 5_313), 3);
    assert_eq!(batch(&deleting, 524_288, 2, 1), 128);
    assert_eq!(batch(&deleting, usize::MAX, 2, usize::MAX), 1);
}

#[test]
fn positions_and_lengths_that_do_not_fit_are_refused() {
    let model = Hash::new(4, 2);
    let run = |positions, sequence: &[u8]| {
        Mutagenesis::new(positions).run(&model, sequence, &Difference, &Selection::all(), |_, _| {})
    };
    assert!(matches!(run(2..5, b"ACGT"), Err(VariantScoringError::Score(ScoreError::Edit(_)))));
    assert!(matches!(
        run(0..3, b"ACG"),
        Err(VariantScoringError::Score(ScoreError::InputLength {
            expected: InputLength::Fixed(4),
            found: 3,
            ..
        }))
    ));
    let ratio = scores::named("llr").unwrap();
    let undefined = Mutagenesis::new(0..1).run(&model, b"ACGT", &ratio, &Selection::all(), |_, _| {});
    assert_eq!(
        undefined.unwrap_err().to_string(),
        "the score llr has no value here: first is a value of its own unit, not a logarithm"
    );
    let empty = run(2..2, b"ACGT").unwrap();
    assert_eq!((empty.shape(), empty.changes().count()), ([2, 0, 4], 0));
    assert_eq!(Mutagenesis::new(2..9).mutants(b"ACGT"), 0);
}

/// Scores edits in a way of its own and counts them.
struct Incremental(Hash, AtomicUsize);

impl SequenceScorer for Incremental {
    fn spec(&self) -> &ScorerSpec {
        self.0.spec()
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        assert_eq!(sequences.len(), 1, "only the reference is scored whole");
        self.0.score(sequences, select)
    }

    fn score_edits(&self, sequence: &[u8], edits: &[Edit], select: &Selection) -> Result<Scores, ScoreError> {
        self.1.fetch_add(edits.len(), Ordering::Relaxed);
        assert!(edits.iter().all(Edit::keeps_length));
        self.0.score_edits(sequence, edits, select)
    }
}

#[test]
fn the_models_own_way_of_editing_is_taken() {
    let model = Incremental(Hash::new(6, 4), AtomicUsize::new(0));
    let every = Mutagenesis::new(1..5).with_deletions(b'A');
    every.run(&model, b"ACGTNA", &Difference, &Selection::all(), |_, _| {}).unwrap();
    assert_eq!(model.1.into_inner(), 3 * 4);
}

#[test]
fn importance_is_what_the_base_is_worth() {
    /// Number of A.
    struct CountA(ScorerSpec);
    impl SequenceScorer for CountA {
        fn spec(&self) -> &ScorerSpec {
            &self.0
        }
        fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
            let count = |s: &&[u8]| s.iter().filter(|base| **base == b'A').count() as f32;
            Scores::scalar(sequences.iter().map(count).collect()).select(select)
        }
    }
    let model = CountA(ScorerSpec::scalar(InputWindow::any(), "A", Scale::Raw));
    let every = Mutagenesis::new(0..3).with_deletions(b'A');
    let map = every.run(&model, b"ANC", &Difference, &Selection::all(), |_, _| {}).unwrap();
    let importance = map.importance(0);
    assert_eq!((importance[0], importance[2]), (1.0, -1.0 / 3.0));
    assert!(importance[1].is_nan());
}
