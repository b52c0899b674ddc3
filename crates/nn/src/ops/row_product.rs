//! The product of rows with a weight matrix, each row by itself.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Real, elements};

/// Partial sums of a scalar product, which fill vector registers.
const LANES: usize = 16;

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
            CpuStorage::F32(_) => CpuStorage::F32(products(elements(x, l1)?, elements(weight, l2)?, inputs)),
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
