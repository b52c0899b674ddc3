//! Vectors of sixteen `f32`, whatever the processor makes of them.
//!
//! A kernel is safe code, generic over [`Simd`], with vectors of [`LANES`] numbers on every processor, so that packed
//! data look the same everywhere. [`Level::run`] compiles it once for each [`Level`] and runs the one that the processor
//! has. All `unsafe` of the crate is in the file that wraps processor instructions.
//!
//! Results of one level are the same bytes on every run; two levels may differ in the last bits, because only some of
//! them fuse a multiplication with an addition.

mod level;
mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use level::{Kernel, Level};
pub use level::{available_instructions, instructions};
pub(crate) use plain::Plain;

/// Numbers of one vector.
pub(crate) const LANES: usize = 16;

/// Sixteen numbers in memory, aligned so that no vector crosses a cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lanes(pub(crate) [f32; LANES]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; LANES]);
}

/// Numbers as vectors, the last one filled up with 0.
pub(crate) fn pack(values: &[f32]) -> Vec<Lanes> {
    let mut packed = vec![Lanes::ZERO; values.len().div_ceil(LANES)];
    for (lanes, values) in packed.iter_mut().zip(values.chunks(LANES)) {
        lanes.0[..values.len()].copy_from_slice(values);
    }
    packed
}

/// What a processor can do with sixteen numbers at once.
pub(crate) trait Simd: Copy {
    /// Sixteen numbers in registers.
    type Vector: Copy;
    /// A choice for each of sixteen numbers.
    type Mask: Copy;

    /// Vectors side by side in a tile that keeps its sums in registers.
    const TILE_VECTORS: usize;
    /// Rows of such a tile.
    const TILE_ROWS: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn load(self, from: &[f32; LANES]) -> Self::Vector;
    fn store(self, vector: Self::Vector, to: &mut [f32; LANES]);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a · b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Where a value takes the place of the best so far: if it is greater, or NaN.
    fn exceeds(self, value: Self::Vector, best: Self::Vector) -> Self::Mask;
    /// One bit a lane, the first lane lowest.
    fn bits(self, mask: Self::Mask) -> u32;
    /// `a` where the mask says so, else `b`; a choice of bits, so that a vector may hold integers as well.
    fn select(self, mask: Self::Mask, a: Self::Vector, b: Self::Vector) -> Self::Vector;
}
