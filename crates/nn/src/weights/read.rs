//! Weight files by path, told apart by their first bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Tensor};

use super::{WeightFileError, Weights, pth, safetensors_file};

/// How HDF5 files start.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
/// What a folder's weights are called, the first that there is.
const IN_FOLDER: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// What a weight file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Safetensors.
    Safetensors,
    /// PyTorch's zip archive (`.pth`, `.pt`, `.bin`).
    Pth,
    /// PyTorch's format from before 2020, which is not read.
    LegacyPth,
    /// HDF5, as Keras writes it: see `read_keras`, behind the feature `hdf5`.
    Hdf5,
    /// A list of the files that hold the tensors (`….index.json`).
    Index,
}

/// What a file is, by its first bytes; an index by its name, which ends in `.json`.
///
/// # Errors
///
/// [`WeightFileError::Io`] if it cannot be read, [`WeightFileError::NotWeights`] if it is nothing that holds weights.
///
/// ```
/// use ciskit_nn::weights::{Format, format_of};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// std::fs::write(&path, ciskit_nn::weights::to_safetensors(&Default::default(), None)?)?;
/// assert_eq!(format_of(&path)?, Format::Safetensors);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn format_of(path: impl AsRef<Path>) -> Result<Format, WeightFileError> {
    let path = path.as_ref();
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(32).read_to_end(&mut start));
    read.map_err(|source| WeightFileError::Io { path: path.to_path_buf(), source })?;
    if path.extension().is_some_and(|extension| extension == "json") {
        Ok(Format::Index)
    } else if start.starts_with(b"PK\x03\x04") {
        Ok(Format::Pth)
    } else if start.starts_with(HDF5) {
        Ok(Format::Hdf5)
    } else if pth::is_legacy(&start) {
        Ok(Format::LegacyPth)
    } else if start.get(8) == Some(&b'{') {
        Ok(Format::Safetensors)
    } else {
        Err(WeightFileError::NotWeights { path: path.to_path_buf() })
    }
}

/// Reads the tensors of a file, each rounded to `dtype` if one is given (integers stay).
///
/// The file may be safetensors, PyTorch's zip archive (the state dict may be the whole file or lie under
/// `model_state_dict` or `state_dict`), the index of a model in several such files, or a folder that holds one of these
/// under its usual name (`model.safetensors`, `pytorch_model.bin`).
///
/// *Cost*: the tensors, and one tensor or storage of the file at a time.
///
/// # Errors
///
/// [`WeightFileError`], naming the file.
///
/// ```
/// use ciskit_nn::{DType, Device, Tensor, weights};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// let half = Tensor::new(&[1f32, 2.0], &Device::Cpu)?.to_dtype(DType::F16)?;
/// std::fs::write(&path, weights::to_safetensors(&[("bias".to_string(), half)].into(), None)?)?;
///
/// let weights = weights::read(folder.path(), Some(DType::F32))?;
/// assert_eq!(weights.tensors["bias"].to_vec1::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: impl AsRef<Path>, dtype: Option<DType>) -> Result<Weights, WeightFileError> {
    let path = path.as_ref();
    if path.is_dir() {
        let found = IN_FOLDER.iter().map(|name| path.join(name)).find(|path| path.is_file());
        let none = || WeightFileError::EmptyFolder { path: path.to_path_buf(), expected: &IN_FOLDER };
        return read(found.ok_or_else(none)?, dtype);
    }
    let io = |source| WeightFileError::Io { path: path.to_path_buf(), source };
    let unreadable =
        |format, problem| WeightFileError::Unreadable { path: path.to_path_buf(), format, problem };
    let format = format_of(path)?;
    let mut file = File::open(path).map_err(io)?;
    match format {
        Format::Safetensors => {
            let length = file.seek(SeekFrom::End(0)).map_err(io)?;
            file.rewind().map_err(io)?;
            safetensors_file::read(BufReader::new(file), length, dtype)
                .map_err(|problem| unreadable("safetensors", problem))
        }
        Format::Pth => match pth::read(BufReader::new(file), dtype) {
            Ok(tensors) if tensors.is_empty() => {
                Err(WeightFileError::NoStateDict { path: path.to_path_buf() })
            }
            Ok(tensors) => Ok(Weights { tensors, metadata: BTreeMap::new() }),
            Err(problem) => Err(unreadable(".pth", problem)),
        },
        Format::Index => read_parts(path, dtype),
        Format::LegacyPth => Err(WeightFileError::LegacyPth { path: path.to_path_buf() }),
        Format::Hdf5 => {
            Err(unreadable("named tensors", "it is HDF5, whose layers are listed, not named".to_owned()))
        }
    }
}

