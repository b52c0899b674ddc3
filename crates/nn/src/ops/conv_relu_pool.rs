//! Convolution → ReLU → max pooling of a dense tensor, as one operation with its own gradient.
//!
//! Each output keeps the one convolution position that it came from. The backward pass visits these positions
//! only, which is one in `pool`, and skips those that ReLU stopped.

#[cfg(test)]
mod tests;
mod vectors;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::features::Features;
use super::host::{Host, Real, add_scaled, elements, transposed};
use super::mask::Mask;
use super::panel::{Panels, multiply};
use super::past::{Input, traced_of3};
use super::portable;
use super::relu_pool::{Block, Picks, relu_pool};
use crate::simd::Level;
use crate::{Doing, NnError};

/// Convolution (no padding, stride 1), ReLU and max pooling (stride = window, incomplete last window dropped).
///
/// *Shapes*: `x` (B, C, L), `weight` (O, C, K), `bias` (O); result (B, O, P), P = [`pooled_length`]. f32 or f64.
///
/// *Gradients* of `x`, `weight` and `bias`. ReLU's derivative at exactly 0 is 0; of equal maxima of a window the
/// first has the gradient. Maxima are equal as they are computed: in f32, positions are computed two at a time where that
/// is faster, and what equals in `x` at an even and an odd position may then differ in the last bit. NaN is passed on.
///
/// *Cost*: O(B·O·P·pool·C·K) forward, one `pool`-th of that backward; parallel over the batch and, for the weight's
/// gradient, over outputs. The same bytes for any number of threads.
///
/// # Errors
///
/// [`NnError::Shape`], [`NnError::DType`] or [`NnError::TooShort`] if the tensors don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let x = Tensor::new(&[[[1f32, -2., 3., 4., 9.]]], &Device::Cpu)?;
/// let weight = Tensor::new(&[[[1f32, 1.]]], &Device::Cpu)?;
/// let bias = Tensor::new(&[-0.5f32], &Device::Cpu)?;
/// // Convolution −1.5 0.5 6.5 12.5, windows of two.
/// let y = ops::conv_relu_pool(&x, &weight, &bias, 2)?;
/// assert_eq!(y.to_vec3::<f32>()?, [[[0.5, 12.5]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
///
/// [`pooled_length`]: super::pooled_length
pub fn conv_relu_pool(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
) -> std::result::Result<Tensor, NnError> {
    at_level(Level::current(), x, weight, bias, pool, None)
}

