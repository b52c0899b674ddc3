//! TargetFinder's table of features.

use std::path::Path;

use crate::named_pairs::{NamedPairs, NamedPlace};
use crate::{LineReader, PairRecord, Separator, Table, TableError};

/// How the names of feature columns end.
const REGIONS: [&str; 3] = [" (enhancer)", " (promoter)", " (window)"];

/// One row of [`TargetFinderFeatureReader`].
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_seqio::FeatureRecord;
///
/// let pair = Pair::new(Interval::new("chr1", 100, 300)?, Interval::new("chr1", 5_000, 7_000)?);
/// let row = FeatureRecord { record: pair.into(), features: vec![0.5] };
/// assert_eq!(row.features.len(), 1);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureRecord {
    /// The pair, and all columns that are not part of it as they are, the features among them.
    pub record: PairRecord,
    /// The features, in the order of [`TargetFinderFeatureReader::feature_columns`]; NaN where one is missing.
    pub features: Vec<f64>,
}

/// Reads TargetFinder's `training.csv`: pairs with the features that its classifiers learn from.
///
/// Features are the columns whose names end in ` (enhancer)`, ` (promoter)` or ` (window)`, such as
/// `CTCF (enhancer)`: the mean signal of an assay in that region. Otherwise as
/// [`TargetFinderReader`](crate::TargetFinderReader), which reads the same files without a look at the features.
///
/// # Units
///
/// Positions are 0-based half-open; features are as in the file (signal per bp).
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed or one of its features is
/// no number; the next call reads the next row.
///
/// # Cost
///
/// Memory of one row; one to two seconds for a million pairs (`tests/million.rs`, 2 cores).
///
/// # Source
///
/// Whalen, Truty and Pollard 2016, <https://doi.org/10.1038/ng.3539>.
///
/// ```
/// use ciskit_seqio::{LineReader, TargetFinderFeatureReader};
///
/// let csv = "enhancer_name,promoter_name,label,bin,CTCF (enhancer),CTCF (promoter)\n\
///            NHEK|chr1:10-20,NHEK|chr1:30-40,1,\"(1, 2]\",0.5,\n";
/// let mut rows = TargetFinderFeatureReader::from_lines(LineReader::new(csv.as_bytes(), "training.csv")?)?;
/// assert_eq!(rows.feature_columns(), ["CTCF (enhancer)", "CTCF (promoter)"]);
/// assert_eq!(rows.extra_columns(), ["bin", "CTCF (enhancer)", "CTCF (promoter)"]);
/// let row = rows.next().unwrap()?;
/// assert!(row.features[0] == 0.5 && row.features[1].is_nan());
/// assert_eq!(row.record.extra, ["(1, 2]", "0.5", ""]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct TargetFinderFeatureReader {
    pairs: NamedPairs,
    features: Vec<usize>,
    feature_names: Vec<String>,
}

impl TargetFinderFeatureReader {
    /// Opens a table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without `enhancer_name`, `promoter_name` or `label`, or
    /// without any feature.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::from_lines(lines, Separator::Comma)?;
        let pairs = NamedPairs::new(table, NamedPlace::Element)?;
        let header = pairs.header();
        let is_feature = |&column: &usize| {
            REGIONS
                .iter()
                .any(|region| header.names()[column].strip_suffix(region).is_some_and(|s| !s.is_empty()))
        };
        let features: Vec<usize> = pairs.extra().columns().iter().copied().filter(is_feature).collect();
        if features.is_empty() {
            return Err(header.missing("ASSAY (enhancer)"));
        }
        let feature_names = features.iter().map(|&column| header.names()[column].clone()).collect();
        Ok(Self { pairs, features, feature_names })
    }

    /// Names of the features.
    #[must_use]
    pub fn feature_columns(&self) -> &[String] {
        &self.feature_names
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.pairs.extra().names()
    }

    fn read(&mut self) -> Result<Option<FeatureRecord>, TableError> {
        let Some((record, row)) = self.pairs.next_row()? else { return Ok(None) };
        let feature =
            |(&column, name): (&usize, &String)| Ok(row.known_number(column, name)?.unwrap_or(f64::NAN));
        let features =
            self.features.iter().zip(&self.feature_names).map(feature).collect::<Result<_, _>>()?;
        Ok(Some(FeatureRecord { record, features }))
    }
}

impl Iterator for TargetFinderFeatureReader {
    type Item = Result<FeatureRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<FeatureRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "t.csv").unwrap();
        let rows = TargetFinderFeatureReader::from_lines(lines);
        rows.and_then(Iterator::collect).map_err(|error: TableError| error.to_string())
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(
            read("enhancer_name,promoter_name,label,prediction, (window)\n").unwrap_err(),
            "t.csv, line 1: expected a column named \"ASSAY (enhancer)\", found enhancer_name, promoter_name, label, \
             prediction,  (window)"
        );
        assert_eq!(
            read("enhancer_name,promoter_name,label,CAGE (window)\nA|1:0-9,A|1:0-9,1,high\n").unwrap_err(),
            "t.csv, line 2, column 4 (CAGE (window)): expected a number or NA, found \"high\""
        );
    }
}
