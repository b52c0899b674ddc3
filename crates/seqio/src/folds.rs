//! Fold tables: which pair is in which part of which fold, row by row.
//!
//! # The fold format
//!
//! ```text
//! ##ciskit folds format=1
//! ##splitter 8 chromosome folds
//! #chrom1 start1 end1 chrom2 start2 end2 name cell fold           part
//! chr1    100    300  chr1   5000   7000 .    K562 chr1,chr2,chr3 test
//! chr1    100    300  chr1   5000   7000 .    K562 chr4,chr5,chr6 train
//! chrY    100    300  chrY   5000   7000 .    K562 .              .
//! ```
//!
//! separated by tabs: a row for each fold that the pair has a part of, one with `.` for a pair that is in none.
//! `part` is `train`, `validation` or `test`. A line `##leak` says how the split leaks, in words, if it is known to.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Interval};

use crate::row::is_contig_name;
use crate::{LastName, LineReader, Separator, Table, TableError, TextWriter, format_line};

/// What the format line calls fold tables.
const KIND: &str = "folds";

const COLUMNS: [&str; 10] =
    ["chrom1", "start1", "end1", "chrom2", "start2", "end2", "name", "cell", "fold", "part"];

const PARTS: [&str; 3] = ["train", "validation", "test"];

const SPLITTER: &str = "##splitter ";
const LEAK: &str = "##leak ";

/// One row of a fold table.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_seqio::FoldRecord;
///
/// let record = FoldRecord {
///     enhancer: Interval::new("chr1", 100, 300)?,
///     promoter: Interval::new("chr1", 5_000, 7_000)?,
///     name: None,
///     cell: Some("K562".into()),
///     place: Some(("chr1".into(), "test".into())),
/// };
/// assert!(record.place.is_some_and(|(_, part)| &*part == "test"));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldRecord {
    /// Where the pair's enhancer lies.
    pub enhancer: Interval,
    /// Where the pair's promoter lies.
    pub promoter: Interval,
    /// The pair's name.
    pub name: Option<Arc<str>>,
    /// The pair's cell.
    pub cell: Option<Arc<str>>,
    /// Name of the fold and the part of it, `train`, `validation` or `test`; `None` for a pair in no fold.
    pub place: Option<(Arc<str>, Arc<str>)>,
}

/// Reads a fold table, record by record. Columns are found by name; `name` and `cell` may be missing.
///
/// # Units
///
/// 0-based half-open, as core is.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// ```
/// use ciskit_seqio::{FoldReader, LineReader};
///
/// let table = "##leak places are shared\n\
///              #chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tfold\tpart\nchr1\t1\t3\tchr1\t5\t7\t0\tdev\n";
/// let mut folds = FoldReader::from_lines(LineReader::new(table.as_bytes(), "folds.tsv")?)?;
/// assert_eq!((folds.splitter(), folds.leak()), (None, Some("places are shared")));
/// assert_eq!(
///     folds.next().unwrap().unwrap_err().to_string(),
///     "folds.tsv, line 3, column 8 (part): expected train, validation or test, found \"dev\""
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct FoldReader {
    table: Table,
    splitter: Option<String>,
    leak: Option<String>,
    /// Places of [`COLUMNS`].
    columns: [Option<usize>; COLUMNS.len()],
    contigs: [LastName<ContigName>; 2],
    names: [LastName<Arc<str>>; 3],
}

