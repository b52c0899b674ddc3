//! Sums over the few positions that have a gradient.

use crate::simd::{Kernel, LANES, Simd};

/// A position and its factor.
pub(crate) type Term = (u32, f32);

/// `sums += Σ factor · values[at · stride..]` over terms, each slice as long as `sums`.
///
/// Every sum runs over the terms in their order.
pub(crate) struct Gather<'a> {
    pub(crate) sums: &'a mut [f32],
    pub(crate) values: &'a [f32],
    /// Numbers of a position.
    pub(crate) stride: usize,
    pub(crate) terms: &'a [Term],
}

impl Kernel for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        /// Vectors whose sums stay in registers over all terms.
        const WIDE: usize = 8;
        let Self { sums, values, stride, terms } = self;
        let mut from = 0;
        let (vectors, tail) = sums.as_chunks_mut::<LANES>();
        let (blocks, rest) = vectors.as_chunks_mut::<WIDE>();
        for block in blocks {
            gather(simd, block, &values[from..], stride, terms);
            from += WIDE * LANES;
        }
        for vector in rest {
            gather(simd, std::array::from_mut(vector), &values[from..], stride, terms);
            from += LANES;
        }
        for sum in tail {
            for &(at, factor) in terms {
                *sum += factor * values[at as usize * stride + from];
            }
            from += 1;
        }
    }
}

#[inline(always)]
fn gather<S: Simd, const N: usize>(
    simd: S,
    sums: &mut [[f32; LANES]; N],
    values: &[f32],
    stride: usize,
    terms: &[Term],
) {
    let mut held = [simd.splat(0.0); N];
    for (held, sum) in held.iter_mut().zip(&*sums) {
        *held = simd.load(sum);
    }
    for &(at, factor) in terms {
        let factor = simd.splat(factor);
        let (values, _) = values[at as usize * stride..][..N * LANES].as_chunks::<LANES>();
        for (held, values) in held.iter_mut().zip(values) {
            *held = simd.mul_add(factor, simd.load(values), *held);
        }
    }
    for (held, sum) in held.into_iter().zip(sums) {
        simd.store(held, sum);
    }
}

/// `sums[at · stride..] += factor · values` for each term, in their order.
pub(crate) struct Scatter<'a> {
    pub(crate) sums: &'a mut [f32],
    pub(crate) values: &'a [f32],
    /// Numbers of a position.
    pub(crate) stride: usize,
    pub(crate) terms: &'a [Term],
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sums, values, stride, terms } = self;
        for &(at, factor) in terms {
            add_scaled(simd, &mut sums[at as usize * stride..][..values.len()], factor, values);
        }
    }
}

/// `sums += factor · values`, of one length.
#[inline(always)]
pub(crate) fn add_scaled<S: Simd>(simd: S, sums: &mut [f32], factor: f32, values: &[f32]) {
    let (sums, sums_tail) = sums.as_chunks_mut::<LANES>();
    let (values, values_tail) = values.as_chunks::<LANES>();
    let wide = simd.splat(factor);
    for (sum, value) in sums.iter_mut().zip(values) {
        let added = simd.mul_add(wide, simd.load(value), simd.load(sum));
        simd.store(added, sum);
    }
    for (sum, value) in sums_tail.iter_mut().zip(values_tail) {
        *sum += factor * value;
    }
}
