//! From variants to files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ciskit_core::{PairScorer, ReferenceGenome, Selection, VariantScorer};
use ciskit_dataset::pair_name;
use ciskit_nn::LOGIT;
use ciskit_seqio::{FastaGenome, SequencePair};
use ciskit_variant::{EffectScore, FixedWindow, FixedWindows, Summary, Symmetry};

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
    let engine = scoring.scoring(models, &described(path, &genome))?.build()?;
    let mut source = source.open()?;
    let layout = Layout {
        pairs: false,
        training: scoring.training()?.is_some(),
        columns: engine.columns().to_vec(),
        lead: 0,
        input: std::mem::take(&mut source.columns),
    };
    let mut outputs = Outputs::create(out, &source.header, Some(genome.contigs()), layout)?;
    let mut telomeres = 0;
    let mut records = engine.score_records(&genome, source.records, Record::variants);
    for scored in records.by_ref() {
        let (record, scored) = scored?;
        let entries: Vec<Vec<Entry<'_>>> =
            scored.iter().map(|scored| vec![Entry { pair: None, scored }]).collect();
        outputs.write(&record, &entries)?;
        telomeres += usize::from(entries.is_empty());
        source.progress.add(scored.len() as u64);
    }
    source.progress.finish();
    finish(outputs, records.summary(), telomeres, out)
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
    let engine = scoring.scoring(models, "the sequences")?.build()?;
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
    finish(outputs, &summary, 0, out)
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
    let layout = Layout {
        pairs: true,
        training: training.is_some(),
        columns: fixed.columns().to_vec(),
        lead: 2, // behind the raw scores of both alleles
        input: std::mem::take(&mut source.columns),
    };
    let mut outputs = Outputs::create(out, &source.header, Some(genome.contigs()), layout)?;
    let mut run = fixed.run(&genome).mismatch_limit(scoring.max_mismatches(), described(path, &genome));
    if let Some(training) = training {
        run = run.training(training);
    }
    let mut telomeres = 0;
    for scored in run.score_records(source.records, Record::variants) {
        let (record, scored) = scored?;
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
        telomeres += usize::from(entries.is_empty());
        source.progress.add(entries.len() as u64);
    }
    source.progress.finish();
    finish(outputs, run.summary(), telomeres, out)
}

fn finish(outputs: Outputs, summary: &Summary, telomeres: usize, out: &[PathBuf]) -> Result<()> {
    outputs.finish()?;
    let telomeres = match telomeres {
        0 => String::new(),
        count => format!("; {count} records at position 0, the telomere"),
    };
    // The table itself may be on standard output.
    let to_stdout = out.iter().any(|path| path == Path::new("-"));
    let line = format!("{summary}{telomeres}");
    if to_stdout {
        say(line)
    } else {
        print(line)
    }
    for path in out.iter().filter(|path| *path != Path::new("-")) {
        say(format!("written: {}", path.display()));
    }
    Ok(())
}
