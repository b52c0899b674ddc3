//! raQTLs: variants whose alleles differ in a survey of regulatory elements (SuRE).

use std::path::Path;
use std::sync::Arc;

use ciskit_core::ContigName;

use super::column::{Column, VariantColumns, log2_ratio, table};
use crate::{LastName, LineReader, MeasuredEffect, Table, TableError};

/// What the columns of the reference's activity end in; the cell line stands in front.
const REFERENCE_MEAN: &str = ".ref.mean";

/// Reads tables of reporter assay QTLs (`hepg2.sign.id.LP190708.txt`), record by record.
///
/// The cell line is told by the columns: `hepg2.ref.mean`, `hepg2.alt.mean` and `hepg2.wilcox.p.value` are mean
/// activities and the p-value of Wilcoxon's test. The effect is log2(alternative / reference); where one allele has no
/// activity it is infinite, as for 120 variants of the published HepG2 table. Places are on hg19.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// # Source
///
/// van Arensbergen et al., Nature Genetics 51 (2019), <https://doi.org/10.1038/s41588-019-0455-2>.
///
/// ```
/// use ciskit_seqio::{LineReader, RaqtlReader};
///
/// let table = "chr\tSNP_ID\tSNPabspos\thepg2.ref.mean\thepg2.alt.mean\thepg2.wilcox.p.value\tref\talt\n\
///              chr3\trs9814223\t24362252\t1.5\t36\t5e-40\tA\tG\n";
/// let mut effects = RaqtlReader::from_lines(LineReader::new(table.as_bytes(), "hepg2.txt")?)?;
/// let effect = effects.next().unwrap()?;
/// assert_eq!(effect.variant.to_string(), "chr3:24362252:A>G");
/// assert_eq!(effect.effect_log2, Some(24_f64.log2()));
/// assert_eq!((effect.cell.as_deref(), effect.build.as_deref()), (Some("hepg2"), Some("hg19")));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct RaqtlReader {
    table: Table,
    variant: VariantColumns,
    reference_mean: Column,
    alternative_mean: Column,
    p: Column,
    cell: Arc<str>,
    dataset: Arc<str>,
    build: Arc<str>,
    row: u64,
    contigs: LastName<ContigName>,
}

impl RaqtlReader {
    /// Opens a table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = table(lines)?;
        let header = table.header();
        let column = |name: &str| Column::require(header, name);
        let variant = VariantColumns {
            chrom: column("chr")?,
            position: column("SNPabspos")?,
            reference: column("ref")?,
            alternative: column("alt")?,
            id: Some(column("SNP_ID")?),
        };
        let mut cells = header.names().iter().filter_map(|name| name.strip_suffix(REFERENCE_MEAN));
        let cell: Arc<str> = cells.next().ok_or_else(|| header.missing("CELL.ref.mean"))?.into();
        let reference_mean = column(&format!("{cell}{REFERENCE_MEAN}"))?;
        let alternative_mean = column(&format!("{cell}.alt.mean"))?;
        let p = column(&format!("{cell}.wilcox.p.value"))?;
        let (dataset, build) = (format!("raQTL_{cell}").into(), "hg19".into());
        let contigs = LastName::default();
        Ok(Self {
            table,
            variant,
            reference_mean,
            alternative_mean,
            p,
            cell,
            dataset,
            build,
            row: 0,
            contigs,
        })
    }

    fn read(&mut self) -> Result<Option<MeasuredEffect>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let number = self.row;
        self.row += 1;
        let variant = self.variant.variant(&row, &mut self.contigs)?;
        let means = (self.reference_mean.amount(&row)?, self.alternative_mean.amount(&row)?);
        Ok(Some(MeasuredEffect {
            p: self.p.p(&row)?,
            row: number,
            cell: Some(self.cell.clone()),
            build: Some(self.build.clone()),
            ..MeasuredEffect::new(variant, log2_ratio(means.0, means.1), self.dataset.clone())
        }))
    }
}

impl Iterator for RaqtlReader {
    type Item = Result<MeasuredEffect, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "chr\tSNP_ID\tSNPabspos\tk562.ref.mean\tk562.alt.mean\tk562.wilcox.p.value\tref\talt";

    fn rows(rows: &str) -> Vec<Result<MeasuredEffect, String>> {
        let text = format!("{HEADER}\n{}", rows.replace(' ', "\t"));
        let lines = LineReader::new(std::io::Cursor::new(text), "k.txt").unwrap();
        RaqtlReader::from_lines(lines).unwrap().map(|row| row.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn alleles_without_activity() {
        let effects = rows("1 rs1 5 0 2 0.1 A C\nchr1 rs2 6 2 0 0.1 A C\nchrX . 7 0 0 NA A C\n");
        let effects: Vec<MeasuredEffect> = effects.into_iter().map(Result::unwrap).collect();
        let found: Vec<_> = effects.iter().map(|effect| effect.effect_log2).collect();
        assert_eq!(found, [Some(f64::INFINITY), Some(f64::NEG_INFINITY), None]);
        assert_eq!(effects[0].variant.contig().as_str(), "chr1");
        assert_eq!((effects[2].variant.id.as_deref(), effects[2].p, effects[2].row), (None, None, 2));
        assert_eq!(&*effects[0].dataset, "raQTL_k562");
    }

    #[test]
    fn hostile_rows_cost_themselves_only() {
        let found = rows(
            "1 rs 0 1 1 0.1 A C\n1 rs 5 -1 1 0.1 A C\n1 rs 5 1 inf 0.1 A C\n1 rs 5 1 1 1.5 A C\n1 rs 5 1 1 x A C\n\
             1 rs 5 1 1 0.1 A- C\n1 rs 5 1 1\n. rs 5 1 1 0.1 A C\n1 rs 5 1 1 0.1 A C\n",
        );
        let errors: Vec<String> = found.iter().filter_map(|row| row.clone().err()).collect();
        assert_eq!(
            errors,
            [
                "k.txt, line 2, column 3 (SNPabspos): expected a position of 1 or more, found \"0\"",
                "k.txt, line 3, column 4 (k562.ref.mean): expected a finite number of 0 or more, found \"-1\"",
                "k.txt, line 4, column 5 (k562.alt.mean): expected a finite number of 0 or more, found \"inf\"",
                "k.txt, line 5, column 6 (k562.wilcox.p.value): expected a p-value from 0 to 1, found \"1.5\"",
                "k.txt, line 6, column 6 (k562.wilcox.p.value): expected a number or NA, found \"x\"",
                "k.txt, line 7: variant at chr1:5: '-' in the reference allele is no base",
                "k.txt, line 8: expected 8 columns, found 5",
                "k.txt, line 9, column 1 (chr): expected the name of a contig, found \".\"",
            ]
        );
        assert_eq!(found.last().unwrap().as_ref().unwrap().row, 7);
    }

    #[test]
    fn a_table_of_no_cell_is_none() {
        let lines = LineReader::new("chr\tSNP_ID\tSNPabspos\tref\talt\n".as_bytes(), "k.txt").unwrap();
        let error = RaqtlReader::from_lines(lines).unwrap_err().to_string();
        assert!(error.starts_with("k.txt, line 1: expected a column named \"CELL.ref.mean\""), "{error}");
    }
}
