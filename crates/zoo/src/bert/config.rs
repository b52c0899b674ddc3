//! Sizes and switches, under the names of the published `config.json`.

use ciskit_nn::ops::inference::Activation;
use serde::{Deserialize, Serialize};

use crate::transformer::Heads;

/// Sizes and switches of a network; keys of `config.json` that are not here are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Ids that there are.
    pub vocab_size: usize,
    /// Width of a token's row.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads of an attention.
    pub num_attention_heads: usize,
    /// Width within the feed-forward part.
    pub intermediate_size: usize,
    /// Activation of the feed-forward part: `gelu` (exact), `gelu_new` (its approximation), `relu` or `silu`.
    pub hidden_act: String,
    /// Rows of the table of positions.
    pub max_position_embeddings: usize,
    /// Rows of the table of token types, of which the first is used.
    pub type_vocab_size: usize,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Whether the parts of a layer normalise what they read, instead of what they give.
    #[serde(default)]
    pub pre_layer_norm: bool,
    /// Whether the last layer's rows are normalised once more; as `pre_layer_norm` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_layer_norm: Option<bool>,
    /// `absolute`; others are not built here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_embedding_type: Option<String>,
    /// Written for BigBird alone: `block_sparse` or `original_full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention_type: Option<String>,
    /// Tokens of BigBird's blocks.
    #[serde(default = "block_size")]
    pub block_size: usize,
    /// Blocks that BigBird draws for each block.
    #[serde(default = "num_random_blocks")]
    pub num_random_blocks: usize,
    /// Whether embeddings are scaled up; not built here.
    #[serde(default)]
    pub rescale_embeddings: bool,
    /// Whether hidden tokens are predicted by the table of tokens; anything else is not built here.
    #[serde(default = "tied")]
    pub tie_word_embeddings: bool,
}

fn tied() -> bool {
    true
}

fn block_size() -> usize {
    64
}

fn num_random_blocks() -> usize {
    3
}

impl Config {
    /// A stock BERT of a vocabulary and a number of positions, with (layers, width, heads, width of the feed-forward part).
    #[must_use]
    pub fn stock(vocab_size: usize, positions: usize, [layers, width, heads, inner]: [usize; 4]) -> Self {
        Self {
            vocab_size,
            hidden_size: width,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            intermediate_size: inner,
            hidden_act: "gelu".to_string(),
            max_position_embeddings: positions,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            pre_layer_norm: false,
            last_layer_norm: None,
            position_embedding_type: None,
            attention_type: None,
            block_size: block_size(),
            num_random_blocks: num_random_blocks(),
            rescale_embeddings: false,
            tie_word_embeddings: true,
        }
    }

    /// Whether this is a BigBird.
    #[must_use]
    pub fn is_bigbird(&self) -> bool {
        self.attention_type.is_some()
    }

    /// Tokens that a sequence may have: the positions that there are, and in a BigBird of sparse blocks as many as are attended
    /// in full, (5 + 2 · random blocks) · block size.
    ///
    /// ```
    /// use ciskit_zoo::gena_lm;
    ///
    /// assert_eq!(gena_lm::named("gena-lm-bigbird-base-t2t")?.most_tokens(), 704);
    /// # Ok::<(), ciskit_zoo::ZooError>(())
    /// ```
    #[must_use]
    pub fn most_tokens(&self) -> usize {
        let full = (5 + 2 * self.num_random_blocks) * self.block_size;
        let limit = if self.attention_type.as_deref() == Some("block_sparse") { full } else { usize::MAX };
        self.max_position_embeddings.min(limit)
    }

    pub(crate) fn last_norm(&self) -> bool {
        self.last_layer_norm.unwrap_or(self.pre_layer_norm)
    }

    pub(crate) fn activation(&self) -> Result<Activation, String> {
        match self.hidden_act.as_str() {
            "gelu" => Ok(Activation::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Activation::GeluTanh),
            "relu" => Ok(Activation::Relu),
            "silu" | "swish" => Ok(Activation::Silu),
            other => {
                Err(format!("hidden_act {other:?} is not built here, expected gelu, gelu_new, relu or silu"))
            }
        }
    }

