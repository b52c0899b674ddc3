//! One row of a table: fields that know their line and column, so that every fault can name its place.

use std::num::IntErrorKind;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Interval, IntervalError, Strand};

use crate::table_error::shown;
use crate::{Line, TableError};

/// The fields of one line.
///
/// Columns are given by index (0-based) and by the name that messages use.
///
/// ```
/// use ciskit_seqio::{LineReader, Row};
///
/// let mut lines = LineReader::new("chr1\t10\tx".as_bytes(), "a.bed")?;
/// let row = Row::tabs(lines.next_line()?.unwrap());
/// assert_eq!(row.position(1, "start")?, 10);
/// assert_eq!(
///     row.position(2, "end").unwrap_err().to_string(),
///     r#"a.bed, line 1, column 3 (end): expected a position, a whole number of 0 or more, found "x""#
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Row<'a> {
    path: &'a Arc<Path>,
    line: u64,
    fields: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The fields of a line that are separated by tabs; an empty field is one.
    #[must_use]
    pub fn tabs(line: Line<'a>) -> Self {
        Self::new(line.path, line.number, line.text.split('\t').collect())
    }

    /// The fields of a line that are separated by any number of blanks.
    #[must_use]
    pub fn blanks(line: Line<'a>) -> Self {
        Self::new(line.path, line.number, line.text.split_ascii_whitespace().collect())
    }

    pub(crate) fn new(path: &'a Arc<Path>, line: u64, fields: Vec<&'a str>) -> Self {
        Self { path, line, fields }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &'a Arc<Path> {
        self.path
    }

    /// Number of the line, 1-based.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// All fields.
    #[must_use]
    pub fn fields(&self) -> &[&'a str] {
        &self.fields
    }

    /// Refuses a row of any other number of columns.
    ///
    /// # Errors
    ///
    /// [`TableError::ColumnCount`].
    pub fn expect_columns(&self, count: usize) -> Result<(), TableError> {
        match self.fields.len() {
            found if found == count => Ok(()),
            _ => Err(self.miscounted(count.to_string())),
        }
    }

    /// Refuses a row of fewer columns.
    ///
    /// # Errors
    ///
    /// [`TableError::ColumnCount`].
    pub fn expect_at_least(&self, count: usize) -> Result<(), TableError> {
        match self.fields.len() {
            found if found >= count => Ok(()),
            _ => Err(self.miscounted(format!("at least {count}"))),
        }
    }

    /// A field as it is.
    ///
    /// # Errors
    ///
    /// [`TableError::ColumnCount`] if the row has no such column, as for all methods below.
    pub fn text(&self, column: usize) -> Result<&'a str, TableError> {
        self.expect_at_least(column + 1)?;
        Ok(self.fields[column])
    }

    /// A field that may be missing: `None` if the row has no such column, or if it is empty or `.`.
    #[must_use]
    pub fn optional(&self, column: usize) -> Option<&'a str> {
        self.fields.get(column).copied().filter(|text| !matches!(*text, "" | "."))
    }

    /// A field of a table in which `NA` stands for a missing value too.
    pub(crate) fn known(&self, column: usize) -> Option<&'a str> {
        self.optional(column).filter(|text| *text != "NA")
    }

    /// A field that has to say something.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] if it is empty or `.`.
    pub fn required(&self, column: usize, name: &str) -> Result<&'a str, TableError> {
        self.text(column)?;
        self.optional(column).ok_or_else(|| self.refuse(column, name, "a value"))
    }

    /// The name of a contig: a word that does not start with `#`.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for anything else.
    pub fn contig(&self, column: usize, name: &str) -> Result<&'a str, TableError> {
        let text = self.text(column)?;
        match is_contig_name(text) {
            true => Ok(text),
            false => Err(self.refuse(column, name, "the name of a contig")),
        }
    }

    /// A position or length in bp.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] if it is no whole number of 0 or more.
    pub fn position(&self, column: usize, name: &str) -> Result<u64, TableError> {
        let text = self.text(column)?;
        text.parse().map_err(|fault: std::num::ParseIntError| {
            let expected = match fault.kind() {
                IntErrorKind::PosOverflow => format!("a position of at most {}", i64::MAX),
                _ => "a position, a whole number of 0 or more".into(),
            };
            self.refuse(column, name, expected)
        })
    }

    /// The interval of three neighbouring columns (contig, start, end), which are 0-based and half-open.
    ///
    /// `names` are the columns' names; `contigs` is where the contig's name is shared with other rows.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] if one of them is none, or if the end lies before the start.
    pub fn interval(
        &self,
        first: usize,
        names: [&str; 3],
        contigs: &mut LastName<ContigName>,
    ) -> Result<Interval, TableError> {
        self.interval_at([first, first + 1, first + 2], names, contigs)
    }

    /// The interval of three columns anywhere in the row; otherwise as [`interval`](Self::interval).
    pub(crate) fn interval_at(
        &self,
        [contig, start, end]: [usize; 3],
        names: [&str; 3],
        contigs: &mut LastName<ContigName>,
    ) -> Result<Interval, TableError> {
        let contig = contigs.get(self.contig(contig, names[0])?);
        let start = self.position(start, names[1])?;
        let stop = self.position(end, names[2])?;
        self.interval_of(contig, start, stop, end, names[2])
    }

    /// The interval of positions that were read already; `column` and `name` are those of the end.
    pub(crate) fn interval_of(
        &self,
        contig: ContigName,
        start: u64,
        end: u64,
        column: usize,
        name: &str,
    ) -> Result<Interval, TableError> {
        Interval::new(contig, start, end).map_err(|fault| {
            let expected = match fault {
                IntervalError::Reversed { start, .. } => format!("a position not before the start, {start}"),
                _ => format!("a position of at most {}", i64::MAX),
            };
            self.refuse(column, name, expected)
        })
    }

    /// A number, or `None` for what [`optional`](Self::optional) calls missing.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for anything else.
    pub fn number(&self, column: usize, name: &str) -> Result<Option<f64>, TableError> {
        let parsed = self.optional(column).map(str::parse).transpose();
        parsed.map_err(|_| self.refuse(column, name, "a number or '.'"))
    }

    /// A number, or `None` for what [`known`](Self::known) calls missing.
    pub(crate) fn known_number(&self, column: usize, name: &str) -> Result<Option<f64>, TableError> {
        let parsed = self.known(column).map(str::parse).transpose();
        parsed.map_err(|_| self.refuse(column, name, "a number or NA"))
    }

    /// A strand; unknown for what [`optional`](Self::optional) calls missing.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for anything but `+`, `-`, `.` and nothing.
    pub fn strand(&self, column: usize, name: &str) -> Result<Strand, TableError> {
        let Some(symbol) = self.optional(column) else { return Ok(Strand::Unknown) };
        Strand::from_symbol(symbol).ok_or_else(|| self.refuse(column, name, "'+', '-' or '.'"))
    }

    /// A label: `1` for pairs that interact, `0` for those that don't, `None` for `.`.
    ///
    /// # Errors
    ///
    /// [`TableError::Value`] for anything else.
    pub fn label(&self, column: usize, name: &str) -> Result<Option<bool>, TableError> {
        match self.text(column)? {
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            "." => Ok(None),
            _ => Err(self.refuse(column, name, "0, 1 or '.'")),
        }
    }

    /// The error for a field that is not what its column holds.
    #[must_use]
    pub fn refuse(&self, column: usize, name: &str, expected: impl Into<String>) -> TableError {
        TableError::Value {
            path: self.path.to_path_buf(),
            line: self.line,
            column: column + 1,
            name: name.to_owned(),
            expected: expected.into(),
            found: shown(self.fields.get(column).unwrap_or(&"")),
        }
    }

    pub(crate) fn miscounted(&self, expected: String) -> TableError {
        let (path, line) = (self.path.to_path_buf(), self.line);
        TableError::ColumnCount { path, line, expected, found: self.fields.len() }
    }
}

