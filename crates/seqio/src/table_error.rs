//! What can be wrong with a table: the text formats of one row a line.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ciskit_core::VariantError;

/// Why a table (BED, BEDPE, GTF, VCF, CSV, TSV) cannot be read or written.
///
/// Lines and columns are 1-based, as editors show them. An error in a row leaves the reader at the next row; an
/// error of the whole file (cut off, damaged, wrong line ends) ends it.
///
/// ```
/// use ciskit_seqio::{BedReader, LineReader};
///
/// let lines = LineReader::new("chr1\t10\t20\nchr1\t30\t25\n".as_bytes(), "peaks.bed")?;
/// let mut peaks = BedReader::from_lines(lines);
/// assert!(peaks.next().unwrap().is_ok());
/// let error = peaks.next().unwrap().unwrap_err();
/// assert_eq!(error.line(), Some(2));
/// assert_eq!(
///     error.to_string(),
///     r#"peaks.bed, line 2, column 3 (end): expected a position not before the start, 30, found "25""#
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Reading failed half-way.
    #[error("cannot read {path}, line {line}")]
    Read {
        /// File.
        path: PathBuf,
        /// The line that could not be read.
        line: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A compressed file that stops too early.
    #[error("{path} is cut off: its compressed data stop in line {line}")]
    Truncated {
        /// File.
        path: PathBuf,
        /// The first line that is not whole.
        line: u64,
    },
    /// A compressed file that cannot be unpacked.
    #[error("{path}, line {line}: the compressed data are damaged from here on")]
    Damaged {
        /// File.
        path: PathBuf,
        /// The line that could not be read.
        line: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Bytes that are no text.
    #[error("{path}, line {line}: expected UTF-8 text, found another encoding or binary data at byte {byte}")]
    Encoding {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// First offending byte of the line, 1-based.
        byte: usize,
    },
    /// A CR that does not belong to a CRLF, as in files whose lines end in CR alone.
    #[error(
        "{path}, line {line}, byte {byte}: CR without LF; lines must end in LF or CRLF (convert CR with: tr '\\r' '\\n')"
    )]
    CarriageReturn {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Place of the CR in the line, 1-based.
        byte: usize,
    },
    /// A line without end.
    #[error("{path}, line {line}: longer than {limit} bytes, so it is no line of a table")]
    LongLine {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Longest line that is read, in bytes.
        limit: u64,
    },
    /// Nothing where something is needed.
    #[error("{path}: expected {expected}, found {}", none_in(*lines))]
    Empty {
        /// File.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
        /// How many lines were searched for it.
        lines: u64,
    },
    /// A file of ours in a format of the future.
    #[error("{path}, line {line}: {kind} format {found} is newer than format {known}, the newest known here")]
    Newer {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Kind of file.
        kind: &'static str,
        /// Its format.
        found: u32,
        /// The newest format that can be read.
        known: u32,
    },
    /// A table without a column that it must have.
    #[error("{path}, line {line}: expected a column named {name:?}, found {found}")]
    MissingColumn {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// The missing column.
        name: String,
        /// The columns that are there.
        found: String,
    },
    /// Two columns of one name.
    #[error("{path}, line {line}: column {name:?} occurs twice")]
    DuplicateColumn {
        /// File.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// The name.
        name: String,
    },
    /// A row with too few or too many columns.
    #[error("{path}, line {line}: expected {expected} columns, found {found}")]
    ColumnCount {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// How many there should be: `4`, `at least 6`.
        expected: String,
        /// How many there are.
        found: usize,
    },
    /// A line that is not what should stand there.
    #[error("{path}, line {line}: expected {expected}, found {found:?}")]
    Line {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// What should be there.
        expected: String,
        /// Start of the line.
        found: String,
    },
    /// A value that does not fit its column.
    #[error("{path}, line {line}, column {column} ({name}): expected {expected}, found {found:?}")]
    Value {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Column, 1-based.
        column: usize,
        /// Name of the column.
        name: String,
        /// What should be there.
        expected: String,
        /// Start of what is there.
        found: String,
    },
    /// A row of a VCF file that is no variant.
    #[error("{path}, line {line}: {why}")]
    Variant {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// Why it is none.
        why: VariantError,
    },
    /// A bigWig file that is none, cut off or damaged.
    #[error("{path}, byte {byte}: expected {expected}")]
    BigWig {
        /// File.
        path: PathBuf,
        /// Where, from 0.
        byte: u64,
        /// What should be there.
        expected: String,
    },
    /// An array of numbers that is not what it should be.
    #[error("{path}: expected {expected}, found {found}")]
    Array {
        /// File.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Word vectors without some of the words.
    #[error("{path} has no vector for {missing} of {of} {k}-mers, the first of which is {first}")]
    Words {
        /// File.
        path: PathBuf,
        /// How many words are missing.
        missing: usize,
        /// How many there are.
        of: usize,
        /// Length of a word in bp.
        k: usize,
        /// The first that is missing, in alphabetical order.
        first: String,
    },
    /// A construct of which one allele is missing.
    #[error("{path} ends without the other allele of {variant}")]
    Unpaired {
        /// File.
        path: PathBuf,
        /// The variant.
        variant: String,
    },
    /// A key that is in a table twice.
    #[error("{path}, line {line}: {key} has a row already, in line {first}; keys must differ")]
    DuplicateKey {
        /// File.
        path: PathBuf,
        /// Line.
        line: u64,
        /// The key.
        key: String,
        /// Line of its first row.
        first: u64,
    },
    /// Measurements that a table has no row for.
    #[error("{path} has no row for {missing} of {of} measurements, the first of which is {first}")]
    MissingKeys {
        /// File.
        path: PathBuf,
        /// How many have none.
        missing: usize,
        /// How many there are.
        of: usize,
        /// The first that has none.
        first: String,
    },
    /// Something that would not read back the same.
    #[error("cannot write {found:?} to {path}: {why}")]
    Unwritable {
        /// File.
        path: PathBuf,
        /// Start of the value.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// Writing failed; a file that was there before is untouched.
    #[error("cannot write {path}")]
    Write {
        /// File.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl TableError {
    /// The line that the error is about, 1-based; `None` for errors of the file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Read { line, .. }
            | Self::Truncated { line, .. }
            | Self::Damaged { line, .. }
            | Self::Encoding { line, .. }
            | Self::CarriageReturn { line, .. }
            | Self::LongLine { line, .. }
            | Self::Newer { line, .. }
            | Self::MissingColumn { line, .. }
            | Self::DuplicateColumn { line, .. }
            | Self::ColumnCount { line, .. }
            | Self::DuplicateKey { line, .. }
            | Self::Line { line, .. }
            | Self::Value { line, .. }
            | Self::Variant { line, .. } => Some(*line),
            Self::Open { .. }
            | Self::Empty { .. }
            | Self::Array { .. }
            | Self::BigWig { .. }
            | Self::Words { .. }
            | Self::Unpaired { .. }
            | Self::MissingKeys { .. }
            | Self::Unwritable { .. }
            | Self::Write { .. } => None,
        }
    }

    /// What a failed read means: compressed data that stop or break say so by the kind of their error.
    pub(crate) fn reading(path: &Path, line: u64, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated { path, line },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Damaged { path, line, source },
            _ => Self::Read { path, line, source },
        }
    }

    pub(crate) fn unwritable(path: &Path, found: impl fmt::Display, why: impl Into<String>) -> Self {
        Self::Unwritable { path: path.to_path_buf(), found: shown(&found.to_string()), why: why.into() }
    }
}

/// What a search in lines found.
fn none_in(lines: u64) -> String {
    match lines {
        0 => "an empty file".into(),
        1 => "none in its line".into(),
        _ => format!("none in its {lines} lines"),
    }
}

/// The start of a text, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
