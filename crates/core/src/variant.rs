//! Variants: reference bases at a place, replaced by an allele.

use std::fmt;
use std::sync::Arc;

use crate::{ContigName, Edit, Interval};

/// The alternative allele of a variant, as VCF 4.5 (section 1.6.1, ALT) allows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Allele {
    /// Bases, in the letters of the file.
    Bases(Vec<u8>),
    /// `*`: the allele is missing because an upstream deletion spans it.
    Spanning,
    /// `.`: no alternative allele is given.
    Missing,
    /// `<DEL>`, `<DUP:TANDEM>`, breakends (`G]17:198982]`) and whatever else is no plain sequence; kept as text.
    Symbolic(String),
}

impl Allele {
    /// The allele that one entry of VCF's ALT column means.
    ///
    /// ```
    /// use ciskit_core::Allele;
    /// assert_eq!(Allele::from_vcf("acN"), Allele::Bases(b"acN".to_vec()));
    /// assert_eq!(Allele::from_vcf("*"), Allele::Spanning);
    /// assert_eq!(Allele::from_vcf("<DEL>"), Allele::Symbolic("<DEL>".into()));
    /// ```
    #[must_use]
    pub fn from_vcf(text: &str) -> Self {
        match text {
            "*" => Self::Spanning,
            "." | "" => Self::Missing,
            bases if bases.bytes().all(is_base) => Self::Bases(bases.into()),
            other => Self::Symbolic(other.into()),
        }
    }

    /// The bases, where the allele is a plain sequence.
    #[must_use]
    pub fn bases(&self) -> Option<&[u8]> {
        match self {
            Self::Bases(bases) => Some(bases),
            _ => None,
        }
    }
}

impl fmt::Display for Allele {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bases(bases) => f.write_str(&String::from_utf8_lossy(bases)),
            Self::Spanning => f.write_str("*"),
            Self::Missing => f.write_str("."),
            Self::Symbolic(text) => f.write_str(text),
        }
    }
}

/// Whether a letter is an IUPAC nucleotide code, either case.
fn is_base(letter: u8) -> bool {
    b"ACGTNRYSWKMBDHV".contains(&letter.to_ascii_uppercase())
}

/// What a variant does to the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum VariantKind {
    /// The alternative equals the reference (either case).
    Identical,
    /// One base replaced by another.
    Snv,
    /// Several bases replaced by as many.
    Mnv,
    /// The reference is a proper prefix or suffix of the alternative.
    Insertion,
    /// The alternative is a proper prefix or suffix of the reference.
    Deletion,
    /// Bases replaced by a different number of others.
    Complex,
    /// The alternative is no plain sequence.
    Unsupported,
}

/// A variant with one alternative allele: reference bases at a place and what replaces them.
///
/// ```
/// use ciskit_core::{Allele, Variant, VariantKind};
///
/// let snv = Variant::new("chr1", 99, b"A", Allele::Bases(b"G".to_vec()))?; // VCF's position 100
/// assert_eq!(snv.kind(), VariantKind::Snv);
/// assert_eq!(snv.to_string(), "chr1:100:A>G"); // text is 1-based, as in VCF
/// # Ok::<(), ciskit_core::VariantError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    interval: Interval,
    reference: Vec<u8>,
    alternative: Allele,
    /// Identifier in the source (`rs12740374`).
    pub id: Option<Arc<str>>,
}

impl Variant {
    /// The variant that replaces `reference`, whose first base is at `start` (0-based), by `alternative`.
    ///
    /// # Errors
    ///
    /// [`VariantError`] if the reference is empty or holds a letter that is no base, if the alternative's bases
    /// are empty, or if the end does not fit.
    pub fn new(
        contig: impl Into<ContigName>,
        start: u64,
        reference: &[u8],
        alternative: Allele,
    ) -> Result<Self, VariantError> {
        let contig = contig.into();
        let alternative_bases = alternative.bases().unwrap_or(b"N");
        for (allele, bases) in [("reference", reference), ("alternative", alternative_bases)] {
            if bases.is_empty() {
                return Err(VariantError::Empty { contig, start, allele });
            }
            if let Some(&letter) = bases.iter().find(|&&letter| !is_base(letter)) {
                return Err(VariantError::Letter { contig, start, allele, letter: char::from(letter) });
            }
        }
        let end = start.saturating_add(reference.len() as u64);
        let interval = Interval::new(contig.clone(), start, end)
            .map_err(|source| VariantError::Position { contig, start, source })?;
        Ok(Self { interval, reference: reference.to_vec(), alternative, id: None })
    }

    /// The reference bases' place.
    #[must_use]
    pub fn interval(&self) -> &Interval {
        &self.interval
    }

    /// The contig's name.
    #[must_use]
    pub fn contig(&self) -> &ContigName {
        self.interval.contig()
    }

