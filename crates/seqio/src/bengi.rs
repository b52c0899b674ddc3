//! BENGI's benchmark pairs, with places.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Element, Pair, Strand};

use crate::{LastName, LineReader, PairRecord, Row, TableError};

/// Columns of every row, in their order.
const NAMES: [&str; 10] = [
    "label",
    "distance",
    "enhancer_chrom",
    "enhancer_start",
    "enhancer_end",
    "enhancer_name",
    "promoter_chrom",
    "promoter_start",
    "promoter_end",
    "promoter_name",
];

/// Reads BENGI's benchmarks with coordinates, as TransEPI ships them, record by record.
///
/// The files have no header and ten columns separated by tabs: label, distance, the enhancer's contig, start, end and
/// name, the promoter's. Names are joined by `|` and begin with a place and the cell, which becomes the pair's. Two
/// layouts of names occur: `place|cell|accession` with promoters `place|cell|gene|transcript|strand`, and, for CRISPR
/// screens, `place|cell|.` with promoters `place|cell|transcript|gene|TPM|.`. Names are kept whole; a last part `+` or
/// `-` is the promoter's strand. The columns place the elements: the place in a promoter's name is its start of
/// transcription. `distance` (from the enhancer's middle to it, as the file says) is kept as it is.
///
/// BENGI's own files hold accessions instead of places and cannot be read without the tables that place these.
///
/// # Units
///
/// The columns are 0-based half-open, as core is: positions are taken over unchanged.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row. A file without rows is [`TableError::Empty`].
///
/// # Cost
///
/// Memory of one row; one to two seconds for a million pairs (`tests/million.rs`, 2 cores).
///
/// # Source
///
/// Moore et al. 2020, <https://doi.org/10.1186/s13059-019-1924-8>; files at <https://github.com/biomed-AI/TransEPI>.
///
/// ```
/// use ciskit_core::Strand;
/// use ciskit_seqio::{BengiReader, LineReader};
///
/// let table = "1\t68227.0\tchr11\t518449\t518565\tchr11:518449-518565|HeLa|EH37E0203016\t\
///              chr11\t448780\t450780\tchr11:450279-450280|HeLa|ENSG00000174915.7|ENST00000308020.5|+\n";
/// let mut pairs = BengiReader::from_lines(LineReader::new(table.as_bytes(), "HeLa.tsv")?);
/// assert_eq!(pairs.extra_columns(), ["distance"]);
/// let record = pairs.next().unwrap()?;
/// assert_eq!((record.pair.cell.as_deref(), record.pair.label), (Some("HeLa"), Some(true)));
/// assert_eq!(record.pair.promoter.interval.to_string(), "chr11:448780-450780");
/// assert_eq!((record.pair.promoter.strand, record.extra[0].as_str()), (Strand::Forward, "68227.0"));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct BengiReader {
    lines: LineReader,
    extra_names: [String; 1],
    contigs: [LastName<ContigName>; 2],
    cells: LastName<Arc<str>>,
    /// Whether no row has been met yet.
    empty: bool,
}

impl BengiReader {
    /// Opens a file, plain or gzip.
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
        let extra_names = [NAMES[1].to_owned()];
        Self { lines, extra_names, contigs: Default::default(), cells: LastName::default(), empty: true }
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        &self.extra_names
    }

    fn read(&mut self) -> Result<Option<PairRecord>, TableError> {
        let empty = std::mem::take(&mut self.empty);
        let wanted = |text: &str| !(text.is_empty() || text.starts_with('#'));
        if let Some(line) = self.lines.next_where(wanted)? {
            return record(&Row::tabs(line), &mut self.contigs, &mut self.cells).map(Some);
        }
        if empty { Err(self.lines.empty("rows of label, distance and two elements")) } else { Ok(None) }
    }
}

impl Iterator for BengiReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn record(
    row: &Row<'_>,
    contigs: &mut [LastName<ContigName>; 2],
    cells: &mut LastName<Arc<str>>,
) -> Result<PairRecord, TableError> {
    row.expect_columns(NAMES.len())?;
    let label = row.label(0, NAMES[0])?;
    row.known_number(1, NAMES[1])?;
    let [enhancer, promoter] = contigs;
    let (enhancer, parts) = element(row, 2, enhancer)?;
    let (mut promoter, promoter_parts) = element(row, 6, promoter)?;
    promoter.strand = promoter_parts.last().and_then(|last| Strand::from_symbol(last)).unwrap_or_default();
    let pair = Pair { label, cell: Some(cells.get(parts[1])), ..Pair::new(enhancer, promoter) };
    Ok(PairRecord { pair, extra: vec![row.fields()[1].to_owned()] })
}

/// The element of four columns, and the parts of its name: its place, its cell and others.
fn element<'a>(
    row: &Row<'a>,
    first: usize,
    contigs: &mut LastName<ContigName>,
) -> Result<(Element, Vec<&'a str>), TableError> {
    let interval = row.interval(first, [NAMES[first], NAMES[first + 1], NAMES[first + 2]], contigs)?;
    let name = row.required(first + 3, NAMES[first + 3])?;
    let parts: Vec<&str> = name.split('|').collect();
    if parts.len() < 3 || parts[1].is_empty() {
        return Err(row.refuse(first + 3, NAMES[first + 3], "a name of the form place|cell|…"));
    }
    Ok((Element { name: Some(name.into()), ..interval.into() }, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<PairRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "t.tsv").unwrap();
        BengiReader::from_lines(lines).collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    #[test]
    fn names_of_crispr_screens() {
        let records = read(
            "0\t9.5\tchr4\t10\t20\tchr4:10-20|K562|.\tchr4\t30\t31\tchr4:30-31|K562|ENST1|GPAT3|TPM=9.1|.\n",
        )
        .unwrap();
        let pair = &records[0].pair;
        assert_eq!((pair.promoter.strand, pair.label), (Strand::Unknown, Some(false)));
        assert_eq!(pair.promoter.name.as_deref(), Some("chr4:30-31|K562|ENST1|GPAT3|TPM=9.1|."));
        assert_eq!(pair.cell.as_deref(), Some("K562"));
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            ("", "t.tsv: expected rows of label, distance and two elements, found an empty file"),
            ("EH37E0279856\tENSG00000166848.5\t1\tchr16\n", "t.tsv, line 1: expected 10 columns, found 4"),
            (
                "yes\t1\t1\t0\t9\t1:0-9|A|.\t1\t0\t9\t1:0-9|A|.\n",
                "t.tsv, line 1, column 1 (label): expected 0, 1 or '.', found \"yes\"",
            ),
            (
                "1\tfar\t1\t0\t9\t1:0-9|A|.\t1\t0\t9\t1:0-9|A|.\n",
                "t.tsv, line 1, column 2 (distance): expected a number or NA, found \"far\"",
            ),
            (
                "\n1\t1\t1\t0\t9\t1:0-9\t1\t0\t9\t1:0-9|A|.\n",
                "t.tsv, line 2, column 6 (enhancer_name): expected a name of the form place|cell|…, found \"1:0-9\"",
            ),
            (
                "1\t1\t1\t0\t9\t1:0-9|A|.\t1\t0\tx\t1:0-9|A|.\n",
                "t.tsv, line 1, column 9 (promoter_end): expected a position, a whole number of 0 or more, found \"x\"",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }
}
