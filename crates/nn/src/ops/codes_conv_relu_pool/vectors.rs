//! The convolution of base codes in `f32`, by words of three bases, in vectors.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::super::chunks::sum_over_items;
use super::super::host::Host;
use super::super::relu_pool::{Block, relu_pool_vectors};
use super::super::words::{PoolWords, Table, WORDS, add_to_rows, groups, tables, unfold, words};
use super::{BASES, CodesConvReluPool};
use crate::simd::{self, LANES};

impl CodesConvReluPool {
    /// [`forward`](Self::forward) in vectors, by words of three bases.
    pub(super) fn forward_vectors(&self, codes: &[u8], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let Block { length, outputs, kernel, pool, .. } = self.block;
        let tables: Vec<Vec<Table>> = (0..outputs)
            .step_by(LANES)
            .map(|first| {
                let weights = |tap: usize, base: usize| {
                    let mut lanes = simd::Lanes::ZERO;
                    for (lane, output) in lanes.0.iter_mut().zip(first..outputs) {
                        *lane = weight[(output * BASES + base) * kernel + tap];
                    }
                    lanes
                };
                let taps: Vec<[simd::Lanes; BASES]> =
                    (0..kernel).map(|tap| std::array::from_fn(|base| weights(tap, base))).collect();
                tables(&taps)
            })
            .collect();
        let biases = simd::pack(bias);
        let pooled = relu_pool_vectors(
            self.level,
            &self.block,
            self.mask.as_ref(),
            Vec::new,
            |item_words, item, vector, best, at| {
                if vector == 0 {
                    words(&codes[item * length..][..length], item_words);
                }
                let (tables, bias) = (&tables[vector], &biases[vector]);
                self.level.run(PoolWords { words: item_words, tables, bias, pool, best, at });
            },
        );
        // An operation is applied once, so the cell is empty.
        let _ = self.picks.set(pooled.picks);
        pooled.values
    }

    /// [`backward`](Self::backward) by words of three bases.
    pub(super) fn backward_words(
        &self,
        codes: &Tensor,
        weight: &Tensor,
        gradient: &Tensor,
    ) -> Result<[Tensor; 2]> {
        let Block { batch, length, outputs, kernel, .. } = self.block;
        let Some(picks) = self.picks.get() else { candle_core::bail!("backward before forward") };
        let gradient = gradient.contiguous()?;
        let (codes_host, gradient_host) = (Host::of(codes), Host::of(&gradient));
        let (codes, gradient) = (codes_host.elements::<u8>()?, gradient_host.elements::<f32>()?);

        // The gradient of the tables, and after it the bias's.
        let tables_len = groups(kernel) * WORDS;
        let mut sums = sum_over_items(batch, |items| {
            let mut sums = vec![0.0; outputs * (tables_len + 1)];
            let (mut item_words, mut terms) = (Vec::new(), Vec::new());
            for item in items {
                words(&codes[item * length..][..length], &mut item_words);
                let (tables, biases) = sums.split_at_mut(outputs * tables_len);
                let outputs = tables.chunks_exact_mut(tables_len).zip(biases).enumerate();
                for (output, (tables, bias)) in outputs {
                    *bias += picks.terms(self.level, gradient, item, output, &mut terms);
                    add_to_rows(tables.as_chunks_mut().0, &item_words, &terms);
                }
            }
            sums
        });
        let bias_gradient = sums.split_off(outputs * tables_len);
        let mut weight_gradient = vec![0.0; outputs * BASES * kernel];
        let outputs_of = weight_gradient.par_chunks_mut(BASES * kernel).zip(sums.par_chunks(tables_len));
        outputs_of.for_each(|(weight_gradient, sums)| {
            let mut taps = vec![[0.0; BASES]; kernel];
            for (group, sums) in sums.as_chunks::<WORDS>().0.iter().enumerate() {
                unfold(kernel, group, sums, &mut taps);
            }
            for (index, weight_gradient) in weight_gradient.iter_mut().enumerate() {
                *weight_gradient = taps[index % kernel][index / kernel];
            }
        });
        let device = weight.device();
        Ok([
            Tensor::from_vec(weight_gradient, weight.shape(), device)?,
            Tensor::from_vec(bias_gradient, outputs, device)?,
        ])
    }
}
