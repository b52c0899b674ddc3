//! One direction backward through time, over sixteen sequences.

use super::Sizes;
use super::cell::{Cell, tanh};
use super::forward::{BLOCK, Trace, step_of};
use super::lane::{Items, Lane};
use super::product::Product;
use super::weights;
use crate::simd::{Kernel, LANES, Level, Simd};

/// The gradients that reach a direction's sums, at the steps of the sequence.
pub(super) struct Deltas<T> {
    /// Of the gates' sums, (steps, columns).
    pub(super) columns: Vec<Items<T>>,
    /// Of the recurrent product of a GRU's candidate, where that is a sum of its own, (steps, units); else empty.
    pub(super) candidate: Vec<Items<T>>,
}

/// One direction over up to sixteen sequences.
pub(super) struct Backward<'a, T> {
    pub(super) level: Level,
    pub(super) cell: Cell,
    pub(super) sizes: &'a Sizes,
    pub(super) weights: &'a weights::Backward<T>,
    pub(super) trace: &'a Trace<T>,
    /// (items, steps, 2 units).
    pub(super) gradient: &'a [T],
    pub(super) reversed: bool,
}

impl<T: Lane> Kernel for Backward<'_, T> {
    type Output = Deltas<T>;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Deltas<T> {
        match self.cell {
            Cell::Lstm { .. } => self.lstm(),
            Cell::Gru { reset_after, .. } => self.gru(reset_after),
        }
    }
}

