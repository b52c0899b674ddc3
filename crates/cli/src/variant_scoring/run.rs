//! From variants to files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ciskit_core::{PairScorer, ReferenceGenome, Selection, VariantScorer};
use ciskit_dataset::pair_name;
use ciskit_nn::LOGIT;
use ciskit_seqio::{Assembly, FastaGenome, SequencePair, SharedContigs, VcfHeader};
use ciskit_variant::{
    EffectScore, FixedWindow, FixedWindows, InWindow, ScoredVariant, Status, Summary, Symmetry,
    TrainingOverlap,
};

use super::output::{Entry, Layout, Outputs};
use super::settings::{ScoringArgs, described};
use super::source::{Record, SourceArgs};
use crate::pair_windows::PairWindow;
use crate::progress::{print, say};

/// Scores variants with one model of single sequences, or with the mean and standard deviation of several.
pub(crate) fn score_with(
    models: Vec<&dyn VariantScorer>,
    genome: Option<&Path>,
    scoring: &ScoringArgs,
    source: &SourceArgs,
    out: &[PathBuf],
) -> Result<()> {
    if source.is_sequences() {
        return score_without_genome(models, scoring, source, out);
    }
    let genome = genome.context("variants need their genome: --genome FASTA")?;
    score_with_genome(models, genome, scoring, source, out)
}

/// Scores variants around each of which the models read a window.
fn score_with_genome(
    models: Vec<&dyn VariantScorer>,
    genome: &Path,
    scoring: &ScoringArgs,
    source: &SourceArgs,
    out: &[PathBuf],
) -> Result<()> {
    let path = genome;
    let genome = FastaGenome::open(path)?;
    let engine = scoring.around_variants(models, &described(path, &genome))?.build()?;
    let mut source = source.open()?;
    check_assembly(&source.header, path, &genome)?;
    let layout = Layout {
        pairs: false,
        training: engine.training().is_some(),
        columns: engine.columns().to_vec(),
        lead: 0,
        input: std::mem::take(&mut source.columns),
    };
    let mut outputs = Outputs::create(out, &source.header, Some(genome.contigs()), layout)?;
    let mut telomeres = Summary::default();
    let mut records = engine.score_records(&genome, source.records, Record::variants);
    for scored in records.by_ref() {
        let (record, mut scored) = scored?;
        scored.extend(at_telomere(&record, engine.training(), &mut telomeres));
        let entries: Vec<Vec<Entry<'_>>> =
            scored.iter().map(|scored| vec![Entry { pair: None, scored }]).collect();
        outputs.write(&record, &entries)?;
        source.progress.add(scored.len() as u64);
    }
    source.progress.finish();
    telomeres.join(records.summary());
    finish(outputs, &telomeres, out)
}

/// Refuses variants whose header knows the contigs of another assembly than the genome's: where the reference alleles happen to fit,
/// nothing else tells.
fn check_assembly(header: &VcfHeader, path: &Path, genome: &FastaGenome) -> Result<()> {
    let Some(declared) = header.contigs() else { return Ok(()) };
    let shared = SharedContigs::of(declared, genome.contigs());
    let Some((theirs, ours)) = shared.differing.first() else { return Ok(()) };
    let assembly = Assembly::identify(declared).map_or(String::new(), |assembly| format!(" ({assembly})"));
    let differ = format!(
        "{} has {} bp in the header of the variants{assembly}, and {} bp in {}",
        theirs.name,
        theirs.length,
        ours.length,
        described(path, genome)
    );
    ensure!(!shared.contradict(), "the variants are of another assembly: {differ}");
    say(format!("{differ}; most other contigs have one length"));
    Ok(())
}

/// What becomes of the alternatives of a record at the telomere, which cannot be variants: each is out of bounds, and counted.
/// None for any other record.
fn at_telomere(
    record: &Record,
    training: Option<&TrainingOverlap>,
    summary: &mut Summary,
) -> Vec<ScoredVariant> {
    let alternatives = if record.is_at_telomere() { record.alternatives().len() } else { 0 };
    let in_training = training.map(|training| training.holds_contig(record.contig()));
    let scored = ScoredVariant { status: Status::OutOfBounds, values: Vec::new(), in_training };
    (0..alternatives).for_each(|_| summary.add(&scored));
    vec![scored; alternatives]
}

