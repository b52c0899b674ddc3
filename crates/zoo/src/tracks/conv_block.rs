//! Convolutions of long sequences, a piece at a time.

use std::ops::Range;

use ciskit_nn::layers::ScoringConv;
use ciskit_nn::ops::Steps;
use ciskit_nn::ops::inference::{Activation, ChannelNorm};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

/// Positions of a piece: an even number, so that pooling by 2 cuts no pair.
const PIECE: usize = 1 << 14;

/// A convolution with `weight` (outputs, inputs, kernel) and `bias`.
pub(crate) fn conv(
    vb: VarBuilder<'_>,
    inputs: usize,
    outputs: usize,
    kernel: usize,
) -> Result<ScoringConv, NnError> {
    let get = || Ok((vb.get((outputs, inputs, kernel), "weight")?, vb.get(outputs, "bias")?));
    let (weight, bias) = get().doing(format!("loading convolution {}", vb.prefix()))?;
    ScoringConv::new(weight, Some(bias))
}

/// The positions `at` of a convolution's output that is as long as its input, whose filters are odd.
pub(crate) fn conv_at(
    conv: &ScoringConv,
    x: &Tensor,
    at: &Range<usize>,
    before: impl FnOnce(&Tensor) -> Result<Tensor, NnError>,
) -> Result<Tensor, NnError> {
    let (length, reach) = (x.dims()[1], conv.kernel() / 2);
    let (from, to) = (at.start.saturating_sub(reach), (at.end + reach).min(length));
    let padding = [reach + from - at.start, reach + at.end - to];
    let seen = x.narrow(1, from, to - from).doing("cutting a piece of a sequence")?;
    conv.forward(&before(&seen)?, &Steps { padding, ..Steps::valid() })
}

/// Positions 0 to `length`, piece by piece, joined: so that what is wide and about to be pooled is never there as a whole.
pub(crate) fn in_pieces(
    length: usize,
    mut piece: impl FnMut(Range<usize>) -> Result<Tensor, NnError>,
) -> Result<Tensor, NnError> {
    let pieces: Vec<Tensor> =
        (0..length).step_by(PIECE).map(|at| piece(at..(at + PIECE).min(length))).collect::<Result<_, _>>()?;
    match pieces.as_slice() {
        [piece] => Ok(piece.clone()),
        pieces => Tensor::cat(pieces, 1).doing("joining pieces of a sequence"),
    }
}

/// Batch normalisation, an activation and a convolution.
#[derive(Clone, Debug)]
pub(crate) struct ConvBlock {
    norm: ChannelNorm,
    activation: Activation,
    conv: ScoringConv,
}

impl ConvBlock {
    /// Sizes are (inputs, outputs, kernel).
    pub(crate) fn load(
        [norm_vb, conv_vb]: [VarBuilder<'_>; 2],
        (inputs, outputs, kernel): (usize, usize, usize),
        eps: f64,
        activation: Activation,
    ) -> Result<Self, NnError> {
        let norm = ChannelNorm::load(norm_vb, inputs, eps)?;
        Ok(Self { norm, activation, conv: conv(conv_vb, inputs, outputs, kernel)? })
    }

    /// (B, L, C) to (B, L, C').
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        self.forward_at(x, &(0..x.dims()[1]))
    }

    /// The positions `at` of [`forward`](Self::forward).
    pub(crate) fn forward_at(&self, x: &Tensor, at: &Range<usize>) -> Result<Tensor, NnError> {
        // Zeros are what the convolution sees behind the ends, not what normalisation makes of them.
        conv_at(&self.conv, x, at, |seen| self.norm.forward(seen, self.activation))
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::{DType, Device, Parameters};

    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        let load = |vb: VarBuilder<'static>| {
            ConvBlock::load([vb.pp("norm"), vb.pp("conv")], (3, 2, 5), 1e-3, Activation::GeluTanh)
        };
        let (parameters, block) = Parameters::initialise(1, DType::F64, &Device::Cpu, load).unwrap();
        let shift = Tensor::new(&[1f64, -2.0, 3.0], &Device::Cpu).unwrap();
        parameters.set("norm.bias", &shift).unwrap();
        let weight =
            Tensor::arange(0f64, 30.0, &Device::Cpu).unwrap().sin().unwrap().reshape((2, 3, 5)).unwrap();
        parameters.set("conv.weight", &weight).unwrap();
        let x = Tensor::arange(0f64, 60.0, &Device::Cpu).unwrap().cos().unwrap().reshape((1, 20, 3)).unwrap();
        let whole = block.forward(&x).unwrap().to_vec3::<f64>().unwrap();
        for cut in [1, 2, 7, 18, 19] {
            let pieces = [0..cut, cut..20].map(|at| block.forward_at(&x, &at).unwrap());
            let joined = Tensor::cat(&pieces, 1).unwrap().to_vec3::<f64>().unwrap();
            for (found, expected) in joined[0].iter().flatten().zip(whole[0].iter().flatten()) {
                assert!((found - expected).abs() < 1e-12, "{cut}");
            }
        }
    }
}
