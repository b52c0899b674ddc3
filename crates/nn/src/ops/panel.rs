//! The one inner loop of the dense operations: a row times a panel of columns.
//!
//! A matrix is packed into panels of [`LANES`] columns, whose sums stay in vector registers from the first product to
//! the last. Every output is a sum over depth in ascending order, so results do not depend on the packing.

use super::host::Real;

/// Columns of a panel: as many sums as there is room for in the registers of a processor without wide vectors.
pub(crate) const LANES: usize = 32;

/// One vector of outputs.
pub(crate) type Lanes<T> = [T; LANES];

/// A matrix of shape (depth, columns) as panels of shape (depth, [`LANES`]); columns past the end are 0.
pub(crate) struct Panels<T> {
    depth: usize,
    rows: Vec<Lanes<T>>,
}

impl<T: Real> Panels<T> {
    pub(crate) fn pack(depth: usize, columns: usize, value: impl Fn(usize, usize) -> T) -> Self {
        let mut rows = vec![[T::zero(); LANES]; columns.div_ceil(LANES) * depth];
        for (panel, rows) in rows.chunks_exact_mut(depth.max(1)).enumerate() {
            let first = panel * LANES;
            for (row, lanes) in rows.iter_mut().enumerate() {
                for (lane, column) in lanes.iter_mut().zip(first..columns) {
                    *lane = value(row, column);
                }
            }
        }
        Self { depth, rows }
    }

    /// The rows of one panel.
    pub(crate) fn panel(&self, index: usize) -> &[Lanes<T>] {
        &self.rows[index * self.depth..][..self.depth]
    }
}

/// `start + row · panel`, where the row has as many values as the panel has rows.
pub(crate) fn multiply<T: Real>(start: Lanes<T>, row: &[T], panel: &[Lanes<T>]) -> Lanes<T> {
    let mut sums = start;
    for (&factor, lanes) in row.iter().zip(panel) {
        for (sum, &lane) in sums.iter_mut().zip(lanes) {
            *sum += factor * lane;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiply_is_the_matrix_product_with_a_ragged_last_panel() {
        let (depth, columns) = (5, LANES + 3);
        let matrix = |row: usize, column: usize| (row * columns + column) as f64;
        let panels = Panels::pack(depth, columns, matrix);
        let row: Vec<f64> = (0..depth).map(|d| d as f64 - 2.5).collect();
        for panel in 0..2 {
            let found = multiply([0.5; LANES], &row, panels.panel(panel));
            for (column, found) in (panel * LANES..).zip(found) {
                let terms =
                    (0..depth).map(|d| if column < columns { row[d] * matrix(d, column) } else { 0.0 });
                assert_eq!(found, 0.5 + terms.sum::<f64>());
            }
        }
    }
}
