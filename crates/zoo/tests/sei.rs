//! Sei against the published implementation.

#![cfg(feature = "sei")]
#![allow(clippy::unwrap_used, reason = "a fixture that reads otherwise fails the test")]

mod fixture;

use ciskit_core::{Pooling, Selection, SequenceEmbedder, SequenceScorer, VariantScorer, VariantWindow};
use ciskit_nn::{DType, Device, Tensor};
use ciskit_zoo::sei::{Sei, SeiScorer, SequenceClasses, Strands, UnknownBase, spline_basis};
use ciskit_zoo::{LoadOptions, ZooError, load};
use fixture::{Fixture, assert_close, path, values};

const TOLERANCE: f64 = 5e-6;

fn tiny(file: &str) -> Result<Sei, ZooError> {
    Sei::open(&path(file), None, &Device::Cpu)
}

/// (B, 4, L) as (B, L, 4).
fn turned(tensor: &Tensor) -> Tensor {
    tensor.transpose(1, 2).unwrap().contiguous().unwrap()
}

/// Letters of the fixture's input, N where it holds quarters.
fn letters(fixture: &Fixture) -> Vec<Vec<u8>> {
    let input = turned(fixture.tensor("input")).to_vec3::<f32>().unwrap();
    let letter =
        |row: &Vec<f32>| row.iter().position(|&value| value == 1.0).map_or(b'N', |base| b"ACGT"[base]);
    input.iter().map(|sequence| sequence.iter().map(letter).collect()).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn outputs_and_activations_are_those_of_the_reference() {
    let fixture = Fixture::read("sei_tiny");
    let x = turned(fixture.tensor("input"));
    for file in ["sei_tiny.pth", "sei_tiny.safetensors"] {
        let folder = tempfile::tempdir().unwrap();
        let model = if file.ends_with(".pth") {
            tiny(file).unwrap()
        } else {
            let file = folder.path().join(file);
            fixture.write(&file, |_, tensor| Some(tensor.clone()));
            Sei::open(&file, None, &Device::Cpu).unwrap()
        };
        let mut seen = 0;
        let features = model
            .features_watched(&x, |name, found| {
                for suffix in ["", "_head64"] {
                    let name = format!("act.{name}{suffix}");
                    if let Some(expected) = fixture.tensors.get(&format!("fixture.{name}")) {
                        let length = expected.dims()[2];
                        assert_close(
                            &found.narrow(1, 0, length).unwrap(),
                            &turned(expected),
                            TOLERANCE,
                            &name,
                        );
                        seen += 1;
                    }
                }
            })
            .unwrap();
        let splines = model.splines(&features).unwrap();
        assert_close(&splines, fixture.tensor("act.spline_out"), TOLERANCE, "spline_out");
        assert_eq!(seen + 1, fixture.tensors.keys().filter(|name| name.starts_with("fixture.act.")).count());
        assert_close(&model.logits(&x).unwrap(), fixture.tensor("logits"), TOLERANCE, "logits");
        assert_close(&model.forward(&x).unwrap(), fixture.tensor("output"), 1.4e-6, "output");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn spline_bases_of_all_sizes_are_those_of_the_reference() {
    let fixture = Fixture::read("sei_tiny");
    for (name, positions, functions) in [
        ("spline_basis", 256, 16),
        ("spline_basis_n64_df8", 64, 8),
        ("spline_basis_n100_df10", 100, 10),
        ("spline_basis_n33_df5", 33, 5),
    ] {
        let basis =
            Tensor::from_vec(spline_basis(positions, functions), (positions, functions), &Device::Cpu);
        assert_close(&basis.unwrap(), fixture.tensor(name), 1e-7, name);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn letters_and_strands_go_to_the_published_scores() {
    let fixture = Fixture::read("sei_tiny");
    let sequences = letters(&fixture);
    assert!(sequences[0].contains(&b'N'));
    let forward: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let backward: Vec<Vec<u8>> = sequences
        .iter()
        .map(|sequence| sequence.iter().rev().map(|&base| ciskit_encode::complement(base)).collect())
        .collect();
    let backward: Vec<&[u8]> = backward.iter().map(Vec::as_slice).collect();
    let score = |strands: &str, sequences: &[&[u8]]| {
        let options = LoadOptions::new(path("sei_tiny.pth")).with_choice("strands", strands);
        let model = load("sei", &options).unwrap();
        let scores = model.sequence_scorer().unwrap().score(sequences, &Selection::all()).unwrap();
        Tensor::from_slice(scores.values(), (2, 21), &Device::Cpu).unwrap()
    };
    let reversed = "output_reverse_complement_input";
    assert_close(&score("forward", &forward), fixture.tensor("output"), 1.4e-6, "output");
    assert_close(&score("forward", &backward), fixture.tensor(reversed), 1.4e-6, reversed);
    assert_close(&score("mean", &forward), fixture.tensor("output_strand_mean"), 1.4e-6, "mean");
    assert_close(
        &score("mean", &backward),
        fixture.tensor("output_strand_mean"),
        1.4e-6,
        "mean of the other",
    );
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn sequence_classes_are_those_of_the_reference() {
    let fixture = Fixture::read("sei_sequence_class_tiny");
    let rows = |name: &str| fixture.tensor(name).to_dtype(DType::F64).unwrap().to_vec2::<f64>().unwrap();
    let narrow = |name: &str| fixture.tensor(name).to_vec2::<f32>().unwrap();
    let histones = fixture.tensor("input.histone_indices").to_vec1::<i64>().unwrap();
    let histones: Vec<usize> = histones.into_iter().map(|index| index as usize).collect();
    let classes = SequenceClasses::new(rows("input.projection"), histones).unwrap();
    assert_eq!((classes.classes(), classes.profiles()), (40, 60));
    let (expected, largest) = (rows("output.class_effect"), values(fixture.tensor("output.max_abs")));
    for (item, (reference, alternative)) in narrow("input.ref").iter().zip(narrow("input.alt")).enumerate() {
        let effects = classes.effects(reference, &alternative);
        for (class, (found, expected)) in effects.iter().zip(&expected[item]).enumerate() {
            assert!((found - expected).abs() <= 1e-6, "{item} {class}: {found}, not {expected}");
        }
        let found = effects.iter().fold(0f64, |most, effect| most.max(effect.abs()));
        assert!((found - largest[item]).abs() <= 1e-6);
    }
}

/// A `.npy` file of format 1.
fn npy(descr: &str, shape: &str, values: Vec<u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let start = [b"\x93NUMPY\x01\x00".to_vec(), (header.len() as u16).to_le_bytes().to_vec()];
    [start.concat(), header.into_bytes(), values].concat()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_published_files_make_a_scorer_of_variants() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let projection: Vec<f32> = (0..3 * 21).map(|index| ((index * index) as f32).sin()).collect();
    let bytes = projection.iter().flat_map(|value| value.to_le_bytes()).collect();
    let projection_file = write("projvec_targets.npy", npy("<f4", "(3, 21)", bytes));
    let bytes = [2i64, 5].iter().flat_map(|value| value.to_le_bytes()).collect();
    let histones = write("histone_inds.npy", npy("<i8", "(2,)", bytes));
    let names: String = (0..21).map(|index| format!("cell | assay {index}\n")).collect();
    let names = write("target.names", names.into_bytes());
    let options = LoadOptions::new(path("sei_tiny.pth"))
        .with_file("projection", &projection_file)
        .with_file("target-names", &names);
    assert!(
        load("sei", &options)
            .unwrap_err()
            .to_string()
            .ends_with("need both files, projection and histone-indices")
    );
    let model = load("sei", &options.with_file("histone-indices", &histones)).unwrap();

    let mut sequences = letters(&Fixture::read("sei_tiny"));
    let reference = sequences.remove(1);
    let scorer = model.variant_scorer().unwrap();
    let anchor = scorer.spec().input.anchor(4096);
    assert_eq!(anchor, 2047);
    let mut alternative = reference.clone();
    alternative[anchor] = if reference[anchor] == b'A' { b'C' } else { b'A' };
    let window = VariantWindow::new(&reference, anchor..anchor + 1, &alternative, anchor..anchor + 1);
    let scores =
        scorer.score_variants(&[window.clone(), window], &Selection::all().with_outputs(vec![2, 0])).unwrap();
    assert_eq!(scores.reference.shape(), [2, 1, 2]);

    let profiles = model.sequence_scorer().unwrap();
    assert_eq!(profiles.spec().outputs[20].name, "cell | assay 20");
    let both = profiles.score(&[&reference, &alternative], &Selection::all()).unwrap();
    let wide = projection.chunks(21).map(|row| row.iter().map(|&value| value.into()).collect()).collect();
    let classes = SequenceClasses::new(wide, vec![2, 5]).unwrap();
    let effects = classes.effects(both.item(0), both.item(1));
    for item in 0..2 {
        let found = scores.alternative.get(item, 0, 0) - scores.reference.get(item, 0, 0);
        assert!((f64::from(found) - effects[2]).abs() < 1e-6);
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn neither_batch_nor_neighbours_nor_threads_change_a_score() {
    let sequences = letters(&Fixture::read("sei_tiny"));
    let (a, b) = (sequences[0].as_slice(), sequences[1].as_slice());
    let model = std::sync::Arc::new(tiny("sei_tiny.pth").unwrap());
    let score = |batch: usize, sequences: &[&[u8]]| {
        let scorer = SeiScorer::new(model.clone(), Device::Cpu, None).unwrap().with_batch(batch);
        scorer.score(sequences, &Selection::all()).unwrap()
    };
    let both = score(2, &[a, b]);
    assert_eq!(score(1, &[a, b]), both);
    assert_eq!(score(3, &[b, b, a]).item(2), both.item(0));
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| score(2, &[a, b])), both);
    }
    // Zero rows are another input than quarters, where there is an N.
    let zero = SeiScorer::new(model.clone(), Device::Cpu, None).unwrap().with_unknown(UnknownBase::Zero);
    let zero = zero.score(&[a, b], &Selection::all()).unwrap();
    assert!(zero.item(0) != both.item(0) && zero.item(1) == both.item(1));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn embeddings_are_what_splines_sum() {
    let fixture = Fixture::read("sei_tiny");
    let sequences = letters(&fixture);
    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
    let model = std::sync::Arc::new(tiny("sei_tiny.pth").unwrap());
    let embedder = SeiScorer::new(model.clone(), Device::Cpu, None)
        .unwrap()
        .with_strands(Strands::Forward)
        .with_batch(1);
    let embeddings = embedder.embed(&sequences, Pooling::Positions).unwrap();
    assert_eq!((embedder.width(), embeddings[1].positions()[255].clone()), (12, 4080..4096));
    let found: Vec<f32> = embeddings.iter().flat_map(|embedding| embedding.values().to_vec()).collect();
    let found = Tensor::from_vec(found, (2, 256, 12), &Device::Cpu).unwrap();
    let splines = model.splines(&found).unwrap();
    assert_close(&splines, fixture.tensor("act.spline_out"), TOLERANCE, "spline_out");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_wrong_file_says_what_is_wrong() {
    let fixture = Fixture::read("sei_tiny");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sei.safetensors");
    let message = || {
        let error = Sei::open(&file, None, &Device::Cpu).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    };
    fixture.write(&file, |name, tensor| (!name.ends_with("dconv3.1.weight")).then(|| tensor.clone()));
    assert!(message().ends_with("weights do not fit the model: missing dconv3.1.weight"), "{}", message());
    fixture.write(&file, |name, tensor| {
        Some(if name.ends_with("conv2.3.bias") { tensor.narrow(0, 0, 4).unwrap() } else { tensor.clone() })
    });
    assert!(message().ends_with("conv2.3.bias has shape [4], expected [10]"), "{}", message());
    for dtype in [DType::F16, DType::BF16] {
        fixture.write(&file, |_, tensor| Some(tensor.to_dtype(dtype).unwrap()));
        let model = Sei::open(&file, None, &Device::Cpu).unwrap();
        let output = model.forward(&turned(fixture.tensor("input"))).unwrap();
        assert_close(&output, fixture.tensor("output"), 0.05, dtype.as_str());
    }
    let whole = std::fs::read(path("sei_tiny.pth")).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(message().contains("sei.safetensors"), "{}", message());

    let legacy = tiny("sei_tiny_legacy.pth").unwrap_err().to_string();
    assert!(legacy.contains("has the .pth format from before 2020; convert it with: python -c"), "{legacy}");
}
