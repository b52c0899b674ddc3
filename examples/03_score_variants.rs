//! # 3. Score variants with a model of your own
//!
//! Anything that turns a sequence into numbers is a [`SequenceScorer`]; here it is a scanner for CTCF's motif in
//! thirty lines. The variants come from a VCF, and their true effect is known, because they are simulated.
//!
//! ```sh
//! cargo run --example 03_score_variants
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::{Context, Result};
use ciskit::core::{
    InputWindow, ReferenceAlternative, Scale, ScoreError, ScorerSpec, Scores, Selection, SequenceScorer,
    Variant,
};
use ciskit::report::{Column, Table};
use ciskit::seqio::{FastaGenome, VcfReader};
use ciskit::simulate::{Factor, Simulation, SimulationConfig};
use ciskit::variant::{Status, Summary, VariantScoring};

/// Log odds (bits) of the best site of a factor within a window of 41 bp.
struct BestSite {
    factor: Factor,
    spec: ScorerSpec,
}

impl BestSite {
    fn new(factor: Factor) -> Self {
        let spec = ScorerSpec::scalar(InputWindow::fixed(41), "bits", Scale::Raw);
        Self { factor, spec }
    }
}

impl SequenceScorer for BestSite {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    // Bytes in, numbers out: how a model encodes its sequences is its own business.
    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        let best = |sequence: &&[u8]| {
            let sites = sequence.windows(self.factor.pwm().len());
            let odds = sites.filter_map(|site| self.factor.pwm().log_odds(&site.to_ascii_uppercase()));
            odds.fold(f64::NEG_INFINITY, f64::max) as f32
        };
        Scores::scalar(sequences.iter().map(best).collect()).select(select)
    }
}

fn main() -> Result<()> {
    // A genome and variants that break, keep or create binding sites, in files as they come from anywhere else.
    let folder = tempfile::tempdir()?;
    let simulation =
        Simulation::generate(&SimulationConfig { pairs: 400, variants: 40, ..SimulationConfig::default() })?;
    simulation.write(folder.path())?;
    let genome = FastaGenome::open(folder.path().join("genome.fa"))?;
    let mut variants: Vec<Variant> = Vec::new();
    for record in VcfReader::open(folder.path().join("variants.vcf"))? {
        variants.extend(record?.variants().collect::<Result<Vec<_>, _>>()?);
    }

    // The first variant once more, with a reference allele that the genome does not have.
    let first = variants.first().context("there are variants")?;
    let (reference, alternative) = (first.reference(), first.alternative().clone());
    let wrong = b"ACGT"
        .iter()
        .find(|base| ![reference, alternative.bases().unwrap_or_default()].contains(&&[**base][..]));
    let wrong = [*wrong.context("four bases are more than two")?];
    variants.push(Variant::new(first.contig().clone(), first.start(), &wrong, alternative)?);

    // Any SequenceScorer is a VariantScorer: it scores the window with the reference and with the alternative.
    let ctcf = simulation.grammar().factors()[0].clone();
    println!("{}: {}", ctcf.name(), String::from_utf8_lossy(&ctcf.pwm().consensus()));
    let model = ReferenceAlternative(BestSite::new(ctcf));
    let scored = VariantScoring::new(&model).raw().build()?.score(&genome, &variants)?;

    // Every variant has a status, and nothing is dropped.
    let mut summary = Summary::default();
    scored.iter().for_each(|scored| summary.add(scored));
    println!("{summary}");
    for refused in scored.iter().filter(|scored| scored.status != Status::Scored) {
        println!("not scored: {:?}", refused.status);
    }

    // What the model says beside what is true.
    let mut table = Table::new([
        Column::text("effect").titled("Planted effect"),
        Column::integer("variants"),
        Column::integer("lowered"),
        Column::integer("raised"),
        Column::float("mean", 2).titled("Mean change (bits)"),
    ]);
    for effect in ["break", "create", "keep"] {
        let of_effect =
            scored.iter().zip(simulation.variants()).filter(|(_, truth)| truth.effect.name() == effect);
        // A variant that was scored has two values, the model's own of either allele.
        let changes: Vec<f64> = of_effect
            .filter_map(|(scored, _)| match scored.values[..] {
                [reference, alternative] => Some(alternative - reference),
                _ => None,
            })
            .collect();
        let count = |test: fn(&f64) -> bool| changes.iter().filter(|change| test(change)).count() as u64;
        let mean = changes.iter().sum::<f64>() / changes.len() as f64;
        let (lowered, raised) = (count(|change| *change < 0.0), count(|change| *change > 0.0));
        table.push([
            effect.into(),
            (changes.len() as u64).into(),
            lowered.into(),
            raised.into(),
            mean.into(),
        ]);
    }
    println!("\n{}", table.to_text());
    // The model knows one factor, and half of the sites belong to the other one: those variants change little here.
    Ok(())
}
