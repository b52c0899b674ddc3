//! The unified table of measured effects, written.

use std::path::Path;

use crate::{MeasuredEffect, TableError, TextWriter, format_line};

/// What the format line calls the table.
pub(super) const KIND: &str = "measured-effects";

const HEADER: [&str; 12] =
    ["dataset", "row", "chrom", "pos", "ref", "alt", "id", "measured_log2", "p", "cell", "build", "label"];

/// Writes the unified table of measured effects: tabs, 1-based positions, `NA` for what is not known.
///
/// A name that ends in `.gz` gets bgzip.
///
/// ```
/// use ciskit_core::{Allele, Variant};
/// use ciskit_seqio::{MeasuredEffect, MeasuredTableReader, MeasuredWriter};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("measured.tsv.gz");
/// let variant = Variant::new("chr1", 99, b"A", Allele::from_vcf("G"))?;
/// let effect = MeasuredEffect { p: Some(1e-300), row: 7, label: Some(true), ..MeasuredEffect::new(variant, Some(0.1), "d") };
/// let mut writer = MeasuredWriter::create(&path)?;
/// writer.write(&effect)?;
/// writer.finish()?;
/// assert_eq!(MeasuredTableReader::open(&path)?.collect::<Result<Vec<_>, _>>()?, [effect]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MeasuredWriter(TextWriter);

impl MeasuredWriter {
    /// Starts a file that will have this path.
    ///
    /// # Errors
    ///
    /// As [`TextWriter::create`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_text(TextWriter::create(path)?)
    }

    /// Starts the format in a writer.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn from_text(mut writer: TextWriter) -> Result<Self, TableError> {
        writer.line(&format_line::written(KIND))?;
        writer.row(HEADER)?;
        Ok(Self(writer))
    }

    /// Writes an effect.
    ///
    /// # Errors
    ///
    /// [`TableError::Unwritable`] for a name that holds a tab or a line end, or that would read back as missing;
    /// [`TableError::Write`].
    pub fn write(&mut self, effect: &MeasuredEffect) -> Result<(), TableError> {
        let MeasuredEffect { variant, dataset, row, cell, build, label, .. } = effect;
        let names = [Some(dataset), cell.as_ref(), build.as_ref(), variant.id.as_ref()];
        for name in names.into_iter().flatten() {
            if matches!(&**name, "" | "." | "NA") {
                return Err(self.0.unwritable(name, "it would read back as missing"));
            }
        }
        let number = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), |value| format!("{value:?}"));
        let name = |name: &Option<_>| name.as_deref().unwrap_or("NA").to_owned();
        self.0.row([
            dataset.to_string(),
            row.to_string(),
            variant.contig().to_string(),
            (variant.start() + 1).to_string(),
            String::from_utf8_lossy(variant.reference()).into_owned(),
            variant.alternative().to_string(),
            name(&variant.id),
            number(effect.effect_log2),
            number(effect.p),
            name(cell),
            name(build),
            label.map_or("NA", |label| if label { "1" } else { "0" }).to_owned(),
        ])
    }

    /// Gives the file its name; see [`TextWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn finish(self) -> Result<(), TableError> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::{Allele, Variant};
    use proptest::prelude::*;

    use super::*;
    use crate::MeasuredTableReader;

    #[test]
    fn names_that_would_not_come_back_are_refused() {
        let variant = Variant::new("chr1", 0, b"A", Allele::from_vcf("-")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for dataset in ["", "NA", ".", "a\tb"] {
            let mut writer = MeasuredWriter::create(folder.path().join("m.tsv")).unwrap();
            let error = writer.write(&MeasuredEffect::new(variant.clone(), None, dataset)).unwrap_err();
            assert!(matches!(error, TableError::Unwritable { .. }), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_written_is_read(
            start in 0u64..1 << 40,
            effect in prop::option::of(prop_oneof![any::<f64>().prop_filter("a number", |v| !v.is_nan()), Just(f64::INFINITY)]),
            p in prop::option::of(0.0..=1.0_f64),
            row in any::<u32>(),
            alternative in "[ACGT]{1,5}|-",
        ) {
            let variant = Variant::new("chrX", start, b"AC", Allele::from_vcf(&alternative)).unwrap();
            let effect = MeasuredEffect { p, row: row.into(), ..MeasuredEffect::new(variant, effect, "a b") };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("m.tsv");
            let mut writer = MeasuredWriter::create(&path).unwrap();
            writer.write(&effect).unwrap();
            writer.finish().unwrap();
            let read: Vec<MeasuredEffect> = MeasuredTableReader::open(&path).unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(read, [effect]);
        }
    }
}
