//! What is tried besides α: every trial is trained as if it were alone, and validation chooses.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fs;

use ciskit_models::{Model, ModelConfig, epipam};
use ciskit_nn::AdamConfig;
use ciskit_train::{
    Axis, Event, FoldOutcome, Placement, Silent, TrainConfig, TrainError, cross_validate, history_tsv,
};
use common::*;

fn axis(name: &str, values: &[&str]) -> Axis {
    let values = values.iter().map(|value| value.parse().unwrap()).collect();
    Axis::named(name, values, &quick_config(), &small_model()).unwrap()
}

/// Two rates, two dropouts, two restarts.
fn tuned() -> TrainConfig {
    let tune = vec![axis("learning-rate", &["1e-3", "5e-3"]), axis("block-dropout", &["0", "0.3"])];
    TrainConfig { epochs: 2, tune, restarts: 2, ..quick_config() }
}

fn fold_of(model: &ModelConfig, config: &TrainConfig) -> FoldOutcome {
    let source = learnable(40);
    let placement = Placement { folds: Some(vec![0]), ..Placement::default() };
    let split = split(&source);
    let outcome = cross_validate::<Model>(&source, &split, model, config, &placement, &mut Silent);
    outcome.unwrap().folds.remove(0)
}

#[test]
fn every_trial_is_trained_as_if_alone_and_validation_chooses() {
    let all = fold_of(&small_model(), &tuned());
    assert_eq!((all.candidates, all.history.len()), (16, 16));
    let mut best = None;
    for (index, trial) in tuned().trials().iter().enumerate() {
        let rate = [1e-3, 5e-3][index / 4];
        let dropout = [0.0, 0.3][index / 2 % 2];
        assert_eq!(trial.restart, index % 2);
        let config = TrainConfig {
            epochs: 2,
            optimiser: AdamConfig { learning_rate: rate, ..quick_config().optimiser },
            seed: trial.training(&tuned()).unwrap().seed,
            ..quick_config()
        };
        assert_eq!(config.seed == quick_config().seed, trial.restart == 0);
        let model = ModelConfig::Epipam(epipam::Config { block_dropout: dropout, ..small_network() });
        let alone = fold_of(&model, &config);
        let epochs = &all.history[2 * index..][..2];
        for (ours, theirs) in epochs.iter().zip(&alone.history) {
            assert_eq!(&ours.trial, trial);
            assert_eq!(
                (ours.epoch, ours.loss, ours.validation),
                (theirs.epoch, theirs.loss, theirs.validation)
            );
        }
        for epoch in epochs {
            let score = epoch.validation.unwrap().selection_score();
            if best.as_ref().is_none_or(|(former, _)| score > *former) {
                best = Some((score, epoch.candidate()));
            }
        }
        if all.chosen.trial == *trial {
            assert_eq!((alone.chosen.epoch, alone.test), (all.chosen.epoch, all.test));
            assert_eq!(alone.logits, all.logits);
        }
    }
    assert_eq!(all.chosen, best.unwrap().1);
    assert!(all.history.windows(2).all(|pair| pair[0].loss != pair[1].loss), "no two trials are one");
}

#[test]
fn the_history_names_the_candidate() {
    let table = history_tsv(&fold_of(&small_model(), &tuned()).history);
    let lines: Vec<&str> = table.lines().collect();
    let header = "fold\talpha\tmodel.block_dropout\toptimiser.learning_rate\trestart\tepoch\tstep\tloss\t";
    assert!(lines[1].starts_with(header), "{}", lines[1]);
    assert!(lines[2].starts_with("0\t0.6\t0\t0.001\t0\t1\t8\t"), "{}", lines[2]);
    assert!(lines[17].starts_with("0\t0.6\t0.3\t0.005\t1\t2\t16\t"), "{}", lines[17]);
}

#[test]
fn every_trial_has_a_checkpoint_and_is_gone_on_with() {
    let source = learnable(40);
    let folder = tempfile::tempdir().unwrap();
    let placement = Placement {
        checkpoints: Some(folder.path().to_owned()),
        folds: Some(vec![0]),
        ..Placement::default()
    };
    let whole = train(&source, &tuned(), &placement).0.unwrap();
    let names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 8 + 1);
    let last = "fold-0-alpha-0.6-model.block_dropout-0.3-optimiser.learning_rate-0.005-restart-1.checkpoint";
    assert!(names.contains(&last.to_owned()), "{names:?}");
    for lost in [last, "fold-0.outcome"] {
        fs::remove_file(folder.path().join(lost)).unwrap();
    }
    let (again, events) = train(&source, &tuned(), &placement);
    assert!(bytes(&again.unwrap().folds[0]) == bytes(&whole.folds[0]));
    let count = |is: fn(&&Event) -> bool| events.iter().filter(is).count();
    assert_eq!(count(|event| matches!(event, Event::Resumed { .. })), 7);
    assert_eq!(count(|event| matches!(event, Event::EpochEnded(_))), 2);
}

#[test]
fn a_restart_draws_anew_and_the_first_is_what_it_was() {
    let source = learnable(40);
    let one = one_fold(&source, 0, &quick_config()).unwrap();
    let three = one_fold(&source, 0, &TrainConfig { restarts: 3, ..quick_config() }).unwrap();
    assert_eq!(three.history.len(), 9);
    assert_eq!(three.history[..3], one.history);
    let first_losses: Vec<f64> = three.history.iter().step_by(3).map(|epoch| epoch.loss).collect();
    assert!(first_losses[0] != first_losses[1] && first_losses[1] != first_losses[2]);
    assert_eq!(three.rows, one.rows, "the pairs that measure are those of the seed");
}

#[test]
fn a_setting_that_the_model_cannot_have_is_refused_before_training() {
    let refused = |key: &str, value: &str| {
        let tune = vec![Axis { key: key.to_owned(), values: vec![value.parse().unwrap()] }];
        let config = TrainConfig { tune, ..quick_config() };
        let (outcome, events) = train(&learnable(40), &config, &Placement::default());
        assert_eq!(events, []);
        let error = outcome.unwrap_err();
        assert!(matches!(error, TrainError::Tune { .. }), "{error}");
        error.to_string()
    };
    assert_eq!(refused("model.dropout", "0.1"), "cannot tune model.dropout: there is no such setting");
    let message = refused("model.block_dropout", "1.5");
    assert!(message.starts_with("cannot tune model.block_dropout: it cannot be 1.5 ("), "{message}");
    let message = refused("model.channels", "many");
    assert!(message.starts_with("cannot tune model.channels: it cannot be many ("), "{message}");
}
