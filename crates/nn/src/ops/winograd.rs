//! The dense convolution in fewer products: two rows at once, three taps at a time.
//!
//! Two neighbouring outputs of a filter of three taps take four products instead of six:
//!
//! ```text
//! y₀ = m₀ + m₁ + m₂      m₀ = (d₀ − d₂) · g₀      m₁ = (d₁ + d₂) · (g₀ + g₁ + g₂) / 2
//! y₁ = m₁ − m₂ − m₃      m₃ = (d₁ − d₃) · g₂      m₂ = (d₂ − d₁) · (g₀ − g₁ + g₂) / 2
//! ```
//!
//! and with g₂ = 0 three instead of four, because m₃ is 0. A wider filter is cut into groups of two and three taps.
//! Sums over groups and channels are taken of each m, so the sums and differences are made once an input and once an
//! output, and the products are four of [`Multiply`]'s. A filter of 13 taps takes 18 products in place of 26.
//!
//! Results are those of the plain sums but for rounding, and the same where all numbers are small and whole. The last
//! group has three taps, so that no output reads a position that its taps don't; an infinite input gives NaN.
//!
//! *Source*: Winograd, "Arithmetic complexity of computations", 1980, F(2, 3) and F(2, 2); for networks Lavin and Gray,
//! arXiv:1509.09308.

use rayon::prelude::*;

use super::tile::{Columns, Multiply, Windows};
use crate::simd::{Kernel, Lanes, Level, Simd};

/// Products of a group of taps.
const PRODUCTS: usize = 4;

/// A filter bank prepared for [`Winograd::rows`].
pub(crate) struct Winograd {
    /// First tap of each group: those of two taps, then those of three.
    groups: Vec<usize>,
    /// Groups of two taps.
    twos: usize,
    /// The filters' part of each product.
    filters: [Columns; PRODUCTS],
    /// What the sums of each product start from.
    starts: [Vec<Lanes>; PRODUCTS],
}

/// What one thread works in.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The input's part of one product.
    differences: Vec<f32>,
    sums: [Vec<Lanes>; PRODUCTS],
}

impl Winograd {
    /// Prepares `weight` (outputs, inputs, kernel) and `bias` for as many rows, if it is of use for such a filter.
    pub(crate) fn of(
        level: Level,
        (outputs, inputs, kernel): (usize, usize, usize),
        rows: usize,
        weight: &[f32],
        bias: &[Lanes],
    ) -> Option<Self> {
        /// Fewer rows fill no tile of pairs.
        const ROWS: usize = 12;
        if level.is_portable() || rows < ROWS || kernel < 3 || kernel == 4 {
            return None;
        }
        let twos = (3 - kernel % 3) % 3;
        let threes = (kernel - 2 * twos) / 3;
        let groups: Vec<usize> =
            (0..twos).map(|group| 2 * group).chain((0..threes).map(|group| 2 * twos + 3 * group)).collect();
        let filter = |product: usize| {
            let groups = &groups[first_group(product, twos)..];
            Columns::pack(level, inputs * groups.len(), outputs, |row, output| {
                let (channel, group) = (row / groups.len(), row % groups.len());
                let taps = &weight[(output * inputs + channel) * kernel + groups[group]..];
                let (g0, g1) = (taps[0], taps[1]);
                let g2 = if groups[group] < 2 * twos { 0.0 } else { taps[2] };
                match product {
                    0 => g0,
                    1 => 0.5 * (g0 + g1 + g2),
                    2 => 0.5 * (g0 - g1 + g2),
                    _ => -g2,
                }
            })
        };
        let filters: Vec<Columns> = (0..PRODUCTS).into_par_iter().with_max_len(1).map(filter).collect();
        let filters = <[Columns; PRODUCTS]>::try_from(filters).ok()?;
        // The second product is in both outputs.
        let start = |product| if product == 1 { bias.to_vec() } else { vec![Lanes::ZERO; bias.len()] };
        let starts = std::array::from_fn(start);
        Some(Self { groups, twos, filters, starts })
    }

    /// The convolution of `values`, channels of `length`, at as many rows as `out` has.
    pub(crate) fn rows(
        &self,
        level: Level,
        values: &[f32],
        length: usize,
        scratch: &mut Scratch,
        out: &mut [Lanes],
    ) {
        let vectors = self.filters[0].vectors();
        let pairs = (out.len() / vectors).div_ceil(2);
        let Scratch { differences, sums } = scratch;
        differences.resize(values.len(), 0.0);
        for (product, sums) in sums.iter_mut().enumerate() {
            sums.resize(pairs * vectors, Lanes::ZERO);
            level.run(Differences { values, length, product, out: differences });
            let taps = &self.groups[first_group(product, self.twos)..];
            let windows = Windows { values: differences, length, taps, step: 2 };
            level.run(Multiply {
                windows,
                columns: &self.filters[product],
                start: &self.starts[product],
                out: sums,
            });
        }
        level.run(Outputs { sums: sums.each_ref().map(Vec::as_slice), vectors, out });
    }
}

/// The first group that a product is taken of: the last one is 0 for groups of two taps.
fn first_group(product: usize, twos: usize) -> usize {
    if product + 1 == PRODUCTS { twos } else { 0 }
}

/// The input's part of one product at every position; positions past the end are 0.
struct Differences<'a> {
    values: &'a [f32],
    length: usize,
    product: usize,
    out: &'a mut [f32],
}

