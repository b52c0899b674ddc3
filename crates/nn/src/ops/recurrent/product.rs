//! The one product of this operation: a matrix with vectors of sixteen items.
//!
//! A tile of outputs and vectors keeps its sums in registers from the first product to the last, and every sum runs
//! over depth in ascending order; so a vector's result depends on no other, and a number's on no other of its vector.

use super::super::host::Real;
use super::lane::{Items, Lane};
use crate::simd::{Kernel, Level, Simd};

/// A matrix (depth, outputs), cut into tiles as high as the processor's registers have room for.
pub(super) struct Matrix<T> {
    depth: usize,
    outputs: usize,
    high: usize,
    /// Tile by tile, depth by depth; outputs past the end are 0.
    packed: Vec<T>,
}

impl<T: Real> Matrix<T> {
    pub(super) fn pack(
        level: Level,
        (depth, outputs): (usize, usize),
        value: impl Fn(usize, usize) -> T,
    ) -> Self {
        let mut matrix = Self { depth, outputs: 0, high: tile_rows(level), packed: Vec::new() };
        matrix.refill(outputs, value);
        matrix
    }

    /// Packs another matrix of the same depth into the same memory.
    pub(super) fn refill(&mut self, outputs: usize, value: impl Fn(usize, usize) -> T) {
        self.outputs = outputs;
        self.packed.clear();
        self.packed.resize(outputs.div_ceil(self.high) * self.high * self.depth, T::zero());
        let tiles = self.packed.chunks_exact_mut(self.high * self.depth.max(1));
        for (tile, packed) in tiles.enumerate() {
            let outputs = tile * self.high..outputs.min((tile + 1) * self.high);
            for (row, packed) in packed.chunks_exact_mut(self.high).enumerate() {
                for (packed, output) in packed.iter_mut().zip(outputs.clone()) {
                    *packed = value(row, output);
                }
            }
        }
    }
}

fn tile_rows(level: Level) -> usize {
    struct Rows;
    impl Kernel for Rows {
        type Output = usize;
        #[inline(always)]
        fn run<S: Simd>(self, _: S) -> usize {
            S::TILE_ROWS
        }
    }
    level.run(Rows)
}

/// `sums[v][o] += Σ matrix[d][o] · from[v][d]` for every vector `v` of which there is a row in `from` and `sums`.
pub(super) struct Product<'a, T> {
    pub(super) matrix: &'a Matrix<T>,
    /// (vectors, depth).
    pub(super) from: &'a [Items<T>],
    /// (vectors, outputs).
    pub(super) sums: &'a mut [Items<T>],
}

impl<T: Lane> Kernel for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        match (S::TILE_ROWS, S::TILE_VECTORS) {
            (6, 4) => {
                let rest = self.vectors::<S, 4, 1, 6>(simd, 0);
                self.vectors::<S, 1, 4, 6>(simd, rest);
            }
            (6, _) => {
                self.vectors::<S, 1, 1, 6>(simd, 0);
            }
            _ => {
                self.vectors::<S, 1, 1, 2>(simd, 0);
            }
        }
    }
}

impl<T: Lane> Product<'_, T> {
    /// Tiles of `WIDE` vectors and `TILES` times `HIGH` outputs, from one vector on; the first vector that is left.
    #[inline(always)]
    fn vectors<S: Simd, const WIDE: usize, const TILES: usize, const HIGH: usize>(
        &mut self,
        simd: S,
        first: usize,
    ) -> usize {
        let Matrix { depth, outputs, packed, .. } = self.matrix;
        let (depth, outputs) = (*depth, *outputs);
        let vectors = self.sums.len() / outputs;
        let (packed, _) = packed.as_chunks::<HIGH>();
        let tiles = outputs.div_ceil(HIGH);
        let mut vector = first;
        while vector + WIDE <= vectors {
            let from = &self.from[vector * depth..][..WIDE * depth];
            let sums = &mut self.sums[vector * outputs..][..WIDE * outputs];
            let mut tile = 0;
            while tile + TILES <= tiles {
                block::<S, T, WIDE, TILES, HIGH>(simd, packed, from, sums, (depth, outputs), tile);
                tile += TILES;
            }
            while tile < tiles {
                block::<S, T, WIDE, 1, HIGH>(simd, packed, from, sums, (depth, outputs), tile);
                tile += 1;
            }
            vector += WIDE;
        }
        vector
    }
}

