//! What the convolutions share: shapes, ReLU and max pooling of a row of outputs, and where each maximum was.

use rayon::prelude::*;

use super::host::Real;
use super::mask::Mask;
use super::panel::{LANES, Lanes};
use super::pool::spread;
use super::sparse::Term;
use crate::memory::{self, keep_freed_pages};
use crate::simd::{Kernel, Level, Simd};
use crate::{NnError, simd};

/// Positions left by a convolution without padding and max pooling without the incomplete last window:
/// ⌊(length − kernel + 1) / pool⌋, or `None` if that is not at least 1.
///
/// *Units*: bp or positions of the layer below.
///
/// ```
/// use ciskit_nn::ops::pooled_length;
///
/// assert_eq!(pooled_length(3000, 25, 10), Some(297));
/// assert_eq!(pooled_length(28, 13, 5), Some(3)); // 16 positions, the last one dropped
/// assert_eq!(pooled_length(28, 25, 10), None);
/// ```
#[must_use]
pub fn pooled_length(length: usize, kernel: usize, pool: usize) -> Option<usize> {
    let convolved = (length + 1).checked_sub(kernel.max(1))?;
    convolved.checked_div(pool).filter(|&positions| positions > 0)
}

/// The shapes of one convolution → ReLU → pooling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) batch: usize,
    pub(crate) inputs: usize,
    pub(crate) length: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) pool: usize,
    pub(crate) pooled: usize,
}

impl Block {
    /// Checks the input (batch, inputs, length) against `weight` (outputs, inputs, kernel) and `bias` (outputs).
    pub(crate) fn new(
        (batch, inputs, length): (usize, usize, usize),
        weight: &[usize],
        bias: &[usize],
        pool: usize,
    ) -> Result<Self, NnError> {
        let &[outputs, weight_inputs, kernel] = weight else {
            return Err(NnError::shape("convolution weight", "(outputs, inputs, kernel)", weight));
        };
        if weight_inputs != inputs || outputs == 0 || kernel == 0 {
            let expected = format!("(outputs, {inputs}, kernel) with no empty side");
            return Err(NnError::shape("convolution weight", expected, weight));
        }
        if bias != [outputs] {
            return Err(NnError::shape("convolution bias", format!("({outputs})"), bias));
        }
        let pooled = pooled_length(length, kernel, pool).ok_or(NnError::TooShort { length, kernel, pool })?;
        Ok(Self { batch, inputs, length, outputs, kernel, pool, pooled })
    }

    /// Panels that the outputs fill.
    fn panels(&self) -> usize {
        self.outputs.div_ceil(LANES)
    }
}

/// Where no position was picked: the maximum was not positive, so ReLU stops the gradient.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Pooled outputs of shape (batch, outputs, pooled), and the convolution position that each of them came from.
pub(crate) struct Pooled<T> {
    pub(crate) values: Vec<T>,
    pub(crate) picks: Picks,
}

/// Computes every item of a batch in parallel; `prepare` gives for one item the
/// function from a panel of outputs and a position to the convolution there.
pub(crate) fn relu_pool<T, P, F>(block: &Block, mask: Option<&Mask>, prepare: P) -> Pooled<T>
where
    T: Real,
    P: Fn(usize) -> F + Sync,
    F: Fn(usize, usize) -> Lanes<T>,
{
    let item_len = block.outputs * block.pooled;
    let mut values = vec![T::zero(); block.batch * item_len];
    let mut positions = vec![NOWHERE; values.len()];
    values.par_chunks_mut(item_len).zip(positions.par_chunks_mut(item_len)).enumerate().for_each(
        |(item, (values, positions))| {
            let convolve = prepare(item);
            for panel in 0..block.panels() {
                pool_panel(block, panel, |row| convolve(panel, row), values, positions);
            }
            if let Some(mask) = mask {
                mask.drop_pooled(Level::Portable, item * item_len, values, positions, &mut Vec::new());
            }
        },
    );
    Pooled { values, picks: Picks::new(block, positions, mask) }
}

