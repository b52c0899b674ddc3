//! `--models`: what takes part, by name.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use ciskit_baselines::Baselines;
use ciskit_compare::LABEL_FREE;
use ciskit_models::ModelConfig;
use ciskit_train::TrainConfig;

use crate::embedded::Embedded;
use crate::model;
use crate::model_inputs::{ModelInputArgs, Vectors};
use crate::tracks;

/// An entry of `--models`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Contender {
    /// A network that the library knows.
    Named(String),
    /// The same, on embeddings by a pretrained model.
    Embedded(String),
    /// A network of one's own configuration.
    Configured(String, PathBuf),
    /// A baseline that is fitted to each fold's training pairs.
    Baseline(String),
    /// A label-free rule, which is shown in any case.
    Rule,
}

/// A network to train.
pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) config: ModelConfig,
    pub(crate) training: TrainConfig,
    /// Vectors that its k-mers start from, if not from random ones.
    pub(crate) vectors: Option<Vectors>,
}

/// What follows the name of a network that is to read embeddings.
const EMBEDDED: &str = "+embed";

impl FromStr for Contender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) => Ok(Self::Configured(name.to_owned(), path.into())),
            None if text.strip_suffix(EMBEDDED).is_some_and(|name| ModelConfig::names().contains(&name)) => {
                Ok(Self::Embedded(text.to_owned()))
            }
            None if LABEL_FREE.contains(&text) => Ok(Self::Rule),
            None if ModelConfig::names().contains(&text) => Ok(Self::Named(text.to_owned())),
            None if Baselines::names().contains(&text) => Ok(Self::Baseline(text.to_owned())),
            None => {
                let fitted = Baselines::names().iter().copied().filter(|name| !LABEL_FREE.contains(name));
                let known: Vec<&str> =
                    ModelConfig::names().iter().copied().chain(fitted).chain(LABEL_FREE).collect();
                Err(format!("neither NAME=TOML nor one of {}", known.join(", ")))
            }
        }
    }
}

impl Contender {
    /// The baseline's name; nothing for others.
    pub(crate) fn baseline(&self) -> Option<&str> {
        if let Self::Baseline(name) = self { Some(name) } else { None }
    }

    /// The network with its configuration; nothing for others. Lengths are those of the windows in bp, where they
    /// differ from the network's own; `tracks` are the files that networks that read any are given. Features come later, with the pairs.
    pub(crate) fn network(
        &self,
        preset: Option<&str>,
        (enhancer_len, promoter_len): (Option<usize>, Option<usize>),
        tracks: &[PathBuf],
        (further, embedded): (&ModelInputArgs, Option<&Embedded>),
        training: impl Fn(&ModelConfig) -> Result<TrainConfig>,
    ) -> Result<Option<Network>> {
        let (name, config) = match self {
            Self::Baseline(_) | Self::Rule => return Ok(None),
            Self::Configured(name, path) => (name, model::read_config(path)?),
            Self::Named(name) => {
                let config = preset.map(|preset| ModelConfig::preset(name, preset));
                (name, config.unwrap_or_else(|| ModelConfig::named(name))?)
            }
            Self::Embedded(full) => {
                let name = full.trim_end_matches(EMBEDDED);
                let config = preset.map(|preset| ModelConfig::preset(name, preset));
                (full, config.unwrap_or_else(|| ModelConfig::named(name))?.with_bin_blocks())
            }
        };
        let enhancer_len = enhancer_len.unwrap_or(config.enhancer_len());
        let promoter_len = promoter_len.unwrap_or(config.promoter_len());
        let mut config = config.with_lengths(enhancer_len, promoter_len);
        // A network by name reads as many tracks as there are, if it can; a configuration of one's own says how many.
        if matches!(self, Self::Named(_) | Self::Embedded(_)) && !tracks.is_empty() {
            config = config.with_tracks(tracks.len());
        }
        if config.tracks() > 0 {
            tracks::check(tracks, name, config.tracks())?;
        }
        if matches!(self, Self::Embedded(_)) || config.pretrained().is_some() {
            let embedded = embedded
                .with_context(|| format!("{name} reads embeddings: give --embed MODEL and --weights FILE"))?;
            config = embedded.read_by(config).with_context(|| format!("embeddings for {name}"))?;
        }
        config.validate()?;
        let (config, vectors) = further.vectors(config).with_context(|| format!("vectors of {name}"))?;
        let training = training(&config)?;
        Ok(Some(Network { name: name.clone(), config, training, vectors }))
    }
}

/// Refuses names that are given twice, belong to a rule, or are no names of folders.
pub(crate) fn check_names(names: &[&str]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        ensure!(!names[..index].contains(name), "two models are called {name}");
        ensure!(!LABEL_FREE.contains(name), "{name} is the name of a label-free rule");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_+.".contains(c);
        ensure!(
            !name.is_empty() && !name.starts_with('.') && name.chars().all(plain),
            "{name:?} cannot name a model's folder: letters, digits, - _ + . are allowed"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_networks_configurations_or_rules() {
        assert_eq!("epipam".parse(), Ok(Contender::Named("epipam".into())));
        assert_eq!("a=b=c.toml".parse(), Ok(Contender::Configured("a".into(), "b=c.toml".into())));
        assert_eq!("epi+embed".parse(), Ok(Contender::Embedded("epi+embed".into())));
        assert!("kmer+embed".parse::<Contender>().is_err());
        assert_eq!("promoter-count".parse(), Ok(Contender::Rule));
        assert_eq!("kmer".parse(), Ok(Contender::Baseline("kmer".into())));
        let unknown = "epiplan".parse::<Contender>().unwrap_err();
        assert!(unknown.starts_with("neither NAME=TOML nor one of epipam, "), "{unknown}");
    }

    #[test]
    fn names_make_folders() {
        assert!(check_names(&["epipam", "EPIPAM-2.1_b+c"]).is_ok());
        for names in [&["a", "a"][..], &["distance"], &[""], &["../a"], &[".a"], &["a b"]] {
            assert!(check_names(names).is_err(), "{names:?}");
        }
    }
}
