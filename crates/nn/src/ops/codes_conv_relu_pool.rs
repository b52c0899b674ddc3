//! Convolution → ReLU → max pooling of DNA, taken as base codes.
//!
//! A convolution over one-hot bases adds one column of weights for each base that it meets; an unknown base adds
//! nothing. So no one-hot tensor is made, nothing is multiplied, and the input has no gradient to compute.

mod vectors;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use ciskit_encode::UNKNOWN;
use rayon::prelude::*;

use super::features::Features;
use super::host::{Host, Real, elements};
use super::mask::Mask;
use super::panel::Panels;
use super::past::{Input, traced_of3};
use super::portable;
use super::relu_pool::{Block, Picks, relu_pool};
use crate::simd::Level;
use crate::{Doing, NnError};

/// Bases with weights of their own.
const BASES: usize = UNKNOWN as usize;
/// Base codes: the bases and the unknown one.
const CODES: usize = BASES + 1;

/// [`conv_relu_pool`](super::conv_relu_pool) of the one-hot encoding of base codes (0 to 3 = A, C, G, T; 4 = a column
/// of zeros), without making it.
///
/// *Shapes*: `codes` (B, L) of u8, `weight` (O, 4, K), `bias` (O); result (B, O, P),
/// P = [`pooled_length`](super::pooled_length). Weights f32 or f64.
///
/// *Gradients* of `weight` and `bias`, with the same rules for ReLU at 0 and for ties.
///
/// *Cost*: O(B·O·P·pool·K) additions forward, a third of that in f32, and one `pool`-th of it backward. The same bytes for any number of
/// threads.
///
/// # Errors
///
/// [`NnError::BaseCode`] for a code above 4; [`NnError::Shape`], [`NnError::DType`] or [`NnError::TooShort`] if the
/// tensors don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let codes = Tensor::from_vec(ciskit_encode::base_codes(b"GATTNA"), (1, 6), &Device::Cpu)?;
/// // One filter of width 2 that scores A then T, with a bias of one.
/// let weight = Tensor::new(&[[[5f32, 0.], [0., 0.], [0., 0.], [0., 2.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[1f32], &Device::Cpu)?;
/// // GA 1, AT 8, TT 3, TN 1, NA 1 (dropped): windows of two.
/// let y = ops::codes_conv_relu_pool(&codes, &weight, &bias, 2)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[8., 3.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn codes_conv_relu_pool(
    codes: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
) -> std::result::Result<Tensor, NnError> {
    at_level(Level::current(), codes, weight, bias, pool, None)
}

