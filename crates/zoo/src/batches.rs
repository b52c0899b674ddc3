//! Calls of any size, in batches that fit into memory.

use ciskit_core::{Embedding, Pooling, ScoreError, ScorerSpec, Scores, Selection};
use ciskit_nn::NnError;

/// Bytes of activations that a batch may take where nobody says otherwise.
const ACTIVATIONS: usize = 512 << 20;
/// More sequences do not make a batch faster.
const MOST: usize = 64;

/// How many sequences of so many bytes of activations each make a batch.
pub(crate) fn fitting(bytes: usize) -> usize {
    (ACTIVATIONS / bytes.max(1)).clamp(1, MOST)
}

/// Refuses sequences that a model does not read.
fn check(spec: &ScorerSpec, sequences: &[&[u8]]) -> Result<(), ScoreError> {
    match sequences.iter().position(|sequence| !spec.input.accepts(sequence.len())) {
        Some(item) => {
            let (expected, found) = (spec.input.length(), sequences[item].len());
            Err(ScoreError::InputLength { item, expected, found })
        }
        None => Ok(()),
    }
}

/// Scores batches of [`ScorerSpec::batch_hint`] sequences; `rows` gives (sequences, outputs) for each.
pub(crate) fn score(
    model: &str,
    spec: &ScorerSpec,
    sequences: &[&[u8]],
    select: &Selection,
    rows: impl Fn(&[&[u8]]) -> Result<Vec<f32>, NnError>,
) -> Result<Scores, ScoreError> {
    check(spec, sequences)?;
    let block = |sequences: &[&[u8]], values: Vec<f32>| {
        Scores::new(sequences.len(), spec.bins, spec.outputs.len(), values)?.select(select)
    };
    let mut scores = block(&[], Vec::new())?;
    for sequences in sequences.chunks(spec.batch_hint) {
        let values = rows(sequences).map_err(|error| failed(model, error))?;
        scores.append(block(sequences, values)?)?;
    }
    Ok(scores)
}

/// [`score`] for models that compute what is selected alone: `chosen` is given bins and outputs, and gives (sequences, bins,
/// outputs).
pub(crate) fn score_chosen(
    model: &str,
    spec: &ScorerSpec,
    sequences: &[&[u8]],
    select: &Selection,
    chosen: impl Fn(&[&[u8]], &[usize], &[usize]) -> Result<Vec<f32>, NnError>,
) -> Result<Scores, ScoreError> {
    check(spec, sequences)?;
    let bins = select.bins.indices("bins", spec.bins)?;
    let outputs = select.outputs.indices("outputs", spec.outputs.len())?;
    let mut values = Vec::new();
    for sequences in sequences.chunks(spec.batch_hint) {
        values.append(&mut chosen(sequences, &bins, &outputs).map_err(|error| failed(model, error))?);
    }
    Ok(Scores::new(sequences.len(), bins.len(), outputs.len(), values)?)
}

/// Embeds batches; `rows` gives (sequences, positions, width) for each, and every row stands for the same bases in all
/// sequences.
pub(crate) fn embed(
    model: &str,
    spec: &ScorerSpec,
    sequences: &[&[u8]],
    pooling: Pooling,
    (width, positions): (usize, &[std::ops::Range<usize>]),
    rows: impl Fn(&[&[u8]]) -> Result<Vec<f32>, NnError>,
) -> Result<Vec<Embedding>, ScoreError> {
    check(spec, sequences)?;
    let mut embeddings = Vec::with_capacity(sequences.len());
    for sequences in sequences.chunks(spec.batch_hint) {
        let values = rows(sequences).map_err(|error| failed(model, error))?;
        for (sequence, values) in sequences.iter().zip(values.chunks_exact((positions.len() * width).max(1)))
        {
            let all = Embedding::new(width, positions.to_vec(), values.to_vec())?;
            embeddings.push(all.pooled(pooling, sequence.len()));
        }
    }
    Ok(embeddings)
}

fn failed(model: &str, error: NnError) -> ScoreError {
    ScoreError::model(format!("running {model}"), error)
}

#[cfg(test)]
mod tests {
    use ciskit_core::{InputWindow, Output, Scale};

    use super::*;

    #[test]
    fn batches_are_bounded_by_memory_and_number() {
        assert_eq!([0, 1, 64 << 20, 1 << 40].map(fitting), [64, 64, 8, 1]);
    }

    #[test]
    fn calls_are_cut_into_batches_and_put_together() {
        let spec = ScorerSpec::builder(InputWindow::fixed(2))
            .outputs(["first", "last"].map(|name| Output::new(name, Scale::Raw)))
            .batch_hint(2)
            .build()
            .unwrap();
        let letters = |sequences: &[&[u8]]| {
            assert!((1..=2).contains(&sequences.len()));
            Ok(sequences.concat().iter().map(|&letter| f32::from(letter)).collect())
        };
        let last = Selection::all().with_outputs(vec![1]);
        let scores = score("toy", &spec, &[b"AC", b"AG", b"AT"], &last, letters).unwrap();
        assert_eq!((scores.shape(), scores.values()), ([3, 1, 1], [67., 71., 84.].as_slice()));
        let none = score("toy", &spec, &[], &last, letters).unwrap();
        assert_eq!(none.shape(), [0, 1, 1]);
        let error = score("toy", &spec, &[b"AC", b"A"], &last, letters).unwrap_err();
        assert!(matches!(error, ScoreError::InputLength { item: 1, found: 1, .. }));

        let positions = [0..1, 1..2];
        let embeddings =
            embed("toy", &spec, &[b"AC", b"AG", b"AT"], Pooling::Positions, (1, &positions), letters);
        assert_eq!(embeddings.unwrap()[2].row(1), [84.0]);
        let embeddings = embed("toy", &spec, &[b"AC"], Pooling::Mean, (1, &positions), letters).unwrap();
        assert_eq!(
            (embeddings[0].values(), embeddings[0].positions()),
            ([66.0].as_slice(), std::slice::from_ref(&(0..2)))
        );
    }
}
