//! Features re-weighted by a softmax of their relations' maxima.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, elements};
use super::past::Deposit;

/// The softmax of a range of every row: (B, width) to (B, range).
pub(crate) struct SoftmaxOf {
    pub(crate) range: Range<usize>,
}

impl SoftmaxOf {
    fn forward<T: Real>(&self, rows: &[T], width: usize) -> Vec<T> {
        let mut out = vec![T::zero(); rows.len() / width * self.range.len()];
        out.par_chunks_exact_mut(self.range.len()).zip(rows.par_chunks_exact(width)).for_each(
            |(out, row)| {
                let row = &row[self.range.clone()];
                let max = row.iter().fold(f64::NEG_INFINITY, |max, value| max.max(value.to_f64()));
                // Neither infinity nor NaN is lost: both make the sum NaN.
                let exponential = |value: &T| (value.to_f64() - max).exp();
                let sum: f64 = row.iter().map(exponential).sum();
                for (out, value) in out.iter_mut().zip(row) {
                    *out = T::from_f64(exponential(value) / sum);
                }
            },
        );
        out
    }

    fn backward<T: Real>(&self, rows: &Tensor, weight: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let (width, positions) = (rows.dim(1)?, self.range.len());
        let gradient = gradient.contiguous()?;
        let (weight_host, gradient_host) = (Host::of(weight), Host::of(&gradient));
        let items = weight_host.elements::<T>()?.chunks_exact(positions);
        let mut out = vec![T::zero(); rows.elem_count()];
        let outs = out.chunks_exact_mut(width).zip(gradient_host.elements::<T>()?.chunks_exact(positions));
        for (weight, (out, gradient)) in items.zip(outs) {
            let along = weight.iter().zip(gradient).fold(T::zero(), |sum, (&w, &g)| sum + w * g);
            let outs = out[self.range.clone()].iter_mut();
            for (out, (&weight, &gradient)) in outs.zip(weight.iter().zip(gradient)) {
                *out = weight * (gradient - along);
            }
        }
        Tensor::from_vec(out, rows.shape(), rows.device())
    }
}

impl CustomOp1 for SoftmaxOf {
    fn name(&self) -> &'static str {
        "softmax-of-range"
    }

    fn cpu_fwd(&self, rows: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, width) = layout.shape().dims2()?;
        let storage = match rows {
            CpuStorage::F32(_) => CpuStorage::F32(self.forward(elements(rows, layout)?, width)),
            _ => CpuStorage::F64(self.forward(elements(rows, layout)?, width)),
        };
        Ok((storage, (batch, self.range.len()).into()))
    }

    fn bwd(&self, rows: &Tensor, weight: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(match rows.dtype() {
            DType::F32 => self.backward::<f32>(rows, weight, gradient)?,
            _ => self.backward::<f64>(rows, weight, gradient)?,
        }))
    }
}

/// x + w ⊙ x of features (B, C, positions) and weights (B, positions).
///
/// Position attention reads features twice: it weighs them, and relates them to the other side. The gradient of the
/// features is left in the deposit, for the relation, whose gradient by way of the weights is always computed after it,
/// to add its few entries.
pub(crate) struct Weigh {
    pub(crate) deposit: Deposit,
}

fn weigh<T: Real>(features: &[T], weights: &[T], positions: usize) -> Vec<T> {
    let mut out = vec![T::zero(); features.len()];
    let item_len = features.len() / (weights.len() / positions);
    let items = out.par_chunks_exact_mut(item_len).zip(features.par_chunks_exact(item_len));
    items.zip(weights.par_chunks_exact(positions)).for_each(|((out, features), weights)| {
        let rows = out.chunks_exact_mut(positions).zip(features.chunks_exact(positions));
        for (out, features) in rows {
            for (out, (&value, &weight)) in out.iter_mut().zip(features.iter().zip(weights)) {
                *out = value * (weight + T::one());
            }
        }
    });
    out
}

impl Weigh {
    /// Leaves the gradient of the features and gives that of the weights.
    fn backward<T: Real>(&self, features: &Tensor, weights: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let gradient = gradient.contiguous()?;
        let (_, channels, positions) = features.dims3()?;
        let f_shape = features.shape();
        let (f_host, w_host, g_host) = (Host::of(features), Host::of(weights), Host::of(&gradient));
        let (features, gradient) = (f_host.elements::<T>()?, g_host.elements::<T>()?);
        let item_len = channels * positions;
        let mut sums = vec![T::zero(); weights.elem_count()];
        sums.par_chunks_exact_mut(positions)
            .zip(features.par_chunks_exact(item_len).zip(gradient.par_chunks_exact(item_len)))
            .for_each(|(sums, (features, gradient))| {
                for (features, gradient) in
                    features.chunks_exact(positions).zip(gradient.chunks_exact(positions))
                {
                    for (sum, (&value, &gradient)) in sums.iter_mut().zip(features.iter().zip(gradient)) {
                        *sum += value * gradient;
                    }
                }
            });
        let weighed = weigh(gradient, w_host.elements::<T>()?, positions);
        self.deposit.leave_numbers(weighed, f_shape)?;
        Tensor::from_vec(sums, weights.shape(), weights.device())
    }
}

impl CustomOp2 for Weigh {
    fn name(&self) -> &'static str {
        "weigh"
    }

    fn cpu_fwd(
        &self,
        features: &CpuStorage,
        l1: &Layout,
        weights: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let positions = l2.dim(1)?;
        let storage = match features {
            CpuStorage::F32(_) => {
                CpuStorage::F32(weigh(elements(features, l1)?, elements(weights, l2)?, positions))
            }
            _ => CpuStorage::F64(weigh(elements(features, l1)?, elements(weights, l2)?, positions)),
        };
        Ok((storage, l1.shape().clone()))
    }

    fn bwd(
        &self,
        features: &Tensor,
        weights: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let weights = match features.dtype() {
            DType::F32 => self.backward::<f32>(features, weights, gradient)?,
            _ => self.backward::<f64>(features, weights, gradient)?,
        };
        Ok((None, Some(weights)))
    }
}
