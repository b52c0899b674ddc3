//! The network and its heads.

use ciskit_nn::candle_nn::Init;
use ciskit_nn::layers::{Embedding, Linear};
use ciskit_nn::ops::inference::{Activation, Dense, LayerNorm, activate};
use ciskit_nn::{Doing, NnError, Tensor, VarBuilder};

use super::Config;
use super::mixer::{Mixer, Pieces, ROWS, pieces};
use crate::transformer::{Heads, Stage, TokenBatch, TokenNetwork, head};

/// Added to the variances of the layers' norms, whatever the configuration says of the last one.
const LAYER_EPS: f64 = 1e-5;

/// The network, with parameters named as on the hub.
///
/// A position is told from those before it alone. [`Heads::tokens`] is whether the logits of the next token have an output matrix
/// of their own (`lm_head.weight`); otherwise it is the table of ids. Classes are told from a sequence's last row, that of
/// `[SEP]`.
///
/// *Memory*: for T tokens at once (the sequences of a batch together), D = `d_model` and F = `filter_order`, about
/// 4 T (2 D + F) bytes for the rows, the mixed channels and the network of the filters, at most 512 MiB for a group of
/// channels, and 64 T bytes a thread for FFTs, beside the weights. A million bases through `hyenadna-large-1m` with two
/// threads took 3.15 GB in all, 0.22 GB of it before the first layer (`cargo test --workspace --test language_models --
/// --ignored --nocapture million`). Filters of up to so many tokens that those of all layers fit into 256 MiB are kept from one
/// call to the next (65,536 tokens for 4 layers of 256 channels, 32,768 for 8); longer ones are computed in groups of
/// channels, for every call.
///
/// *Cost*: O(T D (D + `d_inner`) + T log T D) a layer.
///
/// *Source*: Nguyen et al. 2023 (NeurIPS), sections 3.1 and 3.2.
///
/// *Differences from the paper*: sequences of more than `max_seq_len` tokens are refused; the reference has no filter beyond
/// those positions. There is no padding, which has an influence in the reference.
pub struct HyenaDna {
    config: Config,
    words: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
    decoder: Dense,
    score: Option<(Linear, usize)>,
}

struct Layer {
    norm1: LayerNorm,
    mixer: Mixer,
    norm2: LayerNorm,
    fc1: Dense,
    fc2: Dense,
}

impl Layer {
    fn load(vb: VarBuilder<'_>, config: &Config) -> Result<Self, NnError> {
        let (width, inner) = (config.d_model, config.d_inner);
        Ok(Self {
            norm1: LayerNorm::load(vb.pp("norm1"), width, LAYER_EPS)?,
            mixer: Mixer::load(vb.pp("mixer"), config)?,
            norm2: LayerNorm::load(vb.pp("norm2"), width, LAYER_EPS)?,
            fc1: Dense::load(vb.pp("mlp.fc1"), width, inner)?,
            fc2: Dense::load(vb.pp("mlp.fc2"), inner, width)?,
        })
    }

    /// Adds what the mixer gives to x, (T, D).
    fn mix(&self, x: &Tensor, batch: &[Pieces]) -> Result<(), NnError> {
        let mixed = self.mixer.forward(x, &self.norm1, batch)?; // (D, T)
        in_rows(x, |start, rows| {
            let out = self.mixer.out(&mixed.narrow(1, start, rows.dims()[0])?)?; // (r, D)
            Ok((rows + out)?)
        })
    }

    /// Adds what the layer makes of each position alone.
    fn feed_forward(&self, x: &Tensor) -> Result<(), NnError> {
        in_rows(x, |_, rows| {
            let inner = self.fc1.forward(&self.norm2.forward(rows)?)?; // (r, inner)
            let out = self.fc2.forward(&activate(&inner, Activation::GeluTanh)?)?; // (r, D)
            Ok((rows + out)?)
        })
    }
}

/// Puts other rows in the place of those of x, some at a time.
fn in_rows(x: &Tensor, replace: impl Fn(usize, &Tensor) -> Result<Tensor, NnError>) -> Result<(), NnError> {
    let tokens = x.dims()[0];
    for start in (0..tokens).step_by(ROWS) {
        let rows = x.narrow(0, start, ROWS.min(tokens - start))?; // (r, D)
        x.slice_set(&replace(start, &rows)?, 0, start)?;
    }
    Ok(())
}

