//! Weight files that Keras 2 wrote, `.h5`.
//!
//! Layers and their arrays are listed in attributes (`layer_names`, `weight_names`), and taken in that order; their names
//! hold counters of Keras, which mean nothing.

use std::collections::BTreeMap;

use ciskit_nn::{Device, Tensor};
use hdf5_reader::Hdf5File;
use hdf5_reader::error::Error;
use hdf5_reader::group::Group;

const NORM: &[&str] = &["gamma", "beta", "moving_mean", "moving_variance"];
const BOTH_WAYS: &[&str] = &[
    "forward.kernel",
    "forward.recurrent_kernel",
    "forward.bias",
    "backward.kernel",
    "backward.recurrent_kernel",
    "backward.bias",
];
const DENSE: &[&str] = &["kernel", "bias"];

/// A layer of ours and its arrays, in the order of Keras.
type Layer = (&'static str, &'static [&'static str]);

/// The layers with weights of EPIVAN.
const EPIVAN: &[Layer] = &[
    ("enhancer_embedding", &["embeddings"]),
    ("promoter_embedding", &["embeddings"]),
    ("enhancer_conv", DENSE),
    ("promoter_conv", DENSE),
    ("bn", NORM),
    ("gru", BOTH_WAYS),
    ("att", &["W", "b", "u"]),
    ("out", DENSE),
];

/// The layers with weights of DeepTACT on sequence alone.
const DEEPTACT: &[Layer] = &[
    ("enhancer_conv", DENSE),
    ("promoter_conv", DENSE),
    ("bn1", NORM),
    ("lstm", BOTH_WAYS),
    ("att", &["W"]),
    ("bn2", NORM),
    ("dense", DENSE),
    ("bn3", NORM),
    ("out", DENSE),
];

/// The arrays by the names of our layers and the variables of Keras, in its layout; or what is wrong, in a clause.
pub(crate) fn read(bytes: Vec<u8>) -> Result<BTreeMap<String, Tensor>, String> {
    let damaged = |error: Error| format!("the file is damaged or not of Keras ({error})");
    let layers = Hdf5File::from_vec(bytes).and_then(|file| layers(&file)).map_err(damaged)?;
    let counts: Vec<usize> = layers.iter().map(Vec::len).collect();
    let fits = |known: &&[Layer]| known.iter().map(|(_, arrays)| arrays.len()).eq(counts.iter().copied());
    let Some(known) = [EPIVAN, DEEPTACT].into_iter().find(|known| fits(known)) else {
        return Err(format!(
            "its layers hold {counts:?} arrays, which are those of neither EPIVAN nor DeepTACT (sequence alone)"
        ));
    };
    let arrays = known.iter().zip(layers).flat_map(|((layer, names), arrays)| {
        names.iter().zip(arrays).map(move |(name, array)| (format!("{layer}.{name}"), array))
    });
    arrays
        .map(|(name, Array { shape, values })| {
            let tensor = Tensor::from_vec(values, shape, &Device::Cpu);
            tensor.map(|tensor| (name, tensor)).map_err(|error| error.to_string())
        })
        .collect()
}

struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// The arrays of every layer that has some, in the order of the file.
fn layers(file: &Hdf5File) -> Result<Vec<Vec<Array>>, Error> {
    let root = file.root_group()?;
    // A whole model has its weights a level below.
    let root = match root.attribute("layer_names") {
        Ok(_) => root,
        Err(_) => root.group("model_weights")?,
    };
    let mut layers = Vec::new();
    for layer in strings(&root, "layer_names")? {
        let group = root.group(&layer)?;
        let names = strings(&group, "weight_names")?;
        let arrays = names.iter().map(|name| array(&group, name)).collect::<Result<Vec<_>, _>>()?;
        if !arrays.is_empty() {
            layers.push(arrays);
        }
    }
    Ok(layers)
}

/// A list of names; an empty one has any type.
fn strings(group: &Group, name: &str) -> Result<Vec<String>, Error> {
    let attribute = group.attribute(name)?;
    if attribute.num_elements()? == 0 { Ok(Vec::new()) } else { attribute.read_strings() }
}

/// An array by its path below a group.
fn array(group: &Group, path: &str) -> Result<Array, Error> {
    if let Some((below, rest)) = path.split_once('/') {
        return array(&group.group(below)?, rest);
    }
    let array = group.dataset(path)?.read_array::<f32>()?;
    Ok(Array { shape: array.shape().to_vec(), values: array.iter().copied().collect() })
}
