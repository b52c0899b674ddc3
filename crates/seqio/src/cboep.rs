//! CBOEP's pair lists: positives of others with negatives of its own.

use std::path::Path;

use crate::named_pairs::{NamedPairs, NamedPlace};
use crate::{LineReader, PairRecord, Table, TableError};

/// Reads the lists of CBOEP, record by record: positives of TargetFinder or BENGI with negatives chosen so that every
/// element occurs about as often among negatives as among positives (CBMF, CBGS).
///
/// Columns are found by name: `enhancer_name`, `promoter_name` and `label`, mostly with
/// `enhancer_chrom`, `enhancer_start`, `enhancer_end` and likewise `promoter_…`; all others
/// (`enhancer_distance_to_promoter`, `bag_id`) are kept as they are. Where they are there, the columns place the
/// element, and the place in its name must lie inside: promoters of BENGI are 2,000 bp named by their start of
/// transcription. Tables in which the names stand in `enhancer` and `promoter` are read too. Fields are separated by
/// tabs if the header holds one, else by commas.
///
/// # Units
///
/// Names and columns are 0-based half-open, as core is: positions are taken over unchanged.
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
/// Lists at <https://github.com/maruyama-lab-design/CBOEP>.
///
/// ```
/// use ciskit_seqio::{CboepReader, LineReader};
///
/// let csv = "label,enhancer_distance_to_promoter,enhancer_chrom,enhancer_start,enhancer_end,enhancer_name,\
///            promoter_chrom,promoter_start,promoter_end,promoter_name\n\
///            1,182101.5,chr12,678895,680420,NHEK|chr12:678895-680420,chr12,860259,862259,NHEK|chr12:861758-861759\n";
/// let mut pairs = CboepReader::from_lines(LineReader::new(csv.as_bytes(), "NHEK.csv")?)?;
/// assert_eq!(pairs.extra_columns(), ["enhancer_distance_to_promoter"]);
/// let pair = pairs.next().unwrap()?.pair;
/// assert_eq!(pair.promoter.interval.to_string(), "chr12:860259-862259");
/// assert_eq!((pair.cell.as_deref(), pair.label), (Some("NHEK"), Some(true)));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct CboepReader {
    pairs: NamedPairs,
}

impl CboepReader {
    /// Opens a list, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without a column for either element's name or `label`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::sniffed(lines)?;
        let pairs = NamedPairs::new(table, NamedPlace::Inside)?;
        Ok(Self { pairs })
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.pairs.extra().names()
    }
}

impl Iterator for CboepReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pairs.next_pair().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<PairRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "t.csv").unwrap();
        CboepReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn tables_of_names_alone() {
        let records = read("source\tenhancer\tpromoter\tlabel\nCBMF\tA|1:5-9\tA|1:20-30\t0\n").unwrap();
        let PairRecord { pair, extra } = &records[0];
        assert_eq!(pair.enhancer.interval.to_string(), "1:5-9");
        assert_eq!((pair.enhancer.name.as_deref(), pair.label), (Some("A|1:5-9"), Some(false)));
        assert_eq!(extra, &["CBMF"]);
    }

    #[test]
    fn a_marked_header_tells_the_separator() {
        assert_eq!(read("##by hand, with commas\n#enhancer\tpromoter\tlabel\n"), Ok(vec![]));
    }

    #[test]
    fn a_column_called_enhancer_is_kept_beside_the_name() {
        let records = read("enhancer,enhancer_name,promoter_name,label\n7,A|1:5-9,A|1:20-30,1\n").unwrap();
        assert_eq!(records[0].extra, ["7"]);
    }

    #[test]
    fn names_lie_inside_the_columns_place() {
        let head = "enhancer_name,promoter_name,label,promoter_chrom,promoter_start,promoter_end\n";
        for (start, end, fits) in [(20, 30, true), (10, 40, true), (21, 30, false), (20, 29, false)] {
            let text = format!("{head}A|1:5-9,A|1:20-30,1,1,{start},{end}\n").leak();
            let expected = format!(
                "t.csv, line 2, column 2 (promoter_name): expected a name with a place in 1:{start}-{end}, where the \
                 columns place the element, found \"A|1:20-30\""
            );
            assert_eq!(read(text).map(|rows| rows.len()), if fits { Ok(1) } else { Err(expected) });
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(
            read("").unwrap_err(),
            "t.csv: expected a header with the names of the columns, found an empty file"
        );
        assert_eq!(
            read("enhancer,promoter_name\n").unwrap_err(),
            "t.csv, line 1: expected a column named \"label\", found enhancer, promoter_name"
        );
    }
}
