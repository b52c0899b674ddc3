//! Element tables: pairs whose elements are named FASTA records.

use std::path::Path;

use crate::row::label_symbol;
use crate::{LineReader, Table, TableError, TextWriter, format_line};

/// What the format line calls element tables.
const KIND: &str = "elements";

const OURS: [&str; 3] = ["enhancer", "promoter", "label"];

/// One row of an element table.
///
/// ```
/// use ciskit_seqio::ElementPair;
///
/// let pair = ElementPair { enhancer: "e7".into(), promoter: "p1".into(), label: Some(true), extra: vec![] };
/// assert!(pair.label.is_some_and(|positive| positive));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementPair {
    /// Name of the enhancer's FASTA record.
    pub enhancer: String,
    /// Name of the promoter's FASTA record.
    pub promoter: String,
    /// Whether they interact; `None` where nobody knows.
    pub label: Option<bool>,
    /// Further columns as they are, in the order of [`ElementPairReader::extra_columns`].
    pub extra: Vec<String>,
}

/// Reads an element table: tab-separated, with the columns `enhancer`, `promoter` and, where labels are known,
/// `label` (0, 1 or `.`) anywhere among others.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// ```
/// use ciskit_seqio::{ElementPairReader, LineReader};
///
/// let table = "source\tpromoter\tenhancer\tlabel\nCBMF\tp1\te7\t0\n";
/// let mut pairs = ElementPairReader::from_lines(LineReader::new(table.as_bytes(), "pairs.tsv")?)?;
/// assert_eq!(pairs.extra_columns(), ["source"]);
/// let pair = pairs.next().unwrap()?;
/// assert_eq!((pair.enhancer.as_str(), pair.promoter.as_str(), pair.label), ("e7", "p1", Some(false)));
/// assert_eq!(pair.extra, ["CBMF"]);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct ElementPairReader {
    table: Table,
    enhancer: usize,
    promoter: usize,
    label: Option<usize>,
    extra: Vec<usize>,
    extra_names: Vec<String>,
}

impl ElementPairReader {
    /// Opens an element table, plain, gzip or bgzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without `enhancer` or `promoter`; [`TableError::Newer`]
    /// for a format of the future.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::of_kind(lines, KIND)?;
        let header = table.header();
        let (enhancer, promoter) = (header.require(OURS[0])?, header.require(OURS[1])?);
        let label = header.find(OURS[2]);
        let used: Vec<usize> = [enhancer, promoter].into_iter().chain(label).collect();
        let extra = header.without(&used);
        let extra_names = extra.iter().map(|&column| header.names()[column].clone()).collect();
        Ok(Self { table, enhancer, promoter, label, extra, extra_names })
    }

    /// Names of the columns that are kept in [`ElementPair::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        &self.extra_names
    }

    fn read(&mut self) -> Result<Option<ElementPair>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        Ok(Some(ElementPair {
            enhancer: row.required(self.enhancer, OURS[0])?.to_owned(),
            promoter: row.required(self.promoter, OURS[1])?.to_owned(),
            label: self.label.map_or(Ok(None), |column| row.label(column, OURS[2]))?,
            extra: self.extra.iter().map(|&column| row.fields()[column].to_owned()).collect(),
        }))
    }
}

impl Iterator for ElementPairReader {
    type Item = Result<ElementPair, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Writes an element table: `enhancer`, `promoter`, `label`, further columns.
///
/// ```
/// use ciskit_seqio::{ElementPair, ElementPairReader, ElementPairWriter};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pairs.tsv");
/// let pair = ElementPair { enhancer: "e1".into(), promoter: "p1".into(), label: None, extra: vec![] };
/// let mut writer = ElementPairWriter::create::<&str>(&path, &[])?;
/// writer.write(&pair)?;
/// writer.finish()?;
/// assert_eq!(ElementPairReader::open(&path)?.next().unwrap()?, pair);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ElementPairWriter {
    writer: TextWriter,
    extra: usize,
}

impl ElementPairWriter {
    /// Starts a file whose rows have these further columns; see [`TextWriter::create`].
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`]; [`TableError::Unwritable`] if a further column has the name of another one or
    /// holds a tab or line end.
    pub fn create<N: AsRef<str>>(path: impl AsRef<Path>, extra_columns: &[N]) -> Result<Self, TableError> {
        let mut writer = TextWriter::create(path)?;
        let mut names = OURS.to_vec();
        for name in extra_columns.iter().map(N::as_ref) {
            if names.contains(&name) {
                return Err(writer.unwritable(name, "two columns cannot have one name"));
            }
            names.push(name);
        }
        writer.line(&format_line::written(KIND))?;
        writer.row(names)?;
        Ok(Self { writer, extra: extra_columns.len() })
    }

    /// Writes one pair.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for what would not read back the same: a tab or line end in a field, an element
    /// without a name, more or fewer further columns than the header names. [`TableError::Write`] if writing fails.
    pub fn write(&mut self, pair: &ElementPair) -> Result<(), TableError> {
        let ElementPair { enhancer, promoter, label, extra } = pair;
        if extra.len() != self.extra {
            let why = format!("the header names {} further columns, not {}", self.extra, extra.len());
            return Err(self.writer.unwritable(extra.join(" "), why));
        }
        if let Some(name) = [enhancer, promoter].into_iter().find(|name| matches!(name.as_str(), "" | ".")) {
            return Err(self.writer.unwritable(name, "it is no name of an element"));
        }
        let own = [enhancer, promoter, label_symbol(*label)];
        self.writer.row(own.into_iter().chain(extra.iter().map(String::as_str)))
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

    fn first_error(text: &'static str) -> String {
        let lines = LineReader::new(text.as_bytes(), "pairs.tsv").unwrap();
        let rows = ElementPairReader::from_lines(lines);
        rows.and_then(|mut rows| rows.try_for_each(|row| row.map(drop))).unwrap_err().to_string()
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            ("", "pairs.tsv: expected a header with the names of the columns, found an empty file"),
            (
                "##x\n\n",
                "pairs.tsv: expected a header with the names of the columns, found none in its 2 lines",
            ),
            (
                "enhancer\tlabel\n",
                "pairs.tsv, line 1: expected a column named \"promoter\", found enhancer, label",
            ),
            (
                "##ciskit elements format=2\nenhancer\tpromoter\n",
                "pairs.tsv, line 1: elements format 2 is newer than format 1, the newest known here",
            ),
            (
                "enhancer\tpromoter\tlabel\ne\tp\tyes\n",
                "pairs.tsv, line 2, column 3 (label): expected 0, 1 or '.', found \"yes\"",
            ),
            ("enhancer\tpromoter\ne\tp\t1\n", "pairs.tsv, line 2: expected 2 columns, found 3"),
            (
                "enhancer\tpromoter\ne\t\n",
                "pairs.tsv, line 2, column 2 (promoter): expected a value, found \"\"",
            ),
        ] {
            assert_eq!(first_error(text), message);
        }
    }
}
