//! How variants are scored, and where results go.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ciskit_core::{ContigName, Interval, ReferenceGenome, ScorerSpec, Selection, VariantScorer};
use ciskit_seqio::{Assembly, BedReader};
use ciskit_variant::{
    AtEdge, Averaging, EffectScore, IndelWindow, OnMismatch, TrackPattern, TrainingOverlap, VariantScoring,
    WindowPlan, scores,
};

/// How variants are scored.
#[derive(clap::Args, Clone)]
pub(crate) struct ScoringArgs {
    /// A score to give, of those that `ciskit variants scores` lists; may be repeated [default: the difference and the log2 ratio]
    #[arg(long = "score", value_name = "NAME")]
    pub(crate) scores: Vec<String>,
    /// Outputs of the model to use: names or patterns such as 'DNASE:*', separated by commas
    #[arg(long, value_name = "PATTERN")]
    outputs: Option<TrackPattern>,
    /// What to do where the genome has another base than REF: report it, score it with the alleles swapped if the genome
    /// has ALT, or stop
    #[arg(long, value_enum, default_value = "skip", value_name = "RULE")]
    on_ref_mismatch: Mismatch,
    /// Fraction of mismatches above which the run stops: the variants are of another assembly then
    #[arg(long, default_value_t = 0.05, value_name = "FRACTION")]
    max_mismatches: f64,
    /// How indels keep the length of the window: left edge pinned, both edges giving way, or bins stitched from two windows
    #[arg(long, value_enum, default_value = "left", value_name = "RULE")]
    indel: Indel,
    /// Windows at the ends of contigs: padded with N, or moved inside
    #[arg(long, value_enum, default_value = "pad", value_name = "RULE")]
    at_edge: Edge,
    /// Average over both strands
    #[arg(long)]
    reverse_complement: bool,
    /// Average over windows shifted by so many bp
    #[arg(long, value_delimiter = ',', default_value = "0", allow_hyphen_values = true, value_name = "BP,…")]
    shifts: Vec<i64>,
    /// Length of the window in bp, for models that read several lengths
    #[arg(long, value_name = "BP")]
    window: Option<usize>,
    /// Only the 1,000 bp around the variant are real, the rest of the window is N, as in the benchmark of 22 models
    #[arg(long = "paper-1kb")]
    paper_1kb: bool,
    /// Largest fraction of unknown bases (N) in the reference window
    #[arg(long, default_value_t = 0.5, value_name = "FRACTION")]
    max_n: f64,
    /// Elements that the model was trained on (BED): a column says which variants lie inside
    #[arg(long, value_name = "BED")]
    training_elements: Vec<PathBuf>,
    /// Chromosomes that the model was trained on
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    training_chromosomes: Vec<String>,
}

/// Where results go.
#[derive(clap::Args, Clone)]
pub(crate) struct OutputArgs {
    /// Scored variants, by the name's end: .vcf, .vcf.gz, .parquet, or a table (.tsv, .tsv.gz); - is a table on standard
    /// output; may be repeated
    #[arg(short, long = "out", required = true, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mismatch {
    /// Report it, no score
    Skip,
    /// Score REF to ALT with the genome's window as ALT's, where the genome has ALT
    Swap,
    /// Stop
    Fail,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Indel {
    /// Both windows start at the same base
    Left,
    /// The alleles' middles are at the same place
    Centred,
    /// Two windows of the alternative, joined at the variant's bin
    Stitch,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Edge {
    /// N outside of the contig
    Pad,
    /// The window moves inside
    Shift,
}

impl ScoringArgs {
    /// The named scores, or those of these names where none are asked for.
    fn named(&self, defaults: &[&str]) -> Result<Vec<Box<dyn EffectScore>>> {
        let asked: Vec<&str> = self.scores.iter().map(String::as_str).collect();
        let names = if asked.is_empty() { defaults } else { &asked };
        Ok(names.iter().map(|name| scores::named(name)).collect::<Result<_, _>>()?)
    }

    /// Scoring with one or several models that read windows around each variant of a genome.
    pub(crate) fn around_variants<'a>(
        &self,
        models: Vec<&'a dyn VariantScorer>,
        genome: &str,
    ) -> Result<VariantScoring<'a>> {
        let plan = WindowPlan::centred(first(&models)?.input, self.window)?;
        let scoring = self.scoring(models, plan)?.mismatch_limit(self.max_mismatches);
        let scoring = scoring.genome_description(genome);
        Ok(match self.training()? {
            Some(training) => scoring.training(training),
            None => scoring,
        })
    }

