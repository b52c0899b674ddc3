//! Models that turn a sequence into numbers for other models.

use std::ops::Range;
use std::sync::Arc;

use crate::{InputWindow, ScoreError, ShapeError};

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

    /// The rows that a pooling asks for, of a sequence of `length` bases: as they are, or one row of their mean.
    ///
    /// ```
    /// use ciskit_core::{Embedding, Pooling};
    ///
    /// let embedding = Embedding::new(1, vec![0..6, 6..12], vec![1.0, 4.0])?;
    /// let mean = embedding.clone().pooled(Pooling::Mean, 13);
    /// assert_eq!((mean.positions(), mean.values()), ([0..13].as_slice(), [2.5].as_slice()));
    /// assert_eq!(embedding.clone().pooled(Pooling::Positions, 13), embedding);
    /// # Ok::<(), ciskit_core::ShapeError>(())
    /// ```
    #[must_use]
    pub fn pooled(self, pooling: Pooling, length: usize) -> Self {
        match pooling {
            Pooling::Positions => self,
            Pooling::Mean => {
                let values = self.mean();
                Self { width: self.width, positions: std::iter::once(0..length).collect(), values }
            }
        }
    }

    /// Rows of equal numbers of bases: models differ in the bases that a row stands for, and bins do not.
    ///
    /// The row of a bin is the mean of the rows that overlap it, each weighed by the bases that it shares with the bin; a
    /// bin that no row overlaps is zeros. `length` bases make `length / bin` bins, rounded up; the last one may be
    /// shorter. Rows beyond them are left out. Sums are taken in `f64`, row after row.
    ///
    /// *Cost*: rows × width × bins that a row overlaps.
    ///
    /// # Panics
    ///
    /// If `bin` is 0.
    ///
    /// ```
    /// use ciskit_core::Embedding;
    ///
    /// let tokens = Embedding::new(1, vec![0..6, 6..12, 12..13], vec![1.0, 4.0, 9.0])?;
    /// let bins = tokens.binned(10, 25);
    /// assert_eq!(bins.positions(), [0..10, 10..20, 20..25]);
    /// // (6 · 1 + 4 · 4) / 10, (2 · 4 + 1 · 9) / 3, and nothing.
    /// assert_eq!(bins.values(), [2.2, 17.0 / 3.0, 0.0]);
    /// # Ok::<(), ciskit_core::ShapeError>(())
    /// ```
    #[must_use]
    pub fn binned(&self, bin: usize, length: usize) -> Self {
        assert!(bin > 0, "bins of no base");
        let (bins, width) = (length.div_ceil(bin), self.width);
        let (mut sums, mut weights) = (vec![0f64; bins * width], vec![0usize; bins]);
        for (row, bases) in self.positions.iter().enumerate() {
            let end = bases.end.min(length);
            for index in bases.start / bin..end.div_ceil(bin) {
                let (from, to) = (bases.start.max(index * bin), end.min((index + 1) * bin));
                let shared = to.saturating_sub(from);
                weights[index] += shared;
                for (sum, value) in sums[index * width..(index + 1) * width].iter_mut().zip(self.row(row)) {
                    *sum += shared as f64 * f64::from(*value);
                }
            }
        }
        let mean = |(index, sum): (usize, f64)| (sum / weights[index / width].max(1) as f64) as f32;
        let values = sums.into_iter().enumerate().map(mean).collect();
        let positions = (0..bins).map(|index| index * bin..length.min((index + 1) * bin)).collect();
        Self { width, positions, values }
    }
}

/// A model that turns sequences into embeddings.
pub trait SequenceEmbedder: Send + Sync {
    /// Numbers a row.
    fn width(&self) -> usize;

    /// The sequences that the model reads. One of any length may still stop early and leave its last bases without a row.
    fn input(&self) -> InputWindow {
        InputWindow::any()
    }

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
            fn input(&self) -> InputWindow {
                (**self).input()
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
                Ok(all.pooled(pooling, sequence.len()))
            };
            sequences.iter().map(embed).collect()
        }
    }

    #[test]
    fn bins_are_means_weighted_by_shared_bases() {
        let rows = vec![0..2, 2..7, 7..8, 9..14, 14..14];
        let values = vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0];
        let embedding = Embedding::new(2, rows, values).unwrap();
        let bins = embedding.binned(5, 20);
        assert_eq!(bins.positions(), [0..5, 5..10, 10..15, 15..20]);
        // (2 · 1 + 3 · 2) / 5; (2 · 2 + 1 · 3 + 1 · 4) / 4: base 8 has no row; 4 alone; nothing.
        assert_eq!(bins.values(), [1.6, 16.0, 2.75, 27.5, 4.0, 40.0, 0.0, 0.0]);
        // A window that ends within a row, and within a bin.
        let short = embedding.binned(5, 8);
        assert_eq!(
            (short.positions(), short.values()),
            (&[0..5, 5..8][..], &[1.6, 16.0, 7.0 / 3.0, 70.0 / 3.0][..])
        );
        assert_eq!(embedding.binned(100, 20).positions(), std::slice::from_ref(&(0..20)));
        assert_eq!(Embedding::new(2, vec![], vec![]).unwrap().binned(4, 4).values(), [0.0, 0.0]);
        assert_eq!(embedding.binned(4, 0).values(), [] as [f32; 0]);
    }

    #[test]
    fn what_a_model_reads_is_told_behind_pointers() {
        struct Fixed;
        impl SequenceEmbedder for Fixed {
            fn width(&self) -> usize {
                1
            }
            fn input(&self) -> InputWindow {
                InputWindow::fixed(7)
            }
            fn embed(&self, _: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
                Ok(Vec::new())
            }
        }
        let boxed: Box<dyn SequenceEmbedder> = Box::new(&Fixed);
        assert_eq!(boxed.input(), InputWindow::fixed(7));
        assert_eq!(Gc.input(), InputWindow::any());
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
