//! PyTorch's `.pth`, `.pt` and `.bin` files: a zip archive of a pickle, which describes tensors, and of their numbers.
//!
//! The pickle is interpreted as data (candle's reader builds a tree of it); nothing in it is run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{Read, Seek};
use std::sync::Arc;

use candle_core::pickle::{Object, Stack};
use candle_core::{DType, Tensor};
use zip::ZipArchive;

/// Why a file cannot be read.
type Problem = String;

/// Where a training script puts the state dict beside other things.
const NESTINGS: [&str; 2] = ["model_state_dict", "state_dict"];
/// The number that the format from before 2020 starts with, as its pickle writes it.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Whether a file that starts like this has the format from before 2020: pickles one after another, no archive.
pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(32)];
    start.first() == Some(&0x80) && start.windows(LEGACY_MAGIC.len()).any(|window| window == LEGACY_MAGIC)
}

/// The tensors of a state dict by name, each rounded to `dtype` if one is given; none if the file holds no state dict.
///
/// *Cost*: the tensors, and one storage at a time.
pub(super) fn read(
    file: impl Read + Seek,
    dtype: Option<DType>,
) -> Result<BTreeMap<String, Tensor>, Problem> {
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let pickle = archive.file_names().flatten().find(|name| name.ends_with("data.pkl")).map(Cow::into_owned);
    let pickle = pickle.ok_or("the archive holds no data.pkl")?;
    let folder = pickle.trim_end_matches("data.pkl");

    // By storage, so that one that several tensors share is read once.
    let mut stored: BTreeMap<String, Vec<(Arc<str>, Stored)>> = BTreeMap::new();
    for (name, object) in state_dict(unpickle(&entry(&mut archive, &pickle)?)?) {
        if let (Object::Unicode(name), Some(arguments)) = (name, rebuild_arguments(&object)) {
            let parameter =
                Stored::new(arguments).map_err(|problem| format!("parameter {name} {problem}"))?;
            stored.entry(parameter.storage.clone()).or_default().push((name.into(), parameter));
        }
    }
    let mut tensors = BTreeMap::new();
    for (storage, parameters) in stored {
        let numbers = entry(&mut archive, &format!("{folder}data/{storage}"));
        for (name, parameter) in parameters {
            let tensor =
                numbers.as_deref().map_err(Clone::clone).and_then(|bytes| parameter.tensor(bytes, dtype));
            tensors
                .insert(name.to_string(), tensor.map_err(|problem| format!("parameter {name} {problem}"))?);
        }
    }
    Ok(tensors)
}

fn unpickle(pickle: &[u8]) -> Result<Object, Problem> {
    if let &[0x80, protocol @ 4..=u8::MAX, ..] = pickle {
        return Err(format!(
            "its pickle has protocol {protocol}: save it with torch.save(…, pickle_protocol=2)"
        ));
    }
    let mut stack = Stack::empty();
    let object = stack.read_loop(&mut &*pickle).and_then(|()| stack.finalize());
    object.map_err(|error| format!("its pickle is not understood ({})", super::first_line(error)))
}

/// The entries of a state dict, wherever it is in the file.
fn state_dict(object: Object) -> Vec<(Object, Object)> {
    let Object::Dict(entries) = object else { return Vec::new() };
    if entries.iter().any(|(_, value)| rebuild_arguments(value).is_some()) {
        return entries;
    }
    let nested =
        |(key, _): &(Object, Object)| matches!(key, Object::Unicode(key) if NESTINGS.contains(&&**key));
    entries.into_iter().find(nested).map(|(_, value)| state_dict(value)).unwrap_or_default()
}

/// What a tensor is rebuilt from, if the object is one.
fn rebuild_arguments(object: &Object) -> Option<&[Object]> {
    let Object::Reduce { callable, args } = object else { return None };
    let (Object::Class { class_name, .. }, Object::Tuple(args)) = (&**callable, &**args) else { return None };
    match class_name.as_str() {
        "_rebuild_tensor_v2" => Some(args),
        "_rebuild_parameter" => rebuild_arguments(args.first()?),
        _ => None,
    }
}

