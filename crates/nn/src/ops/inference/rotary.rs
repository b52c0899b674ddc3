//! Positions as rotations.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::super::host::elements;
use super::{CHUNK, in_vectors};
use crate::{Doing, NnError};

/// Rotary position embedding: a head's vector (u, v), in two halves, at position t of its sequence becomes
/// (u cos tθ − v sin tθ, v cos tθ + u sin tθ), with θᵢ = base^(−2i / width).
///
/// The layout is that of halves, not of neighbours. *Source*: Su et al., arXiv 2104.09864.
///
/// ```
/// use ciskit_nn::ops::inference::Rotary;
/// use ciskit_nn::{Device, Tensor};
///
/// let rotary = Rotary::new(2, 10_000.0, 2); // heads of width 2, sequences of up to 2 tokens
/// let x = Tensor::new(&[[1f32, 0.0], [1.0, 0.0]], &Device::Cpu)?;
/// let y = rotary.apply(&x, &[2])?.to_vec2::<f32>()?;
/// assert_eq!(y[0], [1.0, 0.0]);
/// assert!((y[1][0] - 1f32.cos()).abs() < 1e-6 && (y[1][1] - 1f32.sin()).abs() < 1e-6);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rotary {
    /// Width of a head.
    width: usize,
    /// cos tθ and sin tθ, (positions, width / 2) each.
    cosines: Arc<[f32]>,
    sines: Arc<[f32]>,
}

impl Rotary {
    /// The rotations of heads of an even `width` at the first `positions` places.
    ///
    /// # Panics
    ///
    /// If `width` is odd.
    #[must_use]
    pub fn new(width: usize, base: f64, positions: usize) -> Self {
        assert!(width.is_multiple_of(2), "a head of width {width} has no halves");
        let angles = (0..positions)
            .flat_map(|t| (0..width / 2).map(move |i| t as f64 * base.powf(-2.0 * i as f64 / width as f64)));
        let (cosines, sines): (Vec<f32>, Vec<f32>) =
            angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
        Self { width, cosines: cosines.into(), sines: sines.into() }
    }

    /// Rotates every head of every token.
    ///
    /// *Shapes*: (tokens, heads · width), kept; `lengths` are those of the sequences.
    ///
    /// # Errors
    ///
    /// [`NnError::Shape`] if the tokens are not as many as `lengths` say, or not whole heads; [`NnError::Candle`] if a
    /// sequence is longer than there are rotations.
    pub fn apply(&self, x: &Tensor, lengths: &[usize]) -> std::result::Result<Tensor, NnError> {
        let tokens: usize = lengths.iter().sum();
        match *x.dims() {
            [rows, width] if rows == tokens && width.is_multiple_of(self.width.max(1)) => {}
            _ => {
                return Err(NnError::shape(
                    "rotated tokens",
                    format!("({tokens}, heads · {})", self.width),
                    x.dims(),
                ));
            }
        }
        let rotate = || {
            let half = self.width / 2;
            if lengths.iter().any(|length| length * half > self.cosines.len()) {
                candle_core::bail!(
                    "a sequence is longer than the {} positions",
                    self.cosines.len() / half.max(1)
                );
            }
            let positions: Vec<usize> = lengths.iter().flat_map(|&length| 0..length).collect();
            if in_vectors([x]) {
                return x.contiguous()?.apply_op1(Rotate { rotary: self.clone(), positions });
            }
            let table = |table: &[f32]| {
                let rows: Vec<f32> =
                    positions.iter().flat_map(|t| table[t * half..][..half].to_vec()).collect();
                Tensor::from_vec(rows, (tokens, 1, half), x.device())?.to_dtype(x.dtype())
            };
            let (cosines, sines) = (table(&self.cosines)?, table(&self.sines)?); // (T, 1, w/2)
            let heads = x.reshape((tokens, (), self.width))?; // (T, h, w)
            let (u, v) = (heads.narrow(D::Minus1, 0, half)?, heads.narrow(D::Minus1, half, half)?);
            let first = (u.broadcast_mul(&cosines)? - v.broadcast_mul(&sines)?)?;
            let second = (v.broadcast_mul(&cosines)? + u.broadcast_mul(&sines)?)?;
            Tensor::cat(&[first, second], D::Minus1)?.reshape(x.shape())
        };
        rotate().doing("rotating tokens by their positions")
    }
}

struct Rotate {
    rotary: Rotary,
    /// Position of every token in its sequence.
    positions: Vec<usize>,
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotary"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x: &[f32] = elements(storage, layout)?;
        let Rotary { width, cosines, sines } = &self.rotary;
        let (half, row) = (width / 2, layout.dims()[1].max(1));
        let mut out = vec![0.0; x.len()];
        let rows = (CHUNK / row).max(1);
        let chunks = out.par_chunks_mut(rows * row).zip(x.par_chunks(rows * row));
        chunks.zip(self.positions.par_chunks(rows)).for_each(|((out, x), positions)| {
            for ((out, x), t) in out.chunks_exact_mut(row).zip(x.chunks_exact(row)).zip(positions) {
                let (cosines, sines) = (&cosines[t * half..][..half], &sines[t * half..][..half]);
                for (out, x) in out.chunks_exact_mut(*width).zip(x.chunks_exact(*width)) {
                    let ((first, second), (u, v)) = (out.split_at_mut(half), x.split_at(half));
                    for at in 0..half {
                        first[at] = u[at] * cosines[at] - v[at] * sines[at];
                        second[at] = v[at] * cosines[at] + u[at] * sines[at];
                    }
                }
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::check::{assert_close, in_pools, tensor, values};

    #[test]
    fn loops_agree_with_tensors_and_positions_start_anew_in_every_sequence() {
        for (heads, width) in [(1, 2), (3, 8), (2, 34)] {
            let (lengths, rotary) = ([5, 1, 300, 7], Rotary::new(width, 10_000.0, 300));
            let x = tensor(1, &[313, heads * width]);
            let expected = rotary.apply(&x, &lengths).unwrap();
            let narrow = x.to_dtype(DType::F32).unwrap();
            assert_close(&rotary.apply(&narrow, &lengths).unwrap(), &expected, 1e-6, "rotated");
            let last = rotary.apply(&x.narrow(0, 306, 7).unwrap(), &[7]).unwrap();
            assert_close(&expected.narrow(0, 306, 7).unwrap(), &last, 0.0, "the last sequence alone");
            in_pools(|| values(&rotary.apply(&narrow, &lengths).unwrap()));
        }
    }

    #[test]
    fn wrong_numbers_of_tokens_are_refused() {
        let rotary = Rotary::new(4, 10_000.0, 3);
        let x = tensor(1, &[4, 8]);
        let message = |lengths: &[usize]| rotary.apply(&x, lengths).unwrap_err().to_string();
        assert_eq!(message(&[3]), "rotated tokens has shape [4, 8], expected (3, heads · 4)");
        assert_eq!(message(&[4]), "rotating tokens by their positions failed");
    }
}
