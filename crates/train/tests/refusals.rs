//! What cannot be trained is refused in one sentence, before anything is trained if that can be told.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fs;

use ciskit_dataset::{Augmentation, GenomePairs, PairSource, WindowRule};
use ciskit_models::epipam::{self, Epipam};
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, Mode, NnError, PairBatch, PairLogits, PairModel, Parameters, VarBuilder};
use ciskit_train::{
    CrossValidation, Event, Placement, Silent, TrainConfig, TrainError, cross_validate, logits,
};
use common::*;

/// The refusal of the data, of which the observer must not have heard.
fn refusal(source: &dyn PairSource, config: &TrainConfig) -> TrainError {
    let (outcome, events) = train(source, config, &Placement::default());
    assert_eq!(events, [], "nothing is trained");
    outcome.unwrap_err()
}

#[test]
fn a_part_of_one_class_is_refused_before_training() {
    // One contig has a single class: two folds train on it, one is validated on it, one is tested on it.
    let lacking = |contig: usize, label: bool| {
        let mut source = Watched::new(learnable(40));
        for pair in &mut source.pairs[contig * 40..][..40] {
            pair.label = Some(label);
        }
        refusal(&source, &quick_config()).to_string()
    };
    let message = lacking(0, false);
    assert!(message.contains("part has 0 positives and 40 negatives, and needs both"), "{message}");
    assert!(message.starts_with("fold "), "{message}");
    assert!(lacking(2, true).contains("part has 40 positives and 0 negatives, and needs both"));

    let mut source = Watched::new(learnable(40));
    source.pairs.iter_mut().for_each(|pair| pair.label = Some(false));
    let error = refusal(&source, &quick_config());
    assert_eq!(
        error.to_string(),
        "fold 0: the training part has 0 positives and 80 negatives, and needs both"
    );
}

#[test]
fn a_pair_without_label_is_refused_by_name() {
    let mut source = Watched::new(learnable(40));
    source.pairs[7].label = None;
    let name = ciskit_dataset::pair_name(&source.pairs[7]);
    for ratio in [None, Some(1)] {
        let config = TrainConfig { test_negatives_per_positive: ratio, ..quick_config() };
        let error = refusal(&source, &config);
        assert_eq!(error.to_string(), format!("pair {name:?} (row 7) has no label"));
    }
}

#[test]
fn folds_and_settings_that_are_not_there_are_refused() {
    let source = learnable(40);
    let error = one_fold(&source, 4, &quick_config()).unwrap_err();
    assert_eq!(error.to_string(), "there is no fold 4: the split has 4, counted from 0");
    let augmentation = Augmentation::Both { copies: 0, jitter: 5 };
    let error = refusal(&source, &TrainConfig { augmentation, ..quick_config() });
    assert!(matches!(error, TrainError::Config { key: "augmentation.copies", .. }));
}

#[test]
fn a_model_of_other_windows_is_refused() {
    let of_genome = learnable(40);
    let source = GenomePairs::new(
        of_genome.genome(),
        of_genome.pairs().to_vec(),
        WindowRule::new(ENHANCER_LEN),
        WindowRule::new(PROMOTER_LEN + 8),
    )
    .unwrap();
    let error = refusal(&source, &quick_config());
    let expected = "the model reads (120, 100) bp of enhancer and promoter, \
                    the data hold windows of (120, 108) bp";
    assert_eq!(error.to_string(), expected);

    let config = small_model();
    let load = |vb: VarBuilder<'static>| Model::load(vb, &config);
    let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
    let error = logits(&model, &source, &[0], 10, &Device::Cpu).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_network_that_cannot_be_built_is_refused() {
    let source = learnable(40);
    let model = ModelConfig::Epipam(epipam::Config { pools: vec![4, 4, 200], ..small_network() });
    let (split, config) = (split(&source), quick_config());
    let error = cross_validate::<Model>(&source, &split, &model, &config, &Placement::default(), &mut Silent)
        .unwrap_err();
    assert!(error.to_string().contains("block 3"), "{error}");
}

/// A network whose logits are no numbers from a training step on, counted from 0.
struct Poisoned {
    network: Epipam,
    from: u64,
}

impl PairModel for Poisoned {
    type Config = u64;

    fn load(vb: VarBuilder<'_>, from: &u64) -> Result<Self, NnError> {
        Ok(Self { network: Epipam::load(vb, &small_network())?, from: *from })
    }

    fn enhancer_len(&self) -> usize {
        self.network.enhancer_len()
    }

    fn promoter_len(&self) -> usize {
        self.network.promoter_len()
    }

    fn forward_t(&self, batch: &PairBatch, mode: Mode) -> Result<PairLogits, NnError> {
        let logits = self.network.forward_t(batch, mode)?;
        match mode {
            Mode::Train(key) if key.step >= self.from => Ok(PairLogits::new((logits.main * f64::NAN)?)),
            _ => Ok(logits),
        }
    }
}

#[test]
fn a_loss_that_is_no_number_names_step_and_batch() {
    let source = learnable(40);
    let folder = tempfile::tempdir().unwrap();
    let placement = Placement {
        checkpoints: Some(folder.path().to_owned()),
        folds: Some(vec![3]),
        ..Placement::default()
    };
    let mut events = Vec::new();
    let mut train = |config: &TrainConfig, from: u64| -> Result<CrossValidation, TrainError> {
        let mut observer = |event| events.push(event);
        cross_validate::<Poisoned>(&source, &split(&source), &from, config, &placement, &mut observer)
    };
    // 8 steps an epoch: the fourth of the second epoch.
    let error = train(&quick_config(), 11).unwrap_err();
    let message = error.to_string();
    let TrainError::Loss { loss, fold: 3, epoch: 2, step: 12, names } = error else { panic!("{error}") };
    assert!(loss.is_nan());
    assert!(message.starts_with("the loss is NaN at fold 3, epoch 2, step 12; "), "{message}");
    assert!(message.ends_with(&names));
    let mut named: Vec<&str> = names.split(", ").collect();
    assert!((10..=20).contains(&named.len()), "a batch of 20 examples, some of one pair");
    let (count, all) = (named.len(), source.pairs().iter().map(ciskit_dataset::pair_name));
    let all: Vec<String> = all.collect();
    assert!(named.iter().all(|name| all.iter().any(|known| known == name)));
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), count, "each name once");

    // The epoch before it is kept.
    assert_eq!(events.iter().filter(|event| matches!(event, Event::EpochEnded(_))).count(), 1);
    let path = folder.path().join("fold-3-alpha-0.6.checkpoint");
    let checkpoint = ciskit_train::Checkpoint::read(&path, &Device::Cpu).unwrap();
    assert_eq!((checkpoint.progress.step, checkpoint.progress.history.len()), (8, 1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
