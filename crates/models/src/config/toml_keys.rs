//! A model's configuration as keys of a TOML table.

use toml::{Table, Value};

use super::{MODELS, ModelConfig};
use crate::{FORMAT, ModelError};

/// The keys that EPI does not have.
const OF_ATTENTION: [&str; 3] = ["ratios", "heads", "attend_before_pooling"];

impl ModelConfig {
    /// Reads a configuration and checks it.
    ///
    /// # Errors
    ///
    /// A sentence naming the line or the key, and what it should have been: the variants of [`ModelError`] about
    /// configurations.
    ///
    /// ```
    /// let error = ciskit_models::ModelConfig::from_toml("model = 'epi'\nkernel = 3").unwrap_err();
    /// assert!(error.to_string().starts_with("model epi has no key kernel, expected one of: block_dropout, channels"));
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ModelError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count();
            ModelError::Toml { line, problem: one_line(&error) }
        })?;
        Self::try_from(table)
    }

    /// The configuration in full, with the format: what [`ModelConfig::from_toml`] reads.
    ///
    /// ```
    /// let text = ciskit_models::ModelConfig::named("epipam")?.to_toml();
    /// assert!(text.starts_with("format = 1\n") && text.contains("model = \"epipam\""));
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn to_toml(&self) -> String {
        format!("format = {FORMAT}\n{}", Table::from(self.clone()))
    }

    /// The keys that can be set, with their values.
    fn keys(&self) -> Table {
        let mut keys = self.table();
        if matches!(self, Self::Epipam(config) if !config.has_attention()) {
            OF_ATTENTION.iter().for_each(|key| drop(keys.remove(*key)));
        }
        keys
    }

    /// All fields of the model's configuration.
    fn table(&self) -> Table {
        let table = match self {
            Self::Epipam(config) => Table::try_from(config),
            Self::Epivan(config) => Table::try_from(config),
            Self::Deeptact(config) => Table::try_from(config),
        };
        table.expect("numbers, names and lists of numbers have a form in TOML")
    }

    /// Sets one key.
    fn set(&mut self, key: &str, value: Value) -> Result<(), ModelError> {
        let model = self.name();
        let known = self.keys();
        // A table that is there only where somebody gives it.
        let is_pretrained = key == "pretrained" && matches!(self, Self::Epipam(_));
        if !known.contains_key(key) && !is_pretrained {
            let known = known.keys().cloned().collect();
            return Err(ModelError::UnknownKey { model, key: key.to_string(), known });
        }
        let mut keys = self.table();
        keys.insert(key.to_string(), value);
        let wrong = |problem| ModelError::Key { key: key.to_string(), problem };
        let set = match self {
            Self::Epipam(config) => keys.try_into().map(|set| *config = set),
            Self::Epivan(config) => keys.try_into().map(|set| *config = set),
            Self::Deeptact(config) => keys.try_into().map(|set| *config = set),
        };
        set.map_err(|error| wrong(one_line(&error)))?;
        if self.name() != model {
            return Err(wrong(format!("without any value, the network is model {}", self.name())));
        }
        Ok(())
    }
}

impl TryFrom<Table> for ModelConfig {
    type Error = ModelError;

    fn try_from(mut table: Table) -> Result<Self, ModelError> {
        match table.remove("format") {
            None => {}
            Some(Value::Integer(FORMAT)) => {}
            Some(Value::Integer(found)) if found > FORMAT => return Err(ModelError::NewerFormat { found }),
            Some(found) => {
                return Err(ModelError::value("format", FORMAT.to_string(), found));
            }
        }
        let model = text(&mut table, "model")?.ok_or(ModelError::NoModel { known: MODELS })?;
        let mut config = match text(&mut table, "preset")? {
            Some(preset) => Self::preset(&model, &preset)?,
            None => Self::named(&model)?,
        };
        for (key, value) in table {
            config.set(&key, value)?;
        }
        config.validate()?;
        Ok(config)
    }
}

impl From<ModelConfig> for Table {
    fn from(config: ModelConfig) -> Self {
        let mut table = config.keys();
        table.insert("model".to_string(), config.name().into());
        table
    }
}

