//! What is told of fine-tuning.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::Measured;

/// One epoch of fine-tuning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FineTuneEpoch {
    /// Epoch, from 1; 0 is the state before the first step.
    pub epoch: usize,
    /// Mean loss of the epoch's batches.
    pub loss: Option<f64>,
    /// Mean loss of the validation sequences after the epoch.
    pub validation_loss: f64,
    /// How well the validation sequences are told apart after the epoch.
    pub validation: Measured,
}

/// Something that happened in fine-tuning.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FineTuneEvent<'a> {
    /// A step was made.
    Step {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// Steps of the epoch.
        steps: usize,
        /// Loss of the batch.
        loss: f64,
    },
    /// An epoch is over, or (epoch 0) about to start.
    EpochEnded {
        /// The epoch.
        epoch: &'a FineTuneEpoch,
        /// Whether its weights are the best so far: the network holds them now.
        is_best: bool,
    },
}

/// The history as a table: a comment line with the format, a header, one line an epoch.
///
/// ```
/// use ciskit_train::fine_tune_history_tsv;
///
/// let table = fine_tune_history_tsv(&[]);
/// assert_eq!(table.lines().nth(1), Some("epoch\tloss\tvalidation_loss\tvalidation_auroc\tvalidation_auprc"));
/// ```
#[must_use]
pub fn fine_tune_history_tsv(epochs: &[FineTuneEpoch]) -> String {
    let mut table = String::from("##ciskit fine-tuning format=1\n");
    // Writing to a string cannot fail.
    let _ = writeln!(table, "epoch\tloss\tvalidation_loss\tvalidation_auroc\tvalidation_auprc");
    for FineTuneEpoch { epoch, loss, validation_loss, validation, .. } in epochs {
        let loss = loss.map_or_else(String::new, |loss| loss.to_string());
        let Measured { auroc, average_precision, .. } = validation;
        let _ = writeln!(table, "{epoch}\t{loss}\t{validation_loss}\t{auroc}\t{average_precision}");
    }
    table
}
