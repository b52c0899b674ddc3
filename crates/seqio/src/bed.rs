//! BED: one interval a line.

use std::path::Path;

use ciskit_core::{ContigName, Element, Interval, Strand};

use crate::row::is_contig_name;
use crate::{LastName, Line, LineReader, Row, TableError, TextWriter};

/// Columns that BED defines and that are read here; narrowPeak and others share them.
const STANDARD: usize = 6;

/// One line of a BED file.
///
/// ```
/// use ciskit_core::Interval;
///
/// let record = ciskit_seqio::BedRecord::from(Interval::new("chr1", 5, 9)?);
/// assert_eq!((record.element.key().as_str(), record.score), ("chr1:5-9", None));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BedRecord {
    /// Interval, name and strand.
    pub element: Element,
    /// Score; `None` for `.`.
    pub score: Option<f64>,
    /// Columns behind the standard ones, as they are.
    pub extra: Vec<String>,
}

impl From<Interval> for BedRecord {
    fn from(interval: Interval) -> Self {
        Self { element: interval.into(), score: None, extra: Vec::new() }
    }
}

/// Reads BED3 to BED6 and whatever has more columns (narrowPeak, BED12), record by record.
///
/// Blank lines, comments (`#`) and the lines `track …` and `browser …` are skipped. Columns are separated by tabs,
/// in lines without a tab by blanks.
///
/// # Units
///
/// BED is 0-based half-open, as core is: positions are taken over unchanged.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row. A file that is empty is [`TableError::Empty`], one of comments alone is not.
///
/// ```
/// use ciskit_core::Strand;
/// use ciskit_seqio::{BedReader, LineReader};
///
/// let bed = "track name=peaks\nchr1\t100\t250\tpeak_1\t7.5\t-\tkept\n";
/// let mut peaks = BedReader::from_lines(LineReader::new(bed.as_bytes(), "peaks.bed")?);
/// let peak = peaks.next().unwrap()?;
/// assert_eq!(peak.element.interval.to_string(), "chr1:100-250");
/// assert_eq!((peak.element.name.as_deref(), peak.score), (Some("peak_1"), Some(7.5)));
/// assert_eq!((peak.element.strand, &peak.extra[..]), (Strand::Reverse, &["kept".to_owned()][..]));
/// assert!(peaks.next().is_none());
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct BedReader {
    lines: LineReader,
    standard: usize,
    contigs: LastName<ContigName>,
    /// Whether no line has been met yet.
    empty: bool,
}

impl BedReader {
    /// Opens a BED file, plain, gzip or bgzip.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Ok(Self::from_lines(LineReader::open(path)?))
    }

    /// Reads from lines.
    #[must_use]
    pub fn from_lines(lines: LineReader) -> Self {
        Self { lines, standard: STANDARD, contigs: LastName::default(), empty: true }
    }

    /// Takes only the first columns for BED's own and keeps the others as they are: files known as BED3+ and
    /// BED4+ put other things than a score and a strand into the fifth and sixth.
    ///
    /// # Panics
    ///
    /// If the number is not 3, 4, 5 or 6.
    ///
    /// ```
    /// use ciskit_seqio::{BedReader, LineReader};
    ///
    /// let bed = "chr1 10 20 EH38D1 EH38E1 dELS\n";
    /// let lines = LineReader::new(bed.as_bytes(), "ccres.bed")?;
    /// let element = BedReader::from_lines(lines).standard_columns(4).next().unwrap()?;
    /// assert_eq!(element.extra, ["EH38E1", "dELS"]);
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    #[must_use]
    pub fn standard_columns(mut self, count: usize) -> Self {
        assert!((3..=STANDARD).contains(&count), "BED's own columns are 3 to 6, not {count}");
        self.standard = count;
        self
    }

    fn read(&mut self) -> Result<Option<BedRecord>, TableError> {
        while let Some(line) = self.lines.next_where(|text| !text.trim_ascii().is_empty())? {
            self.empty = false;
            if !is_comment(line.text) {
                return record(&fields(line), self.standard, &mut self.contigs).map(Some);
            }
        }
        match std::mem::take(&mut self.empty) {
            true => Err(self.lines.empty("BED lines")),
            false => Ok(None),
        }
    }
}

