//! What happened, epoch by epoch.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::Measured;

/// One epoch of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Fold, from 0.
    pub fold: usize,
    /// Weight of the main head in the loss.
    pub alpha: f64,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Optimiser steps so far.
    pub step: u64,
    /// Mean loss of the epoch's batches.
    pub loss: f64,
    /// The validation part after the epoch; `None` if the fold has none.
    pub validation: Option<Measured>,
}

/// The history as a table: a comment line with the format, a header, one line an epoch. Numbers are written so that
/// they read back exactly, and nothing depends on the clock.
///
/// ```
/// use ciskit_train::{Epoch, history_tsv};
///
/// let epoch = Epoch { fold: 2, alpha: 0.6, epoch: 1, step: 40, loss: 0.69, validation: None };
/// let table = history_tsv(&[epoch]);
/// assert_eq!(table.lines().nth(1), Some("fold\talpha\tepoch\tstep\tloss\tvalidation_auroc\tvalidation_auprc"));
/// assert_eq!(table.lines().nth(2), Some("2\t0.6\t1\t40\t0.69\t\t"));
/// ```
#[must_use]
pub fn history_tsv(epochs: &[Epoch]) -> String {
    let mut table = String::from("##ciskit history format=1\n");
    table += "fold\talpha\tepoch\tstep\tloss\tvalidation_auroc\tvalidation_auprc\n";
    for Epoch { fold, alpha, epoch, step, loss, validation } in epochs {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let auroc = number(validation.map(|measured| measured.auroc));
        let auprc = number(validation.map(|measured| measured.average_precision));
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{fold}\t{alpha}\t{epoch}\t{step}\t{loss}\t{auroc}\t{auprc}");
    }
    table
}
