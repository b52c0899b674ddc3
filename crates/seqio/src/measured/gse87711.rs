//! GSE87711: variants of red blood cell traits in a massively parallel reporter assay.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{ContigName, Variant};

use super::column::{Column, VariantColumns, table};
use crate::{LastName, LineReader, MeasuredEffect, Row, Table, TableError};

/// Reads `GSE87711.csv`: K562, hg19, two rows a construct, one for the reference and one for the alternative allele.
///
/// The two rows share a column `CTRL.fc(log2)`, which is *unsigned*: the distance between their medians
/// (`CTRL.median`). The sign is in the medians, which are log2 activities, so one record comes of the two rows: the
/// median of `Mut` minus that of `Ref`. A variant occurs once for each place that it takes in its construct
/// (`bot`, `top`).
///
/// # Differences from the benchmark
///
/// The benchmark of Manzo et al. takes the logarithm of the unsigned column once more and keeps both rows:
/// [`as_benchmarked`](Self::as_benchmarked) does the same, for comparison with its numbers. Such a value says how far
/// a variant's effect is from 1 on a scale of doublings, whatever its direction.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed or its partner is not the next row.
///
/// # Source
///
/// Ulirsch et al., Cell 165 (2016), <https://doi.org/10.1016/j.cell.2016.04.048>; table of the supplement.
///
/// ```
/// use ciskit_seqio::{Gse87711Reader, LineReader};
///
/// let csv = "dbSNP,chr,pos,ref,alt,type,bot,top,CTRL.median,CTRL.mut.p,CTRL.fc(log2)\r\n\
///            rs2814778,1,159174683,T,C,Mut,1/3,2/3,0.25,0.03,0.5\r\n\
///            rs2814778,1,159174683,T,C,Ref,1/3,2/3,0.75,0.03,0.5\r\n";
/// let lines = || LineReader::new(csv.as_bytes(), "g.csv");
/// let effects: Vec<_> = Gse87711Reader::from_lines(lines()?)?.collect::<Result<_, _>>()?;
/// assert_eq!((effects.len(), effects[0].effect_log2), (1, Some(-0.5)));
///
/// let benchmarked = Gse87711Reader::from_lines(lines()?)?.as_benchmarked().collect::<Result<Vec<_>, _>>()?;
/// assert_eq!((benchmarked.len(), benchmarked[1].effect_log2), (2, Some(-1.0))); // log2 of 0.5
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct Gse87711Reader {
    table: Table,
    columns: Columns,
    constants: [Arc<str>; 3],
    row: u64,
    contigs: LastName<ContigName>,
    benchmarked: bool,
}

#[derive(Debug)]
struct Columns {
    variant: VariantColumns,
    allele: Column,
    bottom: Column,
    top: Column,
    median: Column,
    p: Column,
    unsigned: Column,
}

/// One row: a construct with one of its alleles.
struct Half {
    variant: Variant,
    construct: [String; 2],
    alternative: bool,
    median: Option<f64>,
    p: Option<f64>,
    unsigned: Option<f64>,
}

impl Columns {
    fn read(&self, row: &Row<'_>, contigs: &mut LastName<ContigName>) -> Result<Half, TableError> {
        let alternative = match self.allele.text(row)? {
            "Mut" => true,
            "Ref" => false,
            _ => return Err(self.allele.refuse(row, "Ref or Mut")),
        };
        Ok(Half {
            variant: self.variant.variant(row, contigs)?,
            construct: [self.bottom.text(row)?.to_owned(), self.top.text(row)?.to_owned()],
            alternative,
            median: self.median.number(row)?.filter(|median| median.is_finite()),
            p: self.p.p(row)?,
            unsigned: self.unsigned.amount(row)?,
        })
    }
}

