//! Saturation mutagenesis: every base of an element changed.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{Allele, ContigName, Variant};

use super::column::{Column, VariantColumns, table};
use crate::{LastName, LineReader, MeasuredEffect, Row, Table, TableError};

/// Reads tables of saturation mutagenesis by reporter assays, record by record.
///
/// Two spellings are read: `Chrom Pos Ref Alt … Coefficient pValue Element Release` (tabs; `Release` gives the build)
/// and `Chromosome,Position,Ref,Alt,…,VariantExpressionEffect (log2),P-value,Element`. The value is a log2 effect
/// already, and the element is the data set. Neither names the cell line.
///
/// A deletion, written as a base that becomes `-`, is anchored at the base before, as VCF does, where an earlier row
/// tells that base; at an element's first base it stays as text and cannot be scored.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// # Source
///
/// Kircher et al., Nature Communications 10 (2019), <https://doi.org/10.1038/s41467-019-11526-w>.
///
/// ```
/// use ciskit_seqio::{LineReader, SaturationReader};
///
/// let table = "Chrom\tPos\tRef\tAlt\tBarcodes\tDNA\tRNA\tCoefficient\tpValue\tElement\tRelease\n\
///              X\t139530463\tG\tA\t270\t5435\t2910\t-0.28\t3.7e-08\tF9\tGRCh38\n\
///              X\t139530464\tC\t-\t9\t54\t29\t0.5\t0.3\tF9\tGRCh38\n";
/// let effects: Vec<_> = SaturationReader::from_lines(LineReader::new(table.as_bytes(), "e.tsv")?)?
///     .collect::<Result<_, _>>()?;
/// assert_eq!((&*effects[0].dataset, effects[0].build.as_deref()), ("F9", Some("hg38")));
/// assert_eq!(effects[1].variant.to_string(), "chrX:139530463:GC>G");
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct SaturationReader {
    table: Table,
    variant: VariantColumns,
    effect: Column,
    p: Column,
    element: Column,
    release: Option<Column>,
    elements: LastName<Arc<str>>,
    builds: LastName<Arc<str>>,
    contigs: LastName<ContigName>,
    row: u64,
    bases: LastBases,
}

/// The reference bases of the two places met last.
#[derive(Debug, Default)]
struct LastBases {
    contig: Option<ContigName>,
    before: Option<(u64, u8)>,
    here: Option<(u64, u8)>,
}

impl LastBases {
    /// Notes the base of a place and gives the one in front of it, if that was noted before.
    fn note(&mut self, variant: &Variant) -> Option<u8> {
        if self.contig.as_ref() != Some(variant.contig()) {
            *self = Self { contig: Some(variant.contig().clone()), ..Self::default() };
        }
        let (start, base) = (variant.start(), *variant.reference().first()?);
        if self.here.is_none_or(|(place, _)| place != start) {
            self.before = self.here.replace((start, base));
        }
        self.before.filter(|(place, _)| place + 1 == start).map(|(_, base)| base)
    }
}

impl SaturationReader {
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
        let any = |names: &[&str]| Column::require_any(header, names);
        let variant = VariantColumns {
            chrom: any(&["Chrom", "Chromosome"])?,
            position: any(&["Pos", "Position"])?,
            reference: any(&["Ref"])?,
            alternative: any(&["Alt"])?,
            id: None,
        };
        let effect = any(&["Coefficient", "VariantExpressionEffect (log2)"])?;
        let (p, element) = (any(&["pValue", "P-value"])?, any(&["Element"])?);
        let release = Column::find(header, "Release");
        Ok(Self {
            table,
            variant,
            effect,
            p,
            element,
            release,
            elements: LastName::default(),
            builds: LastName::default(),
            contigs: LastName::default(),
            row: 0,
            bases: LastBases::default(),
        })
    }

    fn read(&mut self) -> Result<Option<MeasuredEffect>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let number = self.row;
        self.row += 1;
        let variant = self.variant.variant(&row, &mut self.contigs)?;
        let variant = anchored(variant, &mut self.bases, &row)?;
        let build = match self.release.as_ref().and_then(|release| release.known(&row)) {
            Some("GRCh37") => Some("hg19"),
            Some("GRCh38") => Some("hg38"),
            other => other,
        };
        let dataset = self.elements.get(self.element.text(&row)?);
        Ok(Some(MeasuredEffect {
            p: self.p.p(&row)?,
            row: number,
            build: build.map(|build| self.builds.get(build)),
            ..MeasuredEffect::new(variant, self.effect.number(&row)?, dataset)
        }))
    }
}

/// A deletion written as `-`, with the base in front of it.
fn anchored(variant: Variant, bases: &mut LastBases, row: &Row<'_>) -> Result<Variant, TableError> {
    let before = bases.note(&variant);
    let deletion = *variant.alternative() == Allele::Symbolic("-".into());
    let Some(base) = before.filter(|_| deletion) else { return Ok(variant) };
    let reference = [&[base], variant.reference()].concat();
    let moved =
        Variant::new(variant.contig().clone(), variant.start() - 1, &reference, Allele::Bases(vec![base]));
    moved.map_err(|why| TableError::Variant { path: row.path().to_path_buf(), line: row.line(), why })
}

impl Iterator for SaturationReader {
    type Item = Result<MeasuredEffect, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Vec<Result<MeasuredEffect, String>> {
        let text = format!("Chrom Pos Ref Alt Coefficient pValue Element Release\n{rows}").replace(' ', "\t");
        let lines = LineReader::new(std::io::Cursor::new(text), "e.tsv").unwrap();
        let reader = SaturationReader::from_lines(lines).unwrap();
        reader.map(|row| row.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn deletions_are_anchored_only_where_the_base_before_is_known() {
        let rows = "1 5 A - 0 1 E hg18\n1 6 C T 0 1 E hg18\n1 6 C - 0 1 E hg18\n1 8 G - 0 1 E hg18\n2 9 G - 0 1 E hg18\n\
                    2 10 T - 0 1 E hg18\n";
        let found: Vec<String> =
            read(rows).into_iter().map(|effect| effect.unwrap().variant.to_string()).collect();
        let expected = ["chr1:5:A>-", "chr1:6:C>T", "chr1:5:AC>A", "chr1:8:G>-", "chr2:9:G>-", "chr2:9:GT>G"];
        assert_eq!(found, expected);
    }

    #[test]
    fn effects_are_logarithms_already() {
        let csv = "Chromosome,Position,Ref,Alt,VariantExpressionEffect (log2),P-value,Element\r\n1,5,A,C,-0.06,0.1,S\r\n";
        let lines = LineReader::new(csv.as_bytes(), "S.csv").unwrap();
        let effect = SaturationReader::from_lines(lines).unwrap().next().unwrap().unwrap();
        assert_eq!((effect.effect_log2, effect.build), (Some(-0.06), None));
    }

    #[test]
    fn faults_are_named() {
        let errors: Vec<String> = read("1 5 A C 0 2 E .\n1 5 A C high 1 E .\n1 5 A C 0 1 . .\n")
            .into_iter()
            .map(Result::unwrap_err)
            .collect();
        assert_eq!(
            errors,
            [
                "e.tsv, line 2, column 6 (pValue): expected a p-value from 0 to 1, found \"2\"",
                "e.tsv, line 3, column 5 (Coefficient): expected a number or NA, found \"high\"",
                "e.tsv, line 4, column 7 (Element): expected a value, found \".\"",
            ]
        );
    }
}
