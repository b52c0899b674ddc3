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

/// [`products`] in vectors.
fn products_in_vectors(level: Level, x: &[f32], weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = weight.len() / inputs;
    let mut products = vec![0.0; x.len() / inputs * outputs];
    let rows = products.par_chunks_exact_mut(outputs).zip(x.par_chunks_exact(inputs));
    rows.for_each(|(out, x)| level.run(Products { x, weight, out }));
    products
}

/// The scalar products of `x` with every row of `weight`, each summed in an order that depends on its length alone.
struct Products<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        /// Sums side by side, so that none waits for the one before.
        const WIDE: usize = 4;
        let Self { x, weight, out } = self;
        let (vectors, tail) = x.as_chunks::<LANES>();
        for (out, weight) in out.iter_mut().zip(weight.chunks_exact(x.len())) {
            let (weights, weights_tail) = weight.as_chunks::<LANES>();
            let mut sums = [simd.splat(0.0); WIDE];
            for (vectors, weights) in vectors.chunks(WIDE).zip(weights.chunks(WIDE)) {
                for (sum, (vector, weight)) in sums.iter_mut().zip(vectors.iter().zip(weights)) {
                    *sum = simd.mul_add(simd.load(vector), simd.load(weight), *sum);
                }
            }
            let mut lanes = [0.0; LANES];
            simd.store(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])), &mut lanes);
            let mut total = 0.0;
            for lane in lanes {
                total += lane;
            }
            for (&x, &weight) in tail.iter().zip(weights_tail) {
                total += x * weight;
            }
            *out = total;
        }
    }
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
