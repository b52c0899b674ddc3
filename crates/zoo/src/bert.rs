//! BERT, in the forms that GENA-LM and Geneformer have it: normalised before or after each part of a layer, with learned
//! positions; and BigBird where its attention is full.
//!
//! It is no family of its own: [`gena_lm`](crate::gena_lm) and [`geneformer`](crate::geneformer) have its presets. Any stock
//! BERT loads, with its `config.json` and `tokenizer.json`.

mod config;
mod network;

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::Device;

use crate::ZooError;
use crate::transformer::{BytePairs, Checkpoint, Heads, LanguageModel, Published, beside, config_beside};

pub use config::Config;
pub use network::Bert;

/// The tensor that tells whether there is a norm behind the last layer.
const LAST_NORM: &str = "bert.encoder.last_layer_ln.weight";

/// Reads a published or fine-tuned model: a folder, a weight file or an index of several, with `config.json` and
/// `tokenizer.json` beside it unless they are given. The heads are those that the file has weights for.
///
/// Where `config.json` does not say whether there is a norm behind the last layer, the weights do.
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
pub(crate) fn published(
    weights: &Path,
    config: Option<Config>,
    tokenizer: Option<&Path>,
) -> Result<Published, ZooError> {
    let mut config: Config = config.map_or_else(|| config_beside(weights), Ok)?;
    let refuse = |problem| ZooError::Config { path: weights.to_path_buf(), problem };
    config.check().map_err(refuse)?;
    let tokenizer_file = tokenizer.map_or_else(|| beside(weights, "tokenizer.json"), Path::to_path_buf);
    let tokenizer = BytePairs::read(&tokenizer_file)?;
    let checkpoint = Checkpoint::read(weights)?;
    config.agree_on_last_norm(checkpoint.tensors.contains_key(LAST_NORM)).map_err(refuse)?;
    let class_head = if config.is_bigbird() { "classifier.out_proj.weight" } else { "classifier.weight" };
    let heads = Heads::of(&checkpoint.tensors, "cls.predictions.transform.", class_head);
    let (sizes, names) = (config.clone(), config.clone());
    Ok(Published {
        model: "BERT",
        checkpoint,
        heads,
        tokenizer: Arc::new(tokenizer),
        tokenizer_file: Some(tokenizer_file),
        build: Box::new(move |vb, heads| Ok(Box::new(Bert::load(vb, &sizes, heads)?))),
        ignores: Box::new(move |name, heads| names.ignores(name, heads)),
        class_head: &["classifier.", "bert.pooler."],
        config: Published::config(&config),
    })
}
