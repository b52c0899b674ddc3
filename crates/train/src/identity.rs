//! Which run a checkpoint belongs to.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_core::{Fnv1a, Side};
use ciskit_nn::Parameters;

use crate::fingerprint::{covariates, embeddings, pairs, sequences, tracks};
use crate::{FoldData, Protocol, Schedule, TrainConfig, TrainError, Trial};

/// All that decides what a run computes, as texts by name. How many epochs it may take is not among it, unless they
/// decide the learning rate: a run may be made longer. Of the sequences, a sample of the windows is among it.
///
/// `config` is that of one trial.
pub(crate) fn identity(
    data: FoldData<'_>,
    alpha: f64,
    config: &TrainConfig,
    model: &str,
    initial: &Parameters,
) -> Result<BTreeMap<String, String>, TrainError> {
    let TrainConfig { seed, batch, patience, augmentation, optimiser, .. } = config;
    let schedule = match config.schedule {
        Schedule::Constant => "constant".to_owned(),
        Schedule::Cosine => format!("cosine over {} epochs", config.epochs),
    };
    let FoldData { source, number, fold } = data;
    let [enhancer, promoter] = [Side::Enhancer, Side::Promoter].map(|side| source.window_len(side));
    let entries = [
        ("fold", number.to_string()),
        ("alpha", alpha.to_string()),
        ("seed", seed.to_string()),
        ("batch", batch.to_string()),
        ("patience", patience.map_or_else(|| "none".to_owned(), |patience| patience.to_string())),
        ("augmentation", format!("{augmentation:?}")),
        ("optimiser", format!("{optimiser:?}")),
        ("schedule", schedule),
        ("model", model.to_owned()),
        ("windows", format!("{enhancer} and {promoter} bp")),
        ("sequences", sequences(source)?),
        ("training part", pairs(source, &fold.train)),
        ("validation part", pairs(source, &fold.validation)),
        ("initial weights", Fnv1a::of(&initial.to_safetensors(None)?).to_string()),
    ];
    let covariates = covariates(source).map(|covariates| ("covariates", covariates));
    let tracks = tracks(source)?.map(|tracks| ("tracks", tracks));
    let embeddings = embeddings(source)?.map(|embeddings| ("embeddings", embeddings));
    let entries = entries.into_iter().chain(covariates).chain(tracks).chain(embeddings);
    let mut identity: BTreeMap<String, String> =
        entries.map(|(key, value)| (key.to_owned(), value)).collect();
    if config.bootstrap {
        identity.insert("bootstrap".to_owned(), config.bootstrap.to_string());
    }
    if config.protocol == Protocol::Paper {
        // What chooses is part of the run: the test pairs too.
        identity.insert("protocol".to_owned(), config.protocol.to_string());
        identity.insert("test part".to_owned(), pairs(source, &fold.test));
    }
    Ok(identity)
}

/// All that decides the outcome of a fold's network but the number of epochs: what decides its first trial, and what else
/// is tried. How many networks there are is not among it.
pub(crate) fn of_fold(
    data: FoldData<'_>,
    replica: usize,
    config: &TrainConfig,
    model: &str,
    initial: &Parameters,
) -> Result<BTreeMap<String, String>, TrainError> {
    let first = Trial { replica, ..config.trials().remove(0) };
    let mut identity = identity(data, first.alpha, &first.training(config)?, model, initial)?;
    identity.remove("alpha");
    let list = |values: Vec<String>| values.join(", ");
    let tuned = config.tune.iter().map(|axis| {
        format!("{} of {}", axis.key, list(axis.values.iter().map(ToString::to_string).collect()))
    });
    let entries = [
        ("alphas", list(config.alphas.iter().map(ToString::to_string).collect())),
        ("protocol", config.protocol.to_string()),
        ("restarts", config.restarts.to_string()),
        ("test part", pairs(data.source, &data.fold.test)),
        ("tuned", list(tuned.collect())),
    ];
    identity.extend(entries.map(|(key, value)| (key.to_owned(), value)));
    Ok(identity)
}

/// Refuses a checkpoint of another run, by the first thing that differs.
pub(crate) fn check(
    path: &Path,
    theirs: &BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
) -> Result<(), TrainError> {
    let value = |of: &BTreeMap<String, String>, key: &str| {
        of.get(key).cloned().unwrap_or_else(|| "not known".to_owned())
    };
    match ours.keys().chain(theirs.keys()).find(|key| ours.get(*key) != theirs.get(*key)) {
        None => Ok(()),
        Some(key) => Err(TrainError::OtherRun {
            path: path.into(),
            key: key.clone(),
            theirs: value(theirs, key),
            ours: value(ours, key),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let of = |entries: &[(&str, &str)]| {
            entries.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
        };
        let ours: BTreeMap<_, _> = of(&[("fold", "0"), ("seed", "7")]);
        assert!(check(Path::new("x"), &ours, &ours).is_ok());
        let message =
            |theirs: &[(&str, &str)]| check(Path::new("run/x"), &of(theirs), &ours).unwrap_err().to_string();
        assert!(message(&[("fold", "0"), ("seed", "8")]).contains("seed is 8 there and 7 here"));
        assert!(message(&[("fold", "0")]).contains("seed is not known there and 7 here"));
        assert!(message(&[("fold", "0"), ("seed", "7"), ("z", "1")]).contains("z is 1 there"));
    }
}
