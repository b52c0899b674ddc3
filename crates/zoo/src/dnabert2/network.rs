//! The encoder and its heads.

use ciskit_nn::candle_nn::Init;
use ciskit_nn::layers::Embedding;
use ciskit_nn::ops::inference::{Activation, AttentionBias, Dense, LayerNorm};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

use super::Config;
use crate::transformer::{
    Attention, ClassHead, FeedForward, Heads, MaskedHead, Stage, TokenBatch, TokenNetwork, add, head, tied,
};

/// The network, with parameters named as published.
pub struct DnaBert2 {
    config: Config,
    words: Tensor,
    /// The row of the first token type.
    kind: Tensor,
    norm: LayerNorm,
    bias: AttentionBias,
    layers: Vec<Layer>,
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
    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let (width, inner, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        Ok(Self {
            attention: Attention::load_joined(vb.pp("attention"), width, config.num_attention_heads)?,
            attention_norm: LayerNorm::load(vb.pp("attention.output.LayerNorm"), width, eps)?,
            feed_forward: FeedForward {
                up: Dense::load_without_bias(vb.pp("mlp.gated_layers"), width, 2 * inner)?,
                down: Dense::load(vb.pp("mlp.wo"), inner, width)?,
                activation: Activation::Gelu,
                gated: true,
            },
            norm: LayerNorm::load(vb.pp("mlp.layernorm"), width, eps)?,
        })
    }
}

impl DnaBert2 {
    /// Loads the parameters, those of `heads` too.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters, [`NnError::Model`] if the sizes are impossible.
    pub fn load(vb: VarBuilder<'_>, config: &Config, heads: Heads) -> Result<Self, NnError> {
        config.check().map_err(|problem| NnError::model(std::io::Error::other(problem)))?;
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        let (bert, init) = (vb.pp("bert"), Init::Randn { mean: 0.0, stdev: 0.02 });
        let table = |name, rows| {
            let table = Embedding::load(bert.pp("embeddings").pp(name), rows, width, init);
            table.map(|table| table.weight().clone())
        };
        let words = table("word_embeddings", config.vocab_size)?;
        let kind = table("token_type_embeddings", config.type_vocab_size)?.narrow(0, 0, 1)?; // (1, d)
        let norm = LayerNorm::load(bert.pp("embeddings.LayerNorm"), width, eps)?;
        let layer = |at| Layer::load(bert.pp("encoder.layer").pp(at), config);
        let layers = (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?;
        let tokens = |vb: VarBuilder<'_>| {
            Ok::<_, NnError>(MaskedHead {
                dense: Dense::load(vb.pp("transform.dense"), width, width)?,
                activation: Activation::Gelu,
                norm: LayerNorm::load(vb.pp("transform.LayerNorm"), width, eps)?,
                decoder: tied(&words, vb.pp("decoder"), "bias")?,
            })
        };
        let tokens = heads.tokens.then(|| tokens(vb.pp("cls.predictions"))).transpose()?;
        let classes = heads.classes.map(|classes| {
            ClassHead::load(bert.pp("pooler.dense"), vb.pp("classifier"), width, Activation::Tanh, classes)
        });
        let bias = AttentionBias::alibi(config.num_attention_heads);
        let (config, classes) = (config.clone(), classes.transpose()?);
        Ok(Self { config, words, kind, norm, bias, layers, tokens, classes })
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

impl TokenNetwork for DnaBert2 {
    fn width(&self) -> usize {
        self.config.hidden_size
    }

    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn most_tokens(&self) -> Option<usize> {
        None
    }

    fn classes(&self) -> Option<usize> {
        self.classes.as_ref().map(|head| head.classes)
    }

    fn predicts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    fn bytes_per_token(&self) -> usize {
        // Rows, their norms and sums, q, k and v; the inner rows before and after the gate.
        4 * (8 * self.config.hidden_size + 3 * self.config.intermediate_size)
    }

    fn forward(&self, batch: &TokenBatch, watch: &mut dyn FnMut(Stage, &Tensor)) -> Result<Tensor, NnError> {
        let words = batch.look_up(&self.words)?.broadcast_add(&self.kind).doing("adding the token type")?; // (T, d)
        let mut x = self.norm.forward(&words)?; // (T, d)
        watch(Stage::Embeddings, &x);
        for (at, layer) in self.layers.iter().enumerate() {
            let attended = layer.attention.forward(&x, batch.lengths(), None, &self.bias)?; // (T, d)
            watch(Stage::Attention(at), &attended);
            x = layer.attention_norm.forward(&add(&x, &attended)?)?; // (T, d)
            watch(Stage::Attended(at), &x);
            x = layer.norm.forward(&add(&x, &layer.feed_forward.forward(&x)?)?)?; // (T, d)
            watch(Stage::Layer(at), &x);
        }
        Ok(x)
    }

    fn token_logits(&self, rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.tokens, "head that predicts tokens")?.forward(rows) // (n, V)
    }

    fn class_logits(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.classes, "classification head")?.forward(first_rows) // (B, classes)
    }
}
