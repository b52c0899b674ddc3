//! Convolution → ReLU → max pooling of embedded words, without embedding them.
//!
//! A convolution over embedded words adds one row for each word that it meets: the word's vector times the tap's
//! weights. There are far fewer words than positions in a batch, so every such row is computed once, by one matrix
//! product, and looked up. A pass over 100 sequences of 3,000 6-mers (100 numbers each, 64 filters of width 25) then
//! takes 0.5 G additions instead of 48 G multiplications.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, elements, transposed};
use super::mask::Mask;
use super::portable;
use super::relu_pool::{Block, NOWHERE, Picks};
use crate::simd::{Kernel, Level, Simd};
use crate::{Doing, NnError};

/// [`conv_relu_pool`](super::conv_relu_pool) of the embedding of word ids, without making it.
///
/// *Shapes*: `ids` (B, L) of u32, `embedding` (V, C), `weight` (O, C, K), `bias` (O); result (B, O, P),
/// P = [`pooled_length`](super::pooled_length). All but the ids f32 or f64.
///
/// *Gradients* of `embedding`, `weight` and `bias`, with the same rules for ReLU at 0 and for ties.
///
/// *Cost*: O(V·C·O·K) for the products of words and taps, O(B·P·pool·K·O) additions forward, one `pool`-th of that
/// backward; memory for V·K·O numbers, and as many for their gradient. The same bytes for any number of threads.
///
/// # Errors
///
/// [`NnError::WordId`] for an id that is not below V; [`NnError::Shape`], [`NnError::DType`] or [`NnError::TooShort`] if
/// the tensors don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let ids = Tensor::new(&[[1u32, 2, 0, 2]], &Device::Cpu)?;
/// let embedding = Tensor::new(&[[0f32, 0.], [1., 0.], [0., 10.]], &Device::Cpu)?;
/// // One filter of width 2: the first number of a word plus the second one of the next.
/// let weight = Tensor::new(&[[[1f32, 0.], [0., 1.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[0.5f32], &Device::Cpu)?;
/// let y = ops::ids_conv_relu_pool(&ids, &embedding, &weight, &bias, 1)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[11.5, 0.5, 10.5]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn ids_conv_relu_pool(
    ids: &Tensor,
    embedding: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
) -> std::result::Result<Tensor, NnError> {
    at_level(Level::current(), ids, embedding, weight, bias, pool, None)
}

