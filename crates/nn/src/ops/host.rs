//! The numbers of CPU tensors as slices.

use std::cmp::Ordering;

use candle_core::{CpuStorage, Layout, Result, Storage, StorageRef, Tensor, WithDType};

/// The two float types that operations of this crate are written for.
pub(crate) trait Real: WithDType + Default {
    /// A total order, NaN included, so that selection never panics.
    fn order(self, other: Self) -> Ordering;
}

impl Real for f32 {
    fn order(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

impl Real for f64 {
    fn order(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

/// The elements of a contiguous storage, row-major.
pub(crate) fn elements<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&T::cpu_storage_as_slice(storage)?[start..end]),
        None => candle_core::bail!("a contiguous tensor is needed, not {layout:?}"),
    }
}

/// A contiguous CPU tensor held for reading.
pub(crate) struct Host<'a> {
    storage: StorageRef<'a>,
    layout: &'a Layout,
}

impl<'a> Host<'a> {
    pub(crate) fn of(tensor: &'a Tensor) -> Self {
        let (storage, layout) = tensor.storage_and_layout();
        Self { storage, layout }
    }

    pub(crate) fn elements<T: WithDType>(&self) -> Result<&[T]> {
        match &*self.storage {
            Storage::Cpu(storage) => elements(storage, self.layout),
            _ => candle_core::bail!("a tensor on the CPU is needed"),
        }
    }
}

/// The transpose of a row-major (rows, columns) matrix.
pub(crate) fn transposed<T: Real>(matrix: &[T], columns: usize) -> Vec<T> {
    let mut out = vec![T::zero(); matrix.len()];
    transpose(matrix, columns, &mut out);
    out
}

/// Writes the transpose of a row-major (rows, columns) matrix.
pub(crate) fn transpose<T: Copy>(matrix: &[T], columns: usize, out: &mut [T]) {
    transpose_by(matrix, columns, out, |out, value| *out = value);
}

/// Adds the transpose of a row-major (rows, columns) matrix.
pub(crate) fn add_transposed<T: Real>(matrix: &[T], columns: usize, out: &mut [T]) {
    transpose_by(matrix, columns, out, |out, value| *out += value);
}

fn transpose_by<T: Copy>(matrix: &[T], columns: usize, out: &mut [T], put: impl Fn(&mut T, T)) {
    /// Rows read side by side, whose cache lines are still there for the next columns.
    const BLOCK: usize = 16;
    let rows = matrix.len() / columns.max(1);
    for (block, matrix) in matrix.chunks(BLOCK * columns.max(1)).enumerate() {
        for (column, out) in out.chunks_exact_mut(rows.max(1)).enumerate() {
            let values = matrix[column..].iter().step_by(columns);
            for (out, &value) in out[block * BLOCK..].iter_mut().zip(values) {
                put(out, value);
            }
        }
    }
}

/// `sum[i] += factor * values[i]`.
pub(crate) fn add_scaled<T: Real>(sum: &mut [T], factor: T, values: &[T]) {
    for (sum, &value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}
