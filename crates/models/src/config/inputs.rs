//! What a model reads: vectors of k-mers, covariates.

use super::ModelConfig;
use crate::epivan;

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
