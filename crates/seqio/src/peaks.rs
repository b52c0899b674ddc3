//! Peaks: ENCODE's narrowPeak and broadPeak.

use std::path::Path;

use ciskit_core::{ContigName, Element};

use crate::bed;
use crate::{LastName, LineReader, Row, TableError};

/// Columns of BED in front.
const STANDARD: usize = 6;

/// Columns behind those of BED; broadPeak has the first three.
const NAMES: [&str; 4] = ["signalValue", "pValue", "qValue", "peak"];

/// One peak of a narrowPeak or broadPeak file.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_seqio::PeakRecord;
///
/// let element = Interval::new("chr1", 100, 300)?.into();
/// let peak = PeakRecord { element, score: None, signal: 7.0, p_value: None, q_value: None, offset: Some(40) };
/// assert_eq!(peak.summit(), Some(140));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PeakRecord {
    /// Interval, name and strand.
    pub element: Element,
    /// Score, by which browsers shade; `None` for `.`.
    pub score: Option<f64>,
    /// How strong the peak is, mostly a mean enrichment.
    pub signal: f64,
    /// -log10 of the p-value; `None` where the caller gave none (-1).
    pub p_value: Option<f64>,
    /// -log10 of the q-value; `None` where the caller gave none (-1).
    pub q_value: Option<f64>,
    /// Distance of the summit from the start in bp; `None` where none was called (-1), and in broadPeak.
    pub offset: Option<u64>,
}

impl PeakRecord {
    /// Position of the summit (0-based).
    #[must_use]
    pub fn summit(&self) -> Option<u64> {
        self.offset.map(|offset| self.element.interval.start() + offset)
    }
}

/// Reads narrowPeak (BED6+4) and broadPeak (BED6+3), record by record.
///
/// The first row's number of columns tells which of the two a file is.
/// Blank lines, comments (`#`) and the lines `track …` and `browser …` are skipped, as in
/// [`BedReader`](crate::BedReader), which reads the same files without a look at the values.
///
/// # Units
///
/// Both formats are 0-based half-open, as core is: positions are taken over unchanged. p- and q-values are -log10.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed or its summit lies outside the
/// peak; the next call reads the next row. A file that is empty is [`TableError::Empty`], one of comments alone is not.
///
/// # Cost
///
/// Memory of one row.
///
/// # Source
///
/// ENCODE, <https://genome.ucsc.edu/FAQ/FAQformat.html#format12>.
///
/// ```
/// use ciskit_seqio::{LineReader, PeakReader};
///
/// let peaks = "chr1\t9356548\t9356648\t.\t0\t.\t182\t5.0945\t-1\t50\n";
/// let mut peaks = PeakReader::from_lines(LineReader::new(peaks.as_bytes(), "ctcf.narrowPeak")?);
/// let peak = peaks.next().unwrap()?;
/// assert_eq!((peak.signal, peak.p_value, peak.q_value), (182.0, Some(5.0945), None));
/// assert_eq!(peak.summit(), Some(9_356_598));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct PeakReader {
    lines: LineReader,
    /// Columns of every row; `None` before the first.
    columns: Option<usize>,
    contigs: LastName<ContigName>,
    /// Whether no line has been met yet.
    empty: bool,
}

impl PeakReader {
    /// Opens a file, plain, gzip or bgzip.
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
        Self { lines, columns: None, contigs: LastName::default(), empty: true }
    }

    fn read(&mut self) -> Result<Option<PeakRecord>, TableError> {
        while let Some(line) = self.lines.next_where(|text| !text.trim_ascii().is_empty())? {
            self.empty = false;
            if !bed::is_comment(line.text) {
                let row = bed::fields(line);
                let columns = match self.columns {
                    Some(columns) => columns,
                    None => match row.fields().len() {
                        found @ 9..=10 => *self.columns.insert(found),
                        _ => return Err(row.miscounted("9 (broadPeak) or 10 (narrowPeak)".into())),
                    },
                };
                row.expect_columns(columns)?;
                return peak(&row, &mut self.contigs).map(Some);
            }
        }
        match std::mem::take(&mut self.empty) {
            true => Err(self.lines.empty("peaks")),
            false => Ok(None),
        }
    }
}

