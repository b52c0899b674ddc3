//! The weights of one direction, from the flat tensor that the operation takes, packed for its products.

use super::Sizes;
use super::cell::Cell;
use super::lane::Lane;
use super::product::Matrix;
use crate::simd::Level;

/// The weights of one direction as slices.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a, T> {
    /// (inputs, columns).
    kernel: &'a [T],
    /// (units, columns).
    recurrent: &'a [T],
    /// (columns), or two rows of them.
    bias: &'a [T],
}

impl<'a, T: Lane> Weights<'a, T> {
    /// Both directions of a flat tensor: kernel, recurrent kernel and bias of the forward one, then of the backward one.
    pub(super) fn both(sizes: &Sizes, flat: &'a [T]) -> [Self; 2] {
        let (forward, backward) = flat.split_at(flat.len() / 2);
        [forward, backward].map(|flat| {
            let (kernel, rest) = flat.split_at(sizes.inputs * sizes.columns);
            let (recurrent, bias) = rest.split_at(sizes.units * sizes.columns);
            Self { kernel, recurrent, bias }
        })
    }
}

/// One direction's weights for the forward pass.
pub(super) struct Forward<T> {
    /// (inputs, columns).
    pub(super) kernel: Matrix<T>,
    /// (units, columns that multiply the state itself).
    pub(super) recurrent: Matrix<T>,
    /// (units, units) of a GRU's candidate.
    pub(super) candidate: Option<Matrix<T>>,
    /// What every step starts from, (columns).
    pub(super) bias: Vec<T>,
    /// What a GRU's recurrent product of the candidate starts from, (units).
    pub(super) candidate_bias: Vec<T>,
}

impl<T: Lane> Forward<T> {
    pub(super) fn pack(level: Level, cell: Cell, sizes: &Sizes, weights: Weights<'_, T>) -> Self {
        let Sizes { inputs, units, columns, .. } = *sizes;
        let first = cell.first_columns(units);
        let Weights { kernel, recurrent, bias } = weights;
        let (input_bias, recurrent_bias) = bias.split_at(columns);
        let mut bias = input_bias.to_vec();
        // Both biases of the gates are added to the same sum.
        for (bias, &recurrent) in bias.iter_mut().zip(&recurrent_bias[..first.min(recurrent_bias.len())]) {
            *bias += recurrent;
        }
        let candidate_bias = match recurrent_bias.get(first..) {
            Some(bias) => bias.to_vec(),
            None => vec![T::zero(); columns - first],
        };
        Self {
            kernel: Matrix::pack(level, (inputs, columns), |d, o| kernel[d * columns + o]),
            recurrent: Matrix::pack(level, (units, first), |d, o| recurrent[d * columns + o]),
            candidate: (first < columns)
                .then(|| Matrix::pack(level, (units, units), |d, o| recurrent[d * columns + first + o])),
            bias,
            candidate_bias,
        }
    }
}

/// One direction's weights for the backward pass: the transposes.
pub(super) struct Backward<T> {
    /// (columns, inputs).
    pub(super) kernel: Matrix<T>,
    /// (columns that multiply the state itself, units).
    pub(super) recurrent: Matrix<T>,
    /// (units, units) of a GRU's candidate.
    pub(super) candidate: Option<Matrix<T>>,
}

impl<T: Lane> Backward<T> {
    pub(super) fn pack(level: Level, cell: Cell, sizes: &Sizes, weights: Weights<'_, T>) -> Self {
        let Sizes { inputs, units, columns, .. } = *sizes;
        let first = cell.first_columns(units);
        let Weights { kernel, recurrent, .. } = weights;
        Self {
            kernel: Matrix::pack(level, (columns, inputs), |d, o| kernel[o * columns + d]),
            recurrent: Matrix::pack(level, (first, units), |d, o| recurrent[o * columns + d]),
            candidate: (first < columns)
                .then(|| Matrix::pack(level, (units, units), |d, o| recurrent[o * columns + first + d])),
        }
    }
}
