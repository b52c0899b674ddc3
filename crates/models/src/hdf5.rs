//! Weight files of EPIVAN and DeepTACT that Keras 2 wrote, `.h5`: told apart by their layers, in the order of the file.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::Tensor;
use ciskit_nn::weights::{WeightFileError, read_keras};

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

/// The arrays by the names of our layers and the variables of Keras, in its layout.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, WeightFileError> {
    let layers = read_keras(path)?.layers;
    let counts: Vec<usize> = layers.iter().map(|layer| layer.arrays.len()).collect();
    let fits = |known: &&[Layer]| known.iter().map(|(_, arrays)| arrays.len()).eq(counts.iter().copied());
    let Some(known) = [EPIVAN, DEEPTACT].into_iter().find(|known| fits(known)) else {
        return Err(WeightFileError::Unreadable {
            path: path.to_path_buf(),
            format: "HDF5",
            problem: format!(
                "its layers hold {counts:?} arrays, which are those of neither EPIVAN nor DeepTACT (sequence alone)"
            ),
        });
    };
    let arrays = known.iter().zip(layers).flat_map(|((layer, names), read)| {
        names.iter().zip(read.arrays).map(move |(name, (_, array))| (format!("{layer}.{name}"), array))
    });
    Ok(arrays.collect())
}