impl Iterator for PeakReader {
    type Item = Result<PeakRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn peak(row: &Row<'_>, contigs: &mut LastName<ContigName>) -> Result<PeakRecord, TableError> {
    let bed::BedRecord { element, score, .. } = bed::record(row, STANDARD, contigs)?;
    let value = |index: usize| row.number(STANDARD + index, NAMES[index]);
    let signal = value(0)?.ok_or_else(|| row.refuse(STANDARD, NAMES[0], "a number"))?;
    let given = |value: Option<f64>| value.filter(|&value| value != -1.0);
    let (p_value, q_value) = (given(value(1)?), given(value(2)?));
    let column = STANDARD + 3;
    let offset = match row.optional(column) {
        None | Some("-1") => None,
        Some(_) => Some(row.position(column, NAMES[3])?),
    };
    if offset.is_some_and(|offset| offset >= element.interval.len()) {
        let expected = format!("a distance within the peak of {} bp, or -1", element.interval.len());
        return Err(row.refuse(column, NAMES[3], expected));
    }
    Ok(PeakRecord { element, score, signal, p_value, q_value, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Vec<Result<PeakRecord, String>> {
        let lines = LineReader::new(text.as_bytes(), "t.peak").unwrap();
        PeakReader::from_lines(lines).map(|peak| peak.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn broad_peaks_have_no_summit() {
        let peaks = read("track type=broadPeak\nchr1\t5\t9\tp\t37\t+\t2.5\t-1\t3\n");
        let peak = peaks[0].as_ref().unwrap();
        assert_eq!(
            (peak.score, peak.p_value, peak.q_value, peak.summit()),
            (Some(37.0), None, Some(3.0), None)
        );
        assert_eq!(peak.element.strand, ciskit_core::Strand::Forward);
    }

    #[test]
    fn a_peak_without_summit() {
        assert_eq!(read("1\t5\t9\t.\t0\t.\t2\t-1\t-1\t-1\n")[0].as_ref().unwrap().summit(), None);
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(read(""), [Err("t.peak: expected peaks, found an empty file".to_owned())]);
        assert_eq!(
            read("1\t5\t9\tp\t0\t.\n")[0].as_ref().unwrap_err(),
            "t.peak, line 1: expected 9 (broadPeak) or 10 (narrowPeak) columns, found 6"
        );
        let peaks = read(
            "1\t5\t9\tp\t0\t.\t1\t2\t3\t3\n1\t5\t9\tp\t0\t.\t1\t2\t3\n1\t5\t9\tp\t0\t.\t.\t2\t3\t1\n\
             1\t5\t9\tp\t0\t.\t1\thigh\t3\t1\n1\t5\t9\tp\t0\t.\t1\t2\t3\t4\n1\t5\t9\tp\t0\t.\t1\t2\t3\t-2\n",
        );
        let errors: Vec<&str> =
            peaks.iter().filter_map(|peak| peak.as_ref().err()).map(String::as_str).collect();
        assert_eq!(
            errors,
            [
                "t.peak, line 2: expected 10 columns, found 9",
                "t.peak, line 3, column 7 (signalValue): expected a number, found \".\"",
                "t.peak, line 4, column 8 (pValue): expected a number or '.', found \"high\"",
                "t.peak, line 5, column 10 (peak): expected a distance within the peak of 4 bp, or -1, found \"4\"",
                "t.peak, line 6, column 10 (peak): expected a position, a whole number of 0 or more, found \"-2\"",
            ]
        );
        assert!(peaks[0].is_ok());
    }
}