#[inline(always)]
fn block<S: Simd, T: Lane, const WIDE: usize, const TILES: usize, const HIGH: usize>(
    simd: S,
    packed: &[[T; HIGH]],
    from: &[Items<T>],
    sums: &mut [Items<T>],
    (depth, outputs): (usize, usize),
    tile: usize,
) {
    let zero = T::zero().broadcast(simd);
    let mut held = [[[zero; HIGH]; TILES]; WIDE];
    for (wide, held) in held.iter_mut().enumerate() {
        for (part, held) in held.iter_mut().enumerate() {
            for (high, held) in held.iter_mut().enumerate() {
                let output = (tile + part) * HIGH + high;
                if output < outputs {
                    *held = T::load(simd, &sums[wide * outputs + output]);
                }
            }
        }
    }
    let mut weights: [&[[T; HIGH]]; TILES] = [&[]; TILES];
    for (part, weights) in weights.iter_mut().enumerate() {
        *weights = &packed[(tile + part) * depth..][..depth];
    }
    let mut vectors: [&[Items<T>]; WIDE] = [&[]; WIDE];
    for (wide, vectors) in vectors.iter_mut().enumerate() {
        *vectors = &from[wide * depth..][..depth];
    }
    for at in 0..depth {
        let mut loaded = [zero; WIDE];
        for (loaded, vectors) in loaded.iter_mut().zip(&vectors) {
            *loaded = T::load(simd, &vectors[at]);
        }
        for (part, weights) in weights.iter().enumerate() {
            for (high, weight) in weights[at].into_iter().enumerate() {
                let weight = weight.broadcast(simd);
                for (held, &loaded) in held.iter_mut().zip(&loaded) {
                    held[part][high] = T::mul_add(simd, weight, loaded, held[part][high]);
                }
            }
        }
    }
    for (wide, held) in held.into_iter().enumerate() {
        for (part, held) in held.into_iter().enumerate() {
            for (high, held) in held.into_iter().enumerate() {
                let output = (tile + part) * HIGH + high;
                if output < outputs {
                    T::store(simd, held, &mut sums[wide * outputs + output]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::LANES;

    fn check<T: Lane>(depth: usize, outputs: usize, vectors: usize, level: Level, what: &str) {
        let value = |a: usize, b: usize| ((a * 31 + b * 17) % 11) as f64 - 5.0;
        let matrix = Matrix::pack(level, (depth, outputs), |d, o| T::from_f64(value(d, o)));
        let items = |row: usize| Items(std::array::from_fn(|lane| T::from_f64(value(row, lane + 3))));
        let from: Vec<Items<T>> = (0..vectors * depth).map(items).collect();
        let mut sums: Vec<Items<T>> = (0..vectors * outputs).map(items).collect();
        level.run(Product { matrix: &matrix, from: &from, sums: &mut sums });
        for (index, sums) in sums.iter().enumerate() {
            let (vector, output) = (index / outputs, index % outputs);
            for lane in 0..LANES {
                let terms = (0..depth).map(|d| value(d, output) * value(vector * depth + d, lane + 3));
                let expected = value(index, lane + 3) + terms.sum::<f64>();
                assert_eq!(sums.0[lane].to_f64(), expected, "{what}: {depth} {outputs} {vectors}");
            }
        }
    }

    /// Whole numbers, whose sums are exact.
    #[test]
    fn it_is_the_matrix_product_at_every_level_and_shape() {
        for (name, level) in Level::available() {
            for (depth, outputs, vectors) in
                [(1, 1, 1), (3, 2, 5), (5, 6, 4), (7, 25, 9), (10, 24, 1), (4, 31, 1), (2, 13, 8), (0, 3, 2)]
            {
                check::<f32>(depth, outputs, vectors, level, name);
                check::<f64>(depth, outputs, vectors, level, name);
            }
        }
    }
}
