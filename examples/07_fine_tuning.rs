//! # 7. Fine-tuning a language model
//!
//! A language model learns to tell simulated enhancers from the background beside them: its head alone, on what the rest of the
//! network makes of a window, or all of it. Whole chromosomes are kept for validation and test, and the variants that break
//! or make a site say whether the model learned what an enhancer is made of.
//!
//! The model here is small and has random weights, so that the tutorial brings its own; a published one is loaded by
//! `ciskit::zoo::load_for_training`, and `ciskit zoo fine-tune` does all of this from files.
//!
//! ```sh
//! cargo run --example 07_fine_tuning
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use ciskit::core::{Edge, Interval, ReferenceGenome, VariantScorer};
use ciskit::metrics::pearson;
use ciskit::nn::{DType, Device, Parameters};
use ciskit::report::{Column, Table};
use ciskit::simulate::{Simulation, SimulationConfig};
use ciskit::train::{
    Backbone, FineTuneConfig, FineTuneEvent, LabelledSequences, Measured, fine_tune, sequence_logits,
};
use ciskit::variant::{VariantScoring, WindowPlan, scores};
use ciskit::zoo::nucleotide_transformer::{Config, NucleotideTransformer};
use ciskit::zoo::transformer::{ClassifiedAlleles, Classifier, FineTuning, Heads};
use ciskit::zoo::{LoadOptions, load_for_training};

/// Bases of a window: what sites are planted in.
const WINDOW: u64 = 360;
/// A published architecture, of which the tutorial takes a narrow copy.
const MODEL: &str = "nucleotide-transformer-v2-50m-multi-species";

fn main() -> Result<()> {
    let simulation = Simulation::generate(&SimulationConfig { pairs: 1_600, seed: 1, ..Default::default() })?;
    let folder = tempfile::tempdir()?;
    pretrained(folder.path())?;

    // A site's six-mers are new to random weights, so this takes more than the published learning rate of 1e-5.
    let mut config = FineTuneConfig { epochs: 12, batch: 16, ..FineTuneConfig::default() };
    config.optimiser.learning_rate = 1e-3;
    let [training, validation, test] = parts(&simulation)?;
    println!("{} windows to train on, {} validated, {} tested", training.len(), validation.len(), test.len());

    let mut table = Table::new([
        Column::text("model").titled("Model"),
        Column::integer("epoch").titled("Best epoch"),
        Column::float("auroc", 3).titled("AUROC"),
        Column::float("auprc", 3).titled("AUPRC"),
        Column::float("pearson", 3).titled("Pearson, variants"),
    ]);
    for (name, backbone) in
        [("one-shot", None), ("head alone", Some(Backbone::Frozen)), ("all weights", Some(Backbone::Trained))]
    {
        let network = load_for_training(MODEL, &LoadOptions::new(folder.path()), 1)?;
        let mut best = None;
        if let Some(backbone) = backbone {
            let config = FineTuneConfig { backbone, ..config.clone() };
            let tuned =
                fine_tune(&network, network.parameters(), &training, &validation, &config, |event| {
                    if let FineTuneEvent::EpochEnded { epoch, .. } = event {
                        println!("{name}, epoch {}: AUROC {:.3}", epoch.epoch, epoch.validation.auroc);
                    }
                    Ok(())
                })?;
            best = Some(tuned.best);
        }
        let logits = sequence_logits(&network, test.sequences(), config.batch)?;
        let Measured { auroc, average_precision, .. } = Measured::of(test.labels(), &logits)?;
        let correlation = variants(&simulation, &network)?;
        table.push([name.into(), best.into(), auroc.into(), average_precision.into(), correlation.into()]);
    }
    println!("\n{}", table.to_text());
    Ok(())
}

/// What a pretrained model's folder holds: a narrow network of the published architecture, with random weights.
fn pretrained(folder: &Path) -> Result<()> {
    let config = Config {
        hidden_size: 64,
        num_attention_heads: 4,
        num_hidden_layers: 2,
        intermediate_size: 128,
        ..Config::named(MODEL)?
    };
    let load = |vb| NucleotideTransformer::load(vb, &config, Heads { tokens: true, classes: None });
    let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
    std::fs::write(folder.join("model.safetensors"), parameters.to_safetensors(None)?)?;
    std::fs::write(folder.join("config.json"), serde_json::to_string(&config)?)?;
    Ok(())
}

/// Windows of enhancers and background: chr1 is tested on, chr2 says when to stop.
fn parts(simulation: &Simulation) -> Result<[LabelledSequences; 3]> {
    let enhancers = simulation.enhancers().iter().map(|enhancer| (enhancer.element.interval.clone(), true));
    let mut windows: [Vec<(Vec<u8>, bool)>; 3] = Default::default();
    for (interval, label) in enhancers.chain(simulation.controls().map(|control| (control, false))) {
        let part = match interval.contig().as_str() {
            "chr1" => 2,
            "chr2" => 1,
            _ => 0,
        };
        windows[part].push((window(simulation, &interval)?, label));
    }
    Ok(windows.map(|windows| windows.into_iter().collect()))
}

/// The window around an interval's middle.
fn window(simulation: &Simulation, interval: &Interval) -> Result<Vec<u8>> {
    let start = ((interval.start() + interval.end()) / 2 - WINDOW / 2) as i64;
    let range = start..start + WINDOW as i64;
    Ok(simulation.genome().fetch(interval.contig(), range, Edge::Error)?)
}

/// How the log2 ratios of variants in enhancers agree with what they do to the sites, in bits.
fn variants(simulation: &Simulation, network: &FineTuning) -> Result<f64> {
    let enhancers = simulation.variants().iter().filter(|truth| truth.side == ciskit::core::Side::Enhancer);
    let (variants, truth): (Vec<_>, Vec<f64>) =
        enhancers.map(|truth| (truth.variant.clone(), truth.log_odds)).unzip();
    let scorer = ClassifiedAlleles(Classifier::new(Arc::clone(network.model()))?);
    let plan = WindowPlan::centred(scorer.spec().input, Some(WINDOW as usize))?;
    let engine = VariantScoring::new(&scorer).plan(plan).scores(vec![Box::new(scores::Log2Ratio)]).build()?;
    let scored = engine.score(simulation.genome(), &variants)?;
    let found: Vec<f64> = scored.iter().filter_map(|scored| scored.values.first().copied()).collect();
    pearson(&found, &truth).context("scores that do not vary")
}
