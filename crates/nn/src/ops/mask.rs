//! Random masks that set elements to 0 and scale the others.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};
use ciskit_core::random::Stream;
use rayon::prelude::*;

use super::host::{Host, Real, elements};
use super::relu_pool::NOWHERE;
use crate::simd::{Kernel, Level, Simd};

/// The mask of one layer at one step, applied to values and to gradients alike.
pub(crate) struct Mask {
    stream: Stream,
    /// An element is kept if its 32 random bits are below this.
    below: u64,
    scale: f64,
}

/// Elements whose random bits are drawn together.
const CHUNK: usize = 4096;

impl Mask {
    /// A mask that keeps this share of all elements.
    pub(crate) fn new(stream: Stream, keep: f64) -> Self {
        Self { stream, below: (keep * 32f64.exp2()).round() as u64, scale: 1.0 / keep }
    }

    /// The factor of a kept element, and of its gradient.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// Applies the mask to pooled values, of which the first has the index `start`, and forgets where the dropped ones
    /// came from. `bits` is scratch space.
    pub(crate) fn drop_pooled<T: Real>(
        &self,
        level: Level,
        start: usize,
        values: &mut [T],
        positions: &mut [u32],
        bits: &mut Vec<u32>,
    ) {
        bits.resize(values.len(), 0);
        level.run(DropPooled { mask: self, start: start as u64, bits, values, positions });
    }

    /// Applies the mask to values, of which the first has the index `start`. `bits` is scratch space.
    pub(crate) fn drop_values<T: Real>(
        &self,
        level: Level,
        start: usize,
        values: &mut [T],
        bits: &mut Vec<u32>,
    ) {
        for (chunk, values) in values.chunks_mut(CHUNK).enumerate() {
            bits.resize(values.len(), 0);
            level.run(DropValues { mask: self, start: (start + chunk * CHUNK) as u64, bits, values });
        }
    }

    /// The masked tensor, on whatever device it is.
    pub(crate) fn on_any_device(self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            return x.contiguous()?.apply_op1(self);
        }
        let ones = Tensor::ones(x.shape(), x.dtype(), &candle_core::Device::Cpu)?;
        x.mul(&ones.apply_op1_no_bwd(&self)?.to_device(x.device())?)
    }

    /// The largest random bits of an element that is kept.
    #[inline(always)]
    fn last(&self) -> Option<u32> {
        // Inclusive, to fit into 32 bits; a share that rounds to 0 keeps nothing.
        self.below.checked_sub(1).map(|last| last.min(u64::from(u32::MAX)) as u32)
    }

    fn apply<T: Real>(&self, values: &[T]) -> Vec<T> {
        let level = Level::current();
        let mut out = vec![T::zero(); values.len()];
        out.par_chunks_mut(CHUNK).zip(values.par_chunks(CHUNK)).enumerate().for_each_init(
            || vec![0u32; CHUNK],
            |bits, (chunk, (out, values))| {
                let bits = &mut bits[..values.len()];
                level.run(Draw { mask: self, start: (chunk * CHUNK) as u64, bits, values, out });
            },
        );
        out
    }
}

/// The mask on one chunk of elements.
struct Draw<'a, T> {
    mask: &'a Mask,
    start: u64,
    bits: &'a mut [u32],
    values: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> Kernel for Draw<'_, T> {
    type Output = ();

    /// Nothing here is written in vectors; the compiler makes them, as wide as those of the level.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { mask, start, bits, values, out } = self;
        mask.stream.fill_bits(start, bits);
        let scale = T::from_f64(mask.scale);
        let Some(last) = mask.last() else { return };
        for ((out, &value), &bits) in out.iter_mut().zip(values).zip(&*bits) {
            *out = if bits <= last { value * scale } else { T::zero() };
        }
    }
}

/// [`Mask::drop_values`] of one chunk.
struct DropValues<'a, T> {
    mask: &'a Mask,
    start: u64,
    bits: &'a mut [u32],
    values: &'a mut [T],
}

impl<T: Real> Kernel for DropValues<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { mask, start, bits, values } = self;
        mask.stream.fill_bits(start, bits);
        let scale = T::from_f64(mask.scale);
        let Some(last) = mask.last() else { return values.fill(T::zero()) };
        for (value, &bits) in values.iter_mut().zip(&*bits) {
            *value = if bits <= last { *value * scale } else { T::zero() };
        }
    }
}

/// [`Mask::drop_pooled`].
struct DropPooled<'a, T> {
    mask: &'a Mask,
    start: u64,
    bits: &'a mut [u32],
    values: &'a mut [T],
    positions: &'a mut [u32],
}

impl<T: Real> Kernel for DropPooled<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { mask, start, bits, values, positions } = self;
        mask.stream.fill_bits(start, bits);
        let scale = T::from_f64(mask.scale);
        let last = mask.last();
        for ((value, at), &bits) in values.iter_mut().zip(positions).zip(&*bits) {
            let keep = last.is_some_and(|last| bits <= last);
            *value = if keep { *value * scale } else { T::zero() };
            *at = if keep { *at } else { NOWHERE };
        }
    }
}

impl CustomOp1 for Mask {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let storage = match storage {
            CpuStorage::F32(_) => CpuStorage::F32(self.apply(elements(storage, layout)?)),
            _ => CpuStorage::F64(self.apply(elements(storage, layout)?)),
        };
        Ok((storage, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let host = Host::of(&gradient);
        let masked = match x.dtype() {
            DType::F32 => Tensor::from_vec(self.apply::<f32>(host.elements()?), x.shape(), x.device())?,
            _ => Tensor::from_vec(self.apply::<f64>(host.elements()?), x.shape(), x.device())?,
        };
        Ok(Some(masked))
    }
}
