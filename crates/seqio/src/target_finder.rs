//! TargetFinder's pair lists.

use std::path::Path;

use crate::named_pairs::{NamedPairs, NamedPlace};
use crate::{LineReader, PairRecord, Separator, Table, TableError};

/// Reads TargetFinder's tables of pairs, record by record: `predictions-gbm.csv`, `pairs.csv` and `training.csv`.
///
/// All have the columns `enhancer_name`, `promoter_name` and `label`, which become a [`Pair`](ciskit_core::Pair) with
/// named elements; the cell line is read off the names (see [`ElementName`](crate::ElementName)). Where a table also
/// holds the elements' coordinates in columns of their own (`enhancer_chrom`, `enhancer_start`, `enhancer_end`, likewise
/// `promoter_…`), as the copies that EPIVAN and EPIPAM ship do, they must agree with the names. All other columns
/// (`prediction`, `bin`, the features) are kept as they are.
///
/// # Units
///
/// Names and coordinate columns are 0-based half-open, as core is: positions are taken over unchanged.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of one row; one to two seconds for a million pairs (`tests/million.rs`, 2 cores).
///
/// # Source
///
/// Whalen, Truty and Pollard 2016, <https://doi.org/10.1038/ng.3539>; tables at
/// <https://github.com/shwhalen/targetfinder>.
///
/// ```
/// use ciskit_seqio::{LineReader, TargetFinderReader};
///
/// let csv = "enhancer_name,promoter_name,label,prediction\n\
///            NHEK|chr1:3399800-3400600,NHEK|chr1:3541200-3542000,1,0\n";
/// let mut pairs = TargetFinderReader::from_lines(LineReader::new(csv.as_bytes(), "NHEK.csv")?)?;
/// assert_eq!(pairs.extra_columns(), ["prediction"]);
/// let record = pairs.next().unwrap()?;
/// assert_eq!(record.pair.promoter.interval.to_string(), "chr1:3541200-3542000");
/// assert_eq!((record.pair.cell.as_deref(), record.pair.label), (Some("NHEK"), Some(true)));
/// assert_eq!(record.extra, ["0"]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct TargetFinderReader {
    pairs: NamedPairs,
}

impl TargetFinderReader {
    /// Opens a table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without `enhancer_name`, `promoter_name` or `label`.
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
        Ok(Self { pairs })
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.pairs.extra().names()
    }
}

impl Iterator for TargetFinderReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pairs.next_pair().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<Result<PairRecord, String>>, String> {
        let lines = LineReader::new(text.as_bytes(), "t.csv").unwrap();
        let pairs = TargetFinderReader::from_lines(lines).map_err(|error| error.to_string())?;
        Ok(pairs.map(|record| record.map_err(|error| error.to_string())).collect())
    }

    #[test]
    fn coordinates_in_columns_must_agree_with_names() {
        let rows = read(
            "bin,enhancer_chrom,enhancer_distance_to_promoter,enhancer_end,enhancer_name,enhancer_start,label,\
             promoter_chrom,promoter_end,promoter_name,promoter_start\n\
             \"(1, 2]\",chr1,9,20,A|chr1:10-20,10,0,chr1,40,A|chr1:30-40,30\n\
             \"(1, 2]\",chr1,9,20,A|chr1:11-20,10,0,chr1,40,A|chr1:30-40,30\n\
             \"(1, 2]\",chr1,9,20,A|chr1:10-20,10,0,chr1,40,A|chr1:30-40,50\n",
        )
        .unwrap();
        assert_eq!(rows[0].as_ref().unwrap().extra, ["(1, 2]", "9"]);
        assert_eq!(
            rows[1].as_ref().unwrap_err(),
            "t.csv, line 3, column 5 (enhancer_name): expected the name of chr1:10-20, where the columns place the \
             element, found \"A|chr1:11-20\""
        );
        assert_eq!(
            rows[2].as_ref().unwrap_err(),
            "t.csv, line 4, column 9 (promoter_end): expected a position not before the start, 50, found \"40\""
        );
    }

    #[test]
    fn faults_are_named() {
        let rows = read(
            "promoter_name,enhancer_name,label\r\n\r\nA|1:0-9,1:0-9,1\r\nA|1:0-9,B|1:0-9,1\r\nA|1:0-9,A|1:0-9,yes\r\n",
        )
        .unwrap();
        let errors: Vec<String> = rows.into_iter().map(Result::unwrap_err).collect();
        assert_eq!(
            errors,
            [
                "t.csv, line 3, column 2 (enhancer_name): expected a name of the form CELL|contig:start-end, found \
                 \"1:0-9\"",
                "t.csv, line 4, column 1 (promoter_name): expected an element of B, as the enhancer is, found \
                 \"A|1:0-9\"",
                "t.csv, line 5, column 3 (label): expected 0, 1 or '.', found \"yes\"",
            ]
        );
        assert_eq!(
            read("enhancer_name,promoter_name\n").unwrap_err(),
            "t.csv, line 1: expected a column named \"label\", found enhancer_name, promoter_name"
        );
        assert_eq!(
            read("").unwrap_err(),
            "t.csv: expected a header with the names of the columns, found an empty file"
        );
    }
}
