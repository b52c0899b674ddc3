//! Where the alleles of a row are, whatever the format of the row.

use std::path::Path;
use std::sync::Arc;

use ciskit_core::{Allele, ContigName, Variant};

use crate::{Row, TableError};

/// A contig, a 1-based position and the alternative alleles there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Site {
    path: Arc<Path>,
    line: u64,
    /// Index and name of the column of positions.
    place: (usize, &'static str),
    contig: ContigName,
    position: u64,
    alternatives: Vec<Allele>,
}

impl Site {
    /// The site of a row with its position at `place` and alternative alleles separated by commas.
    pub(crate) fn new(
        row: &Row<'_>,
        contig: ContigName,
        place: (usize, &'static str),
        alternatives: &str,
    ) -> Result<Self, TableError> {
        let (column, name) = place;
        let position = row.position(column, name)?;
        if position > i64::MAX as u64 {
            return Err(row.refuse(column, name, format!("a position of at most {}", i64::MAX)));
        }
        let alternatives = alternatives.split(',').map(Allele::from_vcf).collect();
        Ok(Self { path: row.path().clone(), line: row.line(), place, contig, position, alternatives })
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn contig(&self) -> &ContigName {
        &self.contig
    }

    /// The first reference base, 0-based; `None` for position 0, the telomere in front of the first base.
    pub(crate) fn start(&self) -> Option<u64> {
        self.position.checked_sub(1)
    }

    pub(crate) fn alternatives(&self) -> &[Allele] {
        &self.alternatives
    }

    /// One variant for each alternative allele; an error for each that is none.
    pub(crate) fn variants(
        &self,
        reference: &[u8],
        id: Option<Arc<str>>,
    ) -> impl Iterator<Item = Result<Variant, TableError>> {
        self.alternatives.iter().map(move |alternative| {
            let path = || self.path.to_path_buf();
            let start = self.start().ok_or_else(|| TableError::Value {
                path: path(),
                line: self.line,
                column: self.place.0 + 1,
                name: self.place.1.into(),
                expected: "a position of 1 or more, as 0 is the telomere in front of the first base".into(),
                found: "0".into(),
            })?;
            let variant = Variant::new(self.contig.clone(), start, reference, alternative.clone());
            let mut variant =
                variant.map_err(|why| TableError::Variant { path: path(), line: self.line, why })?;
            variant.id.clone_from(&id);
            Ok(variant)
        })
    }
}
