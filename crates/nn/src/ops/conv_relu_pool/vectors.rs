//! The dense convolution of `f32` in vectors.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::chunks::sum_over_items;
use super::super::host::{Host, transpose, transposed};
use super::super::pool::PoolRows;
use super::super::relu_pool::{Block, relu_pool_vectors};
use super::super::sparse::{Gather, Scatter};
use super::super::tile::{Columns, Multiply, Windows};
use super::ConvReluPool;
use crate::simd;

impl ConvReluPool {
    /// [`forward`](Self::forward) in vectors.
    pub(super) fn forward_vectors(&self, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let Block { inputs, length, outputs, kernel, pool, pooled, .. } = self.block;
        let depth = inputs * kernel;
        let columns = Columns::pack(self.level, depth, outputs, |row, output| weight[output * depth + row]);
        let start = simd::pack(bias);
        let vectors = columns.vectors();
        let pooled = relu_pool_vectors(
            self.level,
            &self.block,
            self.mask.as_ref(),
            || vec![simd::Lanes::ZERO; pooled * pool * vectors],
            |rows, item, vector, best, at| {
                if vector == 0 {
                    let values = &x[item * inputs * length..][..inputs * length];
                    let windows = Windows { values, length, taps: kernel };
                    self.level.run(Multiply { windows, columns: &columns, start: &start, out: rows });
                }
                self.level.run(PoolRows { rows, vectors, pool, vector, best, at });
            },
        );
        // An operation is applied once, so the cell is empty.
        let _ = self.picks.set(pooled.picks);
        pooled.values
    }

    /// [`backward`](Self::backward) in vectors.
    pub(super) fn backward_vectors(
        &self,
        x: &Tensor,
        weight: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let Block { batch, inputs, length, outputs, kernel, .. } = self.block;
        let (window, item_len) = (kernel * inputs, inputs * length);
        let Some(picks) = self.picks.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (x_host, weight_host, gradient_host) = (Host::of(x), Host::of(weight), Host::of(&gradient));
        let (values, gradient) = (x_host.elements::<f32>()?, gradient_host.elements::<f32>()?);
        let device = x.device();

        let x_gradient = if x.track_op() {
            let taps_first: Vec<Vec<f32>> = weight_host
                .elements()?
                .chunks_exact(window)
                .map(|weight| transposed(weight, kernel))
                .collect();
            let mut x_gradient = vec![0.0; batch * item_len];
            x_gradient.par_chunks_mut(item_len).enumerate().for_each_init(
                || (vec![0.0; item_len], Vec::new()),
                |(sums, terms), (item, x_gradient)| {
                    sums.fill(0.0);
                    for (output, values) in taps_first.iter().enumerate() {
                        picks.terms(gradient, item, output, terms);
                        self.level.run(Scatter { sums, values, stride: inputs, terms });
                    }
                    transpose(sums, inputs, x_gradient);
                },
            );
            Some(Tensor::from_vec(x_gradient, x.shape(), device)?)
        } else {
            None
        };

        // The weight's gradient with channels last, and after it the bias's.
        let mut sums = sum_over_items(batch, |items| {
            let mut sums = vec![0.0; outputs * (window + 1)];
            let (mut channel_last, mut terms) = (vec![0.0; item_len], Vec::new());
            for item in items {
                transpose(&values[item * item_len..][..item_len], length, &mut channel_last);
                let (weights, biases) = sums.split_at_mut(outputs * window);
                let outputs = weights.chunks_exact_mut(window).zip(biases).enumerate();
                for (output, (sums, bias)) in outputs {
                    *bias += picks.terms(gradient, item, output, &mut terms);
                    self.level.run(Gather { sums, values: &channel_last, stride: inputs, terms: &terms });
                }
            }
            sums
        });
        let bias_gradient = sums.split_off(outputs * window);
        for sums in sums.chunks_exact_mut(window) {
            sums.copy_from_slice(&transposed(sums, inputs));
        }
        Ok([
            x_gradient,
            Some(Tensor::from_vec(sums, weight.shape(), device)?),
            Some(Tensor::from_vec(bias_gradient, outputs, device)?),
        ])
    }
}
