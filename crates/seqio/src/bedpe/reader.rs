//! Pair tables, row by row.

use std::path::Path;

use super::KIND;
use super::layout::{Layout, Names};
use crate::{LineReader, PairRecord, Row, TableError, format_line};

/// Reads the pair format and BEDPE of any other origin, record by record.
///
/// A file whose header starts with `#chrom1` (or `chrom1` and `start1`, without the mark) is read by the names of its
/// columns, a file without such a header by the order of BEDPE: six places, then `name score strand1 strand2`, then
/// columns that are kept as they are and called `column11` and so on. The two ends may lie on different contigs. An end
/// that is unknown (`.`, -1) is refused.
///
/// # Units
///
/// BEDPE is 0-based half-open, as core is: positions are taken over unchanged.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of one row; about a second for a million pairs.
///
/// ```
/// use ciskit_seqio::{LineReader, PairReader};
///
/// let table = "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\tpromoter_name\tfold\n\
///              chr1\t100\t300\tchr1\t5000\t7000\t1\tMYC\t3\n";
/// let mut pairs = PairReader::from_lines(LineReader::new(table.as_bytes(), "pairs.bedpe")?)?;
/// assert_eq!(pairs.extra_columns(), ["fold"]);
/// let record = pairs.next().unwrap()?;
/// assert_eq!(record.pair.enhancer.interval.to_string(), "chr1:100-300");
/// assert_eq!((record.pair.label, record.pair.promoter.name.as_deref()), (Some(true), Some("MYC")));
/// assert_eq!(record.extra, ["3"]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct PairReader {
    lines: LineReader,
    layout: Layout,
    names: Names,
}

impl PairReader {
    /// Opens a pair table, plain, gzip or bgzip, and reads its header if it has one.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`]; [`TableError::Newer`] for a format of the future; [`TableError::Empty`] for a file
    /// with neither header nor rows; [`TableError::MissingColumn`] and [`TableError::DuplicateColumn`] for a
    /// header that is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(mut lines: LineReader) -> Result<Self, TableError> {
        loop {
            let Some(line) = lines.next_where(|text| !text.is_empty())? else {
                return Err(lines.empty("pairs, or a header that starts with #chrom1"));
            };
            format_line::check(line, KIND)?;
            let marked = line.text.strip_prefix('#');
            let text = marked.unwrap_or(line.text);
            let mut names = text.split('\t');
            // Without the mark, a contig could be called like the first column, but nothing like the first two.
            let header =
                names.next() == Some("chrom1") && (marked.is_some() || names.next() == Some("start1"));
            let layout = match marked {
                _ if header => Layout::named(&Row::tabs(crate::Line { text, ..line }))?,
                Some(_) => continue,
                None => {
                    let layout = Layout::nameless(&Row::tabs(line))?;
                    lines.repeat();
                    layout
                }
            };
            return Ok(Self { lines, layout, names: Names::default() });
        }
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        &self.layout.extra_names
    }

    fn read(&mut self) -> Result<Option<PairRecord>, TableError> {
        let wanted = |text: &str| !(text.is_empty() || text.starts_with('#'));
        let Some(line) = self.lines.next_where(wanted)? else { return Ok(None) };
        self.layout.record(&Row::tabs(line), &mut self.names).map(Some)
    }
}

impl Iterator for PairReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<Result<PairRecord, String>>, String> {
        let lines = LineReader::new(text.as_bytes(), "a.bedpe").unwrap();
        let pairs = PairReader::from_lines(lines).map_err(|error| error.to_string())?;
        Ok(pairs.map(|record| record.map_err(|error| error.to_string())).collect())
    }

    fn only_error(text: &'static str) -> String {
        match read(text) {
            Err(error) => error,
            Ok(rows) => rows.into_iter().find_map(Result::err).unwrap(),
        }
    }

    #[test]
    fn without_header_the_standards_order_holds() {
        let records = read("# by hand\n\n1\t0\t5\tX\t7\t9\tp1\t35\t-\t+\tred\tx\n").unwrap();
        let PairRecord { pair, extra } = records[0].as_ref().unwrap();
        assert_eq!((pair.name.as_deref(), pair.score), (Some("p1"), Some(35.0)));
        assert_eq!(
            (pair.enhancer.strand, pair.promoter.strand),
            (ciskit_core::Strand::Reverse, ciskit_core::Strand::Forward)
        );
        assert_eq!((pair.distance(), pair.label), (None, None));
        assert_eq!(extra, &["red", "x"]);
        assert!(read("1\t0\t5\tX\t7\t9\n").unwrap()[0].is_ok());
    }

    #[test]
    fn a_header_without_its_mark_is_one() {
        let records =
            read("chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\nchrom1\t0\t5\tX\t7\t9\t1\n").unwrap();
        assert_eq!((records.len(), records[0].as_ref().unwrap().pair.label), (1, Some(true)));
        assert_eq!(read("chrom1\t0\t5\tchrom1\t7\t9\n").unwrap().len(), 1);
    }

    #[test]
    fn unknown_ends_are_refused() {
        assert_eq!(
            only_error("1\t0\t5\t.\t-1\t-1\n"),
            "a.bedpe, line 1, column 4 (chrom2): expected a pair of which both ends are known, found \".\""
        );
        assert_eq!(
            only_error("1\t-1\t5\t2\t1\t3\n"),
            "a.bedpe, line 1, column 2 (start1): expected a pair of which both ends are known, found \"-1\""
        );
    }

    #[test]
    fn headers_that_are_none() {
        assert_eq!(
            only_error("#chrom1\tstart1\tend1\tchrom2\tstart2\tstop2\tlabel\n"),
            "a.bedpe, line 1: expected a column named \"end2\", found chrom1, start1, end1, chrom2, start2, stop2, label"
        );
        assert_eq!(
            only_error("#chrom1\tstart1\tend1\tchrom2\tend2\tstart2\n"),
            "a.bedpe, line 1, column 5 (start2): expected the column of this name, found \"end2\""
        );
        assert_eq!(
            only_error("#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\tlabel\n"),
            "a.bedpe, line 1: column \"label\" occurs twice"
        );
        assert_eq!(
            only_error("##ciskit pairs format=3\n"),
            "a.bedpe, line 1: pairs format 3 is newer than format 1, the newest known here"
        );
        assert_eq!(
            only_error("\n# x\n"),
            "a.bedpe: expected pairs, or a header that starts with #chrom1, found none in its 2 lines"
        );
    }

    #[test]
    fn rows_have_the_headers_columns() {
        let text =
            "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\n1\t0\t5\t1\t7\t9\n1\t0\t5\t1\t7\t9\t2\n";
        assert_eq!(only_error(text), "a.bedpe, line 2: expected 7 columns, found 6");
        assert_eq!(
            read(text).unwrap()[1].as_ref().unwrap_err(),
            "a.bedpe, line 3, column 7 (label): expected 0, 1 or '.', found \"2\""
        );
        assert_eq!(read("#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\n").unwrap(), []);
    }
}
