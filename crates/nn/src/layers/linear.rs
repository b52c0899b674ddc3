//! The linear layer.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

use crate::ops::row_product;
use crate::{Doing, NnError, init};

/// x Wᵀ + b over the last dimension.
///
/// *Shapes*: (…, inputs) to (…, outputs), of any layout in memory: a transposed input is made contiguous first, since
/// candle's product is silently wrong on it. Parameters `weight` (outputs, inputs) and `bias` (outputs), initialised
/// Glorot-uniform and 0. On the CPU a row's result does not depend on the other rows.
///
/// ```
/// use ciskit_nn::{DType, Device, NnError, Parameters, Tensor, layers::Linear};
///
/// let (parameters, linear) =
///     Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Linear::load(vb.pp("out_layer1"), 64, 1))?;
/// assert_eq!(parameters.count(), 65);
/// assert_eq!(linear.forward(&Tensor::zeros((3, 64), DType::F32, &Device::Cpu)?)?.dims(), [3, 1]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// A layer of these tensors.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if they are not (outputs, inputs) and (outputs).
    ///
    /// ```
    /// use ciskit_nn::{Device, Tensor, layers::Linear};
    ///
    /// let (weight, bias) = (Tensor::new(&[[1f32, 2.0]], &Device::Cpu)?, Tensor::new(&[3f32], &Device::Cpu)?);
    /// let linear = Linear::new(weight, bias)?;
    /// let y = linear.forward(&Tensor::new(&[[10f32, 100.0]], &Device::Cpu)?)?;
    /// assert_eq!(y.to_vec2::<f32>()?, [[213.0]]);
    /// # Ok::<(), ciskit_nn::NnError>(())
    /// ```
    pub fn new(weight: Tensor, bias: Tensor) -> Result<Self, NnError> {
        match (weight.dims(), bias.dims()) {
            (&[outputs, _], &[biases]) if outputs == biases => Ok(Self { weight, bias }),
            (&[outputs, _], found) => Err(NnError::shape("linear bias", format!("({outputs})"), found)),
            (found, _) => Err(NnError::shape("linear weight", "(outputs, inputs)", found)),
        }
    }

    /// Loads or initialises `weight` and `bias`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Self, NnError> {
        let load = || {
            let weight =
                vb.get_with_hints((outputs, inputs), "weight", init::glorot_uniform(inputs, outputs))?;
            Ok((weight, vb.get_with_hints(outputs, "bias", Init::Const(0.0))?))
        };
        let (weight, bias) = load().doing(format!("loading linear layer {}", vb.prefix()))?;
        Self::new(weight, bias)
    }

    /// The layer's output.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if the last dimension is not `inputs` long.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let (outputs, inputs) = self.weight.dims2().doing("reading a linear layer's shape")?;
        let Some((&last, outer)) = x.dims().split_last() else {
            return Err(NnError::shape("linear input", format!("(…, {inputs})"), x.dims()));
        };
        if last != inputs {
            return Err(NnError::shape("linear input", format!("(…, {inputs})"), x.dims()));
        }
        let product = || {
            let rows = x.contiguous()?.reshape(((), inputs))?; // (rows, inputs)
            let y = row_product(&rows, &self.weight)?.broadcast_add(&self.bias)?; // (rows, outputs)
            y.reshape([outer, &[outputs]].concat()) // (…, outputs)
        };
        product().doing("a linear layer")
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Var};

    use super::*;
    use crate::Parameters;
    use crate::check::{assert_close, check_gradients, tensor};

    fn layer(inputs: usize, outputs: usize) -> (Parameters, Linear) {
        let build = |vb: VarBuilder<'static>| Linear::load(vb, inputs, outputs);
        let (parameters, layer) = Parameters::initialise(1, DType::F64, &Device::Cpu, build).unwrap();
        parameters.set("bias", &tensor(1, &[outputs])).unwrap();
        (parameters, layer)
    }

    #[test]
    fn gradients_agree_with_finite_differences_in_any_rank_and_layout() {
        let (parameters, layer) = layer(3, 4);
        let (weight, bias) = (parameters.get("weight").unwrap(), parameters.get("bias").unwrap());
        for batch in [1, 2, 5] {
            let x = Var::from_tensor(&tensor(2, &[batch, 3])).unwrap();
            check_gradients(&[&x, weight, bias], || layer.forward(&x).unwrap());
            let x = Var::from_tensor(&tensor(3, &[batch, 3, 2])).unwrap();
            check_gradients(&[&x, weight, bias], || layer.forward(&x.transpose(1, 2).unwrap()).unwrap());
        }
    }

    #[test]
    fn a_row_is_the_same_in_any_batch() {
        for (inputs, outputs) in [(384, 64), (643, 64), (48, 16), (15, 3), (64, 1)] {
            let build = |vb: VarBuilder<'static>| Linear::load(vb, inputs, outputs);
            let (_, layer) = Parameters::initialise(1, DType::F32, &Device::Cpu, build).unwrap();
            let x = tensor(5, &[130, inputs]).to_dtype(DType::F32).unwrap();
            let rows = |x: &Tensor| layer.forward(x).unwrap().to_vec2::<f32>().unwrap();
            let all = rows(&x);
            for batch in [1, 2, 4, 5, 17, 64, 129] {
                assert_eq!(rows(&x.narrow(0, 0, batch).unwrap()), all[..batch], "batch {batch}");
            }
        }
    }

    #[test]
    fn a_transposed_input_gives_what_its_contiguous_copy_gives() {
        let (_, layer) = layer(5, 2);
        let x = tensor(4, &[3, 5, 7]).transpose(1, 2).unwrap();
        let copy = x.contiguous().unwrap();
        assert!(!x.is_contiguous());
        assert_close(&layer.forward(&x).unwrap(), &layer.forward(&copy).unwrap(), 0.0, "output");
        for row in 0..7 {
            let single = copy.narrow(1, row, 1).unwrap().squeeze(1).unwrap(); // (3, 5)
            let expected = layer.forward(&single).unwrap();
            let found = layer.forward(&x).unwrap().narrow(1, row, 1).unwrap().squeeze(1).unwrap();
            assert_close(&found, &expected, 1e-14, "row");
        }
        let error = layer.forward(&tensor(4, &[3, 4])).unwrap_err();
        assert_eq!(error.to_string(), "linear input has shape [3, 4], expected (…, 5)");
    }
}
