//! Linear layers over many tokens.

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::super::host::elements;
use super::{CHUNK, in_vectors};
use crate::{Doing, NnError, init};

/// A linear layer over many rows: x Wᵀ + b, or x Wᵀ.
///
/// Unlike [`layers::Linear`](crate::layers::Linear) it multiplies all rows at once, several times as fast; a row's last bits
/// may then depend on the number of rows.
///
/// *Shapes*: (rows, inputs) to (rows, outputs); `weight` is (outputs, inputs).
///
/// ```
/// use ciskit_nn::ops::inference::Dense;
/// use ciskit_nn::{DType, Device, NnError, Tensor, frozen};
///
/// let weight = Tensor::new(&[[1f32, 2.0], [3.0, 4.0]], &Device::Cpu)?;
/// let weights = [("weight".to_string(), weight)].into();
/// let dense = frozen(weights, DType::F32, &Device::Cpu, |_| false, |vb| Dense::load_without_bias(vb, 2, 2))?;
/// let y = dense.forward(&Tensor::new(&[[1f32, 10.0]], &Device::Cpu)?)?;
/// assert_eq!(y.to_vec2::<f32>()?, [[21.0, 43.0]]);
/// # Ok::<(), NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dense {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Dense {
    /// Loads `weight` and `bias`.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters.
    pub fn load(vb: VarBuilder<'_>, inputs: usize, outputs: usize) -> std::result::Result<Self, NnError> {
        let bias = vb.get_with_hints(outputs, "bias", Init::Const(0.0));
        let bias = bias.doing(format!("loading linear layer {}", vb.prefix()))?;
        Ok(Self { bias: Some(bias), ..Self::load_without_bias(vb, inputs, outputs)? })
    }

    /// Loads `weight` alone.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameter.
    pub fn load_without_bias(
        vb: VarBuilder<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, NnError> {
        let weight = vb.get_with_hints((outputs, inputs), "weight", init::glorot_uniform(inputs, outputs));
        Ok(Self { weight: weight.doing(format!("loading linear layer {}", vb.prefix()))?, bias: None })
    }

    /// A layer of given parameters: (outputs, inputs), and (outputs) or none.
    #[must_use]
    pub fn new(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias }
    }

    /// The layer's output.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if the rows are not `inputs` long.
    pub fn forward(&self, x: &Tensor) -> std::result::Result<Tensor, NnError> {
        let product = || {
            let y = x.matmul(&self.weight.t()?)?; // (rows, outputs)
            match &self.bias {
                Some(bias) if in_vectors([&y, bias]) => y.inplace_op2(bias, &AddToRows).map(|()| y),
                Some(bias) => y.broadcast_add(bias),
                None => Ok(y),
            }
        };
        product().doing("a linear layer")
    }
}

/// Adds a bias to every row, where the product lies.
struct AddToRows;

impl InplaceOp2 for AddToRows {
    fn name(&self) -> &'static str {
        "add-to-rows"
    }

    fn cpu_fwd(
        &self,
        sums: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias: &[f32] = elements(bias, bias_layout)?;
        let (CpuStorage::F32(sums), Some((start, end))) = (sums, layout.contiguous_offsets()) else {
            candle_core::bail!("a contiguous tensor of f32 is needed, not {layout:?}");
        };
        let rows = (CHUNK / bias.len().max(1)).max(1) * bias.len().max(1);
        sums[start..end].par_chunks_mut(rows).for_each(|sums| {
            for row in sums.chunks_exact_mut(bias.len().max(1)) {
                for (sum, bias) in row.iter_mut().zip(bias) {
                    *sum += bias;
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    #[test]
    fn the_product_agrees_with_wide_numbers_at_any_number_of_rows_and_threads() {
        for (rows, inputs, outputs) in [(1, 3, 5), (2, 17, 1), (31, 64, 33), (300, 96, 40)] {
            let [x, weight, bias] = [(1, vec![rows, inputs]), (2, vec![outputs, inputs]), (3, vec![outputs])]
                .map(|(seed, shape)| tensor(seed, &shape));
            let expected = Dense::new(weight.clone(), Some(bias.clone())).forward(&x).unwrap();
            let [x, weight, bias] = [x, weight, bias].map(|x| x.to_dtype(DType::F32).unwrap());
            let dense = Dense::new(weight.clone(), Some(bias.clone()));
            assert_close(&dense.forward(&x).unwrap(), &expected, 1e-5, "with bias");
            let bare = Dense::new(weight, None).forward(&x).unwrap().broadcast_add(&bias).unwrap();
            assert_close(&bare, &expected, 1e-5, "without bias");
            in_pools(|| values(&dense.forward(&x).unwrap()));
        }
    }
}
