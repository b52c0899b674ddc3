//! What is read from the rows of tokens.

use std::collections::BTreeMap;

use ciskit_nn::layers::Linear;
use ciskit_nn::ops::inference::{Activation, Dense, LayerNorm, activate};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

/// Which heads a network has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heads {
    /// The head that predicts hidden tokens.
    pub tokens: bool,
    /// Outputs of the classification head.
    pub classes: Option<usize>,
}

impl Heads {
    /// Those whose weights are there: the first under `token_head`, the other as many classes as the tensor `class_head` has
    /// rows.
    pub(crate) fn of(tensors: &BTreeMap<String, Tensor>, token_head: &str, class_head: &str) -> Self {
        let classes = tensors.get(class_head).and_then(|weight| weight.dims().first().copied());
        Self { tokens: tensors.keys().any(|name| name.starts_with(token_head)), classes }
    }
}

/// Predicts hidden tokens: logits = norm(activation(dense x)) Eᵀ + bias.
pub(crate) struct MaskedHead {
    pub(crate) dense: Dense,
    pub(crate) activation: Activation,
    pub(crate) norm: LayerNorm,
    /// E and the bias.
    pub(crate) decoder: Dense,
}

impl MaskedHead {
    pub(crate) fn forward(&self, rows: &Tensor) -> Result<Tensor, NnError> {
        let x = activate(&self.dense.forward(rows)?, self.activation)?; // (n, d)
        self.decoder.forward(&self.norm.forward(&x)?) // (n, V)
    }
}

/// Tells classes: out(activation(dense x)).
pub(crate) struct ClassHead {
    dense: Linear,
    activation: Activation,
    out: Linear,
    pub(crate) classes: usize,
}

impl ClassHead {
    pub(crate) fn load(
        dense: VarBuilder<'_>,
        out: VarBuilder<'_>,
        width: usize,
        activation: Activation,
        classes: usize,
    ) -> Result<Self, NnError> {
        let (dense, out) = (Linear::load(dense, width, width)?, Linear::load(out, width, classes)?);
        Ok(Self { dense, activation, out, classes })
    }

    /// activation(dense x), (B, d).
    pub(crate) fn pooled(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        activate(&self.dense.forward(first_rows)?, self.activation)
    }

    pub(crate) fn forward(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        self.out.forward(&self.pooled(first_rows)?) // (B, classes)
    }
}

/// A head that is asked for and not there.
pub(crate) fn head<'a, H>(head: &'a Option<H>, what: &str) -> Result<&'a H, NnError> {
    head.as_ref().ok_or_else(|| NnError::model(std::io::Error::other(format!("the weights have no {what}"))))
}

/// A tensor that two parts of a network share, as a decoder with its own bias.
pub(crate) fn tied(words: &Tensor, bias: VarBuilder<'_>, name: &str) -> Result<Dense, NnError> {
    let bias = bias.get(words.dims()[0], name).doing("loading a decoder's bias")?;
    Ok(Dense::new(words.clone(), Some(bias)))
}
