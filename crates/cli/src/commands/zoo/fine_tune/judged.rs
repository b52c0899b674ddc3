//! What a model can do before and after.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ciskit_core::{ReferenceGenome, Variant};
use ciskit_metrics::{pearson, spearman};
use ciskit_report::{Column, Table};
use ciskit_seqio::{FastaGenome, MeasuredTableReader};
use ciskit_train::Measured;
use ciskit_variant::{VariantScoring, WindowPlan, scores};
use ciskit_zoo::transformer::{ClassifiedAlleles, Classifier, LanguageModel};

/// Variants with measured effects.
pub(super) struct Measurements<'a> {
    genome: &'a FastaGenome,
    window: usize,
    variants: Vec<Variant>,
    effects: Vec<f64>,
}

/// How scores of variants agree with what was measured.
#[derive(Clone, Copy)]
pub(super) struct Correlations {
    variants: usize,
    pearson: f64,
    spearman: f64,
}

impl<'a> Measurements<'a> {
    /// Reads a table; rows without a finite effect are left out.
    pub(super) fn read(path: &Path, genome: &'a FastaGenome, window: u32) -> Result<Self> {
        let (mut variants, mut effects) = (Vec::new(), Vec::new());
        for row in MeasuredTableReader::open(path)? {
            let row = row?;
            if let Some(effect) = row.effect_log2.filter(|effect| effect.is_finite()) {
                variants.push(row.variant);
                effects.push(effect);
            }
        }
        ensure!(variants.len() > 1, "{} has fewer than two measured effects", path.display());
        Ok(Self { genome, window: window as usize, variants, effects })
    }

    /// The log2 ratios of a model's probabilities against the measured effects.
    pub(super) fn correlations(&self, model: &Arc<LanguageModel>) -> Result<Correlations> {
        let scorer = ClassifiedAlleles(Classifier::new(model.clone())?);
        let window = WindowPlan::centred(ciskit_core::VariantScorer::spec(&scorer).input, Some(self.window))?;
        let engine =
            VariantScoring::new(&scorer).plan(window).scores(vec![Box::new(scores::Log2Ratio)]).build()?;
        let genome: &dyn ReferenceGenome = self.genome;
        let scored = engine.score(genome, &self.variants)?;
        let known = scored.iter().zip(&self.effects).filter_map(|(scored, &effect)| {
            scored.values.first().filter(|value| value.is_finite()).map(|&value| (value, effect))
        });
        let (found, measured): (Vec<f64>, Vec<f64>) = known.unzip();
        Ok(Correlations {
            variants: found.len(),
            pearson: pearson(&found, &measured)?,
            spearman: spearman(&found, &measured)?,
        })
    }
}

/// What a model said at one stage of its training.
pub(super) struct Stage {
    pub(super) name: &'static str,
    /// Log odds of the test windows.
    pub(super) logits: Vec<f32>,
    pub(super) variants: Option<Correlations>,
}

/// The table of stages: the test windows, and the variants if there are any.
pub(super) fn judged(labels: &[bool], stages: &[Stage]) -> Result<Table> {
    let mut table = Table::new([
        Column::text("model").titled("Model"),
        Column::integer("windows").titled("Windows"),
        Column::float("auroc", 3).titled("AUROC"),
        Column::float("auprc", 3).titled("AUPRC"),
        Column::integer("variants").titled("Variants"),
        Column::float("pearson", 3).titled("Pearson"),
        Column::float("spearman", 3).titled("Spearman"),
    ]);
    for &Stage { name, ref logits, variants } in stages {
        let Measured { auroc, average_precision, .. } = Measured::of(labels, logits)?;
        table.push([
            name.into(),
            labels.len().into(),
            auroc.into(),
            average_precision.into(),
            variants.map(|of| of.variants).into(),
            variants.map(|of| of.pearson).into(),
            variants.map(|of| of.spearman).into(),
        ]);
    }
    Ok(table)
}
