//! Language models in the registry.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{Classifier, LanguageModel, Likelihood, MaskedLikelihood, beside, read_config};
use crate::registry::{LoadOptions, ZooModel};
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

/// A language model behind the traits that its weights have heads for. Choices:
///
/// - `truncation`: tokens that longer sequences are cut to, or `none` to refuse them; otherwise 512;
/// - `variants`: `classes`, the fine-tuned classes of both windows, or `masked` or `pseudo`, the alleles' likelihoods; otherwise
///   the first if there is such a head, and else `masked`.
pub(crate) fn registered(
    entry: &'static Entry,
    model: LanguageModel,
    options: &LoadOptions,
) -> Result<ZooModel, ZooError> {
    let model = with_options(entry, model, options)?;
    let kinds =
        [("classes", None), ("masked", Some(Likelihood::Masked)), ("pseudo", Some(Likelihood::Pseudo))];
    let chosen = options.choice(entry.name, "variants", &kinds)?;
    let network = model.network();
    let (classes, predicts) = (network.classes().is_some(), network.predicts_tokens());
    let mut registered = ZooModel::new(entry).with_embedder(model.clone());
    if classes || chosen == Some(None) {
        registered = registered.with_sequence_scorer(Classifier::new(model.clone())?);
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

/// A language model with the batch and the truncation of the options; of other choices only `variants` is known.
pub(crate) fn with_options(
    entry: &'static Entry,
    mut model: LanguageModel,
    options: &LoadOptions,
) -> Result<Arc<LanguageModel>, ZooError> {
    options.check_names(entry.name, &[], &["truncation", "variants"])?;
    if let Some(sequences) = options.batch {
        model = model.with_batch(sequences);
    }
    if let Some(truncation) = options.choices.get("truncation") {
        let wrong = || ZooError::Option {
            model: entry.name.to_string(),
            problem: format!("truncation is a number of tokens or \"none\", not {truncation:?}"),
        };
        let tokens = match truncation.as_str() {
            "none" => None,
            number => Some(number.parse().map_err(|_| wrong())?),
        };
        model = model.with_truncation(tokens)?;
    }
    Ok(Arc::new(model))
}
