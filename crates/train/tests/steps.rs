//! What a step of training sees: whole batches of shuffled examples, in another order every epoch.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use ciskit_dataset::{Augmentation, PairSource};
use ciskit_train::{Event, Placement, TrainConfig};
use common::*;

/// How often each pair of fold 0's training part is read by a training of so many epochs, and the steps of each epoch.
fn reads(config: &TrainConfig) -> (Vec<usize>, Vec<usize>) {
    let source = Watched::new(learnable(40));
    let placement = Placement { folds: Some(vec![0]), ..Placement::default() };
    let (outcome, events) = train(&source, config, &placement);
    outcome.unwrap();
    let steps = |event: &Event| match event {
        Event::Step { step, steps, .. } if step == steps => Some(*steps),
        _ => None,
    };
    let train = &split(&source).folds[0].train;
    (train.iter().map(|row| source.reads(*row)).collect(), events.iter().filter_map(steps).collect())
}

#[test]
fn the_incomplete_last_batch_of_an_epoch_is_dropped() {
    // 40 positives and 40 negatives, two copies each.
    for (batch, epochs, steps) in [(30, 2, 5), (160, 1, 1), (81, 1, 1), (80, 1, 2)] {
        let (reads, found) = reads(&TrainConfig { batch, epochs, ..quick_config() });
        assert_eq!(found, vec![steps; epochs], "batches of {batch}");
        assert_eq!(reads.iter().sum::<usize>(), epochs * steps * batch);
    }
    let (reads, found) = reads(&TrainConfig { batch: 1000, epochs: 1, ..quick_config() });
    assert_eq!((found, reads.iter().sum()), (vec![1], 160), "fewer examples than a batch are one batch");
}

#[test]
fn examples_are_shuffled_afresh_every_epoch() {
    // One step an epoch, of half of the examples, which are as many of each pair every epoch.
    let augmentation = Augmentation::Both { copies: 1, jitter: 0 };
    let config = TrainConfig { batch: 41, augmentation, ..quick_config() };
    let of = |seed, epochs| reads(&TrainConfig { seed, epochs, ..config.clone() }).0;
    let first = of(3, 1);
    assert_eq!(first.len(), 80);
    let contigs = [&first[..40], &first[40..]].map(|contig| contig.iter().sum::<usize>());
    assert!(contigs.iter().all(|seen| (10..31).contains(seen)), "{contigs:?}");
    let second: Vec<usize> = of(3, 2).iter().zip(&first).map(|(both, first)| both - first).collect();
    assert_ne!(second, first);
    assert_ne!(of(4, 1), first);
    assert_eq!(of(3, 1), first);
}

#[test]
fn copies_are_moved_and_evaluation_is_not() {
    let source = learnable(40);
    let still = Augmentation::Both { copies: 2, jitter: 0 };
    let loss = |augmentation| {
        let config = TrainConfig { augmentation, epochs: 1, ..quick_config() };
        one_fold(&source, 0, &config).unwrap().history[0].loss
    };
    assert_ne!(loss(still), loss(quick_config().augmentation));
    let fold = one_fold(&source, 0, &quick_config()).unwrap();
    assert_eq!(fold.rows.len(), source.pairs().len() / 4, "test pairs are neither copied nor drawn");
}