/// The tensors of all files that an index lists.
fn read_parts(path: &Path, dtype: Option<DType>) -> Result<Weights, WeightFileError> {
    let problem = |problem: String| WeightFileError::Unreadable {
        path: path.to_path_buf(),
        format: "an index of weight files",
        problem,
    };
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, PathBuf>,
    }
    let text =
        std::fs::read(path).map_err(|source| WeightFileError::Io { path: path.to_path_buf(), source })?;
    let index: Index = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
    let files: BTreeSet<&PathBuf> = index.weight_map.values().collect();
    let mut whole = Weights::default();
    for file in files {
        let plain = file.components().count() == 1 && file.file_name().is_some();
        let part = path.with_file_name(file);
        if !plain || format_of(&part).is_ok_and(|format| format == Format::Index) {
            return Err(problem(format!("{} is no weight file beside it", file.display())));
        }
        if !part.is_file() {
            let source = std::io::Error::from(ErrorKind::NotFound);
            return Err(WeightFileError::Io { path: part, source });
        }
        let part = read(&part, dtype)?;
        whole.tensors.extend(part.tensors);
        whole.metadata.extend(part.metadata);
    }
    let missing = index.weight_map.keys().find(|name| !whole.tensors.contains_key(*name));
    match missing {
        Some(name) => Err(problem(format!("{name} is not in the file that it names"))),
        None => Ok(whole),
    }
}

/// The tensors with a prefix taken off their names, if all names have it: what wrappers for several devices put there
/// (`module.`, `model.`).
///
/// ```
/// use ciskit_nn::{DType, Device, Tensor, weights::without_prefix};
///
/// let tensor = Tensor::zeros(1, DType::F32, &Device::Cpu)?;
/// let tensors = [("module.bias".to_string(), tensor)].into();
/// assert!(without_prefix(tensors, "module.").contains_key("bias"));
/// # Ok::<(), ciskit_nn::candle_core::Error>(())
/// ```
#[must_use]
pub fn without_prefix(tensors: BTreeMap<String, Tensor>, prefix: &str) -> BTreeMap<String, Tensor> {
    if !tensors.keys().all(|name| name.starts_with(prefix)) {
        return tensors;
    }
    tensors.into_iter().map(|(name, tensor)| (name[prefix.len()..].to_string(), tensor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::to_safetensors;
    use candle_core::Device;

    fn write(folder: &Path, name: &str, tensors: &[&str]) {
        let tensor = |name: &&str| (name.to_string(), Tensor::new(&[1f32, 2.0], &Device::Cpu).unwrap());
        let bytes = to_safetensors(&tensors.iter().map(tensor).collect(), None).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }

    #[test]
    fn a_model_in_parts_is_read_through_its_index() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "one.safetensors", &["a"]);
        write(folder.path(), "two.safetensors", &["b"]);
        let index = folder.path().join("model.safetensors.index.json");
        let list = |text: &str| std::fs::write(&index, text).unwrap();
        list(r#"{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}"#);
        let weights = read(folder.path(), None).unwrap();
        assert!(weights.tensors.keys().eq(["a", "b"]));

        let message = || read(folder.path(), None).unwrap_err().to_string();
        list(r#"{"weight_map": {"c": "one.safetensors"}}"#);
        assert!(message().ends_with("c is not in the file that it names"), "{}", message());
        list(r#"{"weight_map": {"a": "three.safetensors"}}"#);
        assert!(message().ends_with("three.safetensors"), "{}", message());
        list(r#"{"weight_map": {"a": "../one.safetensors"}}"#);
        assert!(message().ends_with("is no weight file beside it"), "{}", message());
        list(r#"{"weight_map": {"a": "model.safetensors.index.json"}}"#);
        assert!(message().ends_with("is no weight file beside it"), "{}", message());
        list("[");
        assert!(message().contains("cannot be read as an index of weight files"), "{}", message());
    }

    #[test]
    fn every_cut_of_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "model.safetensors", &["a", "b"]);
        let path = folder.path().join("model.safetensors");
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read(&path, None).is_err(), "{length}");
        }
        std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(read(&path, None).is_err());
        // A header that claims more than there is allocates nothing.
        std::fs::write(&path, [&u64::MAX.to_le_bytes()[..], b"{\"a\":"].concat()).unwrap();
        assert!(read(&path, None).is_err());
    }

    #[test]
    fn a_folder_without_weights_says_what_it_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let message = read(folder.path(), None).unwrap_err().to_string();
        assert!(message.contains("expected one of model.safetensors"), "{message}");
    }
}