/// [`codes_conv_relu_pool`] with the instructions of one level, and dropout after it if there is a mask.
pub(crate) fn at_level(
    level: Level,
    codes: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<Tensor, NnError> {
    if !codes.device().is_cpu() {
        // Checks what the portable operation would not.
        CodesConvReluPool::new(level, codes, weight, bias, pool, None)?;
        let y = portable::codes_conv_relu_pool(codes, weight, bias, pool)?;
        return mask.map_or(Ok(y.clone()), |mask| mask.on_any_device(&y).doing("dropout"));
    }
    let (op, [codes, weight, bias]) = on_cpu(level, codes, weight, bias, pool, mask)?;
    codes.apply_op3(&weight, &bias, op).doing(DOING)
}

/// [`at_level`] to features.
pub(crate) fn features_at_level(
    level: Level,
    codes: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<Features, NnError> {
    if !codes.device().is_cpu() {
        return Ok(Features::of(at_level(level, codes, weight, bias, pool, mask)?));
    }
    let (op, inputs) = on_cpu(level, codes, weight, bias, pool, mask)?;
    Ok(Features::traced(traced_of3(op, inputs.each_ref().map(Input::Tensor)).doing(DOING)?))
}

const DOING: &str = "convolution of base codes, ReLU and pooling";

/// The operation, and contiguous tensors to apply it to.
fn on_cpu(
    level: Level,
    codes: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<(CodesConvReluPool, [Tensor; 3]), NnError> {
    let op = CodesConvReluPool::new(level, codes, weight, bias, pool, mask)?;
    let codes = codes.contiguous().doing(DOING)?;
    check(Host::of(&codes).elements().doing(DOING)?, op.block.length)?;
    let (weight, bias) = (weight.contiguous().doing(DOING)?, bias.contiguous().doing(DOING)?);
    Ok((op, [codes, weight, bias]))
}

/// Refuses the first code that is none.
fn check(codes: &[u8], length: usize) -> std::result::Result<(), NnError> {
    match codes.iter().position(|&code| code > UNKNOWN) {
        Some(at) => Err(NnError::BaseCode { code: codes[at], item: at / length, position: at % length }),
        None => Ok(()),
    }
}

/// One application of the operation.
struct CodesConvReluPool {
    block: Block,
    level: Level,
    mask: Option<Mask>,
    /// Written by the forward pass, read by the backward pass.
    picks: OnceLock<Picks>,
}

impl CodesConvReluPool {
    /// An operation on tensors that fit together.
    fn new(
        level: Level,
        codes: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        pool: usize,
        mask: Option<Mask>,
    ) -> std::result::Result<Self, NnError> {
        let &[batch, length] = codes.dims() else {
            return Err(NnError::shape("base codes", "(batch, positions)", codes.dims()));
        };
        let block = Block::new((batch, BASES, length), weight.dims(), bias.dims(), pool)?;
        if codes.dtype() != DType::U8 {
            let (operation, expected) = ("convolution of base codes", "u8 codes");
            return Err(NnError::DType { operation, expected, found: codes.dtype() });
        }
        if !matches!(weight.dtype(), DType::F32 | DType::F64) || bias.dtype() != weight.dtype() {
            let (operation, expected) = ("convolution of base codes", "weight and bias both f32 or both f64");
            return Err(NnError::DType { operation, expected, found: weight.dtype() });
        }
        Ok(Self { block, level, mask, picks: OnceLock::new() })
    }

    fn forward<T: Real>(&self, codes: &[u8], weight: &[T], bias: &[T]) -> Vec<T> {
        let Block { length, outputs, kernel, .. } = self.block;
        let tables = Panels::pack(kernel * CODES, outputs, |row, output| match (row / CODES, row % CODES) {
            (_, BASES) => T::zero(),
            (tap, code) => weight[(output * BASES + code) * kernel + tap],
        });
        let biases = Panels::pack(1, outputs, |_, output| bias[output]);
        let pooled = relu_pool(&self.block, self.mask.as_ref(), |item| {
            let codes = &codes[item * length..][..length];
            let (tables, biases) = (&tables, &biases);
            move |panel, row: usize| {
                let mut sums = biases.panel(panel)[0];
                let (tables, _) = tables.panel(panel).as_chunks::<CODES>();
                for (table, &code) in tables.iter().zip(&codes[row..]) {
                    for (sum, &weight) in sums.iter_mut().zip(&table[usize::from(code)]) {
                        *sum += weight;
                    }
                }
                sums
            }
        });
        // An operation is applied once, so the cell is empty.
        let _ = self.picks.set(pooled.picks);
        pooled.values
    }

    fn backward<T: Real>(&self, codes: &Tensor, weight: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]> {
        let Block { length, outputs, kernel, .. } = self.block;
        let Some(picks) = self.picks.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (codes_host, gradient_host) = (Host::of(codes), Host::of(&gradient));
        let (codes, gradient) = (codes_host.elements::<u8>()?, gradient_host.elements::<T>()?);

        let mut weight_gradient = vec![T::zero(); outputs * BASES * kernel];
        weight_gradient.par_chunks_mut(BASES * kernel).enumerate().for_each(|(output, weight_gradient)| {
            let mut sums = vec![[T::zero(); CODES]; kernel];
            for (item, codes) in codes.chunks_exact(length).enumerate() {
                for (at, gradient) in picks.gradients(gradient, item, output) {
                    for (sums, &code) in sums.iter_mut().zip(&codes[at..]) {
                        sums[usize::from(code)] += gradient;
                    }
                }
            }
            for (index, weight_gradient) in weight_gradient.iter_mut().enumerate() {
                *weight_gradient = sums[index % kernel][index / kernel];
            }
        });
        let device = weight.device();
        Ok([
            Tensor::from_vec(weight_gradient, weight.shape(), device)?,
            Tensor::from_vec(picks.bias_gradient(gradient), outputs, device)?,
        ])
    }
}

impl CustomOp3 for CodesConvReluPool {
    fn name(&self) -> &'static str {
        "codes-conv-relu-pool"
    }

    fn cpu_fwd(
        &self,
        codes: &CpuStorage,
        codes_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let codes = elements(codes, codes_layout)?;
        let (l2, l3) = (weight_layout, bias_layout);
        let storage = match weight {
            CpuStorage::F32(_) => {
                CpuStorage::F32(self.forward_vectors(codes, elements(weight, l2)?, elements(bias, l3)?))
            }
            _ => CpuStorage::F64(self.forward(codes, elements(weight, l2)?, elements(bias, l3)?)),
        };
        Ok((storage, (self.block.batch, self.block.outputs, self.block.pooled).into()))
    }

    fn bwd(
        &self,
        codes: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [weight, bias] = match weight.dtype() {
            DType::F32 => self.backward_words(codes, weight, gradient)?,
            _ => self.backward::<f64>(codes, weight, gradient)?,
        };
        Ok((None, Some(weight), Some(bias)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{assert_close, check_gradients, codes, gradients, in_pools, tensor, values};
    use crate::ops::conv_relu_pool;

    fn layer(outputs: usize, kernel: usize) -> (Var, Var) {
        let weight = Var::from_tensor(&tensor(2, &[outputs, BASES, kernel])).unwrap();
        (weight, Var::from_tensor(&tensor(3, &[outputs])).unwrap())
    }

    fn one_hot(codes: &Tensor) -> Tensor {
        let column = |code| codes.eq(code).unwrap().to_dtype(DType::F64).unwrap();
        Tensor::stack(&[0u8, 1, 2, 3].map(column), 1).unwrap()
    }

    #[test]
    fn it_equals_the_dense_operation_on_one_hot_bases() {
        for (batch, length, outputs, kernel, pool) in
            [(1, 20, 3, 4, 5), (2, 19, 8, 7, 4), (5, 33, 13, 1, 10), (3, 9, 16, 9, 1), (2, 40, 64, 25, 3)]
        {
            let codes = codes(1, (batch, length));
            let (weight, bias) = layer(outputs, kernel);
            let vars = [&weight, &bias];
            let found = codes_conv_relu_pool(&codes, &weight, &bias, pool).unwrap();
            let expected = conv_relu_pool(&one_hot(&codes), &weight, &bias, pool).unwrap();
            let portable = portable::codes_conv_relu_pool(&codes, &weight, &bias, pool).unwrap();
            let found_gradients = gradients(&vars, &found);
            for (name, expected) in [("dense", expected), ("portable", portable)] {
                assert_close(&found, &expected, 1e-13, name);
                for (found, expected) in found_gradients.iter().zip(gradients(&vars, &expected)) {
                    assert_close(found, &expected, 1e-12, &format!("gradient, {name}"));
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for batch in [1, 2, 7, 100] {
            // 18 positions, of which the last 3 are in no window.
            let codes = codes(4, (batch, 22));
            let (weight, bias) = layer(3, 5);
            check_gradients(&[&weight, &bias], || codes_conv_relu_pool(&codes, &weight, &bias, 5).unwrap());
        }
    }

    #[test]
    fn unknown_bases_add_nothing() {
        let codes = Tensor::from_vec(vec![UNKNOWN; 2 * 12], (2, 12), &Device::Cpu).unwrap();
        let (weight, _) = layer(3, 4);
        let bias = Var::new(&[0.0f64, 0.7, -0.7], &Device::Cpu).unwrap();
        let y = codes_conv_relu_pool(&codes, &weight, &bias, 3).unwrap();
        assert_eq!(values(&y), [0.0, 0.0, 0.0, 0.7, 0.7, 0.7, 0.0, 0.0, 0.0].repeat(2));
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert_eq!(values(gradients.get(&weight).unwrap()), [0.0; 3 * BASES * 4]);
        // A bias of exactly 0 is on ReLU's kink, where the derivative is 0.
        assert_eq!(values(gradients.get(&bias).unwrap()), [0.0, 6.0, 0.0]);
    }

    #[test]
    fn equal_maxima_send_their_gradient_to_the_first() {
        // Every window of two holds the same sum twice, from A and from C.
        let codes = Tensor::new(&[[0u8, 1, 1, 0]], &Device::Cpu).unwrap();
        let weight = Var::new(&[[[2.0f64], [2.0], [0.0], [0.0]]], &Device::Cpu).unwrap();
        let bias = Var::new(&[0.0f64], &Device::Cpu).unwrap();
        let y = codes_conv_relu_pool(&codes, &weight, &bias, 2).unwrap();
        let first = y.narrow(2, 0, 1).unwrap().sum_all().unwrap().backward().unwrap();
        assert_eq!(values(first.get(&weight).unwrap()), [1.0, 0.0, 0.0, 0.0]);
        let second = y.narrow(2, 1, 1).unwrap().sum_all().unwrap().backward().unwrap();
        assert_eq!(values(second.get(&weight).unwrap()), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_code_that_is_none_is_refused_with_its_place() {
        let codes = Tensor::new(&[[0u8, 1, 2, 3], [4, 0, 7, 0]], &Device::Cpu).unwrap();
        let (weight, bias) = layer(1, 2);
        let error = codes_conv_relu_pool(&codes, &weight, &bias, 1).unwrap_err();
        assert_eq!(error.to_string(), "base code 7 at position 2 of sequence 1, expected 0 to 4");
        let wide = codes.to_dtype(DType::U32).unwrap();
        let error = codes_conv_relu_pool(&wide, &weight, &bias, 1).unwrap_err();
        assert_eq!(error.to_string(), "convolution of base codes takes u8 codes, not u32");
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes() {
        let codes = codes(5, (7, 150));
        let (weight, bias) = layer(19, 11);
        in_pools(|| {
            let [weight, bias] = [&weight, &bias]
                .map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap());
            let y = codes_conv_relu_pool(&codes, &weight, &bias, 4).unwrap();
            let gradients = gradients(&[&weight, &bias], &y);
            [values(&y), values(&gradients[0]), values(&gradients[1])].concat()
        });
    }
}
