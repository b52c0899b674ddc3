//! One direction over sixteen sequences: all input projections, then step by step.

use super::Sizes;
use super::cell::{Cell, tanh};
use super::lane::{Items, Lane};
use super::product::Product;
use super::weights;
use crate::simd::{Kernel, LANES, Level, Simd};

/// Steps whose inputs are gathered and projected together.
pub(super) const BLOCK: usize = 8;

/// What the backward pass needs of one direction over sixteen sequences, at the steps of the sequence.
pub(super) struct Trace<T> {
    /// The gates' values, (steps, columns).
    pub(super) gates: Vec<Items<T>>,
    /// The state after each step, (steps, units).
    pub(super) hidden: Vec<Items<T>>,
    /// (steps, units): an LSTM's cell, or a GRU's recurrent product of the candidate.
    pub(super) inner: Vec<Items<T>>,
}

impl<T: Lane> Trace<T> {
    pub(super) fn new(sizes: &Sizes) -> Self {
        let of_units = || Items::zeros(sizes.steps * sizes.units);
        Self { gates: Items::zeros(sizes.steps * sizes.columns), hidden: of_units(), inner: of_units() }
    }
}

/// The step that is `index`-th in its direction, and the one before it.
pub(super) fn step_of(reversed: bool, steps: usize, index: usize) -> (usize, Option<usize>) {
    let at = |index: usize| if reversed { steps - 1 - index } else { index };
    (at(index), index.checked_sub(1).map(at))
}

/// One direction over up to sixteen sequences.
pub(super) struct Forward<'a, T> {
    pub(super) level: Level,
    pub(super) cell: Cell,
    pub(super) sizes: &'a Sizes,
    pub(super) weights: &'a weights::Forward<T>,
    /// (items, inputs, steps).
    pub(super) x: &'a [T],
    pub(super) reversed: bool,
    pub(super) trace: &'a mut Trace<T>,
}

impl<T: Lane> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, _: S) {
        self.project();
        match self.cell {
            Cell::Lstm { .. } => self.lstm(),
            Cell::Gru { reset_after, .. } => self.gru(reset_after),
        }
    }
}

impl<T: Lane> Forward<'_, T> {
    #[inline(always)]
    fn project(&mut self) {
        let Sizes { inputs, steps, columns, .. } = *self.sizes;
        let mut block = Items::zeros(BLOCK * inputs);
        for start in (0..steps).step_by(BLOCK) {
            let wide = BLOCK.min(steps - start);
            gather(self.x, (inputs, steps), start, &mut block[..wide * inputs]);
            let rows = &mut self.trace.gates[start * columns..][..wide * columns];
            for row in rows.chunks_exact_mut(columns) {
                for (row, &bias) in row.iter_mut().zip(&self.weights.bias) {
                    *row = Items([bias; LANES]);
                }
            }
            self.level.run(Product {
                matrix: &self.weights.kernel,
                from: &block[..wide * inputs],
                sums: rows,
            });
        }
    }

    #[inline(always)]
    fn lstm(&mut self) {
        let Sizes { steps, units, columns, .. } = *self.sizes;
        let gate = self.cell.gates();
        let (mut state, mut memory) = (Items::<T>::zeros(units), Items::<T>::zeros(units));
        for index in 0..steps {
            let (at, _) = step_of(self.reversed, steps, index);
            let row = &mut self.trace.gates[at * columns..][..columns];
            self.level.run(Product { matrix: &self.weights.recurrent, from: &state, sums: row });
            for unit in 0..units {
                let [i, f, o] = [unit, units + unit, 3 * units + unit].map(|column| row[column]);
                let (i, f, o) = (gate.of(i), gate.of(f), gate.of(o));
                let g = tanh(row[2 * units + unit]);
                let mut c = memory[unit];
                for lane in 0..LANES {
                    c.0[lane] = f.0[lane] * c.0[lane] + i.0[lane] * g.0[lane];
                }
                let mut h = tanh(c);
                for lane in 0..LANES {
                    h.0[lane] *= o.0[lane];
                }
                (row[unit], row[units + unit], row[2 * units + unit], row[3 * units + unit]) = (i, f, g, o);
                (memory[unit], state[unit]) = (c, h);
            }
            self.trace.inner[at * units..][..units].copy_from_slice(&memory);
            self.trace.hidden[at * units..][..units].copy_from_slice(&state);
        }
    }

    #[inline(always)]
    fn gru(&mut self, reset_after: bool) {
        let Sizes { steps, units, columns, .. } = *self.sizes;
        let gate = self.cell.gates();
        let Some(candidate) = &self.weights.candidate else { return };
        let (mut state, mut reset) = (Items::<T>::zeros(units), Items::<T>::zeros(units));
        for index in 0..steps {
            let (at, _) = step_of(self.reversed, steps, index);
            let row = &mut self.trace.gates[at * columns..][..columns];
            let (gates, candidates) = row.split_at_mut(2 * units);
            self.level.run(Product { matrix: &self.weights.recurrent, from: &state, sums: gates });
            for gates in gates.iter_mut() {
                *gates = gate.of(*gates);
            }
            let (z, r) = gates.split_at(units);
            if reset_after {
                let product = &mut self.trace.inner[at * units..][..units];
                for (product, &bias) in product.iter_mut().zip(&self.weights.candidate_bias) {
                    *product = Items([bias; LANES]);
                }
                self.level.run(Product { matrix: candidate, from: &state, sums: product });
                for ((n, product), r) in candidates.iter_mut().zip(&*product).zip(r) {
                    for lane in 0..LANES {
                        n.0[lane] += r.0[lane] * product.0[lane];
                    }
                }
            } else {
                for ((reset, state), r) in reset.iter_mut().zip(&state).zip(r) {
                    for lane in 0..LANES {
                        reset.0[lane] = r.0[lane] * state.0[lane];
                    }
                }
                self.level.run(Product { matrix: candidate, from: &reset, sums: candidates });
            }
            for ((n, z), state) in candidates.iter_mut().zip(z).zip(&mut state) {
                *n = tanh(*n);
                for lane in 0..LANES {
                    // z h + (1 − z) n
                    state.0[lane] = n.0[lane] + z.0[lane] * (state.0[lane] - n.0[lane]);
                }
            }
            self.trace.hidden[at * units..][..units].copy_from_slice(&state);
        }
    }
}

/// The inputs of a block of steps, (steps, channels) of sixteen items, from items of (channels, steps). Lanes without an
/// item are left as they are.
fn gather<T: Copy>(x: &[T], (channels, steps): (usize, usize), start: usize, block: &mut [Items<T>]) {
    let wide = block.len() / channels;
    for (item, x) in x.chunks_exact(channels * steps).enumerate() {
        for (channel, x) in x.chunks_exact(steps).enumerate() {
            for (step, &value) in x[start..start + wide].iter().enumerate() {
                block[step * channels + channel].0[item] = value;
            }
        }
    }
}
