//! `ciskit bench zoo`

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, bail};
use ciskit_core::random::Stream;
use ciskit_nn::{DType, Device, NnError, Tensor, VarBuilder, frozen, parameter_shapes};
use ciskit_zoo::bert::Bert;
use ciskit_zoo::borzoi::{self, Borzoi};
use ciskit_zoo::dnabert2::{self, DnaBert2};
use ciskit_zoo::enformer::{self, Enformer};
use ciskit_zoo::hyenadna::{self, Characters, HyenaDna};
use ciskit_zoo::nucleotide_transformer::{self, NucleotideTransformer, SixMers};
use ciskit_zoo::sei::{self, Sei};
use ciskit_zoo::tracks::Species;
use ciskit_zoo::transformer::{Heads, TokenBatch, TokenNetwork, Tokenizer};
use ciskit_zoo::trednet::{self, Trednet};
use ciskit_zoo::{gena_lm, geneformer};
use rayon::prelude::*;

use super::machine;
use super::outcome::Outcome;

/// Sequences per second of a published model's architecture, with random weights
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench zoo --model sei --batch 4 --steps 3 --threads 2 --json
  ciskit bench zoo --model trednet-2001bp --batch 16 --steps 3 --threads 2 --json
  ciskit bench zoo --model nucleotide-transformer-v2-50m-multi-species --batch 8 --steps 3 --threads 2 --json
  ciskit bench zoo --model dnabert2-117m --batch 8 --steps 3 --threads 2 --json
  ciskit bench zoo --model hyenadna-small-32k --batch 1 --steps 3 --threads 2 --json
  ciskit bench zoo --model enformer --batch 1 --steps 1 --threads 2 --json
  ciskit bench zoo --model baskerville-mini --batch 1 --steps 3 --threads 2 --json

Random bases (one-hot), or as many random tokens as 999 bp have (HyenaDNA: 32,768 bp), forward pass of one strand on the CPU in f32; a batch warms up before the clock
starts.")]
pub(crate) struct Args {
    /// Architecture, by its name in zoo list
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Sequences in a batch
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Batches to measure
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match args.model.as_str() {
        "sei" => {
            let config = sei::Config::published();
            let (model, parameters) = random(|vb| Sei::load(vb, &config))?;
            let x = one_hot(args, config.length)?;
            measure(args, parameters, || model.forward(&x))
        }
        "trednet-2001bp" => {
            let config = trednet::Config::bp_2001();
            let (model, parameters) = random(|vb| Trednet::load(vb, &config))?;
            let x = one_hot(args, config.phase_one.length)?;
            measure(args, parameters, || model.probability(&x))
        }
        "enformer" => {
            let config = enformer::Config { mouse: None, ..enformer::Config::published() };
            let (model, parameters) = random(|vb| Enformer::load(vb, &config, None))?;
            let x = one_hot(args, config.length)?;
            measure(args, parameters, || model.forward(&x, Species::Human))
        }
        name if name.starts_with("borzoi-replicate-") || name == "baskerville-mini" => {
            let mini = name == "baskerville-mini";
            let config = if mini { borzoi::Config::baskerville_mini() } else { borzoi::Config::human() };
            let (model, parameters) = random(|vb| Borzoi::load(vb, &config))?;
            let x = one_hot(args, config.length)?;
            measure(args, parameters, || model.forward(&x, Species::Human))
        }
        name if name.starts_with("nucleotide-transformer-") => {
            let config = nucleotide_transformer::Config::named(name)?;
            let (model, parameters) =
                random(|vb| NucleotideTransformer::load(vb, &config, Heads::default()))?;
            let batch = encoded(args, &SixMers::of(&config)?, 999)?;
            measure(args, parameters, || model.forward(&batch, &mut |_, _| ()))
        }
        name if name.starts_with("hyenadna-") => {
            let config = hyenadna::Config::named(name)?;
            let (model, parameters) = random(|vb| HyenaDna::load(vb, &config, Heads::default()))?;
            let batch = encoded(args, &Characters, 32_768)?;
            measure(args, parameters, || model.forward(&batch, &mut |_, _| ()))
        }
        "dnabert2-117m" => {
            let config = dnabert2::Config::published();
            let (model, parameters) = random(|vb| DnaBert2::load(vb, &config, Heads::default()))?;
            let batch = tokens(args, config.vocab_size);
            measure(args, parameters, || model.forward(&batch, &mut |_, _| ()))
        }
        name if name.starts_with("gena-lm-") || name.starts_with("geneformer-") => {
            let config =
                if name.starts_with("gena-lm-") { gena_lm::named(name)? } else { geneformer::named(name)? };
            let (model, parameters) = random(|vb| Bert::load(vb, &config, Heads::default()))?;
            let batch = tokens(args, config.vocab_size);
            measure(args, parameters, || model.forward(&batch, &mut |_, _| ()))
        }
        other => bail!("there is no architecture {other:?} to measure, expected one of zoo list"),
    }
}