/// A tensor as the pickle describes it.
struct Stored {
    /// Name of its storage in the archive.
    storage: String,
    dtype: DType,
    /// Elements of the storage before its first.
    offset: usize,
    shape: Vec<usize>,
}

impl Stored {
    /// From the arguments (storage, offset, shape, strides, …).
    fn new(arguments: &[Object]) -> Result<Self, Problem> {
        let unknown = "has an unknown description";
        let [Object::PersistentLoad(storage), offset, Object::Tuple(shape), Object::Tuple(strides), ..] =
            arguments
        else {
            return Err(unknown.into());
        };
        let Object::Tuple(storage) = &**storage else { return Err(unknown.into()) };
        let [_, Object::Class { class_name, .. }, Object::Unicode(name), ..] = storage.as_slice() else {
            return Err(unknown.into());
        };
        let dtype = match class_name.as_str() {
            "FloatStorage" => DType::F32,
            "DoubleStorage" => DType::F64,
            "HalfStorage" => DType::F16,
            "BFloat16Storage" => DType::BF16,
            "LongStorage" => DType::I64,
            other => return Err(format!("has numbers of type {other}, which are not read")),
        };
        let sizes = |objects: &[Object]| objects.iter().map(size).collect::<Option<Vec<_>>>().ok_or(unknown);
        let (shape, strides) = (sizes(shape)?, sizes(strides)?);
        if !is_contiguous(&shape, &strides) {
            return Err("is not stored contiguously: save it after .contiguous()".into());
        }
        Ok(Self { storage: name.clone(), dtype, offset: size(offset).ok_or(unknown)?, shape })
    }

    /// Its numbers out of those of its storage.
    fn tensor(&self, numbers: &[u8], dtype: Option<DType>) -> Result<Tensor, Problem> {
        let size = self.dtype.size_in_bytes();
        let count = self.shape.iter().try_fold(1usize, |count, &length| count.checked_mul(length));
        let range = count.and_then(|count| {
            let start = self.offset.checked_mul(size)?;
            Some(start..start.checked_add(count.checked_mul(size)?)?)
        });
        let numbers = range.and_then(|range| numbers.get(range)).ok_or("has more elements than numbers")?;
        super::tensor(numbers, self.dtype, &self.shape, dtype)
    }
}

fn size(object: &Object) -> Option<usize> {
    match object {
        Object::Int(size) => usize::try_from(*size).ok(),
        Object::Long(size) => usize::try_from(*size).ok(),
        _ => None,
    }
}

/// Whether the strides are those of the last axis varying fastest; an axis of length 1 may have any.
fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1usize;
    shape.len() == strides.len()
        && shape.iter().zip(strides).rev().all(|(&length, &stride)| {
            let fits = length == 1 || stride == expected;
            expected = expected.saturating_mul(length);
            fits
        })
}

fn entry(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut file = archive.by_name(name).map_err(damaged)?;
    file.read_to_end(&mut bytes).map_err(damaged)?;
    Ok(bytes)
}

fn damaged(error: impl Display) -> Problem {
    format!("the archive is damaged or cut short ({error})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_means_the_last_axis_varies_fastest() {
        assert!(is_contiguous(&[2, 3, 4], &[12, 4, 1]));
        assert!(is_contiguous(&[2, 1, 4], &[4, 77, 1]));
        assert!(is_contiguous(&[], &[]));
        assert!(!is_contiguous(&[3, 2], &[1, 3]));
        assert!(!is_contiguous(&[3, 2], &[1]));
    }

    #[test]
    fn the_old_format_is_told_by_its_number() {
        let old = [&[0x80, 0x02, 0x8a, 0x0a], LEGACY_MAGIC.as_slice(), b"."].concat();
        assert!(is_legacy(&old));
        assert!(!is_legacy(&old[..12]));
        // A safetensors header of 640 bytes starts with the same two.
        assert!(!is_legacy(b"\x80\x02\0\0\0\0\0\0{\"__metadata__\":"));
        assert!(!is_legacy(b""));
    }
}
