//! The encoder and its heads.

use ciskit_nn::candle_nn::Init;
use ciskit_nn::layers::Embedding;
use ciskit_nn::ops::inference::{Activation, AttentionBias, Dense, LayerNorm, Rotary};
use ciskit_nn::{Device, Doing, NnError, Tensor, VarBuilder};

use super::{Config, PositionEmbedding};
use crate::transformer::{
    Attention, ClassHead, FeedForward, Heads, MaskedHead, Stage, TokenBatch, TokenNetwork, add, head, tied,
};

/// Base of the rotations.
const ROTARY_BASE: f64 = 10_000.0;
/// Share of tokens that training hid, and share of those that it replaced by the mask.
const HIDDEN_IN_TRAINING: f64 = 0.15 * 0.8;

/// The network, with parameters named as published.
pub struct NucleotideTransformer {
    config: Config,
    words: Tensor,
    positions: Option<Tensor>,
    layers: Vec<Layer>,
    norm: LayerNorm,
    tokens: Option<MaskedHead>,
    classes: Option<ClassHead>,
}

struct Layer {
    attention_norm: LayerNorm,
    attention: Attention,
    norm: LayerNorm,
    feed_forward: FeedForward,
}

impl Layer {
    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let (width, inner, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let gated = config.add_bias_fnn.is_some();
        let dense = if config.add_bias_fnn == Some(false) { Dense::load_without_bias } else { Dense::load };
        Ok(Self {
            attention_norm: LayerNorm::load(vb.pp("attention.LayerNorm"), width, eps)?,
            attention: Attention::load(vb.pp("attention"), width, config.num_attention_heads)?,
            norm: LayerNorm::load(vb.pp("LayerNorm"), width, eps)?,
            feed_forward: FeedForward {
                up: dense(vb.pp("intermediate.dense"), width, if gated { 2 * inner } else { inner })?,
                down: dense(vb.pp("output.dense"), inner, width)?,
                activation: if gated { Activation::Silu } else { Activation::Gelu },
                gated,
            },
        })
    }
}

impl NucleotideTransformer {
    /// Loads the parameters, those of `heads` too.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters, [`NnError::Model`] if the sizes are impossible.
    pub fn load(vb: VarBuilder<'_>, config: &Config, heads: Heads) -> Result<Self, NnError> {
        config.check().map_err(|problem| NnError::model(std::io::Error::other(problem)))?;
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        let (esm, init) = (vb.pp("esm"), Init::Randn { mean: 0.0, stdev: 0.02 });
        let words = Embedding::load(esm.pp("embeddings.word_embeddings"), config.vocab_size, width, init)?;
        let words = words.weight().clone();
        let positions = match config.position_embedding_type {
            PositionEmbedding::Rotary => None,
            PositionEmbedding::Absolute => {
                let rows = config.max_position_embeddings;
                let table = Embedding::load(esm.pp("embeddings.position_embeddings"), rows, width, init)?;
                Some(table.weight().clone())
            }
        };
        let layer = |at| Layer::load(esm.pp("encoder.layer").pp(at), config);
        let layers = (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?;
        let norm = LayerNorm::load(esm.pp("encoder.emb_layer_norm_after"), width, eps)?;
        let tokens = |vb: VarBuilder<'_>| {
            let decoder = if config.tie_word_embeddings {
                words.clone()
            } else {
                let own = vb.pp("decoder").get_with_hints((config.vocab_size, width), "weight", init);
                own.doing("loading the decoder")?
            };
            Ok::<_, NnError>(MaskedHead {
                dense: Dense::load(vb.pp("dense"), width, width)?,
                activation: Activation::Gelu,
                norm: LayerNorm::load(vb.pp("layer_norm"), width, eps)?,
                decoder: tied(&decoder, vb, "bias")?,
            })
        };
        let tokens = heads.tokens.then(|| tokens(vb.pp("lm_head"))).transpose()?;
        let classes = heads.classes.map(|classes| {
            let vb = vb.pp("classifier");
            ClassHead::load(vb.pp("dense"), vb.pp("out_proj"), width, Activation::Tanh, classes)
        });
        Ok(Self {
            config: config.clone(),
            words,
            positions,
            layers,
            norm,
            tokens,
            classes: classes.transpose()?,
        })
    }