impl Gse87711Reader {
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
            reference: column("ref")?,
            alternative: column("alt")?,
            id: Some(column("dbSNP")?),
        };
        let columns = Columns {
            variant,
            allele: column("type")?,
            bottom: column("bot")?,
            top: column("top")?,
            median: column("CTRL.median")?,
            p: column("CTRL.mut.p")?,
            unsigned: column("CTRL.fc(log2)")?,
        };
        let constants = ["GSE87711", "k562", "hg19"].map(Arc::from);
        let (row, contigs, benchmarked) = (0, LastName::default(), false);
        Ok(Self { table, columns, constants, row, contigs, benchmarked })
    }

    /// A record for each row, its effect log2 of the unsigned fold change, which is a logarithm already: what the
    /// benchmark correlates with.
    #[must_use]
    pub fn as_benchmarked(mut self) -> Self {
        self.benchmarked = true;
        self
    }

    fn half(&mut self) -> Result<Option<Half>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        self.columns.read(&row, &mut self.contigs).map(Some)
    }

    /// The other half of a construct.
    fn partner(&mut self, first: &Half) -> Result<Half, TableError> {
        let Some(row) = self.table.next_row()? else {
            let path = self.table.path().to_path_buf();
            return Err(TableError::Unpaired { path, variant: first.variant.to_string() });
        };
        let second = self.columns.read(&row, &mut self.contigs)?;
        let same = (&second.variant, &second.construct) == (&first.variant, &first.construct);
        if same && second.alternative != first.alternative {
            return Ok(second);
        }
        let (path, line, [bottom, top]) = (row.path().to_path_buf(), row.line(), &first.construct);
        let expected = format!("the other allele of {} at {bottom}, {top}", first.variant);
        let allele = if second.alternative { "Mut" } else { "Ref" };
        let [bottom, top] = &second.construct;
        let found = format!("{} at {bottom}, {top}, {allele}", second.variant);
        Err(TableError::Line { path, line, expected, found })
    }

    fn read(&mut self) -> Result<Option<MeasuredEffect>, TableError> {
        let Some(first) = self.half()? else { return Ok(None) };
        let effect = if self.benchmarked {
            first.unsigned.map(f64::log2)
        } else {
            let second = self.partner(&first)?;
            let medians = first.median.zip(second.median);
            medians.map(|(one, other)| if first.alternative { one - other } else { other - one })
        };
        let number = self.row;
        self.row += 1;
        let [dataset, cell, build] = self.constants.clone();
        Ok(Some(MeasuredEffect {
            p: first.p,
            row: number,
            cell: Some(cell),
            build: Some(build),
            ..MeasuredEffect::new(first.variant, effect, dataset)
        }))
    }
}

impl Iterator for Gse87711Reader {
    type Item = Result<MeasuredEffect, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Result<Vec<MeasuredEffect>, String> {
        let text = format!(
            "dbSNP,chr,pos,ref,alt,type,bot,top,CTRL.median,CTRL.mut.p,CTRL.fc(log2)\n{}\n",
            rows.replace(' ', ",")
        );
        let lines = LineReader::new(std::io::Cursor::new(text), "g.csv").unwrap();
        let reader = Gse87711Reader::from_lines(lines).unwrap();
        reader.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    #[test]
    fn the_sign_comes_from_the_alleles_whatever_their_order() {
        let effects =
            read("r 1 5 T C Ref 1/2 1/2 1 0.1 2\nr 1 5 T C Mut 1/2 1/2 3 0.1 2\nr 1 5 T C Mut 1/3 2/3 1 0.1 2\nr 1 5 T C Ref 1/3 2/3 3 0.1 2")
                .unwrap();
        let found: Vec<_> = effects.iter().map(|effect| (effect.row, effect.effect_log2)).collect();
        assert_eq!(found, [(0, Some(2.0)), (1, Some(-2.0))]);
    }

    #[test]
    fn halves_without_partner_are_named() {
        assert_eq!(
            read("r 1 5 T C Ref 1/2 1/2 1 0.1 2").unwrap_err(),
            "g.csv ends without the other allele of chr1:5:T>C"
        );
        assert_eq!(
            read("r 1 5 T C Ref 1/2 1/2 1 0.1 2\nr 1 5 T C Mut 1/3 2/3 3 0.1 2").unwrap_err(),
            "g.csv, line 3: expected the other allele of chr1:5:T>C at 1/2, 1/2, found \"chr1:5:T>C at 1/3, 2/3, Mut\""
        );
        assert!(read("r 1 5 T C ref 1/2 1/2 1 0.1 2").unwrap_err().contains("expected Ref or Mut"));
        assert!(read("r 1 5 T C Ref 1/2 1/2 1 0.1 -2").unwrap_err().contains("(CTRL.fc(log2))"));
    }
}
