//! Bidirectional GRU and LSTM over whole sequences, as one operation with its own gradient.
//!
//! Sixteen sequences are worked on side by side, one in each lane of a vector, so a sequence's result depends on no
//! other. The projections of all inputs are one large product; the steps then only add the product of the state. The
//! backward pass goes through time by hand, and sums the gradients of the weights over sequences in their order.

pub(super) mod activation;
mod backward;
mod cell;
mod forward;
mod lane;
mod product;
mod sums;
mod weights;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, elements};
use super::portable;
use crate::memory::keep_freed_pages;
use crate::simd::{LANES, Level};
use crate::{Doing, NnError};
use backward::{Backward, Deltas, InputGradient};
use forward::{Forward, Trace, step_of};
use lane::Lane;
use sums::Panels;
use weights::Weights;

pub use cell::{Cell, GateActivation};

/// The weights of one direction of a recurrent layer with H units and `blocks` gates ([`Cell`]).
#[derive(Clone, Copy, Debug)]
pub struct Direction<'a> {
    /// (inputs, blocks · H).
    pub kernel: &'a Tensor,
    /// (H, blocks · H).
    pub recurrent_kernel: &'a Tensor,
    /// [`Cell::bias_shape`].
    pub bias: &'a Tensor,
}

/// A recurrent cell along a sequence, from its start and from its end; the state after every step.
///
/// *Shapes*: `x` (B, C, T), as convolutions leave it; result (B, T, 2H), at each step the forward direction's state and
/// then that of the backward direction, which has read the steps from the last to this one. f32 or f64. The state before
/// the first step is 0.
///
/// *Gradients* of `x` and of all weights.
///
/// *Cost*: O(B·T·(C + H)·H), thrice that with the backward pass; memory for B·T numbers a gate, a state and a cell,
/// rounded up to sixteen sequences. Parallel over directions and sequences. The same bytes for any number of threads,
/// and a sequence's are the same in any batch.
///
/// # Errors
///
/// [`NnError::Shape`] or [`NnError::DType`] if the tensors don't fit together.
///
/// ```
/// use ciskit_nn::{DType, Device, Tensor, ops};
/// use ops::{Cell, Direction, GateActivation};
///
/// let cell = Cell::Gru { reset_after: false, gates: GateActivation::Sigmoid };
/// let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F64, &Device::Cpu);
/// let (kernel, recurrent_kernel, bias) = (zeros(&[1, 3])?, zeros(&[1, 3])?, Tensor::new(&[0., 0., 9.], &Device::Cpu)?);
/// let weights = Direction { kernel: &kernel, recurrent_kernel: &recurrent_kernel, bias: &bias };
/// let y = ops::bidirectional(&zeros(&[1, 1, 2])?, cell, weights, weights)?.to_vec3::<f64>()?;
/// // Both gates are a half and the candidate is nearly 1: half of the way in one step, three quarters in two.
/// assert!(y[0].concat().iter().zip([0.5, 0.75, 0.75, 0.5]).all(|(y, near)| (y - near).abs() < 1e-6));
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn bidirectional(
    x: &Tensor,
    cell: Cell,
    forward: Direction<'_>,
    backward: Direction<'_>,
) -> std::result::Result<Tensor, NnError> {
    at_level(Level::current(), x, cell, forward, backward)
}

/// [`bidirectional`] with the instructions of one level.
pub(crate) fn at_level(
    level: Level,
    x: &Tensor,
    cell: Cell,
    forward: Direction<'_>,
    backward: Direction<'_>,
) -> std::result::Result<Tensor, NnError> {
    let sizes = Sizes::new(x, cell, forward, backward)?;
    if !x.device().is_cpu() {
        return portable::bidirectional(x, cell, forward, backward);
    }
    let doing = "a recurrent layer";
    let flat = || {
        let all = [forward, backward].map(|Direction { kernel, recurrent_kernel, bias }| {
            [kernel.flatten_all(), recurrent_kernel.flatten_all(), bias.flatten_all()]
        });
        let all: Vec<Tensor> = all.into_iter().flatten().collect::<Result<_>>()?;
        Tensor::cat(&all, 0)
    };
    let (x, flat) = (x.contiguous().doing(doing)?, flat().doing(doing)?);
    match x.dtype() {
        DType::F32 => x.apply_op2(&flat, Recurrent::<f32>::new(level, cell, sizes)),
        _ => x.apply_op2(&flat, Recurrent::<f64>::new(level, cell, sizes)),
    }
    .doing(doing)
}

#[derive(Clone, Copy, Debug)]
struct Sizes {
    batch: usize,
    inputs: usize,
    steps: usize,
    units: usize,
    /// Units times blocks.
    columns: usize,
}

