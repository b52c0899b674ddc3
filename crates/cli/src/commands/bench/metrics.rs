//! `ciskit bench metrics`

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use ciskit_core::random::Stream;
use ciskit_metrics::{MetricError, Ranking, Score, auroc, average_precision, pearson};

use super::outcome::Outcome;

/// Seconds for AUROC, average precision and Pearson r of many scores
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench metrics --n 5000000 --json

One label in ten is positive; scores are uniform, those of positives 0.3 higher, every other one rounded to three
decimals and so tied. Each metric starts from the unsorted scores; ranking_s is AUROC and average precision of one sort.")]
pub(crate) struct Args {
    /// Number of scores
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    n: u32,
    /// Scores in single precision instead of double
    #[arg(long)]
    f32: bool,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (labels, scores) = labels_and_scores(args.n as usize);
    let outcome = Outcome::new()
        .with("n", args.n)
        .with("threads", rayon::current_num_threads())
        .with("score", if args.f32 { "f32" } else { "f64" });
    let outcome = match args.f32 {
        true => measure(outcome, &labels, &scores.iter().map(|&score| score as f32).collect::<Vec<_>>()),
        false => measure(outcome, &labels, &scores),
    };
    outcome?.print(args.json);
    Ok(())
}

fn labels_and_scores(n: usize) -> (Vec<bool>, Vec<f64>) {
    let random = Stream::new(0, "bench metrics");
    let (mut labels, mut scores) = (random.name("labels").draws(), random.name("scores").draws());
    let labels: Vec<bool> = (0..n).map(|_| labels.uniform() < 0.1).collect();
    let score = |(index, &label): (usize, &bool)| {
        let score = f64::from(scores.uniform() as f32) + if label { 0.3 } else { 0.0 };
        if index % 2 == 0 { (score * 1e3).round() / 1e3 } else { score }
    };
    let scores = labels.iter().enumerate().map(score).collect();
    (labels, scores)
}

fn measure<S: Score>(outcome: Outcome, labels: &[bool], scores: &[S]) -> Result<Outcome> {
    let reversed: Vec<S> = scores.iter().rev().copied().collect();
    let both = || {
        let ranking = Ranking::new(labels, scores)?;
        Ok(ranking.auroc()? + ranking.average_precision()?)
    };
    Ok(outcome
        .measured("auroc_s", Some(seconds(|| auroc(labels, scores))?), 4)
        .measured("average_precision_s", Some(seconds(|| average_precision(labels, scores))?), 4)
        .measured("pearson_s", Some(seconds(|| pearson(scores, &reversed))?), 4)
        .measured("ranking_s", Some(seconds(both)?), 4))
}

fn seconds(metric: impl FnOnce() -> Result<f64, MetricError>) -> Result<f64> {
    let started = Instant::now();
    black_box(metric()?);
    Ok(started.elapsed().as_secs_f64())
}
