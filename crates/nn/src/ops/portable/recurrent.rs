//! Recurrent layers step by step.

use candle_core::{Result, Tensor};

use crate::ops::{Cell, Direction, GateActivation};
use crate::{Doing, NnError};

/// [`ops::bidirectional`](crate::ops::bidirectional) composed of candle operations.
///
/// *Cost*: a few operations a step, each with its gradient.
///
/// # Errors
///
/// [`NnError::Candle`] if shapes or types don't fit together.
///
/// ```
/// use ciskit_nn::{DType, Device, Tensor, ops};
/// use ops::{Cell, Direction, GateActivation};
///
/// let cell = Cell::Lstm { gates: GateActivation::HardSigmoid };
/// let ones = |shape: &[usize]| Tensor::ones(shape, DType::F64, &Device::Cpu);
/// let (kernel, recurrent_kernel, bias) = (ones(&[2, 12])?, ones(&[3, 12])?, ones(&[12])?);
/// let weights = Direction { kernel: &kernel, recurrent_kernel: &recurrent_kernel, bias: &bias };
/// let y = ops::portable::bidirectional(&ones(&[1, 2, 5])?, cell, weights, weights)?;
/// assert_eq!(y.dims(), [1, 5, 6]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn bidirectional(
    x: &Tensor,
    cell: Cell,
    forward: Direction<'_>,
    backward: Direction<'_>,
) -> std::result::Result<Tensor, NnError> {
    let both = || {
        let x = x.transpose(1, 2)?.contiguous()?; // (B, T, C)
        Tensor::cat(&[one_way(&x, cell, forward, false)?, one_way(&x, cell, backward, true)?], 2)
    };
    both().doing("portable recurrent layer") // (B, T, 2H)
}

/// The states of one direction, (B, T, H), of steps (B, T, C).
fn one_way(x: &Tensor, cell: Cell, weights: Direction<'_>, reversed: bool) -> Result<Tensor> {
    let Direction { kernel, recurrent_kernel, bias } = weights;
    let (batch, steps, inputs) = x.dims3()?;
    let (units, columns) = recurrent_kernel.dims2()?;
    let biases = bias.reshape(((), columns))?;
    let projected = x.reshape((batch * steps, inputs))?.matmul(kernel)?; // (B·T, columns)
    let projected = projected.broadcast_add(&biases.narrow(0, 0, 1)?)?.reshape((batch, steps, columns))?;
    let block = |x: &Tensor, index: usize| x.narrow(1, index * units, units)?.contiguous();
    let mut state = Tensor::zeros((batch, units), x.dtype(), x.device())?;
    let mut memory = state.clone();
    let mut states = vec![state.clone(); steps];
    for index in 0..steps {
        let at = if reversed { steps - 1 - index } else { index };
        let input = projected.narrow(1, at, 1)?.squeeze(1)?.contiguous()?; // (B, columns)
        state = match cell {
            Cell::Lstm { gates } => {
                let sums = (input + state.matmul(recurrent_kernel)?)?;
                let (i, f) = (gate(&block(&sums, 0)?, gates)?, gate(&block(&sums, 1)?, gates)?);
                memory = ((f * &memory)? + (i * block(&sums, 2)?.tanh()?)?)?;
                (gate(&block(&sums, 3)?, gates)? * memory.tanh()?)?
            }
            Cell::Gru { reset_after, gates } => {
                let kernels = [0, 1, 2].map(|index| block(recurrent_kernel, index));
                let [kernel_z, kernel_r, kernel_n] = kernels;
                let product = |state: &Tensor, kernel: &Tensor, index: usize| -> Result<Tensor> {
                    let product = state.matmul(kernel)?; // (B, H)
                    if !reset_after {
                        return Ok(product);
                    }
                    product.broadcast_add(&block(&biases.narrow(0, 1, 1)?, index)?)
                };
                let z = gate(&(block(&input, 0)? + product(&state, &kernel_z?, 0)?)?, gates)?;
                let r = gate(&(block(&input, 1)? + product(&state, &kernel_r?, 1)?)?, gates)?;
                let recurrent = if reset_after {
                    (r * product(&state, &kernel_n?, 2)?)?
                } else {
                    product(&(r * &state)?, &kernel_n?, 2)?
                };
                let n = (block(&input, 2)? + recurrent)?.tanh()?;
                (&n + (z * (&state - &n)?)?)?
            }
        };
        states[at] = state.clone();
    }
    Tensor::stack(&states, 1)
}

fn gate(x: &Tensor, activation: GateActivation) -> Result<Tensor> {
    match activation {
        // 1 / (1 + e^−x) through tanh, which neither overflows nor has a wrong gradient.
        GateActivation::Sigmoid => (x * 0.5)?.tanh()?.affine(0.5, 0.5),
        GateActivation::HardSigmoid => {
            let line = x.affine(0.2, 0.5)?;
            let value = line.detach();
            // Constant factors, because candle's minimum and maximum share the gradient of equal values.
            let above = value.ge(1.0)?.to_dtype(x.dtype())?;
            let inside = (value.gt(0.0)?.to_dtype(x.dtype())? - &above)?;
            (line * inside)? + above
        }
    }
}
