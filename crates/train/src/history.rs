//! What happened, epoch by epoch, as tables.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{Candidate, FoldOutcome, Measured, Trial};

/// One epoch of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Fold, from 0.
    pub fold: usize,
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Optimiser steps so far.
    pub step: u64,
    /// Mean loss of the epoch's batches.
    pub loss: f64,
    /// The validation part after the epoch; `None` if the fold has none.
    pub validation: Option<Measured>,
    /// The test part after the epoch: only under [`Protocol::Paper`](crate::Protocol::Paper).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Measured>,
}

impl Epoch {
    /// The model after this epoch, as what selection chooses among.
    #[must_use]
    pub fn candidate(&self) -> Candidate {
        let Self { trial, epoch, validation, test, .. } = self.clone();
        Candidate { trial, epoch, validation, test }
    }
}

/// The history as a table: a comment line with the format, a header, one line an epoch. Numbers are written so that
/// they read back exactly, and nothing depends on the clock. Tuned settings, restarts and replicas have a column where
/// there are any.
///
/// ```
/// use ciskit_train::{Epoch, Trial, history_tsv};
///
/// let trial = Trial::of_alpha(0.6);
/// let epoch = Epoch { fold: 2, trial, epoch: 1, step: 40, loss: 0.69, validation: None, test: None };
/// let table = history_tsv(&[epoch]);
/// assert_eq!(table.lines().nth(1), Some("fold\talpha\tepoch\tstep\tloss\tvalidation_auroc\tvalidation_auprc"));
/// assert_eq!(table.lines().nth(2), Some("2\t0.6\t1\t40\t0.69\t\t"));
/// ```
#[must_use]
pub fn history_tsv(epochs: &[Epoch]) -> String {
    let tried = Tried::of(epochs);
    let mut table = String::from("##ciskit history format=1\n");
    let names = tried.names();
    // Writing to a string cannot fail.
    let _ = writeln!(table, "fold\t{names}\tepoch\tstep\tloss\tvalidation_auroc\tvalidation_auprc");
    for row in epochs {
        let Epoch { fold, trial, epoch, step, loss, validation, .. } = row;
        let (trial, [auroc, auprc]) = (tried.values(trial), measures(*validation));
        let _ = writeln!(table, "{fold}\t{trial}\t{epoch}\t{step}\t{loss}\t{auroc}\t{auprc}");
    }
    table
}

/// Every candidate of the folds with its scores on both parts, and which of them the largest AUROC + average precision
/// of each part chooses: what [`Protocol::Paper`](crate::Protocol::Paper) selects from.
///
/// ```
/// let table = ciskit_train::candidates_tsv(&[]);
/// assert!(table.ends_with("\ttest_auroc\ttest_auprc\tchosen_on\n"));
/// ```
#[must_use]
pub fn candidates_tsv(folds: &[FoldOutcome]) -> String {
    let tried = Tried::of(folds.iter().flat_map(|fold| &fold.history));
    let mut table = String::from("##ciskit candidates format=1\n");
    let names = tried.names();
    let measures_of = "validation_auroc\tvalidation_auprc\ttest_auroc\ttest_auprc";
    let _ = writeln!(table, "fold\t{names}\tepoch\t{measures_of}\tchosen_on");
    for fold in folds {
        let by_validation = fold.best_on_validation();
        for row in &fold.history {
            let candidate = row.candidate();
            let chosen = [(Some(&fold.chosen), "test"), (by_validation.as_ref(), "validation")]
                .into_iter()
                .filter(|(chosen, _)| *chosen == Some(&candidate))
                .map(|(_, part)| part);
            let chosen = chosen.collect::<Vec<_>>().join(",");
            let (trial, [auroc, auprc]) = (tried.values(&row.trial), measures(row.validation));
            let [test_auroc, test_auprc] = measures(row.test);
            let (fold, epoch) = (row.fold, row.epoch);
            let scores = format!("{auroc}\t{auprc}\t{test_auroc}\t{test_auprc}");
            let _ = writeln!(table, "{fold}\t{trial}\t{epoch}\t{scores}\t{chosen}");
        }
    }
    table
}

/// AUROC and average precision, empty where nothing was measured.
fn measures(measured: Option<Measured>) -> [String; 2] {
    measured.map_or_else(Default::default, |measured| {
        [measured.auroc, measured.average_precision].map(|value| value.to_string())
    })
}

/// What differs between trials: the columns that name them.
struct Tried {
    keys: BTreeSet<String>,
    restarts: bool,
    replicas: bool,
}

impl Tried {
    fn of<'a>(epochs: impl IntoIterator<Item = &'a Epoch>) -> Self {
        let mut tried = Self { keys: BTreeSet::new(), restarts: false, replicas: false };
        for Epoch { trial, .. } in epochs {
            tried.keys.extend(trial.settings.keys().cloned());
            tried.restarts |= trial.restart > 0;
            tried.replicas |= trial.replica > 0;
        }
        tried
    }

    fn names(&self) -> String {
        let restart = self.restarts.then_some("restart");
        let replica = self.replicas.then_some("replica");
        let keys = self.keys.iter().map(String::as_str);
        std::iter::once("alpha").chain(keys).chain(restart).chain(replica).collect::<Vec<_>>().join("\t")
    }

    fn values(&self, trial: &Trial) -> String {
        let of_key = |key: &String| trial.settings.get(key).map_or_else(String::new, ToString::to_string);
        let restart = self.restarts.then(|| trial.restart.to_string());
        let replica = self.replicas.then(|| trial.replica.to_string());
        let alpha = std::iter::once(trial.alpha.to_string());
        let keys = self.keys.iter().map(of_key);
        alpha.chain(keys).chain(restart).chain(replica).collect::<Vec<_>>().join("\t")
    }
}
