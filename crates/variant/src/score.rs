//! Variants in, effects out.

use std::collections::BTreeMap;
use std::fmt;

use ciskit_core::{ReferenceGenome, ScoreError, Selection, Variant, VariantScorer, VariantWindow};
use rayon::prelude::*;

use crate::window::Windows;
use crate::{Effect, Status, VariantScoringError, WindowPlan};

/// A variant with its status and, if it was scored, its effect on every selected output.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredVariant {
    /// The variant as it came in.
    pub variant: Variant,
    /// What became of it.
    pub status: Status,
    /// One effect for each selected output; empty unless scored.
    pub effects: Vec<Effect>,
}

/// Scores variants with any model: every variant comes back, in order.
///
/// Windows are cut in parallel and scored in batches of the model's `batch_hint`; a variant's effect does not depend on
/// its neighbours. Call it for a chunk of variants at a time to bound memory.
///
/// # Errors
///
/// [`VariantScoringError`] if the genome cannot be read, the model fails, or the selection leaves several bins. A
/// variant that cannot be scored is no error: see [`Status`].
///
/// # Example
///
/// ```
/// use ciskit_core::*;
/// use ciskit_variant::{Status, WindowPlan, score_variants};
///
/// /// Log odds of a G in the middle.
/// struct Middle(ScorerSpec);
///
/// impl SequenceScorer for Middle {
///     fn spec(&self) -> &ScorerSpec {
///         &self.0
///     }
///     fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
///         let logit = |s: &&[u8]| if s[s.len() / 2] == b'G' { 2.0 } else { -2.0 };
///         Scores::scalar(sequences.iter().map(logit).collect()).select(select)
///     }
/// }
///
/// let model = ReferenceAlternative(Middle(ScorerSpec::scalar(InputWindow::fixed(5), "g", Scale::Logit)));
/// let genome = InMemoryGenome::new([("chr1", b"AACGTT".to_vec())])?;
/// let variants = [
///     Variant::new("chr1", 2, b"C", Allele::from_vcf("G"))?,
///     Variant::new("chr1", 2, b"T", Allele::from_vcf("G"))?, // the genome has C here
/// ];
/// let plan = WindowPlan::centred(model.spec().input, None)?;
/// let scored = score_variants(&model, &genome, &plan, &variants, &Selection::all())?;
/// assert_eq!(scored[0].effects[0].difference, 4.0);
/// assert_eq!(scored[1].status, Status::ReferenceMismatch { genome: "C".into() });
/// assert!(scored[1].effects.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_variants(
    scorer: &dyn VariantScorer,
    genome: &dyn ReferenceGenome,
    plan: &WindowPlan,
    variants: &[Variant],
    select: &Selection,
) -> Result<Vec<ScoredVariant>, VariantScoringError> {
    let spec = scorer.spec();
    if !spec.input.accepts(plan.length()) {
        let (expected, found) = (spec.input.length(), plan.length());
        return Err(VariantScoringError::WrongLength { expected, found });
    }
    let bins = select.bins.indices("bins", spec.bins)?.len();
    if bins != 1 {
        return Err(VariantScoringError::Bins { bins });
    }
    let outputs = select.outputs.indices("outputs", spec.outputs.len())?;
    let scales: Vec<_> = outputs.iter().map(|output| spec.outputs[*output].scale).collect();

    let mut scored = Vec::with_capacity(variants.len());
    for variants in variants.chunks(spec.batch_hint) {
        let windows: Vec<Result<Windows, Status>> =
            variants.par_iter().map(|variant| plan.windows(genome, variant)).collect::<Result<_, _>>()?;
        let mut effects = batch_effects(scorer, &windows, &scales, select)?.into_iter();
        scored.extend(variants.iter().zip(windows).map(|(variant, windows)| {
            let (status, effects) = match windows {
                Ok(_) => (Status::Scored, effects.next().unwrap_or_default()),
                Err(status) => (status, Vec::new()),
            };
            ScoredVariant { variant: variant.clone(), status, effects }
        }));
    }
    Ok(scored)
}

/// The effects of the variants that have windows, in order.
fn batch_effects(
    scorer: &dyn VariantScorer,
    windows: &[Result<Windows, Status>],
    scales: &[ciskit_core::Scale],
    select: &Selection,
) -> Result<Vec<Vec<Effect>>, ScoreError> {
    let batch: Vec<VariantWindow<'_>> = windows
        .iter()
        .flatten()
        .map(|Windows { reference, alternative, allele }| {
            VariantWindow::new(reference, allele.clone(), alternative, allele.clone())
        })
        .collect();
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let scores = scorer.score_variants(&batch, select)?;
    let effects = |item: usize| {
        let values = scores.reference.item(item).iter().zip(scores.alternative.item(item));
        values.zip(scales).map(|((&from, &to), &scale)| Effect::new(scale, from, to)).collect()
    };
    Ok((0..batch.len()).map(effects).collect())
}

/// How many variants have which status.
///
/// ```
/// use ciskit_variant::{Status, Summary};
///
/// let mut summary = Summary::default();
/// summary.count(&Status::Scored);
/// summary.count(&Status::UnknownContig);
/// summary.count(&Status::Scored);
/// assert_eq!(summary.to_string(), "3 variants: 2 scored, 1 unknown-contig");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary(BTreeMap<&'static str, usize>);

impl Summary {
    /// Counts a variant.
    pub fn count(&mut self, status: &Status) {
        *self.0.entry(status.name()).or_default() += 1;
    }

    /// Number of variants with the status of this [name](Status::name).
    #[must_use]
    pub fn of(&self, name: &str) -> usize {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Number of variants.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variants", self.total())?;
        // Scored first, whatever the alphabet says.
        let mut counts: Vec<_> = self.0.iter().collect();
        counts.sort_by_key(|(name, _)| (**name != Status::Scored.name(), **name));
        for (index, (name, count)) in counts.into_iter().enumerate() {
            write!(f, "{} {count} {name}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}
