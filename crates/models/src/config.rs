//! Which model, and its configuration.

mod inputs;
mod toml_keys;

use ciskit_nn::AdamConfig;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{ModelError, Recipe, deeptact, epipam, epivan};

/// Names of all models, as the key `model` has them.
const MODELS: &[&str] = &["epipam", "epi", "epipam-embed", "epi-embed", "epivan", "deeptact"];

/// Names of a model's presets, the default first.
fn presets(model: &str) -> &'static [&'static str] {
    match model {
        "epivan" => &["benchmark", "original"],
        "deeptact" => &["benchmark", "original", "promoters"],
        _ => &["epi", "chiapet"],
    }
}

/// A model and its configuration.
///
/// As TOML it is the key `model`, an optional `preset`, and the model's own keys, all optional: what is not given is
/// the preset's. An optional `format` says which version of these rules it follows.
///
/// | `model` | preset | keys |
/// |---|---|---|
/// | `epipam` | `epi` (default) or `chiapet` | the fields of [`epipam::Config`] |
/// | `epi` | the same | the same without `ratios` |
/// | `epipam-embed` | the same | those of `epipam`, and a table [`embedding`](epipam::KmerEmbedding) |
/// | `epi-embed` | the same | those of `epi`, and the same table |
/// | `epivan` | `benchmark` (default) or `original` | the fields of [`epivan::Config`] |
/// | `deeptact` | `benchmark` (default), `original` or `promoters` | the fields of [`deeptact::Config`] |
///
/// `epipam` and `epi` may also have a table [`pretrained`](epipam::PretrainedEmbedding): they read embeddings by another
/// model instead of bases then.
///
/// With serde it is a table of the same keys, written out in full.
///
/// ```
/// use ciskit_models::ModelConfig;
///
/// let config = ModelConfig::from_toml(
///     r#"
///     model = "epipam"
///     preset = "chiapet"
///     enhancer_len = 2000
///     "#,
/// )?;
/// let ModelConfig::Epipam(epipam) = &config else { unreachable!() };
/// assert_eq!((epipam.enhancer_len, epipam.promoter_len), (2000, 1000));
/// assert_eq!(ModelConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
#[non_exhaustive]
pub enum ModelConfig {
    /// EPIPAM, or EPI if it has no attention; with an embedding EPIPAM* and EPI*.
    Epipam(epipam::Config),
    /// EPIVAN.
    Epivan(epivan::Config),
    /// DeepTACT.
    Deeptact(deeptact::Config),
}

