//! Geneformer, a model of cells that has been compared as if it were one of DNA.
//!
//! Theodoris et al., Nature 618, 616 (2023). Its tokens are genes, in the order of their expression in a cell: it does not read
//! DNA. In a comparison of models of regulatory variants it was fine-tuned on DNA all the same, with a tokenizer that is not
//! public, and its published scores have no correlation with measured effects (`docs/variant-benchmark.md`). So it is here as
//! a negative control: a stock [BERT](crate::bert) that loads the published weights, and any `tokenizer.json` that a user has.
//! No way to make its tokens of DNA is invented here, and the row of that table is not reproduced.

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

/// A published size: `geneformer-6-layers`, the first release, or `geneformer-12-layers`.
///
/// # Errors
///
/// [`ZooError::Unknown`] with the names that there are.
///
/// ```
/// assert_eq!(ciskit_zoo::geneformer::named("geneformer-6-layers")?.hidden_act, "relu");
/// # Ok::<(), ciskit_zoo::ZooError>(())
/// ```
pub fn named(name: &str) -> Result<Config, ZooError> {
    let sizes = match name {
        "geneformer-6-layers" => [6, 256, 4, 512],
        "geneformer-12-layers" => [12, 512, 8, 1024],
        _ => {
            let known = ENTRIES.iter().map(|entry| entry.name.to_string()).collect();
            return Err(ZooError::Unknown { what: "Geneformer", name: name.to_string(), known });
        }
    };
    Ok(Config { hidden_act: "relu".to_string(), ..Config::stock(25_426, 2048, sizes) })
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
    ($(($name:literal, $architecture:literal, $parameters:literal)),* $(,)?) => {
        &[$(Entry {
            name: $name,
            family: "geneformer",
            architecture: $architecture,
            input: "up to 2,048 tokens, which are genes and no DNA",
            parameters: Parameters::Exactly($parameters),
            code_licence: "Apache-2.0",
            weights_licence: "Apache-2.0",
            published: "https://huggingface.co/ctheodoris/Geneformer",
            paper: "Theodoris et al. 2023, Nature",
        }),*]
    };
}

pub(crate) const ENTRIES: &[Entry] = entries![
    ("geneformer-6-layers", "BERT of 6 layers on genes: a negative control", 10_288_722),
    ("geneformer-12-layers", "BERT of 12 layers on genes: a negative control", 39_591_250),
];

#[cfg(test)]
mod tests {
    use ciskit_nn::parameter_shapes;

    use super::*;
    use crate::bert::Bert;
    use crate::transformer::Heads;

    #[test]
    fn every_published_size_has_the_published_number_of_parameters() {
        for entry in ENTRIES {
            let config = named(entry.name).unwrap();
            let heads = Heads { tokens: true, classes: None };
            let shapes = parameter_shapes(|vb| Bert::load(vb, &config, heads)).unwrap();
            let counted: u64 = shapes.values().map(|shape| shape.iter().product::<usize>() as u64).sum();
            assert_eq!(Parameters::Exactly(counted), entry.parameters, "{}", entry.name);
        }
        assert!(named("geneformer").is_err());
    }
}