    /// Position of the first reference base, 0-based.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.interval.start()
    }

    /// The reference bases, in the letters of the source.
    #[must_use]
    pub fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// The alternative allele.
    #[must_use]
    pub fn alternative(&self) -> &Allele {
        &self.alternative
    }

    /// What the variant does; case does not matter.
    #[must_use]
    pub fn kind(&self) -> VariantKind {
        let Some(alternative) = self.alternative.bases() else { return VariantKind::Unsupported };
        let (from, to) = (self.reference.to_ascii_uppercase(), alternative.to_ascii_uppercase());
        let extends = |long: &[u8], short: &[u8]| long.starts_with(short) || long.ends_with(short);
        match from.len().cmp(&to.len()) {
            std::cmp::Ordering::Equal if from == to => VariantKind::Identical,
            std::cmp::Ordering::Equal if from.len() == 1 => VariantKind::Snv,
            std::cmp::Ordering::Equal => VariantKind::Mnv,
            std::cmp::Ordering::Less if extends(&to, &from) => VariantKind::Insertion,
            std::cmp::Ordering::Greater if extends(&from, &to) => VariantKind::Deletion,
            _ => VariantKind::Complex,
        }
    }

    /// The variant as an edit of a window that starts at `window_start` on the same contig; `None` if the
    /// alternative is no plain sequence or the variant starts left of the window. Whether it also ends inside
    /// the window is checked when the edit is applied.
    #[must_use]
    pub fn edit_in(&self, window_start: i64) -> Option<Edit> {
        let start = usize::try_from((self.start() as i64).checked_sub(window_start)?).ok()?;
        Some(Edit::new(start..start.checked_add(self.reference.len())?, self.alternative.bases()?))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reference = String::from_utf8_lossy(&self.reference);
        write!(f, "{}:{}:{reference}>{}", self.contig(), self.start() + 1, self.alternative)
    }
}

/// Why something is no variant. Positions in messages are 1-based, as in VCF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VariantError {
    /// An allele without bases.
    #[error("variant at {contig}:{}: the {allele} allele is empty", start.saturating_add(1))]
    Empty {
        /// Contig.
        contig: ContigName,
        /// Position, 0-based.
        start: u64,
        /// `reference` or `alternative`.
        allele: &'static str,
    },
    /// A letter that is no IUPAC nucleotide code.
    #[error("variant at {contig}:{}: {letter:?} in the {allele} allele is no base", start.saturating_add(1))]
    Letter {
        /// Contig.
        contig: ContigName,
        /// Position, 0-based.
        start: u64,
        /// `reference` or `alternative`.
        allele: &'static str,
        /// The letter.
        letter: char,
    },
    /// The position does not fit.
    #[error("variant at {contig}:{}: impossible position", start.saturating_add(1))]
    Position {
        /// Contig.
        contig: ContigName,
        /// Position, 0-based.
        start: u64,
        /// Why.
        #[source]
        source: crate::IntervalError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(reference: &str, alternative: &str) -> Variant {
        Variant::new("chr1", 9, reference.as_bytes(), Allele::from_vcf(alternative)).unwrap()
    }

    #[test]
    fn kinds() {
        for (reference, alternative, kind) in [
            ("A", "a", VariantKind::Identical),
            ("A", "T", VariantKind::Snv),
            ("AC", "GT", VariantKind::Mnv),
            ("A", "AT", VariantKind::Insertion),
            ("a", "TA", VariantKind::Insertion),
            ("ACC", "A", VariantKind::Deletion),
            ("ACC", "GT", VariantKind::Complex),
            ("A", "*", VariantKind::Unsupported),
            ("A", "<DEL>", VariantKind::Unsupported),
            ("A", "G]17:198982]", VariantKind::Unsupported),
        ] {
            assert_eq!(variant(reference, alternative).kind(), kind, "{reference}>{alternative}");
        }
    }

    #[test]
    fn hostile_alleles_are_refused() {
        let new = |reference: &[u8], alternative| Variant::new("c", 0, reference, alternative);
        assert!(matches!(new(b"", Allele::Spanning), Err(VariantError::Empty { .. })));
        assert!(matches!(new(b"A", Allele::Bases(vec![])), Err(VariantError::Empty { .. })));
        assert!(matches!(new(b"A-", Allele::Spanning), Err(VariantError::Letter { letter: '-', .. })));
        let far = Variant::new("c", u64::MAX, b"A", Allele::Spanning);
        assert!(matches!(far, Err(VariantError::Position { .. })));
        assert!(far.unwrap_err().to_string().contains("c:18446744073709551615"));
    }

    #[test]
    fn a_variant_edits_the_window_around_it() {
        let edit = variant("C", "GG").edit_in(5).unwrap();
        assert_eq!(edit.applied_to(b"AAAACAAA").unwrap(), b"AAAAGGAAA");
        assert_eq!(variant("C", "G").edit_in(10), None);
        assert_eq!(variant("C", "*").edit_in(5), None);
        // A window that hangs over the contig's left end starts at a negative position.
        assert_eq!(variant("C", "G").edit_in(-3).unwrap().range(), 12..13);
    }
}
