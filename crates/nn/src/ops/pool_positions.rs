//! Max pooling of positions × channels, for models that only score.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::conv_positions::Steps;
use super::host::{Host, Real};
use crate::{Doing, NnError};

/// The largest value of each window of `pool` positions, channel by channel; what [`Steps`] pads with is below every number.
///
/// *Shapes*: (B, L, C) to (B, P, C), P = [`Steps::positions`]; f32 or f64. NaN is passed on. There is no gradient:
/// [`max_pool`](super::max_pool) has one.
///
/// # Errors
///
/// [`NnError::Shape`] or [`NnError::DType`] for another kind of `x`, [`NnError::TooShort`] for less than one window.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops::{Steps, pool_positions}};
///
/// let x = Tensor::new(&[[[1f32], [5.], [-4.], [-9.], [-7.]]], &Device::Cpu)?;
/// let windows = Steps { stride: 2, ..Steps::valid() };
/// assert_eq!(pool_positions(&x, 2, &windows)?.to_vec3::<f32>()?, [[[5.], [-4.]]]);
/// assert_eq!(pool_positions(&x, 2, &Steps::same(5, 2, 2, 1))?.to_vec3::<f32>()?, [[[5.], [-4.], [-7.]]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn pool_positions(x: &Tensor, pool: usize, steps: &Steps) -> Result<Tensor, NnError> {
    let &[items, length, channels] = x.dims() else {
        return Err(NnError::shape("features", "(batch, positions, channels)", x.dims()));
    };
    let too_short = NnError::TooShort { length, kernel: 1, pool };
    let positions = steps.positions(length, pool).filter(|_| pool > 0).ok_or(too_short)?;
    let shape = (items, positions, channels);
    match (x.device().is_cpu(), x.dtype()) {
        (true, DType::F32) => {
            Tensor::from_vec(pooled::<f32>(x, pool, steps, positions)?, shape, x.device()).doing(DOING)
        }
        (true, DType::F64) => {
            Tensor::from_vec(pooled::<f64>(x, pool, steps, positions)?, shape, x.device()).doing(DOING)
        }
        (false, DType::F32 | DType::F64) => composed(x, pool, steps, positions).doing(DOING),
        (_, found) => Err(NnError::DType { operation: "pooling", expected: "f32 or f64", found }),
    }
}

const DOING: &str = "pooling";

fn pooled<T: Real>(x: &Tensor, pool: usize, steps: &Steps, positions: usize) -> Result<Vec<T>, NnError> {
    let (_, length, channels) = x.dims3().doing(DOING)?;
    let x = x.contiguous().doing(DOING)?;
    let host = Host::of(&x);
    let values = host.elements::<T>().doing(DOING)?;
    let mut out = vec![
        T::from_f64(f64::NEG_INFINITY);
        values.len() / (length * channels).max(1) * positions * channels
    ];
    out.par_chunks_exact_mut(channels.max(1)).enumerate().for_each(|(row, out)| {
        let (item, position) = (row / positions, row % positions);
        let taps = (0..pool).map(|tap| position * steps.stride + tap * steps.dilation);
        let within =
            taps.filter_map(|at| at.checked_sub(steps.padding[0])).filter(|&position| position < length);
        for (tap, position) in within.enumerate() {
            let values = &values[(item * length + position) * channels..][..channels];
            if tap == 0 {
                out.copy_from_slice(values);
                continue;
            }
            for (best, &value) in out.iter_mut().zip(values) {
                // The second comparison lets NaN through, and lets it stay.
                *best = if value > *best || value.is_nan() { value } else { *best };
            }
        }
    });
    Ok(out)
}

/// By operations of candle.
fn composed(x: &Tensor, pool: usize, steps: &Steps, positions: usize) -> candle_core::Result<Tensor> {
    let (items, _, channels) = x.dims3()?;
    let below = |zeros: usize| {
        Tensor::full(f32::NEG_INFINITY, (items, zeros, channels), x.device())?.to_dtype(x.dtype())
    };
    let [before, after] = steps.padding;
    let padded = Tensor::cat(&[&below(before)?, x, &below(after)?], 1)?;
    let starts: Vec<u32> = (0..positions as u32).map(|row| row * steps.stride as u32).collect();
    let starts = Tensor::from_vec(starts, positions, x.device())?;
    let tap = |tap: usize| {
        let rows = padded.narrow(1, tap * steps.dilation, (positions - 1) * steps.stride + 1)?;
        rows.contiguous()?.index_select(&starts, 1)
    };
    (1..pool).try_fold(tap(0)?, |best, next| best.maximum(&tap(next)?))
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::check::{tensor, values};

    #[test]
    fn both_ways_are_the_maximum_of_each_window() {
        let x = tensor(1, &[2, 23, 3]);
        for (pool, stride) in [(1, 1), (4, 4), (5, 3), (2, 3)] {
            for steps in [Steps { stride, ..Steps::valid() }, Steps::same(23, pool, stride, 1)] {
                let positions = steps.positions(23, pool).unwrap();
                let found = pool_positions(&x, pool, &steps).unwrap();
                assert_eq!(values(&found), values(&composed(&x, pool, &steps, positions).unwrap()));
                let x = x.to_vec3::<f64>().unwrap();
                let last = positions - 1;
                let seen = (last * stride..last * stride + pool)
                    .filter_map(|at| x[1].get(at.checked_sub(steps.padding[0])?));
                let expected = seen.map(|row| row[2]).fold(f64::NEG_INFINITY, f64::max);
                assert_eq!(found.to_vec3::<f64>().unwrap()[1][last][2], expected, "{pool} {steps:?}");
            }
        }
    }

    #[test]
    fn nan_is_passed_on_and_no_window_is_an_error() {
        let x = Tensor::new(&[[[1f32], [f32::NAN], [3.], [4.]]], &Device::Cpu).unwrap();
        let windows = Steps { stride: 2, ..Steps::valid() };
        let y = values(&pool_positions(&x, 2, &windows).unwrap());
        assert!(y[0].is_nan() && y[1] == 4.0);
        assert!(pool_positions(&x, 5, &windows).is_err());
        assert!(pool_positions(&x, 2, &Steps { stride: 0, ..Steps::valid() }).is_err());
        // A window of nothing but padding has nothing that is larger.
        let wide = Steps { padding: [3, 0], ..Steps::valid() };
        assert_eq!(values(&pool_positions(&x, 2, &wide).unwrap())[..2], [f64::NEG_INFINITY; 2]);
        assert!(pool_positions(&x.squeeze(0).unwrap(), 2, &windows).is_err());
        assert!(pool_positions(&x.to_dtype(DType::U8).unwrap(), 2, &windows).is_err());
    }
}
