//! TREDNet by its names in the catalogue.

use std::path::Path;
use std::sync::Arc;

use super::{Trednet, TrednetScorer};
use crate::catalogue::{Entry, Parameters};
use crate::error::ZooError;
use crate::keras::SequentialConfig;
use crate::names;
use crate::registry::{LoadOptions, Reads, ZooModel};

const PAPER: &str = "Hudaiberdiev et al. 2023, PNAS 120, e2206612120";
const V1: &str = "https://zenodo.org/records/8161621, Kipoi TREDNet";
const BP_2001: &str =
    "phase_one_model.h5, phase_one_weights.h5 and phase_two_model.hdf5 of the 2001-bp release (v0.1)";
const BOTH: &str = "convolutions on one-hot bases to chromatin profiles, and on these to an enhancer";
const ONE: &str = "convolutions on one-hot bases to chromatin profiles";

const fn entry(
    name: &'static str,
    architecture: &'static str,
    input: &'static str,
    parameters: Parameters,
    published: &'static str,
) -> Entry {
    let (family, code_licence, weights_licence) = ("trednet", "MIT", "CC-BY-ND (Kipoi)");
    Entry {
        name,
        family,
        architecture,
        input,
        parameters,
        code_licence,
        weights_licence,
        published,
        paper: PAPER,
    }
}

pub(crate) const ENTRIES: &[Entry] = &[
    entry("trednet-2001bp", BOTH, "2,001 bp", Parameters::Exactly(170_508_529), BP_2001),
    entry("trednet-2001bp-phase-one", ONE, "2,001 bp", Parameters::Exactly(141_340_640), BP_2001),
    entry("trednet-v1", BOTH, "2,000 bp", Parameters::OfFile, V1),
    entry("trednet-v1-phase-one", ONE, "2,000 bp", Parameters::OfFile, V1),
];

pub(crate) const READS: Reads =
    Reads { tokenizer: false, files: &["phase-two-config", "target-names"], choices: &[] };

pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    let alone = entry.name.ends_with("-phase-one");
    let (one, two) = match (options.weights.as_slice(), alone) {
        ([one], true) => (one, None),
        ([one, two], false) => (one, Some(two.as_path())),
        (files, _) => {
            let expected =
                if alone { "one weight file" } else { "two weight files, phase one and phase two" };
            let problem = format!("it has {expected}, and {} are given", files.len());
            return Err(ZooError::Option { model: entry.name.into(), problem });
        }
    };
    let config = options.config.as_deref().map(read_config).transpose()?;
    let second = options.files.get("phase-two-config").map(|path| read_config(path)).transpose()?;
    let model = Trednet::open(one, two, [config.as_ref(), second.as_ref()], &options.device)?;
    check_length(entry, &model, one)?;

    let names =
        options.files.get("target-names").map(|path| names::read(path, model.targets())).transpose()?;
    let (model, device) = (Arc::new(model), options.device.clone());
    let scorer = match alone {
        true => TrednetScorer::profiles(model, device, names),
        false => TrednetScorer::enhancers(model, device),
    };
    let scorer =
        scorer.map_err(|error| ZooError::Config { path: one.clone(), problem: error.to_string() })?;
    let scorer = match options.batch {
        Some(sequences) => scorer.with_batch(sequences),
        None => scorer,
    };
    Ok(ZooModel::new(entry).with_embedder(scorer.clone()).with_sequence_scorer(scorer))
}

/// The two releases differ by a base, and nothing else would tell that a file is of the other one.
fn check_length(entry: &Entry, model: &Trednet, path: &Path) -> Result<(), ZooError> {
    let expected = if entry.name.contains("2001bp") { 2001 } else { 2000 };
    if model.length() == expected {
        return Ok(());
    }
    let problem = format!("it reads {} bp, {} reads {expected}", model.length(), entry.name);
    Err(ZooError::Config { path: path.to_path_buf(), problem })
}

fn read_config(path: &Path) -> Result<SequentialConfig, ZooError> {
    let problem = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
    let json = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    SequentialConfig::from_keras_json(&json).map_err(problem)
}
