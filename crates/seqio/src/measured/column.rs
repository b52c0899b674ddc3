//! Columns of measurements, found by name: their values and the faults of these.

use std::sync::Arc;

use ciskit_core::{Allele, ContigName, Variant};

use crate::{Header, LastName, LineReader, Row, Table, TableError};

/// A table of any line end, whose fields are separated by tabs if its header holds one, else by commas.
pub(super) fn table(lines: LineReader) -> Result<Table, TableError> {
    Table::sniffed(lines.with_any_line_end())
}

/// A column with the name that messages use.
#[derive(Debug)]
pub(super) struct Column {
    index: usize,
    name: String,
}

impl Column {
    pub(super) fn require(header: &Header, name: &str) -> Result<Self, TableError> {
        Ok(Self { index: header.require(name)?, name: name.to_owned() })
    }

    pub(super) fn find(header: &Header, name: &str) -> Option<Self> {
        header.find(name).map(|index| Self { index, name: name.to_owned() })
    }

    /// The first of these that is there; the error names the first.
    pub(super) fn require_any(header: &Header, names: &[&str]) -> Result<Self, TableError> {
        let found = names.iter().find_map(|name| Self::find(header, name));
        found.ok_or_else(|| header.missing(names.first().copied().unwrap_or_default()))
    }

    pub(super) fn text<'a>(&self, row: &Row<'a>) -> Result<&'a str, TableError> {
        row.required(self.index, &self.name)
    }

    pub(super) fn known<'a>(&self, row: &Row<'a>) -> Option<&'a str> {
        row.known(self.index)
    }

    pub(super) fn refuse(&self, row: &Row<'_>, expected: impl Into<String>) -> TableError {
        row.refuse(self.index, &self.name, expected)
    }

    /// A number, infinite ones included; `None` for NA and NaN.
    pub(super) fn number(&self, row: &Row<'_>) -> Result<Option<f64>, TableError> {
        Ok(row.known_number(self.index, &self.name)?.filter(|value| !value.is_nan()))
    }

    /// A finite number of 0 or more, such as an activity.
    pub(super) fn amount(&self, row: &Row<'_>) -> Result<Option<f64>, TableError> {
        let amount = self.number(row)?;
        match amount.is_none_or(|value| value.is_finite() && value >= 0.0) {
            true => Ok(amount),
            false => Err(self.refuse(row, "a finite number of 0 or more")),
        }
    }

    /// A p-value.
    pub(super) fn p(&self, row: &Row<'_>) -> Result<Option<f64>, TableError> {
        let p = self.number(row)?;
        match p.is_none_or(|value| (0.0..=1.0).contains(&value)) {
            true => Ok(p),
            false => Err(self.refuse(row, "a p-value from 0 to 1")),
        }
    }

    /// A p-value given as −log10.
    pub(super) fn log_p(&self, row: &Row<'_>) -> Result<Option<f64>, TableError> {
        let log = self.number(row)?;
        match log.is_none_or(|value| value >= 0.0) {
            true => Ok(log.map(|log| 10_f64.powf(-log))),
            false => Err(self.refuse(row, "-log10 of a p-value, 0 or more")),
        }
    }

    pub(super) fn count(&self, row: &Row<'_>) -> Result<u64, TableError> {
        row.position(self.index, &self.name)
    }

    /// Whether something is so: 1 or 0; `None` for NA.
    pub(super) fn flag(&self, row: &Row<'_>) -> Result<Option<bool>, TableError> {
        match self.known(row) {
            None => Ok(None),
            Some("1") => Ok(Some(true)),
            Some("0") => Ok(Some(false)),
            Some(_) => Err(self.refuse(row, "0, 1 or NA")),
        }
    }
}

/// The columns that say which variant it is.
#[derive(Debug)]
pub(super) struct VariantColumns {
    pub(super) chrom: Column,
    pub(super) position: Column,
    pub(super) reference: Column,
    pub(super) alternative: Column,
    pub(super) id: Option<Column>,
}

impl VariantColumns {
    /// The variant of a row; its position is 1-based, its contig named with `chr`.
    ///
    /// `-` for the alternative, a deletion of the reference bases, is kept as text: the base in front of it, which an
    /// allele of VCF would need, is not told.
    pub(super) fn variant(
        &self,
        row: &Row<'_>,
        contigs: &mut LastName<ContigName>,
    ) -> Result<Variant, TableError> {
        row.contig(self.chrom.index, &self.chrom.name)?;
        let name = self.chrom.text(row)?;
        let contig =
            if name.starts_with("chr") { contigs.get(name) } else { contigs.get(&format!("chr{name}")) };
        let start = self.start(row)?;
        let reference = self.reference.text(row)?.as_bytes();
        let alternative = Allele::from_vcf(self.alternative.text(row)?);
        let variant = Variant::new(contig, start, reference, alternative);
        let mut variant = variant.map_err(|why| TableError::Variant {
            path: row.path().to_path_buf(),
            line: row.line(),
            why,
        })?;
        variant.id = self.id.as_ref().and_then(|id| id.known(row)).map(Arc::from);
        Ok(variant)
    }

    /// The 1-based position as a 0-based one.
    pub(super) fn start(&self, row: &Row<'_>) -> Result<u64, TableError> {
        let position = self.position.count(row)?;
        position.checked_sub(1).ok_or_else(|| self.position.refuse(row, "a position of 1 or more"))
    }
}

/// log2 of alternative over reference; infinite where one is 0, nothing where both are.
pub(super) fn log2_ratio(reference: Option<f64>, alternative: Option<f64>) -> Option<f64> {
    let (reference, alternative) = (reference?, alternative?);
    (reference > 0.0 || alternative > 0.0).then(|| (alternative / reference).log2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_at_zero() {
        assert_eq!(log2_ratio(Some(2.0), Some(1.0)), Some(-1.0));
        assert_eq!(log2_ratio(Some(0.0), Some(1.0)), Some(f64::INFINITY));
        assert_eq!(log2_ratio(Some(1.0), Some(0.0)), Some(f64::NEG_INFINITY));
        assert_eq!(log2_ratio(Some(0.0), Some(0.0)), None);
        assert_eq!(log2_ratio(None, Some(1.0)), None);
    }
}
