//! What a model reads: vectors of k-mers, embeddings, tracks, covariates.

use super::ModelConfig;
use crate::epipam::PretrainedEmbedding;
use crate::{ModelError, epivan};

impl ModelConfig {
    /// Length of the k-mers whose vectors the model reads, in bp; `None` for one-hot.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// assert_eq!(ModelConfig::named("epipam-embed")?.kmer(), Some(6));
    /// assert_eq!(ModelConfig::named("epipam")?.kmer(), None);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn kmer(&self) -> Option<usize> {
        match self {
            Self::Epipam(config) => config.embedding.as_ref().map(|embedding| embedding.k),
            Self::Epivan(_) => Some(epivan::K),
            Self::Deeptact(_) => None,
        }
    }

    /// Names of the tables of k-mers' vectors, one a tower; none for one-hot.
    ///
    /// ```
    /// let tables = ciskit_models::ModelConfig::named("epi-embed")?.word_tables();
    /// assert_eq!(tables, ["embed_layer_en.weight", "embed_layer_pr.weight"]);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn word_tables(&self) -> &'static [&'static str] {
        match self {
            Self::Epipam(config) if config.embedding.is_some() => {
                &["embed_layer_en.weight", "embed_layer_pr.weight"]
            }
            Self::Epivan(_) => &["enhancer_embedding.weight", "promoter_embedding.weight"],
            Self::Epipam(_) | Self::Deeptact(_) => &[],
        }
    }

    /// The same model with vectors of `width` numbers, which stay as they are if `frozen`; of one-hot, the same model.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// let ModelConfig::Epipam(config) = ModelConfig::named("epipam-embed")?.with_vectors(16, true) else { panic!() };
    /// assert_eq!((config.input_channels(), config.embedding.unwrap().frozen), (16, true));
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_vectors(mut self, width: usize, frozen: bool) -> Self {
        match &mut self {
            Self::Epipam(config) => {
                if let Some(embedding) = &mut config.embedding {
                    (embedding.width, embedding.frozen) = (width, frozen || embedding.frozen);
                }
            }
            Self::Epivan(config) => (config.width, config.frozen) = (width, frozen || config.frozen),
            Self::Deeptact(_) => {}
        }
        self
    }

    /// Which embeddings by a pretrained model the model reads instead of bases, if any.
    #[must_use]
    pub fn pretrained(&self) -> Option<&PretrainedEmbedding> {
        match self {
            Self::Epipam(config) => config.pretrained.as_ref(),
            Self::Epivan(_) | Self::Deeptact(_) => None,
        }
    }

    /// The same model on embeddings; its blocks stay as they are.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] for a model that reads k-mers, or is neither EPIPAM nor EPI.
    ///
    /// ```
    /// use ciskit_models::{ModelConfig, epipam::PretrainedEmbedding};
    ///
    /// let sei = || PretrainedEmbedding { model: "sei".into(), fingerprint: "f".into(), width: 960, bin: 100 };
    /// let config = ModelConfig::named("epi")?.with_bin_blocks().with_pretrained(sei())?;
    /// assert_eq!((config.name(), config.pretrained()), ("epi", Some(&sei())));
    /// assert_eq!(ModelConfig::from_toml(&config.to_toml())?, config);
    /// assert_eq!(
    ///     ModelConfig::named("epivan")?.with_pretrained(sei()).unwrap_err().to_string(),
    ///     "the model that reads embeddings is epivan, expected epipam or epi"
    /// );
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    pub fn with_pretrained(self, pretrained: PretrainedEmbedding) -> Result<Self, ModelError> {
        match self {
            Self::Epipam(config) if config.embedding.is_none() => {
                Ok(Self::Epipam(config.with_pretrained(pretrained)))
            }
            other => Err(ModelError::value("the model that reads embeddings", "epipam or epi", other.name())),
        }
    }

    /// The same model with blocks for some tens of bins ([`with_bin_blocks`](crate::epipam::Config::with_bin_blocks)); one
    /// that reads no embeddings stays as it is.
    #[must_use]
    pub fn with_bin_blocks(self) -> Self {
        match self {
            Self::Epipam(config) => Self::Epipam(config.with_bin_blocks()),
            other => other,
        }
    }

    /// Accessibility tracks that the model reads of each side.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// assert_eq!(ModelConfig::named("deeptact")?.tracks(), 0);
    /// assert_eq!(ModelConfig::preset("deeptact", "original")?.tracks(), 1);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn tracks(&self) -> usize {
        match self {
            Self::Deeptact(config) => config.tracks,
            Self::Epipam(_) | Self::Epivan(_) => 0,
        }
    }

    /// The same model with so many accessibility tracks; one that reads nothing but sequences stays as it is.
    ///
    /// ```
    /// use ciskit_models::ModelConfig;
    ///
    /// assert_eq!(ModelConfig::named("deeptact")?.with_tracks(2).tracks(), 2);
    /// assert_eq!(ModelConfig::named("epipam")?.with_tracks(2).tracks(), 0);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_tracks(self, tracks: usize) -> Self {
        match self {
            Self::Deeptact(config) => Self::Deeptact(crate::deeptact::Config { tracks, ..config }),
            Self::Epipam(_) | Self::Epivan(_) => self,
        }
    }

    /// Names of what the model reads of a pair besides its sequences.
    #[must_use]
    pub fn covariates(&self) -> &[String] {
        match self {
            Self::Epipam(config) => &config.covariates,
            Self::Epivan(_) | Self::Deeptact(_) => &[],
        }
    }

    /// The same model with such inputs; one that reads nothing but sequences stays as it is.
    ///
    /// ```
    /// let config = ciskit_models::ModelConfig::named("epipam")?.with_covariates(&["distance".to_owned()]);
    /// assert_eq!(config.covariates(), ["distance"]);
    /// # Ok::<(), ciskit_models::ModelError>(())
    /// ```
    #[must_use]
    pub fn with_covariates(self, names: &[String]) -> Self {
        match self {
            Self::Epipam(config) => Self::Epipam(config.with_covariates(names)),
            Self::Epivan(_) | Self::Deeptact(_) => self,
        }
    }
}