/// [`ids_conv_relu_pool`] with the instructions of one level, and then dropout, if there is a mask.
pub(crate) fn at_level(
    level: Level,
    ids: &Tensor,
    embedding: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<Tensor, NnError> {
    let &[batch, length] = ids.dims() else {
        return Err(NnError::shape("word ids", "(batch, positions)", ids.dims()));
    };
    let &[vocabulary, inputs] = embedding.dims() else {
        return Err(NnError::shape("embedding", "(words, numbers)", embedding.dims()));
    };
    let block = Block::new((batch, inputs, length), weight.dims(), bias.dims(), pool)?;
    if ids.dtype() != DType::U32 {
        let (operation, expected) = ("convolution of word ids", "u32 ids");
        return Err(NnError::DType { operation, expected, found: ids.dtype() });
    }
    for tensor in [embedding, weight, bias] {
        if !matches!(tensor.dtype(), DType::F32 | DType::F64) || tensor.dtype() != bias.dtype() {
            let operation = "convolution of word ids";
            let expected = "embedding, weight and bias all f32 or all f64";
            return Err(NnError::DType { operation, expected, found: tensor.dtype() });
        }
    }
    if !ids.device().is_cpu() {
        let pooled = portable::ids_conv_relu_pool(ids, embedding, weight, bias, pool)?;
        return match mask {
            Some(mask) => mask.on_any_device(&pooled).doing("dropout"),
            None => Ok(pooled),
        };
    }
    let doing = "convolution of word ids, ReLU and pooling";
    let ids = ids.contiguous().doing(doing)?;
    check(Host::of(&ids).elements().doing(doing)?, length, vocabulary)?;
    let tables = || {
        let taps = weight.permute((1, 2, 0))?.contiguous()?; // (C, K, O)
        let products = embedding.contiguous()?.matmul(&taps.flatten_from(1)?)?;
        products.reshape((vocabulary, block.kernel, block.outputs)) // (V, K, O)
    };
    let op = LookUp { block, vocabulary, mask, level, picks: OnceLock::new() };
    ids.apply_op3(&tables().doing(doing)?, &bias.contiguous().doing(doing)?, op).doing(doing)
}

/// Refuses the first id without a word.
fn check(ids: &[u32], length: usize, vocabulary: usize) -> std::result::Result<(), NnError> {
    match ids.iter().position(|&id| id as usize >= vocabulary) {
        Some(at) => {
            let (item, position) = (at / length, at % length);
            Err(NnError::WordId { id: ids[at], item, position, vocabulary })
        }
        None => Ok(()),
    }
}

/// One application of the look-up in tables of shape (V, K, O): what a word adds at a tap.
struct LookUp {
    block: Block,
    vocabulary: usize,
    mask: Option<Mask>,
    level: Level,
    /// Written by the forward pass, read by the backward pass.
    picks: OnceLock<Picks>,
}

impl LookUp {
    fn forward<T: Real>(&self, ids: &[u32], tables: &[T], bias: &[T]) -> Vec<T> {
        let Block { batch, length, outputs, pooled, .. } = self.block;
        let item_len = outputs * pooled;
        let mut values = vec![T::zero(); batch * item_len];
        let mut positions = vec![NOWHERE; values.len()];
        let items = values.par_chunks_mut(item_len).zip(positions.par_chunks_mut(item_len));
        items.zip(ids.par_chunks(length)).enumerate().for_each(|(item, ((values, positions), ids))| {
            let Self { block, level, .. } = *self;
            let (values_out, positions_out) = (&mut *values, &mut *positions);
            level.run(Item { block, ids, tables, bias, values: values_out, positions: positions_out });
            if let Some(mask) = &self.mask {
                mask.drop_pooled(level, item * item_len, values, positions, &mut Vec::new());
            }
        });
        // An operation is applied once, so the cell is empty.
        let _ = self.picks.set(Picks::new(&self.block, positions, self.mask.as_ref()));
        values
    }

    fn backward<T: Real>(&self, ids: &Tensor, tables: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]> {
        let Block { length, outputs, kernel, .. } = self.block;
        let Some(picks) = self.picks.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (ids_host, gradient_host) = (Host::of(ids), Host::of(&gradient));
        let (ids, gradient) = (ids_host.elements::<u32>()?, gradient_host.elements::<T>()?);

        // One output at a time, so that the rows that its positions meet stay in the cache.
        let words = self.vocabulary * kernel;
        let mut sums = vec![T::zero(); outputs * words]; // (O, V, K)
        sums.par_chunks_mut(words).enumerate().for_each(|(output, sums)| {
            for (item, ids) in ids.chunks_exact(length).enumerate() {
                for (at, gradient) in picks.gradients(gradient, item, output) {
                    for (tap, &id) in ids[at..at + kernel].iter().enumerate() {
                        sums[id as usize * kernel + tap] += gradient;
                    }
                }
            }
        });
        let device = tables.device();
        Ok([
            Tensor::from_vec(transposed(&sums, words), tables.shape(), device)?, // (V, K, O)
            Tensor::from_vec(picks.bias_gradient(gradient), outputs, device)?,
        ])
    }
}

/// The look-up for one sequence.
struct Item<'a, T> {
    block: Block,
    ids: &'a [u32],
    tables: &'a [T],
    bias: &'a [T],
    values: &'a mut [T],
    positions: &'a mut [u32],
}

