//! Weights of Keras under the names of the PyTorch port.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::weights::{Format, format_of, read as read_weights, read_keras};
use ciskit_nn::{DType, Doing, NnError, Tensor};

use crate::error::ZooError;

/// The weights of a file under the port's names, whatever names the file has.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, ZooError> {
    let arrays: Vec<(String, String, Tensor)> = if format_of(path)? == Format::Hdf5 {
        let layers = read_keras(path)?.layers.into_iter();
        let of_layer = layers.flat_map(|layer| {
            let arrays = layer.paths.into_iter().zip(layer.arrays);
            arrays.map(move |(path, (_, array))| (layer.name.clone(), path, array)).collect::<Vec<_>>()
        });
        of_layer.collect()
    } else {
        let tensors = read_weights(path, Some(DType::F32))?.tensors;
        if !tensors.keys().any(|name| name.contains('/')) {
            return Ok(tensors);
        }
        let apart = |(name, tensor): (String, Tensor)| {
            let (layer, rest) = name.split_once('/').unwrap_or((&name, ""));
            (layer.to_owned(), rest.to_owned(), tensor)
        };
        tensors.into_iter().map(apart).collect()
    };
    Ok(renamed(arrays)?)
}

/// Layers have a kind and a counter, which may start anywhere: they are numbered anew, kind by kind.
fn renamed(arrays: Vec<(String, String, Tensor)>) -> Result<BTreeMap<String, Tensor>, NnError> {
    let mut counters: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (layer, _, _) in &arrays {
        let (kind, counter) = kind_and_counter(layer);
        let counters = counters.entry(kind.to_owned()).or_default();
        if let Err(place) = counters.binary_search(&counter) {
            counters.insert(place, counter);
        }
    }
    let count = |kind: &str| counters.get(kind).map_or(0, Vec::len);
    // Behind the tower, a convolution of one tap is the last layer before the head.
    let last_kernel = arrays.iter().filter(|(layer, _, _)| kind_and_counter(layer).0 == "conv1d");
    let last_kernel = last_kernel.filter(|(_, path, _)| array_name(path) == "kernel");
    let last_kernel = last_kernel.max_by_key(|(layer, _, _)| kind_and_counter(layer).1);
    let has_last = last_kernel.is_some_and(|(_, _, kernel)| kernel.dims().first() == Some(&1));
    let plan = Plan {
        stages: count("conv1d").saturating_sub(1 + usize::from(has_last)),
        depth: count("multihead_attention"),
    };
    let mut tensors = BTreeMap::new();
    for (layer, path, tensor) in arrays {
        let (kind, counter) = kind_and_counter(&layer);
        let index = counters[kind].partition_point(|&other| other < counter);
        let name = plan.name(kind, index, &array_name(&path));
        // What has no place keeps its name, and is reported under it.
        let name = name.unwrap_or_else(|| format!("{layer}/{path}"));
        let turned = laid_out(kind, &name, &tensor);
        tensors.insert(name, turned.doing(format!("turning {path} of layer {layer} round"))?);
    }
    Ok(tensors)
}

/// A layer's kind and its counter, which the first of a kind does not show.
fn kind_and_counter(layer: &str) -> (&str, usize) {
    match layer.rsplit_once('_') {
        Some((kind, digits)) => digits.parse().map_or((layer, 0), |counter| (kind, counter)),
        None => (layer, 0),
    }
}

/// `q_layer/kernel` of `multihead_attention/q_layer/kernel:0`, and `gamma` of `batch_normalization_3/gamma:0`.
fn array_name(path: &str) -> String {
    let path = path.split(':').next().unwrap_or(path);
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    match parts.next().filter(|part| part.ends_with("_layer")) {
        Some(part) => format!("{part}/{last}"),
        None => last.to_owned(),
    }
}

/// What the counts of layers say of the order of those of one kind.
struct Plan {
    stages: usize,
    depth: usize,
}

