//! The arrays of a Keras file, brought to the layers of a configuration.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::weights::{Format, format_of, read, read_keras};
use ciskit_nn::{DType, Device, Doing, NnError, Tensor, frozen};

use super::{LayerConfig, Sequential, SequentialConfig};
use crate::error::ZooError;

/// A layer's name and its arrays by theirs.
type LayerArrays = (String, Vec<(String, Tensor)>);

/// The content of a file.
struct KerasFile {
    model_config: Option<String>,
    layers: Vec<LayerArrays>,
    /// Whether the layers are in the order of the model.
    ordered: bool,
}

impl Sequential {
    /// Opens a file of a whole model or of weights alone: Keras' HDF5, or any other weight file whose tensors are named
    /// `layer/…/array:0`, as the HDF5 file names its datasets.
    ///
    /// The architecture is `config`; without one, that of the file; without one there, either, `preset`. Layers are found by
    /// their names, or, where counters in the names differ, by their order.
    ///
    /// # Errors
    ///
    /// [`ZooError::Weights`] for a file that cannot be read, [`ZooError::Config`] for an architecture that is not built here,
    /// [`ZooError::Misfit`] with every missing, unexpected and misshapen array.
    pub fn open(
        path: &Path,
        config: Option<&SequentialConfig>,
        preset: Option<&SequentialConfig>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let file = KerasFile::read(path)?;
        let problem = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
        let config = match (config, &file.model_config, preset) {
            (Some(config), _, _) => config.clone(),
            (None, Some(json), _) => SequentialConfig::from_keras_json(json).map_err(problem)?,
            (None, None, Some(preset)) => preset.clone(),
            (None, None, None) => {
                return Err(problem("the file holds weights alone: give the configuration, too".into()));
            }
        };
        let tensors = file.tensors(&config.layers)?;
        let model: Box<str> = format!("of {} layers", config.layers.len()).into();
        frozen(tensors, DType::F32, device, |_| false, |vb| Self::load(vb, &config))
            .map_err(|source| ZooError::Misfit { path: path.to_path_buf(), model, source })
    }
}

impl KerasFile {
    fn read(path: &Path) -> Result<Self, ZooError> {
        if format_of(path)? == Format::Hdf5 {
            let file = read_keras(path)?;
            let layers = file.layers.into_iter().map(|layer| (layer.name, layer.arrays)).collect();
            return Ok(Self { model_config: file.model_config, layers, ordered: true });
        }
        let mut layers: BTreeMap<String, Vec<(String, Tensor)>> = BTreeMap::new();
        for (name, tensor) in read(path, Some(DType::F32))?.tensors {
            let (layer, rest) = name.split_once('/').unwrap_or((&name, ""));
            let array = rest.rsplit('/').next().unwrap_or(rest);
            let array = array.split(':').next().unwrap_or(array).to_owned();
            layers.entry(layer.to_owned()).or_default().push((array, tensor));
        }
        Ok(Self { model_config: None, layers: layers.into_iter().collect(), ordered: false })
    }

    /// The arrays under the names and in the layout of [`Sequential::load`].
    fn tensors(self, layers: &[LayerConfig]) -> Result<BTreeMap<String, Tensor>, NnError> {
        let wanted: Vec<&str> =
            layers.iter().filter(|layer| layer.has_weights()).map(|layer| layer.name.as_str()).collect();
        let by_order = self.ordered && {
            let there = |name: &&str| self.layers.iter().any(|(layer, _)| layer == name);
            let kinds = self.layers.iter().map(|(name, _)| without_counter(name));
            !wanted.iter().all(there) && kinds.eq(wanted.iter().map(|name| without_counter(name)))
        };
        let mut tensors = BTreeMap::new();
        for (index, (name, arrays)) in self.layers.into_iter().enumerate() {
            let layer = if by_order { wanted[index].to_owned() } else { name };
            for (array, tensor) in arrays {
                let tensor = match tensor.rank() {
                    // (width, in, out) seen as (out, in, width).
                    3 => tensor.permute((2, 1, 0)),
                    // (in, out), copied to (out, in).
                    2 => tensor.t().and_then(|tensor| tensor.contiguous()),
                    _ => Ok(tensor),
                };
                let tensor = tensor.doing(format!("turning {array} of layer {layer} round"))?;
                tensors.insert(format!("{layer}.{array}"), tensor);
            }
        }
        Ok(tensors)
    }
}

/// A layer's name without the number that Keras counts its layers by.
fn without_counter(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((kind, counter)) if counter.bytes().all(|byte| byte.is_ascii_digit()) => kind,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keras::{Activation, LayerKind};

    fn dense(name: &str) -> LayerConfig {
        LayerConfig::new(name, LayerKind::Dense { units: 2, bias: true, activation: Activation::Linear })
    }

    fn file(names: &[&str], ordered: bool) -> KerasFile {
        let array = |name: &str| {
            let kernel = Tensor::arange(0f32, 6.0, &Device::Cpu).unwrap().reshape((3, 2)).unwrap();
            (name.to_owned(), vec![("kernel".to_owned(), kernel)])
        };
        KerasFile { model_config: None, layers: names.iter().map(|name| array(name)).collect(), ordered }
    }

    #[test]
    fn counters_of_layers_mean_nothing_and_names_do() {
        let wanted = [dense("dense"), dense("dense_1")];
        let names = |names: &[&str], ordered| {
            file(names, ordered).tensors(&wanted).unwrap().into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(&["dense_4", "dense_1"], true), ["dense.kernel", "dense_1.kernel"]);
        assert_eq!(names(&["dense_1", "dense"], true), ["dense.kernel", "dense_1.kernel"]);
        // Other layers, another number of them, or no order: by name, and the misfit is reported.
        assert_eq!(names(&["conv_4", "dense_1"], true), ["conv_4.kernel", "dense_1.kernel"]);
        assert_eq!(names(&["dense_7"], true), ["dense_7.kernel"]);
        assert_eq!(names(&["dense_7", "dense_8"], false), ["dense_7.kernel", "dense_8.kernel"]);
    }

    #[test]
    fn dense_kernels_are_turned_round() {
        let tensors = file(&["dense"], true).tensors(&[dense("dense")]).unwrap();
        let kernel = tensors["dense.kernel"].to_vec2::<f32>().unwrap();
        assert_eq!(kernel, [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]);
    }
}
