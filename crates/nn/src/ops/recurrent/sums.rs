//! The gradients of weights: sums over sequences and steps, in this order.

use rayon::prelude::*;

use super::Sizes;
use super::backward::Deltas;
use super::lane::{Items, Lane};
use super::product::{Matrix, Product};
use crate::simd::{LANES, Level};

/// Deltas of one sequence after another, each as vectors of sixteen columns: (items, vectors, steps).
pub(super) struct Panels<T> {
    vectors: usize,
    items: Vec<Vec<Items<T>>>,
}

impl<T: Lane> Panels<T> {
    /// Those of the gates' sums; the recurrent ones where a GRU's candidate has a product of its own, if asked for.
    pub(super) fn of(sizes: &Sizes, chunks: &[Deltas<T>], recurrent: bool) -> Self {
        let Sizes { batch, steps, units, columns, .. } = *sizes;
        let vectors = columns.div_ceil(LANES);
        let items = (0..batch).into_par_iter().map(|item| {
            let (Deltas { columns: deltas, candidate }, lane) = (&chunks[item / LANES], item % LANES);
            let replaced = if recurrent && !candidate.is_empty() { 2 * units } else { columns };
            let mut panel = Items::zeros(vectors * steps);
            for step in 0..steps {
                for (vector, panel) in panel[step..].iter_mut().step_by(steps).enumerate() {
                    for (out, column) in panel.0.iter_mut().zip(vector * LANES..columns) {
                        *out = match column.checked_sub(replaced) {
                            Some(unit) => candidate[step * units + unit].0[lane],
                            None => deltas[step * columns + column].0[lane],
                        };
                    }
                }
            }
            panel
        });
        Self { vectors, items: items.collect() }
    }

    /// Sums over sequences and steps, (columns).
    pub(super) fn total(&self, columns: usize, steps: usize) -> Vec<T> {
        let mut sums = Items::zeros(self.vectors);
        for panel in &self.items {
            for (sum, panel) in sums.iter_mut().zip(panel.chunks_exact(steps)) {
                for items in panel {
                    for (sum, value) in sum.0.iter_mut().zip(items.0) {
                        *sum += value;
                    }
                }
            }
        }
        sums.iter().flat_map(|sum| sum.0).take(columns).collect()
    }

    /// Σ value(item, row, step) · delta over items and steps: (rows, columns).
    pub(super) fn products(
        &self,
        level: Level,
        sizes: &Sizes,
        rows: usize,
        value: impl Fn(usize, usize, usize) -> T + Sync,
    ) -> Vec<T> {
        let Sizes { steps, columns, .. } = *sizes;
        // Each sum is that of one row and column, so the cut does not change it.
        let high = rows.div_ceil(2 * rayon::current_num_threads()).clamp(12, 96);
        let mut out = vec![T::zero(); rows * columns];
        out.par_chunks_mut(high * columns).enumerate().for_each(|(part, out)| {
            let (first, high) = (part * high, out.len() / columns);
            let mut sums = Items::zeros(self.vectors * high);
            let mut matrix = Matrix::pack(level, (steps, 0), |_, _| T::zero());
            for (item, panel) in self.items.iter().enumerate() {
                matrix.refill(high, |step, row| value(item, first + row, step));
                level.run(Product { matrix: &matrix, from: panel, sums: &mut sums });
            }
            for (row, out) in out.chunks_exact_mut(columns).enumerate() {
                for (vector, out) in out.chunks_mut(LANES).enumerate() {
                    out.copy_from_slice(&sums[vector * high + row].0[..out.len()]);
                }
            }
        });
        out
    }
}