    /// What is impossible, or not built here.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        if [width, heads, self.num_hidden_layers, self.intermediate_size, self.type_vocab_size].contains(&0) {
            return Err("no size may be 0".to_string());
        }
        if !width.is_multiple_of(heads) {
            return Err(format!("a hidden_size of {width} cannot be cut into {heads} heads"));
        }
        if let Some(other) = self.position_embedding_type.as_deref().filter(|&kind| kind != "absolute") {
            return Err(format!(
                "position_embedding_type {other:?} is not built here, expected \"absolute\""
            ));
        }
        if self.rescale_embeddings {
            return Err("rescale_embeddings is not built here".to_string());
        }
        if !self.tie_word_embeddings {
            return Err("tie_word_embeddings = false is not built here".to_string());
        }
        if self.max_position_embeddings < 3 {
            return Err(format!("max_position_embeddings {} leaves no token", self.max_position_embeddings));
        }
        self.activation().map(|_| ())
    }

    /// Whether a norm behind the last layer is there: what the configuration says, which the weights must bear out, or else
    /// what the weights say.
    pub(crate) fn agree_on_last_norm(&mut self, found: bool) -> Result<(), String> {
        let told = self.last_layer_norm.filter(|_| self.pre_layer_norm);
        match told.is_none_or(|told| told == found) {
            true => {
                self.last_layer_norm = Some(found);
                Ok(())
            }
            false => Err(format!(
                "last_layer_norm is {}, but the weights have {} bert.encoder.last_layer_ln",
                !found,
                if found { "a" } else { "no" }
            )),
        }
    }

    /// Whether the forward pass has no use for a tensor of the published files.
    pub(crate) fn ignores(&self, name: &str, heads: Heads) -> bool {
        let unread = ["bert.embeddings.position_ids", "bert.embeddings.token_type_ids"].contains(&name);
        let pooler = self.is_bigbird() || heads.classes.is_none();
        unread
            || pooler && name.starts_with("bert.pooler.")
            || name.starts_with("cls.seq_relationship.")
            || name.starts_with("cls.predictions.decoder.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Config {
        Config::stock(100, 64, [2, 24, 3, 40])
    }

    #[test]
    fn a_published_file_is_read_with_keys_of_no_use() {
        let text = r#"{"model_type": "bert", "vocab_size": 100, "hidden_size": 24, "num_hidden_layers": 2,
            "num_attention_heads": 3, "intermediate_size": 40, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
            "max_position_embeddings": 64, "type_vocab_size": 2, "hidden_dropout_prob": 0.1}"#;
        assert_eq!(serde_json::from_str::<Config>(text).unwrap(), small());
        let bigbird: Config = serde_json::from_str(
            &text.replace("\"bert\"", "\"big_bird\", \"attention_type\": \"original_full\""),
        )
        .unwrap();
        assert!(bigbird.is_bigbird());
        assert_eq!(bigbird.most_tokens(), 64);
    }

    #[test]
    fn what_is_not_built_here_is_told() {
        let problem = |change: fn(&mut Config)| {
            let mut config = small();
            change(&mut config);
            config.check().unwrap_err()
        };
        assert_eq!(small().check(), Ok(()));
        assert!(problem(|config| config.hidden_act = "mish".into()).contains("\"mish\""));
        assert!(problem(|config| config.position_embedding_type = Some("rotary".into())).contains("rotary"));
        assert!(problem(|config| config.tie_word_embeddings = false).contains("tie_word_embeddings"));
        assert!(problem(|config| config.rescale_embeddings = true).contains("rescale"));
        assert!(problem(|config| config.num_attention_heads = 7).contains("7 heads"));
        assert!(problem(|config| config.intermediate_size = 0).contains('0'));
        assert!(problem(|config| config.max_position_embeddings = 2).contains("no token"));
    }

    #[test]
    fn the_weights_bear_out_the_last_norm_or_decide_on_it() {
        let agree = |told, found| {
            let mut config = Config { pre_layer_norm: true, last_layer_norm: told, ..small() };
            config.agree_on_last_norm(found).map(|()| config.last_norm())
        };
        assert_eq!(agree(None, true), Ok(true));
        assert_eq!(agree(None, false), Ok(false));
        assert_eq!(agree(Some(false), false), Ok(false));
        let conflict = agree(Some(true), false).unwrap_err();
        assert_eq!(conflict, "last_layer_norm is true, but the weights have no bert.encoder.last_layer_ln");
        assert!(agree(Some(false), true).is_err());
    }
}
