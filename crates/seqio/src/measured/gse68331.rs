//! GSE68331: variants of eQTLs' promoters measured by STARR-seq of captured regions.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::ContigName;

use super::column::{Column, VariantColumns, log2_ratio, table};
use crate::{LastName, LineReader, MeasuredEffect, Table, TableError};

/// Reads `GSE68331_SNP.csv`, record by record: HepG2, hg19.
///
/// `effect` is the ratio of the alleles' activities, (rna1 / dna1) / (rna0 / dna0), so the effect is its log2; `P` is
/// the p-value. The column of the chromosome is called `chr3`, as all of its values are.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// # Source
///
/// Vockley et al., Genome Research 25 (2015), <https://doi.org/10.1101/gr.190090.115>; table of the supplement.
///
/// ```
/// use ciskit_seqio::{Gse68331Reader, LineReader};
///
/// let csv = "\u{feff}id,chr3,Pos,Allele0,dna0,rna0,Allele1,dna1,rna1,P,effect,,\r\n\
///            rs1,chr3,156781891,T,10,40,C,10,20,0.25,0.5,,\r\n";
/// let effect = Gse68331Reader::from_lines(LineReader::new(csv.as_bytes(), "snp.csv")?)?.next().unwrap()?;
/// assert_eq!(effect.variant.to_string(), "chr3:156781891:T>C");
/// assert_eq!((effect.effect_log2, effect.p), (Some(-1.0), Some(0.25)));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct Gse68331Reader {
    table: Table,
    variant: VariantColumns,
    ratio: Column,
    p: Column,
    constants: [Arc<str>; 3],
    row: u64,
    contigs: LastName<ContigName>,
}

impl Gse68331Reader {
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
        let column = |name| Column::require(header, name);
        let variant = VariantColumns {
            chrom: Column::require_any(header, &["chr3", "chr"])?,
            position: column("Pos")?,
            reference: column("Allele0")?,
            alternative: column("Allele1")?,
            id: Some(column("id")?),
        };
        let (ratio, p) = (column("effect")?, column("P")?);
        let constants = ["GSE68331", "hepg2", "hg19"].map(Arc::from);
        Ok(Self { table, variant, ratio, p, constants, row: 0, contigs: LastName::default() })
    }

    fn read(&mut self) -> Result<Option<MeasuredEffect>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let number = self.row;
        self.row += 1;
        let variant = self.variant.variant(&row, &mut self.contigs)?;
        let [dataset, cell, build] = self.constants.clone();
        Ok(Some(MeasuredEffect {
            p: self.p.p(&row)?,
            row: number,
            cell: Some(cell),
            build: Some(build),
            ..MeasuredEffect::new(variant, log2_ratio(Some(1.0), self.ratio.amount(&row)?), dataset)
        }))
    }
}

impl Iterator for Gse68331Reader {
    type Item = Result<MeasuredEffect, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(row: &str) -> Result<MeasuredEffect, String> {
        let text = format!("id,chr3,Pos,Allele0,Allele1,P,effect\n{row}\n");
        let lines = LineReader::new(std::io::Cursor::new(text), "s.csv").unwrap();
        let mut reader = Gse68331Reader::from_lines(lines).unwrap();
        reader.next().unwrap().map_err(|error| error.to_string())
    }

    #[test]
    fn ratios_are_no_logarithms() {
        assert_eq!(first(".,chr3,5,T,C,1,0").unwrap().effect_log2, Some(f64::NEG_INFINITY));
        assert_eq!(first(".,chr3,5,T,C,1,NA").unwrap().effect_log2, None);
        let error = first(".,chr3,5,T,C,1,-0.5").unwrap_err();
        assert!(error.starts_with("s.csv, line 2, column 7 (effect): expected a finite number"), "{error}");
        let error = first(".,chr3,5,T,\"C").unwrap_err();
        assert!(error.starts_with("s.csv, line 2: expected every quote closed"), "{error}");
    }
}
