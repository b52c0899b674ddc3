//! A fold that is done is taken over from its file: neither trained nor scored again, and only by the same training.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use ciskit_dataset::PairSource;
use ciskit_models::{Model, ModelConfig, epipam};
use ciskit_nn::Device;
use ciskit_train::{
    Event, FoldOutcome, Placement, Protocol, Silent, TrainConfig, TrainError, cross_validate,
};
use common::*;
use tempfile::TempDir;

fn placement(folder: &Path, folds: &[usize]) -> Placement {
    let (checkpoints, folds) = (Some(folder.to_owned()), Some(folds.to_vec()));
    Placement { checkpoints, folds, ..Placement::default() }
}

/// A folder in which fold 0 is done, and its outcome.
fn done() -> (TempDir, PathBuf, FoldOutcome) {
    let folder = tempfile::tempdir().unwrap();
    let (outcome, events) = train(&learnable(40), &quick_config(), &placement(folder.path(), &[0]));
    let outcome = outcome.unwrap().folds.remove(0);
    assert_eq!(events.last(), Some(&Event::FoldTested { fold: 0, test: outcome.test }));
    let path = folder.path().join("fold-0.outcome");
    assert!(path.exists());
    (folder, path, outcome)
}

#[test]
fn a_fold_that_is_done_is_not_scored_again() {
    let (folder, path, outcome) = done();
    let written = fs::read(&path).unwrap();
    // Not even its checkpoint is needed.
    fs::remove_file(folder.path().join("fold-0-alpha-0.6.checkpoint")).unwrap();
    let source = Watched::new(learnable(40));
    let (again, events) = train(&source, &quick_config(), &placement(folder.path(), &[0]));
    let again = again.unwrap().folds.remove(0);
    assert_eq!(events, [Event::FoldDone { fold: 0, test: outcome.test }]);
    // Once, to see that the data are the same.
    assert!((0..source.pairs.len()).all(|row| source.reads(row) == 1));
    assert!(bytes(&again) == bytes(&outcome));
    assert_eq!(
        (&again.name, &again.rows, again.candidates),
        (&outcome.name, &outcome.rows, outcome.candidates)
    );
    assert!(fs::read(&path).unwrap() == written);

    // The next fold is trained, as if alone.
    let (both, events) = train(&source, &quick_config(), &placement(folder.path(), &[0, 1]));
    assert!(matches!(events[..2], [Event::FoldDone { fold: 0, .. }, Event::RunStarted { fold: 1, .. }]));
    let alone = one_fold(&learnable(40), 1, &quick_config()).unwrap();
    assert!(bytes(&both.unwrap().folds[1]) == bytes(&alone));
}

#[test]
fn an_outcome_of_another_training_is_refused_by_what_differs() {
    let (folder, path, _) = done();
    let written = fs::read(&path).unwrap();
    let refused = |source: &dyn PairSource, model: &ModelConfig, config: &TrainConfig| {
        let placement = placement(folder.path(), &[0]);
        let split = split(source);
        let error =
            cross_validate::<Model>(source, &split, model, config, &placement, &mut Silent).unwrap_err();
        let message = error.to_string();
        message.strip_prefix(&path.display().to_string()).unwrap_or_else(|| panic!("{message}")).to_owned()
    };
    let source = learnable(40);
    let of_config = |config: &TrainConfig| refused(&source, &small_model(), config);
    let message = of_config(&TrainConfig { seed: 4, ..quick_config() });
    assert!(message.starts_with(" is of another run: "), "{message}");
    let message = of_config(&TrainConfig { alphas: vec![0.6, 0.2], ..quick_config() });
    assert!(message.contains("alphas is 0.6 there and 0.6, 0.2 here"), "{message}");
    let message = of_config(&TrainConfig { restarts: 2, ..quick_config() });
    assert!(message.contains("restarts is 1 there and 2 here"), "{message}");
    let message = of_config(&TrainConfig { protocol: Protocol::Paper, ..quick_config() });
    assert!(message.contains("protocol is honest there and paper here"), "{message}");
    let fewer = TrainConfig { test_negatives_per_positive: Some(1), ..quick_config() };
    assert_eq!(split(&source).folds[0].test.len(), 40, "as many negatives as positives");
    assert!(
        cross_validate::<Model>(
            &source,
            &split(&source),
            &small_model(),
            &fewer,
            &placement(folder.path(), &[0]),
            &mut Silent
        )
        .is_ok()
    );
    let message = of_config(&TrainConfig { epochs: 2, ..quick_config() });
    assert_eq!(message, " is no usable outcome of a fold: it has 3 epochs, and this run is to have 2");

    let mut relabelled = Watched::new(&source);
    for (row, label) in split(&source).folds[0].test[..2].iter().zip([false, true]) {
        relabelled.pairs[*row].label = Some(label);
    }
    let message = refused(&relabelled, &small_model(), &quick_config());
    assert!(message.contains("test part is 40 pairs with hash "), "{message}");
    let more_dropout = ModelConfig::Epipam(epipam::Config { head_dropout: 0.2, ..small_network() });
    let message = refused(&source, &more_dropout, &quick_config());
    assert!(message.contains("head_dropout: 0.1,") && message.contains("head_dropout: 0.2,"), "{message}");
    assert!(fs::read(&path).unwrap() == written, "a refused outcome is left as it is");

    fs::write(&path, &written[..written.len() / 2]).unwrap();
    let message = of_config(&quick_config());
    assert_eq!(message, " is no usable outcome of a fold: it is cut off, damaged or no safetensors file");
}

#[test]
fn an_outcome_reads_as_it_was() {
    let (_folder, path, outcome) = done();
    let (read, of) = FoldOutcome::read(&path, &Device::Cpu).unwrap();
    assert!(bytes(&read) == bytes(&outcome));
    assert_eq!((of.epochs, of.identity["alphas"].as_str(), of.identity["tuned"].as_str()), (3, "0.6", ""));
    assert!(matches!(
        FoldOutcome::read(&path.with_extension("none"), &Device::Cpu),
        Err(TrainError::Read { .. })
    ));
}
