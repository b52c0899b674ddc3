//! `--features`, `--motif`: what a model is told of pairs besides their sequences.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::DISTANCE;
use ciskit_dataset::{Covariates, MotifSites, PairSource, WithCovariates};
use ciskit_encode::Motif;
use ciskit_models::ModelConfig;
use ciskit_seqio::{MotifRecord, read_motifs};

/// Further inputs of a model, to train with.
#[derive(clap::Args, Clone)]
pub(crate) struct FeatureArgs {
    /// Inputs of the first head besides the sequences; beyond the paper
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    features: Vec<Feature>,
    /// Motif of the feature ctcf (JASPAR or MEME)
    #[arg(long, value_name = "FILE")]
    pub(crate) motif: Option<PathBuf>,
    /// How rarely a random place scores as high as a site of the motif
    #[arg(long, default_value_t = 1e-5, value_name = "P", requires = "motif")]
    motif_p: f64,
}

/// A kind of further input.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Feature {
    /// Logarithm of the distance between the elements
    Distance,
    /// Sites of the motif in both windows, which way they point, and, with --genome, how many lie between
    Ctcf,
}

impl FeatureArgs {
    /// Whether features are asked for.
    pub(crate) fn are_given(&self) -> bool {
        !self.features.is_empty()
    }

    /// Whether a model reads sites of the motif: those asked for, or else those that its configuration names.
    pub(crate) fn reads_motif(&self, model: &ModelConfig) -> bool {
        match self.are_given() && can_read(model) {
            true => self.features.contains(&Feature::Ctcf),
            false => name_motif(model.covariates()),
        }
    }

    /// The covariates that were asked for.
    pub(crate) fn of(&self, source: &dyn PairSource) -> Result<Covariates> {
        let mut covariates = Covariates::none();
        for (index, feature) in self.features.iter().enumerate() {
            ensure!(!self.features[..index].contains(feature), "--features names one of them twice");
            covariates = covariates.joined(match feature {
                Feature::Distance => Covariates::distance(source.pairs())?,
                Feature::Ctcf => {
                    let motif = self.motif.as_deref().context("the feature ctcf needs --motif FILE")?;
                    sites(source, &read_motif(motif)?, self.motif_p)?
                }
            });
        }
        Ok(covariates)
    }
}

/// Whether a model can read more than sequences.
pub(crate) fn can_read(model: &ModelConfig) -> bool {
    !model.clone().with_covariates(&[DISTANCE.to_owned()]).covariates().is_empty()
}

/// Whether sites of a motif are among these covariates.
pub(crate) fn name_motif(names: &[String]) -> bool {
    names.iter().any(|name| of_motif(name).is_some())
}

/// Refuses a motif whose sites nobody reads.
pub(crate) fn check_motif(motif: Option<&Path>, is_read: bool) -> Result<()> {
    ensure!(motif.is_none() || is_read, "--motif is given, but no model here reads sites of a motif");
    Ok(())
}

/// The covariates of these names, which a trained model knows.
pub(crate) fn named(source: &dyn PairSource, names: &[String], motif: Option<&Path>) -> Result<Covariates> {
    let mut there = Covariates::none();
    if names.iter().any(|name| name == DISTANCE) {
        there = Covariates::distance(source.pairs())?;
    }
    if let Some((id, p)) = names.iter().find_map(|name| of_motif(name)) {
        let path =
            motif.with_context(|| format!("the model reads sites of motif {id}: give --motif FILE"))?;
        let record = read_motif(path)?;
        ensure!(record.id == id, "{} holds motif {}, the model reads {id}", path.display(), record.id);
        there = there.joined(sites(source, &record, p)?);
    }
    let mut covariates = Covariates::none();
    for name in names {
        let Some(column) = there.names().iter().position(|there| there == name) else {
            let hint = if name.ends_with(":between") { ": it needs --genome" } else { "" };
            bail!("the model reads {name}, which these pairs do not have{hint}");
        };
        let values = (0..source.len()).map(|pair| there.of(pair)[column]).collect();
        covariates = covariates.with(name, values);
    }
    Ok(covariates)
}

/// The same source with covariates, if there are any.
pub(crate) fn with(source: Box<dyn PairSource>, covariates: Covariates) -> Box<dyn PairSource> {
    if covariates.names().is_empty() { source } else { Box::new(WithCovariates::new(source, covariates)) }
}

fn sites(source: &dyn PairSource, record: &MotifRecord, p: f64) -> Result<Covariates> {
    ensure!(p > 0.0 && p < 1.0, "--motif-p must lie between 0 and 1, found {p}");
    let background = record.background.unwrap_or(Motif::UNIFORM);
    let motif = Motif::from_counts(&record.counts, PSEUDOCOUNT, background)
        .with_context(|| format!("motif {}", record.id))?;
    let threshold = motif.threshold(p);
    ensure!(threshold <= motif.highest(), "no site of motif {} is as rare as {p}", record.id);
    // A model that was trained at another threshold reads other numbers, so the name says which.
    let name = format!("{}@{p}", record.id);
    Ok(MotifSites::new(&name, &motif, threshold).covariates(source)?)
}

/// Added to the counts of every position.
const PSEUDOCOUNT: f64 = 1.0;

/// Motif and threshold of a covariate named `MA0139.1@0.00001:enhancer`.
fn of_motif(name: &str) -> Option<(&str, f64)> {
    let (motif, _) = name.rsplit_once(':')?;
    let (id, p) = motif.rsplit_once('@')?;
    Some((id, p.parse().ok()?))
}

fn read_motif(path: &Path) -> Result<MotifRecord> {
    let mut motifs = read_motifs(path)?;
    ensure!(motifs.len() == 1, "{} holds {} motifs, expected one", path.display(), motifs.len());
    Ok(motifs.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_models_can_be_told_more_than_sequences() {
        let can_read = |name| can_read(&ModelConfig::named(name).unwrap());
        assert_eq!(["epipam", "epi-embed", "epivan", "deeptact"].map(can_read), [true, true, false, false]);
    }

    #[test]
    fn a_name_tells_motif_and_threshold() {
        assert_eq!(of_motif("MA0139.1@0.00001:between"), Some(("MA0139.1", 1e-5)));
        assert_eq!(format!("{}", 1e-5), "0.00001");
        assert_eq!((of_motif("distance"), of_motif("a:b"), of_motif("a@x:b")), (None, None, None));
    }
}
