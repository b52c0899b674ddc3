//! The small trained model.

use std::sync::Arc;

use ciskit_core::{Selection, SequenceScorer};
use ciskit_nn::{DType, Device, Tensor, weights};
use ciskit_zoo::borzoi::{Borzoi, Config};
use ciskit_zoo::tracks::{Species, Targets};
use ciskit_zoo::{LoadOptions, load};

use crate::fixture::{assert_close, path, values};

fn file(name: &str) -> std::path::PathBuf {
    path(&format!("baskerville_mini/{name}"))
}

fn stored() -> std::collections::BTreeMap<String, Tensor> {
    weights::read(file("predictions.safetensors"), Some(DType::F32)).unwrap().tensors
}

/// Letters of a stored window.
fn window(stored: &std::collections::BTreeMap<String, Tensor>, number: usize) -> Vec<u8> {
    let codes = stored[&format!("fixture.input.window{number}_codes")].to_vec1::<u8>().unwrap();
    codes.into_iter().map(|code| b"ACGTN"[usize::from(code)]).collect()
}

fn largest(found: &Tensor, expected: &Tensor) -> f64 {
    let pairs = values(found).into_iter().zip(values(expected));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn predictions_are_the_stored_ones_from_either_file() {
    let stored = stored();
    let params = std::fs::read_to_string(file("params.json")).unwrap();
    assert_eq!(Config::from_params_json(&params).unwrap(), Config::baskerville_mini());
    for (name, windows) in [("model.h5", 2), ("model.safetensors", 1)] {
        let model = Borzoi::open(&file(name), &Config::human(), &Device::Cpu);
        let sized = |config: &Config| Config {
            length: 131_072,
            anchor: 65_535,
            bins: 2048,
            mask_positions: None,
            ..config.clone()
        };
        assert_eq!(sized(model.unwrap().config()), Config::baskerville_mini());
        let options = LoadOptions::new(file(name)).with_choice("scale", "raw");
        let model = load("baskerville-mini", &options).unwrap();
        for number in 0..windows {
            let scores = model.sequence_scorer().unwrap();
            let scores = scores.score(&[&window(&stored, number)], &Selection::all()).unwrap();
            let found = Tensor::from_slice(scores.values(), (2048, 74), &Device::Cpu).unwrap();
            let expected = &stored[&format!("fixture.output.window{number}")];
            println!("{name}, window {number}: {}", largest(&found, expected));
            assert_close(&found, expected, 5e-6, name);
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn activations_are_the_stored_ones() {
    let stored = stored();
    let model = Borzoi::open(&file("model.h5"), &Config::baskerville_mini(), &Device::Cpu).unwrap();
    let mut x = vec![0f32; 131_072 * 4];
    for (row, letter) in x.chunks_exact_mut(4).zip(window(&stored, 0)) {
        if let Some(base) = b"ACGT".iter().position(|&base| base == letter) {
            row[base] = 1.0;
        }
    }
    let x = Tensor::from_vec(x, (1, 131_072, 4), &Device::Cpu).unwrap();
    let mut seen = 0;
    let watch = |name: &str, found: &Tensor| {
        let name = match name {
            "stem" => "stem_pool",
            "tower" => "tower_pool6",
            "layer 0" => "transformer1",
            "layer 1" => "transformer2",
            "second join" => "unet2",
            "cropped" => "crop",
            _ => return,
        };
        let rows = stored[&format!("fixture.act_rows.{name}")].to_vec1::<i64>().unwrap();
        let rows: Vec<u32> = rows.into_iter().map(|row| row as u32).collect();
        let rows = Tensor::from_vec(rows.clone(), rows.len(), &Device::Cpu).unwrap();
        let found = found.squeeze(0).unwrap().index_select(&rows, 0).unwrap();
        let expected = &stored[&format!("fixture.act.{name}")];
        println!("{name}: {}", largest(&found, expected));
        assert_close(&found, expected, 5e-6, name);
        seen += 1;
    };
    model.features_watched(&x, watch).unwrap();
    assert_eq!(seen, 6);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_table_names_tracks_and_undoes_their_scale() {
    let stored = stored();
    let targets = Targets::read(&file("targets.tsv")).unwrap();
    let options = LoadOptions::new(file("model.h5")).with_file("targets", file("targets.tsv"));
    let scorer = load("baskerville-mini", &options).unwrap();
    let scorer = scorer.sequence_scorer().unwrap();
    let spec = scorer.spec();
    assert_eq!((spec.bins, spec.bin_bp, spec.first_bin_bp), (2048, 32, 32_768));
    assert_eq!((spec.input.anchor(131_072), spec.outputs[1].name.as_str()), (65_535, "CNhs10752-"));
    assert_eq!((spec.outputs[0].strand_partner, spec.outputs[24].strand_partner), (Some(1), None));
    // DNase-seq is a mean, CAGE a root.
    let select = Selection::all().with_bins(1000..1100).with_outputs(vec![24, 0]);
    let found = scorer.score(&[&window(&stored, 0)], &select).unwrap();
    let raw = stored["fixture.output.window0"].to_vec2::<f32>().unwrap();
    for bin in 0..100 {
        for (column, track) in [24, 0].into_iter().enumerate() {
            let p = f64::from(raw[1000 + bin][track]);
            let c = targets.rows()[track].clip_soft.unwrap();
            let p = if p > c { c - 1.0 + (p - c + 1.0).powi(2) } else { p };
            let expected = if track == 0 { (p + 1.0).powi(2) - 1.0 } else { p };
            assert!((f64::from(found.get(0, bin, column)) - expected).abs() <= 2e-5 * (1.0 + expected));
        }
    }
    let described = load("baskerville-mini", &options.with_choice("names", "description")).unwrap();
    let spec = described.sequence_scorer().unwrap().spec().clone();
    assert_eq!(spec.outputs[25].name, "DNASE:HepG2");
    assert_eq!(spec.outputs[1].name, "CAGE:oral squamous cell carcinoma cell line:Ca9-22 (-)");
    assert!(spec.outputs[1].strand_partner.is_some());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn other_sizes_and_heads_are_refused() {
    let other = Config { human: 75, ..Config::baskerville_mini() };
    let error = Borzoi::open_as(&file("model.h5"), &other, &Device::Cpu).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("human_head.weight has shape [74, 128, 1], expected [75, 128, 1]"), "{source}");
    let options = LoadOptions::new(file("model.h5")).with_choice("head", "mouse");
    let error = load("baskerville-mini", &options).unwrap_err().to_string();
    assert_eq!(error, "model borzoi: it has no such head");
    let model = Borzoi::open(&file("model.h5"), &Config::baskerville_mini(), &Device::Cpu).unwrap();
    assert!(Arc::new(model).scorer(Species::Human, Device::Cpu).is_ok());
}
