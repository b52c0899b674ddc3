//! Weights come from safetensors and `.pth` files by their published names, or are refused in one clear sentence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ciskit_models::epipam::Config;
use ciskit_models::{Model, ModelConfig, ModelError, WeightFile, save, to_safetensors};
use ciskit_nn::weights;
use ciskit_nn::{DType, Device, NnError, PairModel, Parameters, Tensor};
use pth::{Pickle, archive};
use tempfile::TempDir;

fn config() -> ModelConfig {
    ModelConfig::Epipam(Config { channels: 8, hidden: 4, ..Config::chiapet() })
}

fn parameters() -> Parameters {
    let config = config();
    let load = |vb| Model::load(vb, &config);
    Parameters::initialise::<_, NnError>(9, DType::F32, &Device::Cpu, load).unwrap().0
}

fn tensors() -> BTreeMap<String, Tensor> {
    parameters().snapshot().unwrap()
}

/// The bytes as a file of that name.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn load(path: &Path) -> Result<Parameters, ModelError> {
    Ok(WeightFile::read(path)?.load(Some(&config()), DType::F32, &Device::Cpu)?.0)
}

/// The error and its causes, as a program prints them.
fn refused(path: &Path) -> String {
    let error = load(path).unwrap_err();
    let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    text.replace(path.parent().unwrap().to_str().unwrap(), "DIR")
}

fn assert_same(found: &Parameters, expected: &Parameters) {
    assert_eq!(found.to_safetensors(None).unwrap(), expected.to_safetensors(None).unwrap());
}

#[test]
fn a_saved_file_needs_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&path, &parameters(), &config()).unwrap();
    let read = WeightFile::read(&path).unwrap();
    assert_eq!(read.config(), Some(&config()));
    let (found, _) = read.load(None, DType::F32, &Device::Cpu).unwrap();
    assert_same(&found, &parameters());
    assert_eq!(std::fs::read(&path).unwrap(), to_safetensors(&found, &config()).unwrap());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing but the file is left");
}

#[test]
fn a_file_without_configuration_asks_for_one() {
    let (_folder, path) = file("w.safetensors", &parameters().to_safetensors(None).unwrap());
    assert_same(&load(&path).unwrap(), &parameters());
    let error = WeightFile::read(&path).unwrap().load(None, DType::F32, &Device::Cpu).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("w.safetensors does not say of which model it is: give its configuration")
    );
}

#[test]
fn a_configuration_from_the_future_is_refused() {
    let bytes = parameters().to_safetensors(Some(("config", "format = 2\nmodel = 'epipam'"))).unwrap();
    let (_folder, path) = file("w.safetensors", &bytes);
    assert_eq!(
        refused(&path),
        "the configuration inside DIR/w.safetensors cannot be used: \
         the model configuration has format 2, and this version reads format 1 only"
    );
}

#[test]
fn pth_files_load_whether_plain_nested_or_wrapped() {
    for (prefix, nesting) in [
        ("", None),
        ("module.", None),
        ("", Some("model_state_dict")),
        ("module.", Some("model_state_dict")),
        ("", Some("state_dict")),
    ] {
        let mut pickle = Pickle::new();
        for (name, tensor) in tensors() {
            pickle.tensor(&format!("{prefix}{name}"), &tensor);
        }
        for head in ["merge_bn1", "merge_bn2"] {
            let steps = Tensor::new(42i64, &Device::Cpu).unwrap();
            pickle.tensor(&format!("{prefix}{head}.num_batches_tracked"), &steps);
        }
        let (_folder, path) = file("best.pth", &pickle.finish(nesting));
        assert_same(&load(&path).unwrap(), &parameters());
    }
}

#[test]
fn numbers_of_any_width_are_rounded_to_the_one_asked_for() {
    for dtype in [DType::F16, DType::BF16, DType::F64] {
        let tensors: BTreeMap<String, Tensor> =
            tensors().into_iter().map(|(name, tensor)| (name, tensor.to_dtype(dtype).unwrap())).collect();
        let mut pickle = Pickle::new();
        for (name, tensor) in &tensors {
            pickle.tensor(name, tensor);
        }
        let (_folder, pth) = file("w.pth", &pickle.finish(None));
        let (_folder, safetensors) = file("w.safetensors", &weights::to_safetensors(&tensors, None).unwrap());
        for path in [pth, safetensors] {
            let found = load(&path).unwrap().snapshot().unwrap();
            for (name, tensor) in &tensors {
                assert_eq!(found[name].dtype(), DType::F32);
                let flat = |tensor: &Tensor| tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap();
                assert_eq!(
                    flat(&found[name]).to_vec1::<f32>().unwrap(),
                    flat(tensor).to_vec1::<f32>().unwrap()
                );
            }
        }
    }
}

