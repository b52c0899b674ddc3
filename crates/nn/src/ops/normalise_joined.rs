//! Batch normalisation of two towers' features joined along positions, with dropout after it, in one pass over memory.
//!
//! Composed of candle's operations it takes a dozen tensors of the features' size. Here a channel's statistics come from
//! one reading, the output from a second, and the gradient needs no more than the input.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, elements};
use super::mask::Mask;
use super::statistics::{Statistics, row, sum, sum_of_two};
use crate::memory::keep_freed_pages;
use crate::simd::Level;

/// One application: parts (B, C, Lᵢ), joined along positions and normalised by the statistics; then dropout, if there is
/// a mask. The last argument holds the weights and then the biases of the channels, (2C).
pub(crate) struct NormaliseJoined {
    pub(crate) statistics: Statistics,
    pub(crate) epsilon: f64,
    /// Whether the statistics are the parts' own, so that they have gradients too.
    pub(crate) by_batch: bool,
    pub(crate) mask: Option<Mask>,
    pub(crate) level: Level,
    /// (batch, channels, joined positions).
    pub(crate) shape: (usize, usize, usize),
}

impl NormaliseJoined {
    /// The channel's 1 / √(variance + epsilon).
    fn inverse(&self, channel: usize) -> f64 {
        1.0 / (self.statistics.variance[channel] + self.epsilon).sqrt()
    }

    fn forward<T: Real>(&self, parts: &[&[T]], parameters: &[T]) -> Vec<T> {
        keep_freed_pages();
        let (batch, channels, length) = self.shape;
        let mut out = vec![T::zero(); batch * channels * length];
        out.par_chunks_mut(channels * length).enumerate().for_each_init(Vec::new, |bits, (item, out)| {
            for (channel, mut out) in out.chunks_exact_mut(length).enumerate() {
                let factor = parameters[channel].to_f64() * self.inverse(channel);
                let (factor, mean) = (T::from_f64(factor), T::from_f64(self.statistics.mean[channel]));
                let bias = parameters[channels + channel];
                for values in parts {
                    let values = row(values, batch, channels, item, channel);
                    let (here, rest) = out.split_at_mut(values.len());
                    for (out, &value) in here.iter_mut().zip(values) {
                        *out = (value - mean) * factor + bias;
                    }
                    out = rest;
                }
            }
            if let Some(mask) = &self.mask {
                mask.drop_values(self.level, item * channels * length, out, bits);
            }
        });
        out
    }