/// [`conv_relu_pool`] with the instructions of one level, and dropout after it if there is a mask.
pub(crate) fn at_level(
    level: Level,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<Tensor, NnError> {
    if !x.device().is_cpu() {
        // Checks what the portable operation would not.
        ConvReluPool::new(level, x, false, weight, bias, pool, None)?;
        let y = portable::conv_relu_pool(x, weight, bias, pool)?;
        return mask.map_or(Ok(y.clone()), |mask| mask.on_any_device(&y).doing("dropout"));
    }
    let op = ConvReluPool::new(level, x, x.track_op(), weight, bias, pool, mask)?;
    let (weight, bias) = (weight.contiguous().doing(DOING)?, bias.contiguous().doing(DOING)?);
    x.contiguous().doing(DOING)?.apply_op3(&weight, &bias, op).doing(DOING)
}

/// [`at_level`] of features.
pub(crate) fn features_at_level(
    level: Level,
    x: &Features,
    weight: &Tensor,
    bias: &Tensor,
    pool: usize,
    mask: Option<Mask>,
) -> std::result::Result<Features, NnError> {
    match x.input() {
        Input::Tensor(x) => Ok(Features::of(at_level(level, x, weight, bias, pool, mask)?)),
        input => {
            let tracked = input.is_tracked();
            let op = ConvReluPool::new(level, input.values(), tracked, weight, bias, pool, mask)?;
            let (weight, bias) = (weight.contiguous().doing(DOING)?, bias.contiguous().doing(DOING)?);
            let inputs = [input, Input::Tensor(&weight), Input::Tensor(&bias)];
            Ok(Features::traced(traced_of3(op, inputs).doing(DOING)?))
        }
    }
}

const DOING: &str = "convolution, ReLU and pooling";

/// One application of the operation.
struct ConvReluPool {
    block: Block,
    level: Level,
    mask: Option<Mask>,
    /// Whether anybody wants the gradient of the input.
    tracked: bool,
    /// Written by the forward pass, read by the backward pass.
    picks: OnceLock<Picks>,
}

impl ConvReluPool {
    /// An operation on tensors that fit together.
    fn new(
        level: Level,
        x: &Tensor,
        tracked: bool,
        weight: &Tensor,
        bias: &Tensor,
        pool: usize,
        mask: Option<Mask>,
    ) -> std::result::Result<Self, NnError> {
        let &[batch, inputs, length] = x.dims() else {
            return Err(NnError::shape("convolution input", "(batch, channels, positions)", x.dims()));
        };
        let block = Block::new((batch, inputs, length), weight.dims(), bias.dims(), pool)?;
        for tensor in [x, weight, bias] {
            if !matches!(tensor.dtype(), DType::F32 | DType::F64) || tensor.dtype() != x.dtype() {
                let (operation, expected) = ("convolution", "input, weight and bias all f32 or all f64");
                return Err(NnError::DType { operation, expected, found: tensor.dtype() });
            }
        }
        Ok(Self { block, level, mask, tracked, picks: OnceLock::new() })
    }

    fn forward<T: Real>(&self, x: &[T], weight: &[T], bias: &[T]) -> Vec<T> {
        let Block { inputs, length, outputs, kernel, .. } = self.block;
        // Rows of a panel run over (tap, channel), the order of a window of a channel-last sequence.
        let depth = kernel * inputs;
        let weights = Panels::pack(depth, outputs, |row, output| {
            let (tap, channel) = (row / inputs, row % inputs);
            weight[(output * inputs + channel) * kernel + tap]
        });
        let biases = Panels::pack(1, outputs, |_, output| bias[output]);
        let pooled = relu_pool(&self.block, self.mask.as_ref(), |item| {
            let channel_last = transposed(&x[item * inputs * length..][..inputs * length], length);
            let (weights, biases) = (&weights, &biases);
            move |panel, row: usize| {
                let window = &channel_last[row * inputs..][..depth];
                multiply(biases.panel(panel)[0], window, weights.panel(panel))
            }
        });
        // An operation is applied once, so the cell is empty.
        let _ = self.picks.set(pooled.picks);
        pooled.values
    }

    fn backward<T: Real>(
        &self,
        x: &Tensor,
        weight: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let Block { inputs, length, outputs, kernel, .. } = self.block;
        let Some(picks) = self.picks.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (x_host, weight_host, gradient_host) = (Host::of(x), Host::of(weight), Host::of(&gradient));
        let (values, gradient) = (x_host.elements::<T>()?, gradient_host.elements::<T>()?);
        let device = x.device();

        let x_gradient = if self.tracked {
            let sums = self.input_gradient(picks, weight_host.elements()?, gradient);
            Some(Tensor::from_vec(sums, x.shape(), device)?)
        } else {
            None
        };

        let channel_last: Vec<Vec<T>> =
            values.par_chunks(inputs * length).map(|item| transposed(item, length)).collect();
        let window = kernel * inputs;
        let mut weight_gradient = vec![T::zero(); outputs * window];
        // Items outside, outputs inside: an item stays in the cache for a few outputs.
        const GROUP: usize = 8;
        weight_gradient.par_chunks_mut(GROUP * window).enumerate().for_each(|(group, sums)| {
            for (item, sequence) in channel_last.iter().enumerate() {
                for (output, sums) in (group * GROUP..).zip(sums.chunks_exact_mut(window)) {
                    for (at, gradient) in picks.gradients(gradient, item, output) {
                        add_scaled(sums, gradient, &sequence[at * inputs..][..window]);
                    }
                }
            }
            for sums in sums.chunks_exact_mut(window) {
                sums.copy_from_slice(&transposed(sums, inputs));
            }
        });
        let weight_gradient = Tensor::from_vec(weight_gradient, weight.shape(), device)?;
        let bias_gradient = Tensor::from_vec(picks.bias_gradient(gradient), outputs, device)?;
        Ok([x_gradient, Some(weight_gradient), Some(bias_gradient)])
    }

    fn input_gradient<T: Real>(&self, picks: &Picks, weight: &[T], gradient: &[T]) -> Vec<T> {
        let Block { batch, inputs, length, kernel, .. } = self.block;
        let window = kernel * inputs;
        let taps_first: Vec<Vec<T>> =
            weight.chunks_exact(window).map(|weight| transposed(weight, kernel)).collect();
        let mut sums = vec![T::zero(); batch * inputs * length];
        sums.par_chunks_mut(inputs * length).enumerate().for_each(|(item, sums)| {
            let mut channel_last = vec![T::zero(); inputs * length];
            for (output, weight) in taps_first.iter().enumerate() {
                for (at, gradient) in picks.gradients(gradient, item, output) {
                    add_scaled(&mut channel_last[at * inputs..][..window], gradient, weight);
                }
            }
            sums.copy_from_slice(&transposed(&channel_last, inputs));
        });
        sums
    }
}

impl CustomOp3 for ConvReluPool {
    fn name(&self) -> &'static str {
        "conv-relu-pool"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (l1, l2, l3) = (x_layout, weight_layout, bias_layout);
        let storage = match x {
            // Without instructions for it, tiles are slower than the loops that the compiler vectorises.
            CpuStorage::F32(_) if !self.level.is_portable() => CpuStorage::F32(self.forward_vectors(
                elements(x, l1)?,
                elements(weight, l2)?,
                elements(bias, l3)?,
            )),
            CpuStorage::F32(_) => {
                CpuStorage::F32(self.forward(elements(x, l1)?, elements(weight, l2)?, elements(bias, l3)?))
            }
            _ => CpuStorage::F64(self.forward(elements(x, l1)?, elements(weight, l2)?, elements(bias, l3)?)),
        };
        Ok((storage, (self.block.batch, self.block.outputs, self.block.pooled).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [x, weight, bias] = match x.dtype() {
            DType::F32 => self.backward_vectors(x, weight, gradient)?,
            _ => self.backward::<f64>(x, weight, gradient)?,
        };
        Ok((x, weight, bias))
    }
}
