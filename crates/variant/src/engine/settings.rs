//! What an engine is to do, checked before it does anything.

use ciskit_core::{Output, ScorerSpec, Selection, VariantScorer};

use super::VariantEngine;
use crate::averaging::mirrored;
use crate::mismatch::{DEFAULT_LIMIT, MismatchGuard};
use crate::{Averaging, EffectScore, OnMismatch, TrainingOverlap, VariantScoringError, WindowPlan};

/// How variants are to be scored: the settings of a [`VariantEngine`].
///
/// ```
/// use ciskit_core::*;
/// use ciskit_variant::{Averaging, Status, VariantScoring};
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
/// let engine = VariantScoring::new(&model).raw().build()?;
/// let scored = engine.score(&genome, &variants)?;
/// assert_eq!(engine.columns(), ["g_ref", "g_alt"]);
/// assert_eq!(scored[0].values, [-2.0, 2.0]);
/// assert_eq!(scored[1].status, Status::ReferenceMismatch { genome: "C".into() });
/// assert!(scored[1].values.is_empty());
///
/// // Read backwards, the reference is a G and the alternative a C.
/// let both = VariantScoring::new(&model).raw().averaging(Averaging::both_strands()).build()?;
/// assert_eq!(both.score(&genome, &variants)?[0].values, [0.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct VariantScoring<'a> {
    scorers: Vec<&'a dyn VariantScorer>,
    scores: Vec<Box<dyn EffectScore + 'a>>,
    raw: bool,
    plan: Option<WindowPlan>,
    select: Selection,
    averaging: Averaging,
    on_mismatch: OnMismatch,
    mismatch_limit: f64,
    max_unknown: f64,
    duplicates_within: usize,
    training: Option<TrainingOverlap>,
    genome_description: String,
    chunk: Option<usize>,
}

impl<'a> VariantScoring<'a> {
    /// Scoring with one model.
    pub fn new(scorer: &'a dyn VariantScorer) -> Self {
        Self::ensemble(vec![scorer])
    }

    /// Scoring with several models of one shape: every value is the mean over the models, and behind each column of a score
    /// stands `NAME_sd`, the standard deviation over the models (n − 1). Each model makes its own scores of its own blocks.
    pub fn ensemble(scorers: Vec<&'a dyn VariantScorer>) -> Self {
        Self {
            scorers,
            scores: Vec::new(),
            raw: false,
            plan: None,
            select: Selection::all(),
            averaging: Averaging::default(),
            on_mismatch: OnMismatch::default(),
            mismatch_limit: DEFAULT_LIMIT,
            max_unknown: 0.5,
            duplicates_within: 1 << 18,
            training: None,
            genome_description: "the genome".to_owned(),
            chunk: None,
        }
    }

    /// The scores to give, in the order of their columns.
    pub fn scores(mut self, scores: Vec<Box<dyn EffectScore + 'a>>) -> Self {
        self.scores = scores;
        self
    }