impl<T: Lane> Backward<'_, T> {
    /// Adds the gradient of the output at a step.
    #[inline(always)]
    fn add_gradient(&self, at: usize, back: &mut [Items<T>]) {
        let Sizes { steps, units, .. } = *self.sizes;
        let first = if self.reversed { units } else { 0 };
        for (item, gradient) in self.gradient.chunks_exact(steps * 2 * units).enumerate() {
            for (back, &gradient) in back.iter_mut().zip(&gradient[at * 2 * units + first..][..units]) {
                back.0[item] += gradient;
            }
        }
    }

    #[inline(always)]
    fn lstm(self) -> Deltas<T> {
        let Sizes { steps, units, columns, .. } = *self.sizes;
        let (gate, one) = (self.cell.gates(), T::one());
        let mut deltas = Items::zeros(steps * columns);
        // The gradients of the state and of the memory.
        let (mut back, mut memory) = (Items::<T>::zeros(units), Items::<T>::zeros(units));
        let start = Items::zeros(units);
        for index in (0..steps).rev() {
            let (at, before) = step_of(self.reversed, steps, index);
            let gates = &self.trace.gates[at * columns..][..columns];
            let cells = &self.trace.inner[at * units..][..units];
            let former = before.map_or(&start[..], |at| &self.trace.inner[at * units..][..units]);
            let row = &mut deltas[at * columns..][..columns];
            self.add_gradient(at, &mut back);
            for unit in 0..units {
                let [i, f, g, o] = [0, 1, 2, 3].map(|block| gates[block * units + unit]);
                let (slope_i, slope_f, slope_o) = (gate.slope(i), gate.slope(f), gate.slope(o));
                let c = tanh(cells[unit]);
                let (h, former) = (back[unit], former[unit]);
                let mut delta = [h; 4];
                for lane in 0..LANES {
                    let (h, c) = (h.0[lane], c.0[lane]);
                    let of_cell = memory[unit].0[lane] + h * o.0[lane] * (one - c * c);
                    delta[0].0[lane] = of_cell * g.0[lane] * slope_i.0[lane];
                    delta[1].0[lane] = of_cell * former.0[lane] * slope_f.0[lane];
                    delta[2].0[lane] = of_cell * i.0[lane] * (one - g.0[lane] * g.0[lane]);
                    delta[3].0[lane] = h * c * slope_o.0[lane];
                    memory[unit].0[lane] = of_cell * f.0[lane];
                }
                for (block, delta) in delta.into_iter().enumerate() {
                    row[block * units + unit] = delta;
                }
            }
            back.fill(Items([T::zero(); LANES]));
            self.level.run(Product { matrix: &self.weights.recurrent, from: row, sums: &mut back });
        }
        Deltas { columns: deltas, candidate: Vec::new() }
    }

    #[inline(always)]
    fn gru(self, reset_after: bool) -> Deltas<T> {
        let Sizes { steps, units, columns, .. } = *self.sizes;
        let (gate, one, zero) = (self.cell.gates(), T::one(), Items([T::zero(); LANES]));
        let mut deltas = Items::zeros(steps * columns);
        let mut candidate = Items::zeros(if reset_after { steps * units } else { 0 });
        let (mut back, mut reset) = (Items::<T>::zeros(units), Items::<T>::zeros(units));
        let start = Items::zeros(units);
        let Some(matrix) = &self.weights.candidate else { return Deltas { columns: deltas, candidate } };
        for index in (0..steps).rev() {
            let (at, before) = step_of(self.reversed, steps, index);
            let gates = &self.trace.gates[at * columns..][..columns];
            let state = before.map_or(&start[..], |at| &self.trace.hidden[at * units..][..units]);
            let (row, row_n) = deltas[at * columns..][..columns].split_at_mut(2 * units);
            self.add_gradient(at, &mut back);
            for unit in 0..units {
                let (z, n) = (gates[unit], gates[2 * units + unit]);
                let slope_z = gate.slope(z);
                for lane in 0..LANES {
                    let (h, z, n) = (back[unit].0[lane], z.0[lane], n.0[lane]);
                    row[unit].0[lane] = h * (state[unit].0[lane] - n) * slope_z.0[lane];
                    row_n[unit].0[lane] = h * (one - z) * (one - n * n);
                    back[unit].0[lane] = h * z;
                }
            }
            if reset_after {
                let product = &self.trace.inner[at * units..][..units];
                let candidate = &mut candidate[at * units..][..units];
                for unit in 0..units {
                    let r = gates[units + unit];
                    let slope_r = gate.slope(r);
                    for lane in 0..LANES {
                        let n = row_n[unit].0[lane];
                        row[units + unit].0[lane] = n * product[unit].0[lane] * slope_r.0[lane];
                        candidate[unit].0[lane] = n * r.0[lane];
                    }
                }
                self.level.run(Product { matrix, from: candidate, sums: &mut back });
            } else {
                reset.fill(zero);
                self.level.run(Product { matrix, from: row_n, sums: &mut reset });
                for unit in 0..units {
                    let r = gates[units + unit];
                    let slope_r = gate.slope(r);
                    for lane in 0..LANES {
                        let reset = reset[unit].0[lane];
                        row[units + unit].0[lane] = reset * state[unit].0[lane] * slope_r.0[lane];
                        back[unit].0[lane] += reset * r.0[lane];
                    }
                }
            }
            self.level.run(Product { matrix: &self.weights.recurrent, from: row, sums: &mut back });
        }
        Deltas { columns: deltas, candidate }
    }
}

/// The gradient of up to sixteen sequences from the deltas of both directions.
pub(super) struct InputGradient<'a, T> {
    pub(super) level: Level,
    pub(super) sizes: &'a Sizes,
    pub(super) weights: &'a [weights::Backward<T>; 2],
    pub(super) deltas: [&'a Deltas<T>; 2],
    /// (items, inputs, steps).
    pub(super) out: &'a mut [T],
}

impl<T: Lane> Kernel for InputGradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Sizes { inputs, steps, columns, .. } = *self.sizes;
        let mut block = Items::zeros(BLOCK * inputs);
        for start in (0..steps).step_by(BLOCK) {
            let wide = BLOCK.min(steps - start);
            let sums = &mut block[..wide * inputs];
            sums.fill(Items([T::zero(); LANES]));
            for (weights, deltas) in self.weights.iter().zip(self.deltas) {
                let from = &deltas.columns[start * columns..][..wide * columns];
                self.level.run(Product { matrix: &weights.kernel, from, sums });
            }
            for (item, out) in self.out.chunks_exact_mut(inputs * steps).enumerate() {
                for (channel, out) in out.chunks_exact_mut(steps).enumerate() {
                    for (step, out) in out[start..start + wide].iter_mut().enumerate() {
                        *out = sums[step * inputs + channel].0[item];
                    }
                }
            }
        }
    }
}
