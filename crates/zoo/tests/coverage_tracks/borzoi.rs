//! The tiny Borzoi.

use ciskit_core::{Pooling, SequenceEmbedder};
use ciskit_nn::{DType, Device, Tensor};
use ciskit_zoo::borzoi::{Borzoi, Config};
use ciskit_zoo::tracks::{Species, Squash, Untransform};
use ciskit_zoo::{LoadOptions, load};

use crate::fixture::{Fixture, assert_close, path, values};

const TOLERANCE: f64 = 5e-6;

/// What the weights do not tell.
pub(crate) fn like() -> Config {
    Config { length: 3072, anchor: 1536, bins: 64, ..Config::mouse() }
}

pub(crate) fn tiny() -> Borzoi {
    Borzoi::open(&path("borzoi_tiny.safetensors"), &like(), &Device::Cpu).unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    Fixture::read("borzoi_tiny").write(&file, |_, tensor| Some(tensor.clone()));
    Borzoi::open(&file, &like(), &Device::Cpu).unwrap()
}

/// (B, C, L) as (B, L, C).
pub(crate) fn turned(tensor: &Tensor) -> Tensor {
    tensor.transpose(1, 2).unwrap().contiguous().unwrap()
}

/// Letters of one-hot (B, L, 4), N where no base is set.
pub(crate) fn letters(one_hot: &Tensor) -> Vec<Vec<u8>> {
    let letter =
        |row: &Vec<f32>| row.iter().position(|&value| value == 1.0).map_or(b'N', |base| b"ACGT"[base]);
    let sequences = one_hot.to_vec3::<f32>().unwrap();
    sequences.iter().map(|sequence| sequence.iter().map(letter).collect()).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn outputs_and_activations_are_those_of_the_reference() {
    let fixture = Fixture::read("borzoi_tiny");
    let model = tiny();
    let config = model.config();
    assert_eq!((config.stages.as_slice(), config.heads, config.value), (&[9, 10, 11, 12, 14, 24][..], 3, 8));
    assert_eq!((config.human, config.mouse, config.last), (6, Some(4), Some(20)));
    assert_close(model.distances(), fixture.tensor("act.position_features"), 0.0, "position features");
    let x = turned(fixture.tensor("input.onehot"));
    let mut seen = 0;
    let features = model.features_watched(&x, |name, found| {
        let (name, first) = match name {
            "stage before" => ("res_tower", None),
            "last stage" => ("unet1", None),
            "attention 0" => ("transformer0_attention_block", None),
            "layer 1" => ("transformer", None),
            "first join" => ("separable1", None),
            "second join" => ("separable0", None),
            _ => return,
        };
        let expected = fixture.tensor(&format!("act.{name}"));
        let expected = if name.starts_with("transformer") { expected.clone() } else { turned(expected) };
        let found = first.map_or(found.clone(), |first| found.narrow(1, 0, first).unwrap());
        assert_close(&found, &expected, TOLERANCE, name);
        seen += 1;
    });
    assert_eq!(seen, 6);
    assert_close(&features.unwrap(), &turned(fixture.tensor("act.final_joined")), TOLERANCE, "final_joined");
    for (species, name) in [(Species::Human, "human"), (Species::Mouse, "mouse")] {
        let expected = turned(fixture.tensor(&format!("output.{name}")));
        assert_close(&model.forward(&x, species).unwrap(), &expected, TOLERANCE, name);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn squashed_scales_are_undone() {
    let fixture = Fixture::read("borzoi_unsquash");
    let x = fixture.tensor("input.x").to_vec1::<f32>().unwrap();
    for (name, squash, clip, exponent, scale, factor) in [
        ("old_transform", Squash::Old, 384.0, 0.75, 0.01, 1.0),
        ("new_transform", Squash::New, 384.0, 0.75, 0.01, 1.0),
        ("old_clip32_pow075_scale1", Squash::Old, 32.0, 0.75, 1.0, 40.0),
        ("new_clip32_pow05_scale03", Squash::New, 32.0, 0.5, 0.3, 40.0),
    ] {
        let untransform = Untransform { squash, clip: Some(clip), exponent, scale };
        let expected = fixture.tensor(&format!("output.{name}")).to_vec1::<f32>().unwrap();
        for (x, expected) in x.iter().zip(expected) {
            let found = untransform.apply(factor * x);
            assert!(
                (found - expected).abs() <= 2e-6 * expected.abs(),
                "{name} of {x}: {found}, not {expected}"
            );
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn embeddings_are_what_the_head_reads() {
    let fixture = Fixture::read("borzoi_tiny");
    let sequences = letters(&turned(fixture.tensor("input.onehot")));
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let scorer = std::sync::Arc::new(tiny()).scorer(Species::Human, Device::Cpu).unwrap();
    let bins = scorer.embed(&sequences, Pooling::Positions).unwrap();
    assert_eq!((scorer.width(), bins[0].positions()[0].clone()), (20, 512..544));
    let found = Tensor::from_slice(bins[0].values(), (1, 64, 20), &Device::Cpu).unwrap();
    assert_close(&found, &turned(fixture.tensor("act.final_joined")), TOLERANCE, "embedding");
    let mean = scorer.embed(&sequences, Pooling::Mean).unwrap();
    assert_eq!(mean[0].values(), bins[0].mean());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_wrong_file_says_what_is_wrong() {
    let fixture = Fixture::read("borzoi_tiny");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("borzoi.safetensors");
    let message = || {
        let error = Borzoi::open(&file, &like(), &Device::Cpu).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    };
    fixture.write(&file, |name, tensor| (name != "separable1.conv_layer.1.bias").then(|| tensor.clone()));
    assert!(
        message().ends_with("do not fit the model: missing separable1.conv_layer.1.bias"),
        "{}",
        message()
    );
    fixture.write(&file, |name, tensor| {
        let cut = name == "horizontal_conv0.norm.weight";
        Some(if cut { tensor.narrow(0, 0, 3).unwrap() } else { tensor.clone() })
    });
    assert!(
        message().ends_with("horizontal_conv0.norm.weight has shape [3], expected [14]"),
        "{}",
        message()
    );
    let x = turned(fixture.tensor("input.onehot"));
    for (dtype, tolerance) in [(DType::F16, 0.01), (DType::BF16, 0.1)] {
        fixture.write(&file, |_, tensor| Some(tensor.to_dtype(dtype).unwrap()));
        let model = Borzoi::open(&file, &like(), &Device::Cpu).unwrap();
        let found = model.forward(&x, Species::Human).unwrap();
        assert_close(&found, &turned(fixture.tensor("output.human")), tolerance, dtype.as_str());
        assert!(values(&found).iter().all(|value| value.is_finite()));
    }
    fixture.write(&file, |_, tensor| Some(tensor.clone()));
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 100]).unwrap();
    assert!(message().contains("borzoi.safetensors"), "{}", message());
    std::fs::write(&file, b"").unwrap();
    assert!(message().contains("borzoi.safetensors"), "{}", message());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn options_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, config) = (folder.path().join("model.safetensors"), folder.path().join("config.json"));
    Fixture::read("borzoi_tiny").write(&file, |_, tensor| Some(tensor.clone()));
    std::fs::write(&config, serde_json::to_string(tiny().config()).unwrap()).unwrap();
    let targets = folder.path().join("targets.tsv");
    std::fs::write(&targets, "\tidentifier\n0\ta\n").unwrap();
    let options = LoadOptions::new(&file).with_config(&config);
    assert!(load("borzoi-mouse", &options).is_ok());
    let message = |options: LoadOptions| load("borzoi-mouse", &options).unwrap_err().to_string();
    let wanting = message(options.clone().with_choice("scale", "untransformed"));
    assert!(
        wanting.ends_with("the untransformed scale needs the table of targets: file targets"),
        "{wanting}"
    );
    let other = message(options.with_file("targets", &targets));
    assert_eq!(other, "model borzoi: the table has 1 targets, the model 4 tracks");
}
