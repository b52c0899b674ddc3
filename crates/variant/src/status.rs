//! What became of a variant.

use std::fmt;

/// What became of one variant. Every variant has a status, and nothing is dropped.
///
/// | status | values | meaning |
/// |---|---|---|
/// | `scored` | yes | as given |
/// | `alleles-swapped` | yes | the genome has the alternative allele, and the rule is to swap |
/// | `duplicate` | yes | seen before; the values are those of the first one |
/// | `ref-mismatch` | no | the genome has other bases |
/// | `out-of-bounds` | no | the reference allele leaves its contig or a fixed window |
/// | `unknown-contig` | no | the genome has no such contig |
/// | `too-many-n` | no | too little of the reference window is known |
/// | `unsupported-allele` | no | an allele is no sequence of A, C, G and T, or the model cannot score it |
/// | `wrong-length` | no | a sequence, given without a genome, of a length that the model does not read |
///
/// They are looked for in this order: unsupported-allele, unknown-contig, out-of-bounds, ref-mismatch (or
/// alleles-swapped), too-many-n, duplicate. A variant that could not be scored is never called a duplicate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Scored.
    Scored,
    /// The genome has the alternative allele where the reference allele should be, and
    /// [`OnMismatch::Swap`](crate::OnMismatch::Swap) was asked for. The values are those of going from the reference to the
    /// alternative allele as given: the genome's own window is the alternative one.
    AllelesSwapped,
    /// The same contig, position and alleles occurred before. The values are those of the first occurrence. Another
    /// spelling of the same indel is not recognised: normalise the file for that.
    Duplicate,
    /// The genome has other bases at the reference allele's place. The variant is not scored.
    ReferenceMismatch {
        /// The genome's bases, upper case.
        genome: String,
    },
    /// The reference allele leaves its contig or, with a fixed window, the window.
    OutOfBounds,
    /// The genome has no such contig.
    UnknownContig,
    /// More of the reference window is unknown (N, or beyond the contig's end) than allowed.
    TooManyN,
    /// An allele is no sequence of A, C, G and T (symbolic, `*`, missing, an unknown base), or the model says that it cannot
    /// score such a variant.
    UnsupportedAllele,
    /// A sequence, given without a genome, of a length that the model does not read.
    WrongLength {
        /// Its length in bp.
        found: usize,
    },
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
            Self::AllelesSwapped => "alleles-swapped",
            Self::Duplicate => "duplicate",
            Self::ReferenceMismatch { .. } => "ref-mismatch",
            Self::OutOfBounds => "out-of-bounds",
            Self::UnknownContig => "unknown-contig",
            Self::TooManyN => "too-many-n",
            Self::UnsupportedAllele => "unsupported-allele",
            Self::WrongLength { .. } => "wrong-length",
        }
    }

    /// Whether a variant of this status has values.
    ///
    /// ```
    /// use ciskit_variant::Status;
    /// assert!(Status::Duplicate.has_values() && !Status::TooManyN.has_values());
    /// ```
    #[must_use]
    pub fn has_values(&self) -> bool {
        matches!(self, Self::Scored | Self::AllelesSwapped | Self::Duplicate)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReferenceMismatch { genome } => write!(f, "{}: the genome has {genome}", self.name()),
            Self::WrongLength { found } => write!(f, "{}: {found} bp", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}
