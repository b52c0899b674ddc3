//! The engine: any model, any scores, any number of variants.

mod blocks_of;
mod chunks;
mod records;
mod run;
mod sequence_pairs;
mod settings;
mod values;

use ciskit_core::{Output, ReferenceGenome, ScorerSpec, Selection, Strand, Variant, VariantScorer};

use crate::mismatch::MismatchGuard;
use crate::{EffectScore, OnMismatch, Status, TrainingOverlap, VariantScoringError, WindowPlan};

pub(crate) use chunks::{Chunks, ScoresVariants};
pub use records::ScoredRecords;
pub(crate) use run::Run;
pub use settings::VariantScoring;

/// What became of a variant, and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredVariant {
    /// What became of it.
    pub status: Status,
    /// One value for each of the engine's [columns](VariantEngine::columns) if the status [has
    /// values](Status::has_values), otherwise none. An undefined value is NaN.
    pub values: Vec<f64>,
    /// Whether it lies in the training data; `None` where that was not asked for.
    pub in_training: Option<bool>,
}

/// Scores variants, as [`VariantScoring`] says.
///
/// A variant's values depend on nothing but the variant, the genome and the settings: not on its neighbours, the size of
/// chunks, or the number of threads.
pub struct VariantEngine<'a> {
    scorers: Vec<&'a dyn VariantScorer>,
    scores: Vec<Box<dyn EffectScore + 'a>>,
    plan: WindowPlan,
    select: Selection,
    /// What is asked for on the reverse strand.
    reverse: Selection,
    views: Vec<(Strand, i64)>,
    spec: ScorerSpec,
    /// Selected bins.
    bins: Vec<usize>,
    /// Selected outputs.
    outputs: Vec<Output>,
    /// Number of outputs whose raw scores are columns.
    raw: usize,
    columns: Vec<String>,
    on_mismatch: OnMismatch,
    /// Mismatches of a run that has not begun.
    guard: MismatchGuard,
    max_unknown: f64,
    duplicates_within: usize,
    training: Option<TrainingOverlap>,
    genome_description: String,
    chunk: usize,
}

impl VariantEngine<'_> {
    /// Names of a variant's values: raw scores first (`OUTPUT_ref`, `OUTPUT_alt`), then each score's columns by their
    /// [headings](EffectScore::heading), with several models each followed by its standard deviation (`NAME_sd`).
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the variants are looked for in, where that was [asked for](VariantScoring::training).
    #[must_use]
    pub fn training(&self) -> Option<&TrainingOverlap> {
        self.training.as_ref()
    }

    /// Scores variants: every one comes back, in order.
    ///
    /// *Cost*: two windows a variant and reading; windows are cut in parallel. Memory for the values of all variants; see
    /// [`score_records`](Self::score_records) for more of them than fit.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError`] if the genome cannot be read, the model fails, or too many reference alleles do not match. A
    /// variant that cannot be scored is no error: see [`Status`].
    pub fn score(
        &self,
        genome: &dyn ReferenceGenome,
        variants: &[Variant],
    ) -> Result<Vec<ScoredVariant>, VariantScoringError> {
        let mut run = self.run(genome);
        let scored = run.score(variants)?;
        run.finish()?;
        Ok(scored)
    }
}
