//! Named tensors in files: safetensors (the same bytes for the same tensors), PyTorch's `.pth` and `.bin`, and Keras' `.h5`.

mod error;
#[cfg(feature = "hdf5")]
mod keras;
mod pth;
mod read;
mod safetensors_file;

use std::collections::{BTreeMap, HashMap};

use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;

use crate::{Doing, NnError};

pub use error::WeightFileError;
#[cfg(feature = "hdf5")]
pub use keras::{KerasLayer, KerasWeights, read_keras};
pub use read::{Format, format_of, read, without_prefix};

/// The content of a safetensors file, sorted by name.
///
/// ```
/// use ciskit_nn::{Device, Tensor, weights};
///
/// let bias = Tensor::new(&[1f32, 2.0], &Device::Cpu)?;
/// let bytes = weights::to_safetensors(&[("bias".to_string(), bias)].into(), Some(("config", "pool = 10")))?;
/// let weights = weights::from_safetensors(&bytes, &Device::Cpu)?;
/// assert_eq!(weights.tensors["bias"].to_vec1::<f32>()?, [1.0, 2.0]);
/// assert_eq!(weights.metadata["config"], "pool = 10");
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Weights {
    /// Tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// Texts by key.
    pub metadata: BTreeMap<String, String>,
}

/// The bytes of a safetensors file.
///
/// `metadata` is a single key with its text (TOML, say): the format keeps several in no fixed order, and the bytes
/// should depend on nothing but the content.
///
/// # Errors
///
/// [`NnError::Candle`] if a tensor cannot be brought to the host, [`NnError::Safetensors`] if a tensor's type has no
/// place in the format.
///
/// ```
/// use ciskit_nn::weights;
///
/// let bytes = weights::to_safetensors(&Default::default(), None)?;
/// assert_eq!(&bytes[8..10], b"{}");
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn to_safetensors(
    tensors: &BTreeMap<String, Tensor>,
    metadata: Option<(&str, &str)>,
) -> Result<Vec<u8>, NnError> {
    let host = |(name, tensor): (&String, &Tensor)| {
        let host = tensor.to_device(&Device::Cpu).and_then(|tensor| tensor.contiguous());
        Ok((name.clone(), host.doing(format!("copying {name} to the host"))?))
    };
    let tensors = tensors.iter().map(host).collect::<Result<Vec<_>, NnError>>()?;
    let metadata = metadata.map(|(key, text)| HashMap::from([(key.to_string(), text.to_string())]));
    Ok(safetensors::serialize(tensors, metadata)?)
}

/// Reads the bytes of a safetensors file onto a device.
///
/// # Errors
///
/// [`NnError::Safetensors`] if the bytes are not such a file, [`NnError::Candle`] if candle has no such number type.
///
/// ```
/// use ciskit_nn::{Device, weights};
///
/// let error = weights::from_safetensors(b"PK\x03\x04", &Device::Cpu).unwrap_err();
/// assert_eq!(error.to_string(), "weights cannot be read as safetensors");
/// ```
pub fn from_safetensors(bytes: &[u8], device: &Device) -> Result<Weights, NnError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let views = SafeTensors::deserialize(bytes)?.tensors();
    let tensors = views.into_iter().map(|(name, view)| {
        let tensor = view.load(device).doing(format!("reading {name}"))?;
        Ok((name, tensor))
    });
    Ok(Weights { tensors: tensors.collect::<Result<_, NnError>>()?, metadata })
}

/// A tensor of stored numbers, rounded to another type if one is given; or what is wrong, in a clause.
fn tensor(numbers: &[u8], stored: DType, shape: &[usize], dtype: Option<DType>) -> Result<Tensor, String> {
    let tensor = Tensor::from_raw_buffer(numbers, stored, shape, &Device::Cpu);
    let tensor = tensor.and_then(|tensor| match dtype {
        // Counters stay what they are.
        Some(dtype) if stored.is_float() => tensor.to_dtype(dtype),
        _ => Ok(tensor),
    });
    tensor.map_err(|error| format!("is no tensor ({})", first_line(error)))
}

/// What candle says, without the backtrace that it may add.
fn first_line(error: impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_shape_survives_the_round_trip() {
        let device = &Device::Cpu;
        let tensors: BTreeMap<String, Tensor> = [
            ("f64", Tensor::new(&[1.5f64, f64::MIN_POSITIVE], device).unwrap()),
            ("f32", Tensor::new(&[[1f32, -0.0], [f32::NAN, f32::INFINITY]], device).unwrap()),
            ("scalar", Tensor::new(7i64, device).unwrap()),
            ("empty", Tensor::zeros((0, 3), DType::F32, device).unwrap()),
            ("transposed", Tensor::arange(0u32, 6, device).unwrap().reshape((2, 3)).unwrap().t().unwrap()),
        ]
        .map(|(name, tensor)| (name.to_string(), tensor))
        .into();
        let bytes = to_safetensors(&tensors, Some(("config", "a = 1\n"))).unwrap();
        assert_eq!(bytes, to_safetensors(&tensors, Some(("config", "a = 1\n"))).unwrap());
        let read = from_safetensors(&bytes, device).unwrap();
        assert_eq!(read.metadata, [("config".to_string(), "a = 1\n".to_string())].into());
        assert!(read.tensors.keys().eq(tensors.keys()));
        for (name, tensor) in &tensors {
            assert_eq!(read.tensors[name].dims(), tensor.dims());
            assert_eq!(read.tensors[name].dtype(), tensor.dtype());
            assert_eq!(read.tensors[name].to_string(), tensor.to_string());
        }
        assert!(from_safetensors(&bytes[..bytes.len() - 1], device).is_err());
    }
}
