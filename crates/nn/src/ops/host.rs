//! The numbers of CPU tensors as slices.

use std::cmp::Ordering;

use candle_core::{CpuStorage, Layout, Result, Storage, StorageRef, Tensor, WithDType};

/// The two float types that operations of this crate are written for.
pub(crate) trait Real: WithDType + Default {
    /// A total order, NaN included, so that selection never panics.
    fn order(self, other: Self) -> Ordering;

    /// Whether it is no number.
    fn is_nan(self) -> bool;
}

impl Real for f32 {
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn order(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

impl Real for f64 {
    fn is_nan(self) -> bool {
        self.is_nan()
    }

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
    /// Side of a square that is read row by row into a few cache lines, and written column by column from there.
    const SIDE: usize = 16;
    let Some(&any) = matrix.first() else { return };
    let rows = matrix.len() / columns;
    let mut square = [[any; SIDE]; SIDE];
    for (row, matrix) in (0..rows).step_by(SIDE).zip(matrix.chunks(SIDE * columns)) {
        let high = SIDE.min(rows - row);
        for column in (0..columns).step_by(SIDE) {
            let wide = SIDE.min(columns - column);
            for (square, values) in square.iter_mut().zip(matrix.chunks_exact(columns)) {
                match values[column..].first_chunk::<SIDE>() {
                    Some(values) => *square = *values,
                    None => square[..wide].copy_from_slice(&values[column..]),
                }
            }
            for (lane, out) in out[column * rows..].chunks_exact_mut(rows).enumerate().take(wide) {
                let out = &mut out[row..][..high];
                if let Some(out) = out.first_chunk_mut::<SIDE>() {
                    for (out, square) in out.iter_mut().zip(&square) {
                        put(out, square[lane]);
                    }
                } else {
                    for (out, square) in out.iter_mut().zip(&square) {
                        put(out, square[lane]);
                    }
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transpose_swaps_rows_and_columns_of_any_shape() {
        for (rows, columns) in [(1, 1), (0, 3), (1, 5), (16, 16), (17, 31), (64, 297), (33, 2)] {
            let matrix: Vec<f32> = (0..rows * columns).map(|index| index as f32).collect();
            let mut out = vec![0.0; matrix.len()];
            transpose(&matrix, columns, &mut out);
            add_transposed(&matrix, columns, &mut out);
            for (index, value) in out.into_iter().enumerate() {
                let (column, row) = (index / rows, index % rows);
                assert_eq!(value, 2.0 * matrix[row * columns + column], "{rows} {columns} {index}");
            }
        }
    }
}