impl<T: Real> Kernel for Item<'_, T> {
    type Output = ();

    /// Goes over the words once: each adds its rows, which lie side by side, to the positions that it is a tap of. So a
    /// position's sum runs over the taps in their order. Nothing here is written in vectors; the compiler makes them, as
    /// wide as those of the level, and as every lane is a sum of its own, the bytes are the same at every level.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { block, ids, tables, bias, values, positions } = self;
        let Block { outputs, kernel, pool, pooled, .. } = block;
        let rows = pooled * pool;
        // Sums of the last `kernel` positions, each at its number modulo `kernel`.
        let mut open: Vec<T> = bias.repeat(kernel);
        let (mut best, mut at) = (vec![T::zero(); outputs], vec![NOWHERE; outputs]);
        for (word, &id) in ids[..rows + kernel - 1].iter().enumerate() {
            let products = &tables[id as usize * kernel * outputs..][..kernel * outputs];
            for (tap, products) in products.chunks_exact(outputs).enumerate() {
                let Some(row) = word.checked_sub(tap).filter(|&row| row < rows) else { continue };
                let sums = &mut open[row % kernel * outputs..][..outputs];
                for (sum, &product) in sums.iter_mut().zip(products) {
                    *sum += product;
                }
            }
            // The position whose last tap this was.
            let Some(row) = (word + 1).checked_sub(kernel) else { continue };
            let sums = &mut open[row % kernel * outputs..][..outputs];
            for ((best, at), &sum) in best.iter_mut().zip(&mut at).zip(&*sums) {
                // ReLU is the same as starting from 0 and moving only to something larger. The second comparison lets
                // NaN through, and lets it stay.
                let better = sum > *best || sum.is_nan();
                *best = if better { sum } else { *best };
                *at = if better { row as u32 } else { *at };
            }
            sums.copy_from_slice(bias);
            if row % pool == pool - 1 {
                let window = row / pool;
                for (output, (best, at)) in best.iter_mut().zip(&mut at).enumerate() {
                    values[output * pooled + window] = std::mem::replace(best, T::zero());
                    positions[output * pooled + window] = std::mem::replace(at, NOWHERE);
                }
            }
        }
    }
}

