//! The product of sliding windows with a matrix: the one loop of all dense operations in `f32`.
//!
//! A convolution is such a product, whose window at a row is some `taps` of each channel; a product of matrices is one
//! with a single tap. A tile of rows and columns keeps its sums in registers from the first product to the last,
//! and every sum runs over depth in ascending order, so a row's result does not depend on the rows around it.

use crate::simd::{Kernel, LANES, Lanes, Level, Simd};

/// A matrix of shape (depth, columns), cut into tiles that are as wide as the processor's registers have room for.
pub(crate) struct Columns {
    depth: usize,
    /// Vectors that the columns fill.
    vectors: usize,
    tile_vectors: usize,
    /// Tile by tile, depth by depth; columns past the end are 0.
    lanes: Vec<Lanes>,
}

impl Columns {
    pub(crate) fn pack(
        level: Level,
        depth: usize,
        columns: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let (vectors, tile_vectors) = (columns.div_ceil(LANES), level.tile_vectors());
        let mut packed = vec![Lanes::ZERO; vectors * depth];
        for tile in (0..vectors).step_by(tile_vectors) {
            let width = tile_vectors.min(vectors - tile);
            let lanes = &mut packed[tile * depth..][..width * depth];
            for (row, lanes) in lanes.chunks_exact_mut(width).enumerate() {
                let first = tile * LANES;
                let lanes = lanes.iter_mut().flat_map(|lanes| &mut lanes.0);
                for (lane, column) in lanes.zip(first..columns) {
                    *lane = value(row, column);
                }
            }
        }
        Self { depth, vectors, tile_vectors, lanes: packed }
    }

    /// Packs the rows of a row-major matrix of the same depth and as many columns into the same memory.
    pub(crate) fn refill(&mut self, matrix: &[f32]) {
        let columns = matrix.len() / self.depth;
        debug_assert_eq!(columns.div_ceil(LANES), self.vectors);
        for tile in (0..self.vectors).step_by(self.tile_vectors) {
            let width = self.tile_vectors.min(self.vectors - tile);
            let lanes = &mut self.lanes[tile * self.depth..][..width * self.depth];
            for (lanes, row) in lanes.chunks_exact_mut(width).zip(matrix.chunks_exact(columns)) {
                for (lanes, values) in lanes.iter_mut().zip(row[tile * LANES..].chunks(LANES)) {
                    match values.first_chunk() {
                        Some(values) => lanes.0 = *values,
                        None => lanes.0[..values.len()].copy_from_slice(values),
                    }
                }
            }
        }
    }

    /// Vectors of one row of a product.
    pub(crate) fn vectors(&self) -> usize {
        self.vectors
    }
}

/// Numbers in channels of `length`, of which row `r` sees those at `r · step + tap` of every channel, for each tap.
#[derive(Clone, Copy)]
pub(crate) struct Windows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) length: usize,
    pub(crate) taps: &'a [usize],
    /// 1 or 2.
    pub(crate) step: usize,
}

/// `out[row] = start + window(row) · columns` for as many rows as `out` has, of [`Columns::vectors`] each.
///
/// The depth runs over channels, and over taps within a channel.
pub(crate) struct Multiply<'a> {
    pub(crate) windows: Windows<'a>,
    pub(crate) columns: &'a Columns,
    /// One vector for each of the columns'.
    pub(crate) start: &'a [Lanes],
    pub(crate) out: &'a mut [Lanes],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        match (S::TILE_ROWS, self.windows.step) {
            (6, 1) => self.tiles::<S, 6, 1>(simd),
            (6, _) => self.tiles::<S, 6, 2>(simd),
            (_, 1) => self.tiles::<S, 2, 1>(simd),
            (_, _) => self.tiles::<S, 2, 2>(simd),
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const ROWS: usize, const STEP: usize>(&mut self, simd: S) {
        let Columns { vectors, depth, .. } = *self.columns;
        for first in (0..vectors).step_by(S::TILE_VECTORS) {
            let width = S::TILE_VECTORS.min(vectors - first);
            let columns = &self.columns.lanes[first * depth..][..width * depth];
            match width {
                4 if S::TILE_VECTORS >= 4 => self.rows::<S, ROWS, STEP, 4>(simd, first, columns),
                3 if S::TILE_VECTORS >= 3 => self.rows::<S, ROWS, STEP, 3>(simd, first, columns),
                2 if S::TILE_VECTORS >= 2 => self.rows::<S, ROWS, STEP, 2>(simd, first, columns),
                _ => self.rows::<S, ROWS, STEP, 1>(simd, first, columns),
            }
        }
    }

    #[inline(always)]
    fn rows<S: Simd, const ROWS: usize, const STEP: usize, const WIDTH: usize>(
        &mut self,
        simd: S,
        first: usize,
        columns: &[Lanes],
    ) {
        let (columns, _) = columns.as_chunks::<WIDTH>();
        let rows = self.out.len() / self.columns.vectors;
        let mut row = 0;
        while row + ROWS <= rows {
            self.tile::<S, ROWS, STEP, WIDTH>(simd, row, first, columns);
            row += ROWS;
        }
        if row < rows && rows >= ROWS {
            // A few rows a second time are cheaper than the rest one by one.
            self.tile::<S, ROWS, STEP, WIDTH>(simd, rows - ROWS, first, columns);
        } else {
            for row in row..rows {
                self.tile::<S, 1, STEP, WIDTH>(simd, row, first, columns);
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const STEP: usize, const WIDTH: usize>(
        &mut self,
        simd: S,
        row: usize,
        first: usize,
        columns: &[[Lanes; WIDTH]],
    ) {
        let Windows { values, length, taps, .. } = self.windows;
        let start: [S::Vector; WIDTH] = std::array::from_fn(|at| simd.load(&self.start[first + at].0));
        let mut sums = [start; ROWS];
        for (channel, columns) in columns.chunks_exact(taps.len()).enumerate() {
            let values = &values[channel * length + row * STEP..];
            for (&tap, columns) in taps.iter().zip(columns) {
                let window = &values[tap..][..(ROWS - 1) * STEP + 1];
                let columns: [S::Vector; WIDTH] = std::array::from_fn(|at| simd.load(&columns[at].0));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = simd.splat(window[row * STEP]);
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = simd.mul_add(factor, column, *sum);
                    }
                }
            }
        }
        for (row, sums) in (row..).zip(sums) {
            let out = &mut self.out[row * self.columns.vectors + first..][..WIDTH];
            for (out, sum) in out.iter_mut().zip(sums) {
                simd.store(sum, &mut out.0);
            }
        }
    }
}