#[test]
fn tensors_that_share_a_storage_start_at_their_offset() {
    let mut pickle = Pickle::new();
    pickle.storage(&[0f32, 1.0, 2.0, 3.0, 4.0, 5.0]);
    pickle.view("first", 0, &[2], &[1]);
    pickle.view("second", 2, &[2, 2], &[2, 1]);
    let (_folder, path) = file("shared.pth", &pickle.finish(None));
    let read = WeightFile::read(&path).unwrap();
    assert_eq!(read.tensors()["first"].to_vec1::<f32>().unwrap(), [0.0, 1.0]);
    assert_eq!(read.tensors()["second"].to_vec2::<f32>().unwrap(), [[2.0, 3.0], [4.0, 5.0]]);
}

#[test]
fn tensors_that_cannot_be_read_are_named() {
    let one = |view: &dyn Fn(&mut Pickle)| {
        let mut pickle = Pickle::new();
        pickle.storage(&[0f32; 6]);
        view(&mut pickle);
        let (_folder, path) = file("w.pth", &pickle.finish(None));
        refused(&path)
    };
    let start = "DIR/w.pth cannot be read as .pth: parameter a ";
    assert_eq!(
        one(&|pickle| pickle.view("a", 0, &[2, 3], &[1, 2])),
        format!("{start}is not stored contiguously: save it after .contiguous()")
    );
    assert_eq!(
        one(&|pickle| pickle.view("a", 1, &[2, 3], &[3, 1])),
        format!("{start}has more elements than numbers")
    );
    assert_eq!(
        one(&|pickle| pickle.typed_view("a", "ComplexFloatStorage", 0, &[6], &[1])),
        format!("{start}has numbers of type ComplexFloatStorage, which are not read")
    );
}

#[test]
fn files_of_another_kind_are_refused_in_one_sentence() {
    let refused = |name, bytes: &[u8]| {
        let (_folder, path) = file(name, bytes);
        refused(&path)
    };
    for bytes in [b"".as_slice(), b"some text that is long enough", &[0x80, 0x02, b'}', b'.']] {
        assert_eq!(
            refused("x.pth", bytes),
            "DIR/x.pth is not a weight file: neither safetensors nor a PyTorch .pth nor a Keras .h5 file"
        );
    }
    let whole_module = archive(b"\x80\x02c__main__\nNet\n)R.", &[]);
    assert_eq!(
        refused("x.pth", &whole_module),
        "DIR/x.pth holds no tensors by name: save the model's state_dict() instead of the model"
    );
    assert_eq!(
        refused("x.pth", &archive(b"\x80\x04\x95.", &[])),
        "DIR/x.pth cannot be read as .pth: its pickle has protocol 4: save it with torch.save(…, pickle_protocol=2)"
    );
    assert_eq!(
        refused("x.pth", &archive(b"\x80\x02\x95.", &[])),
        "DIR/x.pth cannot be read as .pth: its pickle is not understood (unknown op-code 149)"
    );
    let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    assert_eq!(
        refused("best.pth", legacy),
        "DIR/best.pth has the .pth format from before 2020; convert it with: python -c \"import torch; \
         torch.save(torch.load('DIR/best.pth', map_location='cpu'), 'DIR/best.new.pth')\" (if torch refuses with a \
         word on weights_only, and only for a file from someone you trust, add weights_only=False to torch.load)"
    );
    let missing = Path::new("no/such/folder/w.pth");
    assert!(
        load(missing).unwrap_err().to_string().starts_with("cannot read weight file no/such/folder/w.pth")
    );
}

#[test]
fn files_cut_short_anywhere_are_refused_with_their_path() {
    let mut pickle = Pickle::new();
    for (name, tensor) in tensors() {
        pickle.tensor(&name, &tensor);
    }
    let (pth, safetensors) = (pickle.finish(None), to_safetensors(&parameters(), &config()).unwrap());
    for (name, whole) in [("w.pth", pth), ("w.safetensors", safetensors)] {
        for length in [1, 7, 9, 200, whole.len() / 2, whole.len() - 1] {
            let (_folder, path) = file(name, &whole[..length]);
            let message = refused(&path);
            let damaged = message.starts_with(&format!("DIR/{name} cannot be read as "))
                && message.contains("damaged or cut short (");
            // Too short to tell what it was.
            let unknown = message
                == format!(
                    "DIR/{name} is not a weight file: neither safetensors nor a PyTorch .pth nor a Keras .h5 file"
                );
            assert!(if length < 9 { unknown || damaged } else { damaged }, "{length} bytes: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }
}

#[test]
fn every_parameter_that_does_not_fit_is_in_one_error() {
    let mut tensors = tensors();
    tensors.remove("linear2.bias");
    tensors.remove("promoter_conv3.weight");
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    tensors.insert("enhancer_conv2.weight".to_string(), zeros(&[8, 8, 11]));
    tensors.insert("embed_layer_en.weight".to_string(), zeros(&[4097, 100]));
    let (_folder, path) = file("w.safetensors", &weights::to_safetensors(&tensors, None).unwrap());
    assert_eq!(
        refused(&path),
        "DIR/w.safetensors does not fit model epipam: weights do not fit the model: missing promoter_conv3.weight, \
         linear2.bias; unexpected embed_layer_en.weight; \
         enhancer_conv2.weight has shape [8, 8, 11], expected [8, 8, 13]"
    );
}
