//! Language models in the registry.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{
    ClassifiedAlleles, Classifier, LanguageModel, Likelihood, MaskedLikelihood, beside, read_config,
};
use crate::registry::{LoadOptions, Reads, ZooModel};
use crate::{Entry, ZooError};

/// The configuration that a user names, or else the one beside the weights, or else the name's preset.
pub(crate) fn configuration<C: DeserializeOwned>(
    options: &LoadOptions,
    weights: &Path,
    preset: impl FnOnce() -> Result<C, ZooError>,
) -> Result<C, ZooError> {
    let near = beside(weights, "config.json");
    match &options.config {
        Some(path) => read_config(path),
        None if near.is_file() => read_config(&near),
        None => preset(),
    }
}

/// What a language model is loaded from.
pub(crate) const READS: Reads = Reads { tokenizer: true, files: &[], choices: &["truncation", "variants"] };

/// A language model behind the traits that its weights have heads for. Choices:
///
/// - `truncation`: tokens that longer sequences are cut to, or `none` to refuse them; otherwise 512;
/// - `variants`: `classes`, the fine-tuned classes of both windows, or `masked` or `pseudo`, the alleles' likelihoods; otherwise
///   the first if there is such a head, and else `masked`.
pub(crate) fn registered(
    entry: &'static Entry,
    options: &LoadOptions,
    read: impl FnOnce() -> Result<LanguageModel, ZooError>,
) -> Result<ZooModel, ZooError> {
    let kinds =
        [("classes", None), ("masked", Some(Likelihood::Masked)), ("pseudo", Some(Likelihood::Pseudo))];
    let chosen = options.choice(entry.name, "variants", &kinds)?;
    let model = with_options(entry, options, read)?;
    let network = model.network();
    let (classes, predicts) = (network.classes().is_some(), network.predicts_tokens());
    let mut registered = ZooModel::new(entry).with_embedder(model.clone());
    if classes || chosen == Some(None) {
        let classifier = Classifier::new(model.clone())?;
        registered = registered
            .with_sequence_scorer(classifier.clone())
            .with_variant_scorer(ClassifiedAlleles(classifier));
    }
    match chosen {
        Some(Some(likelihood)) => {
            Ok(registered.with_variant_scorer(MaskedLikelihood::new(model, likelihood)?))
        }
        None if predicts && !classes => {
            Ok(registered.with_variant_scorer(MaskedLikelihood::new(model, Likelihood::Masked)?))
        }
        _ => Ok(registered),
    }
}

/// A language model with the batch and the truncation of the options.
pub(crate) fn with_options(
    entry: &Entry,
    options: &LoadOptions,
    read: impl FnOnce() -> Result<LanguageModel, ZooError>,
) -> Result<Arc<LanguageModel>, ZooError> {
    let truncation = truncation(entry, options)?;
    let mut model = read()?;
    if let Some(sequences) = options.batch {
        model = model.with_batch(sequences);
    }
    if let Some(tokens) = truncation {
        model = model.with_truncation(tokens)?;
    }
    Ok(Arc::new(model))
}

/// The tokens that sequences are cut to, if anything is said: `Some(None)` cuts nothing.
pub(crate) fn truncation(entry: &Entry, options: &LoadOptions) -> Result<Option<Option<usize>>, ZooError> {
    let Some(given) = options.choices.get("truncation") else { return Ok(None) };
    if given == "none" {
        return Ok(Some(None));
    }
    let problem = || format!("truncation is a number of tokens or \"none\", not {given:?}");
    let wrong = |_| ZooError::Option { model: entry.name.to_string(), problem: problem() };
    given.parse().map(|tokens| Some(Some(tokens))).map_err(wrong)
}
