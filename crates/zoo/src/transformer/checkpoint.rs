//! Published files: configuration, weights, tokenizer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ciskit_nn::{DType, Device, NnError, Tensor, VarBuilder, frozen, weights};
use serde::de::DeserializeOwned;

use crate::ZooError;

/// A file that is published with a weight file: in the folder itself, or beside the file.
pub(crate) fn beside(weights: &Path, name: &str) -> PathBuf {
    if weights.is_dir() { weights.join(name) } else { weights.with_file_name(name) }
}

/// The `config.json` that is published with a weight file.
pub(crate) fn config_beside<C: DeserializeOwned>(weights: &Path) -> Result<C, ZooError> {
    read_config(&beside(weights, "config.json"))
}

/// A configuration in JSON; keys that are not known are passed over.
pub(crate) fn read_config<C: DeserializeOwned>(path: &Path) -> Result<C, ZooError> {
    let config = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
    let text = std::fs::read(path).map_err(|error| config(format!("cannot be read ({error})")))?;
    serde_json::from_slice(&text).map_err(|error| config(format!("cannot be understood ({error})")))
}

/// The tensors of a weight file, in `f32`.
pub(crate) struct Checkpoint {
    path: PathBuf,
    pub(crate) tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// Reads them; a `module.` before all names, which training on several devices leaves, is dropped.
    pub(crate) fn read(path: &Path) -> Result<Self, ZooError> {
        let tensors = weights::read(path, Some(DType::F32))?.tensors;
        Ok(Self { path: path.to_path_buf(), tensors: weights::without_prefix(tensors, "module.") })
    }

    /// Builds a model on the tensors.
    pub(crate) fn build<M>(
        self,
        model: &str,
        device: &Device,
        ignored: impl Fn(&str) -> bool,
        build: impl FnOnce(VarBuilder<'static>) -> Result<M, NnError>,
    ) -> Result<M, ZooError> {
        let Self { path, tensors } = self;
        let built = frozen(tensors, DType::F32, device, ignored, build);
        built.map_err(|source| ZooError::Misfit { path, model: model.to_string().into(), source })
    }

    /// The error of weights that do not fit.
    pub(crate) fn misfit(&self, model: &str, source: NnError) -> ZooError {
        ZooError::Misfit { path: self.path.clone(), model: model.to_string().into(), source }
    }
}
