//! The files of `data/tiny.py` give what onnxruntime gave, whatever the batches and threads.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use ciskit_core::{Edit, Scale, Selection, SequenceScorer};
use ciskit_onnx::{Axis, Bins, Layout, OnnxConfig, OnnxScorer, OutputScale};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[derive(serde::Deserialize)]
struct Expected {
    sequences: Vec<String>,
    /// (sequences, outputs)
    tiny: Vec<Vec<f32>>,
    /// (sequences, bins, outputs)
    tracks: Vec<Vec<Vec<f32>>>,
}

fn expected() -> Expected {
    serde_json::from_slice(&std::fs::read(data("expected.json")).unwrap()).unwrap()
}

fn sequences(expected: &Expected) -> Vec<&[u8]> {
    expected.sequences.iter().map(String::as_bytes).collect()
}

fn tracks() -> OnnxConfig {
    let mut config = OnnxConfig::new(OutputScale::Raw);
    config.layout = Layout::ChannelsLast;
    config.letters = "AGCT".into();
    config.unknown = 0.25;
    config.axes = vec![Axis::Batch, Axis::Bins, Axis::Outputs];
    config.bins = Some(Bins { width: 4, first: 0 });
    config.outputs = ["DNASE", "CAGE", "ATAC"].map(Into::into).to_vec();
    config
}

/// The model of any length, at 24 bp.
fn open(axes: [Axis; 3], batch: usize) -> OnnxScorer {
    let mut config = OnnxConfig::new(OutputScale::Raw);
    config.length = Some(24);
    config.batch = batch;
    config.result = Some("profile".into());
    config.axes = axes.to_vec();
    config.bins = Some(Bins { width: 4, first: 0 });
    OnnxScorer::load(data("open.onnx"), &config).unwrap()
}

fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{found} instead of {expected}");
    }
}

#[test]
fn a_model_as_pytorch_exports_it() {
    let expected = expected();
    let mut config = OnnxConfig::new(OutputScale::Logit);
    config.outputs = vec!["K562".into(), "HepG2".into()];
    let scorer = OnnxScorer::load(data("tiny.onnx"), &config).unwrap();
    assert_eq!(scorer.spec().outputs[1].scale, Scale::Logit);
    assert_eq!(scorer.spec().output_index("HepG2"), Some(1));
    let scores = scorer.score(&sequences(&expected), &Selection::all()).unwrap();
    assert_eq!(scores.shape(), [8, 1, 2]);
    close(scores.values(), &expected.tiny.concat());
    let one = Selection::all().with_named_outputs(scorer.spec(), &["HepG2"]).unwrap();
    let one = scorer.score(&sequences(&expected), &one).unwrap();
    assert_eq!(one.values(), scores.values().iter().skip(1).step_by(2).copied().collect::<Vec<_>>());
}

#[test]
fn a_model_as_keras_exports_it_with_a_fixed_batch() {
    let expected = expected();
    let scorer = OnnxScorer::load(data("tracks.onnx"), &tracks()).unwrap();
    let spec = scorer.spec();
    assert_eq!((spec.bins, spec.bin_bp, spec.first_bin_bp), (6, 4, 0));
    let scores = scorer.score(&sequences(&expected), &Selection::all()).unwrap();
    assert_eq!(scores.shape(), [8, 6, 3]);
    close(scores.values(), &expected.tracks.concat().concat());
}

