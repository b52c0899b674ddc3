//! What saturation mutagenesis finds.

use std::ops::Range;

use super::{DELETION, Place, is_known};

/// The effect of every mutant: a value for each column of the score, position and letter.
///
/// Letters are A, C, G, T and, with deletions, `-`. The letter that is there has the score's value for no change (0 for an effect);
/// positions of unknown bases have NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct MutagenesisMap {
    score: String,
    columns: Vec<String>,
    positions: Range<usize>,
    bases: Vec<u8>,
    deletions: bool,
    /// (columns, positions, letters).
    values: Vec<f64>,
}

/// One mutant and its values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// 0-based position in the sequence.
    pub position: usize,
    /// The base that is there, upper case.
    pub reference: u8,
    /// The base that replaces it, or `-` for a deletion.
    pub alternative: u8,
    /// A value for each column.
    pub values: Vec<f64>,
}

impl MutagenesisMap {
    pub(super) fn new(
        score: &str,
        columns: Vec<String>,
        positions: Range<usize>,
        bases: &[u8],
        deletions: bool,
    ) -> Self {
        let mut map = Self {
            score: score.to_owned(),
            columns,
            positions,
            bases: bases.to_ascii_uppercase(),
            deletions,
            values: Vec::new(),
        };
        map.values = vec![f64::NAN; map.shape().iter().product()];
        map
    }

    /// Writes the values of one cell, a column each.
    pub(super) fn set(&mut self, place: Place, values: &[f64]) {
        for (column, value) in values.iter().enumerate() {
            let at = self.index(column, place.position, place.letter);
            self.values[at] = *value;
        }
    }

    fn index(&self, column: usize, position: usize, letter: usize) -> usize {
        let [_, positions, letters] = self.shape();
        (column * positions + position) * letters + letter
    }

    /// Name of the score.
    #[must_use]
    pub fn score(&self) -> &str {
        &self.score
    }

    /// Names of the score's columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The positions in the sequence, 0-based.
    #[must_use]
    pub fn positions(&self) -> Range<usize> {
        self.positions.clone()
    }

    /// The bases at these positions, upper case.
    #[must_use]
    pub fn bases(&self) -> &[u8] {
        &self.bases
    }

    /// The letters in the order of the last axis: `ACGT`, or `ACGT-` with deletions.
    #[must_use]
    pub fn letters(&self) -> &'static [u8] {
        if self.deletions { b"ACGT-" } else { b"ACGT" }
    }

    /// (columns, positions, letters).
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.columns.len(), self.bases.len(), self.letters().len()]
    }

    /// All values: shape (columns, positions, letters), letters fastest.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of a column: shape (positions, letters).
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn column(&self, column: usize) -> &[f64] {
        let [columns, positions, letters] = self.shape();
        assert!(column < columns, "column {column} of {columns}");
        &self.values[column * positions * letters..(column + 1) * positions * letters]
    }

    /// The values of a column at the `index`th of the positions, a letter each.
    ///
    /// # Panics
    ///
    /// If there is no such column or position.
    #[must_use]
    pub fn at(&self, column: usize, index: usize) -> &[f64] {
        let letters = self.letters().len();
        &self.column(column)[index * letters..(index + 1) * letters]
    }

    /// How much the score needs the base at each position: minus the mean over its three substitutions. Deletions do not
    /// count.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn importance(&self, column: usize) -> Vec<f64> {
        let of = |(index, base): (usize, &u8)| {
            let substitutions =
                self.at(column, index).iter().zip(b"ACGT").filter(|(_, letter)| *letter != base);
            -substitutions.map(|(value, _)| value).sum::<f64>() / 3.0
        };
        self.bases.iter().enumerate().map(of).collect()
    }

    /// Every mutant, by position, then letter.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let known = self.bases.iter().enumerate().filter(|(_, base)| is_known(**base));
        known.flat_map(move |(index, &reference)| {
            let others = self.letters().iter().enumerate().filter(move |(_, letter)| **letter != reference);
            others.map(move |(letter, &alternative)| Change {
                position: self.positions.start + index,
                reference,
                alternative,
                values: (0..self.columns.len())
                    .map(|column| self.values[self.index(column, index, letter)])
                    .collect(),
            })
        })
    }
}

impl Change {
    /// Whether the base is deleted.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        self.alternative == DELETION
    }
}
