//! `ciskit bench zoo`

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, bail};
use ciskit_core::random::Stream;
use ciskit_nn::{DType, Device, NnError, Tensor, VarBuilder, frozen, parameter_shapes};
use ciskit_zoo::sei::{self, Sei};
use ciskit_zoo::trednet::{self, Trednet};
use rayon::prelude::*;

use super::machine;
use super::outcome::Outcome;

/// Sequences per second of a published model's architecture, with random weights
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench zoo --model sei --batch 4 --steps 3 --threads 2 --json
  ciskit bench zoo --model trednet-2001bp --batch 16 --steps 3 --threads 2 --json

One-hot input of random bases, forward pass of one strand on the CPU in f32; a batch warms up before the clock starts.")]
pub(crate) struct Args {
    /// Architecture: sei or trednet-2001bp
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
            measure(args, parameters, config.length, |x| model.forward(x))
        }
        "trednet-2001bp" => {
            let config = trednet::Config::bp_2001();
            let (model, parameters) = random(|vb| Trednet::load(vb, &config))?;
            measure(args, parameters, config.phase_one.length, |x| model.probability(x))
        }
        other => bail!("there is no architecture {other:?} to measure, expected sei or trednet-2001bp"),
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
        let positive = name.ends_with("variance");
        let mut values = vec![0f32; count];
        values.par_iter_mut().zip(0..count as u32).for_each(|(value, index)| {
            *value = if positive { 1.0 } else { number(index) };
        });
        tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    let parameters = tensors.values().map(Tensor::elem_count).sum();
    Ok((frozen(tensors, DType::F32, &Device::Cpu, |_| false, build)?, parameters))
}

fn measure(
    args: &Args,
    parameters: usize,
    length: usize,
    forward: impl Fn(&Tensor) -> Result<Tensor, NnError>,
) -> Result<()> {
    let sequences = args.batch as usize;
    let mut draws = Stream::new(0, "bench zoo").draws();
    let mut x = vec![0f32; sequences * length * 4];
    for row in x.chunks_exact_mut(4) {
        row[draws.below(4) as usize] = 1.0;
    }
    let x = Tensor::from_vec(x, (sequences, length, 4), &Device::Cpu)?;
    forward(&x)?;
    let started = Instant::now();
    for _ in 0..args.steps {
        std::hint::black_box(forward(&x)?);
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
