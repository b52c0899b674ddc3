//! Linkage disequilibrium as plink writes it, and blocks of linked variants with their scores.

use std::path::Path;

use crate::{Header, LineReader, Row, Table, TableError};

/// Two variants and how strongly they are linked.
#[derive(Clone, Debug, PartialEq)]
pub struct LdRecord {
    /// Identifier of the first variant, the one that was asked for.
    pub first: String,
    /// Identifier of the second variant.
    pub second: String,
    /// Squared correlation of their alleles, from 0 to 1.
    pub r2: f64,
}

/// Reads the output of `plink --r2` (`plink.ld`), record by record: fields aligned by blanks, columns found by name
/// (`SNP_A`, `SNP_B`, `R2`).
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// ```
/// use ciskit_seqio::{LdReader, LineReader};
///
/// let ld = " CHR_A   BP_A  SNP_A  CHR_B  BP_B  SNP_B    R2 \n     1    100    rs1      1   250    rs2  0.91 \n";
/// let record = LdReader::from_lines(LineReader::new(ld.as_bytes(), "plink.ld")?)?.next().unwrap()?;
/// assert_eq!((&*record.first, &*record.second, record.r2), ("rs1", "rs2", 0.91));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct LdReader {
    lines: LineReader,
    width: usize,
    columns: [usize; 3],
}

const NAMES: [&str; 3] = ["SNP_A", "SNP_B", "R2"];

impl LdReader {
    /// Opens a file, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// [`TableError::Empty`] and [`TableError::MissingColumn`]; those of [`LineReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(mut lines: LineReader) -> Result<Self, TableError> {
        let Some(line) = lines.next_where(|text| !text.trim().is_empty())? else {
            return Err(lines.empty("a header with the names of the columns"));
        };
        let header = Header::new(&Row::blanks(line))?;
        let mut columns = [0; 3];
        for (column, name) in columns.iter_mut().zip(NAMES) {
            *column = header.require(name)?;
        }
        Ok(Self { lines, width: header.names().len(), columns })
    }

    fn read(&mut self) -> Result<Option<LdRecord>, TableError> {
        let Some(line) = self.lines.next_where(|text| !text.trim().is_empty())? else { return Ok(None) };
        let row = Row::blanks(line);
        row.expect_columns(self.width)?;
        let [first, second, r2] = self.columns;
        let value = row.known_number(r2, NAMES[2])?;
        // An r² is a sum of rounded products.
        let r2 = value
            .filter(|value| (0.0..=1.000_001).contains(value))
            .ok_or_else(|| row.refuse(r2, NAMES[2], "a squared correlation from 0 to 1"))?;
        let name = |column: usize, name: &str| row.required(column, name).map(str::to_owned);
        Ok(Some(LdRecord { first: name(first, NAMES[0])?, second: name(second, NAMES[1])?, r2 }))
    }
}

impl Iterator for LdReader {
    type Item = Result<LdRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// A variant of a block, with its scores.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockRecord {
    /// The block.
    pub block: String,
    /// The variant's identifier.
    pub variant: String,
    /// Whether it is the causal one.
    pub causal: bool,
    /// A score, or none, of each model.
    pub scores: Vec<Option<f64>>,
}

/// Reads tables of scored variants in blocks, record by record: `block`, `variant`, `causal` (0 or 1), and a column of
/// scores for each model. Fields are separated by tabs if the header holds one, else by commas; `NA`, `.` and nothing
/// are missing scores.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// ```
/// use ciskit_seqio::{BlockReader, LineReader};
///
/// let table = "block\tvariant\tcausal\tsei\tborzoi\n1\trs1\t1\t0.5\tNA\n";
/// let mut blocks = BlockReader::from_lines(LineReader::new(table.as_bytes(), "b.tsv")?)?;
/// assert_eq!(blocks.models(), ["sei", "borzoi"]);
/// let record = blocks.next().unwrap()?;
/// assert_eq!((&*record.variant, record.causal, &record.scores[..]), ("rs1", true, &[Some(0.5), None][..]));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct BlockReader {
    table: Table,
    columns: [usize; 3],
    scores: Vec<usize>,
    models: Vec<String>,
}

const COLUMNS: [&str; 3] = ["block", "variant", "causal"];

impl BlockReader {
    /// Opens a table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`], for a table without scores too.
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
        let header = table.header();
        let mut columns = [0; 3];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = header.require(name)?;
        }
        let scores = header.without(&columns);
        let models: Vec<String> = scores.iter().map(|&column| header.names()[column].clone()).collect();
        if models.is_empty() {
            return Err(header.missing("MODEL"));
        }
        Ok(Self { table, columns, scores, models })
    }

    /// Names of the columns of scores.
    #[must_use]
    pub fn models(&self) -> &[String] {
        &self.models
    }

    fn read(&mut self) -> Result<Option<BlockRecord>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let [block, variant, causal] = self.columns;
        let scores = self.scores.iter().zip(&self.models);
        Ok(Some(BlockRecord {
            block: row.required(block, COLUMNS[0])?.to_owned(),
            variant: row.required(variant, COLUMNS[1])?.to_owned(),
            causal: row.label(causal, COLUMNS[2])?.ok_or_else(|| row.refuse(causal, COLUMNS[2], "0 or 1"))?,
            scores: scores.map(|(&column, name)| row.known_number(column, name)).collect::<Result<_, _>>()?,
        }))
    }
}

impl Iterator for BlockReader {
    type Item = Result<BlockRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ld(text: &'static str) -> Result<Vec<LdRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "p.ld").unwrap();
        LdReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    fn blocks(text: &'static str) -> Result<Vec<BlockRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "b.tsv").unwrap();
        BlockReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn linkage_that_is_none() {
        assert_eq!(ld("SNP_A SNP_B R2\n\n  a   b   1 \n").unwrap()[0].r2, 1.0);
        for (text, message) in [
            ("", "p.ld: expected a header with the names of the columns, found an empty file"),
            ("SNP_A SNP_B\n", "p.ld, line 1: expected a column named \"R2\", found SNP_A, SNP_B"),
            ("SNP_A SNP_B R2\na b\n", "p.ld, line 2: expected 3 columns, found 2"),
            (
                "SNP_A SNP_B R2\na b 1.5\n",
                "p.ld, line 2, column 3 (R2): expected a squared correlation from 0 to 1, found \"1.5\"",
            ),
            (
                "SNP_A SNP_B R2\na b nan\n",
                "p.ld, line 2, column 3 (R2): expected a squared correlation from 0 to 1, found \"nan\"",
            ),
            ("SNP_A SNP_B R2\n. b 1\n", "p.ld, line 2, column 1 (SNP_A): expected a value, found \".\""),
        ] {
            assert_eq!(ld(text).unwrap_err(), message);
        }
    }

    #[test]
    fn blocks_that_are_none() {
        for (text, message) in [
            ("block,variant,causal\n", "expected a column named \"MODEL\""),
            ("block,variant,causal,m\n1,a,yes,1\n", "b.tsv, line 2, column 3 (causal): expected 0, 1 or '.'"),
            ("block,variant,causal,m\n1,a,.,1\n", "b.tsv, line 2, column 3 (causal): expected 0 or 1"),
            ("block,variant,causal,m\n1,a,1,high\n", "b.tsv, line 2, column 4 (m): expected a number or NA"),
        ] {
            let error = blocks(text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