    /// Gives the model's own scores of both alleles as the first columns, `OUTPUT_ref` and `OUTPUT_alt`. For models of one
    /// (selected) bin.
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Where the windows lie; by default around each variant ([`WindowPlan::centred`]).
    pub fn plan(mut self, plan: WindowPlan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// Bins and outputs that scores are made of.
    pub fn select(mut self, select: Selection) -> Self {
        self.select = select;
        self
    }

    /// Strands and shifts to average over.
    pub fn averaging(mut self, averaging: Averaging) -> Self {
        self.averaging = averaging;
        self
    }

    /// What to do with a reference allele that the genome does not have.
    pub fn on_mismatch(mut self, rule: OnMismatch) -> Self {
        self.on_mismatch = rule;
        self
    }

    /// The largest fraction of `ref-mismatch` among the variants whose reference allele was compared (default 0.05). With
    /// more of them, and at least five, scoring stops: from 100 compared variants on, or at the end. 1 never stops.
    pub fn mismatch_limit(mut self, fraction: f64) -> Self {
        self.mismatch_limit = fraction;
        self
    }

    /// The largest fraction of bases in the reference window that may be no A, C, G or T (default 0.5): in any reading of it,
    /// and of its [context](WindowPlan::context) only.
    pub fn max_unknown(mut self, fraction: f64) -> Self {
        self.max_unknown = fraction;
        self
    }

    /// Among how many different variants, the latest ones, duplicates are recognised (default 262,144; 32 bytes or so each).
    /// 0 recognises none.
    pub fn duplicates_within(mut self, variants: usize) -> Self {
        self.duplicates_within = variants;
        self
    }

    /// Says of each variant whether it lies in the training data.
    pub fn training(mut self, training: TrainingOverlap) -> Self {
        self.training = Some(training);
        self
    }

    /// The genome as errors name it: `hg19.fa (hg19)`, say.
    pub fn genome_description(mut self, text: impl Into<String>) -> Self {
        self.genome_description = text.into();
        self
    }

    /// How many variants are scored at a time; by default as many as fit about 64 MiB of windows and 64 MiB of scores a
    /// block, at most 4,096. Results do not depend on it.
    pub fn chunk(mut self, variants: usize) -> Self {
        self.chunk = Some(variants);
        self
    }

    /// The engine of these settings.
    ///
    /// # Errors
    ///
    /// [`VariantScoringError`] for settings that do not fit the model or one another, such as a score that has
    /// [no value](EffectScore::check) of the model's outputs.
    pub fn build(self) -> Result<VariantEngine<'a>, VariantScoringError> {
        let Some(first) = self.scorers.first() else { return Err(VariantScoringError::NoModels) };
        let spec = first.spec().clone();
        let plan = match self.plan {
            Some(plan) => plan,
            None => WindowPlan::centred(spec.input, None)?,
        };
        if plan.has_empty_context() {
            let (what, expected) = ("the context of a window", "at least 1 bp");
            return Err(VariantScoringError::Setting { what, expected, found: 0.0 });
        }
        let plan = if spec.bins == 1 { plan.without_stitching() } else { plan };
        let length = plan.length();
        for scorer in &self.scorers {
            let input = scorer.spec().input;
            if !input.accepts(length) {
                return Err(VariantScoringError::WrongLength { expected: input.length(), found: length });
            }
        }
        alike(&self.scorers, length)?;
        self.averaging.check(&spec, &plan)?;
        let guard = MismatchGuard::new(self.mismatch_limit)?;
        if !(0.0..=1.0).contains(&self.max_unknown) {
            let (what, expected) = ("the largest fraction of unknown bases", "between 0 and 1");
            return Err(VariantScoringError::Setting { what, expected, found: self.max_unknown });
        }
        let bins = self.select.bins.indices("bins", spec.bins)?;
        let indices = self.select.outputs.indices("outputs", spec.outputs.len())?;
        let reverse = mirrored(&spec, &bins, &indices);
        // Among the selected outputs, the partner has another index than in the model.
        let selected = |&output: &usize| {
            let mut selected = spec.outputs[output].clone();
            let place = |partner: usize| indices.iter().position(|&index| index == partner);
            selected.strand_partner = selected.strand_partner.and_then(place);
            selected
        };
        let outputs: Vec<Output> = indices.iter().map(selected).collect();
        if self.raw && bins.len() != 1 {
            return Err(VariantScoringError::Bins { bins: bins.len() });
        }
        self.scores.iter().try_for_each(|score| score.check(&outputs, bins.len()))?;
        let raw = if self.raw { outputs.len() } else { 0 };
        let columns = columns(&outputs[..raw], &self.scores, &outputs, self.scorers.len() > 1)?;
        let views = self.averaging.views();
        let chunk = match self.chunk {
            Some(chunk) => chunk.max(1),
            None => chunk_size(&spec, views.len() * length, bins.len() * outputs.len()),
        };
        Ok(VariantEngine {
            scorers: self.scorers,
            scores: self.scores,
            plan,
            select: self.select,
            reverse,
            views,
            spec,
            bins,
            outputs,
            raw,
            columns,
            on_mismatch: self.on_mismatch,
            guard,
            max_unknown: self.max_unknown,
            duplicates_within: self.duplicates_within,
            training: self.training,
            genome_description: self.genome_description,
            chunk,
        })
    }
}

/// Names of the values of a variant.
fn columns(
    raw: &[Output],
    scores: &[Box<dyn EffectScore + '_>],
    outputs: &[Output],
    deviations: bool,
) -> Result<Vec<String>, VariantScoringError> {
    let mut columns: Vec<String> = raw
        .iter()
        .flat_map(|output| ["ref", "alt"].map(|allele| format!("{}_{allele}", output.name)))
        .collect();
    let headings = |score: &dyn EffectScore| -> Vec<String> {
        score.columns(outputs).iter().map(|column| score.heading(column)).collect()
    };
    for column in scores.iter().flat_map(|score| headings(score.as_ref())) {
        let deviation = deviations.then(|| format!("{column}_sd"));
        columns.push(column);
        columns.extend(deviation);
    }
    if columns.is_empty() {
        return Err(VariantScoringError::NoColumns);
    }
    let mut names = std::collections::HashSet::new();
    match columns.iter().find(|column| !names.insert(column.as_str())) {
        Some(name) => Err(VariantScoringError::DuplicateColumn { name: name.clone() }),
        None => Ok(columns),
    }
}

/// Whether all models have one shape.
fn alike(scorers: &[&dyn VariantScorer], length: usize) -> Result<(), VariantScoringError> {
    for (index, scorer) in scorers.iter().enumerate().skip(1) {
        let (spec, first) = (scorer.spec(), scorers[0].spec());
        let bins = |spec: &ScorerSpec| (spec.bins, spec.bin_bp, spec.first_bin_bp);
        let what = match () {
            () if spec.outputs != first.outputs => "outputs",
            () if bins(spec) != bins(first) => "bins",
            () if spec.input.anchor(length) != first.input.anchor(length) => "anchors",
            () => continue,
        };
        return Err(VariantScoringError::ModelsDiffer { index, what });
    }
    Ok(())
}

/// As many variants as fit the memory, but enough for a batch of the model: `bases` in one window of each variant's readings,
/// `row` values of a block.
fn chunk_size(spec: &ScorerSpec, bases: usize, row: usize) -> usize {
    const MOST: usize = 4096;
    const BASES: usize = 64 << 20;
    const VALUES: usize = 16 << 20;
    let fit = (BASES / (2 * bases.max(1))).min(VALUES / row.max(1)).min(MOST);
    // Two windows a variant.
    fit.max(spec.batch_hint.div_ceil(2))
}
