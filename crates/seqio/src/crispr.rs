//! The CRISPR benchmark of perturbed elements and genes.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Element, Pair};

use crate::extra_columns::ExtraColumns;
use crate::{Header, LastName, LineReader, PairRecord, Row, Separator, Table, TableError};

const ELEMENT: [&str; 3] = ["chrom", "chromStart", "chromEnd"];
const TSS: [&str; 3] = ["chrTSS", "startTSS", "endTSS"];

/// Names of the columns behind the two places.
const NAMES: [&str; 6] =
    ["measuredGeneSymbol", "Regulated", "ValidConnection", "CellType", "name", "EffectSize"];

/// Reads the CRISPR benchmark of elements and genes (`EPCrisprBenchmark_*.tsv`), record by record.
///
/// Columns are found by name. The perturbed element (`chrom chromStart chromEnd`) is the pair's enhancer; the gene's
/// start of transcription (`chrTSS startTSS endTSS`), named by `measuredGeneSymbol`, its promoter: a window around it has
/// to be made, its strand is not told. `Regulated` is the label, `EffectSize` the score, `CellType` the cell, `name` the
/// pair's name. All other columns are kept as they are, `ValidConnection` among them.
///
/// Rows that the table itself calls unfit are not passed off as positives or negatives: where `ValidConnection` is not
/// `TRUE` (the element is a promoter, say) or `Regulated` is `NA`, the label is unknown. A row without a start of
/// transcription (`NA`) has no place for a pair; it is left out and counted by [`unplaced`](Self::unplaced).
///
/// # Units
///
/// The columns are 0-based half-open (BED), as core is: positions are taken over unchanged. The score is the
/// relative change of expression: -0.3 for 30 % less.
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of one row; one to two seconds for a million pairs (`tests/million.rs`, 2 cores).
///
/// # Source
///
/// Gschwind et al. 2023, <https://doi.org/10.1101/2023.11.09.563812>; tables at
/// <https://github.com/EngreitzLab/CRISPR_comparison>.
///
/// ```
/// use ciskit_seqio::{CrisprReader, LineReader};
///
/// let table = "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\t\
///              ValidConnection\tCellType\tRegulated\n\
///              chr1\t3774714\t3775214\tCEP104|x\t-0.29\tchr1\t3857213\t3857214\tCEP104\tTRUE\tK562\tTRUE\n\
///              chr1\t3774714\t3775214\tNONE|x\t-0.01\tNA\tNA\tNA\tNONE\tTRUE\tK562\tFALSE\n";
/// let mut pairs = CrisprReader::from_lines(LineReader::new(table.as_bytes(), "K562.tsv")?)?;
/// assert_eq!(pairs.extra_columns(), ["ValidConnection"]);
/// let pair = pairs.next().unwrap()?.pair;
/// assert_eq!((pair.promoter.name.as_deref(), pair.promoter.interval.len()), (Some("CEP104"), 1));
/// assert_eq!((pair.label, pair.score, pair.cell.as_deref()), (Some(true), Some(-0.29), Some("K562")));
/// assert!(pairs.next().is_none());
/// assert_eq!(pairs.unplaced(), 1);
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct CrisprReader {
    table: Table,
    element: [usize; 3],
    tss: [usize; 3],
    columns: [usize; NAMES.len()],
    extra: ExtraColumns,
    contigs: [LastName<ContigName>; 2],
    cells: LastName<Arc<str>>,
    unplaced: u64,
}

