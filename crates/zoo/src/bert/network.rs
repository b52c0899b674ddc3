//! The encoder and its heads.

use ciskit_nn::candle_nn::Init;
use ciskit_nn::layers::Embedding;
use ciskit_nn::ops::inference::Activation;
use ciskit_nn::ops::inference::{AttentionBias, Dense, LayerNorm};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

use super::Config;
use crate::transformer::{
    Attention, ClassHead, FeedForward, Heads, MaskedHead, Stage, TokenBatch, TokenNetwork, add, head, tied,
};

/// The network, with parameters named as published.
pub struct Bert {
    config: Config,
    words: Tensor,
    positions: Tensor,
    /// The row of the first token type.
    kind: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    last_norm: Option<LayerNorm>,
    tokens: Option<MaskedHead>,
    classes: Option<ClassHead>,
}

struct Layer {
    attention: Attention,
    attention_norm: LayerNorm,
    feed_forward: FeedForward,
    norm: LayerNorm,
}

impl Layer {
    fn load(vb: VarBuilder<'_>, config: &Config, activation: Activation) -> Result<Self, NnError> {
        let (width, inner, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let norms = if config.pre_layer_norm {
            ["pre_attention_ln", "post_attention_ln"]
        } else {
            ["attention.output.LayerNorm", "output.LayerNorm"]
        };
        Ok(Self {
            attention: Attention::load(vb.pp("attention"), width, config.num_attention_heads)?,
            attention_norm: LayerNorm::load(vb.pp(norms[0]), width, eps)?,
            feed_forward: FeedForward {
                up: Dense::load(vb.pp("intermediate.dense"), width, inner)?,
                down: Dense::load(vb.pp("output.dense"), inner, width)?,
                activation,
                gated: false,
            },
            norm: LayerNorm::load(vb.pp(norms[1]), width, eps)?,
        })
    }
}

impl Bert {
    /// Loads the parameters, those of `heads` too.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters, [`NnError::Model`] if the sizes are impossible.
    pub fn load(vb: VarBuilder<'_>, config: &Config, heads: Heads) -> Result<Self, NnError> {
        let refuse = |problem| NnError::model(std::io::Error::other(problem));
        config.check().map_err(refuse)?;
        let activation = config.activation().map_err(refuse)?;
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        let (bert, init) = (vb.pp("bert"), Init::Randn { mean: 0.0, stdev: 0.02 });
        let table = |name, rows| {
            let table = Embedding::load(bert.pp("embeddings").pp(name), rows, width, init);
            table.map(|table| table.weight().clone())
        };
        let words = table("word_embeddings", config.vocab_size)?;
        let positions = table("position_embeddings", config.max_position_embeddings)?;
        let kind = table("token_type_embeddings", config.type_vocab_size)?.narrow(0, 0, 1)?; // (1, d)
        let norm = LayerNorm::load(bert.pp("embeddings.LayerNorm"), width, eps)?;
        let layer = |at| Layer::load(bert.pp("encoder.layer").pp(at), config, activation);
        let layers = (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?;
        let last = config.last_norm() && config.pre_layer_norm;
        let last_norm =
            last.then(|| LayerNorm::load(bert.pp("encoder.last_layer_ln"), width, eps)).transpose()?;
        let tokens = |vb: VarBuilder<'_>| {
            Ok::<_, NnError>(MaskedHead {
                dense: Dense::load(vb.pp("transform.dense"), width, width)?,
                activation,
                norm: LayerNorm::load(vb.pp("transform.LayerNorm"), width, eps)?,
                decoder: tied(&words, vb, "bias")?,
            })
        };
        let tokens = heads.tokens.then(|| tokens(vb.pp("cls.predictions"))).transpose()?;
        let classes = heads.classes.map(|classes| {
            let (own, pooler) = (vb.pp("classifier"), bert.pp("pooler.dense"));
            if config.is_bigbird() {
                ClassHead::load(own.pp("dense"), own.pp("out_proj"), width, activation, classes)
            } else {
                ClassHead::load(pooler, own, width, Activation::Tanh, classes)
            }
        });
        let (config, classes) = (config.clone(), classes.transpose()?);
        Ok(Self { config, words, positions, kind, norm, layers, last_norm, tokens, classes })
    }

    /// What the classification head forms of first rows before it tells classes, (B, d).
    ///
    /// # Errors
    ///
    /// [`NnError`] if there is no such head.
    pub fn pooled(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.classes, "classification head")?.pooled(first_rows)
    }
}

impl TokenNetwork for Bert {
    fn width(&self) -> usize {
        self.config.hidden_size
    }

    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn most_tokens(&self) -> Option<usize> {
        Some(self.config.most_tokens())
    }

    fn classes(&self) -> Option<usize> {
        self.classes.as_ref().map(|head| head.classes)
    }

    fn predicts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    fn bytes_per_token(&self) -> usize {
        // Rows, their norms and sums, q, k and v; the inner rows before and after the activation.
        4 * (8 * self.config.hidden_size + 2 * self.config.intermediate_size)
    }

    fn forward(&self, batch: &TokenBatch, watch: &mut dyn FnMut(Stage, &Tensor)) -> Result<Tensor, NnError> {
        let words = batch.look_up(&self.words)?.broadcast_add(&self.kind).doing("adding the token type")?; // (T, d)
        let mut x = self.norm.forward(&add(&words, &batch.look_up_places(&self.positions, 0)?)?)?; // (T, d)
        watch(Stage::Embeddings, &x);
        let attend = |layer: &Layer, x: &Tensor| {
            layer.attention.forward(x, batch.lengths(), None, &AttentionBias::None) // (T, d)
        };
        for (at, layer) in self.layers.iter().enumerate() {
            if self.config.pre_layer_norm {
                let attended = attend(layer, &layer.attention_norm.forward(&x)?)?; // (T, d)
                watch(Stage::Attention(at), &attended);
                x = add(&x, &attended)?; // (T, d)
                watch(Stage::Attended(at), &x);
                x = add(&x, &layer.feed_forward.forward(&layer.norm.forward(&x)?)?)?; // (T, d)
            } else {
                let attended = attend(layer, &x)?; // (T, d)
                watch(Stage::Attention(at), &attended);
                x = layer.attention_norm.forward(&add(&x, &attended)?)?; // (T, d)
                watch(Stage::Attended(at), &x);
                x = layer.norm.forward(&add(&x, &layer.feed_forward.forward(&x)?)?)?; // (T, d)
            }
            watch(Stage::Layer(at), &x);
        }
        match &self.last_norm {
            Some(norm) => norm.forward(&x), // (T, d)
            None => Ok(x),
        }
    }

    fn token_logits(&self, rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.tokens, "head that predicts tokens")?.forward(rows) // (n, V)
    }

    fn class_logits(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.classes, "classification head")?.forward(first_rows) // (B, classes)
    }
}
