//! The tiny Enformers, and the table of gamma features.

use ciskit_nn::{DType, Device, Tensor, weights};
use ciskit_zoo::enformer::{Config, Enformer, GammaNormalisation, distance_features};
use ciskit_zoo::tracks::Species;
use ciskit_zoo::{LoadOptions, load};

use super::borzoi::turned;
use crate::fixture::{Fixture, assert_close, path};

const TOLERANCE: f64 = 5e-6;

/// What the weights do not tell.
pub(crate) fn like(gamma: GammaNormalisation) -> Config {
    Config { length: 512, bins: 20, gamma, ..Config::published() }
}

pub(crate) fn tiny(name: &str, gamma: GammaNormalisation) -> Enformer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    Fixture::read(name).write(&file, |_, tensor| Some(tensor.clone()));
    Enformer::open(&file, &like(gamma), None, &Device::Cpu).unwrap()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn outputs_and_activations_are_those_of_the_reference() {
    for (name, gamma, depth) in [
        ("enformer_tiny", GammaNormalisation::Feature, 2),
        ("enformer_tiny_posnorm", GammaNormalisation::Position, 1),
    ] {
        let fixture = Fixture::read(name);
        let model = tiny(name, gamma);
        let config = model.config();
        assert_eq!((config.channels.as_slice(), config.depth), (&[24, 24, 32, 48][..], depth));
        assert_eq!((config.heads, config.key, config.human, config.mouse), (4, 8, 7, Some(5)));
        let features = fixture.tensor("act.position_features");
        assert_close(model.distances(), features, 2e-7, "position features");
        let x = fixture.tensor("input.onehot");
        // Sequences go through by themselves: what is shown of them is joined again.
        let mut shown = std::collections::BTreeMap::<String, Vec<Tensor>>::new();
        let features = model.features_watched(x, |name, found| {
            shown.entry(name.to_owned()).or_default().push(found.clone());
        });
        let found = |name: &str| Tensor::cat(&shown[name], 0).unwrap();
        for (part, act, across) in [
            ("stem", "stem", true),
            ("tower", "conv_tower", true),
            ("attention 0", "transformer0_attention_block", false),
            (&*format!("layer {}", depth - 1), "transformer", false),
        ] {
            let expected = fixture.tensor(&format!("act.{act}"));
            let expected = if across { turned(expected) } else { expected.clone() };
            assert_close(&found(part), &expected, TOLERANCE, act);
        }
        assert_close(&features.unwrap(), fixture.tensor("act.embedding"), TOLERANCE, "embedding");
        for (species, head) in [(Species::Human, "human"), (Species::Mouse, "mouse")] {
            let expected = fixture.tensor(&format!("output.{head}"));
            assert_close(&model.forward(x, species).unwrap(), expected, TOLERANCE, head);
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn gamma_features_are_nearly_those_that_training_saw() {
    let table = Fixture::read_weights("enformer_tf_gammas").remove("gamma_features_half").unwrap();
    let table = table.to_vec2::<f32>().unwrap();
    let mut largest = 0f32;
    let computed = distance_features(1536, 192, GammaNormalisation::Position, None);
    for (size, expected) in table.iter().enumerate() {
        let row = &computed[(1535 + size) * 192..][..192];
        for (found, expected) in row[64..96].iter().zip(expected) {
            largest = largest.max((found - expected).abs());
        }
    }
    assert!(largest <= 0.0025, "{largest}");
    // The table itself goes where the computed features were, with the sign of the distance.
    let given = distance_features(1536, 192, GammaNormalisation::Position, Some(&table));
    let row = &given[(1535 - 700) * 192..][..192];
    assert_eq!(row[64..96], table[700]);
    assert_eq!(row[160..192], table[700].iter().map(|value| -value).collect::<Vec<f32>>());
    assert_eq!(given[..64], computed[..64]);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn repeated_tensors_are_passed_over_and_wrong_ones_reported() {
    let fixture = Fixture::read("enformer_tiny");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pytorch_model.safetensors");
    let mut twice = fixture.weights.clone();
    for (name, tensor) in &fixture.weights {
        twice.insert(format!("_trunk.{name}"), tensor.clone());
    }
    twice.insert("stem.1.fn.0.num_batches_tracked".into(), Tensor::new(7i64, &Device::Cpu).unwrap());
    std::fs::write(&file, weights::to_safetensors(&twice, None).unwrap()).unwrap();
    let open = || Enformer::open(&file, &like(GammaNormalisation::Feature), None, &Device::Cpu);
    let x = fixture.tensor("input.onehot");
    let y = open().unwrap().forward(x, Species::Human).unwrap();
    assert_close(&y, fixture.tensor("output.human"), TOLERANCE, "with repeated tensors");

    let message = || {
        let error = open().unwrap_err();
        std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
    };
    fixture.write(&file, |name, tensor| (name != "final_pointwise.1.2.weight").then(|| tensor.clone()));
    assert!(message().ends_with("missing final_pointwise.1.2.weight"), "{}", message());
    fixture.write(&file, |name, tensor| {
        let cut = name == "stem.2.to_attn_logits.weight";
        Some(if cut { tensor.narrow(0, 0, 3).unwrap() } else { tensor.clone() })
    });
    assert!(message().ends_with("has shape [3, 24, 1, 1], expected [24, 24, 1, 1]"), "{}", message());
    for (dtype, tolerance) in [(DType::F16, 0.01), (DType::BF16, 0.1)] {
        fixture.write(&file, |_, tensor| Some(tensor.to_dtype(dtype).unwrap()));
        let y = open().unwrap().forward(x, Species::Human).unwrap();
        assert_close(&y, fixture.tensor("output.human"), tolerance, dtype.as_str());
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn by_name_it_takes_the_table_of_gamma_features() {
    let folder = tempfile::tempdir().unwrap();
    let (file, config) = (folder.path().join("model.safetensors"), folder.path().join("config.json"));
    Fixture::read("enformer_tiny_posnorm").write(&file, |_, tensor| Some(tensor.clone()));
    let tiny = tiny("enformer_tiny_posnorm", GammaNormalisation::Position);
    std::fs::write(&config, serde_json::to_string(tiny.config()).unwrap()).unwrap();
    let options = LoadOptions::new(&file).with_config(&config);
    let model = load("enformer", &options).unwrap();
    let spec = model.sequence_scorer().unwrap().spec().clone();
    assert_eq!((spec.bins, spec.bin_bp, spec.first_bin_bp, spec.outputs.len()), (20, 16, 96, 7));
    assert_eq!(spec.input.anchor(512), 256);
    let mouse = load("enformer", &options.clone().with_choice("head", "mouse")).unwrap();
    assert_eq!(mouse.sequence_scorer().unwrap().spec().outputs.len(), 5);
    // The published table is of other sizes.
    let gammas = options.with_file("gammas", path("enformer_tf_gammas.safetensors"));
    let error = load("enformer", &gammas).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    let why = std::error::Error::source(source).map(ToString::to_string).unwrap_or_default();
    assert!(
        format!("{source} {why}").contains("gamma features of 32 sizes are needed, 2 of each"),
        "{source} {why}"
    );
}
