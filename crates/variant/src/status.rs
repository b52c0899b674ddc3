//! What became of a variant.

use std::fmt;

/// What became of one variant. Every variant has a status; only [`Status::Scored`] ones have effects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Scored.
    Scored,
    /// The genome has other bases at the reference allele's place. The variant is not scored.
    ReferenceMismatch {
        /// The genome's bases, upper case.
        genome: String,
    },
    /// The genome has no such contig.
    UnknownContig,
    /// The reference allele leaves its contig or, with a fixed window, the window.
    OutOfBounds,
    /// The alleles are no single-nucleotide variant (an indel, a symbolic allele, `*`, an unknown base).
    UnsupportedAllele,
}

impl Status {
    /// Short name, as written to files.
    ///
    /// ```
    /// use ciskit_variant::Status;
    /// assert_eq!(Status::ReferenceMismatch { genome: "A".into() }.name(), "ref-mismatch");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::ReferenceMismatch { .. } => "ref-mismatch",
            Self::UnknownContig => "unknown-contig",
            Self::OutOfBounds => "out-of-bounds",
            Self::UnsupportedAllele => "unsupported-allele",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReferenceMismatch { genome } => write!(f, "{}: the genome has {genome}", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}
