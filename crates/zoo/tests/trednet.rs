//! TREDNet and the Keras reader against Keras 2.15.

#![cfg(feature = "trednet")]
#![allow(clippy::unwrap_used, reason = "a fixture that reads otherwise fails the test")]

mod fixture;

use ciskit_core::{Pooling, Selection, SequenceEmbedder, SequenceScorer};
use ciskit_nn::{DType, Device, Tensor};
use ciskit_zoo::keras::{Sequential, SequentialConfig};
use ciskit_zoo::trednet::{Config, Trednet, TrednetScorer, iep, log2_ratio};
use ciskit_zoo::{LoadOptions, ZooError, load};
use fixture::{Fixture, assert_close, path};

const TOLERANCE: f64 = 5e-6;

fn open(path: &std::path::Path, config: Option<&SequentialConfig>) -> Result<Sequential, ZooError> {
    Sequential::open(path, config, None, &Device::Cpu)
}

/// Runs a fixture's model and compares every activation that the fixture holds.
fn check(fixture: &Fixture, model: &Sequential, tolerance: f64) {
    let mut seen = 0;
    let output = model
        .forward_watched(fixture.tensor("input"), |name, found| {
            for (suffix, length) in [("", None), ("_head32", Some(32)), ("_logits", None)] {
                let name = format!("act.{name}{suffix}");
                if let Some(expected) = fixture.tensors.get(&format!("fixture.{name}")) {
                    let found = length.map_or(found.clone(), |length| found.narrow(1, 0, length).unwrap());
                    assert_close(&found, expected, tolerance, &name);
                    seen += 1;
                }
            }
        })
        .unwrap();
    assert_eq!(seen, fixture.tensors.keys().filter(|name| name.starts_with("fixture.act.")).count());
    assert_close(&output, fixture.tensor("output"), tolerance, "output");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn keras_files_of_every_kind_give_the_reference_outputs() {
    for name in ["keras_sequential_tiny", "trednet_phase_one_tiny", "trednet_phase_two_tiny"] {
        let fixture = Fixture::read(name);
        let json = fixture.json["keras_config"].to_string();
        let config = SequentialConfig::from_keras_json(&json).unwrap();
        check(&fixture, &open(&path(&format!("{name}.model.h5")), None).unwrap(), TOLERANCE);
        check(&fixture, &open(&path(&format!("{name}.weights.h5")), Some(&config)).unwrap(), TOLERANCE);
        // Named tensors, without an order.
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("model.safetensors");
        fixture.write(&named, |_, tensor| Some(tensor.clone()));
        check(&fixture, &open(&named, Some(&config)).unwrap(), TOLERANCE);
        for dtype in [DType::F16, DType::BF16] {
            fixture.write(&named, |_, tensor| Some(tensor.to_dtype(dtype).unwrap()));
            check(&fixture, &open(&named, Some(&config)).unwrap(), 0.05);
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_configurations_are_those_of_the_presets() {
    let [one, two] = ["trednet_phase_one_tiny", "trednet_phase_two_tiny"].map(|name| {
        let json = Fixture::read(name).json["keras_config"].to_string();
        SequentialConfig::from_keras_json(&json).unwrap()
    });
    assert_eq!(one, Config::phase_one(2001, [6, 6, 8, 8, 10, 10], 23, 24));
    assert_eq!(two, Config::phase_two(24, [5, 7], [11, 6]));
}

fn options() -> LoadOptions {
    LoadOptions::new(path("trednet_phase_one_tiny.model.h5"))
        .with_weights(path("trednet_phase_two_tiny.model.h5"))
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn letters_go_to_the_published_scores() {
    let fixture = Fixture::read("trednet_phase_one_tiny");
    let scores = &Fixture::read("trednet_phase_two_tiny").json["scores"];
    let sequences = fixture.sequences();
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();

    let model = load("trednet-2001bp", &options()).unwrap();
    let scorer = model.sequence_scorer().unwrap();
    assert_eq!(scorer.spec().input.anchor(2001), 1000);
    let found = scorer.score(&sequences, &Selection::all()).unwrap();
    let [reference, alternative] = [0, 1].map(|item| found.get(item, 0, 0));
    let close = |found: f64, name: &str, tolerance: f64| {
        let expected = scores[name].as_f64().unwrap();
        assert!((found - expected).abs() <= tolerance, "{name}: {found}, not {expected}");
    };
    close(reference.into(), "p_ref", 1e-6);
    close(alternative.into(), "p_alt", 1e-6);
    // Rounding of a probability is this much of so small a ratio.
    close(log2_ratio(reference, alternative), "log2_alt_over_ref", 2e-6);
    close(iep(reference, alternative), "iep", 1e-7);

    let phase_one = LoadOptions::new(path("trednet_phase_one_tiny.model.h5"));
    let model = load("trednet-2001bp-phase-one", &phase_one).unwrap();
    let found = model.sequence_scorer().unwrap().score(&sequences, &Selection::all()).unwrap();
    let found = Tensor::from_slice(found.values(), (3, 24), &Device::Cpu).unwrap();
    assert_close(&found, fixture.tensor("output"), TOLERANCE, "profiles");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn neither_batch_nor_neighbours_nor_threads_change_a_score() {
    let fixture = Fixture::read("trednet_phase_one_tiny");
    let sequences = fixture.sequences();
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let score = |batch: usize, sequences: &[&[u8]]| {
        let model = load("trednet-2001bp", &options().with_batch(batch)).unwrap();
        model.sequence_scorer().unwrap().score(sequences, &Selection::all()).unwrap().into_values()
    };
    let all = score(3, &sequences);
    for (sequence, expected) in sequences.iter().zip(&all) {
        assert_eq!(score(1, &[sequence]), [*expected]);
    }
    assert_eq!(score(2, &[sequences[2], sequences[0], sequences[1]]), [all[2], all[0], all[1]]);
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| score(3, &sequences)), all);
    }
    let lower: Vec<Vec<u8>> = sequences.iter().map(|sequence| sequence.to_ascii_lowercase()).collect();
    let lower: Vec<&[u8]> = lower.iter().map(Vec::as_slice).collect();
    assert_eq!(score(3, &lower), all);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn embeddings_are_the_last_convolution() {
    let fixture = Fixture::read("trednet_phase_one_tiny");
    let sequences = fixture.sequences();
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let model = Trednet::open(&path("trednet_phase_one_tiny.model.h5"), None, [None, None], &Device::Cpu);
    let embedder = TrednetScorer::profiles(model.unwrap(), Device::Cpu, None).unwrap();
    let embeddings = embedder.embed(&sequences, Pooling::Positions).unwrap();
    let found: Vec<f32> = embeddings.iter().flat_map(|embedding| embedding.values().to_vec()).collect();
    let found = Tensor::from_vec(found, (3, 38, 10), &Device::Cpu).unwrap();
    assert_close(&found, fixture.tensor("act.conv1d_6"), TOLERANCE, "conv1d_6");
    // Each sees 638 bases, 36 further than the one before.
    assert_eq!(embeddings[0].positions()[0], 301..337);
    assert_eq!(embeddings[0].positions()[37], 1633..1669);
    let pooled = embedder.embed(&sequences, Pooling::Mean).unwrap();
    assert_eq!(pooled[1].values(), embeddings[1].mean());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_wrong_file_says_which_array_is_wrong() {
    let fixture = Fixture::read("trednet_phase_two_tiny");
    let config = Config::phase_two(24, [5, 7], [11, 6]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    let message = |file: &std::path::Path| {
        let error = open(file, Some(&config)).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    };
    fixture.write(&file, |name, tensor| (!name.contains("dense_2/bias")).then(|| tensor.clone()));
    assert!(
        message(&file).ends_with("weights do not fit the model: missing dense_2.bias"),
        "{}",
        message(&file)
    );
    fixture.write(&file, |name, tensor| {
        Some(if name.contains("dense_3") { tensor.unsqueeze(0).unwrap() } else { tensor.clone() })
    });
    assert!(message(&file).contains("dense_3.bias has shape [1, 1], expected [1]"), "{}", message(&file));

    // The other phase's file.
    let other = message(&path("trednet_phase_one_tiny.weights.h5"));
    assert!(other.contains("unexpected") && other.contains("dense_3"), "{other}");
    // Cut short: no model, or, where only what nobody reads is gone, the whole one.
    let whole = std::fs::read(path("trednet_phase_two_tiny.model.h5")).unwrap();
    let cut = folder.path().join("cut.h5");
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        std::fs::write(&cut, &whole[..length]).unwrap();
        match Sequential::open(&cut, None, Some(&config), &Device::Cpu) {
            Err(error) => assert!(error.to_string().contains("cut.h5"), "{length}: {error}"),
            Ok(model) => {
                assert!(length > whole.len() / 2, "{length} of {}", whole.len());
                check(&fixture, &model, TOLERANCE);
            }
        }
    }
    // Weights alone, and nobody says of what.
    let error = open(&path("keras_sequential_tiny.weights.h5"), None).unwrap_err();
    assert!(
        error.to_string().ends_with("the file holds weights alone: give the configuration, too"),
        "{error}"
    );
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn phases_that_do_not_belong_together_are_refused() {
    let message = |name: &str, options: &LoadOptions| load(name, options).unwrap_err().to_string();
    let twice = LoadOptions::new(path("trednet_phase_one_tiny.model.h5"))
        .with_weights(path("trednet_phase_one_tiny.model.h5"));
    assert!(message("trednet-2001bp", &twice).contains("phase two reads 8004 profiles, phase one gives 24"));
    let one = LoadOptions::new(path("trednet_phase_one_tiny.model.h5"));
    assert!(
        message("trednet-2001bp", &one)
            .ends_with("two weight files, phase one and phase two, and 1 are given")
    );
    assert!(message("trednet-v1", &options()).ends_with("it reads 2001 bp, trednet-v1 reads 2000"));
    let named = options().with_file("names", "x");
    assert!(message("trednet-2001bp", &named).contains("it has no file \"names\", only: phase-two-config"));
}
