//! Weight files and whole models that Keras 2 wrote, `.h5`.
//!
//! Layers and their arrays are listed in attributes (`layer_names`, `weight_names`), and taken in that order; their names
//! may hold counters of Keras, which mean nothing.

use std::path::Path;

use candle_core::{Device, Tensor};
use hdf5_reader::Hdf5File;
use hdf5_reader::error::Error;
use hdf5_reader::group::Group;

use super::WeightFileError;

/// The content of a Keras file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KerasWeights {
    /// The architecture as JSON, as a file of a whole model holds it; `None` in a file of weights alone.
    pub model_config: Option<String>,
    /// The layers that have arrays, in the order of the file.
    pub layers: Vec<KerasLayer>,
}

/// A layer and its arrays in Keras' layout: a convolution's kernel is (width, in, out), a dense one (in, out).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KerasLayer {
    /// The layer's name.
    pub name: String,
    /// The arrays in the order of the file: the last part of the name without its number (`kernel`), and the values.
    pub arrays: Vec<(String, Tensor)>,
    /// The whole name of each array, as the file has it (`multihead_attention/q_layer/kernel:0`).
    pub paths: Vec<String>,
}

/// Reads a file.
///
/// # Errors
///
/// [`WeightFileError::Io`] if it cannot be opened, [`WeightFileError::Unreadable`] if it is damaged or not of Keras.
pub fn read_keras(path: impl AsRef<Path>) -> Result<KerasWeights, WeightFileError> {
    let path = path.as_ref();
    std::fs::File::open(path).map_err(|source| WeightFileError::Io { path: path.to_path_buf(), source })?;
    Hdf5File::open(path).and_then(|file| content(&file)).map_err(|error| WeightFileError::Unreadable {
        path: path.to_path_buf(),
        format: "HDF5",
        problem: format!("the file is damaged or not of Keras ({error})"),
    })
}

fn content(file: &Hdf5File) -> Result<KerasWeights, Error> {
    let root = file.root_group()?;
    let model_config = root.attribute("model_config").and_then(|config| config.read_string()).ok();
    // A whole model has its weights a level below.
    let weights = match root.attribute("layer_names") {
        Ok(_) => root,
        Err(_) => root.group("model_weights")?,
    };
    let mut layers = Vec::new();
    collect(&weights, &mut layers)?;
    Ok(KerasWeights { model_config, layers })
}

/// The layers of a group; one that was saved from several devices has them a model deeper.
fn collect(group: &Group, layers: &mut Vec<KerasLayer>) -> Result<(), Error> {
    for name in strings(group, "layer_names")? {
        let layer = group.group(&name)?;
        if layer.attribute("weight_names").is_err() && layer.attribute("layer_names").is_ok() {
            collect(&layer, layers)?;
            continue;
        }
        let paths = strings(&layer, "weight_names")?;
        let arrays = paths.iter().map(|path| {
            let last = path.rsplit('/').next().unwrap_or(path);
            let last = last.split(':').next().unwrap_or(last).to_owned();
            Ok((last, array(&layer, path)?))
        });
        let arrays = arrays.collect::<Result<Vec<_>, Error>>()?;
        if !arrays.is_empty() {
            layers.push(KerasLayer { name, arrays, paths });
        }
    }
    Ok(())
}

/// A list of names; an empty one has any type.
fn strings(group: &Group, name: &str) -> Result<Vec<String>, Error> {
    let attribute = group.attribute(name)?;
    if attribute.num_elements()? == 0 { Ok(Vec::new()) } else { attribute.read_strings() }
}

/// An array by its path below a group.
fn array(group: &Group, path: &str) -> Result<Tensor, Error> {
    if let Some((below, rest)) = path.split_once('/') {
        return array(&group.group(below)?, rest);
    }
    let array = group.dataset(path)?.read_array::<f32>()?;
    let (shape, values) = (array.shape().to_vec(), array.iter().copied().collect::<Vec<f32>>());
    Tensor::from_vec(values, shape, &Device::Cpu).map_err(|error| Error::Other(error.to_string()))
}