impl HyenaDna {
    /// Loads the parameters, those of `heads` too.
    ///
    /// # Errors
    ///
    /// [`NnError::Candle`] if `vb` has no such parameters, [`NnError::Model`] if the sizes are impossible.
    pub fn load(vb: VarBuilder<'_>, config: &Config, heads: Heads) -> Result<Self, NnError> {
        config.check().map_err(|problem| NnError::model(std::io::Error::other(problem)))?;
        let (width, rows) = (config.d_model, config.rows());
        let (backbone, init) = (vb.pp("hyena.backbone"), Init::Randn { mean: 0.0, stdev: 0.02 });
        let words = Embedding::load(backbone.pp("embeddings.word_embeddings"), rows, width, init)?;
        let words = words.weight().clone();
        let layer = |at| Layer::load(backbone.pp("layers").pp(at), config);
        let layers = (0..config.n_layer).map(layer).collect::<Result<_, _>>()?;
        let norm = LayerNorm::load(backbone.pp("ln_f"), width, config.layer_norm_epsilon)?;
        let decoder = match heads.tokens {
            true => Dense::load_without_bias(vb.pp("lm_head"), width, rows)?,
            false => Dense::new(words.clone(), None),
        };
        let score = heads.classes.map(|classes| {
            let weight = vb.pp("score").get_with_hints((classes, width), "weight", init);
            let weight = weight.doing("loading the classification head")?;
            let bias = Tensor::zeros(classes, weight.dtype(), weight.device())?;
            Ok::<_, NnError>((Linear::new(weight, bias)?, classes))
        });
        Ok(Self { config: config.clone(), words, layers, norm, decoder, score: score.transpose()? })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl TokenNetwork for HyenaDna {
    fn width(&self) -> usize {
        self.config.d_model
    }

    fn vocabulary(&self) -> usize {
        self.config.rows()
    }

    fn most_tokens(&self) -> Option<usize> {
        Some(self.config.max_seq_len)
    }

    fn classes(&self) -> Option<usize> {
        self.score.as_ref().map(|(_, classes)| *classes)
    }

    fn classes_from_last(&self) -> bool {
        true
    }

    fn predicts_tokens(&self) -> bool {
        true
    }

    fn bytes_per_token(&self) -> usize {
        // Rows, mixed channels, projections; what the filters share; FFTs.
        4 * ((3 + self.config.hyena_order) * self.config.d_model + self.config.filter_order + 32)
    }

    fn forward(&self, batch: &TokenBatch, watch: &mut dyn FnMut(Stage, &Tensor)) -> Result<Tensor, NnError> {
        let longest = batch.lengths().iter().copied().max().unwrap_or(0);
        if longest > self.config.max_seq_len {
            let problem = format!("{longest} tokens, but the model reads up to {}", self.config.max_seq_len);
            return Err(NnError::model(std::io::Error::other(problem)));
        }
        let x = batch.look_up(&self.words)?.detach(); // (T, D)
        watch(Stage::Embeddings, &x);
        if longest == 0 {
            return Ok(x);
        }
        let pieces = pieces(batch.lengths());
        for (at, layer) in self.layers.iter().enumerate() {
            layer.mix(&x, &pieces)?;
            watch(Stage::Attended(at), &x);
            layer.feed_forward(&x)?;
            watch(Stage::Layer(at), &x);
        }
        in_rows(&x, |_, rows| self.norm.forward(rows))?;
        Ok(x)
    }

    fn token_logits(&self, rows: &Tensor) -> Result<Tensor, NnError> {
        self.decoder.forward(rows) // (n, V)
    }

    fn class_logits(&self, last_rows: &Tensor) -> Result<Tensor, NnError> {
        head(&self.score, "classification head")?.0.forward(last_rows) // (B, classes)
    }
}

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::{Parameters, hyenadna::ENTRIES};

    #[test]
    fn every_published_size_has_the_published_number_of_parameters() {
        assert_eq!(ENTRIES.len(), 4);
        for entry in ENTRIES {
            let config = Config::named(entry.name).unwrap();
            let shapes = parameter_shapes(|vb| HyenaDna::load(vb, &config, Heads::default())).unwrap();
            // Positions are not counted, and decay rates are no parameters.
            let counted = |name: &&String| !name.ends_with(".pos_emb.z") && !name.ends_with(".deltas");
            let names: Vec<&String> = shapes.keys().filter(counted).collect();
            let count: usize = names.iter().map(|name| shapes[*name].iter().product::<usize>()).sum();
            assert_eq!(Parameters::Exactly(count as u64), entry.parameters, "{}", entry.name);
            assert_eq!(shapes.len() - names.len(), 2 * config.n_layer);
        }
    }
}
