//! Normalisation by statistics of each channel, as one operation with its own gradient.
//!
//! Composed of candle's operations a batch norm makes a dozen tensors of the batch's size and sums over the batch on
//! one thread, element by element.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real, elements};
use super::statistics::Statistics;

/// Channels whose sums one thread takes at a time.
const CHANNELS: usize = 128;

/// For each channel the sums over items and positions, in this order, of what `terms` makes of the elements of some
/// (B, C, L) arrays.
fn channel_sums<T: Real, const N: usize, const M: usize>(
    arrays: [&[T]; N],
    (channels, positions): (usize, usize),
    terms: impl Fn(usize, [T; N]) -> [f64; M] + Sync,
) -> Vec<[f64; M]> {
    let mut sums = vec![[0.0; M]; channels];
    sums.par_chunks_mut(CHANNELS).enumerate().for_each(|(chunk, sums)| {
        let first = chunk * CHANNELS;
        let items = arrays[0].len() / (channels * positions);
        for item in 0..items {
            let from = (item * channels + first) * positions;
            for (index, sums) in sums.iter_mut().enumerate() {
                let from = from + index * positions;
                for at in from..from + positions {
                    let terms = terms(first + index, arrays.map(|array| array[at]));
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        *sum += term;
                    }
                }
            }
        }
    });
    sums
}

/// `(x − mean) / √(variance + epsilon) · weight + bias` of contiguous `x` (B, C, L), `weight` (C) and `bias` (C).
pub(crate) struct Normalise {
    pub(crate) statistics: Statistics,
    pub(crate) epsilon: f64,
    /// Whether the statistics are those of `x`, so that its gradient also runs through them.
    pub(crate) of_batch: bool,
}

impl Normalise {
    /// One over the deviation of every channel.
    fn inverse(&self) -> Vec<f64> {
        self.statistics.variance.iter().map(|variance| 1.0 / (variance + self.epsilon).sqrt()).collect()
    }

    fn forward<T: Real>(&self, x: &[T], weight: &[T], bias: &[T], positions: usize) -> Vec<T> {
        let deviation = self.statistics.variance.iter().map(|variance| (variance + self.epsilon).sqrt());
        let channels: Vec<[T; 3]> = deviation
            .zip(&self.statistics.mean)
            .zip(weight.iter().zip(bias))
            .map(|((deviation, &mean), (weight, &bias))| {
                [T::from_f64(mean), T::from_f64(weight.to_f64() / deviation), bias]
            })
            .collect();
        let mut y = vec![T::zero(); x.len()];
        let item = channels.len() * positions;
        y.par_chunks_exact_mut(item).zip(x.par_chunks_exact(item)).for_each(|(y, x)| {
            let rows = y.chunks_exact_mut(positions).zip(x.chunks_exact(positions));
            for ((y, x), &[mean, factor, bias]) in rows.zip(&channels) {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = (x - mean) * factor + bias;
                }
            }
        });
        y
    }

    fn backward<T: Real>(&self, x: &Tensor, weight: &Tensor, gradient: &Tensor) -> Result<[Tensor; 3]> {
        let gradient = gradient.contiguous()?;
        let (_, channels, positions) = x.dims3()?;
        let (x_host, w_host, g_host) = (Host::of(x), Host::of(weight), Host::of(&gradient));
        let (values, gradient) = (x_host.elements::<T>()?, g_host.elements::<T>()?);
        let (mean, inverse) = (&self.statistics.mean, self.inverse());
        // Of each channel the sum of gradients, and of gradients times normalised values.
        let sums = channel_sums([values, gradient], (channels, positions), |channel, [x, gradient]| {
            let gradient = gradient.to_f64();
            [gradient, gradient * (x.to_f64() - mean[channel]) * inverse[channel]]
        });
        // The gradient of x is a line in gradient and x: that through the statistics takes mean and slope off.
        let values_of_channel = if self.of_batch { (values.len() / channels) as f64 } else { f64::INFINITY };
        let lines: Vec<[T; 4]> = (w_host.elements::<T>()?.iter().zip(&sums).enumerate())
            .map(|(channel, (weight, [plain, along]))| {
                let (shift, slope) =
                    (plain / values_of_channel, along / values_of_channel * inverse[channel]);
                [mean[channel], slope, shift, weight.to_f64() * inverse[channel]].map(T::from_f64)
            })
            .collect();
        let mut x_gradient = vec![T::zero(); values.len()];
        let item = channels * positions;
        let items = x_gradient.par_chunks_exact_mut(item).zip(values.par_chunks_exact(item));
        items.zip(gradient.par_chunks_exact(item)).for_each(|((out, x), gradient)| {
            let rows = x.chunks_exact(positions).zip(gradient.chunks_exact(positions));
            for ((out, (x, gradient)), &[mean, slope, shift, factor]) in
                out.chunks_exact_mut(positions).zip(rows).zip(&lines)
            {
                for (out, (&x, &gradient)) in out.iter_mut().zip(x.iter().zip(gradient)) {
                    *out = (gradient - shift - (x - mean) * slope) * factor;
                }
            }
        });
        let device = x.device();
        let of_channels = |which: usize| {
            let sums: Vec<T> = sums.iter().map(|sums| T::from_f64(sums[which])).collect();
            Tensor::from_vec(sums, channels, device)
        };
        Ok([Tensor::from_vec(x_gradient, x.shape(), device)?, of_channels(1)?, of_channels(0)?])
    }
}

impl CustomOp3 for Normalise {
    fn name(&self) -> &'static str {
        "normalise"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        l1: &Layout,
        weight: &CpuStorage,
        l2: &Layout,
        bias: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, _, positions) = l1.shape().dims3()?;
        let storage = match x {
            CpuStorage::F32(_) => CpuStorage::F32(self.forward(
                elements(x, l1)?,
                elements(weight, l2)?,
                elements(bias, l3)?,
                positions,
            )),
            _ => CpuStorage::F64(self.forward(
                elements(x, l1)?,
                elements(weight, l2)?,
                elements(bias, l3)?,
                positions,
            )),
        };
        Ok((storage, l1.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [x, weight, bias] = match x.dtype() {
            DType::F32 => self.backward::<f32>(x, weight, gradient)?,
            _ => self.backward::<f64>(x, weight, gradient)?,
        };
        Ok((Some(x), Some(weight), Some(bias)))
    }
}