/// [`relu_pool`] in vectors: `pool` fills in the best value and its row in every window, for each vector of outputs.
///
/// `scratch` is made once for many items.
pub(crate) fn relu_pool_vectors<S: Send>(
    level: Level,
    block: &Block,
    mask: Option<&Mask>,
    scratch: impl Fn() -> S + Sync,
    pool: impl Fn(&mut S, usize, usize, &mut [simd::Lanes], &mut [simd::Lanes]) + Sync,
) -> Pooled<f32> {
    keep_freed_pages();
    let item_len = block.outputs * block.pooled;
    let vector_len = simd::LANES * block.pooled;
    let mut values = vec![0.0; block.batch * item_len];
    let mut positions = memory::places(values.len());
    values.par_chunks_mut(item_len).zip(positions.par_chunks_mut(item_len)).enumerate().for_each_init(
        || (scratch(), [(); 2].map(|()| vec![simd::Lanes::ZERO; block.pooled]), Vec::new()),
        |(scratch, [best, at], bits), (item, (values, positions))| {
            let vectors = values.chunks_mut(vector_len).zip(positions.chunks_mut(vector_len));
            for (vector, (values, positions)) in vectors.enumerate() {
                pool(scratch, item, vector, best, at);
                spread(best, values, block.pooled, |value| value);
                spread(at, positions, block.pooled, f32::to_bits);
            }
            if let Some(mask) = mask {
                mask.drop_pooled(level, item * item_len, values, positions, bits);
            }
        },
    );
    Pooled { values, picks: Picks::new(block, positions, mask) }
}

/// Takes the positions of one panel through their pooling windows.
fn pool_panel<T: Real>(
    block: &Block,
    panel: usize,
    convolve: impl Fn(usize) -> Lanes<T>,
    values: &mut [T],
    positions: &mut [u32],
) {
    for window in 0..block.pooled {
        // ReLU is the same as starting from 0 and moving only to something larger.
        let mut best: Lanes<T> = [T::zero(); LANES];
        let mut at = [NOWHERE; LANES];
        for row in window * block.pool..(window + 1) * block.pool {
            for ((best, at), sum) in best.iter_mut().zip(&mut at).zip(convolve(row)) {
                // The second comparison lets NaN through, and lets it stay.
                let better = sum > *best || sum.is_nan();
                *best = if better { sum } else { *best };
                *at = if better { row as u32 } else { *at };
            }
        }
        for (output, (best, at)) in (panel * LANES..block.outputs).zip(best.into_iter().zip(at)) {
            let index = output * block.pooled + window;
            (values[index], positions[index]) = (best, at);
        }
    }
}

/// The convolution positions that a forward pass picked, which are the only ones with a gradient.
pub(crate) struct Picks {
    positions: Vec<u32>,
    outputs: usize,
    pooled: usize,
    /// Factor between a pooled value and its position's.
    scale: f64,
}

impl Picks {
    pub(crate) fn new(block: &Block, positions: Vec<u32>, mask: Option<&Mask>) -> Self {
        let scale = mask.map_or(1.0, Mask::scale);
        Self { positions, outputs: block.outputs, pooled: block.pooled, scale }
    }