/// A model with random weights, small enough that activations stay in range, and how many there are.
fn random<M>(build: impl Fn(VarBuilder<'static>) -> Result<M, NnError>) -> Result<(M, usize)> {
    let shapes = parameter_shapes(&build)?;
    let mut tensors = BTreeMap::new();
    for (name, shape) in shapes {
        let count: usize = shape.iter().product();
        let inputs: usize = shape.iter().skip(1).product();
        let scale = (3.0 / inputs as f32).sqrt() / f32::from(i16::MAX);
        // Cheap ones will do: a multiplicative hash of the index.
        let number = |index: u32| f32::from((index.wrapping_mul(0x9E37_79B9) >> 16) as u16 as i16) * scale;
        let positive = name.ends_with("variance") || name.ends_with("running_var");
        let mut values = vec![0f32; count];
        values.par_iter_mut().zip(0..count as u32).for_each(|(value, index)| {
            *value = if positive { 1.0 } else { number(index) };
        });
        tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    let parameters = tensors.values().map(Tensor::elem_count).sum();
    Ok((frozen(tensors, DType::F32, &Device::Cpu, |_| false, build)?, parameters))
}

/// Random bases, (batch, length, 4).
fn one_hot(args: &Args, length: usize) -> Result<Tensor> {
    let sequences = args.batch as usize;
    let mut draws = Stream::new(0, "bench zoo").draws();
    let mut x = vec![0f32; sequences * length * 4];
    for row in x.chunks_exact_mut(4) {
        row[draws.below(4) as usize] = 1.0;
    }
    Ok(Tensor::from_vec(x, (sequences, length, 4), &Device::Cpu)?)
}

/// Random bases, so many a sequence, as tokens.
fn encoded(args: &Args, tokenizer: &impl Tokenizer, length: usize) -> Result<TokenBatch> {
    let mut draws = Stream::new(0, "bench zoo").draws();
    let mut tokens = || {
        let bases: Vec<u8> = (0..length).map(|_| b"ACGT"[draws.below(4) as usize]).collect();
        tokenizer.encode(&bases).map(|tokens| tokens.ids).map_err(anyhow::Error::msg)
    };
    let sequences = (0..args.batch).map(|_| tokens()).collect::<Result<Vec<_>>>()?;
    Ok(TokenBatch::new(sequences.iter().map(Vec::as_slice)))
}

/// Tokens of a sequence of 999 random bases in byte pairs, special ones included.
const BYTE_PAIRS: usize = 182;

/// Random tokens that are no special ones.
fn tokens(args: &Args, vocabulary: usize) -> TokenBatch {
    let mut draws = Stream::new(0, "bench zoo").draws();
    let mut id = || 5 + draws.below(vocabulary as u64 - 5) as u32;
    let sequences: Vec<Vec<u32>> = (0..args.batch).map(|_| (0..BYTE_PAIRS).map(|_| id()).collect()).collect();
    TokenBatch::new(sequences.iter().map(Vec::as_slice))
}

fn measure(args: &Args, parameters: usize, forward: impl Fn() -> Result<Tensor, NnError>) -> Result<()> {
    forward()?;
    let started = Instant::now();
    for _ in 0..args.steps {
        std::hint::black_box(forward()?);
    }
    let seconds = started.elapsed().as_secs_f64();
    Outcome::new()
        .with("model", args.model.as_str())
        .with("threads", rayon::current_num_threads())
        .with("batch", args.batch)
        .with("instructions", ciskit_nn::instructions())
        .measured("sequences_per_s", Some(f64::from(args.batch * args.steps) / seconds), 3)
        .with("parameters", parameters)
        .measured("peak_rss_mb", machine::peak_rss_mb(), 0)
        .measured("machine_peak_gflops", machine::peak_gflops(), 1)
        .print(args.json);
    Ok(())
}