impl Sizes {
    fn new(
        x: &Tensor,
        cell: Cell,
        forward: Direction<'_>,
        backward: Direction<'_>,
    ) -> std::result::Result<Self, NnError> {
        let &[batch, inputs, steps] = x.dims() else {
            return Err(NnError::shape("recurrent input", "(batch, channels, steps)", x.dims()));
        };
        if x.elem_count() == 0 {
            return Err(NnError::shape("recurrent input", "no empty side", x.dims()));
        }
        let units = forward.recurrent_kernel.dims().first().copied().unwrap_or_default();
        let columns = units * cell.blocks();
        for Direction { kernel, recurrent_kernel, bias } in [forward, backward] {
            for (what, tensor, shape) in [
                ("recurrent layer's kernel", kernel, vec![inputs, columns]),
                ("recurrent kernel", recurrent_kernel, vec![units.max(1), columns.max(1)]),
                ("recurrent layer's bias", bias, cell.bias_shape(units)),
            ] {
                if tensor.dims() != shape {
                    return Err(NnError::shape(what, format!("{shape:?}"), tensor.dims()));
                }
            }
            for tensor in [x, kernel, recurrent_kernel, bias] {
                if !matches!(tensor.dtype(), DType::F32 | DType::F64) || tensor.dtype() != x.dtype() {
                    let (operation, expected) = ("a recurrent layer", "input and weights all f32 or all f64");
                    return Err(NnError::DType { operation, expected, found: tensor.dtype() });
                }
            }
        }
        Ok(Self { batch, inputs, steps, units, columns })
    }

    /// Sixteen sequences at a time.
    fn chunks(&self) -> usize {
        self.batch.div_ceil(LANES)
    }

    /// The sequences of one chunk of a tensor that has `len` numbers a sequence.
    fn chunk<'a, T>(&self, numbers: &'a [T], len: usize, chunk: usize) -> &'a [T] {
        &numbers[chunk * LANES * len..((chunk + 1) * LANES * len).min(numbers.len())]
    }
}

/// One application of the operation: `x`, and all weights in one tensor.
struct Recurrent<T> {
    level: Level,
    cell: Cell,
    sizes: Sizes,
    /// One a chunk, of each direction; written by the forward pass, read by the backward pass.
    traces: OnceLock<[Vec<Trace<T>>; 2]>,
}

impl<T: Lane> Recurrent<T> {
    fn new(level: Level, cell: Cell, sizes: Sizes) -> Self {
        Self { level, cell, sizes, traces: OnceLock::new() }
    }

    fn forward(&self, x: &[T], flat: &[T]) -> Vec<T> {
        keep_freed_pages();
        let (level, cell, sizes) = (self.level, self.cell, &self.sizes);
        let Sizes { batch, inputs, steps, units, .. } = *sizes;
        let weights =
            Weights::both(sizes, flat).map(|weights| weights::Forward::pack(level, cell, sizes, weights));
        let chunks = sizes.chunks();
        // Chunk by chunk, both directions of each, so that two threads share the inputs of one.
        let traces: Vec<Trace<T>> = (0..2 * chunks)
            .into_par_iter()
            .with_max_len(1)
            .map(|task| {
                let (chunk, reversed) = (task / 2, task % 2 == 1);
                let mut trace = Trace::new(sizes);
                let (x, weights) = (sizes.chunk(x, inputs * steps, chunk), &weights[usize::from(reversed)]);
                level.run(Forward { level, cell, sizes, weights, x, reversed, trace: &mut trace });
                trace
            })
            .collect();
        let (mut forward, mut backward) = (Vec::with_capacity(chunks), Vec::with_capacity(chunks));
        for (task, trace) in traces.into_iter().enumerate() {
            if task % 2 == 0 { &mut forward } else { &mut backward }.push(trace);
        }
        let mut out = vec![T::zero(); batch * steps * 2 * units];
        out.par_chunks_exact_mut(steps * 2 * units).enumerate().for_each(|(item, out)| {
            let (chunk, lane) = (item / LANES, item % LANES);
            for (step, out) in out.chunks_exact_mut(2 * units).enumerate() {
                let states =
                    [&forward, &backward].map(|traces| &traces[chunk].hidden[step * units..][..units]);
                for (out, state) in out.iter_mut().zip(states.into_iter().flatten()) {
                    *out = state.0[lane];
                }
            }
        });
        // An operation is applied once, so the cell is empty.
        let _ = self.traces.set([forward, backward]);
        out
    }