/// Scores pairs of sequences.
fn score_without_genome(
    models: Vec<&dyn VariantScorer>,
    scoring: &ScoringArgs,
    source: &SourceArgs,
    out: &[PathBuf],
) -> Result<()> {
    /// Pairs read and scored at a time.
    const CHUNK: usize = 1024;
    let engine = scoring.of_sequences(models)?.build()?;
    let mut source = source.open_sequences()?;
    let layout = Layout {
        pairs: false,
        training: false,
        columns: engine.columns().to_vec(),
        lead: 0,
        input: std::mem::take(&mut source.columns),
    };
    let mut outputs = Outputs::create(out, &Default::default(), None, layout)?;
    let mut summary = Summary::default();
    loop {
        let pairs: Vec<SequencePair> = source.records.by_ref().take(CHUNK).collect::<Result<_, _>>()?;
        if pairs.is_empty() {
            break;
        }
        let sequences: Vec<(&[u8], &[u8])> =
            pairs.iter().map(|pair| (pair.reference.as_slice(), pair.alternative.as_slice())).collect();
        for (pair, scored) in pairs.iter().zip(engine.score_sequence_pairs(&sequences)?) {
            outputs.write_sequences(pair, &scored)?;
            summary.add(&scored);
        }
        source.progress.add(pairs.len() as u64);
    }
    source.progress.finish();
    finish(outputs, &summary, out)
}

/// The probabilities of both alleles, from a pair's logit.
struct Probabilities;

impl EffectScore for Probabilities {
    fn name(&self) -> &str {
        "probabilities"
    }
    fn columns(&self, _: &[ciskit_core::Output]) -> Vec<String> {
        ["probability_ref", "probability_alt"].map(str::to_owned).to_vec()
    }
    fn heading(&self, column: &str) -> String {
        column.to_owned()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::None
    }
    fn score(&self, blocks: &ciskit_variant::Blocks<'_>, values: &mut Vec<f64>) {
        let probability = |block: &[f32]| crate::score_table::sigmoid(block[0]);
        values.extend([probability(blocks.reference), probability(blocks.alternative)]);
    }
}

/// Scores variants in the windows of pairs.
pub(crate) fn score_in_windows(
    model: &dyn PairScorer,
    genome: &Path,
    windows: &[PairWindow],
    scoring: &ScoringArgs,
    source: &SourceArgs,
    out: &[PathBuf],
) -> Result<()> {
    let path = genome;
    let genome = FastaGenome::open(path)?;
    let named = scoring.of_pairs()?;
    let placed: Vec<FixedWindow<'_>> =
        windows.iter().map(|window| window.scored_by(model)).collect::<Result<_>>()?;
    let select = || Selection::all().with_outputs(vec![LOGIT]);
    let fixed = FixedWindows::new(&placed, |settings, plan| {
        scoring.in_window(settings, plan, select(), &Probabilities, &named)
    })?;
    let names: Vec<String> = windows.iter().map(|window| pair_name(&window.pair)).collect();
    let training = scoring.training()?;
    let mut source = source.open()?;
    check_assembly(&source.header, path, &genome)?;
    let layout = Layout {
        pairs: true,
        training: training.is_some(),
        columns: fixed.columns().to_vec(),
        lead: 2, // behind the raw scores of both alleles
        input: std::mem::take(&mut source.columns),
    };
    let mut outputs = Outputs::create(out, &source.header, Some(genome.contigs()), layout)?;
    let mut run = fixed.run(&genome).mismatch_limit(scoring.max_mismatches(), described(path, &genome))?;
    if let Some(training) = &training {
        run = run.training(training.clone());
    }
    let mut telomeres = Summary::default();
    for scored in run.score_records(source.records, Record::variants) {
        let (record, mut scored) = scored?;
        let nowhere = at_telomere(&record, training.as_ref(), &mut telomeres);
        scored.extend(nowhere.into_iter().map(|scored| vec![InWindow { window: None, scored }]));
        let entries: Vec<Vec<Entry<'_>>> = scored
            .iter()
            .map(|of_variant| {
                let pair = |window: Option<usize>| window.map(|window| names[window].as_str());
                of_variant
                    .iter()
                    .map(|found| Entry { pair: pair(found.window), scored: &found.scored })
                    .collect()
            })
            .collect();
        outputs.write(&record, &entries)?;
        source.progress.add(entries.len() as u64);
    }
    source.progress.finish();
    telomeres.join(run.summary());
    finish(outputs, &telomeres, out)
}

fn finish(outputs: Outputs, summary: &Summary, out: &[PathBuf]) -> Result<()> {
    outputs.finish()?;
    // The table itself may be on standard output.
    let to_stdout = out.iter().any(|path| path == Path::new("-"));
    if to_stdout {
        say(summary.to_string());
    } else {
        print(summary);
    }
    for path in out.iter().filter(|path| *path != Path::new("-")) {
        say(format!("written: {}", path.display()));
    }
    Ok(())
}