impl CustomOp3 for LookUp {
    fn name(&self) -> &'static str {
        "ids-conv-relu-pool"
    }

    fn cpu_fwd(
        &self,
        ids: &CpuStorage,
        ids_layout: &Layout,
        tables: &CpuStorage,
        tables_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ids = elements(ids, ids_layout)?;
        let (l2, l3) = (tables_layout, bias_layout);
        let storage = match tables {
            CpuStorage::F32(_) => {
                CpuStorage::F32(self.forward(ids, elements(tables, l2)?, elements(bias, l3)?))
            }
            _ => CpuStorage::F64(self.forward(ids, elements(tables, l2)?, elements(bias, l3)?)),
        };
        Ok((storage, (self.block.batch, self.block.outputs, self.block.pooled).into()))
    }

    fn bwd(
        &self,
        ids: &Tensor,
        tables: &Tensor,
        _bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [tables, bias] = match tables.dtype() {
            DType::F32 => self.backward::<f32>(ids, tables, gradient)?,
            _ => self.backward::<f64>(ids, tables, gradient)?,
        };
        Ok((None, Some(tables), Some(bias)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::check::{assert_close, check_gradients, gradients, in_pools, tensor, values};
    use crate::ops::conv_relu_pool;

    const WORDS: usize = 7;

    fn layer(inputs: usize, outputs: usize, kernel: usize) -> [Var; 3] {
        let shapes: [&[usize]; 3] = [&[WORDS, inputs], &[outputs, inputs, kernel], &[outputs]];
        [1, 2, 3].map(|seed| Var::from_tensor(&tensor(seed, shapes[seed as usize - 1])).unwrap())
    }

    /// Every word occurs, some at both ends.
    fn ids(batch: usize, length: usize) -> Tensor {
        let ids = (0..batch * length).map(|index| (index * index % 11 + index / 5) as u32 % WORDS as u32);
        Tensor::from_iter(ids, &Device::Cpu).unwrap().reshape((batch, length)).unwrap()
    }

    #[test]
    fn it_equals_the_dense_operation_on_embedded_words() {
        for (batch, length, inputs, outputs, kernel, pool) in [
            (1, 20, 3, 3, 4, 5),
            (2, 19, 5, 8, 7, 4),
            (7, 33, 2, 13, 1, 10),
            (3, 9, 4, 16, 9, 1),
            (100, 24, 3, 17, 5, 3),
        ] {
            let (ids, [embedding, weight, bias]) = (ids(batch, length), layer(inputs, outputs, kernel));
            let vars = [&embedding, &weight, &bias];
            let found = ids_conv_relu_pool(&ids, &embedding, &weight, &bias, pool).unwrap();
            let dense = embedding.index_select(&ids.flatten_all().unwrap(), 0).unwrap();
            let dense = dense.reshape((batch, length, inputs)).unwrap().transpose(1, 2).unwrap();
            let expected = conv_relu_pool(&dense, &weight, &bias, pool).unwrap();
            let portable = portable::ids_conv_relu_pool(&ids, &embedding, &weight, &bias, pool).unwrap();
            let found_gradients = gradients(&vars, &found);
            for (name, expected) in [("dense", expected), ("portable", portable)] {
                assert_close(&found, &expected, 1e-12, name);
                for (found, expected) in found_gradients.iter().zip(gradients(&vars, &expected)) {
                    assert_close(found, &expected, 1e-11, &format!("gradient, {name}"));
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for batch in [1, 2, 7, 100] {
            // 18 positions, of which the last 3 are in no window.
            let (ids, [embedding, weight, bias]) = (ids(batch, 22), layer(3, 4, 5));
            check_gradients(&[&embedding, &weight, &bias], || {
                ids_conv_relu_pool(&ids, &embedding, &weight, &bias, 5).unwrap()
            });
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bytes_and_a_batch_does_not_matter() {
        let [embedding, weight, bias] = layer(6, 19, 11)
            .map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap());
        let ids = ids(9, 60);
        let forward = |ids: &Tensor| ids_conv_relu_pool(ids, &embedding, &weight, &bias, 4).unwrap();
        let all = forward(&ids);
        let alone = forward(&ids.narrow(0, 4, 1).unwrap());
        assert_eq!(values(&alone), values(&all.narrow(0, 4, 1).unwrap()));
        in_pools(|| {
            let y = forward(&ids);
            let gradients = gradients(&[&embedding, &weight, &bias], &y);
            gradients.iter().chain([&y]).flat_map(values).collect()
        });
    }

    #[test]
    fn every_level_gives_the_same_bytes() {
        let [embedding, weight, bias] = layer(6, 37, 11)
            .map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap().detach()).unwrap());
        let ids = ids(7, 60);
        let at = |level| {
            let y = at_level(level, &ids, &embedding, &weight, &bias, 4, None).unwrap();
            gradients(&[&embedding, &weight, &bias], &y)
                .iter()
                .chain([&y])
                .flat_map(values)
                .collect::<Vec<_>>()
        };
        for (name, level) in Level::available() {
            assert_eq!(at(level), at(Level::Portable), "{name}");
        }
    }

    #[test]
    fn an_id_without_a_word_is_refused_with_its_place() {
        let [embedding, weight, bias] = layer(2, 1, 2);
        let ids = Tensor::new(&[[0u32, 1, 2], [6, 7, 0]], &Device::Cpu).unwrap();
        let error = ids_conv_relu_pool(&ids, &embedding, &weight, &bias, 1).unwrap_err();
        assert_eq!(error.to_string(), "word id 7 at position 1 of sequence 1, expected one below 7");
        let bytes = ids.to_dtype(DType::U8).unwrap();
        let error = ids_conv_relu_pool(&bytes, &embedding, &weight, &bias, 1).unwrap_err();
        assert_eq!(error.to_string(), "convolution of word ids takes u32 ids, not u8");
    }
}
