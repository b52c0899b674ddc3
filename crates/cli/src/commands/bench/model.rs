//! `ciskit bench model`

use anyhow::Result;
use ciskit_models::ModelConfig;
use ciskit_models::epipam::Config;

use super::machine;
use super::outcome::Outcome;
use crate::timed_steps::TimedSteps;

/// Pairs per second of a model: training steps, then inference
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench model --batch 100 --steps 5 --threads 2 --json
  ciskit bench model --model deeptact --batch 64 --threads 2 --json

Random pairs of the model's lengths on the CPU in f32. A training step is forward with dropout, the loss (of both heads,
where there are two), backward, and the optimiser of the model's authors; one step warms up before the clock starts.")]
pub(crate) struct Args {
    /// Model, with its default preset
    #[arg(long, default_value = "epipam", value_name = "NAME")]
    model: String,
    /// Pairs in a batch
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..))]
    batch: u32,
    /// Steps to measure
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = ModelConfig::named(&args.model)?;
    let pairs = args.batch as usize;
    let timed = TimedSteps::measure(&config, config.recipe().optimiser, pairs, args.steps)?;
    let [training, inference] = [timed.training, timed.inference].map(|seconds| pairs as f64 / seconds);

    let peak = machine::peak_gflops();
    // Counted for dense convolutions only: embedded words and recurrent steps are not done that way.
    let work = match &config {
        ModelConfig::Epipam(config) if config.embedding.is_none() => Some(Work::of(config)?),
        _ => None,
    };
    let [training_work, inference_work] =
        [work.as_ref().map(|work| work.training), work.as_ref().map(|work| work.inference)];
    let share = |gflop: Option<f64>, rate: f64| Some(gflop? * rate / peak?);
    Outcome::new()
        .with("model", config.name())
        .with("threads", rayon::current_num_threads())
        .with("batch", args.batch)
        .with("instructions", ciskit_nn::instructions())
        .measured("train_pairs_per_s", Some(training), 1)
        .measured("infer_pairs_per_s", Some(inference), 1)
        .with("parameters", timed.parameters)
        .measured("peak_rss_mb", machine::peak_rss_mb(), 0)
        .measured("train_gflop_per_pair", training_work, 4)
        .measured("infer_gflop_per_pair", inference_work, 4)
        .measured("machine_peak_gflops", peak, 1)
        .measured("train_share_of_peak", share(training_work, training), 3)
        .measured("infer_share_of_peak", share(inference_work, inference), 3)
        .print(args.json);
    Ok(())
}

/// Billions of multiplications and additions that a pair takes in convolutions and relations when each is computed as
/// a dense product: what a share of the peak is a share of, however a kernel gets there.
struct Work {
    inference: f64,
    training: f64,
}

impl Work {
    fn of(config: &Config) -> Result<Self> {
        let sizes = config.validate()?;
        let (mut inference, mut training) = (0.0, 0.0);
        for (input, positions) in
            [(config.enhancer_len, &sizes.enhancer), (config.promoter_len, &sizes.promoter)]
        {
            let (mut length, mut channels) = (input, config.input_channels());
            let trains_input = config.embedding.as_ref().is_some_and(|embedding| !embedding.frozen);
            for (block, (&kernel, &pooled)) in config.kernels.iter().zip(positions).enumerate() {
                let forward = 2.0 * ((length + 1 - kernel) * config.channels * channels * kernel) as f64;
                // Backward: gradients of weights and, above the sequence, of the input.
                training += forward * if block == 0 && !trains_input { 2.0 } else { 3.0 };
                inference += forward;
                (length, channels) = (pooled, config.channels);
            }
        }
        for (enhancer, promoter) in sizes.enhancer.iter().zip(&sizes.promoter) {
            let forward = 2.0 * (enhancer * promoter * config.channels) as f64;
            training += 3.0 * forward;
            inference += forward;
        }
        Ok(Self { inference: inference / 1e9, training: training / 1e9 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_by_hand() {
        let config =
            Config { kernels: vec![5], pools: vec![4], ratios: vec![0.5], channels: 2, ..Config::epi() };
        let work = Work::of(&config.with_lengths(12, 8)).unwrap();
        // Convolutions: 8 and 4 positions of 2 × 4 × 5 products; relations: 2 × 1 of 2 products.
        let (convolutions, relations) = (2.0 * 12.0 * 40.0, 2.0 * 2.0 * 2.0);
        assert!((work.inference * 1e9 - (convolutions + relations)).abs() < 1e-6);
        assert!((work.training * 1e9 - (2.0 * convolutions + 3.0 * relations)).abs() < 1e-6);
    }
}