    /// Scoring with one or several models of sequences without a genome.
    pub(crate) fn of_sequences<'a>(&self, models: Vec<&'a dyn VariantScorer>) -> Result<VariantScoring<'a>> {
        let plan = WindowPlan::sequences(first(&models)?.input);
        self.scoring(models, plan)
    }

    fn scoring<'a>(
        &self,
        models: Vec<&'a dyn VariantScorer>,
        plan: WindowPlan,
    ) -> Result<VariantScoring<'a>> {
        let spec = first(&models)?.clone();
        let select =
            self.outputs.as_ref().map_or_else(|| Ok(Selection::all()), |outputs| outputs.select(&spec))?;
        let outputs = select.outputs.indices("outputs", spec.outputs.len())?.len();
        let bins = select.bins.indices("bins", spec.bins)?.len();
        // Raw scores of both alleles and two scores an output are a table to read; of thousands of tracks they are not.
        let readable = bins == 1 && outputs <= 16;
        let defaults = if readable { &["difference", "log2-ratio"][..] } else { &["difference"] };
        let scoring = VariantScoring::ensemble(models).scores(self.named(defaults)?).select(select);
        let scoring = if readable { scoring.raw() } else { scoring };
        let plan = if self.paper_1kb { plan.context(1000) } else { plan };
        Ok(self.shared(scoring, plan))
    }

    /// Scoring in a fixed window, of the outputs `select` with the raw scores of both alleles and `first` before the named scores.
    pub(crate) fn in_window<'a>(
        &self,
        scoring: VariantScoring<'a>,
        plan: WindowPlan,
        select: Selection,
        first: &'a dyn EffectScore,
        named: &'a [Box<dyn EffectScore>],
    ) -> VariantScoring<'a> {
        let named = named.iter().map(|score| Box::new(score) as Box<dyn EffectScore + 'a>);
        let scores = named.chain([Box::new(first) as Box<dyn EffectScore + 'a>]).collect();
        self.shared(scoring.scores(scores).select(select).raw(), plan)
    }

    /// The scores of pairs: those that are named, or the difference and the log2 ratio.
    pub(crate) fn of_pairs(&self) -> Result<Vec<Box<dyn EffectScore>>> {
        ensure!(
            !self.reverse_complement,
            "--reverse-complement is not for models of pairs: the two sides are never turned round separately"
        );
        ensure!(
            self.window.is_none() && !self.paper_1kb && self.outputs.is_none(),
            "--window, --paper-1kb and --outputs are not for models of pairs: their windows are those of the pairs"
        );
        self.named(&["difference", "log2-ratio"])
    }

    /// The largest fraction of mismatches.
    pub(crate) fn max_mismatches(&self) -> f64 {
        self.max_mismatches
    }

    fn shared<'a>(&self, scoring: VariantScoring<'a>, plan: WindowPlan) -> VariantScoring<'a> {
        let averaging =
            Averaging { reverse_complement: self.reverse_complement, shifts: self.shifts.clone() };
        let on_mismatch = match self.on_ref_mismatch {
            Mismatch::Skip => OnMismatch::Skip,
            Mismatch::Swap => OnMismatch::Swap,
            Mismatch::Fail => OnMismatch::Fail,
        };
        scoring.plan(self.placed(plan)).averaging(averaging).on_mismatch(on_mismatch).max_unknown(self.max_n)
    }

    fn placed(&self, plan: WindowPlan) -> WindowPlan {
        let plan = plan.indels(match self.indel {
            Indel::Left => IndelWindow::LeftPinned,
            Indel::Centred => IndelWindow::Centred,
            Indel::Stitch => IndelWindow::ShiftStitch,
        });
        plan.at_edge(match self.at_edge {
            Edge::Pad => AtEdge::PadN,
            Edge::Shift => AtEdge::Shift,
        })
    }

    /// What the model was trained on; `None` where nothing is said of it.
    pub(crate) fn training(&self) -> Result<Option<TrainingOverlap>> {
        if self.training_elements.is_empty() && self.training_chromosomes.is_empty() {
            return Ok(None);
        }
        let mut elements: Vec<Interval> = Vec::new();
        for path in &self.training_elements {
            for record in BedReader::open(path)? {
                elements.push(record?.element.interval);
            }
        }
        let chromosomes = self.training_chromosomes.iter().map(|name| ContigName::from(name.as_str()));
        Ok(Some(TrainingOverlap::new(elements, chromosomes)))
    }
}

