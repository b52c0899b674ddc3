//! `--dry-run`: what would be trained, and about how long it takes.

use anyhow::Result;
use ciskit_dataset::Fold;
use ciskit_report::{Cell, Column, Table};
use ciskit_train::{Protocol, TrainConfig};

use super::contender::Network;
use super::networks::{Inputs, Training};
use crate::timed_steps::TimedSteps;

/// Timed steps of each network, after one that warms up.
const STEPS: u32 = 2;

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
        let config = &network.training;
        let timed = TimedSteps::measure(&network.config, config.optimiser, config.batch.max(2), STEPS)?;
        for &fold in training.folds {
            let parts = training.parts(network, fold);
            let (steps, epochs) = (training.steps(network, inputs, fold)?, network.epochs());
            let left = training.replicas_left(network, fold) as f64;
            let hours = left * fold_seconds(&timed, config, epochs, steps, &parts) / 3_600.0;
            total += hours;
            table.push([
                network.name.as_str().into(),
                parts.name.as_str().into(),
                parts.train.len().into(),
                steps.into(),
                (config.replicas * epochs).into(),
                parts.validation.len().into(),
                parts.test.len().into(),
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

/// Seconds that a network of a fold takes: all pairs of its parts are scored after every epoch if they choose, and the test pairs once
/// more in the end.
fn fold_seconds(
    timed: &TimedSteps,
    training: &TrainConfig,
    epochs: usize,
    steps: usize,
    parts: &Fold,
) -> f64 {
    let choosing = match training.protocol {
        Protocol::Paper => parts.validation.len() + parts.test.len(),
        Protocol::Honest => parts.validation.len(),
    };
    let scored = epochs * choosing + parts.test.len();
    let batches = scored as f64 / training.batch.max(2) as f64;
    (epochs * steps) as f64 * timed.training + batches * timed.inference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chooses_is_scored_every_epoch() {
        let timed = TimedSteps { training: 2.0, inference: 10.0, parameters: 0 };
        let parts = Fold {
            name: "f".into(),
            validation: (0..30).collect(),
            test: (0..20).collect(),
            ..Fold::default()
        };
        let honest = TrainConfig { batch: 10, ..TrainConfig::default() };
        assert_eq!(fold_seconds(&timed, &honest, 4, 5, &parts), 40.0 + 4.0 * 30.0 + 20.0);
        let paper = TrainConfig { protocol: Protocol::Paper, ..honest };
        assert_eq!(fold_seconds(&timed, &paper, 4, 5, &parts), 40.0 + 4.0 * 50.0 + 20.0);
    }
}
