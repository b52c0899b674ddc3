//! Tables whose first line names their columns.

use std::path::Path;
use std::sync::Arc;

use crate::csv_fields::CsvFields;
use crate::format_line;
use crate::table_error::shown;
use crate::{Line, LineReader, Row, TableError};

/// What stands between two fields of a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Separator {
    /// A tab; fields hold anything but tabs and line ends.
    Tab,
    /// A comma; fields that hold one are quoted (RFC 4180). A quoted field ends in its line.
    Comma,
}

/// The names of a table's columns.
///
/// ```
/// use ciskit_seqio::{LineReader, Separator, Table};
///
/// let table = Table::from_lines(LineReader::new("#chrom\tpos\n".as_bytes(), "a.tsv")?, Separator::Tab)?;
/// assert_eq!((table.header().find("pos"), table.header().find("ref")), (Some(1), None));
/// let missing = table.header().require("ref").unwrap_err().to_string();
/// assert_eq!(missing, r#"a.tsv, line 1: expected a column named "ref", found chrom, pos"#);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Header {
    path: Arc<Path>,
    line: u64,
    names: Vec<String>,
}

impl Header {
    /// The header that a row is.
    ///
    /// # Errors
    ///
    /// [`TableError::DuplicateColumn`] if a name occurs twice; columns without a name may.
    pub fn new(row: &Row<'_>) -> Result<Self, TableError> {
        let names: Vec<String> = row.fields().iter().map(|&name| name.to_owned()).collect();
        let twice = |index: &usize| !names[*index].is_empty() && names[..*index].contains(&names[*index]);
        if let Some(index) = (0..names.len()).find(twice) {
            let (path, name) = (row.path().to_path_buf(), shown(&names[index]));
            return Err(TableError::DuplicateColumn { path, line: row.line(), name });
        }
        Ok(Self { path: row.path().clone(), line: row.line(), names })
    }

    /// All names in file order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index of the column of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column == name)
    }

    /// Index of a column that must be there.
    ///
    /// # Errors
    ///
    /// [`TableError::MissingColumn`] if it is not.
    pub fn require(&self, name: &str) -> Result<usize, TableError> {
        self.find(name).ok_or_else(|| self.missing(name))
    }

    /// Index of the first column that one of these names means, the first name first. Case, blanks, dots, dashes and
    /// underscores do not count: `RefAllele` is `ref_allele`.
    pub(crate) fn find_alias(&self, names: &[&str]) -> Option<usize> {
        let bare = |name: &str| -> String {
            let letters = name.chars().filter(|letter| !matches!(letter, ' ' | '.' | '-' | '_'));
            letters.flat_map(char::to_lowercase).collect()
        };
        let columns: Vec<String> = self.names.iter().map(|name| bare(name)).collect();
        names.iter().find_map(|name| columns.iter().position(|column| *column == bare(name)))
    }

    /// Index of a column that must be there under one of these names, the first of which is the usual one.
    pub(crate) fn require_alias(&self, names: &[&str]) -> Result<usize, TableError> {
        self.find_alias(names).ok_or_else(|| self.missing(names[0]))
    }

    /// The error for a column that must be there and is not.
    pub(crate) fn missing(&self, name: &str) -> TableError {
        TableError::MissingColumn {
            path: self.path.to_path_buf(),
            line: self.line,
            name: name.to_owned(),
            found: shown(&self.names.join(", ")),
        }
    }

    /// Indexes of the columns that are not among these.
    pub(crate) fn without(&self, used: &[usize]) -> Vec<usize> {
        (0..self.names.len()).filter(|index| !used.contains(index)).collect()
    }
}

/// Reads a table row by row; columns are found by name.
///
/// Blank lines, and lines in front of the header that start with `##`, are skipped; a single `#` in front of the
/// first column's name is no part of it. Every row has as many columns as the header.
///
/// ```
/// use ciskit_seqio::{LineReader, Separator, Table};
///
/// let csv = "name,\"of, two\"\na,\"1, 2\"\nb\n";
/// let mut table = Table::from_lines(LineReader::new(csv.as_bytes(), "a.csv")?, Separator::Comma)?;
/// let column = table.header().require("of, two")?;
/// assert_eq!(table.next_row()?.unwrap().text(column)?, "1, 2");
/// let short = table.next_row().unwrap_err().to_string();
/// assert_eq!(short, "a.csv, line 3: expected 2 columns, found 1");
/// assert!(table.next_row()?.is_none());
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct Table {
    lines: LineReader,
    header: Header,
    csv: Option<CsvFields>,
}

