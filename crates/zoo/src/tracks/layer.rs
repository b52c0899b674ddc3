//! A layer of the transformer.

use std::sync::{Arc, OnceLock};

use ciskit_nn::ops::inference::{
    Activation, Dense, LayerNorm, RelativeKeys, RelativeQuery, activate, relative_attention,
};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

/// Sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerSizes {
    pub(crate) width: usize,
    pub(crate) heads: usize,
    /// Channels of a head's queries and keys, and of its values.
    pub(crate) key: usize,
    pub(crate) value: usize,
    /// Features of a distance.
    pub(crate) features: usize,
    pub(crate) eps: f64,
}

/// x + attention(LN(x)), and of this y + W₂ relu(W₁ LN(y)).
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    sizes: LayerSizes,
    attention_norm: LayerNorm,
    /// Queries, keys and values.
    projections: [Dense; 3],
    /// (heads · key, features)
    distances: Tensor,
    content_bias: Tensor,
    position_bias: Tensor,
    out: Dense,
    /// Made when a sequence first needs them: a model that is only counted has no features.
    keys: Arc<OnceLock<RelativeKeys>>,
    feed_norm: LayerNorm,
    up: Dense,
    down: Dense,
}

impl Layer {
    /// Loads `0.fn.{0, 1}` and `1.fn.{0, 1, 4}`.
    pub(crate) fn load(vb: VarBuilder<'_>, sizes: LayerSizes) -> Result<Self, NnError> {
        let LayerSizes { width, heads, key, value, features, eps } = sizes;
        let (attention, feed) = (vb.pp("0.fn"), vb.pp("1.fn"));
        let parts = attention.pp("1");
        let linear = |name: &str, outputs| Dense::load_without_bias(parts.pp(name), width, outputs);
        let get = || {
            let bias = |name| parts.get((1, heads, 1, key), name);
            let distances = parts.pp("to_rel_k").get((heads * key, features), "weight")?;
            Ok((distances, bias("rel_content_bias")?, bias("rel_pos_bias")?))
        };
        let (distances, content_bias, position_bias) =
            get().doing(format!("loading attention {}", parts.prefix()))?;
        Ok(Self {
            sizes,
            attention_norm: LayerNorm::load(attention.pp("0"), width, eps)?,
            projections: [
                linear("to_q", heads * key)?,
                linear("to_k", heads * key)?,
                linear("to_v", heads * value)?,
            ],
            distances,
            content_bias,
            position_bias,
            out: Dense::load(parts.pp("to_out"), heads * value, width)?,
            keys: Arc::default(),
            feed_norm: LayerNorm::load(feed.pp("0"), width, eps)?,
            up: Dense::load(feed.pp("1"), width, 2 * width)?,
            down: Dense::load(feed.pp("4"), 2 * width, width)?,
        })
    }

    /// The first half: (1, T, C) to (1, T, C), with features of distances (2T − 1, F).
    pub(crate) fn attend(&self, x: &Tensor, features: &Tensor) -> Result<Tensor, NnError> {
        let LayerSizes { heads, key, .. } = self.sizes;
        let normal = self.attention_norm.forward(x)?; // (1, T, C)
        let rows = normal.squeeze(0).doing("reading a sequence")?; // (T, C)
        let [q, k, v] = [0, 1, 2].map(|part| {
            let part = self.projections[part].forward(&rows)?;
            part.unsqueeze(0).doing("projecting a sequence")
        });
        let (q, k, v) = ((q? * (key as f64).powf(-0.5)).doing("scaling queries")?, k?, v?); // (1, T, heads · width)
        let keys = match self.keys.get() {
            Some(keys) => keys,
            None => {
                let made = RelativeKeys::new(features, &self.distances)?;
                self.keys.get_or_init(|| made)
            }
        };
        let (content_bias, position_bias) = (&self.content_bias, &self.position_bias);
        let query = RelativeQuery { q: &q, content_bias, position_bias };
        let attended = relative_attention(query, &k, &v, keys, heads)?; // (1, T, heads · value)
        let joined = self.out.forward(&attended.squeeze(0).doing("joining heads")?)?; // (T, C)
        joined.unsqueeze(0).and_then(|joined| x + joined).doing("adding attention")
    }

    /// The second half: (1, T, C) to (1, T, C).
    pub(crate) fn feed(&self, x: &Tensor) -> Result<Tensor, NnError> {
        let rows = self.feed_norm.forward(x)?.squeeze(0).doing("reading a sequence")?; // (T, C)
        let hidden = activate(&self.up.forward(&rows)?, Activation::Relu)?; // (T, 2 C)
        let fed = self.down.forward(&hidden)?; // (T, C)
        fed.unsqueeze(0).and_then(|fed| x + fed).doing("adding the feed-forward part")
    }
}
