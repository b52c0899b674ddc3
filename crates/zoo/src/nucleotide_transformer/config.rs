//! Sizes and switches, under the names of the published `config.json`.

use serde::{Deserialize, Serialize};

use crate::ZooError;

/// Where tokens get their positions from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PositionEmbedding {
    /// A learned table (version 1).
    Absolute,
    /// Rotations of queries and keys (version 2).
    Rotary,
}

/// Sizes and switches of a network; keys of `config.json` that are not here are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of a token's row.
    pub hidden_size: usize,
    /// Heads of an attention.
    pub num_attention_heads: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Width within the feed-forward part (of each half, where it is gated).
    pub intermediate_size: usize,
    /// Ids that there are: 4,105 in version 1, 4,107 in version 2.
    pub vocab_size: usize,
    /// Rows of the table of positions, whether or not it is used; the first two are for padding.
    pub max_position_embeddings: usize,
    /// Where tokens get their positions from.
    pub position_embedding_type: PositionEmbedding,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Id of padding.
    pub pad_token_id: usize,
    /// Id of the token that hides another one.
    pub mask_token_id: u32,
    /// Whether rows are scaled as if some tokens were hidden, as in training.
    #[serde(default)]
    pub token_dropout: bool,
    /// Whether embeddings are normalised; published models do not, and it is not built here.
    #[serde(default)]
    pub emb_layer_norm_before: bool,
    /// Written in version 2 alone, whose feed-forward part is gated: whether that has biases. Without it there is no gate, and
    /// there are biases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_bias_fnn: Option<bool>,
    /// Whether tokens are predicted with the table that they are looked up in.
    #[serde(default = "yes")]
    pub tie_word_embeddings: bool,
}

fn yes() -> bool {
    true
}

