//! The layer that makes tracks.

use ciskit_nn::layers::ScoringConv;
use ciskit_nn::ops::Steps;
use ciskit_nn::ops::inference::{Activation, activate};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

/// A linear layer of which any outputs are computed, and a softplus.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// (tracks, C, 1)
    weight: Tensor,
    bias: Tensor,
}

impl Head {
    /// Loads `weight`, (tracks, C) or as a convolution (tracks, C, 1), and `bias`.
    pub(crate) fn load(
        vb: VarBuilder<'_>,
        inputs: usize,
        tracks: usize,
        convolution: bool,
    ) -> Result<Self, NnError> {
        let get = || {
            let weight = match convolution {
                true => vb.get((tracks, inputs, 1), "weight")?,
                false => vb.get((tracks, inputs), "weight")?.unsqueeze(2)?,
            };
            Ok((weight, vb.get(tracks, "bias")?))
        };
        let (weight, bias) = get().doing(format!("loading head {}", vb.prefix()))?;
        Ok(Self { weight, bias })
    }

    /// Number of tracks.
    pub(crate) fn tracks(&self) -> usize {
        self.bias.elem_count()
    }

    /// (B, bins, C) to (B, bins, chosen tracks), all of them if none are named.
    pub(crate) fn forward(&self, x: &Tensor, tracks: Option<&[usize]>) -> Result<Tensor, NnError> {
        let chosen = || {
            let Some(tracks) = tracks else { return Ok((self.weight.clone(), self.bias.clone())) };
            let tracks: Vec<u32> = tracks.iter().map(|&track| track as u32).collect();
            let tracks = Tensor::from_vec(tracks.clone(), tracks.len(), x.device())?;
            Ok((self.weight.contiguous()?.index_select(&tracks, 0)?, self.bias.index_select(&tracks, 0)?))
        };
        let (weight, bias) = chosen().doing("choosing tracks")?;
        // A sum over channels does not depend on how many tracks there are.
        let sums = ScoringConv::new(weight, Some(bias))?.forward(x, &Steps::valid())?;
        activate(&sums, Activation::Softplus)
    }
}
