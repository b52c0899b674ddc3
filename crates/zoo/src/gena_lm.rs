//! GENA-LM: masked language models of byte pairs.
//!
//! Fishman et al., Nucleic Acids Research 2025. The base and large models are [BERT](crate::bert) that normalises before each
//! part of a layer; the other is BigBird, which is built here for sequences of up to 704 tokens, where its attention is full.
//! Checkpoints with rotary positions or sparse attention are not read.
//!
//! The tokenizer is the published `tokenizer.json`. Runs of ten and more `N` are one gap token.

use std::path::Path;

use ciskit_nn::Device;

use crate::bert::{self, Config};
use crate::registry::{LoadOptions, ZooModel};
use crate::transformer::{LanguageModel, Published, configuration, registered};
use crate::{Entry, Parameters, ZooError};

pub(crate) use crate::transformer::READS;

/// Reads a published or fine-tuned model: see [`bert::read`].
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
    bert::read(weights, config, tokenizer, device)
}

/// A published size by its published name.
///
/// For `gena-lm-bert-base-t2t` and its `-multi`, the weights decide whether there is a norm behind the last layer.
///
/// # Errors
///
/// [`ZooError::Unknown`] with the names that there are.
///
/// ```
/// use ciskit_zoo::gena_lm;
///
/// let config = gena_lm::named("gena-lm-bert-large-t2t")?;
/// assert!(config.pre_layer_norm && config.num_hidden_layers == 24);
/// # Ok::<(), ciskit_zoo::ZooError>(())
/// ```
pub fn named(name: &str) -> Result<Config, ZooError> {
    const VOCABULARY: usize = 32_000;
    let normalised_before = |sizes, last_layer_norm| Config {
        pre_layer_norm: true,
        last_layer_norm,
        ..Config::stock(VOCABULARY, 512, sizes)
    };
    let base = [12, 768, 12, 3072];
    match name {
        "gena-lm-bert-base-t2t" | "gena-lm-bert-base-t2t-multi" => Ok(normalised_before(base, None)),
        "gena-lm-bert-base-lastln-t2t" => Ok(normalised_before(base, Some(true))),
        "gena-lm-bert-large-t2t" => {
            Ok(Config { layer_norm_eps: 1e-5, ..normalised_before([24, 1024, 16, 4096], Some(true)) })
        }
        "gena-lm-bigbird-base-t2t" => Ok(Config {
            attention_type: Some("block_sparse".to_string()),
            hidden_act: "gelu_new".to_string(),
            ..Config::stock(VOCABULARY, 4096, base)
        }),
        _ => {
            let known = ENTRIES.iter().map(|entry| entry.name.to_string()).collect();
            Err(ZooError::Unknown { what: "GENA-LM", name: name.to_string(), known })
        }
    }
}

/// What the registry loads; the choices are those of every language model.
pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    registered(entry, options, || published_by_name(entry, options)?.for_scoring(&options.device))
}

/// The files of a model by its name in the catalogue.
pub(crate) fn published_by_name(entry: &'static Entry, options: &LoadOptions) -> Result<Published, ZooError> {
    let weights = options.weight_file(entry.name)?;
    let config = configuration(options, weights, || named(entry.name))?;
    bert::published(weights, Some(config), options.tokenizer.as_deref())
}

macro_rules! entries {
    ($(($name:literal, $architecture:literal, $input:literal, $parameters:expr)),* $(,)?) => {
        &[$(Entry {
            name: $name,
            family: "gena-lm",
            architecture: $architecture,
            input: $input,
            parameters: $parameters,
            code_licence: "MIT",
            weights_licence: "MIT",
            published: concat!("https://huggingface.co/AIRI-Institute/", $name),
            paper: "Fishman et al. 2025, Nucleic Acids Research",
        }),*]
    };
}

pub(crate) const ENTRIES: &[Entry] = entries![
    (
        "gena-lm-bert-base-t2t",
        "BERT of 12 layers on byte pairs, normalised before each part",
        "up to 512 tokens (about 4.5 kb of a genome)",
        Parameters::OfFile
    ),
    (
        "gena-lm-bert-base-t2t-multi",
        "BERT of 12 layers on byte pairs, normalised before each part",
        "up to 512 tokens (about 4.5 kb of a genome)",
        Parameters::OfFile
    ),
    (
        "gena-lm-bert-base-lastln-t2t",
        "BERT of 12 layers on byte pairs, normalised before each part and at the end",
        "up to 512 tokens (about 4.5 kb of a genome)",
        Parameters::Exactly(110_652_416)
    ),
    (
        "gena-lm-bert-large-t2t",
        "BERT of 24 layers on byte pairs, normalised before each part and at the end",
        "up to 512 tokens (about 4.5 kb of a genome)",
        Parameters::Exactly(336_691_456)
    ),
    (
        "gena-lm-bigbird-base-t2t",
        "BigBird of 12 layers on byte pairs, in full attention",
        "up to 704 tokens (about 6 kb of a genome)",
        Parameters::Exactly(113_993_984)
    ),
];

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::bert::Bert;
    use crate::transformer::Heads;

    fn counted(config: &Config) -> u64 {
        let heads = Heads { tokens: true, classes: None };
        let shapes = parameter_shapes(|vb| Bert::load(vb, config, heads)).unwrap();
        shapes.values().map(|shape| shape.iter().product::<usize>() as u64).sum()
    }

    #[test]
    fn every_published_size_has_the_published_number_of_parameters() {
        for entry in ENTRIES {
            let config = named(entry.name).unwrap();
            // The pooler of BigBird is published, and of no use.
            let width = config.hidden_size as u64;
            let unused = if config.is_bigbird() { width * width + width } else { 0 };
            match entry.parameters {
                Parameters::Exactly(published) => {
                    assert_eq!(counted(&config) + unused, published, "{}", entry.name)
                }
                Parameters::OfFile => {
                    let with = |last| Config { last_layer_norm: Some(last), ..config.clone() };
                    assert_eq!([counted(&with(false)), counted(&with(true))], [110_650_880, 110_652_416]);
                }
            }
        }
        assert!(named("gena-lm").unwrap_err().to_string().contains("gena-lm-bert-large-t2t"));
    }
}
