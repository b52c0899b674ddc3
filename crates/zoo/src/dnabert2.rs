//! DNABERT-2: a masked language model of byte pairs.
//!
//! Zhou et al. 2023, arXiv 2306.15006. A BERT that knows how far apart tokens are by ALiBi, with queries, keys and values in one
//! matrix and a gated feed-forward part, normalised after each part of a layer.
//!
//! The tokenizer is the published `tokenizer.json`. A changed base may change the number of tokens, so most single-nucleotide
//! variants have a pseudo-log-likelihood only
//! ([`Likelihood::Pseudo`](crate::transformer::Likelihood::Pseudo)).
//!
//! *Differences from the published code*: attention is computed in `f32` and never in half precision.

mod config;
mod network;

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::Device;

use crate::registry::{LoadOptions, ZooModel};
use crate::transformer::{
    BytePairs, Checkpoint, Heads, LanguageModel, Published, beside, config_beside, configuration, registered,
};
use crate::{Entry, Parameters, ZooError};

pub(crate) use crate::transformer::READS;
pub use config::Config;
pub use network::DnaBert2;

/// Reads the published or a fine-tuned model: a folder, a weight file or an index of several, with `config.json` and
/// `tokenizer.json` beside it unless they are given. The heads are those that the file has weights for.
///
/// # Errors
///
/// [`ZooError`], naming every parameter that is missing, unexpected or of another shape.
pub fn read(
    weights: impl AsRef<Path>,
    config: Option<Config>,
    tokenizer: Option<&Path>,
    device: &Device,
) -> Result<LanguageModel, ZooError> {
    published(weights.as_ref(), config, tokenizer)?.for_scoring(device)
}

/// What the files hold.
fn published(
    weights: &Path,
    config: Option<Config>,
    tokenizer: Option<&Path>,
) -> Result<Published, ZooError> {
    let config: Config = config.map_or_else(|| config_beside(weights), Ok)?;
    config.check().map_err(|problem| ZooError::Config { path: weights.to_path_buf(), problem })?;
    let tokenizer_file = tokenizer.map_or_else(|| beside(weights, "tokenizer.json"), Path::to_path_buf);
    let tokenizer = BytePairs::read(&tokenizer_file)?;
    let checkpoint = Checkpoint::read(weights)?;
    let heads = Heads::of(&checkpoint.tensors, "cls.predictions.transform.", "classifier.weight");
    let sizes = config.clone();
    Ok(Published {
        model: "DNABERT-2",
        checkpoint,
        heads,
        tokenizer: Arc::new(tokenizer),
        tokenizer_file: Some(tokenizer_file),
        build: Box::new(move |vb, heads| Ok(Box::new(DnaBert2::load(vb, &sizes, heads)?))),
        ignores: Box::new(Config::ignores),
        class_head: &["classifier.", "bert.pooler."],
        config: Published::config(&config),
    })
}

/// What the registry loads; the choices are those of every language model.
pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    registered(entry, options, || published_by_name(entry, options)?.for_scoring(&options.device))
}

/// The files of a model by its name in the catalogue.
pub(crate) fn published_by_name(entry: &'static Entry, options: &LoadOptions) -> Result<Published, ZooError> {
    let weights = options.weight_file(entry.name)?;
    let config = configuration(options, weights, || Ok(Config::published()))?;
    published(weights, Some(config), options.tokenizer.as_deref())
}

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "dnabert2-117m",
    family: "dnabert2",
    architecture: "BERT of 12 layers on byte pairs, with ALiBi and gates",
    input: "any number of tokens, 512 unless told otherwise (about 3 kb)",
    parameters: Parameters::Exactly(117_074_176),
    code_licence: "Apache-2.0",
    weights_licence: "Apache-2.0",
    published: "https://huggingface.co/zhihan1996/DNABERT-2-117M",
    paper: "Zhou et al. 2023, arXiv 2306.15006",
}];

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;

    #[test]
    fn the_published_sizes_have_the_published_numbers_of_parameters() {
        let count = |heads| {
            let shapes = parameter_shapes(|vb| DnaBert2::load(vb, &Config::published(), heads)).unwrap();
            shapes.values().map(|shape| shape.iter().product::<usize>() as u64).sum::<u64>()
        };
        assert_eq!(Parameters::Exactly(count(Heads { tokens: true, classes: None })), ENTRIES[0].parameters);
        assert_eq!(count(Heads { tokens: false, classes: Some(2) }), 117_070_082);
    }
}
