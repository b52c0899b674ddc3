//! Sums over the few positions that have a gradient.

use crate::simd::{Kernel, LANES, Simd};

/// Where a scaled slice starts, and its factor.
pub(crate) type Term = (usize, f32);

/// `sums += Σ factor · values[start..]` over terms, each slice as long as `sums`.
///
/// Every sum runs over the terms in their order.
pub(crate) struct Gather<'a> {
    pub(crate) sums: &'a mut [f32],
    pub(crate) values: &'a [f32],
    pub(crate) terms: &'a [Term],
}

impl Kernel for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        /// Vectors whose sums stay in registers over all terms.
        const WIDE: usize = 8;
        let Self { sums, values, terms } = self;
        let mut from = 0;
        let (vectors, tail) = sums.as_chunks_mut::<LANES>();
        let (blocks, rest) = vectors.as_chunks_mut::<WIDE>();
        for block in blocks {
            gather(simd, block, &values[from..], terms);
            from += WIDE * LANES;
        }
        for vector in rest {
            gather(simd, std::array::from_mut(vector), &values[from..], terms);
            from += LANES;
        }
        for sum in tail {
            for &(start, factor) in terms {
                *sum += factor * values[start + from];
            }
            from += 1;
        }
    }
}

#[inline(always)]
fn gather<S: Simd, const N: usize>(simd: S, sums: &mut [[f32; LANES]; N], values: &[f32], terms: &[Term]) {
    let mut held = [simd.splat(0.0); N];
    for (held, sum) in held.iter_mut().zip(&*sums) {
        *held = simd.load(sum);
    }
    for &(start, factor) in terms {
        let factor = simd.splat(factor);
        let (values, _) = values[start..][..N * LANES].as_chunks::<LANES>();
        for (held, values) in held.iter_mut().zip(values) {
            *held = simd.mul_add(factor, simd.load(values), *held);
        }
    }
    for (held, sum) in held.into_iter().zip(sums) {
        simd.store(held, sum);
    }
}

/// `sums[start..] += factor · values` for each term, in their order.
pub(crate) struct Scatter<'a> {
    pub(crate) sums: &'a mut [f32],
    pub(crate) values: &'a [f32],
    pub(crate) terms: &'a [Term],
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sums, values, terms } = self;
        for &(start, factor) in terms {
            add_scaled(simd, &mut sums[start..][..values.len()], factor, values);
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