impl FoldReader {
    /// Opens a fold table, plain, gzip or bgzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without places, `fold` or `part`, [`TableError::Newer`]
    /// for a format of the future.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(mut lines: LineReader) -> Result<Self, TableError> {
        let (mut splitter, mut leak) = (None, None);
        while let Some(line) = lines.next_where(|text| !text.is_empty())? {
            if !line.text.starts_with("##") {
                lines.repeat();
                break;
            }
            format_line::check(line, KIND)?;
            splitter = line.text.strip_prefix(SPLITTER).map(str::to_owned).or(splitter);
            leak = line.text.strip_prefix(LEAK).map(str::to_owned).or(leak);
        }
        let table = Table::from_lines(lines, Separator::Tab)?;
        let columns = COLUMNS.map(|name| table.header().find(name));
        for name in COLUMNS.into_iter().filter(|name| !matches!(*name, "name" | "cell")) {
            table.header().require(name)?;
        }
        Ok(Self { table, splitter, leak, columns, contigs: Default::default(), names: Default::default() })
    }

    /// What made the split, if the file says so.
    #[must_use]
    pub fn splitter(&self) -> Option<&str> {
        self.splitter.as_deref()
    }

    /// How the split leaks, if the file says so.
    #[must_use]
    pub fn leak(&self) -> Option<&str> {
        self.leak.as_deref()
    }

    fn read(&mut self) -> Result<Option<FoldRecord>, TableError> {
        let Self { table, columns, contigs, names, .. } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        // A column that must be there was found; the others read as missing.
        let column = |index: usize| columns[index].unwrap_or(usize::MAX);
        let mut end = |side: usize| {
            let [contig, start, stop] = [0, 1, 2].map(|place| column(3 * side + place));
            let name = contigs[side].get(row.contig(contig, COLUMNS[3 * side])?);
            let start = row.position(start, COLUMNS[3 * side + 1])?;
            let position = row.position(stop, COLUMNS[3 * side + 2])?;
            row.interval_of(name, start, position, stop, COLUMNS[3 * side + 2])
        };
        let (enhancer, promoter) = (end(0)?, end(1)?);
        let mut text =
            |index: usize, shared: usize| row.optional(column(index)).map(|text| names[shared].get(text));
        let (name, cell, fold) = (text(6, 0), text(7, 1), text(8, 2));
        let place = match (fold, row.text(column(9))?) {
            (None, "." | "") => None,
            (None, _) => return Err(row.refuse(column(8), COLUMNS[8], "the name of a fold")),
            (Some(fold), part) => {
                let known = PARTS.into_iter().find(|known| *known == part);
                let refused = || row.refuse(column(9), COLUMNS[9], "train, validation or test");
                Some((fold, known.ok_or_else(refused)?.into()))
            }
        };
        Ok(Some(FoldRecord { enhancer, promoter, name, cell, place }))
    }
}

impl Iterator for FoldReader {
    type Item = Result<FoldRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Writes a fold table: the format line, what made the split and how it leaks, the header, the rows.
///
/// ```
/// use ciskit_core::Interval;
/// use ciskit_seqio::{FoldReader, FoldRecord, FoldWriter};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("folds.tsv");
/// let record = FoldRecord {
///     enhancer: Interval::new("chr1", 100, 300)?,
///     promoter: Interval::new("chr1", 5_000, 7_000)?,
///     name: Some("loop 7".into()),
///     cell: None,
///     place: Some(("chr1,chr2".into(), "validation".into())),
/// };
/// let mut writer = FoldWriter::create(&path, "8 chromosome folds", None)?;
/// writer.write(&record)?;
/// writer.finish()?;
///
/// let mut reader = FoldReader::open(&path)?;
/// assert_eq!((reader.splitter(), reader.leak()), (Some("8 chromosome folds"), None));
/// assert_eq!(reader.next().unwrap()?, record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FoldWriter {
    writer: TextWriter,
}

