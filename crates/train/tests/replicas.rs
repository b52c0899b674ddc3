//! Several networks of a fold: each is trained as if it were alone, and the mean of their probabilities is the score.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ciskit_dataset::Augmentation;
use ciskit_nn::{Device, Mean};
use ciskit_train::{Event, FoldOutcome, Measured, Placement, TrainConfig, Trial, history_tsv};
use common::*;

/// Three networks of a few steps each.
fn three(bootstrap: bool) -> TrainConfig {
    TrainConfig { epochs: 2, replicas: 3, bootstrap, ..quick_config() }
}

fn placement(folder: &Path) -> Placement {
    let (checkpoints, folds) = (Some(folder.to_owned()), Some(vec![0]));
    Placement { checkpoints, folds, ..Placement::default() }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// All that a fold's networks come to, as bytes.
fn all_bytes(fold: &FoldOutcome) -> Vec<u8> {
    [vec![bytes(fold)], fold.networks().iter().map(bytes).collect()].concat().concat()
}

#[test]
fn the_score_is_the_mean_probability_of_networks_that_differ() {
    for bootstrap in [true, false] {
        let source = learnable(40);
        let fold = one_fold(&source, 0, &three(bootstrap)).unwrap();
        let [first, second, third] = fold.networks() else { panic!("{} networks", fold.networks().len()) };
        assert!(
            first.logits != second.logits && second.logits != third.logits && first.logits != third.logits
        );
        for (row, logit) in fold.logits.iter().enumerate() {
            let probability = |logit: f32| 1.0 / (1.0 + (-f64::from(logit)).exp());
            let mean =
                [first, second, third].map(|network| probability(network.logits[row])).iter().sum::<f64>();
            assert!((probability(*logit) - mean / 3.0).abs() < 1e-6);
            let of_networks = [first, second, third].map(|network| f64::from(network.logits[row]));
            assert_eq!(*logit, Mean::Probability.of(of_networks.into_iter()) as f32);
        }
        let labels: Vec<bool> = fold.rows.iter().map(|row| row % 2 == 0).collect();
        assert_eq!(fold.test, Measured::of(&labels, &fold.logits).unwrap());
        assert_eq!((fold.candidates, fold.history.len()), (2, 6));
        for (replica, network) in fold.networks().iter().enumerate() {
            assert_eq!(network.test, Measured::of(&labels, &network.logits).unwrap());
            let best = network.best_on_validation().unwrap();
            assert_eq!(
                (&network.chosen, network.chosen.trial.replica),
                (&best, replica),
                "each by validation"
            );
        }
        let table = history_tsv(&fold.history);
        assert!(table.lines().nth(1).unwrap().starts_with("fold\talpha\treplica\tepoch\t"), "{table}");
        assert!(table.lines().last().unwrap().starts_with("0\t0.6\t2\t2\t"), "{table}");
    }
}

#[test]
fn a_network_depends_on_no_other() {
    let source = learnable(40);
    for bootstrap in [true, false] {
        let three = one_fold(&source, 0, &three(bootstrap)).unwrap();
        let two = one_fold(&source, 0, &TrainConfig { replicas: 2, ..self::three(bootstrap) }).unwrap();
        for (network, same) in three.networks().iter().zip(two.networks()) {
            assert!(bytes(network) == bytes(same));
        }
        assert_ne!(three.logits, two.logits);
    }
    // Without samples, a network is a training of its seed.
    let networks = one_fold(&source, 0, &three(false)).unwrap().replicas;
    for (replica, network) in networks.iter().enumerate() {
        let trial = Trial { replica, ..Trial::of_alpha(0.6) };
        let config = trial.training(&three(false)).unwrap();
        assert_eq!((config.replicas, config.seed == three(false).seed), (1, replica == 0));
        let alone = one_fold(&source, 0, &config).unwrap();
        assert_eq!((alone.logits, alone.test), (network.logits.clone(), network.test));
    }
}

#[test]
fn one_network_is_what_it_was_and_its_files_tell_nothing_of_others() {
    let source = learnable(40);
    let (alone, among) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = TrainConfig { replicas: 1, ..three(false) };
    let outcome = train(&source, &one, &placement(alone.path())).0.unwrap().folds.remove(0);
    assert!(outcome.replicas.is_empty());
    assert!(
        bytes(&outcome)
            == bytes(&one_fold(&source, 0, &TrainConfig { epochs: 2, ..quick_config() }).unwrap())
    );
    train(&source, &three(false), &placement(among.path())).0.unwrap();
    let files = ["fold-0-alpha-0.6.checkpoint", "fold-0.outcome"];
    assert_eq!(names(alone.path()), files.map(str::to_owned).into());
    for name in files {
        let [one, first] = [&alone, &among].map(|folder| fs::read(folder.path().join(name)).unwrap());
        assert!(one == first, "{name}");
        let text = String::from_utf8_lossy(&one);
        assert!(!text.contains("replica") && !text.contains("bootstrap"), "{name}");
    }
    let (_, of) = FoldOutcome::read(&alone.path().join(files[1]), &Device::Cpu).unwrap();
    let keys: Vec<&str> = of.identity.keys().map(String::as_str).collect();
    let expected = "alphas augmentation batch fold initial weights model optimiser patience protocol restarts schedule \
                    seed sequences test part training part tuned validation part windows";
    assert_eq!(keys.join(" "), expected);
}

#[test]
fn a_sample_repeats_some_training_pairs_and_leaves_others_out() {
    let config = TrainConfig { epochs: 1, batch: 80, augmentation: Augmentation::None, ..three(true) };
    let fold = split(&learnable(40)).folds.remove(0);
    assert_eq!(fold.train.len(), 80);
    let reads = |replicas: usize, bootstrap: bool| -> Vec<usize> {
        let source = Watched::new(learnable(40));
        one_fold(&source, 0, &TrainConfig { replicas, bootstrap, ..config.clone() }).unwrap();
        fold.train.iter().map(|row| source.reads(*row)).collect()
    };
    assert_eq!(reads(2, false), [2; 80]);
    let (first, both) = (reads(1, true), reads(2, true));
    let second: Vec<usize> = both.iter().zip(&first).map(|(both, first)| both - first).collect();
    assert_ne!(first, second);
    for reads in [first, second] {
        assert_eq!(reads.iter().sum::<usize>(), 80);
        let unread = reads.iter().filter(|reads| **reads == 0).count();
        assert!((20..40).contains(&unread), "{unread}, where 29 are expected");
    }
}

#[test]
fn networks_that_are_done_are_not_trained_again() {
    let source = learnable(40);
    let folder = tempfile::tempdir().unwrap();
    let (whole, events) = train(&source, &three(true), &placement(folder.path()));
    let whole = whole.unwrap().folds.remove(0);
    let tested = |events: &[Event]| -> Vec<usize> {
        let replica = |event: &Event| match event {
            Event::ReplicaTested { replica, .. } => Some(*replica),
            _ => None,
        };
        events.iter().filter_map(replica).collect()
    };
    assert_eq!(tested(&events), [0, 1, 2]);
    assert_eq!(events.last(), Some(&Event::FoldTested { fold: 0, test: whole.test }));
    let written = names(folder.path());
    assert_eq!(written.len(), 6);
    let path = |replica| -> PathBuf { FoldOutcome::file(folder.path(), 0, replica) };
    assert!((0..3).all(|replica| path(replica).exists()));

    let (again, events) = train(&source, &three(true), &placement(folder.path()));
    assert!(all_bytes(&again.unwrap().folds[0]) == all_bytes(&whole));
    let test = |replica: usize| whole.networks()[replica].test;
    let mut expected: Vec<Event> =
        (0..3).map(|replica| Event::ReplicaDone { fold: 0, replica, test: test(replica) }).collect();
    expected.push(Event::FoldDone { fold: 0, test: whole.test });
    assert_eq!(events, expected);

    // What was killed within the second network: it goes on, and the third starts.
    fs::remove_file(path(1)).unwrap();
    for lost in [path(2), folder.path().join("fold-0-alpha-0.6-replica-2.checkpoint")] {
        fs::remove_file(lost).unwrap();
    }
    let (again, events) = train(&source, &three(true), &placement(folder.path()));
    assert!(all_bytes(&again.unwrap().folds[0]) == all_bytes(&whole));
    assert_eq!(tested(&events), [1, 2]);
    let trained = |event: &&Event| matches!(event, Event::EpochEnded(epoch) if epoch.trial.replica == 2);
    assert_eq!(events.iter().filter(trained).count(), 2);
    assert!(events.iter().any(|event| matches!(event, Event::Resumed { trial, .. } if trial.replica == 1)));
    assert_eq!(names(folder.path()), written);

    // Networks of samples and of all pairs do not mix.
    let (refused, _) = train(&source, &three(false), &placement(folder.path()));
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("fold-0.outcome is of another run: bootstrap is true there and not known here"));
}

#[test]
fn restarts_and_settings_are_chosen_within_each_network() {
    let config = TrainConfig { alphas: vec![0.6, 0.2], restarts: 2, epochs: 1, replicas: 2, ..three(true) };
    let fold = one_fold(&learnable(40), 0, &config).unwrap();
    assert_eq!((fold.candidates, fold.history.len()), (4, 8));
    let trials: BTreeSet<String> = fold.history.iter().map(|epoch| epoch.trial.to_string()).collect();
    assert!(trials.contains("α 0.2, restart 1, replica 1") && trials.len() == 8, "{trials:?}");
    let losses: BTreeSet<u64> = fold.history.iter().map(|epoch| epoch.loss.to_bits()).collect();
    assert_eq!(losses.len(), 8, "no two runs are one");
    for network in fold.networks() {
        assert_eq!((network.candidates, &network.best_on_validation().unwrap()), (4, &network.chosen));
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| all_bytes(&one_fold(&learnable(40), 0, &three(true)).unwrap()))
    };
    assert!(run(1) == run(2));
}
