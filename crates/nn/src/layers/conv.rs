//! Convolution → ReLU → max pooling with parameters.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use crate::{Doing, NnError, init, ops};

/// A convolution without padding, ReLU, and max pooling.
///
/// *Shapes*: (B, C, L) or base codes (B, L) to (B, O, ⌊(L − K + 1) / pool⌋). Parameters `weight` (O, C, K) and `bias`
/// (O), initialised Glorot-uniform (fan = channels × kernel width) and 0.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, PairBatch, layers::ConvReluPool};
///
/// let (parameters, block) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
///     ConvReluPool::load(vb.pp("enhancer_conv1"), 4, 64, 25, 10)
/// })?;
/// assert_eq!(parameters.count(), 64 * 4 * 25 + 64);
///
/// let codes = ciskit_nn::Tensor::zeros((2, 3000), DType::U8, &Device::Cpu)?;
/// assert_eq!(block.forward_codes(&codes)?.dims(), [2, 64, 297]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConvReluPool {
    weight: Tensor,
    bias: Tensor,
    pool: usize,
}

impl ConvReluPool {
    /// Loads or initialises `weight` and `bias`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(
        vb: VarBuilder<'_>,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        pool: usize,
    ) -> Result<Self, NnError> {
        let glorot = init::glorot_uniform(inputs * kernel, outputs * kernel);
        let load = || {
            let weight = vb.get_with_hints((outputs, inputs, kernel), "weight", glorot)?;
            Ok((weight, vb.get_with_hints(outputs, "bias", Init::Const(0.0))?))
        };
        let (weight, bias) = load().doing(format!("loading convolution {}", vb.prefix()))?;
        Ok(Self { weight, bias, pool })
    }

    /// The block of a dense tensor ([`ops::conv_relu_pool`]).
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        ops::conv_relu_pool(x, &self.weight, &self.bias, self.pool)
    }

    /// The block of base codes ([`ops::codes_conv_relu_pool`]); the layer has to have 4 input channels.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward_codes(&self, codes: &Tensor) -> Result<Tensor, NnError> {
        ops::codes_conv_relu_pool(codes, &self.weight, &self.bias, self.pool)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::Parameters;

    #[test]
    fn parameters_have_the_published_names_shapes_and_bounds() {
        let build = |vb: VarBuilder<'static>| ConvReluPool::load(vb.pp("promoter_conv2"), 64, 32, 13, 10);
        let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, build).unwrap();
        let weight = parameters.get("promoter_conv2.weight").unwrap();
        assert_eq!(weight.dims(), [32, 64, 13]);
        let bound = (6.0 / ((64 + 32) as f32 * 13.0)).sqrt();
        let values = weight.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        assert!(largest <= bound && largest > 0.99 * bound);
        assert_eq!(parameters.get("promoter_conv2.bias").unwrap().to_vec1::<f32>().unwrap(), [0.0; 32]);
    }
}
