//! A state of training as one file: tensors in named parts, and a header with a format.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::{Device, Tensor, weights};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// A kind of file: safetensors whose tensors are called `part/name`, with everything else as JSON in the metadata.
pub(crate) struct Container {
    /// Key of the metadata.
    pub(crate) key: &'static str,
    /// Version of the format that this build writes, and the newest that it reads. The header has it as `format`.
    pub(crate) format: u32,
    /// What a file that cannot be used is called.
    pub(crate) unusable: fn(&Path, String) -> TrainError,
}

/// Tensors by their names.
pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// What every version of a header has.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Container {
    /// Writes a file; a process that is killed meanwhile leaves the former one untouched.
    pub(crate) fn write<const N: usize>(
        &self,
        path: &Path,
        header: &impl Serialize,
        parts: [(&str, &Tensors); N],
    ) -> Result<(), TrainError> {
        let tensors = parts.into_iter().flat_map(|(part, tensors)| {
            tensors.iter().map(move |(name, tensor)| (format!("{part}/{name}"), tensor.clone()))
        });
        let header = serde_json::to_string(header)
            .map_err(|error| TrainError::Write { path: path.into(), source: error.into() })?;
        let bytes = weights::to_safetensors(&tensors.collect(), Some((self.key, &header)))?;
        ciskit_file::write(path, &bytes).map_err(|source| TrainError::Write { path: path.into(), source })
    }

    /// Reads a file: its header, and the tensors of each part.
    pub(crate) fn read<H: DeserializeOwned, const N: usize>(
        &self,
        path: &Path,
        names: [&str; N],
        device: &Device,
    ) -> Result<(H, [Tensors; N]), TrainError> {
        let bytes = std::fs::read(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
        let unusable = |why: String| (self.unusable)(path, why);
        let file = weights::from_safetensors(&bytes, device)
            .map_err(|_| unusable("it is cut off, damaged or no safetensors file".to_owned()))?;
        let header = file.metadata.get(self.key);
        let header = header.ok_or_else(|| unusable(format!("its metadata have no {}", self.key)))?;
        let bad = |error: serde_json::Error| unusable(format!("its metadata are damaged ({error})"));
        let Version { format } = serde_json::from_str(header).map_err(bad)?;
        if format > self.format {
            let newest = self.format;
            let why = format!("it has format {format}, and this version reads up to format {newest}");
            return Err(unusable(why));
        }
        let header = serde_json::from_str(header).map_err(bad)?;
        let mut parts = names.map(|_| Tensors::new());
        for (name, tensor) in file.tensors {
            let place = name.split_once('/').and_then(|(part, name)| {
                let part = names.iter().position(|known| *known == part)?;
                Some((part, name.to_owned()))
            });
            let (part, name) = place.ok_or_else(|| unusable(format!("it has a stray tensor {name:?}")))?;
            parts[part].insert(name, tensor);
        }
        Ok((header, parts))
    }
}
