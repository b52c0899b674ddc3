//! Language models whose weights learn.

use std::path::Path;

use ciskit_core::{Selection, SequenceScorer};
use ciskit_nn::weights::to_safetensors;
use ciskit_nn::{DType, Device, Mode, Parameters, SequenceModel, Tensor};
use ciskit_zoo::bert::{self, Bert};
use ciskit_zoo::dnabert2::{self, DnaBert2};
use ciskit_zoo::nucleotide_transformer::NucleotideTransformer;
use ciskit_zoo::transformer::{FineTuning, Heads};
use ciskit_zoo::{LoadOptions, load, load_for_training};
use serde::Serialize;
use tempfile::TempDir;

use super::random::{BYTE_PAIRS, bases, config};

/// As models are published: they predict tokens and tell no classes.
const PUBLISHED: Heads = Heads { tokens: true, classes: None };

/// A small model of each family: its name in the catalogue, and its files.
fn families() -> [(&'static str, TempDir); 4] {
    let six_mers = |version| {
        let config = config(version);
        folder(&config, |vb| NucleotideTransformer::load(vb, &config, PUBLISHED).map(drop))
    };
    let bert = bert::Config { pre_layer_norm: true, ..bert::Config::stock(14, 64, [2, 24, 3, 20]) };
    let sizes = dnabert2::Config {
        vocab_size: 14,
        hidden_size: 24,
        num_hidden_layers: 2,
        num_attention_heads: 3,
        intermediate_size: 20,
        ..dnabert2::Config::published()
    };
    [
        ("nucleotide-transformer-500m-1000g", six_mers(1)),
        ("nucleotide-transformer-v2-50m-multi-species", six_mers(2)),
        ("gena-lm-bert-base-t2t", folder(&bert, |vb| Bert::load(vb, &bert, PUBLISHED).map(drop))),
        ("dnabert2-117m", folder(&sizes, |vb| DnaBert2::load(vb, &sizes, PUBLISHED).map(drop))),
    ]
}

fn folder(
    config: &impl Serialize,
    build: impl FnOnce(ciskit_nn::VarBuilder<'static>) -> Result<(), ciskit_nn::NnError>,
) -> TempDir {
    let (parameters, ()) = Parameters::initialise(1, DType::F32, &Device::Cpu, build).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("model.safetensors", &to_safetensors(&parameters.snapshot().unwrap(), None).unwrap());
    write("config.json", serde_json::to_string(config).unwrap().as_bytes());
    write("tokenizer.json", BYTE_PAIRS.as_bytes());
    folder
}

fn open(name: &str, folder: &Path) -> FineTuning {
    load_for_training(name, &LoadOptions::new(folder), 7).unwrap()
}

fn sequences() -> Vec<Vec<u8>> {
    [31, 9, 44].into_iter().zip(1..).map(|(length, seed)| bases(seed, length)).collect()
}

/// The weighted sum of the log odds of three sequences.
fn loss(network: &FineTuning, mode: Mode) -> Tensor {
    let sequences = sequences();
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let logits = network.logits(&network.features(&sequences, mode).unwrap()).unwrap(); // (3)
    let weights = Tensor::new(&[1f32, -2.0, 0.5], &Device::Cpu).unwrap();
    (logits * weights).unwrap().sum_all().unwrap()
}

fn number(tensor: &Tensor) -> f64 {
    f64::from(tensor.to_scalar::<f32>().unwrap())
}

#[test]
fn going_along_the_gradient_changes_the_loss_by_its_square() {
    for (name, folder) in families() {
        let network = open(name, folder.path());
        let before = loss(&network, Mode::train(1, 0));
        assert!((number(&before) - number(&loss(&network, Mode::Eval))).abs() < 1e-5, "{name}: two ways");
        let gradients = before.backward().unwrap();
        let parameters = network.parameters();
        let start = parameters.snapshot().unwrap();
        let mut square = 0.0;
        let mut unreached = Vec::new();
        let reached: Vec<(String, Tensor)> = parameters
            .trainable()
            .filter_map(|(name, var)| {
                let gradient = gradients.get(var).map(Tensor::detach);
                if gradient.is_none() {
                    unreached.push(name.to_string());
                }
                Some((name.to_string(), gradient?))
            })
            .collect();
        assert!(unreached.is_empty(), "{name}: {unreached:?}");
        for (_, gradient) in &reached {
            square += number(&gradient.sqr().unwrap().sum_all().unwrap());
        }
        let step = 3e-4 / square.sqrt();
        let at = |steps: f64| {
            for (name, gradient) in &reached {
                let moved = (&start[name] + (gradient * (steps * step)).unwrap()).unwrap();
                parameters.set(name, &moved).unwrap();
            }
            number(&loss(&network, Mode::Eval))
        };
        let slope = (at(1.0) - at(-1.0)) / (2.0 * step);
        assert!((slope / square - 1.0).abs() < 0.01, "{name}: {slope} along the gradient, expected {square}");
    }
}

#[test]
fn what_is_changed_is_scored_saved_and_loaded_by_the_same_name() {
    for (name, folder) in families() {
        let network = open(name, folder.path());
        let before = number(&loss(&network, Mode::Eval));
        let head = network.head().last().unwrap().clone();
        let weights = network.parameters().get(&head).unwrap().as_detached_tensor();
        network.parameters().set(&head, &(weights * 3.0).unwrap()).unwrap();
        assert!((number(&loss(&network, Mode::Eval)) - before).abs() > 1e-4, "{name}");

        let saved = tempfile::tempdir().unwrap();
        network.save(saved.path().join("deeper/tuned")).unwrap();
        let options = LoadOptions::new(saved.path().join("deeper/tuned"));
        let model = load(name, &options).unwrap();
        let sequences = sequences();
        let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let scores = model.sequence_scorer().unwrap().score(&sequences, &Selection::all()).unwrap();
        let trained = network.logits(&network.features(&sequences, Mode::train(1, 0)).unwrap()).unwrap();
        for (found, expected) in scores.values().iter().zip(trained.to_vec1::<f32>().unwrap()) {
            assert!((found - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{name}: {found} {expected}");
        }
        // And its head is kept where training goes on.
        let again = load_for_training(name, &options, 8).unwrap();
        assert_eq!(number(&loss(&again, Mode::Eval)), number(&loss(&network, Mode::Eval)), "{name}");
    }
}

#[test]
fn a_head_is_drawn_by_the_seed_and_files_that_lack_more_are_refused() {
    let (name, folder) = families().into_iter().nth(2).unwrap();
    let with_seed = |seed| {
        let network = load_for_training(name, &LoadOptions::new(folder.path()), seed).unwrap();
        network.parameters().to_safetensors(None).unwrap()
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
    let network = open(name, folder.path());
    let heads =
        ["bert.pooler.dense.bias", "bert.pooler.dense.weight", "classifier.bias", "classifier.weight"];
    assert_eq!(network.head(), heads);
    assert!(network.parameters().named().all(|(name, _)| !name.starts_with("cls.")));

    let bytes = std::fs::read(folder.path().join("model.safetensors")).unwrap();
    let mut tensors = ciskit_nn::weights::from_safetensors(&bytes, &Device::Cpu).unwrap().tensors;
    tensors.remove("bert.encoder.layer.1.output.dense.bias");
    std::fs::write(folder.path().join("model.safetensors"), to_safetensors(&tensors, None).unwrap()).unwrap();
    let error = load_for_training(name, &LoadOptions::new(folder.path()), 1).err().unwrap();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "weights do not fit the model: missing bert.encoder.layer.1.output.dense.bias");
}
