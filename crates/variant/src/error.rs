//! Why variants could not be scored at all. What is wrong with one variant is its [`Status`](crate::Status).

use std::error::Error;

use ciskit_core::{GenomeError, InputLength, ScoreError};

use crate::scores::EffectScoreError;

/// Why scoring stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VariantScoringError {
    /// The genome could not be read.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// The model failed.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// A score that the model's outputs have no value of.
    #[error(transparent)]
    EffectScore(#[from] EffectScoreError),
    /// The records that carry the variants could not be read.
    #[error(transparent)]
    Records(Box<dyn Error + Send + Sync>),
    /// The model reads sequences of any length, so the length of the window must be chosen.
    #[error("the model reads {length}: say how long the window is to be")]
    WindowLength {
        /// What the model reads.
        length: InputLength,
    },
    /// A window of a length that the model does not read.
    #[error("a window of {found} bp was asked for, but the model reads {expected}")]
    WrongLength {
        /// What the model reads.
        expected: InputLength,
        /// What was asked for.
        found: usize,
    },
    /// Raw scores as columns, of a model with several bins.
    #[error("raw scores are columns only where there is one bin, but the selection leaves {bins}")]
    Bins {
        /// How many bins the selection leaves.
        bins: usize,
    },
    /// Nothing to give for a variant.
    #[error("neither scores nor raw scores are asked for")]
    NoColumns,
    /// Two columns of one name.
    #[error("two scores have a column named {name:?}")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// No model at all.
    #[error("there is no model to score with")]
    NoModels,
    /// Models that cannot be averaged.
    #[error("model {index} and the first one differ in their {what}")]
    ModelsDiffer {
        /// Index of the other model.
        index: usize,
        /// In what.
        what: &'static str,
    },
    /// A shift that moves the variant out of its window.
    #[error("a shift of {shift} bp moves the variant out of a window of {length} bp")]
    Shift {
        /// The shift in bp.
        shift: i64,
        /// Length of the window.
        length: usize,
    },
    /// No shift to average over.
    #[error("shifts to average over are empty: no shift is one shift of 0 bp")]
    NoShifts,
    /// Sequences without a genome cannot be shifted.
    #[error("sequences that are given without a genome cannot be shifted")]
    ShiftWithoutGenome,
    /// Bins that lie elsewhere when the sequence is read backwards.
    #[error(
        "the model's bins are not symmetric (off by {off_bp} bp of {bin_bp} a bin), so the strands cannot be averaged"
    )]
    AsymmetricBins {
        /// How far a bin and its mirror image lie apart.
        off_bp: u64,
        /// Width of a bin.
        bin_bp: u32,
    },
    /// A number outside of its range.
    #[error("{what} must be {expected}, found {found}")]
    Setting {
        /// What.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: f64,
    },
    /// A reference allele that the genome does not have, where none is tolerated.
    #[error("the reference allele of {variant} is not what the genome has: {genome}")]
    Mismatch {
        /// The variant (1-based).
        variant: String,
        /// The genome's bases.
        genome: String,
    },
    /// More mismatches than wrong lines can explain.
    #[error(
        "{mismatches} of {compared} reference alleles are not what the genome has: the variants are probably of another \
         assembly than {genome} ({})", examples.join("; ")
    )]
    WrongGenome {
        /// Variants whose reference allele does not match.
        mismatches: usize,
        /// Variants whose reference allele was compared.
        compared: usize,
        /// The genome, as the caller describes it.
        genome: String,
        /// A few of the mismatches.
        examples: Vec<String>,
    },
}
