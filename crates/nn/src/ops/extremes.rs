//! The row and column maxima of a matrix, and where they are.

use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Scales a matrix and finds the first maximum of each row and of each column.
pub(crate) struct Extremes<'a> {
    /// (rows, vectors); lanes past the last column hold anything.
    pub(crate) product: &'a [Lanes],
    pub(crate) columns: usize,
    pub(crate) scale: f32,
    /// The scaled matrix, (rows, columns), and room for one more vector.
    pub(crate) matrix: &'a mut [f32],
    /// Column of each row's maximum.
    pub(crate) row_at: &'a mut [u32],
    /// Best value of each column so far, and its row.
    pub(crate) column_best: &'a mut [Lanes],
    pub(crate) column_at: &'a mut [Lanes],
}

impl Kernel for Extremes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { product, columns, scale, matrix, row_at, column_best, column_at } = self;
        let (scale, zero) = (simd.splat(scale), simd.splat(0.0));
        let lowest = simd.splat(f32::NEG_INFINITY);
        let vectors = column_best.len();
        let mut inside = [0.0; LANES];
        inside[..columns - (vectors - 1) * LANES].fill(1.0);
        let inside = simd.exceeds(simd.load(&inside), zero);
        let column_at = &mut column_at[..vectors];
        for (best, at) in column_best.iter_mut().zip(&mut *column_at) {
            simd.store(lowest, &mut best.0);
            simd.store(zero, &mut at.0);
        }
        for (row, (product, row_at)) in product.chunks_exact(vectors).zip(row_at).enumerate() {
            let this_row = simd.splat(f32::from_bits(row as u32));
            let (mut best, mut at) = (lowest, zero);
            let matrix = &mut matrix[row * columns..][..vectors * LANES];
            let (matrix, _) = matrix.as_chunks_mut::<LANES>();
            for vector in 0..vectors {
                let mut value = simd.mul_add(simd.load(&product[vector].0), scale, zero);
                if vector + 1 == vectors {
                    value = simd.select(inside, value, lowest);
                }
                // What goes beyond the row is written over by the next one.
                simd.store(value, &mut matrix[vector]);
                let better = simd.exceeds(value, best);
                best = simd.select(better, value, best);
                at = simd.select(better, simd.splat(f32::from_bits(vector as u32)), at);
                let (column_best, column_at) = (&mut column_best[vector].0, &mut column_at[vector].0);
                let so_far = simd.load(column_best);
                let better = simd.exceeds(value, so_far);
                simd.store(simd.select(better, value, so_far), column_best);
                simd.store(simd.select(better, this_row, simd.load(column_at)), column_at);
            }
            let (mut values, mut vectors) = ([0.0; LANES], [0.0; LANES]);
            simd.store(best, &mut values);
            simd.store(at, &mut vectors);
            *row_at = first_of_lanes(&values, &vectors);
        }
    }
}

/// The first column of the largest value, from each lane's largest and the bits of the vector that held it.
#[inline(always)]
fn first_of_lanes(values: &[f32; LANES], vectors: &[f32; LANES]) -> u32 {
    let column = |lane: usize| vectors[lane].to_bits() * LANES as u32 + lane as u32;
    let mut best = 0;
    for lane in 1..LANES {
        let (value, so_far) = (values[lane], values[best]);
        let earlier = value == so_far && column(lane) < column(best);
        if value > so_far || (value.is_nan() && !so_far.is_nan()) || earlier {
            best = lane;
        }
    }
    column(best)
}

/// Appends the places of all values above a threshold, NaN included.
pub(crate) struct Above<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) threshold: f32,
    pub(crate) places: &'a mut Vec<u32>,
}

impl Kernel for Above<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { values, threshold, places } = self;
        let wide = simd.splat(threshold);
        let (vectors, tail) = values.as_chunks::<LANES>();
        for (vector, values) in vectors.iter().enumerate() {
            let mut bits = simd.bits(simd.exceeds(simd.load(values), wide));
            while bits != 0 {
                places.push((vector * LANES) as u32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        let first = (vectors.len() * LANES) as u32;
        for (place, &value) in (first..).zip(tail) {
            if value > threshold || value.is_nan() {
                places.push(place);
            }
        }
    }
}
