//! `--dry-run`: what would be trained, and about how long it takes.

use std::time::Instant;

use anyhow::Result;
use ciskit_core::random::Stream;
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{Adam, DType, Device, Mode, PairBatch, PairModel, Parameters, Tensor};
use ciskit_report::{Cell, Column, Table};
use ciskit_train::{TrainConfig, joint_loss};

use super::contender::Network;
use super::networks::{Inputs, Training};

/// Timed steps of each network, after one that warms up.
const STEPS: u64 = 2;

/// One row a network × fold, and one for all.
pub(crate) fn grid(networks: &[Network], inputs: &Inputs, training: &Training<'_>) -> Result<String> {
    let mut table = Table::new([
        Column::text("model").titled("Model"),
        Column::text("fold").titled("Fold"),
        Column::integer("train").titled("Training pairs"),
        Column::integer("steps").titled("Steps an epoch"),
        Column::integer("epochs").titled("Epochs"),
        Column::integer("validation").titled("Validation pairs"),
        Column::integer("test").titled("Test pairs"),
        Column::float("hours", 2).titled("Hours"),
    ])
    .captioned(
        "What would be trained; hours from a few timed steps on this machine, what --resume need not do left out",
    );
    let mut total = 0.0;
    for network in networks {
        let seconds = Seconds::measure(&network.config, &network.training)?;
        for &fold in training.folds {
            let parts = &training.split.folds[fold];
            let (steps, epochs) = (training.steps(network, inputs, fold)?, network.epochs());
            let [validation, test] = [parts.validation.len(), parts.test.len()];
            let work = epochs as f64 * (steps as f64 * seconds.step + validation as f64 * seconds.score)
                + test as f64 * seconds.score;
            let hours = if training.is_finished(network) { 0.0 } else { work / 3_600.0 };
            total += hours;
            table.push([
                network.name.as_str().into(),
                parts.name.as_str().into(),
                parts.train.len().into(),
                steps.into(),
                epochs.into(),
                validation.into(),
                test.into(),
                hours.into(),
            ]);
        }
    }
    let mut row: Vec<Cell> = vec!["all".into()];
    row.extend(std::iter::repeat_n(Cell::Missing, 6));
    row.push(total.into());
    table.push(row);
    Ok(table.to_text())
}

/// What a network takes here.
struct Seconds {
    /// A training step.
    step: f64,
    /// The score of a pair.
    score: f64,
}

impl Seconds {
    /// Times a few steps on random bases.
    fn measure(model: &ModelConfig, config: &TrainConfig) -> Result<Self> {
        let (pairs, device) = (config.batch.max(2), Device::Cpu);
        let load = |vb| Model::load(vb, model);
        let (parameters, network) = Parameters::initialise(0, DType::F32, &device, load)?;
        let random = Stream::new(0, "timed steps");
        let codes = |name: &str, length: usize| -> Vec<u8> {
            let mut draws = random.name(name).draws();
            (0..pairs * length).map(|_| draws.below(4) as u8).collect()
        };
        let (enhancers, promoters) =
            (codes("enhancers", model.enhancer_len()), codes("promoters", model.promoter_len()));
        let mut batch = PairBatch::from_codes(pairs, &enhancers, &promoters, &device)?;
        if !model.covariates().is_empty() {
            let shape = (pairs, model.covariates().len());
            batch = batch.with_covariates(Tensor::zeros(shape, DType::F32, &device)?)?;
        }
        let labels: Vec<f32> = (0..pairs).map(|pair| (pair % 2) as f32).collect();
        let labels = Tensor::from_vec(labels, pairs, &device)?;
        let mut adam = Adam::new(config.optimiser);
        let step = per_call(|number| {
            let loss =
                joint_loss(&network.forward_t(&batch, Mode::train(0, number))?, &labels, config.alphas[0])?;
            Ok(adam.step(&parameters, &loss.backward()?)?)
        })?;
        let scored = per_call(|_| {
            std::hint::black_box(network.forward_t(&batch, Mode::Eval)?);
            Ok(())
        })?;
        Ok(Self { step, score: scored / pairs as f64 })
    }
}

/// Seconds a call, after one that warms up.
fn per_call(mut call: impl FnMut(u64) -> Result<()>) -> Result<f64> {
    call(0)?;
    let started = Instant::now();
    for number in 1..=STEPS {
        call(number)?;
    }
    Ok(started.elapsed().as_secs_f64() / STEPS as f64)
}