/// What the first of some models reads and gives.
fn first<'a>(models: &[&'a dyn VariantScorer]) -> Result<&'a ScorerSpec> {
    let model: &'a dyn VariantScorer = models.first().copied().context("there is no model to score with")?;
    Ok(model.spec())
}

/// The genome as errors name it: the file, and which assembly it is where that shows.
pub(crate) fn described(path: &std::path::Path, genome: &dyn ReferenceGenome) -> String {
    match Assembly::identify(genome.contigs()) {
        Some(assembly) => format!("{} ({})", path.display(), assembly.name()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ciskit_core::{
        Contigs, Edge, GenomeError, InputWindow, ReferenceAlternative, Scale, ScoreError, Scores,
        SequenceScorer,
    };
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        scoring: ScoringArgs,
    }

    /// Length of a sequence, whatever it is.
    struct Length(ScorerSpec);

    impl SequenceScorer for Length {
        fn spec(&self) -> &ScorerSpec {
            &self.0
        }
        fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
            Scores::scalar(sequences.iter().map(|sequence| sequence.len() as f32).collect()).select(select)
        }
    }

    #[test]
    fn sequences_need_no_window() {
        let spec = ScorerSpec::scalar(InputWindow::any(), "bp", Scale::Raw);
        let model = ReferenceAlternative(Length(spec));
        let Only { scoring } = Only::parse_from(["score", "--reverse-complement", "--score", "difference"]);
        assert!(scoring.around_variants(vec![&model], "g.fa").is_err());
        let engine = scoring.of_sequences(vec![&model]).unwrap().build().unwrap();
        let scored = engine.score_sequence_pairs(&[("ACGT", "ACGTA"), ("A", "C")]).unwrap();
        assert_eq!(scored[0].values, [4.0, 5.0, 1.0]);
        assert_eq!(scored[1].values, [1.0, 1.0, 0.0]);
    }

    /// Nothing but its contigs.
    struct Named(Contigs);

    impl ReferenceGenome for Named {
        fn contigs(&self) -> &Contigs {
            &self.0
        }
        fn fetch_into(&self, _: &str, _: Range<i64>, _: Edge, _: &mut Vec<u8>) -> Result<(), GenomeError> {
            unreachable!("no base is asked for")
        }
    }

    #[test]
    fn a_genome_is_described_by_its_assembly_where_that_shows() {
        let path = std::path::Path::new("g.fa");
        assert_eq!(described(path, &Named(Assembly::Hg19.chromosomes())), "g.fa (hg19)");
        assert_eq!(described(path, &Named(Contigs::new([("chr1", 7)]).unwrap())), "g.fa");
    }
}