impl Plan {
    /// The port's name of an array of the layer `index` of its kind.
    fn name(&self, kind: &str, index: usize, array: &str) -> Option<String> {
        let Self { stages, depth } = *self;
        let stage = |index: usize| match index + 1 == stages {
            true => "unet1.1".to_owned(),
            false => format!("res_tower.{}", 2 * index),
        };
        // Behind the transformer: the one from below and the one from the stage, twice.
        let joined = |index: usize| {
            ["upsampling_unet1.0", "horizontal_conv1", "upsampling_unet0.0", "horizontal_conv0"]
                .get(index)
                .map(ToString::to_string)
        };
        let bias_or_weight = match array {
            "kernel" => "weight",
            other => other,
        };
        Some(match kind {
            "conv1d" => {
                let layer = match index {
                    0 => "conv_dna".to_owned(),
                    index if index <= stages => stage(index - 1),
                    _ => "final_joined_convs.0".to_owned(),
                };
                format!("{layer}.conv_layer.{bias_or_weight}")
            }
            "batch_normalization" => {
                let layer = match index.checked_sub(stages) {
                    None => stage(index),
                    Some(4) => "final_joined_convs.0".to_owned(),
                    Some(index) => joined(index)?,
                };
                let array = match array {
                    "gamma" => "weight",
                    "beta" => "bias",
                    "moving_mean" => "running_mean",
                    "moving_variance" => "running_var",
                    _ => return None,
                };
                format!("{layer}.norm.{array}")
            }
            "layer_normalization" => {
                let array = if array == "gamma" { "weight" } else { "bias" };
                format!("transformer.{}.{}.fn.0.{array}", index / 2, index % 2)
            }
            "multihead_attention" => {
                let array = match array {
                    "q_layer/kernel" => "to_q.weight",
                    "k_layer/kernel" => "to_k.weight",
                    "v_layer/kernel" => "to_v.weight",
                    "r_k_layer/kernel" => "to_rel_k.weight",
                    "embedding_layer/kernel" => "to_out.weight",
                    "embedding_layer/bias" => "to_out.bias",
                    "r_w_bias" => "rel_content_bias",
                    "r_r_bias" => "rel_pos_bias",
                    _ => return None,
                };
                format!("transformer.{index}.0.fn.1.{array}")
            }
            "dense" => match index.checked_sub(2 * depth) {
                None => {
                    let layer = if index.is_multiple_of(2) { 1 } else { 4 };
                    format!("transformer.{}.1.fn.{layer}.{bias_or_weight}", index / 2)
                }
                Some(4) => format!("human_head.{bias_or_weight}"),
                Some(index) => format!("{}.conv_layer.{bias_or_weight}", joined(index)?),
            },
            "separable_conv1d" => {
                let array = match array {
                    "depthwise_kernel" => "0.weight",
                    "pointwise_kernel" => "1.weight",
                    "bias" => "1.bias",
                    _ => return None,
                };
                format!("separable{}.conv_layer.{array}", 1usize.checked_sub(index)?)
            }
            _ => return None,
        })
    }
}

/// A tensor in the port's layout.
fn laid_out(kind: &str, name: &str, tensor: &Tensor) -> ciskit_nn::candle_core::Result<Tensor> {
    match (tensor.rank(), kind) {
        // Taps, channels and 1, to channels, 1 and taps.
        (3, "separable_conv1d") if name.ends_with(".0.weight") => tensor.permute((1, 2, 0))?.contiguous(),
        // (width, in, out) seen as (out, in, width).
        (3, _) => tensor.permute((2, 1, 0)),
        // (in, out) to (out, in), and where the port has a convolution, of one tap.
        (2, _) if name.starts_with("transformer") => tensor.t()?.contiguous(),
        (2, _) => tensor.t()?.contiguous()?.unsqueeze(2),
        _ => Ok(tensor.clone()),
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::Device;

    use super::*;

    #[test]
    fn counters_may_start_anywhere() {
        let tensor = || Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap();
        let wide = || Tensor::zeros((5, 2, 3), DType::F32, &Device::Cpu).unwrap();
        let array = |layer: &str, path: &str, tensor| (layer.to_owned(), path.to_owned(), tensor);
        let tensors = renamed(vec![
            array("conv1d_12", "conv1d_12/kernel:0", wide()),
            array("conv1d_9", "conv1d_9/bias:0", tensor()),
            array("batch_normalization_7", "batch_normalization_7/moving_variance:0", tensor()),
            array("lambda", "lambda/odd:0", tensor()),
        ]);
        let names: Vec<String> = tensors.unwrap().into_keys().collect();
        assert_eq!(
            names,
            [
                "conv_dna.conv_layer.bias",
                "lambda/lambda/odd:0",
                "unet1.1.conv_layer.weight",
                "unet1.1.norm.running_var"
            ]
        );
    }

    #[test]
    fn arrays_have_the_names_of_their_parts() {
        assert_eq!(array_name("a/multihead_attention/q_layer/kernel:0"), "q_layer/kernel");
        assert_eq!(array_name("batch_normalization/gamma:0"), "gamma");
        assert_eq!(kind_and_counter("multihead_attention_1"), ("multihead_attention", 1));
        assert_eq!(kind_and_counter("conv1d"), ("conv1d", 0));
    }
}
