//! The features of the rows of a source.

use ciskit_core::{Pair, Side};
use ciskit_dataset::PairSource;
use rayon::prelude::*;

use crate::BaselineError;
use crate::degree::Degrees;
use crate::features::{Content, Contents, Place, TreeFeature, value};
use crate::windows::distinct_windows;

/// Rows whose windows are held at a time.
const ROWS_AT_A_TIME: usize = 2048;

/// Reads the features of pairs.
#[derive(Clone, Debug)]
pub(crate) struct FeatureReader {
    pub(crate) contents: Contents,
    degrees: [Degrees; 2],
}

impl FeatureReader {
    /// Counts degrees in the rows `train`.
    pub(crate) fn new(source: &dyn PairSource, train: &[usize]) -> Self {
        let degrees = [Side::Enhancer, Side::Promoter].map(|side| Degrees::in_rows(side, source, train));
        Self { contents: Contents::new(), degrees }
    }

    /// The features of rows, each in a column. `own` is what a row itself adds to its degrees.
    pub(crate) fn columns(
        &self,
        features: &[TreeFeature],
        source: &dyn PairSource,
        rows: &[usize],
        own: f64,
    ) -> Result<Vec<Vec<f64>>, BaselineError> {
        let mut columns = vec![Vec::with_capacity(rows.len()); features.len()];
        for rows in rows.chunks(ROWS_AT_A_TIME) {
            let sides = distinct_windows(source, rows)?;
            let contents = sides.each_ref().map(|side| -> Vec<Content> {
                side.windows.par_iter().map(|window| self.contents.of(window)).collect()
            });
            let place = |row: usize| self.place(&source.pairs()[row], own);
            let of_row = |(index, row): (usize, &usize)| -> Vec<f64> {
                let place = place(*row);
                let contents = [0, 1].map(|side| &contents[side][sides[side].of[index]]);
                features.iter().map(|feature| value(*feature, &place, contents)).collect()
            };
            let values: Vec<Vec<f64>> = rows.par_iter().enumerate().map(of_row).collect();
            for row in values {
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        Ok(columns)
    }

    fn place(&self, pair: &Pair, own: f64) -> Place {
        let lengths = [&pair.enhancer, &pair.promoter].map(|element| element.interval.len() as f64);
        let degrees = self.degrees.each_ref().map(|side| f64::from(side.of(pair)) - own);
        Place { signed_distance: pair.signed_distance(), lengths, degrees }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_dataset::{ElementPairs, ElementSequences};

    #[test]
    fn a_training_row_is_not_among_the_others_with_its_element() {
        let sequences = |side, names: &[&'static str]| {
            ElementSequences::new(side, names.iter().map(|name| (*name, b"ACGTACGT".to_vec()))).unwrap()
        };
        let (first, second, promoter) = ("c:0-8", "c:20-28", "c:90-98");
        let enhancers = sequences(Side::Enhancer, &[first, second]);
        let rows = [first, first, second].map(|enhancer| (enhancer, promoter, Some(true)));
        let source =
            ElementPairs::new(enhancers, 8, sequences(Side::Promoter, &[promoter]), 8, rows).unwrap();
        let reader = FeatureReader::new(&source, &[0, 1]);
        let degrees =
            |rows: &[usize], own: f64| reader.columns(&TreeFeature::OF_LIST, &source, rows, own).unwrap();
        assert_eq!(degrees(&[0, 1], 1.0), [[1.0, 1.0], [1.0, 1.0]]);
        assert_eq!(degrees(&[2], 0.0), [[0.0], [2.0]]);
    }
}