    fn backward(&self, x: &Tensor, flat: &Tensor, gradient: &Tensor) -> Result<[Option<Tensor>; 2]> {
        let Some(traces) = self.traces.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (x_host, flat_host, gradient_host) = (Host::of(x), Host::of(flat), Host::of(&gradient));
        let (values, gradient) = (x_host.elements::<T>()?, gradient_host.elements::<T>()?);
        let (level, cell, sizes) = (self.level, self.cell, &self.sizes);
        let Sizes { inputs, steps, units, .. } = *sizes;
        let weights = Weights::both(sizes, flat_host.elements::<T>()?)
            .map(|weights| weights::Backward::pack(level, cell, sizes, weights));

        let deltas = [false, true].map(|reversed| {
            let direction = usize::from(reversed);
            let of = |chunk: usize| {
                let gradient = sizes.chunk(gradient, steps * 2 * units, chunk);
                let (weights, trace) = (&weights[direction], &traces[direction][chunk]);
                level.run(Backward { level, cell, sizes, weights, trace, gradient, reversed })
            };
            (0..sizes.chunks()).into_par_iter().with_max_len(1).map(of).collect::<Vec<Deltas<T>>>()
        });

        let x_gradient = if x.track_op() {
            let mut out = vec![T::zero(); values.len()];
            out.par_chunks_mut(LANES * inputs * steps).enumerate().for_each(|(chunk, out)| {
                let deltas = [&deltas[0][chunk], &deltas[1][chunk]];
                level.run(InputGradient { level, sizes, weights: &weights, deltas, out });
            });
            Some(Tensor::from_vec(out, x.shape(), x.device())?)
        } else {
            None
        };

        let mut flat_gradient = Vec::with_capacity(flat.elem_count());
        for (reversed, (deltas, traces)) in [false, true].into_iter().zip(deltas.into_iter().zip(traces)) {
            flat_gradient.extend(self.weight_gradients(values, &deltas, traces, reversed));
        }
        Ok([x_gradient, Some(Tensor::from_vec(flat_gradient, flat.shape(), flat.device())?)])
    }

    /// The gradients of one direction's weights, in the order of the flat tensor.
    fn weight_gradients(&self, x: &[T], deltas: &[Deltas<T>], traces: &[Trace<T>], reversed: bool) -> Vec<T> {
        let (level, sizes) = (self.level, &self.sizes);
        let Sizes { inputs, steps, units, columns, .. } = *sizes;
        let before = |step: usize| step_of(reversed, steps, if reversed { steps - 1 - step } else { step }).1;
        let state = |item: usize, unit: usize, step: usize| {
            let hidden = &traces[item / LANES].hidden;
            before(step).map_or(T::zero(), |at| hidden[at * units + unit].0[item % LANES])
        };

        let panels = Panels::of(sizes, deltas, false);
        let mut gradients =
            panels.products(level, sizes, inputs, |item, row, step| x[(item * inputs + row) * steps + step]);
        match self.cell {
            Cell::Lstm { .. } => {
                gradients.extend(panels.products(level, sizes, units, state));
                gradients.extend(panels.total(columns, steps));
            }
            Cell::Gru { reset_after: true, .. } => {
                let recurrent = Panels::of(sizes, deltas, true);
                gradients.extend(recurrent.products(level, sizes, units, state));
                gradients.extend(panels.total(columns, steps));
                gradients.extend(recurrent.total(columns, steps));
            }
            Cell::Gru { reset_after: false, .. } => {
                let mut of_state = panels.products(level, sizes, units, state);
                let of_reset = panels.products(level, sizes, units, |item, unit, step| {
                    let gates = &traces[item / LANES].gates;
                    gates[step * columns + units + unit].0[item % LANES] * state(item, unit, step)
                });
                // The candidate's columns multiply the state that was reset.
                let rows = of_state.chunks_exact_mut(columns).zip(of_reset.chunks_exact(columns));
                rows.for_each(|(row, reset)| row[2 * units..].copy_from_slice(&reset[2 * units..]));
                gradients.extend(of_state);
                gradients.extend(panels.total(columns, steps));
            }
        }
        gradients
    }
}

impl<T: Lane> CustomOp2 for Recurrent<T> {
    fn name(&self) -> &'static str {
        "bidirectional"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        flat: &CpuStorage,
        flat_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let out = self.forward(elements(x, x_layout)?, elements(flat, flat_layout)?);
        let Sizes { batch, steps, units, .. } = self.sizes;
        Ok((T::to_cpu_storage_owned(out), (batch, steps, 2 * units).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        flat: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [x, flat] = self.backward(x, flat, gradient)?;
        Ok((x, flat))
    }
}

#[cfg(test)]
mod tests;
