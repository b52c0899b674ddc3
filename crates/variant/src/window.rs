//! The two windows of a variant.

use std::ops::Range;

use ciskit_core::{
    ContigName, Edge, GenomeError, InputLength, InputWindow, ReferenceGenome, Variant, VariantKind,
};

use crate::{Status, VariantScoringError};

/// Where the windows of variants lie.
///
/// ```
/// use ciskit_core::InputWindow;
/// use ciskit_variant::WindowPlan;
///
/// let plan = WindowPlan::centred(InputWindow::fixed(1000), None)?;
/// assert_eq!(plan.length(), 1000);
/// # Ok::<(), ciskit_variant::VariantScoringError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan(Plan);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Plan {
    /// The variant's first base is the window's base `anchor`.
    Centred { length: usize, anchor: usize },
    /// The same window for every variant, as around an element.
    Fixed { contig: ContigName, range: Range<i64> },
}

/// Both windows of a variant and where its alleles lie in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) reference: Vec<u8>,
    pub(crate) alternative: Vec<u8>,
    pub(crate) allele: Range<usize>,
}

impl WindowPlan {
    /// Windows centred on each variant, as long as the model reads or `length` where it reads several lengths. What
    /// hangs over a contig's end is N.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError::WindowLength`] if the model leaves the length open and none is given,
    /// [`VariantScoringError::WrongLength`] if the model does not read `length`.
    pub fn centred(input: InputWindow, length: Option<usize>) -> Result<Self, VariantScoringError> {
        let length = match (length, input.length()) {
            (Some(found), expected) if !expected.accepts(found) => {
                return Err(VariantScoringError::WrongLength { expected, found });
            }
            (Some(length), _) | (None, InputLength::Fixed(length)) => length,
            (None, length) => return Err(VariantScoringError::WindowLength { length }),
        };
        Ok(Self(Plan::Centred { length, anchor: input.anchor(length) }))
    }

    /// One window for all variants: 0-based, half-open, and it may hang over the contig's ends.
    #[must_use]
    pub fn fixed(contig: impl Into<ContigName>, range: Range<i64>) -> Self {
        Self(Plan::Fixed { contig: contig.into(), range })
    }

    /// Length of the windows in bp.
    #[must_use]
    pub fn length(&self) -> usize {
        match &self.0 {
            Plan::Centred { length, .. } => *length,
            Plan::Fixed { range, .. } => usize::try_from(range.end - range.start).unwrap_or(0),
        }
    }

