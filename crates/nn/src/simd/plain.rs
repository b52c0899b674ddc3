//! Vectors without any instruction of a special processor.

use super::{LANES, Simd};

/// Arrays, for the compiler to vectorise as far as it can.
#[derive(Clone, Copy)]
pub(crate) struct Plain;

impl Simd for Plain {
    type Vector = [f32; LANES];
    type Mask = [bool; LANES];

    const TILE_VECTORS: usize = 1;
    const TILE_ROWS: usize = 2;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::Vector {
        *from
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut [f32; LANES]) {
        *to = vector;
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        let mut sums = a;
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum += b;
        }
        sums
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        let mut sums = c;
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(&b)) {
            *sum += a * b;
        }
        sums
    }

    #[inline(always)]
    fn exceeds(self, value: Self::Vector, best: Self::Vector) -> Self::Mask {
        std::array::from_fn(|lane| value[lane] > best[lane] || value[lane].is_nan())
    }

    #[inline(always)]
    fn bits(self, mask: Self::Mask) -> u32 {
        mask.iter().rev().fold(0, |bits, &lane| bits << 1 | u32::from(lane))
    }

    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::array::from_fn(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }
}
