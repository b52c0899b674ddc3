//! A network that this crate trains learns a rule that can be learnt, as contigs show that it never saw.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use ciskit_dataset::Augmentation;
use ciskit_nn::AdamConfig;
use ciskit_train::{Placement, TrainConfig};
use common::*;

#[test]
fn a_learnable_rule_is_learnt_on_held_out_contigs() {
    let config = TrainConfig {
        epochs: 6,
        augmentation: Augmentation::Both { copies: 4, jitter: 10 },
        optimiser: AdamConfig::l2(4e-3, 5e-4),
        ..quick_config()
    };
    let placement = Placement { folds: Some(vec![0, 2]), ..Placement::default() };
    let outcome = train(&learnable(300), &config, &placement).0.unwrap();
    for fold in &outcome.folds {
        println!("{}: {:?}, chosen {:?}", fold.name, fold.test, fold.chosen);
        assert!(fold.test.auroc >= 0.95, "{}: {:?}", fold.name, fold.test);
        assert_eq!((fold.test.pairs, fold.test.positives), (300, 150));
    }
    assert!(outcome.auroc().unwrap().mean >= 0.95);
}
