//! The values of parameters: set, copied, put back, written.

use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use super::Parameters;
use crate::mismatch::WeightsMismatch;
use crate::{Doing, NnError, weights};

impl Parameters {
    /// Overwrites a parameter or buffer, rounding to its type.
    ///
    /// # Errors
    ///
    /// [`NnError::Weights`] if there is none of that name or it has another shape.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let wrong = parameters.set("bias", &ciskit_nn::Tensor::zeros(5, DType::F32, &Device::Cpu)?);
    /// assert!(wrong.unwrap_err().to_string().ends_with("bias has shape [5], expected [4]"));
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn set(&self, name: &str, value: &Tensor) -> Result<(), NnError> {
        let mut mismatch = WeightsMismatch::default();
        match self.vars.get(name) {
            None => mismatch.unexpected.push(name.to_string()),
            Some(var) if var.dims() != value.dims() => mismatch.misshapen(name, var.dims(), value.dims()),
            Some(var) => {
                // A copy, because a variable cannot be set to itself.
                let value =
                    value.detach().to_device(var.device()).and_then(|value| value.to_dtype(var.dtype()));
                return value.and_then(|value| var.set(&value.copy()?)).doing(format!("setting {name}"));
            }
        }
        Err(NnError::Weights(mismatch))
    }

    /// Copies of all tensors, which later training does not change.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if a copy fails.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let before = parameters.snapshot()?;
    /// parameters.set("bias", &ciskit_nn::Tensor::ones(4, DType::F32, &Device::Cpu)?)?;
    /// assert_eq!(before["bias"].to_vec1::<f32>()?, [0.0; 4]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>, NnError> {
        let copy = |(name, var): (&str, &Var)| {
            let copy = var.detach().copy().doing(format!("copying {name}"))?;
            Ok((name.to_string(), copy.detach()))
        };
        self.named().map(copy).collect()
    }

    /// Overwrites all tensors with those of a [`snapshot`](Self::snapshot). Nothing changes unless all fit.
    ///
    /// # Errors
    ///
    /// [`NnError::Weights`] with every missing, unexpected and misshapen name.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor, layers::Linear};
    ///
    /// let (parameters, _) =
    ///     Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| Linear::load(vb, 2, 1))?;
    /// let before = parameters.snapshot()?;
    /// parameters.set("bias", &Tensor::new(&[5f32], &Device::Cpu)?)?;
    /// parameters.restore(&before)?;
    /// assert_eq!(parameters.get("bias").unwrap().to_vec1::<f32>()?, [0.0]);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn restore(&self, tensors: &BTreeMap<String, Tensor>) -> Result<(), NnError> {
        let mut mismatch = WeightsMismatch {
            missing: self.vars.keys().filter(|name| !tensors.contains_key(*name)).cloned().collect(),
            ..WeightsMismatch::default()
        };
        for (name, tensor) in tensors {
            match self.vars.get(name) {
                None => mismatch.unexpected.push(name.clone()),
                Some(var) if var.dims() != tensor.dims() => {
                    mismatch.misshapen(name, var.dims(), tensor.dims())
                }
                Some(_) => {}
            }
        }
        if !mismatch.is_empty() {
            return Err(NnError::Weights(mismatch));
        }
        tensors.iter().try_for_each(|(name, tensor)| self.set(name, tensor))
    }

    /// All tensors as the bytes of a safetensors file ([`weights::to_safetensors`]).
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if a tensor cannot be copied to the host.
    ///
    /// ```
    /// # use ciskit_nn::{DType, Device, Parameters, layers::{BatchNorm, BatchNormConstants}};
    /// # let (parameters, _) = Parameters::initialise(7, DType::F32, &Device::Cpu, |vb| {
    /// #     BatchNorm::load(vb, 4, BatchNormConstants::pytorch())
    /// # })?;
    /// let bytes = parameters.to_safetensors(Some(("format", "1")))?;
    /// let weights = ciskit_nn::weights::from_safetensors(&bytes, &Device::Cpu)?;
    /// assert_eq!(weights.tensors.len(), 4);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn to_safetensors(&self, metadata: Option<(&str, &str)>) -> Result<Vec<u8>, NnError> {
        weights::to_safetensors(&self.snapshot()?, metadata)
    }
}
