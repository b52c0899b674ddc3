//! Models that turn a sequence into numbers for other models.

use std::ops::Range;
use std::sync::Arc;

use crate::{ScoreError, ShapeError};

/// Which rows an embedding has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// One row a sequence: the mean over its positions, special tokens left out.
    Mean,
    /// One row a position of the model: a base, a bin or a token.
    Positions,
}

/// The embedding of one sequence: a row of numbers for each position, and the bases that each position stands for.
///
/// ```
/// use ciskit_core::Embedding;
///
/// let embedding = Embedding::new(2, vec![0..6, 6..12], vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(embedding.row(1), [3.0, 4.0]);
/// assert_eq!(embedding.mean(), [2.0, 3.0]);
/// assert!(Embedding::new(2, vec![0..6], vec![1.0]).is_err());
/// # Ok::<(), ciskit_core::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    width: usize,
    positions: Vec<Range<usize>>,
    values: Vec<f32>,
}

impl Embedding {
    /// Rows of `width` numbers, one after another, and the bases (0-based, half-open, within the sequence) of each.
    ///
    /// # Errors
    ///
    /// [`ShapeError`] if there are not `positions.len() * width` values.
    pub fn new(width: usize, positions: Vec<Range<usize>>, values: Vec<f32>) -> Result<Self, ShapeError> {
        if positions.len().checked_mul(width) != Some(values.len()) {
            return Err(ShapeError { expected: [1, positions.len(), width], found: values.len() });
        }
        Ok(Self { width, positions, values })
    }

    /// Numbers a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The bases of each row.
    #[must_use]
    pub fn positions(&self) -> &[Range<usize>] {
        &self.positions
    }

    /// All values, row after row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// One row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// The mean of all rows; zeros if there is none.
    #[must_use]
    pub fn mean(&self) -> Vec<f32> {
        let rows = self.positions.len().max(1) as f64;
        let sum = |column: usize| {
            (0..self.positions.len()).map(|row| f64::from(self.row(row)[column])).sum::<f64>()
        };
        (0..self.width).map(|column| (sum(column) / rows) as f32).collect()
    }
}

/// A model that turns sequences into embeddings.
pub trait SequenceEmbedder: Send + Sync {
    /// Numbers a row.
    fn width(&self) -> usize;

    /// One embedding a sequence, in order; sequences do not influence one another.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others for a sequence of a length that the model does not read.
    fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError>;
}

macro_rules! forward_sequence_embedder {
    ($($pointer:ty),*) => {$(
        impl<S: SequenceEmbedder + ?Sized> SequenceEmbedder for $pointer {
            fn width(&self) -> usize {
                (**self).width()
            }
            fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
                (**self).embed(sequences, pooling)
            }
        }
    )*};
}
forward_sequence_embedder!(&S, Box<S>, Arc<S>);

#[cfg(test)]
mod tests {
    use super::*;

    /// GC content of every base.
    struct Gc;

    impl SequenceEmbedder for Gc {
        fn width(&self) -> usize {
            1
        }
        fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
            let embed = |sequence: &&[u8]| {
                let values = sequence.iter().map(|base| f32::from(u8::from(b"GC".contains(base)))).collect();
                let positions = (0..sequence.len()).map(|base| base..base + 1).collect();
                let all = Embedding::new(1, positions, values)?;
                match pooling {
                    Pooling::Positions => Ok(all),
                    Pooling::Mean => {
                        Ok(Embedding::new(1, std::iter::once(0..sequence.len()).collect(), all.mean())?)
                    }
                }
            };
            sequences.iter().map(embed).collect()
        }
    }

    #[test]
    fn embedders_work_behind_pointers() {
        let boxed: Box<dyn SequenceEmbedder> = Box::new(Gc);
        let embeddings = boxed.embed(&[b"GATC", b""], Pooling::Mean).unwrap();
        assert_eq!(embeddings[0].values(), [0.5]);
        assert_eq!(embeddings[1].values(), [0.0]);
        assert_eq!(boxed.embed(&[b"GA"], Pooling::Positions).unwrap()[0].positions(), [0..1, 1..2]);
    }
}
