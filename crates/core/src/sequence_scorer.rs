//! Models that read one sequence.

use std::sync::Arc;

use crate::{Edit, ScoreError, ScorerSpec, Scores, Selection};

/// A model that scores sequences: bytes in, [`Scores`] out.
///
/// # Contract
///
/// - Sequences are ASCII letters on the forward strand; either case is accepted, and so is any letter: what is
///   not A, C, G or T counts as unknown.
/// - Items do not influence one another; the order of the result is the order of the call; an empty call gives
///   zero items.
/// - A scorer owns its parallelism. Drivers prepare the next batch meanwhile but do not call one scorer from
///   several threads to make it faster (they may, it is `Sync`).
pub trait SequenceScorer: Send + Sync {
    /// What the model takes and gives.
    fn spec(&self) -> &ScorerSpec;

    /// Scores of shape (sequences, bins, outputs), restricted to `select`.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others for a sequence of a length that the model does not read.
    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError>;

    /// Scores of many edits of one sequence, one item an edit; each edit starts from the unedited sequence.
    ///
    /// The provided way scores every edited copy, a model may do it incrementally with the same result. An edit
    /// that changes the length must still give a length that the model reads.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others for an edit outside of the sequence.
    fn score_edits(&self, sequence: &[u8], edits: &[Edit], select: &Selection) -> Result<Scores, ScoreError> {
        in_batches(edits, self.spec().batch_hint, |edits| {
            let copies: Vec<Vec<u8>> =
                edits.iter().map(|edit| edit.applied_to(sequence)).collect::<Result<_, _>>()?;
            let copies: Vec<&[u8]> = copies.iter().map(Vec::as_slice).collect();
            self.score(&copies, select)
        })
    }
}

/// Scores items batch by batch, so that memory is bounded by the batch; no items are one empty batch.
pub(crate) fn in_batches<T>(
    items: &[T],
    batch: usize,
    mut score: impl FnMut(&[T]) -> Result<Scores, ScoreError>,
) -> Result<Scores, ScoreError> {
    let (first, rest) = items.split_at(batch.max(1).min(items.len()));
    let mut scores = score(first)?;
    for items in rest.chunks(batch.max(1)) {
        scores.append(score(items)?)?;
    }
    Ok(scores)
}

macro_rules! forward_sequence_scorer {
    ($($pointer:ty),*) => {$(
        impl<S: SequenceScorer + ?Sized> SequenceScorer for $pointer {
            fn spec(&self) -> &ScorerSpec {
                (**self).spec()
            }
            fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
                (**self).score(sequences, select)
            }
            fn score_edits(&self, sequence: &[u8], edits: &[Edit], select: &Selection) -> Result<Scores, ScoreError> {
                (**self).score_edits(sequence, edits, select)
            }
        }
    )*};
}
forward_sequence_scorer!(&S, Box<S>, Arc<S>);
