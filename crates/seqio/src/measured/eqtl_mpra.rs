//! Variants of eQTLs in a massively parallel reporter assay, as the CAGI challenge gave them out.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::ContigName;

use super::column::{Column, VariantColumns, table};
use crate::{LastName, LineReader, MeasuredEffect, Table, TableError};

/// A measured effect with the sequences that were measured.
#[derive(Clone, Debug, PartialEq)]
pub struct EqtlMpraRecord {
    /// The effect.
    pub effect: MeasuredEffect,
    /// The construct's insert with the reference allele.
    pub reference_sequence: String,
    /// The insert with the alternative allele.
    pub alternative_sequence: String,
}

/// Reads the eQTL-MPRA table of CAGI4 (`eqtl_mpra_sequences.csv`), record by record: lymphoblastoid cells, hg19.
///
/// The effect is `LogSkew.Comb`: the log2 activity of construct B, which has the alternative allele, minus that of A.
/// The p-value is 10 to the power of −`C.Skew.logP`, known for variants with an active allele only. One variant has
/// `-` for its alternative, which is kept as text.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// # Source
///
/// Tewhey et al., Cell 165 (2016), <https://doi.org/10.1016/j.cell.2016.04.027>; Kreimer et al., Human Mutation 38
/// (2017), <https://doi.org/10.1002/humu.23197>.
///
/// ```
/// use ciskit_seqio::{EqtlMpraReader, LineReader};
///
/// let csv = "ID,chr,pos,RefAllele,AltAllele,LogSkew.Comb,C.Skew.logP,ref_sequence,alt_sequence\n\
///            chr1:183160326:I,1,183160326,G,GAT,0.49,2,CGC,CGATC\n";
/// let record = EqtlMpraReader::from_lines(LineReader::new(csv.as_bytes(), "e.csv")?)?.next().unwrap()?;
/// assert_eq!(record.effect.variant.to_string(), "chr1:183160326:G>GAT");
/// assert_eq!((record.effect.effect_log2, record.effect.p), (Some(0.49), Some(0.01)));
/// assert_eq!(record.alternative_sequence, "CGATC");
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct EqtlMpraReader {
    table: Table,
    variant: VariantColumns,
    effect: Column,
    log_p: Column,
    sequences: [Column; 2],
    constants: [Arc<str>; 3],
    row: u64,
    contigs: LastName<ContigName>,
}

impl EqtlMpraReader {
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
            chrom: column("chr")?,
            position: column("pos")?,
            reference: column("RefAllele")?,
            alternative: column("AltAllele")?,
            id: Some(column("ID")?),
        };
        let (effect, log_p) = (column("LogSkew.Comb")?, column("C.Skew.logP")?);
        let sequences = [column("ref_sequence")?, column("alt_sequence")?];
        let constants = ["eQTL_MPRA", "LCL", "hg19"].map(Arc::from);
        Ok(Self { table, variant, effect, log_p, sequences, constants, row: 0, contigs: LastName::default() })
    }

    fn read(&mut self) -> Result<Option<EqtlMpraRecord>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let number = self.row;
        self.row += 1;
        let variant = self.variant.variant(&row, &mut self.contigs)?;
        let [dataset, cell, build] = self.constants.clone();
        let effect = MeasuredEffect {
            p: self.log_p.log_p(&row)?,
            row: number,
            cell: Some(cell),
            build: Some(build),
            ..MeasuredEffect::new(variant, self.effect.number(&row)?, dataset)
        };
        let [reference, alternative] = &self.sequences;
        Ok(Some(EqtlMpraRecord {
            effect,
            reference_sequence: reference.text(&row)?.to_owned(),
            alternative_sequence: alternative.text(&row)?.to_owned(),
        }))
    }
}

impl Iterator for EqtlMpraReader {
    type Item = Result<EqtlMpraRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(row: &str) -> Result<EqtlMpraRecord, String> {
        let text = format!(
            "ID,chr,pos,RefAllele,AltAllele,LogSkew.Comb,C.Skew.logP,ref_sequence,alt_sequence\n{row}\n"
        );
        let lines = LineReader::new(std::io::Cursor::new(text), "e.csv").unwrap();
        EqtlMpraReader::from_lines(lines).unwrap().next().unwrap().map_err(|error| error.to_string())
    }

    #[test]
    fn p_values_may_be_missing_but_not_negative() {
        let record = first("x,2,53238,A,-,0.1,,AC,C").unwrap();
        assert_eq!((record.effect.p, record.effect.variant.to_string()), (None, "chr2:53238:A>-".into()));
        let error = first("x,2,53238,A,C,0.1,-1,AC,C").unwrap_err();
        assert!(error.contains("(C.Skew.logP): expected -log10 of a p-value"), "{error}");
        let error = first("x,2,53238,A,C,0.1,1,,C").unwrap_err();
        assert!(error.contains("column 8 (ref_sequence): expected a value"), "{error}");
    }
}
