//! Sizes, under the names of the published `config.json`.

use serde::{Deserialize, Serialize};

use crate::ZooError;

/// Sizes of a network; keys of `config.json` that are not here are passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of a base's row.
    pub d_model: usize,
    /// Layers.
    pub n_layer: usize,
    /// Width within the part of a layer that works on each position alone.
    pub d_inner: usize,
    /// Ids that there are.
    pub vocab_size: usize,
    /// The table of ids has a multiple of this many rows.
    pub pad_vocab_size_multiple: usize,
    /// Tokens that a sequence may have, `[SEP]` included: positions that filters are computed for.
    pub max_seq_len: usize,
    /// Numbers that describe a position to the network of the filters.
    pub emb_dim: usize,
    /// Width of the network of the filters.
    pub filter_order: usize,
    /// Its layers between the first and the last.
    pub num_inner_mlps: usize,
    /// Factors that are multiplied: one more than there are long convolutions.
    pub hyena_order: usize,
    /// Taps of the short filters.
    pub short_filter_order: usize,
    /// What the frequencies of the filters' sines start from in training; weight files hold the trained ones.
    pub activation_freq: f64,
    /// Added to the variance by the last norm; those of the layers add 1e-5 whatever it is.
    pub layer_norm_epsilon: f64,
}

/// Name, layers, tokens of a sequence.
const PRESETS: [(&str, usize, usize); 4] = [
    ("hyenadna-small-32k", 4, 32_770),
    ("hyenadna-medium-160k", 8, 160_002),
    ("hyenadna-medium-450k", 8, 450_002),
    ("hyenadna-large-1m", 8, 1_000_002),
];

impl Config {
    /// A published size by its name.
    ///
    /// # Errors
    ///
    /// [`ZooError::Unknown`] with the names that there are.
    ///
    /// ```
    /// use ciskit_zoo::hyenadna::Config;
    ///
    /// assert_eq!(Config::named("hyenadna-large-1m")?.max_seq_len, 1_000_002);
    /// assert!(Config::named("hyenadna-huge").is_err());
    /// # Ok::<(), ciskit_zoo::ZooError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, ZooError> {
        let Some(&(_, n_layer, max_seq_len)) = PRESETS.iter().find(|(known, ..)| *known == name) else {
            let known = PRESETS.iter().map(|(name, ..)| (*name).to_string()).collect();
            return Err(ZooError::Unknown { what: "HyenaDNA", name: name.to_string(), known });
        };
        Ok(Self {
            d_model: 256,
            n_layer,
            d_inner: 1024,
            vocab_size: 12,
            pad_vocab_size_multiple: 8,
            max_seq_len,
            emb_dim: 5,
            filter_order: 64,
            num_inner_mlps: 2,
            hyena_order: 2,
            short_filter_order: 3,
            activation_freq: 10.0,
            layer_norm_epsilon: 1e-5,
        })
    }

    /// Rows of the table of ids.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.vocab_size.next_multiple_of(self.pad_vocab_size_multiple.max(1))
    }

    /// Long filters of a layer: one a channel and long convolution.
    pub(crate) fn filters(&self) -> usize {
        self.d_model * (self.hyena_order - 1)
    }

    /// What is impossible about the sizes.
    pub(crate) fn check(&self) -> Result<(), String> {
        /// Far above all that is published, and low enough to be multiplied.
        const WIDEST: usize = 1 << 16;
        const LONGEST: usize = 1 << 27;
        let sizes = [
            ("d_model", self.d_model),
            ("n_layer", self.n_layer),
            ("d_inner", self.d_inner),
            ("vocab_size", self.vocab_size),
            ("pad_vocab_size_multiple", self.pad_vocab_size_multiple),
            ("emb_dim", self.emb_dim),
            ("filter_order", self.filter_order),
            ("short_filter_order", self.short_filter_order),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !(1..=WIDEST).contains(size)) {
            return Err(format!("{name} is {size}, expected 1 to {WIDEST}"));
        }
        if !(2..=LONGEST).contains(&self.max_seq_len) {
            return Err(format!("max_seq_len is {}, expected 2 to {LONGEST}", self.max_seq_len));
        }
        if !(2..=16).contains(&self.hyena_order) {
            return Err(format!("hyena_order is {}, expected 2 to 16", self.hyena_order));
        }
        if self.num_inner_mlps > 64 {
            return Err(format!("num_inner_mlps is {}, expected 0 to 64", self.num_inner_mlps));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_file_is_read_with_keys_of_no_use() {
        let text = r#"{"architectures": ["HyenaDNAForCausalLM"], "vocab_size": 12, "pad_vocab_size_multiple": 8,
            "d_model": 256, "n_layer": 4, "d_inner": 1024, "emb_dim": 5, "filter_order": 64, "num_inner_mlps": 2,
            "hyena_order": 2, "short_filter_order": 3, "activation_freq": 10, "max_seq_len": 32770,
            "layer_norm_epsilon": 1e-05, "train_freq": true}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!((config.check(), config.rows()), (Ok(()), 16));
        assert_eq!(config, Config::named("hyenadna-small-32k").unwrap());
        let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }

    #[test]
    fn impossible_sizes_are_told() {
        let problem = |change: fn(&mut Config)| {
            let mut config = Config::named("hyenadna-large-1m").unwrap();
            assert_eq!(config.check(), Ok(()));
            change(&mut config);
            config.check().unwrap_err()
        };
        assert_eq!(problem(|config| config.d_model = 0), "d_model is 0, expected 1 to 65536");
        assert_eq!(problem(|config| config.hyena_order = 1), "hyena_order is 1, expected 2 to 16");
        assert!(problem(|config| config.max_seq_len = 1 << 40).starts_with("max_seq_len is 1099511627776"));
        assert!(problem(|config| config.num_inner_mlps = 1000).contains("num_inner_mlps"));
        assert!(problem(|config| config.short_filter_order = 0).contains("short_filter_order"));
    }
}