/// Whether a text can stand for a contig in a table: one word that is no comment and not `.`.
pub(crate) fn is_contig_name(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && !text.starts_with('#')
        && !text.contains(|letter: char| letter.is_ascii_whitespace())
}

/// `0`, `1` or `.`: how labels are written.
pub(crate) fn label_symbol(label: Option<bool>) -> &'static str {
    label.map_or(".", |positive| if positive { "1" } else { "0" })
}

/// The name met last: neighbouring rows mostly share their contig and cell, and so can share one allocation.
///
/// ```
/// use std::sync::Arc;
///
/// let mut names = ciskit_seqio::LastName::<Arc<str>>::default();
/// assert!(Arc::ptr_eq(&names.get("chr1"), &names.get("chr1")));
/// assert_eq!(&*names.get("chr2"), "chr2");
/// ```
#[derive(Clone, Debug)]
pub struct LastName<T>(Option<T>);

impl<T> Default for LastName<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + for<'t> From<&'t str> + Deref<Target = str>> LastName<T> {
    /// The name, shared if it is the one of the last call.
    pub fn get(&mut self, name: &str) -> T {
        match &self.0 {
            Some(last) if **last == *name => last.clone(),
            _ => self.0.insert(name.into()).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(path: &'a Arc<Path>, text: &'a str) -> Row<'a> {
        Row::tabs(Line { path, number: 7, text })
    }

    fn path() -> Arc<Path> {
        Path::new("t.tsv").into()
    }

    #[test]
    fn positions_that_are_none() {
        let path = path();
        for text in ["-1", "", ".", "1.5", " 1", "1e3", "0x1"] {
            let message = row(&path, text).position(0, "start").unwrap_err().to_string();
            let expected = "column 1 (start): expected a position, a whole number of 0 or more";
            assert_eq!(message, format!("t.tsv, line 7, {expected}, found {text:?}"));
        }
        assert_eq!(
            row(&path, "99999999999999999999").position(0, "start").unwrap_err().to_string(),
            "t.tsv, line 7, column 1 (start): expected a position of at most 9223372036854775807, found \
             \"99999999999999999999\""
        );
    }

    #[test]
    fn missing_is_dot_or_nothing() {
        let path = path();
        let row = row(&path, ".\t\t0");
        assert_eq!(
            (row.optional(0), row.optional(1), row.optional(2), row.optional(3)),
            (None, None, Some("0"), None)
        );
        assert!(matches!(row.required(1, "name"), Err(TableError::Value { column: 2, .. })));
        assert_eq!(
            row.text(3).unwrap_err().to_string(),
            "t.tsv, line 7: expected at least 4 columns, found 3"
        );
        assert_eq!(
            row.expect_columns(2).unwrap_err().to_string(),
            "t.tsv, line 7: expected 2 columns, found 3"
        );
    }

    #[test]
    fn contigs_are_words() {
        for text in ["", ".", "#chr1", "chr 1", "chr1\u{b}", "chr1 "] {
            let expected = text == "chr1\u{b}"; // ASCII's vertical tab is no blank in any of the formats
            assert_eq!(is_contig_name(text), expected, "{text:?}");
        }
        assert!(is_contig_name("HLA-A*01:01"));
    }

    #[test]
    fn long_values_are_cut() {
        let path = path();
        let text = "ä".repeat(100);
        let message = row(&path, &text).label(0, "label").unwrap_err().to_string();
        assert!(
            message.ends_with(&format!("expected 0, 1 or '.', found \"{}…\"", "ä".repeat(60))),
            "{message}"
        );
    }
}