/// Takes a text out of a table.
fn text(table: &mut Table, key: &str) -> Result<Option<String>, ModelError> {
    match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(found) => {
            let problem = format!("invalid type: {}, expected a string", found.type_str());
            Err(ModelError::Key { key: key.to_string(), problem })
        }
    }
}

/// What is wrong, without the excerpt of the text that the parser adds.
fn one_line(error: &toml::de::Error) -> String {
    error.message().lines().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epipam;

    fn refused(text: &str) -> String {
        ModelConfig::from_toml(text).unwrap_err().to_string()
    }

    #[test]
    fn the_documented_file_is_the_preset() {
        let text = r#"
            model = "epipam"          # a comment
            preset = "epi"
            enhancer_len = 3000
            promoter_len = 2000
            kernels = [25, 13, 7]
            pools = [10, 10, 5]
            channels = 64
            ratios = [0.01, 0.1, 1.0]
        "#;
        let config = ModelConfig::from_toml(text).unwrap();
        assert_eq!(config, ModelConfig::Epipam(epipam::Config::epi()));
        assert_eq!(ModelConfig::from_toml("model = 'epipam'").unwrap(), config);
    }

    #[test]
    fn given_keys_override_the_preset() {
        let text = "model = 'epipam'\npreset = 'chiapet'\nratios = [0.02, 0.1, 1]\nhead_dropout = 0";
        let expected =
            epipam::Config { ratios: vec![0.02, 0.1, 1.0], head_dropout: 0.0, ..epipam::Config::chiapet() };
        assert_eq!(ModelConfig::from_toml(text).unwrap(), ModelConfig::Epipam(expected));
    }

    #[test]
    fn every_configuration_survives_the_round_trip() {
        let short = epipam::Config::chiapet().without_attention().without_dropout().with_lengths(1500, 900);
        let embedded = short.clone().with_embedding();
        let both = epipam::Config::epi().with_embedding();
        for config in [epipam::Config::epi(), epipam::Config::chiapet(), short, embedded, both] {
            let config = ModelConfig::Epipam(config);
            assert_eq!(ModelConfig::from_toml(&config.to_toml()).unwrap(), config);
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<ModelConfig>(&json).unwrap(), config);
        }
    }

    #[test]
    fn other_models_have_keys_and_presets_of_their_own() {
        let text = "model = 'epivan'\npreset = 'original'\nunits = 20\nrecurrent_activation = 'sigmoid'";
        let config = ModelConfig::from_toml(text).unwrap();
        let expected = crate::epivan::Config {
            units: 20,
            recurrent_activation: ciskit_nn::ops::GateActivation::Sigmoid,
            ..crate::epivan::Config::original()
        };
        assert_eq!(config, ModelConfig::Epivan(expected));
        for (model, preset) in [
            ("epivan", "benchmark"),
            ("epivan", "original"),
            ("deeptact", "benchmark"),
            ("deeptact", "original"),
            ("deeptact", "promoters"),
        ] {
            let config = ModelConfig::preset(model, preset).unwrap();
            assert_eq!(config.name(), model);
            assert!(config.validate().is_ok());
            assert_eq!(ModelConfig::from_toml(&config.to_toml()).unwrap(), config);
        }
        assert_eq!(ModelConfig::preset("deeptact", "promoters").unwrap().enhancer_len(), 1000);
        let message = refused("model = 'deeptact'\nratios = [1.0]");
        assert!(
            message.starts_with("model deeptact has no key ratios, expected one of: dense, dropout"),
            "{message}"
        );
        assert_eq!(
            refused("model = 'epivan'\npreset = 'epi'"),
            "there is no preset epi of model epivan, expected one of: benchmark, original"
        );
        let message = refused("model = 'epivan'\nrecurrent_activation = 'tanh'");
        assert!(message.contains("unknown variant `tanh`"), "{message}");
        assert_eq!(refused("model = 'deeptact'\nunits = 0"), "units is 0, expected at least 1");
    }

    #[test]
    fn an_embedding_is_a_table_that_only_models_with_one_have() {
        let config = ModelConfig::from_toml("model = 'epi-embed'\n[embedding]\nfrozen = true").unwrap();
        assert_eq!(config.name(), "epi-embed");
        let ModelConfig::Epipam(epipam) = config else { panic!("another model") };
        let frozen = epipam::KmerEmbedding { frozen: true, ..Default::default() };
        assert_eq!((epipam.embedding, epipam.ratios), (Some(frozen), vec![]));
        let message = refused("model = 'epipam'\n[embedding]\nk = 6");
        assert!(message.starts_with("model epipam has no key embedding, expected one of: "), "{message}");
        let message = refused("model = 'epi-embed'\n[embedding]\nwords = 6");
        assert!(message.starts_with("key embedding of the model configuration: unknown field"), "{message}");
    }

    #[test]
    fn a_pretrained_table_is_there_only_where_it_is_given() {
        let text =
            "model = 'epi'\nkernels = [1]\npools = [1]\n[pretrained]\nmodel = 'sei'\nfingerprint = 'f'\n";
        let config = ModelConfig::from_toml(&format!("{text}width = 960\nbin = 100\n")).unwrap();
        let ModelConfig::Epipam(epipam) = &config else { panic!("another model") };
        assert_eq!(epipam.pretrained.as_ref().map(|pretrained| pretrained.width), Some(960));
        assert_eq!(ModelConfig::from_toml(&config.to_toml()).unwrap(), config);
        assert_eq!(config.name(), "epi");
        assert!(!ModelConfig::named("epipam").unwrap().to_toml().contains("pretrained"));

        assert_eq!(refused(text), "key pretrained of the model configuration: missing field `width`");
        let message = refused("model = 'epivan'\n[pretrained]\nmodel = 'sei'");
        assert!(message.starts_with("model epivan has no key pretrained, expected one of: "), "{message}");
        let embedded = text.replace("'epi'", "'epi-embed'") + "width = 1\nbin = 100\n";
        assert_eq!(
            refused(&embedded),
            "pretrained is sei, expected no table of a model that reads embedded k-mers"
        );
    }

    #[test]
    fn wrong_files_are_refused_by_line_or_key() {
        assert_eq!(
            refused("channels = 64"),
            "the model configuration has no key model, expected one of: epipam, epi, epipam-embed, epi-embed, epivan, deeptact"
        );
        assert_eq!(
            refused("model = 'epi2'"),
            "there is no model epi2, expected one of: epipam, epi, epipam-embed, epi-embed, epivan, deeptact"
        );
        assert_eq!(
            refused("model = 'epipam'\npreset = 'hic'"),
            "there is no preset hic of model epipam, expected one of: epi, chiapet"
        );
        assert_eq!(
            refused("model = 'epi'\nratios = [0.01, 0.1, 1.0]"),
            "model epi has no key ratios, expected one of: block_dropout, channels, covariates, enhancer_len, \
             head_dropout, hidden, kernels, pools, promoter_len"
        );
        assert_eq!(
            refused("model = 'epipam'\nratios = []"),
            "key ratios of the model configuration: without any value, the network is model epi"
        );
        assert_eq!(
            refused("model = 3"),
            "key model of the model configuration: invalid type: integer, expected a string"
        );
        assert_eq!(
            refused("model = 'epipam'\nformat = 2"),
            "the model configuration has format 2, and this version reads format 1 only"
        );
        assert_eq!(refused("model = 'epipam'\nformat = 'x'"), "format is \"x\", expected 1");
        for (line, key) in
            [("channels = -1", "channels"), ("pools = [1.5, 2, 3]", "pools"), ("hidden = '8'", "hidden")]
        {
            let message = refused(&format!("model = 'epipam'\n{line}"));
            assert!(
                message.starts_with(&format!("key {key} of the model configuration: invalid ")),
                "{message}"
            );
            assert!(!message.contains('\n'), "{message}");
        }
        let message = refused("model = 'epipam'\nchannels = = 3\n");
        assert!(message.starts_with("line 2 of the model configuration is not TOML: "), "{message}");
        assert_eq!(
            refused("model = 'epipam'\nenhancer_len = 800"),
            "block 3 of the enhancer tower leaves no position: length 6, kernel 7, pool 5 (needs a length of at least 11)"
        );
    }
}
