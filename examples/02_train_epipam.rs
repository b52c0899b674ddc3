//! # 2. Train EPIPAM and ask whether it learned biology
//!
//! Simulates a genome whose enhancer-promoter pairs follow a known grammar, trains a small EPIPAM on a chromosome
//! split, and puts its score beside what scores without reading any sequence reach.
//!
//! ```sh
//! cargo run --example 02_train_epipam
//! ```

#![allow(clippy::print_stdout, reason = "a tutorial shows what it finds")]

use anyhow::{Context, Result};
use ciskit::core::{PairInput, PairScorer, PairTableScorer, Selection, Side};
use ciskit::dataset::{
    Augmentation, ChromosomeFolds, CountBaseline, DistanceBaseline, GenomePairs, Jitter, PairSource,
    Splitter, WindowRule,
};
use ciskit::metrics::auroc;
use ciskit::models::{Model, ModelConfig, WeightFile, epipam, save};
use ciskit::nn::{DType, Device, NetworkScorer, PairModel, Parameters};
use ciskit::simulate::{Simulation, SimulationConfig};
use ciskit::train::{Event, Observer, Placement, TrainConfig, cross_validate};

/// Base pairs of both windows; real elements take 3,000 and 2,000.
const WINDOW: usize = 600;

/// Prints a line an epoch.
struct Lines;

impl Observer for Lines {
    fn event(&mut self, event: Event) {
        if let Event::EpochEnded(epoch) = event {
            let validation = epoch.validation.map_or(f64::NAN, |measured| measured.auroc);
            println!("epoch {}: loss {:.3}, validation AUROC {validation:.3}", epoch.epoch, epoch.loss);
        }
    }
}

fn main() -> Result<()> {
    // Pairs whose label needs both elements: they are positive if both have sites of the same factor. One label in
    // twenty is wrong, so not even the grammar itself reaches an AUROC of 1.
    let simulation = Simulation::generate(&SimulationConfig { seed: 1, ..SimulationConfig::default() })?;
    println!("{} pairs, best reachable AUROC {:.3}", simulation.pairs().len(), simulation.best_auroc());

    // A pair source fetches the windows of each pair when they are needed; a genome file would do as well.
    let window = WindowRule::new(WINDOW).padded();
    let pairs = simulation.pairs().to_vec();
    let source = GenomePairs::new(simulation.genome().clone(), pairs, window, window)?;

    // Whole contigs are held out for testing, others for choosing the epoch. Here only the first of eight folds.
    let split = ChromosomeFolds::balanced(8).split(source.pairs())?;
    println!("{}", split.splitter);

    let network = epipam::Config { block_dropout: 0.0, head_dropout: 0.3, ..epipam::Config::chiapet() };
    let model = ModelConfig::Epipam(network.with_lengths(WINDOW, WINDOW));
    let config = TrainConfig {
        epochs: 3,
        batch: 50,
        augmentation: Augmentation::Both { copies: 1, jitter: 40 },
        ..TrainConfig::default()
    };
    let placement = Placement { folds: Some(vec![0]), ..Placement::default() };
    let result = cross_validate::<Model>(&source, &split, &model, &config, &placement, &mut Lines)?;

    // Of the epochs, validation chose one; only that one met the test pairs.
    let fold = &result.folds[0];
    println!("\nfold {} ({}), epoch {}:", fold.number, fold.name, fold.chosen.epoch);
    println!("  EPIPAM          {:.3}", fold.test.auroc);

    // The honest question: how far does one get without reading a single base?
    let tested: Vec<_> = fold.rows.iter().map(|&row| source.pairs()[row].clone()).collect();
    let labels: Vec<bool> = tested.iter().map(|pair| pair.label == Some(true)).collect();
    let baselines: [(&str, &dyn PairTableScorer); 2] =
        [("distance", &DistanceBaseline::new()), ("promoter-count", &CountBaseline::new(Side::Promoter))];
    for (name, baseline) in baselines {
        let scores = baseline.score_table(&tested)?;
        println!("  {name:15} {:.3}", auroc(&labels, scores.values())?);
    }

    // Save the weights with their configuration, load them again, and score one pair.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.safetensors");
    let load = |vb| Model::load(vb, &model);
    let (parameters, _) = Parameters::load(fold.weights.clone(), DType::F32, &Device::Cpu, load)?;
    save(&path, &parameters, &model)?;

    let (_, loaded) = WeightFile::read(&path)?.load(None, DType::F32, &Device::Cpu)?;
    let scorer = NetworkScorer::new(loaded, Device::Cpu)?;
    let row = *fold.rows.first().context("the fold tests something")?;
    let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
    source.fetch(row, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
    let scores = scorer.score(&[PairInput::new(&enhancer, &promoter)], &Selection::all())?;
    println!("\n{:?}: logit {}, probability {}", tested[0].label, scores.values()[0], scores.values()[1]);
    assert_eq!(scores.values()[0], fold.logits[0]);
    Ok(())
}
