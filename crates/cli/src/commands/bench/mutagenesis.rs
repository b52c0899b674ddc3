//! `ciskit bench mutagenesis`

use std::time::Instant;

use anyhow::{Result, ensure};
use ciskit_core::random::Stream;
use ciskit_core::{FixedSide, PairInput, Selection, Side};
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, LOGIT, NetworkScorer, PairModel, Parameters};
use ciskit_variant::{Mutagenesis, scores::Difference};

use super::machine;
use super::outcome::Outcome;

/// Mutants per second: all substitutions in the enhancer of a random pair, the promoter held
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench mutagenesis --start 0 --end 3000 --threads 2 --json

Random weights and sequences of the model's lengths on the CPU in f32; each position costs three mutants. From the two
sequences to the effect of every mutant.")]
pub(crate) struct Args {
    /// Model, with its default preset
    #[arg(long, default_value = "epipam", value_name = "NAME")]
    model: String,
    /// First position of the enhancer, 0-based
    #[arg(long, default_value_t = 0)]
    start: usize,
    /// Position behind the last [default: the enhancer's end]
    #[arg(long)]
    end: Option<usize>,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = ModelConfig::named(&args.model)?;
    let (_, network) = Parameters::initialise(0, DType::F32, &Device::Cpu, |vb| Model::load(vb, &config))?;
    let random = Stream::new(0, "mutagenesis bench");
    let bases = |name: &str, length: usize| -> Vec<u8> {
        let mut draws = random.name(name).draws();
        (0..length).map(|_| b"ACGT"[draws.below(4) as usize]).collect()
    };
    let enhancer = bases("enhancer", network.enhancer_len());
    let promoter = bases("promoter", network.promoter_len());
    let end = args.end.unwrap_or(enhancer.len());
    ensure!(args.start < end && end <= enhancer.len(), "the enhancer has positions 0 to {}", enhancer.len());
    let pair = PairInput::new(&enhancer, &promoter).with_signed_distance(50_000);
    let scorer = FixedSide::new(NetworkScorer::new(network, Device::Cpu)?, Side::Enhancer, &pair)?;
    let select = Selection::all().with_outputs(vec![LOGIT]);
    let every = Mutagenesis::new(args.start..end);

    let started = Instant::now();
    let map = every.run(&scorer, &enhancer, &Difference, &select, |_, _| {})?;
    let seconds = started.elapsed().as_secs_f64();
    std::hint::black_box(map.values());
    let mutants = every.mutants(&enhancer);
    Outcome::new()
        .with("model", config.name())
        .with("threads", rayon::current_num_threads())
        // Every mutant goes through the whole network.
        .with("fast", false)
        .with("mutants", mutants)
        .measured("seconds", Some(seconds), 3)
        .measured("mutants_per_s", Some(mutants as f64 / seconds), 1)
        .measured("peak_rss_mb", machine::peak_rss_mb(), 0)
        .print(args.json);
    Ok(())
}
