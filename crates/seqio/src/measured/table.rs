//! The unified table, and any other table of measurements whose columns are named.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::ContigName;

use super::column::{Column, VariantColumns, table};
use super::columns::{EffectScale, MeasuredColumns};
use super::writer::KIND;
use crate::{LastName, LineReader, MeasuredEffect, Table, TableError, format_line};

/// Reads the unified table that [`MeasuredWriter`](crate::MeasuredWriter) writes, or any table of measurements,
/// record by record.
///
/// Columns are found by the names of a [`MeasuredColumns`]. Fields are separated by tabs if the header holds one, else
/// by commas; lines may end in CR alone. A table without `dataset` is one data set, called as the file without its
/// extensions; without `row`, rows are counted from 0. `NA`, `.` and nothing are missing values, `inf` and `-inf` are
/// kept.
///
/// # Units
///
/// Positions are 1-based in the table, as in VCF.
///
/// # Errors
///
/// Each row gives [`TableError`] if it is malformed; the next call reads the next row.
///
/// ```
/// use ciskit_seqio::{EffectScale, LineReader, MeasuredTableReader};
///
/// let csv = "Chromosome,Where,Ref,Alt,Ratio\rchr3,12447119,G,A,0.5\r";
/// let columns = "chrom=Chromosome,pos=Where,ref=Ref,alt=Alt,effect=Ratio".parse()?;
/// let lines = LineReader::new(csv.as_bytes(), "data/PPARG.csv")?;
/// let mut effects = MeasuredTableReader::with_columns(lines, &columns, EffectScale::Ratio)?;
/// let effect = effects.next().unwrap()?;
/// assert_eq!((&*effect.dataset, effect.row, effect.effect_log2), ("PPARG", 0, Some(-1.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MeasuredTableReader {
    table: Table,
    variant: VariantColumns,
    effect: Column,
    scale: EffectScale,
    p: Option<Column>,
    dataset: Option<Column>,
    number: Option<Column>,
    cell: Option<Column>,
    build: Option<Column>,
    label: Option<Column>,
    stem: Arc<str>,
    row: u64,
    contigs: LastName<ContigName>,
    names: [LastName<Arc<str>>; 3],
}

impl MeasuredTableReader {
    /// Opens a unified table, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::with_columns(LineReader::open(path)?, &MeasuredColumns::default(), EffectScale::Log2)
    }

    /// Reads a table whose columns have these names and whose effects are on this scale.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn with_columns(
        lines: LineReader,
        columns: &MeasuredColumns,
        scale: EffectScale,
    ) -> Result<Self, TableError> {
        let mut lines = lines.with_any_line_end();
        let stem = stem(lines.path());
        if let Some(line) = lines.next_line()? {
            format_line::check(line, KIND)?;
            lines.repeat();
        }
        let table = table(lines)?;
        let header = table.header();
        let name = |key: &str| columns.name(key).unwrap_or_default();
        let require = |key: &str| Column::require(header, name(key));
        let optional = |key: &str| match columns.is_required(key) {
            true => require(key).map(Some),
            false => Ok(Column::find(header, name(key))),
        };
        let variant = VariantColumns {
            chrom: require("chrom")?,
            position: require("pos")?,
            reference: require("ref")?,
            alternative: require("alt")?,
            id: optional("id")?,
        };
        let (effect, p, dataset, number) =
            (require("effect")?, optional("p")?, optional("dataset")?, optional("row")?);
        let (cell, build, label) = (optional("cell")?, optional("build")?, optional("label")?);
        let (contigs, names, row) = (LastName::default(), Default::default(), 0);
        Ok(Self {
            table,
            variant,
            effect,
            scale,
            p,
            dataset,
            number,
            cell,
            build,
            label,
            stem,
            row,
            contigs,
            names,
        })
    }

    fn read(&mut self) -> Result<Option<MeasuredEffect>, TableError> {
        let Some(row) = self.table.next_row()? else { return Ok(None) };
        let counted = self.row;
        self.row += 1;
        let variant = self.variant.variant(&row, &mut self.contigs)?;
        let effect = match self.effect.number(&row)? {
            None => None,
            Some(value) => {
                let log2 = self.scale.log2(value);
                Some(log2.ok_or_else(|| self.effect.refuse(&row, "a ratio of 0 or more"))?)
            }
        };
        let [datasets, cells, builds] = &mut self.names;
        let dataset = match &self.dataset {
            Some(dataset) => datasets.get(dataset.text(&row)?),
            None => self.stem.clone(),
        };
        let known = |column: &Option<Column>| column.as_ref().and_then(|column| column.known(&row));
        Ok(Some(MeasuredEffect {
            p: self.p.as_ref().map_or(Ok(None), |p| p.p(&row))?,
            row: self.number.as_ref().map_or(Ok(counted), |number| number.count(&row))?,
            cell: known(&self.cell).map(|cell| cells.get(cell)),
            build: known(&self.build).map(|build| builds.get(build)),
            label: self.label.as_ref().map_or(Ok(None), |label| label.flag(&row))?,
            ..MeasuredEffect::new(variant, effect, dataset)
        }))
    }
}

/// The name of a file without its extensions.
fn stem(path: &Path) -> Arc<str> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(&name).into()
}

impl Iterator for MeasuredTableReader {
    type Item = Result<MeasuredEffect, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<MeasuredEffect>, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "m.tsv.gz").unwrap();
        MeasuredTableReader::with_columns(lines, &MeasuredColumns::default(), EffectScale::Log2)
            .and_then(Iterator::collect)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn columns_that_may_be_missing() {
        let effects =
            read("chrom\tpos\tref\talt\tmeasured_log2\n1\t5\ta\tC\t-inf\nchr1\t6\tA\tC\tNA\n").unwrap();
        assert_eq!((&*effects[1].dataset, effects[1].row), ("m", 1));
        assert_eq!((effects[0].effect_log2, effects[1].effect_log2), (Some(f64::NEG_INFINITY), None));
        assert_eq!((effects[0].p, &effects[0].cell, effects[0].label), (None, &None, None));
    }

    #[test]
    fn labels_are_flags() {
        let text = |label: &str| format!("chrom,pos,ref,alt,measured_log2,label\n1,5,A,C,1,{label}\n");
        assert_eq!(read(&text("0")).unwrap()[0].label, Some(false));
        assert_eq!(
            read(&text("enhancer")).unwrap_err(),
            "m.tsv.gz, line 2, column 6 (label): expected 0, 1 or NA, found \"enhancer\""
        );
    }

    #[test]
    fn other_files_of_ours_and_of_the_future_are_refused() {
        for (first, message) in [
            ("##ciskit pairs format=1", "expected \"##ciskit measured-effects format=1\""),
            ("##ciskit measured-effects format=2", "is newer than format 1"),
        ] {
            let error = read(&format!("{first}\nchrom\tpos\tref\talt\tmeasured_log2\n")).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        assert_eq!(
            read("chrom\tpos\tref\talt\n").unwrap_err(),
            "m.tsv.gz, line 1: expected a column named \"measured_log2\", found chrom, pos, ref, alt"
        );
        assert!(read("").unwrap_err().contains("found an empty file"));
    }
}