/// Name, then layers, width, heads, and width within the feed-forward part.
type Preset = (&'static str, [usize; 4]);

const FIRST: [Preset; 4] = [
    ("nucleotide-transformer-500m-human-ref", [24, 1280, 20, 5120]),
    ("nucleotide-transformer-500m-1000g", [24, 1280, 20, 5120]),
    ("nucleotide-transformer-2.5b-1000g", [32, 2560, 20, 10_240]),
    ("nucleotide-transformer-2.5b-multi-species", [32, 2560, 20, 10_240]),
];
const SECOND: [Preset; 4] = [
    ("nucleotide-transformer-v2-50m-multi-species", [12, 512, 16, 2048]),
    ("nucleotide-transformer-v2-100m-multi-species", [22, 512, 16, 2048]),
    ("nucleotide-transformer-v2-250m-multi-species", [24, 768, 16, 3072]),
    ("nucleotide-transformer-v2-500m-multi-species", [29, 1024, 16, 4096]),
];

impl Config {
    /// A published size by its published name.
    ///
    /// # Errors
    ///
    /// [`ZooError::Unknown`] with the names that there are.
    ///
    /// ```
    /// use ciskit_zoo::nucleotide_transformer::Config;
    ///
    /// assert_eq!(Config::named("nucleotide-transformer-v2-50m-multi-species")?.hidden_size, 512);
    /// assert!(Config::named("nucleotide-transformer-9b").is_err());
    /// # Ok::<(), ciskit_zoo::ZooError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, ZooError> {
        let find =
            |presets: &[Preset]| presets.iter().find(|(known, _)| *known == name).map(|(_, sizes)| *sizes);
        match (find(&FIRST), find(&SECOND)) {
            (Some(sizes), _) => Ok(Self::first(sizes)),
            (_, Some(sizes)) => Ok(Self::second(sizes)),
            _ => {
                let known = FIRST.iter().chain(&SECOND).map(|(name, _)| (*name).to_string()).collect();
                Err(ZooError::Unknown { what: "Nucleotide Transformer", name: name.to_string(), known })
            }
        }
    }

    fn first([layers, width, heads, inner]: [usize; 4]) -> Self {
        Self {
            hidden_size: width,
            num_attention_heads: heads,
            num_hidden_layers: layers,
            intermediate_size: inner,
            vocab_size: 4105,
            max_position_embeddings: 1002,
            position_embedding_type: PositionEmbedding::Absolute,
            layer_norm_eps: 1e-12,
            pad_token_id: 1,
            mask_token_id: 2,
            token_dropout: true,
            emb_layer_norm_before: false,
            add_bias_fnn: None,
            tie_word_embeddings: true,
        }
    }

    fn second(sizes: [usize; 4]) -> Self {
        Self {
            vocab_size: 4107,
            max_position_embeddings: 2050,
            position_embedding_type: PositionEmbedding::Rotary,
            token_dropout: false,
            add_bias_fnn: Some(false),
            tie_word_embeddings: false,
            ..Self::first(sizes)
        }
    }

    /// What is impossible about the sizes.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sizes =
            [self.hidden_size, self.num_attention_heads, self.num_hidden_layers, self.intermediate_size];
        if sizes.contains(&0) {
            return Err("no size may be 0".to_string());
        }
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        if !width.is_multiple_of(heads) {
            return Err(format!("a hidden_size of {width} cannot be cut into {heads} heads"));
        }
        if self.position_embedding_type == PositionEmbedding::Rotary && !(width / heads).is_multiple_of(2) {
            return Err(format!("heads of {} numbers cannot be rotated", width / heads));
        }
        if self.emb_layer_norm_before {
            return Err("emb_layer_norm_before is not built here".to_string());
        }
        if self.max_position_embeddings < self.pad_token_id + 4 {
            return Err(format!("max_position_embeddings {} leaves no token", self.max_position_embeddings));
        }
        Ok(())
    }

    /// Whether the forward pass has no use for a tensor of the published files.
    pub(crate) fn ignores(&self, name: &str) -> bool {
        let unused_positions = self.position_embedding_type == PositionEmbedding::Rotary
            && name == "esm.embeddings.position_embeddings.weight";
        unused_positions
            || self.tie_word_embeddings && name == "lm_head.decoder.weight"
            || name == "lm_head.decoder.bias"
            || name.starts_with("esm.contact_head.")
            || name == "esm.embeddings.position_ids"
            || name.ends_with(".rotary_embeddings.inv_freq")
    }

    /// Parameters of the published files that the forward pass has no use for: the contact head, which reads every head of
    /// every layer, and the table of positions beside rotary ones.
    #[cfg(test)]
    pub(crate) fn unused_parameters(&self) -> u64 {
        let positions = match self.position_embedding_type {
            PositionEmbedding::Absolute => 0,
            PositionEmbedding::Rotary => self.max_position_embeddings * self.hidden_size,
        };
        (self.num_hidden_layers * self.num_attention_heads + 1 + positions) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_file_is_read_with_keys_of_no_use() {
        let text = r#"{"architectures": ["EsmForMaskedLM"], "hidden_size": 24, "num_attention_heads": 3, "num_hidden_layers": 2,
            "intermediate_size": 40, "layer_norm_eps": 1e-12, "pad_token_id": 1, "mask_token_id": 2, "vocab_size": 4107,
            "max_position_embeddings": 2050, "position_embedding_type": "rotary", "token_dropout": false,
            "add_bias_fnn": false, "tie_word_embeddings": false, "emb_layer_norm_before": false, "esmfold_config": null}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.check(), Ok(()));
        let expected = Config::second([2, 24, 3, 40]);
        assert_eq!(config, expected);
        let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }

    #[test]
    fn impossible_sizes_are_told() {
        let good = Config::second([2, 24, 3, 40]);
        let problem = |change: fn(&mut Config)| {
            let mut config = good.clone();
            change(&mut config);
            config.check().unwrap_err()
        };
        assert_eq!(problem(|config| config.num_hidden_layers = 0), "no size may be 0");
        let uneven = problem(|config| config.num_attention_heads = 5);
        assert_eq!(uneven, "a hidden_size of 24 cannot be cut into 5 heads");
        assert_eq!(problem(|config| config.num_attention_heads = 8), "heads of 3 numbers cannot be rotated");
        assert!(problem(|config| config.emb_layer_norm_before = true).contains("emb_layer_norm_before"));
        assert!(problem(|config| config.max_position_embeddings = 4).contains("leaves no token"));
    }
}
