//! Sixteen items of a batch side by side, in `f32` or `f64`.

use super::super::host::Real;
use super::activation;
use crate::simd::{LANES, Simd};

/// One number of each of sixteen items, or sixteen numbers of one item; aligned so that no vector crosses a cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Items<T>(pub(super) [T; LANES]);

impl<T: Real> Items<T> {
    pub(super) fn splat(value: T) -> Self {
        Self([value; LANES])
    }

    pub(super) fn zeros(len: usize) -> Vec<Self> {
        vec![Self::splat(T::zero()); len]
    }
}

/// A float type with vectors of sixteen, and the functions of a recurrent cell.
///
/// Everything is inlined into a kernel, and so compiled for its instructions.
pub(super) trait Lane: Real {
    /// Sixteen numbers in registers.
    type Vector<S: Simd>: Copy;

    fn broadcast<S: Simd>(self, simd: S) -> Self::Vector<S>;
    fn load<S: Simd>(simd: S, from: &Items<Self>) -> Self::Vector<S>;
    fn store<S: Simd>(simd: S, vector: Self::Vector<S>, to: &mut Items<Self>);
    /// `a · b + c`.
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;

    fn sigmoid(self) -> Self;
    fn tanh(self) -> Self;
}

impl Lane for f32 {
    type Vector<S: Simd> = S::Vector;

    #[inline(always)]
    fn broadcast<S: Simd>(self, simd: S) -> S::Vector {
        simd.splat(self)
    }

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &Items<f32>) -> S::Vector {
        simd.load(&from.0)
    }

    #[inline(always)]
    fn store<S: Simd>(simd: S, vector: S::Vector, to: &mut Items<f32>) {
        simd.store(vector, &mut to.0);
    }

    #[inline(always)]
    fn mul_add<S: Simd>(simd: S, a: S::Vector, b: S::Vector, c: S::Vector) -> S::Vector {
        simd.mul_add(a, b, c)
    }

    #[inline(always)]
    fn sigmoid(self) -> f32 {
        activation::sigmoid(self)
    }

    #[inline(always)]
    fn tanh(self) -> f32 {
        activation::tanh(self)
    }
}

impl Lane for f64 {
    type Vector<S: Simd> = [f64; LANES];

    #[inline(always)]
    fn broadcast<S: Simd>(self, _: S) -> [f64; LANES] {
        [self; LANES]
    }

    #[inline(always)]
    fn load<S: Simd>(_: S, from: &Items<f64>) -> [f64; LANES] {
        from.0
    }

    #[inline(always)]
    fn store<S: Simd>(_: S, vector: [f64; LANES], to: &mut Items<f64>) {
        to.0 = vector;
    }

    #[inline(always)]
    fn mul_add<S: Simd>(_: S, a: [f64; LANES], b: [f64; LANES], c: [f64; LANES]) -> [f64; LANES] {
        let mut sums = c;
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(&b)) {
            *sum += a * b;
        }
        sums
    }

    #[inline(always)]
    fn sigmoid(self) -> f64 {
        1.0 / (1.0 + (-self).exp())
    }

    #[inline(always)]
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
}
