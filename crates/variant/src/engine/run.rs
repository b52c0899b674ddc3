//! One run over variants: what must be remembered from one chunk to the next.

use ciskit_core::{ReferenceGenome, Variant};
use rayon::prelude::*;

use super::{ScoredVariant, ScoresVariants, VariantEngine};
use crate::mismatch::{MismatchGuard, named};
use crate::seen::Seen;
use crate::window::{Cut, Cutter};
use crate::{OnMismatch, Status, Summary, VariantScoringError};

/// The state of a run.
pub(crate) struct Run<'e, 'a> {
    engine: &'e VariantEngine<'a>,
    genome: &'e dyn ReferenceGenome,
    seen: Seen,
    guard: MismatchGuard,
    pub(super) summary: Summary,
}

impl<'a> VariantEngine<'a> {
    pub(crate) fn run<'e>(&'e self, genome: &'e dyn ReferenceGenome) -> Run<'e, 'a> {
        Run {
            engine: self,
            genome,
            seen: Seen::new(self.duplicates_within),
            guard: self.guard.clone(),
            summary: Summary::default(),
        }
    }
}

impl ScoresVariants for Run<'_, '_> {
    type Scored = ScoredVariant;

    fn score(&mut self, variants: &[Variant]) -> Result<Vec<ScoredVariant>, VariantScoringError> {
        let mut scored = Vec::with_capacity(variants.len());
        for variants in variants.chunks(self.engine.chunk) {
            scored.extend(self.score_chunk(variants)?);
        }
        Ok(scored)
    }

    fn finish(&self) -> Result<(), VariantScoringError> {
        self.guard.check(&self.engine.genome_description)
    }
}

impl Run<'_, '_> {
    /// The next variants, few enough for the memory.
    fn score_chunk(&mut self, variants: &[Variant]) -> Result<Vec<ScoredVariant>, VariantScoringError> {
        let engine = self.engine;
        let cutter = Cutter {
            genome: self.genome,
            plan: &engine.plan,
            views: &engine.views,
            on_mismatch: engine.on_mismatch,
            max_unknown: engine.max_unknown,
        };
        let windows: Vec<_> = variants.par_iter().map(|variant| cutter.cut(variant)).collect();
        let (mut statuses, mut cuts) = (Vec::with_capacity(variants.len()), Vec::<Cut>::new());
        for (variant, windows) in variants.iter().zip(windows) {
            let status = match windows? {
                Err(Status::ReferenceMismatch { genome }) if engine.on_mismatch == OnMismatch::Fail => {
                    return Err(VariantScoringError::Mismatch { variant: named(variant), genome });
                }
                Err(status) => status,
                Ok(cut) => {
                    let status = match (self.seen.before(cut.identity), cut.swapped) {
                        (true, _) => Status::Duplicate,
                        (false, true) => Status::AllelesSwapped,
                        (false, false) => Status::Scored,
                    };
                    cuts.push(cut);
                    status
                }
            };
            self.guard.count(variant, &status, &engine.genome_description)?;
            statuses.push(status);
        }
        let mut values = engine.values(&cuts)?.into_iter();
        let scored = statuses.into_iter().zip(variants).map(|(mut status, variant)| {
            // A duplicate is scored anew: its windows are those of the first one, and so are its values.
            let mut of_variant = Vec::new();
            if status.has_values() {
                match values.next().flatten() {
                    Some(values) => of_variant = values,
                    None => status = Status::UnsupportedAllele,
                }
            }
            let in_training = engine.training.as_ref().map(|training| training.holds(variant));
            ScoredVariant { status, values: of_variant, in_training }
        });
        let scored: Vec<ScoredVariant> = scored.collect();
        scored.iter().for_each(|scored| self.summary.add(scored));
        Ok(scored)
    }
}