impl Table {
    /// Opens a table and reads its header.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`] and [`Header::new`]; [`TableError::Empty`] if there is no header.
    pub fn open(path: impl AsRef<Path>, separator: Separator) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?, separator)
    }

    /// Reads the header from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader, separator: Separator) -> Result<Self, TableError> {
        Self::with_format(lines, separator, None)
    }

    /// A table whose columns are separated by tabs if its header holds one, else by commas.
    pub(crate) fn sniffed(mut lines: LineReader) -> Result<Self, TableError> {
        let header = lines.next_where(|text| !text.is_empty() && !text.starts_with("##"))?;
        let tabs = header.is_some_and(|line| line.text.contains('\t'));
        if header.is_some() {
            lines.repeat();
        }
        Self::from_lines(lines, if tabs { Separator::Tab } else { Separator::Comma })
    }

    /// A table of ours, whose format line, if it has one, is of this kind.
    pub(crate) fn of_kind(lines: LineReader, kind: &'static str) -> Result<Self, TableError> {
        Self::with_format(lines, Separator::Tab, Some(kind))
    }

    fn with_format(
        mut lines: LineReader,
        separator: Separator,
        kind: Option<&'static str>,
    ) -> Result<Self, TableError> {
        let mut csv = (separator == Separator::Comma).then(CsvFields::new);
        loop {
            let Some(line) = lines.next_line()? else {
                return Err(lines.empty("a header with the names of the columns"));
            };
            if line.text.starts_with("##") {
                kind.map_or(Ok(()), |kind| format_line::check(line, kind))?;
            } else if !line.text.is_empty() {
                let text = line.text.strip_prefix('#').unwrap_or(line.text);
                let header = Header::new(&split(Line { text, ..line }, csv.as_mut())?)?;
                return Ok(Self { lines, header, csv });
            }
        }
    }

    /// A table that may lack a header, separated by tabs or else by commas, as its first line shows. A table whose first
    /// row is none for `is_header` has the columns `standard`, and behind them `column6` and so on.
    pub(crate) fn perhaps_named(
        mut lines: LineReader,
        standard: &[&str],
        is_header: impl Fn(&Row<'_>) -> bool,
    ) -> Result<Self, TableError> {
        let Some(line) = lines.next_where(|text| !text.is_empty() && !text.starts_with("##"))? else {
            return Err(lines.empty("a table with one row a line"));
        };
        let commas = line.text.contains(',') && !line.text.contains('\t');
        let mut csv = commas.then(CsvFields::new);
        let text = line.text.strip_prefix('#').unwrap_or(line.text);
        let row = split(Line { text, ..line }, csv.as_mut())?;
        if is_header(&row) {
            let header = Header::new(&row)?;
            return Ok(Self { lines, header, csv });
        }
        let name = |column: usize| standard.get(column).map(|&name| name.to_owned());
        let names = (0..row.fields().len()).map(|c| name(c).unwrap_or_else(|| format!("column{}", c + 1)));
        let header = Header { path: row.path().clone(), line: row.line(), names: names.collect() };
        lines.repeat();
        Ok(Self { lines, header, csv })
    }

    /// The same table with the blanks around its columns' names taken away.
    pub(crate) fn with_trimmed_names(mut self) -> Result<Self, TableError> {
        let Header { path, line, names } = &self.header;
        let trimmed = Row::new(path, *line, names.iter().map(|name| name.trim()).collect());
        self.header = Header::new(&trimmed)?;
        Ok(self)
    }

    /// The file's path, or the name given instead.
    #[must_use]
    pub fn path(&self) -> &Arc<Path> {
        self.lines.path()
    }

    /// The columns.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`TableError::ColumnCount`] for a row with more or fewer columns than the header, [`TableError::Line`] for
    /// a quote that is not closed, and those of [`LineReader::next_line`].
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, TableError> {
        let Self { lines, header, csv } = self;
        let Some(line) = lines.next_where(|text| !text.is_empty())? else { return Ok(None) };
        let row = split(line, csv.as_mut())?;
        row.expect_columns(header.names.len())?;
        Ok(Some(row))
    }
}

fn split<'a>(line: Line<'a>, csv: Option<&'a mut CsvFields>) -> Result<Row<'a>, TableError> {
    match csv {
        Some(csv) => csv.split(line),
        None => Ok(Row::tabs(line)),
    }
}
