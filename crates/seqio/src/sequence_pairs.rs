//! Tables of sequence pairs: the reference's and the alternative's sequence of each variant.

use std::path::Path;

use crate::extra_columns::ExtraColumns;
use crate::{LineReader, Row, Table, TableError};

/// Columns of a table without header.
const STANDARD: [&str; 3] = ["name", "ref_sequence", "alt_sequence"];

const NAME: &[&str] = &["name", "id", "variant_id", "variant", "rsid"];
const REFERENCE: &[&str] = &["ref_sequence", "reference_sequence", "ref_seq", "reference"];
const ALTERNATIVE: &[&str] =
    &["alt_sequence", "alternative_sequence", "alternate_sequence", "alt_seq", "alternative"];

/// The two sequences of a variant.
///
/// ```
/// use ciskit_seqio::SequencePair;
///
/// let pair = SequencePair {
///     line: 1,
///     name: Some("rs1".into()),
///     reference: b"ACGT".to_vec(),
///     alternative: b"ACTT".to_vec(),
///     extra: vec![],
/// };
/// assert_eq!(pair.reference.len(), pair.alternative.len());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencePair {
    /// Number of the line in its file, 1-based.
    pub line: u64,
    /// Name; `None` for `.`, for nothing and without such a column.
    pub name: Option<String>,
    /// Sequence with the reference allele, in the letters of the file: IUPAC codes of either case.
    pub reference: Vec<u8>,
    /// Sequence with the alternative allele.
    pub alternative: Vec<u8>,
    /// Further columns as they are, in the order of [`SequencePairReader::extra_columns`].
    pub extra: Vec<String>,
}

/// Reads a table of sequence pairs row by row: tabs or, in a file whose first line has none, commas (RFC 4180).
///
/// A table whose first row has bases in its second and third columns has no header: its columns are `name`,
/// `ref_sequence`, `alt_sequence` and others without a name. Any other table has its columns anywhere, under these names
/// or usual ones (`id`, `RefSeq`, `alternative`); case and underscores do not count; the name's may be missing. Every
/// other column is kept as it is. The two sequences may differ in length.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed, among others for a sequence
/// that is empty or holds a letter that is no IUPAC code; the next call reads the next row.
///
/// # Cost
///
/// Memory of one row.
///
/// ```
/// use ciskit_seqio::{LineReader, SequencePairReader};
///
/// let table = "ID,beta,ref_sequence,alt_sequence\nrs1,0.5,ACGT,ACTT\nrs2,-1,AC?T,ACT\n";
/// let mut pairs = SequencePairReader::from_lines(LineReader::new(table.as_bytes(), "a.csv")?)?;
/// assert_eq!(pairs.extra_columns(), ["beta"]);
/// let pair = pairs.next().unwrap()?;
/// assert_eq!((pair.name.as_deref(), pair.reference.as_slice(), pair.extra), (Some("rs1"), b"ACGT".as_slice(), vec!["0.5".into()]));
/// assert_eq!(
///     pairs.next().unwrap().unwrap_err().to_string(),
///     r#"a.csv, line 3, column 3 (ref_sequence): expected bases, '?' is none, found "AC?T""#
/// );
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct SequencePairReader {
    table: Table,
    name: Option<usize>,
    sequences: [usize; 2],
    extra: ExtraColumns,
}

impl SequencePairReader {
    /// Opens a table, plain, gzip or bgzip, and reads its header if it has one.
    ///
    /// # Errors
    ///
    /// As [`LineReader::open`]; [`TableError::Empty`] without a row; [`TableError::MissingColumn`] without both
    /// sequences.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let is_header = |row: &Row<'_>| {
            let sequences = row.fields().get(1..3).unwrap_or(&[]);
            sequences.is_empty() || sequences.iter().any(|text| text.is_empty() || odd_letter(text).is_some())
        };
        let table = Table::perhaps_named(lines, &STANDARD, is_header)?;
        let header = table.header();
        let sequences = [header.require_alias(REFERENCE)?, header.require_alias(ALTERNATIVE)?];
        let name = header.find_alias(NAME);
        let extra = ExtraColumns::new(header, sequences.into_iter().chain(name));
        Ok(Self { table, name, sequences, extra })
    }

    /// Names of the columns that are kept in [`SequencePair::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.extra.names()
    }

    fn read(&mut self) -> Result<Option<SequencePair>, TableError> {
        let Self { table, name, sequences: [reference, alternative], extra } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        Ok(Some(SequencePair {
            line: row.line(),
            name: name.and_then(|column| row.optional(column)).map(str::to_owned),
            reference: bases(&row, *reference, STANDARD[1])?,
            alternative: bases(&row, *alternative, STANDARD[2])?,
            extra: extra.values(&row),
        }))
    }
}

impl Iterator for SequencePairReader {
    type Item = Result<SequencePair, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn bases(row: &Row<'_>, column: usize, name: &str) -> Result<Vec<u8>, TableError> {
    let text = row.required(column, name)?;
    match odd_letter(text) {
        None => Ok(text.as_bytes().to_vec()),
        Some(letter) => Err(row.refuse(column, name, format!("bases, {letter:?} is none"))),
    }
}

/// The first letter that is no IUPAC nucleotide code.
fn odd_letter(text: &str) -> Option<char> {
    text.chars().find(|letter| !"ACGTNRYSWKMBDHV".contains(letter.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<SequencePair>, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "t.tsv").unwrap();
        SequencePairReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn with_and_without_a_header_in_any_order_and_spelling() {
        for text in [
            "v1\tACgN\tAC\n.\tRT\tRTT\n",
            "name\tref_sequence\talt_sequence\nv1\tACgN\tAC\n.\tRT\tRTT\n",
            "Alternative\treference\tID\r\nAC\tACgN\tv1\r\n\r\nRTT\tRT\t\r\n",
            "alt_seq,RefSeq,id\nAC,ACgN,v1\nRTT,RT,\n",
            "v1,ACgN,AC\n,RT,RTT",
        ] {
            let pairs = read(text).unwrap();
            let shown: Vec<_> =
                pairs.iter().map(|p| (p.name.as_deref(), &p.reference[..], &p.alternative[..])).collect();
            assert_eq!(shown, [(Some("v1"), &b"ACgN"[..], &b"AC"[..]), (None, b"RT", b"RTT")], "{text:?}");
            assert!(pairs.iter().all(|pair| pair.extra.is_empty()));
        }
    }

    #[test]
    fn a_table_without_names_of_pairs() {
        let pairs = read("ref_sequence\talt_sequence\tbeta\nA\tC\t\n").unwrap();
        assert_eq!((pairs[0].line, &pairs[0].name, &pairs[0].extra), (2, &None, &vec![String::new()]));
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            ("", "t.tsv: expected a table with one row a line, found an empty file"),
            (
                "id\tref\talt\nx\tA\tC\n",
                "t.tsv, line 1: expected a column named \"ref_sequence\", found id, ref, alt",
            ),
            ("x\tA\n", "t.tsv, line 1: expected a column named \"ref_sequence\", found x, A"),
            ("x\tA\tC\ny\tA\n", "t.tsv, line 2: expected 3 columns, found 2"),
            ("x\tA\tC\ny\tA\t.\n", "t.tsv, line 2, column 3 (alt_sequence): expected a value, found \".\""),
            (
                "x\tA\tC\ny\tA\tCä\n",
                "t.tsv, line 2, column 3 (alt_sequence): expected bases, 'ä' is none, found \"Cä\"",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }
}
