//! One of the two heads.

use ciskit_nn::layers::{BatchNorm, BatchNormConstants, Dropout, Linear};
use ciskit_nn::{Doing, Mode, NnError, Tensor, VarBuilder, ops};

use super::{Config, HeadParts};

/// Batch norm → dropout → linear → ReLU → dropout → linear.
#[derive(Clone, Debug)]
pub(super) struct Head {
    merge_bn: BatchNorm,
    input_dropout: Dropout,
    linear: Linear,
    hidden_dropout: Dropout,
    out_layer: Linear,
}

impl Head {
    /// Head `number`, whose layers end on that number.
    pub(super) fn load(
        vb: &VarBuilder<'_>,
        number: usize,
        inputs: usize,
        config: &Config,
    ) -> Result<Self, NnError> {
        let path = |layer: &str| vb.pp(format!("{layer}{number}"));
        let dropout = |layer: &str| Dropout::new(format!("{layer}{number}.dropout"), config.head_dropout);
        Ok(Self {
            merge_bn: BatchNorm::load(path("merge_bn"), inputs, BatchNormConstants::pytorch())?,
            input_dropout: dropout("merge_bn")?,
            linear: Linear::load(path("linear"), inputs, config.hidden)?,
            hidden_dropout: dropout("linear")?,
            out_layer: Linear::load(path("out_layer"), config.hidden, 1)?,
        })
    }

    /// `input` is (B, inputs).
    pub(super) fn forward(&self, input: &Tensor, mode: Mode) -> Result<HeadParts, NnError> {
        let norm = self.merge_bn.forward(input, mode)?; // (B, inputs)
        let hidden = self.linear.forward(&self.input_dropout.forward(&norm, mode)?)?; // (B, 64)
        let hidden = ops::relu(&hidden)?; // (B, 64)
        let logit = self.out_layer.forward(&self.hidden_dropout.forward(&hidden, mode)?)?; // (B, 1)
        let logit = logit.squeeze(1).doing("taking the logits out of a head")?; // (B)
        Ok(HeadParts { input: input.clone(), norm, hidden, logit })
    }
}