    /// The picked positions of one output of one item with the gradient that reaches each.
    pub(crate) fn gradients<'a, T: Real>(
        &'a self,
        gradient: &'a [T],
        item: usize,
        output: usize,
    ) -> impl Iterator<Item = (usize, T)> + 'a {
        let start = (item * self.outputs + output) * self.pooled;
        let range = start..start + self.pooled;
        let pairs = self.positions[range.clone()].iter().zip(&gradient[range]);
        let scale = T::from_f64(self.scale);
        pairs.filter(|(at, _)| **at != NOWHERE).map(move |(&at, &gradient)| (at as usize, gradient * scale))
    }

    /// Writes the picked positions of one output of one item with the gradient that reaches each, and gives the sum
    /// of the gradients. A gradient of exactly 0, as dropout leaves them, is left out.
    pub(crate) fn terms(
        &self,
        level: Level,
        gradient: &[f32],
        item: usize,
        output: usize,
        terms: &mut Vec<Term>,
    ) -> f32 {
        let start = (item * self.outputs + output) * self.pooled;
        let range = start..start + self.pooled;
        let (positions, gradient) = (&self.positions[range.clone()], &gradient[range]);
        terms.resize(self.pooled, (0, 0.0));
        let scale = self.scale as f32;
        let (kept, sum) = level.run(Compact { positions, gradient, scale, terms });
        terms.truncate(kept);
        sum
    }

    /// The gradient of the bias: for each output the sum over items and positions, in this order.
    pub(crate) fn bias_gradient<T: Real>(&self, gradient: &[T]) -> Vec<T> {
        let items = gradient.len() / (self.outputs * self.pooled);
        let of = |output| {
            let all = (0..items).flat_map(|item| self.gradients(gradient, item, output));
            all.fold(T::zero(), |sum, (_, gradient)| sum + gradient)
        };
        (0..self.outputs).map(of).collect()
    }
}

impl Drop for Picks {
    fn drop(&mut self) {
        memory::give_back(std::mem::take(&mut self.positions));
    }
}

/// Moves the positions that have a gradient to the front; gives their number, and the sum of the gradients.
struct Compact<'a> {
    positions: &'a [u32],
    gradient: &'a [f32],
    scale: f32,
    terms: &'a mut [Term],
}

impl Kernel for Compact<'_> {
    type Output = (usize, f32);

    /// Nothing here is written in vectors; the compiler makes them of the sums.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> (usize, f32) {
        let Self { positions, gradient, scale, terms } = self;
        let mut sums = [0.0; simd::LANES];
        for (positions, gradient) in positions.chunks(simd::LANES).zip(gradient.chunks(simd::LANES)) {
            for (sum, (&at, &gradient)) in sums.iter_mut().zip(positions.iter().zip(gradient)) {
                *sum += if at == NOWHERE { 0.0 } else { gradient * scale };
            }
        }
        // Written always and kept sometimes: which ones are kept is random, and a branch would be mispredicted.
        let mut kept = 0;
        for (&at, &gradient) in positions.iter().zip(gradient) {
            if let Some(term) = terms.get_mut(kept) {
                *term = (at, gradient * scale);
            }
            kept += usize::from((at != NOWHERE) & (gradient != 0.0));
        }
        (kept, sums.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooled_length_is_the_floor_of_the_definition() {
        for length in 0..40usize {
            for kernel in 1..10 {
                for pool in 1..7 {
                    let positions = (length as i64 - kernel as i64 + 1).max(0) as usize / pool;
                    let expected = (positions > 0).then_some(positions);
                    assert_eq!(pooled_length(length, kernel, pool), expected, "{length} {kernel} {pool}");
                }
            }
        }
        assert_eq!(pooled_length(10, 3, 0), None);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused_by_name() {
        let message = |shape, weight: &[usize], bias: &[usize], pool| {
            Block::new(shape, weight, bias, pool).unwrap_err().to_string()
        };
        assert!(message((1, 4, 9), &[2, 3, 5], &[2], 2).contains("convolution weight has shape [2, 3, 5]"));
        assert!(message((1, 4, 9), &[2, 4], &[2], 2).contains("(outputs, inputs, kernel)"));
        assert!(
            message((1, 4, 9), &[2, 4, 5], &[3], 2).contains("convolution bias has shape [3], expected (2)")
        );
        assert_eq!(
            message((1, 4, 9), &[2, 4, 5], &[2], 6),
            "length 9 leaves no position after a convolution of width 5 and pooling by 6"
        );
        assert!(message((1, 4, 9), &[2, 4, 5], &[2], 0).contains("pooling by 0"));
    }
}