impl CrisprReader {
    /// Opens a table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without a place, `measuredGeneSymbol`, `Regulated`,
    /// `ValidConnection`, `CellType`, `name` or `EffectSize`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::from_lines(lines, Separator::Tab)?;
        let header = table.header();
        let (element, tss, columns) =
            (require(header, ELEMENT)?, require(header, TSS)?, require(header, NAMES)?);
        let valid = columns[2];
        let used = element.iter().chain(&tss).chain(&columns).copied().filter(|&column| column != valid);
        let extra = ExtraColumns::new(header, used);
        let (contigs, cells) = Default::default();
        Ok(Self { table, element, tss, columns, extra, contigs, cells, unplaced: 0 })
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.extra.names()
    }

    /// How many rows were left out so far because their gene has no start of transcription.
    #[must_use]
    pub fn unplaced(&self) -> u64 {
        self.unplaced
    }

    fn read(&mut self) -> Result<Option<PairRecord>, TableError> {
        let Self { table, element, tss, columns, extra, contigs: [one, two], cells, unplaced } = self;
        let [symbol, regulated, valid, cell, name, effect] = *columns;
        loop {
            let Some(row) = table.next_row()? else { return Ok(None) };
            if tss.iter().any(|&column| row.known(column).is_none()) {
                *unplaced += 1;
                continue;
            }
            let enhancer = row.interval_at(*element, ELEMENT, one)?;
            let promoter = row.interval_at(*tss, TSS, two)?;
            let regulated = truth(&row, regulated, NAMES[1])?;
            let pair = Pair {
                enhancer: enhancer.into(),
                promoter: Element { name: row.known(symbol).map(Into::into), ..promoter.into() },
                label: regulated
                    .filter(|_| row.known(valid).is_some_and(|text| as_truth(text) == Some(true))),
                name: row.known(name).map(Into::into),
                score: row.known_number(effect, NAMES[5])?,
                cell: row.known(cell).map(|cell| cells.get(cell)),
            };
            return Ok(Some(PairRecord { pair, extra: extra.values(&row) }));
        }
    }
}

impl Iterator for CrisprReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn require<const N: usize>(header: &Header, names: [&str; N]) -> Result<[usize; N], TableError> {
    let mut columns = [0; N];
    for (column, name) in columns.iter_mut().zip(names) {
        *column = header.require(name)?;
    }
    Ok(columns)
}

/// `TRUE` and `FALSE` as R and as Python write them.
fn as_truth(text: &str) -> Option<bool> {
    match text {
        "TRUE" | "True" => Some(true),
        "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn truth(row: &Row<'_>, column: usize, name: &str) -> Result<Option<bool>, TableError> {
    let Some(text) = row.known(column) else { return Ok(None) };
    as_truth(text).map(Some).ok_or_else(|| row.refuse(column, name, "TRUE, FALSE or NA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\t\
                        Significant\tValidConnection\tCellType\tRegulated\n";

    fn read(rows: &str) -> Result<Vec<PairRecord>, String> {
        let lines = LineReader::new(std::io::Cursor::new(HEAD.to_owned() + rows), "t.tsv").unwrap();
        CrisprReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn unfit_rows_have_no_label() {
        let row = |valid: &str, regulated: &str| {
            format!("1\t0\t9\tn\tNA\t1\t50\t51\tG\tTRUE\t{valid}\tK562\t{regulated}\n")
        };
        for (valid, regulated, label) in [
            ("TRUE", "TRUE", Some(true)),
            ("True", "False", Some(false)),
            ("TRUE", "NA", None),
            ("overlaps potential promoter", "TRUE", None),
            ("PromoterElement", "FALSE", None),
            ("FALSE", "TRUE", None),
            ("NA", "FALSE", None),
        ] {
            let records = read(&row(valid, regulated)).unwrap();
            assert_eq!(records[0].pair.label, label, "{valid} {regulated}");
            assert_eq!(records[0].extra, ["TRUE", valid]);
            assert_eq!(records[0].pair.score, None);
        }
    }

    #[test]
    fn faults_are_named() {
        for (row, message) in [
            (
                "1\t0\t9\tn\t-0.1\t1\t50\t51\tG\tTRUE\tTRUE\tK562\t1\n",
                "t.tsv, line 2, column 13 (Regulated): expected TRUE, FALSE or NA, found \"1\"",
            ),
            (
                "1\t0\t9\tn\tless\t1\t50\t51\tG\tTRUE\tTRUE\tK562\tTRUE\n",
                "t.tsv, line 2, column 5 (EffectSize): expected a number or NA, found \"less\"",
            ),
            (
                "1\t0\t9\tn\t0\t1\t50\t49\tG\tTRUE\tTRUE\tK562\tTRUE\n",
                "t.tsv, line 2, column 8 (endTSS): expected a position not before the start, 50, found \"49\"",
            ),
            ("1\t0\t9\n", "t.tsv, line 2: expected 13 columns, found 3"),
        ] {
            assert_eq!(read(row).unwrap_err(), message);
        }
    }
}
