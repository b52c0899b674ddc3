//! The dense convolution of `f32` in vectors.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::chunks::sum_over_items;
use super::super::host::{Host, transpose, transposed};
use super::super::pool::PoolRows;
use super::super::relu_pool::{Block, relu_pool_vectors};
use super::super::sparse::{Gather, Scatter};
use super::super::tile::{Columns, Multiply, Windows};
use super::super::winograd::{self, Winograd};
use super::ConvReluPool;
use crate::simd::{self, Lanes, Level};

/// Filters, prepared for one of the two ways to apply them; which one depends on the shapes alone.
enum Bank {
    Winograd(Box<Winograd>),
    Plain { columns: Columns, taps: Vec<usize>, start: Vec<Lanes> },
}

impl Bank {
    fn of(
        level: Level,
        (outputs, inputs, kernel): (usize, usize, usize),
        rows: usize,
        weight: &[f32],
        start: Vec<Lanes>,
    ) -> Self {
        if let Some(winograd) = Winograd::of(level, (outputs, inputs, kernel), rows, weight, &start) {
            return Self::Winograd(Box::new(winograd));
        }
        let depth = inputs * kernel;
        let columns = Columns::pack(level, depth, outputs, |row, output| weight[output * depth + row]);
        Self::Plain { columns, taps: (0..kernel).collect(), start }
    }

    fn convolve(
        &self,
        level: Level,
        values: &[f32],
        length: usize,
        scratch: &mut winograd::Scratch,
        out: &mut [Lanes],
    ) {
        match self {
            Self::Winograd(winograd) => winograd.rows(level, values, length, scratch, out),
            Self::Plain { columns, taps, start } => {
                let windows = Windows { values, length, taps, step: 1 };
                level.run(Multiply { windows, columns, start, out });
            }
        }
    }
}

impl ConvReluPool {
    /// [`forward`](Self::forward) in vectors.
    pub(super) fn forward_vectors(&self, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let Block { inputs, length, outputs, kernel, pool, pooled, .. } = self.block;
        let start = simd::pack(bias);
        let vectors = start.len();
        let rows = pooled * pool;
        let bank = Bank::of(self.level, (outputs, inputs, kernel), rows, weight, start);
        let pooled = relu_pool_vectors(
            self.level,
            &self.block,
            self.mask.as_ref(),
            || (vec![Lanes::ZERO; rows * vectors], winograd::Scratch::default()),
            |(rows, scratch), item, vector, best, at| {
                if vector == 0 {
                    let values = &x[item * inputs * length..][..inputs * length];
                    bank.convolve(self.level, values, length, scratch, rows);
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

        let x_gradient = if self.tracked {
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
                        picks.terms(self.level, gradient, item, output, terms);
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
                    *bias += picks.terms(self.level, gradient, item, output, &mut terms);
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
