//! Enformer by its name in the catalogue.

use std::path::Path;
use std::sync::Arc;

use ciskit_nn::DType;
use ciskit_nn::weights::read;

use super::{Config, Enformer, GammaNormalisation};
use crate::catalogue::{Entry, Parameters};
use crate::error::ZooError;
use crate::registry::{LoadOptions, Reads, ZooModel};
use crate::tracks::{Adapter, read_json};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "enformer",
    family: "enformer",
    architecture: "convolutions pooled by attention, transformer with relative positions",
    input: "196,608 bp",
    parameters: Parameters::Exactly(251_221_292),
    code_licence: "Apache-2.0",
    weights_licence: "CC BY 4.0",
    published: "https://huggingface.co/EleutherAI/enformer-official-rough",
    paper: "Avsec et al. 2021, Nature Methods 18, 1196",
}];

pub(crate) const READS: Reads =
    Reads { tokenizer: false, files: &["targets", "gammas"], choices: &["head", "names", "gamma"] };

pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    let gamma = [("position", GammaNormalisation::Position), ("feature", GammaNormalisation::Feature)];
    let gamma = options.choice(entry.name, "gamma", &gamma)?;
    let species = Adapter::species(entry, options)?.unwrap_or_default();
    let gammas = options.files.get("gammas").map(|path| read_gammas(path)).transpose()?;
    let mut config = options.config.as_deref().map(read_json).transpose()?.unwrap_or_else(Config::published);
    config.gamma = gamma.unwrap_or(config.gamma);
    let path = options.weight_file(entry.name)?;
    let model = Enformer::open(path, &config, gammas.as_deref(), &options.device)?;
    let scorer = Arc::new(model).scorer(species, options.device.clone())?;
    Adapter::model(None, entry, options, scorer)
}

/// The rows of a file's only tensor.
fn read_gammas(path: &Path) -> Result<Vec<Vec<f32>>, ZooError> {
    let wrong =
        |problem: String| ZooError::File { what: "the gamma features", path: path.to_path_buf(), problem };
    let tensors: Vec<_> = read(path, Some(DType::F32))?.tensors.into_values().collect();
    match tensors.as_slice() {
        [rows] => rows.to_vec2().map_err(|error| wrong(error.to_string())),
        several => Err(wrong(format!("it has {} tensors, not one (distances, features)", several.len()))),
    }
}
