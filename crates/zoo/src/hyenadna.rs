//! HyenaDNA: causal language models of single bases, with convolutions as long as the sequence in the place of attention.
//!
//! Nguyen et al., NeurIPS 2023. A layer mixes positions by a short and a long convolution, each gated, and then works on each
//! position alone. The long filters are computed from positions by a small network, so that their number of weights does
//! not depend on their length.
//!
//! The models read up to a million bases. Memory and time for it are stated at [`HyenaDna`]; networks run on the CPU.
//!
//! ```
//! use ciskit_nn::{DType, Device, Parameters};
//! use ciskit_zoo::hyenadna::{CausalLikelihood, Characters, Config, HyenaDna};
//! use ciskit_zoo::transformer::{Heads, LanguageModel};
//! use ciskit_core::{Selection, VariantScorer, VariantWindow};
//!
//! // Random weights in the place of published ones, which `hyenadna::read` reads.
//! let config = Config { d_model: 8, d_inner: 16, n_layer: 1, max_seq_len: 100, ..Config::named("hyenadna-small-32k")? };
//! let load = |vb| HyenaDna::load(vb, &config, Heads::default());
//! let (_, network) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
//! let model = LanguageModel::new(network, Characters, &Device::Cpu).with_truncation(None)?;
//!
//! let variant = VariantWindow::new(b"GATTACAGATTACA", 7..8, b"GATTACATATTACA", 7..8);
//! let scores = CausalLikelihood::new(model)?.score_variants(&[variant], &Selection::all())?;
//! assert_eq!(scores.reference.values(), [0.0]);
//! assert!(scores.alternative.values()[0].is_finite());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod causal_likelihood;
mod characters;
mod checkpoint;
mod config;
mod entries;
mod long_filters;
mod mixer;
mod network;

use std::path::Path;

use ciskit_nn::Device;

use crate::registry::{LoadOptions, Reads, ZooModel};
use crate::transformer::{
    Checkpoint, ClassifiedAlleles, Classifier, Heads, LanguageModel, config_beside, configuration,
    with_options,
};
use crate::{Entry, ZooError};

pub use causal_likelihood::CausalLikelihood;
pub use characters::Characters;
pub use config::Config;
pub(crate) use entries::ENTRIES;
pub use network::HyenaDna;

/// Reads a published or fine-tuned model: a folder or a weight file, with `config.json` beside it unless a configuration is
/// given. Sequences of more bases than the model reads are refused; [`LanguageModel::with_truncation`] cuts them, as the
/// published comparison did to 512 tokens.
///
/// # Errors
///
/// [`ZooError`], naming every parameter that is missing, unexpected or of another shape.
pub fn read(weights: impl AsRef<Path>, config: Option<Config>) -> Result<LanguageModel, ZooError> {
    let weights = weights.as_ref();
    let config: Config = config.map_or_else(|| config_beside(weights), Ok)?;
    config.check().map_err(|problem| ZooError::Config { path: weights.to_path_buf(), problem })?;
    let mut checkpoint = Checkpoint::read(weights)?;
    checkpoint.tensors = checkpoint::published(checkpoint.tensors, &config)?;
    let heads = Heads::of(&checkpoint.tensors, "lm_head.", "score.weight");
    let network = checkpoint.build(
        "HyenaDNA",
        &Device::Cpu,
        |name| name.ends_with(".pos_emb.t"),
        |vb| HyenaDna::load(vb, &config, heads),
    )?;
    LanguageModel::new(network, Characters, &Device::Cpu).with_truncation(None)
}

/// What variants are scored by.
#[derive(Clone, Copy, PartialEq)]
enum Variants {
    Classes,
    Causal,
}

pub(crate) const READS: Reads = Reads { tokenizer: false, files: &[], choices: &["truncation", "variants"] };

/// What the registry loads. Choices:
///
/// - `truncation`: tokens that longer sequences are cut to, or `none` to refuse them, as otherwise;
/// - `variants`: `classes`, the fine-tuned classes of both windows, or `causal`, the windows' likelihoods; otherwise the first
///   if there is such a head.
pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    if !options.device.is_cpu() {
        let problem = "it runs on the CPU only".to_string();
        return Err(ZooError::Option { model: entry.name.to_string(), problem });
    }
    let weights = options.weight_file(entry.name)?;
    let config = configuration(options, weights, || Config::named(entry.name))?;
    let kinds = [("classes", Variants::Classes), ("causal", Variants::Causal)];
    let chosen = options.choice(entry.name, "variants", &kinds)?;
    let model = with_options(entry, options, || read(weights, Some(config)))?;
    let classes = model.network().classes().is_some();
    let mut registered = ZooModel::new(entry).with_embedder(model.clone());
    if classes || chosen == Some(Variants::Classes) {
        let classifier = Classifier::new(model.clone())?;
        registered = registered
            .with_sequence_scorer(classifier.clone())
            .with_variant_scorer(ClassifiedAlleles(classifier));
    }
    if chosen == Some(Variants::Causal) || chosen.is_none() && !classes {
        registered = registered.with_variant_scorer(CausalLikelihood::new(model)?);
    }
    Ok(registered)
}
