//! Weight files that Keras 2 wrote are read layer by layer, or refused in one clear sentence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ciskit_encode::ChannelOrder;
use ciskit_models::{ModelConfig, WeightFile, deeptact, epivan};
use ciskit_nn::{DType, Device, Parameters};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The elements of an array as the script that made the files fills it, by layer and array.
fn filled(layer: usize, array: usize, count: usize) -> Vec<f32> {
    (0..count).map(|element| ((31 * element + 7 * layer + 3 * array) % 17) as f32 / 16.0 - 0.5).collect()
}

/// A parameter's elements in the order of Keras.
fn in_keras_order(parameters: &Parameters, name: &str) -> Vec<f32> {
    let parameter = parameters.get(name).unwrap().as_tensor();
    let turned = match parameter.rank() {
        3 => parameter.permute((2, 1, 0)).unwrap(),
        2 if ["out.weight", "dense.weight"].contains(&name) => parameter.t().unwrap(),
        _ => parameter.clone(),
    };
    turned.flatten_all().unwrap().to_vec1().unwrap()
}

fn check(parameters: &Parameters, layers: &[&[&str]]) {
    let mut seen = 0;
    for (layer, names) in layers.iter().enumerate() {
        for (array, name) in names.iter().enumerate() {
            let found = in_keras_order(parameters, name);
            assert_eq!(found, filled(layer, array, found.len()), "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, parameters.named().count());
}

#[test]
fn epivan_is_read_in_the_order_of_layers_with_the_cell_of_keras_22() {
    let file = WeightFile::read(data("epivan.h5")).unwrap();
    let expected = epivan::Config {
        width: 1,
        filters: 2,
        kernel: 3,
        units: 2,
        attention: 3,
        ..epivan::Config::original()
    };
    assert_eq!(file.config(), Some(&ModelConfig::Epivan(expected)));
    let (parameters, _) = file.load(None, DType::F32, &Device::Cpu).unwrap();
    let norm = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"];
    let gru = [
        "gru.forward.kernel",
        "gru.forward.recurrent_kernel",
        "gru.forward.bias",
        "gru.backward.kernel",
        "gru.backward.recurrent_kernel",
        "gru.backward.bias",
    ];
    check(
        &parameters,
        &[
            &["enhancer_embedding.weight"],
            &["promoter_embedding.weight"],
            &["enhancer_conv.weight", "enhancer_conv.bias"],
            &["promoter_conv.weight", "promoter_conv.bias"],
            &norm,
            &gru,
            &["att.W", "att.b", "att.u"],
            &["out.weight", "out.bias"],
        ],
    );
}

#[test]
fn deeptact_is_read_and_its_channels_are_sorted() {
    let read = || WeightFile::read(data("deeptact.h5")).unwrap();
    let config =
        deeptact::Config { filters: 2, kernel: 3, units: 2, dense: 4, ..deeptact::Config::benchmark() };
    assert_eq!(read().config(), Some(&ModelConfig::Deeptact(config)));
    let (parameters, _) = read().load(None, DType::F32, &Device::Cpu).unwrap();
    let lstm = ["forward", "backward"]
        .map(|way| ["kernel", "recurrent_kernel", "bias"].map(|array| format!("lstm.{way}.{array}")));
    let lstm: Vec<&str> = lstm.as_flattened().iter().map(String::as_str).collect();
    let norm = |layer: &str| {
        ["weight", "bias", "running_mean", "running_var"].map(|array| format!("{layer}.{array}"))
    };
    let norms = [norm("bn1"), norm("bn2"), norm("bn3")];
    let norms: Vec<Vec<&str>> = norms.iter().map(|norm| norm.iter().map(String::as_str).collect()).collect();
    check(
        &parameters,
        &[
            &["enhancer_conv.weight", "enhancer_conv.bias"],
            &["promoter_conv.weight", "promoter_conv.bias"],
            &norms[0],
            &lstm,
            &["att.W"],
            &norms[1],
            &["dense.weight", "dense.bias"],
            &norms[2],
            &["out.weight", "out.bias"],
        ],
    );

    let sorted = read().in_channel_order(ChannelOrder::Agct).load(None, DType::F32, &Device::Cpu).unwrap().0;
    let channel = |parameters: &Parameters, channel| {
        let weight = parameters.get("promoter_conv.weight").unwrap().narrow(1, channel, 1).unwrap();
        weight.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert_eq!(channel(&sorted, 1), channel(&parameters, 2)); // C
    assert_eq!(channel(&sorted, 3), channel(&parameters, 3)); // T
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.h5");
    let whole = std::fs::read(data("deeptact.h5")).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        WeightFile::read(&path).map(drop).unwrap_err().to_string()
    };
    for length in [8, 60, 96, 1_000, whole.len() / 2, whole.len() - 5_000] {
        let message = refused(&whole[..length]);
        assert!(
            message.contains("w.h5 cannot be read as HDF5: the file is damaged or not of Keras ("),
            "{message}"
        );
    }
    // Any one byte may be wrong: a value, or something that is refused.
    for at in (8..whole.len()).step_by(997) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, &bytes).unwrap();
        drop(WeightFile::read(&path));
    }
}
