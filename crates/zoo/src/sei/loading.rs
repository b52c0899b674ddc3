//! Sei by its name in the catalogue.

use std::path::Path;
use std::sync::Arc;

use super::{Config, Sei, SeiScorer, SequenceClassScorer, SequenceClasses, Strands, UnknownBase, npy};
use crate::catalogue::{Entry, Parameters};
use crate::error::ZooError;
use crate::names;
use crate::registry::{LoadOptions, Reads, ZooModel};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "sei",
    family: "sei",
    architecture: "residual and dilated convolutions, spline pooling",
    input: "4,096 bp",
    parameters: Parameters::Exactly(889_979_983),
    code_licence: "academic and research use only (custom three-clause licence)",
    weights_licence: "academic and research use only",
    published: "https://doi.org/10.5281/zenodo.4906996, sei.pth",
    paper: "Chen et al. 2022, Nature Genetics 54, 940",
}];

pub(crate) const READS: Reads = Reads {
    tokenizer: false,
    files: &["target-names", "projection", "histone-indices"],
    choices: &["strands", "unknown"],
};

pub(crate) fn load(entry: &'static Entry, options: &LoadOptions) -> Result<ZooModel, ZooError> {
    let strands = [("mean", Strands::Mean), ("forward", Strands::Forward)];
    let strands = options.choice(entry.name, "strands", &strands)?.unwrap_or_default();
    let unknown = [("quarter", UnknownBase::Quarter), ("zero", UnknownBase::Zero)];
    let unknown = options.choice(entry.name, "unknown", &unknown)?.unwrap_or_default();
    let wrong = |problem: &str| ZooError::Option { model: entry.name.into(), problem: problem.into() };
    let classes = match (options.files.get("projection"), options.files.get("histone-indices")) {
        (Some(projection), Some(histones)) => Some(read_classes(projection, histones)?),
        (None, None) => None,
        _ => return Err(wrong("sequence classes need both files, projection and histone-indices")),
    };
    let path = options.weight_file(entry.name)?;
    let config = options.config.as_deref().map(read_config).transpose()?;
    let model = Arc::new(Sei::open(path, config.as_ref(), &options.device)?);

    let profiles = model.config().profiles;
    let names = options.files.get("target-names").map(|path| names::read(path, profiles)).transpose()?;
    let scorer = SeiScorer::new(model, options.device.clone(), names);
    let scorer = scorer.map_err(|error| wrong(&error.to_string()))?;
    let mut scorer = scorer.with_strands(strands).with_unknown(unknown);
    if let Some(sequences) = options.batch {
        scorer = scorer.with_batch(sequences);
    }
    let loaded = ZooModel::new(entry).with_embedder(scorer.clone()).with_sequence_scorer(scorer.clone());
    let Some(classes) = classes else { return Ok(loaded) };
    if classes.profiles() != profiles {
        let problem =
            format!("the projection is of {} profiles, the model has {profiles}", classes.profiles());
        return Err(wrong(&problem));
    }
    let by_class = SequenceClassScorer::new(scorer, classes).map_err(|error| wrong(&error.to_string()))?;
    Ok(loaded.with_variant_scorer(by_class))
}

impl SequenceClasses {
    /// Opens the two published arrays, `projvec_targets.npy` and `histone_inds.npy`.
    ///
    /// # Errors
    ///
    /// [`ZooError::File`] if one cannot be read, or is not of its kind.
    pub fn open(projection: &Path, histones: &Path) -> Result<Self, ZooError> {
        read_classes(projection, histones)
    }
}

fn read_classes(projection: &Path, histones: &Path) -> Result<SequenceClasses, ZooError> {
    let wrong = |path: &Path, problem: String| ZooError::File {
        what: "the sequence classes",
        path: path.to_path_buf(),
        problem,
    };
    let rows = npy::read(projection)?;
    let &[_, profiles @ 1..=usize::MAX] = rows.shape.as_slice() else {
        return Err(wrong(
            projection,
            format!("it has shape {:?}, expected (classes, profiles)", rows.shape),
        ));
    };
    let rows = rows.values.chunks_exact(profiles).map(<[f64]>::to_vec).collect();
    let index = |&value: &f64| {
        let index = value as usize;
        (index as f64 == value)
            .then_some(index)
            .ok_or_else(|| wrong(histones, format!("{value} is no index")))
    };
    let indices = npy::read(histones)?.values.iter().map(index).collect::<Result<Vec<_>, _>>()?;
    SequenceClasses::new(rows, indices).map_err(|problem| wrong(projection, problem))
}

fn read_config(path: &Path) -> Result<Config, ZooError> {
    let problem = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
    let json = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| problem(error.to_string()))
}
