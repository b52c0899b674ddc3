//! Validation chooses, and the test part has no say: it is read once, after everything is decided.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use ciskit_dataset::{ChromosomeFolds, PairSource, Split, Splitter, Validation};
use ciskit_models::Model;
use ciskit_nn::AdamConfig;
use ciskit_nn::weights::to_safetensors;
use ciskit_train::{Candidate, Placement, Silent, TrainConfig, TrainError, cross_validate};
use common::*;

/// Learns fast enough for candidates to differ.
fn config() -> TrainConfig {
    TrainConfig { epochs: 6, alphas: vec![0.2, 0.9], optimiser: AdamConfig::l2(5e-3, 0.0), ..quick_config() }
}

#[test]
fn validation_chooses_epoch_and_alpha() {
    let source = learnable(60);
    let both = one_fold(&source, 0, &config()).unwrap();
    assert_eq!((both.candidates, both.history.len()), (12, 12));
    let score = |candidate: &Candidate| {
        let measured = candidate.validation.unwrap();
        measured.auroc + measured.average_precision
    };
    // The first of the best, of all epochs of all α.
    let mut best: Option<Candidate> = None;
    for epoch in &both.history {
        let candidate = epoch.candidate();
        if best.as_ref().is_none_or(|best| score(&candidate) > score(best)) {
            best = Some(candidate);
        }
    }
    assert_eq!(Some(&both.chosen), best.as_ref());

    // Each α is trained as if alone, and the chosen weights are those after the chosen epoch.
    let alone = config()
        .alphas
        .into_iter()
        .map(|alpha| one_fold(&source, 0, &TrainConfig { alphas: vec![alpha], ..config() }).unwrap());
    let alone: Vec<_> = alone.collect();
    let history: Vec<_> = alone.iter().flat_map(|fold| fold.history.clone()).collect();
    assert_eq!(both.history, history);
    let of_alpha = alone.iter().find(|fold| fold.chosen.trial == both.chosen.trial).unwrap();
    let stopped =
        TrainConfig { alphas: vec![both.chosen.trial.alpha], epochs: both.chosen.epoch, ..config() };
    let stopped = one_fold(&source, 0, &stopped).unwrap();
    for fold in [of_alpha, &stopped] {
        assert_eq!((&fold.chosen, fold.test), (&both.chosen, both.test));
        let weights = |weights| to_safetensors(weights, None).unwrap();
        assert!(weights(&fold.weights) == weights(&both.weights));
    }
    assert!(both.chosen.epoch > 1, "{:?}", both.chosen);
    assert_ne!(alone[0].history[0].loss, alone[1].history[0].loss);
}

#[test]
fn the_test_part_has_no_say_and_is_read_once() {
    let source = Watched::new(learnable(40));
    let fold = &split(&source).folds[1];
    let honest = one_fold(&source, 1, &config()).unwrap();
    for &row in &fold.test {
        assert_eq!(source.reads(row), 1, "test pair {row}");
    }
    let epochs = 2 * config().epochs;
    assert!(fold.validation.iter().all(|row| source.reads(*row) == epochs));
    assert!(fold.train.iter().all(|row| source.reads(*row) > 1));
    assert_eq!(honest.rows, fold.test);

    let mut changed = Watched::new(learnable(40));
    changed.blank = fold.test[..10].to_vec();
    for &row in &fold.test {
        let label = &mut changed.pairs[row].label;
        *label = label.map(|label| !label);
    }
    let other = one_fold(&changed, 1, &config()).unwrap();
    assert_eq!((&other.chosen, &other.history), (&honest.chosen, &honest.history));
    let weights = |weights| to_safetensors(weights, None).unwrap();
    assert!(weights(&other.weights) == weights(&honest.weights));
    assert_ne!(other.logits[..10], honest.logits[..10]);
    assert_eq!(other.logits[10..], honest.logits[10..]);
    assert_ne!(other.test.auroc, honest.test.auroc);
}

#[test]
fn patience_ends_a_run_that_does_not_improve() {
    let source = learnable(40);
    let patient = TrainConfig { epochs: 40, alphas: vec![0.6], ..config() };
    let impatient = TrainConfig { patience: Some(2), ..patient.clone() };
    let fold = one_fold(&source, 0, &impatient).unwrap();
    let epochs = fold.history.len();
    assert!(epochs < 40);
    assert_eq!(epochs, fold.chosen.epoch + 2);
    let whole = one_fold(&source, 0, &TrainConfig { epochs, ..patient }).unwrap();
    assert_eq!(whole.history, fold.history);
}

#[test]
fn without_validation_the_last_epoch_is_taken_and_one_alpha() {
    let source = learnable(40);
    let folds = ChromosomeFolds::balanced(4).validation(Validation::None);
    let split = folds.split(source.pairs()).unwrap();
    let train = |config: &TrainConfig| {
        let placement = Placement { folds: Some(vec![0]), ..Placement::default() };
        cross_validate::<Model>(&source, &split, &small_model(), config, &placement, &mut Silent)
    };
    let fold = train(&quick_config()).unwrap().folds.remove(0);
    assert_eq!((fold.chosen.epoch, fold.chosen.validation), (3, None));
    let error = train(&config()).unwrap_err();
    assert!(matches!(error, TrainError::NothingChooses { fold: 0, trials: 2 }), "{error}");
}

#[test]
fn fewer_negatives_are_evaluated_where_asked_for_but_all_can_be_trained_on() {
    // Three quarters of the positives are made negatives: 5 positives and 35 negatives a contig.
    let mut source = Watched::new(learnable(40));
    for row in (0..source.pairs.len()).filter(|row| row % 8 != 0) {
        source.pairs[row].label = Some(false);
    }
    let config = TrainConfig { test_negatives_per_positive: Some(2), ..quick_config() };
    let fold = one_fold(&source, 0, &config).unwrap();
    assert_eq!((fold.test.pairs, fold.test.positives), (15, 5));
    assert_eq!((fold.rows.len(), fold.logits.len()), (15, 15));
    let validation = fold.chosen.validation.unwrap();
    assert_eq!((validation.pairs, validation.positives), (15, 5));
    let Split { folds, .. } = split(&source);
    assert!(fold.rows.iter().all(|row| folds[0].test.contains(row)));
    let negatives = folds[0].train.iter().filter(|row| source.pairs[**row].label == Some(false));
    assert!(negatives.filter(|row| source.reads(**row) > 0).count() > 30);
    assert_eq!(one_fold(&source, 0, &config).unwrap().rows, fold.rows);
}