impl FoldWriter {
    /// Starts a file; see [`TextWriter::create`].
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`]; [`TableError::Unwritable`] if a text holds a line end.
    pub fn create(path: impl AsRef<Path>, splitter: &str, leak: Option<&str>) -> Result<Self, TableError> {
        let mut writer = TextWriter::create(path)?;
        writer.line(&format_line::written(KIND))?;
        writer.line(&format!("{SPLITTER}{splitter}"))?;
        if let Some(leak) = leak {
            writer.line(&format!("{LEAK}{leak}"))?;
        }
        let mut names = COLUMNS;
        let marked = format!("#{}", names[0]);
        names[0] = &marked;
        writer.row(names)?;
        Ok(Self { writer })
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for what would not read back the same: a tab or line end in a field, a contig's
    /// name that is no word, a fold called `.` or a part by another name. [`TableError::Write`] if writing fails.
    pub fn write(&mut self, record: &FoldRecord) -> Result<(), TableError> {
        let FoldRecord { enhancer, promoter, name, cell, place } = record;
        for contig in [enhancer.contig(), promoter.contig()] {
            if !is_contig_name(contig) {
                return Err(self.writer.unwritable(contig, "it is no name of a contig"));
            }
        }
        if let Some((fold, part)) = place {
            if matches!(&**fold, "" | ".") {
                return Err(self.writer.unwritable(fold, "it is no name of a fold"));
            }
            if !PARTS.contains(&&**part) {
                return Err(self.writer.unwritable(part, "it is no part of a fold"));
            }
        }
        let numbers = [enhancer.start(), enhancer.end(), promoter.start(), promoter.end()];
        let [start1, end1, start2, end2] = numbers.map(|number| number.to_string());
        self.writer.row([
            enhancer.contig().as_str(),
            &start1,
            &end1,
            promoter.contig().as_str(),
            &start2,
            &end2,
            name.as_deref().unwrap_or("."),
            cell.as_deref().unwrap_or("."),
            place.as_ref().map_or(".", |(fold, _)| fold),
            place.as_ref().map_or(".", |(_, part)| part),
        ])
    }

    /// Gives the file its name; see [`TextWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn finish(self) -> Result<(), TableError> {
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<FoldRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "f.tsv").unwrap();
        let rows = FoldReader::from_lines(lines).map_err(|error| error.to_string())?;
        rows.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_by_name_and_pairs_may_be_in_no_fold() {
        let text = "##ciskit folds format=1\n\n#part\tfold\tchrom1\tstart1\tend1\tchrom2\tstart2\tend2\n\
                    .\t.\tc\t1\t2\tc\t3\t4\ntest\ta\tc\t1\t2\tc\t3\t4\n";
        let rows = read(text).unwrap();
        assert_eq!((&rows[0].place, &rows[0].name, &rows[0].cell), (&None, &None, &None));
        assert_eq!(rows[1].place, Some(("a".into(), "test".into())));
        assert_eq!(rows[1].promoter.to_string(), "c:3-4");
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            (
                "##ciskit folds format=2\n",
                "f.tsv, line 1: folds format 2 is newer than format 1, the newest known here",
            ),
            (
                "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tfold\n",
                "f.tsv, line 1: expected a column named \"part\", found chrom1, start1, end1, chrom2, start2, end2, \
                 fold",
            ),
            (
                "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tfold\tpart\nc\t5\t2\tc\t1\t2\ta\ttest\n",
                "f.tsv, line 2, column 3 (end1): expected a position not before the start, 5, found \"2\"",
            ),
            (
                "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tfold\tpart\nc\t1\t2\tc\t1\t2\t.\ttest\n",
                "f.tsv, line 2, column 7 (fold): expected the name of a fold, found \".\"",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }

    #[test]
    fn what_would_read_back_otherwise_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = FoldWriter::create(folder.path().join("f.tsv"), "x", Some("y")).unwrap();
        let at = Interval::new("c", 0, 1).unwrap();
        for place in [(".", "test"), ("a", "dev")] {
            let place = Some((place.0.into(), place.1.into()));
            let record =
                FoldRecord { enhancer: at.clone(), promoter: at.clone(), name: None, cell: None, place };
            assert!(matches!(writer.write(&record), Err(TableError::Unwritable { .. })));
        }
        let twice = FoldWriter::create(folder.path().join("g.tsv"), "two\nlines", None);
        assert!(matches!(twice, Err(TableError::Unwritable { .. })));
    }
}
