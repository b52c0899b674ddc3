//! What cannot be a scorer says why.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::path::PathBuf;

use ciskit_core::{Selection, SequenceScorer};
use ciskit_onnx::{Axis, Bins, Layout, OnnxConfig, OnnxError, OnnxScorer, OutputScale};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn raw() -> OnnxConfig {
    OnnxConfig::new(OutputScale::Raw)
}

fn refused(bytes: &[u8], config: &OnnxConfig) -> String {
    OnnxScorer::from_bytes(bytes, config, "m.onnx").unwrap_err().to_string()
}

#[test]
fn files_that_are_no_models_of_one_sequence() {
    for (name, message) in [
        ("tiny.py", "m.onnx is no ONNX model"),
        ("operator.onnx", "m.onnx needs operators that cannot be run here: org.example.Splice"),
        ("tokens.onnx", "m.onnx: expected an input of 32-bit floats, found \"ids\" of type Int64"),
        ("two_inputs.onnx", "m.onnx: expected one input, found 2 inputs: enhancer, promoter"),
        (
            "tracks.onnx",
            "m.onnx: expected an input of shape (batch, 4, length), as the layout is channels-first, found \
             \"sequence\" of shape (3, 24, 4)",
        ),
        (
            "open.onnx",
            "m.onnx: expected one result, or the name of one in the setting result, found 2 results: profile, sum",
        ),
    ] {
        assert_eq!(refused(&bytes(name), &raw()), message);
    }
    assert_eq!(refused(b"", &raw()), "m.onnx is no ONNX model");
}

#[test]
fn settings_that_do_not_fit_the_model() {
    let open = |change: &dyn Fn(&mut OnnxConfig)| {
        let mut config = raw();
        config.result = Some("profile".into());
        config.length = Some(24);
        config.axes = vec![Axis::Batch, Axis::Outputs, Axis::Bins];
        config.bins = Some(Bins { width: 4, first: 0 });
        change(&mut config);
        refused(&bytes("open.onnx"), &config)
    };
    assert_eq!(
        open(&|config| config.length = None),
        "length = nothing: expected a number of bp, as the model leaves it open"
    );
    assert_eq!(open(&|config| config.length = Some(0)), "length = 0: expected 1 or more");
    assert_eq!(
        open(&|config| config.axes.clear()),
        "axes = []: expected 3 axes, as the result has the shape [1, 3, 6]"
    );
    assert_eq!(
        open(&|config| config.axes.truncate(2)),
        "axes = [batch, outputs]: expected 3 axes, as the result has the shape [1, 3, 6]"
    );
    assert_eq!(
        open(&|config| config.bins = None),
        "bins = nothing: expected the width of the 6 bins and where the first one starts"
    );
    assert_eq!(
        open(&|config| config.outputs = vec!["a".into()]),
        "outputs = 1 names: expected 3 names, as the model has so many outputs"
    );
    assert_eq!(
        open(&|config| config.result = Some("logit".into())),
        "m.onnx: expected a result named \"logit\", found 2 results: profile, sum"
    );
    assert_eq!(
        open(&|config| config.outputs = ["a", "b", "a"].map(Into::into).to_vec()),
        "m.onnx cannot be a scorer"
    );
    assert_eq!(open(&|config| config.anchor = Some(24)), "m.onnx cannot be a scorer");
    // Too short for its first convolution.
    assert_eq!(
        open(&|config| config.length = Some(2)),
        "m.onnx: expected a result for each of the 1 sequences of a batch, found one of shape [1, 3, 0]"
    );
    assert_eq!(
        open(&|config| config.length = Some(1 << 40)),
        "m.onnx: expected an input of at most 268435456 numbers, found [1, 4, 1099511627776]"
    );

    let mut config = raw();
    config.length = Some(25);
    assert_eq!(
        refused(&bytes("tiny.onnx"), &config),
        "length = 25: expected 24, the length that the model reads"
    );
    config.length = None;
    config.layout = Layout::ChannelsLast;
    assert_eq!(
        refused(&bytes("tiny.onnx"), &config),
        "m.onnx: expected an input of shape (batch, length, 4), as the layout is channels-last, found \"sequence\" of \
         shape (batch, 4, 24)"
    );
}

#[test]
fn sequences_of_another_length() {
    let scorer = OnnxScorer::from_bytes(&bytes("tiny.onnx"), &raw(), "m.onnx").unwrap();
    let error = scorer.score(&[&[b'A'; 24], &[b'A'; 23]], &Selection::all()).unwrap_err();
    assert_eq!(error.to_string(), "item 1: sequence of 23 bp, but the model reads 24 bp");
}

#[test]
fn a_configuration_lies_beside_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.onnx");
    std::fs::write(&model, bytes("tiny.onnx")).unwrap();
    let error = OnnxScorer::open(&model).unwrap_err();
    assert!(matches!(&error, OnnxError::Read { path, .. } if path.ends_with("model.toml")), "{error}");
    assert!(error.source().is_some());
    std::fs::write(model.with_extension("toml"), "format = 1\nscale = \"log\"\noutputs = [\"a\", \"b\"]\n")
        .unwrap();
    assert_eq!(OnnxScorer::open(&model).unwrap().spec().outputs[1].name, "b");
}

/// A damaged file is refused or read, and never ends the program. (The engine panics on some, which is caught.)
#[test]
fn damaged_files() {
    let whole = bytes("tiny.onnx");
    for length in 0..whole.len() {
        // What is left may be a smaller model.
        if let Ok(scorer) = OnnxScorer::from_bytes(&whole[..length], &raw(), "m.onnx") {
            scorer.score(&[&[b'A'; 24]], &Selection::all()).ok();
        }
    }
    let mut refused = 0;
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        // Read only: what a damaged number makes of the network may be too large to run.
        refused += usize::from(OnnxScorer::from_bytes(&damaged, &raw(), "m.onnx").is_err());
    }
    // The rest are other weights and other names.
    assert!(refused > 100, "{refused} of {}", whole.len());
}
