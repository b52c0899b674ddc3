//! Checkpoints are whole or not there, and only the run that wrote one goes on from it.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use ciskit_dataset::{Augmentation, PairSource};
use ciskit_models::{Model, ModelConfig, epipam};
use ciskit_nn::random::Stream;
use ciskit_nn::{AdamConfig, Device, weights};
use ciskit_train::{
    Checkpoint, Epoch, Placement, Progress, Schedule, Silent, TrainConfig, TrainError, cross_validate,
};
use common::*;
use tempfile::TempDir;

/// A folder with the checkpoint of two epochs of fold 0, as if killed before the fold's outcome was written.
fn checkpoint() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    resume(folder.path(), &TrainConfig { epochs: 2, ..quick_config() }).unwrap();
    fs::remove_file(folder.path().join("fold-0.outcome")).unwrap();
    let path = folder.path().join("fold-0-alpha-0.6.checkpoint");
    assert!(path.exists());
    (folder, path)
}

fn placement(folder: &Path) -> Placement {
    let (checkpoints, folds) = (Some(folder.to_owned()), Some(vec![0]));
    Placement { checkpoints, folds, ..Placement::default() }
}

/// Goes on in a folder, and says whether anything was trained.
fn resume(folder: &Path, config: &TrainConfig) -> Result<(), TrainError> {
    let (outcome, events) = train(&learnable(40), config, &placement(folder));
    assert!(outcome.is_ok() || events.is_empty(), "refused before anything is trained");
    outcome.map(drop)
}

