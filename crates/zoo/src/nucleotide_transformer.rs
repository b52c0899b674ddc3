//! Nucleotide Transformer: masked language models of six-mers.
//!
//! Dalla-Torre et al., Nature Methods 2025. Version 1 has learned positions, version 2 rotary ones and gated feed-forward
//! layers; both are ESM encoders, which normalise before each part of a layer.
//!
//! ```
//! use ciskit_nn::{DType, Device, Parameters};
//! use ciskit_zoo::nucleotide_transformer::{Config, NucleotideTransformer, SixMers};
//! use ciskit_zoo::transformer::{Heads, Likelihood, MaskedLikelihood, LanguageModel};
//! use ciskit_core::{Selection, VariantScorer, VariantWindow};
//!
//! // Random weights in the place of published ones, which `nucleotide_transformer::read` reads.
//! let config = Config { hidden_size: 16, num_attention_heads: 2, num_hidden_layers: 1, intermediate_size: 8,
//!     ..Config::named("nucleotide-transformer-v2-50m-multi-species")? };
//! let heads = Heads { tokens: true, classes: None };
//! let load = |vb| NucleotideTransformer::load(vb, &config, heads);
//! let (_, network) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
//! let model = LanguageModel::new(network, SixMers::of(&config)?, &Device::Cpu);
//!
//! let likelihood = MaskedLikelihood::new(model, Likelihood::Masked)?;
//! let variant = VariantWindow::new(b"GATTACAGATTACA", 7..8, b"GATTACATATTACA", 7..8);
//! let scores = likelihood.score_variants(&[variant], &Selection::all())?;
//! assert!(scores.reference.values()[0] < 0.0 && scores.alternative.values()[0] < 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod entries;
mod network;
mod six_mers;

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::Device;

use crate::registry::{LoadOptions, Reads, ZooModel};
use crate::transformer::{
    self, Checkpoint, Heads, LanguageModel, Published, config_beside, configuration, registered,
};
use crate::{Entry, ZooError};

pub use config::{Config, PositionEmbedding};
pub(crate) use entries::ENTRIES;
pub use network::NucleotideTransformer;
pub use six_mers::SixMers;

/// Reads a published or fine-tuned model: a folder, a weight file or an index of several, with `config.json` beside it unless a
/// configuration is given. The heads are those that the file has weights for.
///
/// # Errors
///
/// [`ZooError`], naming every parameter that is missing, unexpected or of another shape.
pub fn read(
    weights: impl AsRef<Path>,
    config: Option<Config>,
    device: &Device,
) -> Result<LanguageModel, ZooError> {
    published(weights.as_ref(), config)?.for_scoring(device)
}

/// What the files hold.
fn published(weights: &Path, config: Option<Config>) -> Result<Published, ZooError> {
    let config: Config = config.map_or_else(|| config_beside(weights), Ok)?;
    config.check().map_err(|problem| ZooError::Config { path: weights.to_path_buf(), problem })?;
    let tokenizer = SixMers::of(&config)?;
    let checkpoint = Checkpoint::read(weights)?;
    let heads = Heads::of(&checkpoint.tensors, "lm_head.", "classifier.out_proj.weight");
    let (sizes, names) = (config.clone(), config.clone());
    Ok(Published {
        model: "Nucleotide Transformer",
        checkpoint,
        heads,
        tokenizer: Arc::new(tokenizer),
        tokenizer_file: None,
        build: Box::new(move |vb, heads| Ok(Box::new(NucleotideTransformer::load(vb, &sizes, heads)?))),
        ignores: Box::new(move |name, _| names.ignores(name)),
        class_head: &["classifier."],
        config: Published::config(&config),
    })
}

/// The vocabulary is known: six-mers, and bases.
pub(crate) const READS: Reads = Reads { tokenizer: false, ..transformer::READS };

/// What the registry loads; the choices are those of every language model.
pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    registered(entry, options, || published_by_name(entry, options)?.for_scoring(&options.device))
}

/// The files of a model by its name in the catalogue.
pub(crate) fn published_by_name(entry: &'static Entry, options: &LoadOptions) -> Result<Published, ZooError> {
    let weights = options.weight_file(entry.name)?;
    let config = configuration(options, weights, || Config::named(entry.name))?;
    published(weights, Some(config))
}
