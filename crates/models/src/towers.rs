//! What networks of two towers check alike.

use ciskit_core::Side;
use ciskit_nn::{Tensor, ops};

use crate::ModelError;

/// Positions that a tower's only block leaves.
pub(crate) fn pooled(side: Side, length: usize, kernel: usize, pool: usize) -> Result<usize, ModelError> {
    let too_short = ModelError::TooShort { block: 1, side, length, kernel, pool };
    ops::pooled_length(length, kernel, pool).ok_or(too_short)
}

/// Refuses sizes of 0.
pub(crate) fn check_sizes<const N: usize>(sizes: [(&str, usize); N]) -> Result<(), ModelError> {
    match sizes.into_iter().find(|(_, size)| *size == 0) {
        Some((key, size)) => Err(ModelError::value(key, "at least 1", size)),
        None => Ok(()),
    }
}

/// Refuses a dropout rate outside [0, 1).
pub(crate) fn check_dropout(rate: f64) -> Result<(), ModelError> {
    // Written so that NaN is refused.
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(ModelError::value("dropout", "at least 0 and below 1", rate))
}

/// Refuses windows of another length than the network reads.
pub(crate) fn check_length(side: Side, expected: usize, codes: &Tensor) -> Result<(), ModelError> {
    match codes.dims() {
        // Other ranks are for the convolution to refuse.
        &[_, found] if found != expected => Err(ModelError::InputLength { side, expected, found }),
        _ => Ok(()),
    }
}