#[test]
fn bins_and_outputs_may_stand_in_either_order() {
    let expected = expected();
    let scorer = open([Axis::Batch, Axis::Outputs, Axis::Bins], 2);
    let scores = scorer.score(&sequences(&expected), &Selection::all()).unwrap();
    assert_eq!(scores.shape(), [8, 6, 3]);
    // The same numbers read in the other order.
    let other = open([Axis::Batch, Axis::Bins, Axis::Outputs], 2);
    let other_scores = other.score(&sequences(&expected), &Selection::all()).unwrap();
    assert_eq!(other_scores.shape(), [8, 3, 6]);
    for item in 0..8 {
        for (bin, output) in (0..6).flat_map(|bin| (0..3).map(move |output| (bin, output))) {
            assert_eq!(scores.get(item, bin, output), other_scores.get(item, output, bin));
        }
    }
    // And their sum is the model's other result, of one axis.
    let mut config = OnnxConfig::new(OutputScale::Raw);
    config.length = Some(24);
    config.result = Some("sum".into());
    let sums = OnnxScorer::load(data("open.onnx"), &config).unwrap();
    assert_eq!(sums.spec().outputs[0].name, "score");
    let sums = sums.score(&sequences(&expected), &Selection::all()).unwrap();
    let added: Vec<f32> = (0..8).map(|item| scores.item(item).iter().sum()).collect();
    close(sums.values(), &added);
}

#[test]
fn a_score_does_not_depend_on_the_call() {
    let expected = expected();
    let sequences = sequences(&expected);
    let all = Selection::all();
    for scorer in [
        OnnxScorer::load(data("tiny.onnx"), &OnnxConfig::new(OutputScale::Logit)).unwrap(),
        OnnxScorer::load(data("tracks.onnx"), &tracks()).unwrap(),
    ] {
        let together = scorer.score(&sequences, &all).unwrap();
        for (item, sequence) in sequences.iter().enumerate() {
            let alone = scorer.score(&[sequence], &all).unwrap();
            assert_eq!(alone.values(), together.item(item), "item {item}");
        }
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| scorer.score(&sequences, &all)).unwrap(), together);
        }
        assert_eq!(scorer.score(&[], &all).unwrap().shape(), [0, together.bins(), together.outputs()]);
    }
}

#[test]
fn a_score_does_not_depend_on_the_batch() {
    let expected = expected();
    let sequences = sequences(&expected);
    let scores = |batch: usize| {
        let mut config = OnnxConfig::new(OutputScale::Logit);
        config.batch = batch;
        let tiny = OnnxScorer::load(data("tiny.onnx"), &config).unwrap();
        let open = open([Axis::Batch, Axis::Outputs, Axis::Bins], batch);
        [tiny, open].map(|scorer| scorer.score(&sequences, &Selection::all()).unwrap())
    };
    let one = scores(1);
    for batch in [2, 3, 7, 8, 100] {
        assert_eq!(scores(batch), one, "batches of {batch}");
    }
}

#[test]
fn edits_are_scored_as_the_edited_sequences() {
    let expected = expected();
    let sequence = expected.sequences[0].as_bytes();
    let scorer = OnnxScorer::load(data("tiny.onnx"), &OnnxConfig::new(OutputScale::Logit)).unwrap();
    let edits: Vec<Edit> = (0..24).map(|place| Edit::new(place..place + 1, b"T")).collect();
    let scores = scorer.score_edits(sequence, &edits, &Selection::all()).unwrap();
    let edited: Vec<Vec<u8>> = edits.iter().map(|edit| edit.applied_to(sequence).unwrap()).collect();
    let edited: Vec<&[u8]> = edited.iter().map(Vec::as_slice).collect();
    assert_eq!(scores, scorer.score(&edited, &Selection::all()).unwrap());
}

#[test]
fn letters_layout_and_unknown_bases_matter() {
    let expected = expected();
    let sequences = sequences(&expected);
    let score = |change: fn(&mut OnnxConfig)| {
        let mut config = OnnxConfig::new(OutputScale::Logit);
        change(&mut config);
        let scorer = OnnxScorer::load(data("tiny.onnx"), &config).unwrap();
        scorer.score(&sequences, &Selection::all()).unwrap()
    };
    let usual = score(|_| {});
    assert_eq!(score(|config| config.letters = "acgt".into()), usual);
    assert_ne!(score(|config| config.letters = "AGCT".into()).item(0), usual.item(0));
    let quarter = score(|config| config.unknown = 0.25);
    assert_eq!(quarter.item(0), usual.item(0));
    assert_ne!(quarter.item(5), usual.item(5));
}
