//! Mean and variance of each channel of a batch.

use candle_core::{DType, Result, Tensor};
use rayon::prelude::*;

use super::host::{Host, Real};

/// Mean and population variance of every channel.
pub(crate) struct Statistics {
    pub(crate) mean: Vec<f64>,
    pub(crate) variance: Vec<f64>,
}

impl Statistics {
    /// Those of contiguous parts (B, C, Lᵢ) on the CPU, over batch and all positions. *Cost*: one reading. Sums go over
    /// sequences in their order.
    pub(crate) fn of(parts: &[&Tensor]) -> Result<Self> {
        match parts[0].dtype() {
            DType::F32 => Self::of_type::<f32>(parts),
            _ => Self::of_type::<f64>(parts),
        }
    }

    fn of_type<T: Real>(parts: &[&Tensor]) -> Result<Self> {
        let hosts: Vec<Host<'_>> = parts.iter().map(|part| Host::of(part)).collect();
        let values: Vec<&[T]> = hosts.iter().map(Host::elements).collect::<Result<_>>()?;
        let (batch, channels, positions) = parts[0].dims3()?;
        if let (&[values], 1) = (&values[..], positions) {
            return Ok(Self::of_single_positions(values, channels));
        }
        // Count, mean and squared deviations of each channel of each sequence.
        let of_item = |item: usize| -> Vec<[f64; 3]> {
            let rows = (0..channels).map(|channel| {
                let rows = values.iter().map(|values| row(values, batch, channels, item, channel));
                rows.fold([0.0; 3], |sum, row| merged(sum, moments(row)))
            });
            rows.collect()
        };
        let items: Vec<Vec<[f64; 3]>> = (0..batch).into_par_iter().map(of_item).collect();
        let mut all = vec![[0.0; 3]; channels];
        for item in items {
            all.iter_mut().zip(item).for_each(|(all, of_item)| *all = merged(*all, of_item));
        }
        Ok(Self {
            mean: all.iter().map(|[_, mean, _]| *mean).collect(),
            variance: all.iter().map(|[count, _, squares]| squares / count).collect(),
        })
    }

    /// Those of (B, C) values: to merge moments would take a division a value.
    fn of_single_positions<T: Real>(values: &[T], channels: usize) -> Self {
        let mean = mean_over_items(values, channels, |_, value| value);
        let variance = mean_over_items(values, channels, |channel, value| (value - mean[channel]).powi(2));
        Self { mean, variance }
    }

    /// Those that were kept, both (C).
    pub(crate) fn kept(mean: &Tensor, variance: &Tensor) -> Result<Self> {
        let values = |tensor: &Tensor| tensor.to_dtype(DType::F64)?.to_vec1::<f64>();
        Ok(Self { mean: values(mean)?, variance: values(variance)? })
    }
}

/// The mean of a function of channel and value over the items of a (B, C) array, for each channel.
fn mean_over_items<T: Real>(values: &[T], channels: usize, of: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut means = vec![0.0; channels];
    for item in values.chunks_exact(channels) {
        for (channel, (sum, value)) in means.iter_mut().zip(item).enumerate() {
            *sum += of(channel, value.to_f64());
        }
    }
    let items = (values.len() / channels) as f64;
    means.iter_mut().for_each(|sum| *sum /= items);
    means
}

/// One channel of one sequence.
pub(super) fn row<T>(values: &[T], batch: usize, channels: usize, item: usize, channel: usize) -> &[T] {
    let length = values.len() / (batch * channels);
    &values[(item * channels + channel) * length..][..length]
}

/// Count, mean, and sum of squared deviations from it.
fn moments<T: Real>(row: &[T]) -> [f64; 3] {
    let count = row.len() as f64;
    let mean = sum(row, |value| value).to_f64() / count;
    let centre = T::from_f64(mean);
    let (off, squares) = (
        sum(row, |value| value - centre).to_f64(),
        sum(row, |value| (value - centre) * (value - centre)).to_f64(),
    );
    // What rounding the mean left.
    [count, centre.to_f64() + off / count, squares - off * off / count]
}

/// The moments of two sets together.
fn merged([n, mean, squares]: [f64; 3], [other_n, other_mean, other_squares]: [f64; 3]) -> [f64; 3] {
    let total = n + other_n;
    let apart = other_mean - mean;
    let share = other_n / total;
    [total, mean + apart * share, squares + other_squares + apart * apart * n * share]
}

/// The sum of a function of every number, always in the same order, in enough partial sums to fill vectors.
pub(super) fn sum<T: Real>(row: &[T], of: impl Fn(T) -> T) -> T {
    sum_of_two(row, row, |value, _| of(value))
}

/// [`sum`] of a function of two rows.
pub(super) fn sum_of_two<T: Real>(a: &[T], b: &[T], of: impl Fn(T, T) -> T) -> T {
    const LANES: usize = 16;
    let mut sums = [T::zero(); LANES];
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += of(a, b);
        }
    }
    for (sum, (&a, &b)) in sums.iter_mut().zip(a_tail.iter().zip(b_tail)) {
        *sum += of(a, b);
    }
    sums.into_iter().fold(T::zero(), |total, sum| total + sum)
}
