//! # 6. Hold predicted effects against measured ones
//!
//! Simulates two reporter assays and two models, one that knows the effects and one that knows only which effects are
//! large, and asks how well each predicts them, what a threshold of measured p-values does to the numbers, and which
//! model finds the causal variant of a block of linkage. No file is needed.
//!
//! ```sh
//! cargo run --example 06_benchmark
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::{Context, Result, ensure};
use ciskit::core::random::Stream;
use ciskit::variant::benchmark::{Benchmark, BenchmarkConfig, Group, Measurement, ModelPredictions};
use ciskit::variant::rank::{BlockVariant, RankBlock, RankConfig, RankReport, RankRule};

/// Variants of each assay.
const VARIANTS: u64 = 1_000;
/// Variants of a block of linkage, of which one has an effect.
const BLOCK: usize = 10;

fn main() -> Result<()> {
    // Every tenth variant does something; assays measure it with noise and say how surprising what they saw would be
    // without an effect.
    let truth = Stream::new(1, "effects");
    let effect = |i: u64| if i.is_multiple_of(BLOCK as u64) { 2.0 * truth.normal(i) } else { 0.0 };
    let mut measured = Vec::new();
    for (assay, noise) in [("careful", 0.25), ("noisy", 1.0)] {
        let errors = Stream::new(1, "noise").name(assay);
        measured.extend((0..VARIANTS).map(|i| {
            let seen = effect(i) + noise * errors.normal(i);
            Measurement {
                cell: Some("K562".into()),
                p: Some(surprise(seen / noise)),
                ..Measurement::new(assay, seen)
            }
        }));
    }
    let errors = Stream::new(1, "models");
    let knows = |i: u64| effect(i) + 0.5 * errors.name("knows").normal(i);
    let unsigned = |i: u64| effect(i).abs() + 0.5 * errors.name("unsigned").normal(i);
    let twice =
        |of: &dyn Fn(u64) -> f64| (0..2 * VARIANTS).map(|i| Some(of(i % VARIANTS))).collect::<Vec<_>>();
    let models =
        [ModelPredictions::new("knows", twice(&knows)), ModelPredictions::new("unsigned", twice(&unsigned))];
    let benchmark = Benchmark::of(&measured, &models, &BenchmarkConfig::default())?;
    let pearson = benchmark.matrix(None, |found| Some(found.pearson?.coefficient));
    println!("{}", pearson.captioned("Pearson's r, all variants").to_text());

    // Keeping what an assay found significant keeps what it saw as large: the same model looks better.
    let noisy = Group::dataset("noisy");
    let of = |below| {
        let found = benchmark.agreement("knows", &noisy, below).context("it is measured")?;
        Ok::<_, anyhow::Error>((found.pairs.used, found.pearson.context("it varies")?.coefficient))
    };
    let ((all, whole), (kept, conditioned)) = (of(None)?, of(Some(0.05))?);
    println!("noisy assay: r {whole:.2} on all {all} variants, {conditioned:.2} on the {kept} with p < 0.05");
    ensure!(conditioned > whole, "conditioning on the outcome raises the correlation");

    // Neither |score| nor the tables above tell a model that ignores directions; this does.
    for model in &benchmark.models {
        let directions = benchmark.agreement(model, &noisy, Some(1e-5)).context("it is measured")?.directions;
        println!("{model}: right direction in {:.2}", directions.accuracy().context("some have one")?);
    }

    // Blocks of linkage: the causal variant against nine neighbours.
    let blocks: Vec<RankBlock> = (0..VARIANTS)
        .step_by(BLOCK)
        .map(|first| {
            let variant = |i: u64| BlockVariant {
                id: format!("v{i}"),
                causal: i == first,
                scores: vec![Some(knows(i)), Some(unsigned(i))],
            };
            RankBlock::new(format!("block {first}"), (first..first + BLOCK as u64).map(variant))
        })
        .collect();
    let report = RankReport::of(&benchmark.models, &blocks, &RankConfig::default())?;
    println!("\n{}", report.summary().to_text());
    let chance =
        |rule| Ok::<_, anyhow::Error>(report.row("knows", rule, 1, None).context("it is ranked")?.chance);
    // The two-sided rule gives twice the chance for nothing.
    ensure!(chance(RankRule::TwoSided)? == 2.0 * chance(RankRule::Magnitude)?, "chance doubles");
    Ok(())
}

/// Two-sided p-value of a standard normal number, by Abramowitz and Stegun's formula 7.1.26.
fn surprise(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let sum = polynomial.iter().fold(0.0, |sum, coefficient| sum * t + coefficient);
    (sum * t * (-x * x).exp()).clamp(0.0, 1.0)
}
