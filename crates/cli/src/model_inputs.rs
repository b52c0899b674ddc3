//! `--embedding`, `--features`, `--motif`: what networks are given besides windows of bases.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use ciskit_models::ModelConfig;
use ciskit_nn::{Device, Tensor};
use ciskit_seqio::WordVectors;

use crate::features::{self, FeatureArgs};
use crate::pair_input::{DataDescription, PairInput};

/// What networks are given to train with besides windows of bases: each what it reads.
#[derive(clap::Args, Clone)]
pub(crate) struct ModelInputArgs {
    /// Vectors that the k-mers of models start from (.npy, or word2vec's text), such as dna2vec's
    #[arg(long, value_name = "FILE")]
    embedding: Option<PathBuf>,
    /// Keep these vectors as they are
    #[arg(long, requires = "embedding")]
    freeze_embedding: bool,
    #[command(flatten)]
    features: FeatureArgs,
}

impl ModelInputArgs {
    /// Refuses what none of these models reads.
    pub(crate) fn check_used(&self, models: &[&ModelConfig]) -> Result<()> {
        let names = || match models {
            [] => "there is none".to_owned(),
            [only] => format!("this one is {}", only.name()),
            several => {
                let names: Vec<&str> = several.iter().map(|model| model.name()).collect();
                format!("these are {}", names.join(", "))
            }
        };
        ensure!(
            self.embedding.is_none() || models.iter().any(|model| model.kmer().is_some()),
            "--embedding needs a model of embedded k-mers, such as epipam-embed; {}",
            names()
        );
        ensure!(
            !self.features.are_given() || models.iter().any(|model| features::can_read(model)),
            "--features needs a model that reads more than sequences, such as epipam; {}",
            names()
        );
        features::check_motif(
            self.features.motif.as_deref(),
            models.iter().any(|model| self.features.reads_motif(model)),
        )
    }

    /// The model with the vectors that its k-mers start from; without, if no file is given or it has no k-mers.
    pub(crate) fn vectors(&self, model: ModelConfig) -> Result<(ModelConfig, Option<Vectors>)> {
        let (Some(path), Some(k)) = (&self.embedding, model.kmer()) else { return Ok((model, None)) };
        let words = WordVectors::open(path, k)?;
        let model = model.with_vectors(words.width(), self.freeze_embedding);
        Ok((model, Some(Vectors { path: path.clone(), words })))
    }

    /// Whether a model is told more than its configuration says.
    pub(crate) fn tells(&self, model: &ModelConfig) -> bool {
        self.features.are_given() && features::can_read(model)
    }

    /// The model and its pairs with the features that are asked for and that it can read, or else with those that its
    /// configuration names.
    pub(crate) fn features(
        &self,
        model: ModelConfig,
        mut input: PairInput,
    ) -> Result<(ModelConfig, PairInput)> {
        let covariates = match self.tells(&model) {
            true => self.features.of(&*input.source)?,
            false => features::named(&*input.source, model.covariates(), self.features.motif.as_deref())?,
        };
        let model = model.with_covariates(covariates.names());
        if self.features.reads_motif(&model) {
            input.description.motif.clone_from(&self.features.motif);
        }
        input.source = features::with(input.source, covariates);
        model.validate()?;
        Ok((model, input))
    }
}

/// Vectors of a model's k-mers, and the file that they are from.
pub(crate) struct Vectors {
    path: PathBuf,
    words: WordVectors,
}

impl Vectors {
    /// The tables of a model's k-mers as they start, by name: the same vectors in each.
    pub(crate) fn tables(&self, model: &ModelConfig) -> Result<BTreeMap<String, Tensor>> {
        let words = &self.words;
        let table = Tensor::from_slice(words.values(), (words.words(), words.width()), &Device::Cpu)?;
        Ok(model.word_tables().iter().map(|name| ((*name).to_owned(), table.clone())).collect())
    }

    /// The description of data with these vectors.
    pub(crate) fn describe(&self, mut description: DataDescription) -> DataDescription {
        description.embedding = Some(self.path.clone());
        description.embedding_fingerprint = Some(self.words.fingerprint());
        description
    }
}
