//! Same seed, same bytes: for any number of threads, and for a run that was stopped and went on.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ciskit_models::Model;
use ciskit_train::{Event, Placement, Schedule, TrainConfig, Trial, cross_validate};
use common::*;

/// Bytes of each fold, checkpoints by name, and what was observed.
type Trained = (Vec<Vec<u8>>, Vec<(String, Vec<u8>)>, Vec<Event>);

/// Two folds and two α of the small model, with checkpoints in `folder`.
fn trained(config: &TrainConfig, folder: &Path) -> Trained {
    let config = TrainConfig { alphas: vec![0.3, 0.8], ..config.clone() };
    let (checkpoints, folds) = (Some(folder.to_owned()), Some(vec![0, 2]));
    let placement = Placement { checkpoints, folds, ..Placement::default() };
    let (outcome, events) = train(&learnable(40), &config, &placement);
    let outcome = outcome.unwrap().folds.iter().map(bytes).collect();
    (outcome, files(folder), events)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let of_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        pool.install(|| trained(&quick_config(), folder.path()))
    };
    let one = of_threads(1);
    let names = ["fold-0-alpha-0.3.checkpoint", "fold-0-alpha-0.8.checkpoint", "fold-0.outcome"];
    let names = names.into_iter().flat_map(|name| [name.to_owned(), name.replace("fold-0", "fold-2")]);
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(one.1.iter().map(|(name, _)| name).eq(&names));
    for threads in [2, 5] {
        assert!(of_threads(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_seed_gives_its_bytes_and_no_others() {
    let of_seed = |seed| {
        let outcome = one_fold(&learnable(40), 0, &TrainConfig { seed, ..quick_config() });
        bytes(&outcome.unwrap())
    };
    assert!(of_seed(3) == of_seed(3));
    assert!(of_seed(3) != of_seed(4));
}

#[test]
fn folds_do_not_depend_on_each_other() {
    let source = learnable(40);
    let all = train(&source, &quick_config(), &Placement::default()).0.unwrap();
    assert_eq!(all.folds.len(), 4);
    let alone = one_fold(&source, 2, &quick_config()).unwrap();
    assert!(bytes(&all.folds[2]) == bytes(&alone));
    assert!(bytes(&all.folds[1]) != bytes(&alone));
}

#[test]
fn a_run_made_longer_equals_one_of_that_length() {
    let (short, long) =
        (TrainConfig { epochs: 2, ..quick_config() }, TrainConfig { epochs: 4, ..quick_config() });
    let (unbroken, resumed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (outcome, checkpoints, events) = trained(&long, unbroken.path());
    assert!(!events.iter().any(|event| matches!(event, Event::Resumed { .. })));

    trained(&short, resumed.path());
    let (outcome_after, checkpoints_after, events) = trained(&long, resumed.path());
    let of_resuming = |event: &&Event| matches!(event, Event::Resumed { epochs: 2, .. });
    assert_eq!(events.iter().filter(of_resuming).count(), 4);
    let of_starting = |event: &&Event| matches!(event, Event::RunStarted { epochs: 4, steps: 8, .. });
    assert_eq!(events.iter().filter(of_starting).count(), 4);
    let of_epochs = |event: &&Event| matches!(event, Event::EpochEnded(_));
    assert_eq!(events.iter().filter(of_epochs).count(), 4 * 2);
    assert!(outcome_after == outcome);
    assert!(checkpoints_after == checkpoints);

    // A complete run is not trained any more, nor scored; not even without the outcomes of its folds is it trained.
    let (outcome_again, checkpoints_again, events) = trained(&long, resumed.path());
    assert!(matches!(events[..], [Event::FoldDone { fold: 0, .. }, Event::FoldDone { fold: 2, .. }]));
    assert!(outcome_again == outcome && checkpoints_again == checkpoints);
    fs::remove_file(resumed.path().join("fold-2.outcome")).unwrap();
    let (outcome_again, checkpoints_again, events) = trained(&long, resumed.path());
    assert!(!events.iter().any(|event| matches!(event, Event::Step { .. })));
    assert!(outcome_again == outcome && checkpoints_again == checkpoints);
}

#[test]
fn a_run_that_is_killed_within_an_epoch_goes_on_from_the_last_whole_one() {
    let source = learnable(40);
    let config = TrainConfig { epochs: 4, ..quick_config() };
    let (unbroken, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let placement = |folder: &Path| Placement {
        checkpoints: Some(folder.to_owned()),
        folds: Some(vec![1]),
        ..Placement::default()
    };
    let outcome = train(&source, &config, &placement(unbroken.path())).0.unwrap();

    let mut steps = 0;
    let mut killer = |event| {
        steps += usize::from(matches!(event, Event::Step { .. }));
        assert!(steps < 8 * 2 + 3, "killed");
    };
    let killed = catch_unwind(AssertUnwindSafe(|| {
        let placement = placement(broken.path());
        cross_validate::<Model>(&source, &split(&source), &small_model(), &config, &placement, &mut killer)
    }));
    assert!(killed.is_err());
    let (after, events) = train(&source, &config, &placement(broken.path()));
    assert!(events.contains(&Event::Resumed { fold: 1, trial: Trial::of_alpha(0.6), epochs: 2, steps: 0 }));
    assert!(bytes(&after.unwrap().folds[0]) == bytes(&outcome.folds[0]));
    assert!(files(broken.path()) == files(unbroken.path()));
}

#[test]
fn a_checkpoint_within_an_epoch_is_gone_on_from_to_the_step() {
    let source = learnable(40);
    let config = TrainConfig { epochs: 3, patience: Some(2), schedule: Schedule::Cosine, ..quick_config() };
    let placement = |folder: &Path, every| Placement {
        checkpoints: Some(folder.to_owned()),
        checkpoint_every: NonZeroUsize::new(every),
        folds: Some(vec![1]),
        ..Placement::default()
    };
    let unbroken = tempfile::tempdir().unwrap();
    let outcome = train(&source, &config, &placement(unbroken.path(), 0)).0.unwrap();
    // Killed at the step, checkpoints after every so many, and where the run goes on: epochs and steps.
    for (kill, every, epochs, steps) in
        [(3, 2, 0, 2), (8, 4, 0, 8), (13, 3, 1, 3), (17, 5, 2, 0), (24, 1, 2, 8)]
    {
        let broken = tempfile::tempdir().unwrap();
        let mut made = 0;
        let mut killer = |event| {
            made += usize::from(matches!(event, Event::Step { .. }));
            assert!(made < kill, "killed");
        };
        let placement = placement(broken.path(), every);
        let killed = catch_unwind(AssertUnwindSafe(|| {
            cross_validate::<Model>(
                &source,
                &split(&source),
                &small_model(),
                &config,
                &placement,
                &mut killer,
            )
        }));
        assert!(killed.is_err());
        let (after, events) = train(&source, &config, &placement);
        assert_eq!(events[0], Event::Resumed { fold: 1, trial: Trial::of_alpha(0.6), epochs, steps });
        let made = events.iter().filter(|event| matches!(event, Event::Step { .. })).count();
        assert_eq!(made, 24 - 8 * epochs - steps);
        assert!(bytes(&after.unwrap().folds[0]) == bytes(&outcome.folds[0]));
        assert!(files(broken.path()) == files(unbroken.path()));
    }
}

#[test]
fn the_cosine_learns_otherwise_and_its_first_step_is_the_same() {
    let source = learnable(40);
    let of = |schedule, epochs| {
        let config = TrainConfig { epochs, batch: 160, schedule, ..quick_config() };
        one_fold(&source, 0, &config).unwrap().history
    };
    let (constant, cosine) = (of(Schedule::Constant, 3), of(Schedule::Cosine, 3));
    // One step an epoch: the loss before the third step tells that the second was another.
    assert!((0..2).all(|epoch| constant[epoch].loss == cosine[epoch].loss));
    assert_ne!(constant[2].loss, cosine[2].loss);
}

#[test]
fn dropout_draws_other_masks_at_every_step_and_after_resuming() {
    // Without dropout the outcome differs, so the equalities above are about masks too.
    let source = learnable(40);
    let (folds, config) = (Some(vec![0]), quick_config());
    let placement = Placement { folds, ..Placement::default() };
    let plain = ciskit_models::ModelConfig::Epipam(small_network().without_dropout());
    let mut silent = ciskit_train::Silent;
    let plain =
        cross_validate::<Model>(&source, &split(&source), &plain, &config, &placement, &mut silent).unwrap();
    let dropping = train(&source, &config, &placement).0.unwrap();
    assert_ne!(plain.folds[0].history, dropping.folds[0].history);
}