impl Iterator for BedReader {
    type Item = Result<BedRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

pub(crate) fn is_comment(line: &str) -> bool {
    let word = |word| line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    line.starts_with('#') || word("track") || word("browser")
}

/// The fields of a line: separated by tabs, in lines without a tab by blanks.
pub(crate) fn fields(line: Line<'_>) -> Row<'_> {
    if line.text.contains('\t') { Row::tabs(line) } else { Row::blanks(line) }
}

/// The record of a row whose first columns, as many as `standard`, are BED's own.
pub(crate) fn record(
    row: &Row<'_>,
    standard: usize,
    contigs: &mut LastName<ContigName>,
) -> Result<BedRecord, TableError> {
    row.expect_at_least(3)?;
    let interval = row.interval(0, ["contig", "start", "end"], contigs)?;
    let own = |column: usize| column < standard;
    let name = row.optional(3).filter(|_| own(3)).map(Into::into);
    let score = if own(4) { row.number(4, "score")? } else { None };
    let strand = if own(5) { row.strand(5, "strand")? } else { Strand::Unknown };
    let extra = row.fields().iter().skip(standard).map(|&field| field.to_owned()).collect();
    Ok(BedRecord { element: Element { interval, name, strand }, score, extra })
}

/// Writes BED6 and further columns.
///
/// # Units
///
/// BED is 0-based half-open, as core is: positions are written unchanged.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_seqio::{BedReader, BedRecord, BedWriter};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("windows.bed.gz");
/// let record = BedRecord::from(Interval::new("chr1", 5, 9)?);
/// let mut writer = BedWriter::create(&path)?;
/// writer.write(&record)?;
/// writer.finish()?;
/// assert_eq!(BedReader::open(&path)?.next().unwrap()?, record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BedWriter(TextWriter);

impl BedWriter {
    /// Starts a file; see [`TextWriter::create`].
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, TableError> {
        TextWriter::create(path).map(Self::from)
    }

    /// Writes one record.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for what would not read back the same: a tab or line end in a field, a contig's
    /// name that is no word. [`TableError::Write`] if writing fails.
    pub fn write(&mut self, record: &BedRecord) -> Result<(), TableError> {
        let BedRecord { element, score, extra } = record;
        let interval = &element.interval;
        if !is_contig_name(interval.contig()) {
            return Err(self.0.unwritable(interval.contig(), "it is no name of a contig"));
        }
        let (start, end) = (interval.start().to_string(), interval.end().to_string());
        let score = score.map_or(".".into(), |score| score.to_string());
        let strand = element.strand.to_string();
        let name = element.name.as_deref().unwrap_or(".");
        let standard = [interval.contig().as_str(), &start, &end, name, &score, &strand];
        self.0.row(standard.into_iter().chain(extra.iter().map(String::as_str)))
    }

    /// Gives the file its name; see [`TextWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn finish(self) -> Result<(), TableError> {
        self.0.finish()
    }
}

impl From<TextWriter> for BedWriter {
    fn from(writer: TextWriter) -> Self {
        Self(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Vec<Result<BedRecord, String>> {
        let lines = LineReader::new(text.as_bytes(), "a.bed").unwrap();
        BedReader::from_lines(lines).map(|record| record.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn header_lines_are_skipped_but_contigs_called_like_them_are_not() {
        let text = "browser position chr7\ntrack\n#c\n \n\ntrack\t1\t2\ntracks 3 4\n";
        let contigs: Vec<String> =
            read(text).into_iter().map(|record| record.unwrap().element.interval.to_string()).collect();
        assert_eq!(contigs, ["track:1-2", "tracks:3-4"]);
    }

    #[test]
    fn a_bad_row_costs_one_row() {
        let records = read("chr1\t1\nchr1\t-1\t5\nchr1\t1\t5\tn\tx\nchr1\t1\t5\tn\t1\t*\nchr1\t1\t5\n");
        let errors: Vec<&str> =
            records[..4].iter().map(|record| record.as_ref().unwrap_err().as_str()).collect();
        assert_eq!(
            errors,
            [
                "a.bed, line 1: expected at least 3 columns, found 2",
                "a.bed, line 2, column 2 (start): expected a position, a whole number of 0 or more, found \"-1\"",
                "a.bed, line 3, column 5 (score): expected a number or '.', found \"x\"",
                "a.bed, line 4, column 6 (strand): expected '+', '-' or '.', found \"*\"",
            ]
        );
        assert!(records[4].is_ok() && records.len() == 5);
    }

    #[test]
    fn an_empty_file_says_so_once() {
        assert_eq!(read(""), [Err("a.bed: expected BED lines, found an empty file".to_owned())]);
        assert_eq!(read("\n \n").len(), 1);
        assert_eq!(read("# nothing met the peaks\n"), []);
    }

    #[test]
    fn empty_intervals_are_places_between_bases() {
        assert!(read("chr1\t5\t5\n")[0].as_ref().is_ok_and(|record| record.element.interval.is_empty()));
    }
}
