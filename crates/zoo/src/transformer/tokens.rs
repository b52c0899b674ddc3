//! Tokens: what a language model reads in the place of bases.

use std::ops::Range;

use ciskit_nn::{Device, Doing, NnError, Tensor};

/// The tokens of one sequence, with the bases (0-based, half-open) that each stands for; special tokens stand for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Ids.
    pub ids: Vec<u32>,
    /// Bases of each; an empty range is a special token (`[CLS]`).
    pub bases: Vec<Range<usize>>,
}

impl Tokens {
    pub(crate) fn push(&mut self, id: u32, bases: Range<usize>) {
        self.ids.push(id);
        self.bases.push(bases);
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether a token is a special one.
    #[must_use]
    pub fn is_special(&self, token: usize) -> bool {
        self.bases[token].is_empty()
    }

    /// The base behind the last one that a token stands for.
    #[must_use]
    pub fn end(&self) -> usize {
        self.bases.iter().map(|bases| bases.end).max().unwrap_or(0)
    }

    /// Cuts the tokens on the right to `most`, keeping the special ones at the end (`[SEP]`).
    ///
    /// ```
    /// use ciskit_zoo::transformer::Tokens;
    ///
    /// let mut tokens = Tokens { ids: vec![1, 7, 8, 9, 2], bases: vec![0..0, 0..3, 3..5, 5..9, 0..0] };
    /// tokens.truncate(4);
    /// assert_eq!(tokens.ids, [1, 7, 8, 2]);
    /// ```
    pub fn truncate(&mut self, most: usize) {
        let end = self.bases.iter().rev().take_while(|bases| bases.is_empty()).count();
        let surplus = self.len().saturating_sub(most);
        if surplus > 0 {
            let kept = (self.len() - end).saturating_sub(surplus);
            self.ids.drain(kept..kept + surplus);
            self.bases.drain(kept..kept + surplus);
        }
    }
}

/// What cuts sequences into tokens.
pub trait Tokenizer: Send + Sync {
    /// The tokens of a sequence, special ones included, however many there are.
    ///
    /// # Errors
    ///
    /// Why a sequence has no tokens, in a clause.
    fn encode(&self, sequence: &[u8]) -> Result<Tokens, String>;

    /// Id of the token that hides another one, if the vocabulary has one.
    fn mask(&self) -> Option<u32>;

    /// The most bases that have so many tokens, special ones included, if their number says.
    fn most_bases(&self, _tokens: usize) -> Option<usize> {
        None
    }
}

/// The tokens of several sequences, one after another, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBatch {
    ids: Vec<u32>,
    lengths: Vec<usize>,
}

impl TokenBatch {
    /// Joins the sequences' ids.
    ///
    /// ```
    /// use ciskit_zoo::transformer::TokenBatch;
    ///
    /// let batch = TokenBatch::new([&[3u32, 7, 8][..], &[3, 9]]);
    /// assert_eq!((batch.ids(), batch.lengths()), ([3, 7, 8, 3, 9].as_slice(), [3, 2].as_slice()));
    /// assert_eq!(batch.starts(), [0, 3]);
    /// ```
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let (mut ids, mut lengths) = (Vec::new(), Vec::new());
        for sequence in sequences {
            ids.extend_from_slice(sequence);
            lengths.push(sequence.len());
        }
        Self { ids, lengths }
    }

    /// Ids of all sequences.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Tokens of each sequence.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Where each sequence starts.
    #[must_use]
    pub fn starts(&self) -> Vec<usize> {
        let mut start = 0;
        let starts = self.lengths.iter().map(|length| {
            start += length;
            start - length
        });
        starts.collect()
    }

    /// The row of `table` for every token, (T, width).
    pub(crate) fn look_up(&self, table: &Tensor) -> Result<Tensor, NnError> {
        rows(table, &self.ids)
    }

    /// The row of `table` for the place of every token in its sequence, counted from `first`, (T, width).
    pub(crate) fn look_up_places(&self, table: &Tensor, first: usize) -> Result<Tensor, NnError> {
        let places: Vec<u32> = self
            .lengths
            .iter()
            .flat_map(|length| (first..first + length).map(|place| place as u32))
            .collect();
        rows(table, &places)
    }

    /// The last row of every sequence, (B, width).
    pub(crate) fn last_rows(&self, hidden: &Tensor) -> Result<Tensor, NnError> {
        let ends = self.starts().into_iter().zip(&self.lengths);
        let last: Vec<u32> = ends.map(|(start, length)| (start + length).saturating_sub(1) as u32).collect();
        rows(hidden, &last)
    }

    /// The first row of every sequence, (B, width).
    pub(crate) fn first_rows(&self, hidden: &Tensor) -> Result<Tensor, NnError> {
        let starts: Vec<u32> = self.starts().into_iter().map(|start| start as u32).collect();
        rows(hidden, &starts)
    }
}

/// The named rows of a table.
pub(crate) fn rows(table: &Tensor, rows: &[u32]) -> Result<Tensor, NnError> {
    let rows =
        Tensor::from_slice(rows, rows.len(), &Device::Cpu).and_then(|rows| rows.to_device(table.device()));
    rows.and_then(|rows| table.index_select(&rows, 0)).doing("looking up rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_keeps_what_ends_a_sequence() {
        let tokens = Tokens { ids: vec![1, 5, 6, 7, 2], bases: vec![0..0, 0..1, 1..2, 2..3, 0..0] };
        for (most, expected) in
            [(5, vec![1, 5, 6, 7, 2]), (9, vec![1, 5, 6, 7, 2]), (3, vec![1, 5, 2]), (2, vec![1, 2])]
        {
            let mut cut = tokens.clone();
            cut.truncate(most);
            assert_eq!((cut.len(), &cut.ids), (expected.len(), &expected));
            assert_eq!(cut.bases.len(), expected.len());
        }
        let mut open = Tokens { ids: vec![3, 5, 6], bases: vec![0..0, 0..6, 6..12] };
        open.truncate(2);
        assert_eq!(open.ids, [3, 5]);
    }

    #[test]
    fn places_are_counted_anew_in_every_sequence() {
        let table = Tensor::arange(0f32, 6.0, &Device::Cpu).unwrap().reshape((6, 1)).unwrap();
        let batch = TokenBatch::new([&[9u32, 9, 9][..], &[9, 9]]);
        let places = batch.look_up_places(&table, 2).unwrap();
        assert_eq!(places.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [2.0, 3.0, 4.0, 2.0, 3.0]);
        assert_eq!(batch.first_rows(&places).unwrap().to_vec2::<f32>().unwrap(), [[2.0], [2.0]]);
        assert_eq!(batch.last_rows(&places).unwrap().to_vec2::<f32>().unwrap(), [[4.0], [3.0]]);
    }
}
