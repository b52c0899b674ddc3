//! Convolution → ReLU → max pooling with parameters.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use super::Dropout;
use crate::ops::Features;
use crate::simd::Level;
use crate::{Doing, Mode, NnError, init, ops};

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

    /// The block of embedded words ([`ops::ids_conv_relu_pool`]).
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward_ids(&self, ids: &Tensor, embedding: &Tensor) -> Result<Tensor, NnError> {
        ops::ids_conv_relu_pool(ids, embedding, &self.weight, &self.bias, self.pool)
    }

    /// [`forward_ids`](Self::forward_ids) and then a dropout layer, in one pass over memory.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward_ids_dropped(
        &self,
        ids: &Tensor,
        embedding: &Tensor,
        dropout: &Dropout,
        mode: Mode,
    ) -> Result<Tensor, NnError> {
        let mask = dropout.mask(mode);
        let (level, Self { weight, bias, pool }) = (Level::current(), self);
        ops::ids_conv_relu_pool::at_level(level, ids, embedding, weight, bias, *pool, mask)
    }

    /// [`forward`](Self::forward) and then a dropout layer, in one pass over memory.
    ///
    /// The bytes are those of the two layers one after the other.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    ///
    /// ```
    /// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, Tensor, layers::{ConvReluPool, Dropout}};
    ///
    /// let (_, block) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| {
    ///     ConvReluPool::load(vb.pp("conv2"), 2, 8, 3, 4)
    /// })?;
    /// let (dropout, mode) = (Dropout::new("conv2.dropout", 0.5)?, Mode::train(7, 0));
    /// let x = Tensor::ones((3, 2, 10), DType::F32, &Device::Cpu)?;
    /// let fused = block.forward_dropped(&x, &dropout, mode)?;
    /// let layers = dropout.forward(&block.forward(&x)?, mode)?;
    /// assert_eq!(fused.to_vec3::<f32>()?, layers.to_vec3::<f32>()?);
    /// # Ok::<(), NnError>(())
    /// ```
    pub fn forward_dropped(&self, x: &Tensor, dropout: &Dropout, mode: Mode) -> Result<Tensor, NnError> {
        let mask = dropout.mask(mode);
        ops::conv_relu_pool::at_level(Level::current(), x, &self.weight, &self.bias, self.pool, mask)
    }

    /// [`forward_codes`](Self::forward_codes) and then a dropout layer, in one pass over memory.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn forward_codes_dropped(
        &self,
        codes: &Tensor,
        dropout: &Dropout,
        mode: Mode,
    ) -> Result<Tensor, NnError> {
        let mask = dropout.mask(mode);
        ops::codes_conv_relu_pool::at_level(
            Level::current(),
            codes,
            &self.weight,
            &self.bias,
            self.pool,
            mask,
        )
    }

    /// [`forward_dropped`](Self::forward_dropped) of features, whose gradients take less time.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn features(&self, x: &Features, dropout: &Dropout, mode: Mode) -> Result<Features, NnError> {
        let (level, mask) = (Level::current(), dropout.mask(mode));
        ops::conv_relu_pool::features_at_level(level, x, &self.weight, &self.bias, self.pool, mask)
    }

    /// [`forward_codes_dropped`](Self::forward_codes_dropped) to features, whose gradients take less time.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn features_of_codes(
        &self,
        codes: &Tensor,
        dropout: &Dropout,
        mode: Mode,
    ) -> Result<Features, NnError> {
        let (level, mask) = (Level::current(), dropout.mask(mode));
        ops::codes_conv_relu_pool::features_at_level(level, codes, &self.weight, &self.bias, self.pool, mask)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};
    use candle_nn::Init;

    use super::*;
    use crate::Parameters;
    use crate::check::{codes, gradients, tensor, values};
    use crate::layers::Embedding;

    #[test]
    fn dropout_within_is_dropout_after() {
        for dtype in [DType::F32, DType::F64] {
            let build = |vb: VarBuilder<'static>| {
                let first = ConvReluPool::load(vb.pp("a"), 4, 20, 5, 3)?;
                Ok::<_, NnError>((first, ConvReluPool::load(vb.pp("b"), 20, 33, 3, 2)?))
            };
            let (parameters, (first, second)) =
                Parameters::initialise(1, dtype, &Device::Cpu, build).unwrap();
            parameters.set("a.bias", &tensor(2, &[20])).unwrap();
            let codes = codes(3, (5, 61));
            let dropouts = [0.3, 0.0].map(|rate| Dropout::new(format!("at {rate}"), rate).unwrap());
            for (mode, dropout) in [
                (Mode::train(3, 1), &dropouts[0]),
                (Mode::Eval, &dropouts[0]),
                (Mode::train(3, 1), &dropouts[1]),
            ] {
                let fused = first.forward_codes_dropped(&codes, dropout, mode).unwrap();
                let fused = second.forward_dropped(&fused, dropout, mode).unwrap();
                let apart = dropout.forward(&first.forward_codes(&codes).unwrap(), mode).unwrap();
                let apart = dropout.forward(&second.forward(&apart).unwrap(), mode).unwrap();
                assert_eq!(values(&fused), values(&apart));
                let vars: Vec<_> = parameters.trainable().map(|(_, var)| var).collect();
                for (fused, apart) in gradients(&vars, &fused).iter().zip(gradients(&vars, &apart)) {
                    assert_eq!(values(fused), values(&apart));
                }
            }
        }
    }

    #[test]
    fn dropout_within_is_dropout_after_for_embedded_words() {
        for dtype in [DType::F32, DType::F64] {
            let build = |vb: VarBuilder<'static>| {
                Ok::<_, NnError>((
                    Embedding::load(vb.pp("words"), 5, 6, Init::Randn { mean: 0.0, stdev: 1.0 })?,
                    ConvReluPool::load(vb.pp("a"), 6, 20, 5, 3)?,
                ))
            };
            let (parameters, (words, conv)) = Parameters::initialise(1, dtype, &Device::Cpu, build).unwrap();
            let ids = ops::kmer_ids(&codes(3, (5, 61)), 1).unwrap();
            let dropout = Dropout::new("a.dropout", 0.3).unwrap();
            for mode in [Mode::train(3, 1), Mode::Eval] {
                let fused = conv.forward_ids_dropped(&ids, words.weight(), &dropout, mode).unwrap();
                let apart = conv.forward_ids(&ids, words.weight()).unwrap();
                let apart = dropout.forward(&apart, mode).unwrap();
                assert_eq!(values(&fused), values(&apart));
                let vars: Vec<_> = parameters.trainable().map(|(_, var)| var).collect();
                for (fused, apart) in gradients(&vars, &fused).iter().zip(gradients(&vars, &apart)) {
                    assert_eq!(values(fused), values(&apart));
                }
            }
        }
    }

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