impl Kernel for Differences<'_> {
    type Output = ();

    /// Nothing here is written in vectors; the compiler makes them, as wide as those of the level.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { values, length, product, out } = self;
        let (first, second, sign) = [(0, 2, -1.0), (1, 2, 1.0), (2, 1, -1.0), (1, 3, -1.0)][product];
        for (values, out) in values.chunks_exact(length).zip(out.chunks_exact_mut(length)) {
            let inside = length.saturating_sub(first.max(second));
            let (body, tail) = out.split_at_mut(inside);
            let pairs = values[first..].iter().zip(&values[second..]);
            for (out, (&a, &b)) in body.iter_mut().zip(pairs) {
                *out = a + sign * b;
            }
            let at = |position: usize| values.get(position).copied().unwrap_or_default();
            for (position, out) in (inside..).zip(tail) {
                *out = at(position + first) + sign * at(position + second);
            }
        }
    }
}

/// Pairs of rows from the sums of their products.
struct Outputs<'a> {
    /// (pairs, vectors) each.
    sums: [&'a [Lanes]; PRODUCTS],
    vectors: usize,
    /// (rows, vectors); of an odd number of rows, the last pair has one.
    out: &'a mut [Lanes],
}

impl Kernel for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sums, vectors, out } = self;
        let minus = simd.splat(-1.0);
        for (pair, out) in out.chunks_mut(2 * vectors).enumerate() {
            let (first, second) = out.split_at_mut(vectors);
            let sums = sums.map(|sums| &sums[pair * vectors..][..vectors]);
            let mut second = second.iter_mut();
            for (vector, first) in first.iter_mut().enumerate() {
                let [m0, m1, m2, m3] = sums.map(|sums| simd.load(&sums[vector].0));
                simd.store(simd.add(m0, simd.add(m1, m2)), &mut first.0);
                if let Some(second) = second.next() {
                    simd.store(simd.add(simd.mul_add(m2, minus, m1), m3), &mut second.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::random::Stream;

    use super::*;

    /// Straight from the definition, in f64.
    fn plain(x: &[f32], length: usize, filter: &[f32], kernel: usize, row: usize) -> f64 {
        let products = x.chunks_exact(length).zip(filter.chunks_exact(kernel)).flat_map(|(x, filter)| {
            x[row..].iter().zip(filter).map(|(&x, &weight)| f64::from(x) * f64::from(weight))
        });
        products.sum()
    }

    #[test]
    fn it_is_the_convolution() {
        let stream = Stream::new(1, "winograd");
        let mut scratch = Scratch::default();
        for (_, level) in Level::available() {
            for kernel in 1..15 {
                for (inputs, outputs, rows, spare) in
                    [(1, 1, 12, 0), (3, 17, 13, 2), (5, 70, 31, 0), (64, 64, 40, 1)]
                {
                    for whole in [false, true] {
                        let number = |name: &str, index: usize| {
                            let number = stream.name(name).normal(index as u64);
                            (if whole { (2.0 * number).round() } else { number }) as f32
                        };
                        let length = rows + kernel - 1 + spare;
                        let x: Vec<f32> = (0..inputs * length).map(|index| number("x", index)).collect();
                        let weight: Vec<f32> =
                            (0..outputs * inputs * kernel).map(|index| number("weight", index)).collect();
                        let bias: Vec<f32> = (0..outputs).map(|index| number("bias", index)).collect();
                        let start = crate::simd::pack(&bias);
                        let shape = (outputs, inputs, kernel);
                        let Some(winograd) = Winograd::of(level, shape, rows, &weight, &start) else {
                            assert!(level.is_portable() || kernel < 3 || kernel == 4);
                            continue;
                        };
                        let vectors = start.len();
                        let mut out = vec![Lanes::ZERO; rows * vectors];
                        winograd.rows(level, &x, length, &mut scratch, &mut out);
                        for (row, out) in out.chunks_exact(vectors).enumerate() {
                            for (output, found) in
                                out.iter().flat_map(|lanes| lanes.0).take(outputs).enumerate()
                            {
                                let filter = &weight[output * inputs * kernel..][..inputs * kernel];
                                let expected =
                                    f64::from(bias[output]) + plain(&x, length, filter, kernel, row);
                                let off = (f64::from(found) - expected).abs();
                                let room = if whole { 0.0 } else { 4e-6 * ((inputs * kernel) as f64).sqrt() };
                                assert!(off <= room, "{kernel} taps, row {row}: {found}, not {expected}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_position_without_number_reaches_the_rows_that_read_it() {
        let mut scratch = Scratch::default();
        for (_, level) in Level::available() {
            for kernel in [3, 5, 6, 7, 8, 13] {
                let rows = 24;
                let length = rows + kernel - 1;
                let Some(winograd) =
                    Winograd::of(level, (1, 1, kernel), rows, &vec![1.0; kernel], &[Lanes::ZERO])
                else {
                    continue;
                };
                for poisoned in 0..length {
                    let mut x = vec![1.0; length];
                    x[poisoned] = f32::NAN;
                    let mut out = vec![Lanes::ZERO; rows];
                    winograd.rows(level, &x, length, &mut scratch, &mut out);
                    for (row, lanes) in out.iter().enumerate() {
                        let reads = (row..row + kernel).contains(&poisoned);
                        assert_eq!(
                            lanes.0[0].is_nan(),
                            reads,
                            "{kernel} taps, row {row}, position {poisoned}"
                        );
                    }
                }
            }
        }
    }
}