impl ModelConfig {
    /// The names that [`ModelConfig::named`] knows.
    ///
    /// ```
    /// assert!(ciskit_models::ModelConfig::names().contains(&"epipam"));
    /// ```
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        MODELS
    }

    /// A model with its default preset.
    ///
    /// # Errors
    ///
    /// [`ModelError::Unknown`] if there is no model of that name.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// assert_eq!(ModelConfig::named("epi")?.name(), "epi");
    /// assert_eq!(
    ///     ModelConfig::named("epiplan").unwrap_err().to_string(),
    ///     "there is no model epiplan, expected one of: epipam, epi, epipam-embed, epi-embed, epivan, deeptact"
    /// );
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    pub fn named(model: &str) -> Result<Self, ModelError> {
        Self::preset(model, presets(model)[0])
    }

    /// A model with one of its presets.
    ///
    /// # Errors
    ///
    /// [`ModelError::Unknown`] if there is no model or preset of that name.
    ///
    /// ```
    /// let config = ciskit_models::ModelConfig::preset("epipam", "chiapet")?;
    /// assert_eq!(config.enhancer_len(), 1000);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    pub fn preset(model: &str, preset: &str) -> Result<Self, ModelError> {
        if !MODELS.contains(&model) {
            return Err(ModelError::Unknown { what: format!("model {model}"), known: MODELS });
        }
        let config = match (model, preset) {
            ("epivan", "benchmark") => return Ok(Self::Epivan(epivan::Config::benchmark())),
            ("epivan", "original") => return Ok(Self::Epivan(epivan::Config::original())),
            ("deeptact", "benchmark") => return Ok(Self::Deeptact(deeptact::Config::benchmark())),
            ("deeptact", "original") => return Ok(Self::Deeptact(deeptact::Config::original(1))),
            ("deeptact", "promoters") => {
                return Ok(Self::Deeptact(deeptact::Config::original(1).with_lengths(1000, 1000)));
            }
            (_, "epi") if model.starts_with("epi") && model != "epivan" => epipam::Config::epi(),
            (_, "chiapet") if model.starts_with("epi") && model != "epivan" => epipam::Config::chiapet(),
            _ => {
                let what = format!("preset {preset} of model {model}");
                return Err(ModelError::Unknown { what, known: presets(model) });
            }
        };
        let config = if model.starts_with("epipam") { config } else { config.without_attention() };
        Ok(Self::Epipam(if model.ends_with("-embed") { config.with_embedding() } else { config }))
    }

    /// The model's name.
    ///
    /// ```
    /// use ciskit_models::{ModelConfig, epipam::Config};
    ///
    /// assert_eq!(ModelConfig::Epipam(Config::epi()).name(), "epipam");
    /// assert_eq!(ModelConfig::Epipam(Config::epi().without_attention()).name(), "epi");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Epipam(config) => match (config.has_attention(), &config.embedding) {
                (true, None) => "epipam",
                (false, None) => "epi",
                (true, Some(_)) => "epipam-embed",
                (false, Some(_)) => "epi-embed",
            },
            Self::Epivan(_) => "epivan",
            Self::Deeptact(_) => "deeptact",
        }
    }

    /// Whether the network has a second head, which shapes its training: only then does the α of the joint loss mean
    /// anything.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// assert!(ModelConfig::named("epipam")?.has_auxiliary());
    /// assert!(!ModelConfig::named("epi")?.has_auxiliary());
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn has_auxiliary(&self) -> bool {
        match self {
            Self::Epipam(config) => config.has_attention(),
            Self::Epivan(_) | Self::Deeptact(_) => false,
        }
    }

    /// Length of the enhancer window, in bp.
    #[must_use]
    pub fn enhancer_len(&self) -> usize {
        match self {
            Self::Epipam(config) => config.enhancer_len,
            Self::Epivan(config) => config.enhancer_len,
            Self::Deeptact(config) => config.enhancer_len,
        }
    }

    /// Length of the promoter window, in bp.
    #[must_use]
    pub fn promoter_len(&self) -> usize {
        match self {
            Self::Epipam(config) => config.promoter_len,
            Self::Epivan(config) => config.promoter_len,
            Self::Deeptact(config) => config.promoter_len,
        }
    }

    /// The same model for windows of other lengths, in bp; [`ModelConfig::validate`] says whether it can read them.
    ///
    /// ```
    /// let config = ciskit_models::ModelConfig::named("epipam")?.with_lengths(2500, 1500);
    /// assert_eq!((config.enhancer_len(), config.promoter_len()), (2500, 1500));
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_lengths(self, enhancer_len: usize, promoter_len: usize) -> Self {
        match self {
            Self::Epipam(config) => Self::Epipam(config.with_lengths(enhancer_len, promoter_len)),
            Self::Epivan(config) => Self::Epivan(config.with_lengths(enhancer_len, promoter_len)),
            Self::Deeptact(config) => Self::Deeptact(config.with_lengths(enhancer_len, promoter_len)),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    ///
    /// Those of the model's own configuration, such as [`epipam::Config::validate`].
    ///
    /// ```
    /// let config = ciskit_models::ModelConfig::named("epipam")?;
    /// assert!(config.validate().is_ok());
    /// assert!(config.with_lengths(200, 200).validate().is_err());
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    pub fn validate(&self) -> Result<(), ModelError> {
        match self {
            Self::Epipam(config) => config.validate().map(drop),
            Self::Epivan(config) => config.validate().map(drop),
            Self::Deeptact(config) => config.validate().map(drop),
        }
    }

    /// How its authors trained it.
    ///
    /// *Source*: the papers and their code; EPIPAM's for the `benchmark` presets of other models.
    ///
    /// ```
    /// let recipe = ciskit_models::ModelConfig::named("epipam")?.recipe();
    /// assert_eq!((recipe.batch, recipe.epochs, recipe.optimiser.weight_decay), (100, 15, 5e-4));
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        match self {
            Self::Epipam(_) => Recipe::new(100, 15, AdamConfig::l2(1e-3, 5e-4)),
            Self::Epivan(config) => config.recipe(),
            Self::Deeptact(config) => config.recipe(),
        }
    }

    /// The weights that read one-hot input: their second axis is the input channel.
    pub(crate) fn one_hot_weights(&self) -> &'static [&'static str] {
        match self {
            Self::Epipam(config) if config.embedding.is_some() || config.pretrained.is_some() => &[],
            Self::Epipam(_) => &["enhancer_conv1.weight", "promoter_conv1.weight"],
            Self::Epivan(_) => &[],
            Self::Deeptact(_) => &["enhancer_conv.weight", "promoter_conv.weight"],
        }
    }
}
