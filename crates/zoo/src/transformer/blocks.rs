//! The two parts of a transformer's layer.

use ciskit_nn::ops::inference::{Activation, AttentionBias, Dense, Rotary, activate, gated, self_attention};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

/// Attention of a layer: queries, keys and values, each linear, and the layer that joins the heads.
pub(crate) struct Attention {
    projections: Projections,
    out: Dense,
    heads: usize,
}

enum Projections {
    /// Query, key and value.
    Apart(Box<[Dense; 3]>),
    /// The three side by side.
    Joined(Dense),
}

impl Attention {
    /// `self.query`, `self.key`, `self.value` and `output.dense`, as BERT and ESM call them.
    pub(crate) fn load(vb: VarBuilder<'_>, width: usize, heads: usize) -> Result<Self, NnError> {
        let load = |name| Dense::load(vb.pp("self").pp(name), width, width);
        let apart = Box::new([load("query")?, load("key")?, load("value")?]);
        let out = Dense::load(vb.pp("output.dense"), width, width)?;
        Ok(Self { projections: Projections::Apart(apart), out, heads })
    }

    /// `self.Wqkv` and `output.dense`.
    pub(crate) fn load_joined(vb: VarBuilder<'_>, width: usize, heads: usize) -> Result<Self, NnError> {
        let joined = Dense::load(vb.pp("self.Wqkv"), width, 3 * width)?;
        let out = Dense::load(vb.pp("output.dense"), width, width)?;
        Ok(Self { projections: Projections::Joined(joined), out, heads })
    }

    /// (T, d) to (T, d).
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        lengths: &[usize],
        rotary: Option<&Rotary>,
        bias: &AttentionBias,
    ) -> Result<Tensor, NnError> {
        let [mut q, mut k, v] = match &self.projections {
            Projections::Apart(parts) => [parts[0].forward(x)?, parts[1].forward(x)?, parts[2].forward(x)?], // (T, d)
            Projections::Joined(joined) => {
                let joined = joined.forward(x)?; // (T, 3 d)
                let width = joined.dims()[1] / 3;
                let part =
                    |at| joined.narrow(1, at * width, width).doing("cutting queries, keys and values apart");
                [part(0)?, part(1)?, part(2)?] // (T, d)
            }
        };
        if let Some(rotary) = rotary {
            (q, k) = (rotary.apply(&q, lengths)?, rotary.apply(&k, lengths)?);
        }
        self.out.forward(&self_attention(&q, &k, &v, lengths, self.heads, bias)?) // (T, d)
    }
}

/// Feed-forward part of a layer: down(activation(up x)), or with a gate, down(activation(g) ⊙ u) with (g, u) = up x.
pub(crate) struct FeedForward {
    pub(crate) up: Dense,
    pub(crate) down: Dense,
    pub(crate) activation: Activation,
    pub(crate) gated: bool,
}

impl FeedForward {
    /// (T, d) to (T, d).
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let up = self.up.forward(x)?; // (T, f), or (T, 2 f) with a gate
        let inner = if self.gated { gated(&up, self.activation)? } else { activate(&up, self.activation)? }; // (T, f)
        self.down.forward(&inner) // (T, d)
    }
}

/// x + y of one shape.
pub(crate) fn add(x: &Tensor, y: &Tensor) -> Result<Tensor, NnError> {
    (x + y).doing("adding to the residual")
}
