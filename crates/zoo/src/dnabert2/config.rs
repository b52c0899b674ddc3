//! Sizes, under the names of the published `config.json`.

use serde::{Deserialize, Serialize};

use crate::transformer::Heads;

/// Sizes of a network; keys of `config.json` that are not here are passed over.
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
    /// Rows of the table of token types, of which the first is used.
    pub type_vocab_size: usize,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Whether hidden tokens are predicted by the table of tokens; anything else is not built here.
    #[serde(default = "tied")]
    pub tie_word_embeddings: bool,
}

fn tied() -> bool {
    true
}

impl Config {
    /// The published size.
    ///
    /// ```
    /// assert_eq!(ciskit_zoo::dnabert2::Config::published().vocab_size, 4096);
    /// ```
    #[must_use]
    pub fn published() -> Self {
        Self {
            vocab_size: 4096,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            tie_word_embeddings: true,
        }
    }

    /// What is impossible about the sizes.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        if [width, heads, self.num_hidden_layers, self.intermediate_size, self.type_vocab_size].contains(&0) {
            return Err("no size may be 0".to_string());
        }
        if !width.is_multiple_of(heads) {
            return Err(format!("a hidden_size of {width} cannot be cut into {heads} heads"));
        }
        match self.tie_word_embeddings {
            true => Ok(()),
            false => Err("tie_word_embeddings = false is not built here".to_string()),
        }
    }

    /// Whether the forward pass has no use for a tensor of the published files.
    pub(crate) fn ignores(name: &str, heads: Heads) -> bool {
        name == "bert.embeddings.position_ids"
            || name == "cls.predictions.decoder.weight"
            || heads.classes.is_none() && name.starts_with("bert.pooler.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_told() {
        let published = Config::published();
        assert_eq!(published.check(), Ok(()));
        let uneven = Config { num_attention_heads: 7, ..published.clone() };
        assert_eq!(uneven.check().unwrap_err(), "a hidden_size of 768 cannot be cut into 7 heads");
        assert!(Config { num_hidden_layers: 0, ..published.clone() }.check().is_err());
        assert!(Config { tie_word_embeddings: false, ..published }.check().is_err());
    }
}