/// The message of a refusal, without the path that it must start with.
fn refusal(path: &Path, result: Result<(), TrainError>) -> String {
    let message = result.unwrap_err().to_string();
    let rest = message.strip_prefix(&path.display().to_string());
    rest.unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn damaged_and_foreign_files_are_refused_by_name() {
    let (folder, path) = checkpoint();
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refusal(&path, resume(folder.path(), &quick_config()))
    };
    let cut = " is no usable checkpoint: it is cut off, damaged or no safetensors file";
    for length in [0, 4, 100, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(&whole[..length]), cut);
    }
    assert_eq!(refused(b"fold\talpha\tepoch\n"), cut);
    let of_metadata = |metadata| weights::to_safetensors(&Default::default(), metadata).unwrap();
    let missing = " is no usable checkpoint: its metadata have no ciskit_checkpoint";
    assert_eq!(refused(&of_metadata(None)), missing);
    assert_eq!(refused(&of_metadata(Some(("config", "")))), missing);
    let metadata = |text| refused(&of_metadata(Some(("ciskit_checkpoint", text))));
    let newer = " is no usable checkpoint: it has format 3, and this version reads up to format 2";
    assert_eq!(metadata(r#"{"format": 3, "state": []}"#), newer);
    assert!(metadata("epoch 7").starts_with(" is no usable checkpoint: its metadata are damaged ("));
    assert!(metadata(r#"{"format": 1}"#).contains("missing field `progress`"));

    // Tensors that are not the model's, or not the optimiser's.
    let read = || {
        fs::write(&path, &whole).unwrap();
        Checkpoint::read(&path, &Device::Cpu).unwrap()
    };
    let after = |change: &dyn Fn(&mut Checkpoint)| {
        let mut checkpoint = read();
        change(&mut checkpoint);
        checkpoint.write(&path).unwrap();
        refusal(&path, resume(folder.path(), &quick_config()))
    };
    let lost = after(&|checkpoint| drop(checkpoint.current.remove("out_layer1.bias")));
    assert!(lost.contains("missing out_layer1.bias"), "{lost}");
    let lost = after(&|checkpoint| checkpoint.best.clear());
    assert!(lost.contains("missing enhancer_conv1.bias"), "{lost}");
    let lost = after(&|checkpoint| drop(checkpoint.optimiser.remove("v.linear1.bias")));
    assert!(lost.contains("v.linear1.bias is missing"), "{lost}");

    fs::write(&path, &whole).unwrap();
    resume(folder.path(), &quick_config()).unwrap();
}

#[test]
fn a_checkpoint_of_another_run_is_refused_by_what_differs() {
    let (folder, path) = checkpoint();
    let before = fs::read(&path).unwrap();
    let differing = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = quick_config();
        change(&mut config);
        refusal(&path, resume(folder.path(), &config))
    };
    let message = differing(&|config| config.seed = 4);
    assert!(message.starts_with(" is of another run: "), "{message}");
    for (key, change) in [
        ("batch is 20 there and 10 here", &|config| config.batch = 10),
        ("patience is none there and 1 here", &|config| config.patience = Some(1)),
        ("optimiser is AdamConfig { learning_rate: 0.001", &|config| {
            config.optimiser = AdamConfig::l2(0.002, 5e-4);
        }),
        (
            "augmentation is Both { copies: 2, jitter: 5 } there and Both { copies: 2, jitter: 6 } here",
            &|config| {
                config.augmentation = Augmentation::Both { copies: 2, jitter: 6 };
            },
        ),
    ] as [(&str, &dyn Fn(&mut TrainConfig)); 4]
    {
        let message = differing(change);
        assert!(message.contains(key), "{message}");
    }
    let fewer = refusal(&path, resume(folder.path(), &TrainConfig { epochs: 1, ..quick_config() }));
    assert_eq!(fewer, " is no usable checkpoint: it has 2 epochs, and this run is to have 1");

    // The length of a run whose learning rate depends on it is part of what it is.
    let cosine = |epochs| TrainConfig { epochs, schedule: Schedule::Cosine, ..quick_config() };
    let message = refusal(&path, resume(folder.path(), &cosine(3)));
    assert!(message.contains("schedule is constant there and cosine over 3 epochs here"), "{message}");
    let of_cosine = tempfile::tempdir().unwrap();
    resume(of_cosine.path(), &cosine(2)).unwrap();
    fs::remove_file(of_cosine.path().join("fold-0.outcome")).unwrap();
    let path_of_cosine = of_cosine.path().join("fold-0-alpha-0.6.checkpoint");
    let message = refusal(&path_of_cosine, resume(of_cosine.path(), &cosine(3)));
    assert!(message.contains("schedule is cosine over 2 epochs there and cosine over 3"), "{message}");

    // Another α and another fold have files of their own, unless somebody renames one.
    let renamed = folder.path().join("fold-0-alpha-0.5.checkpoint");
    fs::copy(&path, &renamed).unwrap();
    let alphas = vec![0.5];
    let message = refusal(&renamed, resume(folder.path(), &TrainConfig { alphas, ..quick_config() }));
    assert!(message.contains("alpha is 0.6 there and 0.5 here"), "{message}");

    // Other data and other models.
    let placement = placement(folder.path());
    let of_source = |source: &dyn PairSource, model: &ModelConfig| {
        let config = quick_config();
        let outcome =
            cross_validate::<Model>(source, &split(source), model, &config, &placement, &mut Silent);
        refusal(&path, outcome.map(drop))
    };
    let source = learnable(40);
    let mut relabelled = Watched::new(&source);
    let trained = split(&source).folds[0].train[0];
    for (pair, label) in [(trained, false), (trained + 1, true)] {
        relabelled.pairs[pair].label = Some(label);
    }
    let message = of_source(&relabelled, &small_model());
    assert!(message.contains("training part is 80 pairs with hash "), "{message}");
    let mut other_bases = Watched::new(&source);
    other_bases.blank.push(trained);
    let message = of_source(&other_bases, &small_model());
    assert!(message.contains("sequences is windows with hash "), "{message}");
    let more_dropout = ModelConfig::Epipam(epipam::Config { head_dropout: 0.2, ..small_network() });
    let message = of_source(&source, &more_dropout);
    assert!(message.contains("head_dropout: 0.1,") && message.contains("head_dropout: 0.2,"), "{message}");

    assert_eq!(fs::read(&path).unwrap(), before, "a refused checkpoint is left as it is");
}

#[test]
fn a_killed_write_leaves_the_former_checkpoint() {
    let (folder, path) = checkpoint();
    // What a write that was killed leaves: part of a file under a temporary name.
    let bytes = fs::read(&path).unwrap();
    let leftover = folder.path().join(".a1B2c3.partial");
    fs::write(&leftover, &bytes[..bytes.len() / 3]).unwrap();
    resume(folder.path(), &quick_config()).unwrap();
    let undisturbed = tempfile::tempdir().unwrap();
    resume(undisturbed.path(), &quick_config()).unwrap();
    let name = path.file_name().unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(undisturbed.path().join(name)).unwrap());

    // A write that fails keeps what was there and tidies up: nothing can be renamed onto a folder.
    let checkpoint = Checkpoint::read(&path, &Device::Cpu).unwrap();
    let occupied = folder.path().join("occupied");
    fs::create_dir(&occupied).unwrap();
    let error = checkpoint.write(&occupied).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write {}", occupied.display()));
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "with the outcome of the fold");
}

#[test]
fn a_folder_that_is_not_there_is_told_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("run");
    let error = resume(&missing, &quick_config()).unwrap_err();
    let path = missing.join("fold-0.outcome");
    assert_eq!(error.to_string(), format!("cannot write {}", path.display()));
    assert!(matches!(Checkpoint::read(&path, &Device::Cpu), Err(TrainError::Read { .. })));
}

#[cfg(unix)]
#[test]
fn checkpoints_are_as_readable_as_other_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = checkpoint();
    let ordinary = folder.path().join("ordinary");
    fs::write(&ordinary, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&ordinary));
}

#[test]
fn numbers_come_back_exactly() {
    let (folder, path) = checkpoint();
    let mut checkpoint = Checkpoint::read(&path, &Device::Cpu).unwrap();
    let stream = Stream::new(1, "losses");
    let epoch = checkpoint.progress.history[0].clone();
    let history = (0..500).map(|i| Epoch { loss: stream.uniform(i) / 3.0, ..epoch.clone() }).collect();
    checkpoint.progress = Progress { history, ..checkpoint.progress };
    let path = folder.path().join("again");
    checkpoint.write(&path).unwrap();
    let read = Checkpoint::read(&path, &Device::Cpu).unwrap();
    assert_eq!(read.progress, checkpoint.progress);
    assert_eq!(read.identity, checkpoint.identity);
}