    /// Rows of hidden tokens are 0, and all rows of a sequence are scaled to what training had on average.
    fn token_dropout(&self, batch: &TokenBatch, x: &Tensor) -> Result<Tensor, NnError> {
        let mut ids = batch.ids();
        let mut factors = Vec::with_capacity(ids.len());
        for &length in batch.lengths() {
            let (sequence, rest) = ids.split_at(length);
            ids = rest;
            let is_hidden = |id: &u32| *id == self.config.mask_token_id;
            let hidden = sequence.iter().filter(|id| is_hidden(id)).count() as f64 / length as f64;
            // A sequence of nothing but hidden tokens is all zeros whatever the factor.
            let factor = if hidden < 1.0 { (1.0 - HIDDEN_IN_TRAINING) / (1.0 - hidden) } else { 0.0 };
            factors.extend(sequence.iter().map(|id| if is_hidden(id) { 0.0 } else { factor as f32 }));
        }
        let factors = Tensor::from_vec(factors, (batch.ids().len(), 1), &Device::Cpu);
        let scaled = factors.and_then(|factors| {
            x.broadcast_mul(&factors.to_device(x.device())?.to_dtype(x.dtype())?) // (T, d)
        });
        scaled.doing("scaling embeddings for hidden tokens")
    }
}

impl TokenNetwork for NucleotideTransformer {
    fn width(&self) -> usize {
        self.config.hidden_size
    }

    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn most_tokens(&self) -> Option<usize> {
        Some(self.config.max_position_embeddings - self.config.pad_token_id - 1)
    }

    fn classes(&self) -> Option<usize> {
        self.classes.as_ref().map(|head| head.classes)
    }

    fn predicts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    fn bytes_per_token(&self) -> usize {
        // Rows, their norms and sums, q, k, v and rotations; the inner rows before and after the gate.
        let inner = if self.config.add_bias_fnn.is_some() { 3 } else { 2 } * self.config.intermediate_size;
        4 * (10 * self.config.hidden_size + inner)
    }

    fn forward(&self, batch: &TokenBatch, watch: &mut dyn FnMut(Stage, &Tensor)) -> Result<Tensor, NnError> {
        let lengths = batch.lengths();
        let mut x = batch.look_up(&self.words)?; // (T, d)
        if self.config.token_dropout {
            x = self.token_dropout(batch, &x)?; // (T, d)
        }
        if let Some(positions) = &self.positions {
            // The first token's position is the one after that of padding.
            x = add(&x, &batch.look_up_places(positions, self.config.pad_token_id + 1)?)?; // (T, d)
        }
        watch(Stage::Embeddings, &x);
        let rotary = (self.positions.is_none()).then(|| {
            let longest = lengths.iter().copied().max().unwrap_or(0);
            Rotary::new(self.config.hidden_size / self.config.num_attention_heads, ROTARY_BASE, longest)
        });
        for (at, layer) in self.layers.iter().enumerate() {
            let normal = layer.attention_norm.forward(&x)?; // (T, d)
            let attended =
                layer.attention.forward(&normal, lengths, rotary.as_ref(), &AttentionBias::None)?; // (T, d)
            watch(Stage::Attention(at), &attended);
            x = add(&x, &attended)?; // (T, d)
            watch(Stage::Attended(at), &x);
            x = add(&x, &layer.feed_forward.forward(&layer.norm.forward(&x)?)?)?; // (T, d)
            watch(Stage::Layer(at), &x);
        }
        self.norm.forward(&x) // (T, d)
    }

    fn token_logits(&self, rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.tokens, "head that predicts tokens")?.forward(rows) // (n, V)
    }

    fn class_logits(&self, first_rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.classes, "classification head")?.forward(first_rows) // (B, classes)
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::{Parameters, nucleotide_transformer::ENTRIES};

    #[test]
    fn every_published_size_has_the_published_number_of_parameters() {
        assert_eq!(ENTRIES.len(), 8);
        for entry in ENTRIES {
            let config = Config::named(entry.name).unwrap();
            let heads = Heads { tokens: true, classes: None };
            let shapes = parameter_shapes(|vb| NucleotideTransformer::load(vb, &config, heads)).unwrap();
            let counted: u64 = shapes.values().map(|shape| shape.iter().product::<usize>() as u64).sum();
            assert_eq!(
                Parameters::Exactly(counted + config.unused_parameters()),
                entry.parameters,
                "{}",
                entry.name
            );
        }
    }
}