    /// The windows of a single-nucleotide variant, or why there are none.
    pub(crate) fn windows(
        &self,
        genome: &dyn ReferenceGenome,
        variant: &Variant,
    ) -> Result<Result<Windows, Status>, GenomeError> {
        let base = |bases: &[u8]| matches!(bases, [b] if b"ACGTacgt".contains(b));
        let alternative = match variant.alternative().bases() {
            Some(bases) if base(bases) && base(variant.reference()) => bases[0],
            _ => return Ok(Err(Status::UnsupportedAllele)),
        };
        debug_assert!(matches!(variant.kind(), VariantKind::Snv | VariantKind::Identical));
        let Ok(contig) = genome.contigs().resolve(variant.contig()) else {
            return Ok(Err(Status::UnknownContig));
        };
        if variant.interval().end() > contig.length {
            return Ok(Err(Status::OutOfBounds));
        }
        let range = match &self.0 {
            Plan::Centred { length, anchor } => {
                let start = variant.start() as i64 - *anchor as i64;
                start..start + *length as i64
            }
            Plan::Fixed { contig: window, range } => {
                let same = genome.contigs().resolve(window).is_ok_and(|window| window.name == contig.name);
                if !same || !range.contains(&(variant.start() as i64)) {
                    return Ok(Err(Status::OutOfBounds));
                }
                range.clone()
            }
        };
        let place = (variant.start() as i64 - range.start) as usize;
        let reference = genome.fetch(&contig.name, range, Edge::PadN)?;
        if !reference[place].eq_ignore_ascii_case(&variant.reference()[0]) {
            let genome = char::from(reference[place].to_ascii_uppercase()).to_string();
            return Ok(Err(Status::ReferenceMismatch { genome }));
        }
        let mut changed = reference.clone();
        changed[place] = alternative;
        Ok(Ok(Windows { reference, alternative: changed, allele: place..place + 1 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{Allele, InMemoryGenome};

    fn genome() -> InMemoryGenome {
        InMemoryGenome::new([("chr1", ciskit_fixtures::spelling(200)), ("chr2", b"acgt".to_vec())]).unwrap()
    }

    fn snv(contig: &str, start: u64, reference: u8, alternative: u8) -> Variant {
        Variant::new(contig, start, &[reference], Allele::Bases(vec![alternative])).unwrap()
    }

    fn centred(length: usize) -> WindowPlan {
        WindowPlan::centred(InputWindow::fixed(length), None).unwrap()
    }

    #[test]
    fn the_variant_lies_on_the_anchor_at_every_place() {
        for start in 0..200u64 {
            let reference = ciskit_fixtures::spelled_base(start);
            for plan in [centred(61), centred(40), WindowPlan::fixed("chr1", -7..210)] {
                let windows = plan.windows(&genome(), &snv("1", start, reference, b'A')).unwrap().unwrap();
                assert_eq!(windows.reference.len(), plan.length());
                assert_eq!(windows.reference[windows.allele.start], reference);
                let changed: Vec<usize> = (0..plan.length())
                    .filter(|&place| windows.reference[place] != windows.alternative[place])
                    .collect();
                assert!(changed.is_empty() || changed == [windows.allele.start]);
            }
            let windows = centred(40).windows(&genome(), &snv("1", start, reference, b'G')).unwrap().unwrap();
            assert_eq!(windows.allele, 20..21);
            if (20..180).contains(&start) {
                let whole = &windows.reference;
                assert_eq!(ciskit_fixtures::offset_of(whole), Some(start - 20));
            }
        }
    }

    #[test]
    fn what_cannot_be_scored_says_why() {
        let status = |variant: &Variant| centred(10).windows(&genome(), variant).unwrap().unwrap_err();
        assert_eq!(status(&snv("chr9", 0, b'A', b'C')), Status::UnknownContig);
        assert_eq!(status(&snv("chr2", 4, b'A', b'C')), Status::OutOfBounds);
        assert_eq!(status(&snv("chr2", 1, b'G', b'A')), Status::ReferenceMismatch { genome: "C".into() });
        assert_eq!(status(&snv("chr2", 1, b'N', b'A')), Status::UnsupportedAllele);
        for alternative in ["AT", "*", "<DEL>", ".", "R"] {
            let variant = Variant::new("chr2", 0, b"A", Allele::from_vcf(alternative)).unwrap();
            assert_eq!(status(&variant), Status::UnsupportedAllele, "{alternative}");
        }
        let fixed = WindowPlan::fixed("2", 1..3);
        let outside = fixed.windows(&genome(), &snv("chr2", 3, b'T', b'A')).unwrap();
        assert_eq!(outside.unwrap_err(), Status::OutOfBounds);
        let elsewhere = fixed.windows(&genome(), &snv("chr1", 1, b'A', b'C')).unwrap();
        assert_eq!(elsewhere.unwrap_err(), Status::OutOfBounds);
    }

    #[test]
    fn case_does_not_matter() {
        let windows = centred(3).windows(&genome(), &snv("2", 1, b'C', b't')).unwrap().unwrap();
        assert_eq!((&windows.reference[..], &windows.alternative[..]), (&b"acg"[..], &b"atg"[..]));
    }

    #[test]
    fn a_model_of_any_length_needs_one() {
        assert!(matches!(
            WindowPlan::centred(InputWindow::any(), None),
            Err(VariantScoringError::WindowLength { .. })
        ));
        assert_eq!(WindowPlan::centred(InputWindow::any(), Some(7)).unwrap().length(), 7);
        assert!(matches!(
            WindowPlan::centred(InputWindow::fixed(5), Some(7)),
            Err(VariantScoringError::WrongLength { found: 7, .. })
        ));
    }
}
