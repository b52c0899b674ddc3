//! Borzoi by its names in the catalogue.

use std::path::Path;
use std::sync::Arc;

use super::{Borzoi, Config};
use crate::catalogue::{Entry, Parameters};
use crate::error::ZooError;
use crate::registry::{LoadOptions, Reads, ZooModel};
use crate::tracks::{Adapter, Species, Squash};

const PAPER: &str = "Linder et al. 2025, Nature Genetics 57, 949";

const fn replicate(name: &'static str, parameters: u64, published: &'static str) -> Entry {
    Entry {
        name,
        family: "borzoi",
        architecture: "convolutions, transformer with relative positions, upsampling",
        input: "524,288 bp",
        parameters: Parameters::Exactly(parameters),
        code_licence: "Apache-2.0",
        weights_licence: "of the authors' release: see there",
        published,
        paper: PAPER,
    }
}

pub(crate) const ENTRIES: &[Entry] = &[
    replicate("borzoi-replicate-0", 185_892_699, "https://huggingface.co/johahi/borzoi-replicate-0"),
    replicate("borzoi-replicate-1", 185_892_699, "https://huggingface.co/johahi/borzoi-replicate-1"),
    replicate("borzoi-replicate-2", 185_892_699, "https://huggingface.co/johahi/borzoi-replicate-2"),
    replicate("borzoi-replicate-3", 185_892_699, "https://huggingface.co/johahi/borzoi-replicate-3"),
    replicate("borzoi-mouse", 190_902_667, "https://huggingface.co/johahi/borzoi-mouse"),
    Entry {
        name: "baskerville-mini",
        family: "borzoi",
        architecture: "convolutions, transformer with relative positions, upsampling",
        input: "131,072 bp",
        parameters: Parameters::Exactly(640_882),
        code_licence: "Apache-2.0",
        weights_licence: "Apache-2.0",
        published: "https://github.com/calico/baskerville, test data, model.h5",
        paper: PAPER,
    },
];

pub(crate) const READS: Reads =
    Reads { tokenizer: false, files: &["targets"], choices: &["head", "names", "scale", "squash"] };

pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    let (preset, species, adapter) = match entry.name {
        "baskerville-mini" => {
            let adapter = Adapter { squash: Squash::New, exponent: 0.5, scaled: false };
            (Config::baskerville_mini(), Species::Human, adapter)
        }
        name => {
            let adapter = Adapter { squash: Squash::Old, exponent: 0.75, scaled: true };
            let mouse = name.ends_with("-mouse");
            let config = if mouse { Config::mouse() } else { Config::human() };
            (config, if mouse { Species::Mouse } else { Species::Human }, adapter)
        }
    };
    let species = Adapter::species(entry, options)?.unwrap_or(species);
    let path = options.weight_file(entry.name)?;
    let model = match &options.config {
        Some(config) => Borzoi::open_as(path, &read_config(config)?, &options.device)?,
        None => Borzoi::open(path, &preset, &options.device)?,
    };
    let scorer = Arc::new(model).scorer(species, options.device.clone())?;
    Adapter::model(Some(adapter), entry, options, scorer)
}

/// Our configuration, or baskerville's, which has a part `model`.
fn read_config(path: &Path) -> Result<Config, ZooError> {
    let problem = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
    let json = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    let value: serde_json::Value = serde_json::from_str(&json).map_err(|error| problem(error.to_string()))?;
    match value.get("model") {
        Some(_) => Config::from_params_json(&json).map_err(problem),
        None => serde_json::from_value(value).map_err(|error| problem(error.to_string())),
    }
}
