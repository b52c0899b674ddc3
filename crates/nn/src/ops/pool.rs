//! ReLU and max pooling of vectors of outputs.

use super::relu_pool::NOWHERE;
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// The running maximum of ReLU outputs and where it is.
pub(crate) struct Pooled<S: Simd> {
    pub(crate) best: S::Vector,
    pub(crate) at: S::Vector,
}

impl<S: Simd> Pooled<S> {
    /// ReLU is the same as starting from 0 and moving only to something larger.
    #[inline(always)]
    pub(crate) fn new(simd: S) -> Self {
        Self { best: simd.splat(0.0), at: simd.splat(f32::from_bits(NOWHERE)) }
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, simd: S, value: S::Vector, row: usize) {
        let better = simd.exceeds(value, self.best);
        self.best = simd.select(better, value, self.best);
        self.at = simd.select(better, simd.splat(f32::from_bits(row as u32)), self.at);
    }
}

/// The pooled maximum of each window of rows of a product.
pub(crate) struct PoolRows<'a> {
    /// (rows, vectors).
    pub(crate) rows: &'a [Lanes],
    pub(crate) vectors: usize,
    pub(crate) pool: usize,
    /// The vector that is pooled.
    pub(crate) vector: usize,
    /// One a window.
    pub(crate) best: &'a mut [Lanes],
    pub(crate) at: &'a mut [Lanes],
}

impl Kernel for PoolRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, vectors, pool, vector, best, at } = self;
        for (window, (best, at)) in best.iter_mut().zip(at).enumerate() {
            let mut pooled = Pooled::new(simd);
            for row in window * pool..(window + 1) * pool {
                pooled.take(simd, simd.load(&rows[row * vectors + vector].0), row);
            }
            simd.store(pooled.best, &mut best.0);
            simd.store(pooled.at, &mut at.0);
        }
    }
}

/// Numbers of a vector beside each other to numbers of an output beside each other: sixteen rows of `out`, `stride`
/// apart, of which the last may be missing.
pub(crate) fn spread<T>(lanes: &[Lanes], out: &mut [T], stride: usize, value: impl Fn(f32) -> T) {
    for (block, lanes) in lanes.chunks(LANES).enumerate() {
        for (lane, out) in out.chunks_mut(stride).enumerate().take(LANES) {
            let out = &mut out[block * LANES..][..lanes.len()];
            for (out, lanes) in out.iter_mut().zip(lanes) {
                *out = value(lanes.0[lane]);
            }
        }
    }
}