    /// Gradients of the parts and of the parameters.
    fn backward<T: Real>(&self, parts: &[&[T]], parameters: &[T], gradient: &[T]) -> (Vec<Vec<T>>, Vec<T>) {
        let (batch, channels, length) = self.shape;
        let item_len = channels * length;
        // What passes the mask; and of each channel of each sequence the sums of it and of it times the normal value.
        let mut passed = gradient.to_vec();
        let sums: Vec<Vec<[f64; 2]>> = passed
            .par_chunks_mut(item_len)
            .enumerate()
            .map_init(Vec::new, |bits, (item, passed)| {
                if let Some(mask) = &self.mask {
                    mask.drop_values(self.level, item * item_len, passed, bits);
                }
                let rows = passed.chunks_exact(length).enumerate().map(|(channel, mut passed)| {
                    let (mean, mut of) = (T::from_f64(self.statistics.mean[channel]), [0.0; 2]);
                    for values in parts {
                        let values = row(values, batch, channels, item, channel);
                        let (here, rest) = passed.split_at(values.len());
                        of[0] += sum(here, |gradient| gradient).to_f64();
                        of[1] +=
                            sum_of_two(here, values, |gradient, value| gradient * (value - mean)).to_f64();
                        passed = rest;
                    }
                    [of[0], of[1] * self.inverse(channel)]
                });
                rows.collect()
            })
            .collect();
        let total = |which: usize, channel: usize| sums.iter().map(|item| item[channel][which]).sum::<f64>();
        let [biases, weights] =
            [0, 1].map(|which| -> Vec<f64> { (0..channels).map(|channel| total(which, channel)).collect() });
        let parameter_gradient = weights.iter().chain(&biases).map(|&sum| T::from_f64(sum)).collect();

        let count = (batch * length) as f64;
        let mut before = 0;
        let of_part = |values: &&[T]| {
            let part_len = values.len() / (batch * channels);
            let first = before;
            before += part_len;
            let mut out = vec![T::zero(); values.len()];
            out.par_chunks_mut(channels * part_len).enumerate().for_each(|(item, out)| {
                for (channel, out) in out.chunks_exact_mut(part_len).enumerate() {
                    let inverse = self.inverse(channel);
                    let factor = parameters[channel].to_f64() * inverse;
                    let mean = T::from_f64(self.statistics.mean[channel]);
                    let (shift, slope) = if self.by_batch {
                        (biases[channel] / count, weights[channel] / count * inverse)
                    } else {
                        (0.0, 0.0)
                    };
                    let (factor, shift, slope) =
                        (T::from_f64(factor), T::from_f64(shift), T::from_f64(slope));
                    let passed = &passed[(item * channels + channel) * length + first..][..part_len];
                    let values = row(values, batch, channels, item, channel);
                    for (out, (&gradient, &value)) in out.iter_mut().zip(passed.iter().zip(values)) {
                        *out = factor * (gradient - shift - (value - mean) * slope);
                    }
                }
            });
            out
        };
        (parts.iter().map(of_part).collect(), parameter_gradient)
    }

    fn run<T: Real>(
        &self,
        parts: &[(&CpuStorage, &Layout)],
        (parameters, layout): (&CpuStorage, &Layout),
    ) -> Result<(CpuStorage, Shape)> {
        let parts: Vec<&[T]> =
            parts.iter().map(|(storage, layout)| elements(storage, layout)).collect::<Result<_>>()?;
        let out = self.forward(&parts, elements(parameters, layout)?);
        Ok((T::to_cpu_storage_owned(out), self.shape.into()))
    }

    fn run_back<T: Real>(
        &self,
        parts: &[&Tensor],
        parameters: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Vec<Tensor>, Tensor)> {
        let gradient = gradient.contiguous()?;
        let hosts: Vec<Host<'_>> = parts.iter().map(|part| Host::of(part)).collect();
        let values: Vec<&[T]> = hosts.iter().map(Host::elements).collect::<Result<_>>()?;
        let (parameters_host, gradient) = (Host::of(parameters), Host::of(&gradient));
        let (of_parts, of_parameters) =
            self.backward(&values, parameters_host.elements()?, gradient.elements()?);
        let tensors = of_parts.into_iter().zip(parts);
        let tensors = tensors.map(|(values, part)| Tensor::from_vec(values, part.shape(), part.device()));
        let of_parameters = Tensor::from_vec(of_parameters, parameters.shape(), parameters.device())?;
        Ok((tensors.collect::<Result<_>>()?, of_parameters))
    }
}

impl CustomOp3 for NormaliseJoined {
    fn name(&self) -> &'static str {
        "joined-batch-norm"
    }

    fn cpu_fwd(
        &self,
        a: &CpuStorage,
        l1: &Layout,
        b: &CpuStorage,
        l2: &Layout,
        parameters: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        match a {
            CpuStorage::F32(_) => self.run::<f32>(&[(a, l1), (b, l2)], (parameters, l3)),
            _ => self.run::<f64>(&[(a, l1), (b, l2)], (parameters, l3)),
        }
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        parameters: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (mut parts, parameters) = match a.dtype() {
            DType::F32 => self.run_back::<f32>(&[a, b], parameters, gradient)?,
            _ => self.run_back::<f64>(&[a, b], parameters, gradient)?,
        };
        let b = parts.pop();
        Ok((parts.pop(), b, Some(parameters)))
    }
}
