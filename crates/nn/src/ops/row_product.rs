//! The product of rows with a weight matrix, each row by itself.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Real, elements};
use crate::simd::{Kernel, LANES, Level, Simd};

/// x Wᵀ of contiguous `x` (rows, inputs) and `weight` (outputs, inputs): (rows, outputs).
///
/// A row's product does not depend on the other rows. A general matrix product chooses the order of its sums by the
/// number of rows, so that a pair's score would depend on the batch that it is in.
pub(crate) fn row_product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.apply_op2(weight, RowProduct) } else { x.matmul(&weight.t()?) }
}

struct RowProduct;

impl CustomOp2 for RowProduct {
    fn name(&self) -> &'static str {
        "row-product"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (outputs, inputs) = weight_layout.shape().dims2()?;
        let (l1, l2) = (x_layout, weight_layout);
        let storage = match x {
            CpuStorage::F32(_) => CpuStorage::F32(products_in_vectors(
                Level::current(),
                elements(x, l1)?,
                elements(weight, l2)?,
                inputs,
            )),
            _ => CpuStorage::F64(products(elements(x, l1)?, elements(weight, l2)?, inputs)),
        };
        Ok((storage, (x_layout.shape().dims2()?.0, outputs).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        Ok((Some(gradient.matmul(weight)?), Some(gradient.t()?.matmul(x)?)))
    }
}

/// Rows and outputs that one thread works on at a time: enough weights to be worth the way, few enough to stay in its
/// cache while all of the rows meet them.
const ROWS: usize = 32;
const OUTPUTS: usize = 16;

/// [`products`] in vectors.
///
/// Weights are read from memory once for [`ROWS`] rows, and by all threads even if there is a single row.
fn products_in_vectors(level: Level, x: &[f32], weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = weight.len() / inputs;
    let mut products = vec![0.0; x.len() / inputs * outputs];
    let mut blocks = Vec::new();
    for (x, products) in x.chunks(ROWS * inputs).zip(products.chunks_mut(ROWS * outputs)) {
        let mut pieces: Vec<_> =
            products.chunks_exact_mut(outputs).map(|row| row.chunks_mut(OUTPUTS)).collect();
        for weight in weight.chunks(OUTPUTS * inputs) {
            let out: Vec<&mut [f32]> = pieces.iter_mut().filter_map(Iterator::next).collect();
            blocks.push(Products { x, weight, inputs, out });
        }
    }
    blocks.into_par_iter().for_each(|block| level.run(block));
    products
}

/// The scalar products of every row of `x` with every row of `weight`, each summed in an order that depends on its
/// length alone.
struct Products<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    inputs: usize,
    /// The outputs of each row.
    out: Vec<&'a mut [f32]>,
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        /// Rows that registers have room for beside each other.
        const TOGETHER: usize = 4;
        let inputs = self.inputs;
        for (output, weight) in self.weight.chunks_exact(inputs).enumerate() {
            let mut row = 0;
            while S::TILE_ROWS > TOGETHER && row + TOGETHER <= self.out.len() {
                let products = together::<S, TOGETHER>(simd, &self.x[row * inputs..], weight);
                for (out, product) in self.out[row..].iter_mut().zip(products) {
                    out[output] = product;
                }
                row += TOGETHER;
            }
            for row in row..self.out.len() {
                let [product] = together::<S, 1>(simd, &self.x[row * inputs..], weight);
                self.out[row][output] = product;
            }
        }
    }
}

/// The scalar products of the first rows of `x` with one row.
#[inline(always)]
fn together<S: Simd, const ROWS: usize>(simd: S, x: &[f32], weight: &[f32]) -> [f32; ROWS] {
    /// Sums side by side, so that none waits for the one before.
    const WIDE: usize = 4;
    let x: [(&[[f32; LANES]], &[f32]); ROWS] =
        std::array::from_fn(|row| x[row * weight.len()..][..weight.len()].as_chunks::<LANES>());
    let (weights, weights_tail) = weight.as_chunks::<LANES>();
    let mut sums = [[simd.splat(0.0); WIDE]; ROWS];
    let (wide, rest) = weights.as_chunks::<WIDE>();
    for (step, weights) in wide.iter().enumerate() {
        let weights: [S::Vector; WIDE] = std::array::from_fn(|at| simd.load(&weights[at]));
        for (sums, (x, _)) in sums.iter_mut().zip(&x) {
            let x = &x[step * WIDE..][..WIDE];
            for (sum, (x, weight)) in sums.iter_mut().zip(x.iter().zip(weights)) {
                *sum = simd.mul_add(simd.load(x), weight, *sum);
            }
        }
    }
    for (sums, (x, _)) in sums.iter_mut().zip(&x) {
        for (sum, (x, weight)) in sums.iter_mut().zip(x[wide.len() * WIDE..].iter().zip(rest)) {
            *sum = simd.mul_add(simd.load(x), simd.load(weight), *sum);
        }
    }
    let mut totals = [0.0; ROWS];
    for ((total, sums), (_, tail)) in totals.iter_mut().zip(sums).zip(x) {
        let mut lanes = [0.0; LANES];
        simd.store(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])), &mut lanes);
        for lane in lanes {
            *total += lane;
        }
        for (&x, &weight) in tail.iter().zip(weights_tail) {
            *total += x * weight;
        }
    }
    totals
}

fn products<T: Real>(x: &[T], weight: &[T], inputs: usize) -> Vec<T> {
    let row = |row| weight.chunks_exact(inputs).map(move |weight| scalar_product(row, weight));
    x.par_chunks_exact(inputs).flat_map_iter(row).collect()
}

/// Always summed in the same order.
fn scalar_product<T: Real>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::zero(); LANES];
    let (a, b) = (a.chunks(LANES), b.chunks(LANES));
    for (a, b) in a.zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.into_iter().fold(T::zero(), |total, sum| total + sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{tensor, values};

    #[test]
    fn products_of_vectors_are_those_of_numbers() {
        for (rows, inputs, outputs) in [(1, 1, 1), (2, 15, 3), (7, 64, 5), (3, 643, 64), (100, 97, 2)] {
            let [x, weight] = [[rows, inputs], [outputs, inputs]].map(|shape| values(&tensor(1, &shape)));
            let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
            let [x, weight] = [narrow(&x), narrow(&weight)];
            let wide = |values: &[f32]| values.iter().map(|&value| value.into()).collect::<Vec<f64>>();
            let expected = products(&wide(&x), &wide(&weight), inputs);
            for (name, level) in Level::available() {
                let found = products_in_vectors(level, &x, &weight, inputs);
                assert_eq!(found.len(), rows * outputs);
                for (&found, &expected) in found.iter().zip(&expected) {
                    let off = (f64::from(found) - expected).abs();
                    assert!(off <= 1e-6 * inputs as f64, "{name}, {inputs} inputs: {found}, not {expected}");
                }
            }
        }
    }
}
