//! What a user says of a model of tracks, and the adapter of it.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::Tensor;
use serde::de::DeserializeOwned;

use super::{Species, Squash, Targets, TrackScorer};
use crate::catalogue::Entry;
use crate::error::ZooError;
use crate::registry::{LoadOptions, ZooModel};

/// How the published scores of a model undo its squashed scale.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adapter {
    pub(crate) squash: Squash,
    /// Of tracks whose statistic is a root.
    pub(crate) exponent: f64,
    /// Whether the table's scale is divided by.
    pub(crate) scaled: bool,
}

impl Adapter {
    /// The head that is asked for.
    pub(crate) fn species(entry: &Entry, options: &LoadOptions) -> Result<Option<Species>, ZooError> {
        options.choice(entry.name, "head", &[("human", Species::Human), ("mouse", Species::Mouse)])
    }

    /// A model with a scorer on the scale, and with the names, that are asked for; without an adapter there is no other scale.
    pub(crate) fn model(
        adapter: Option<Self>,
        entry: &'static Entry,
        options: &LoadOptions,
        mut scorer: TrackScorer,
    ) -> Result<ZooModel, ZooError> {
        let wrong = |problem: &str| ZooError::Option { model: entry.name.into(), problem: problem.into() };
        let names = [("identifier", false), ("description", true)];
        let by_description = options.choice(entry.name, "names", &names)?;
        let untransformed =
            options.choice(entry.name, "scale", &[("raw", false), ("untransformed", true)])?;
        let squash = options.choice(entry.name, "squash", &[("old", Squash::Old), ("new", Squash::New)])?;
        let targets = options.files.get("targets").map(|path| Targets::read(path)).transpose()?;
        match (targets, adapter) {
            (None, _) if untransformed == Some(true) => {
                return Err(wrong("the untransformed scale needs the table of targets: file targets"));
            }
            (None, _) if by_description.is_some() => {
                return Err(wrong("names need the table of targets: file targets"));
            }
            (None, _) => {}
            (Some(targets), adapter) => {
                scorer = scorer.with_targets(&targets, by_description.unwrap_or_default())?;
                match adapter {
                    Some(adapter) if untransformed != Some(false) => {
                        let squash = squash.unwrap_or(adapter.squash);
                        let of = |target: &super::Target| {
                            target.untransform(squash, adapter.exponent, adapter.scaled)
                        };
                        scorer = scorer.with_untransforms(targets.rows().iter().map(of).collect())?;
                    }
                    None if untransformed == Some(true) => {
                        return Err(wrong("its scale is not squashed"));
                    }
                    _ => {}
                }
            }
        }
        if let Some(sequences) = options.batch {
            scorer = scorer.with_batch(sequences);
        }
        Ok(ZooModel::new(entry).with_embedder(scorer.clone()).with_sequence_scorer(scorer))
    }
}

/// The length of an axis of a tensor, or what it is otherwise.
pub(crate) fn shape_of(
    tensors: &BTreeMap<String, Tensor>,
    name: &str,
    axis: usize,
    otherwise: usize,
) -> usize {
    let size = tensors.get(name).and_then(|tensor| tensor.dims().get(axis).copied());
    size.filter(|&size| size > 0).unwrap_or(otherwise)
}

/// A configuration's file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ZooError> {
    let problem = |problem: String| ZooError::Config { path: path.to_path_buf(), problem };
    let json = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| problem(error.to_string()))
}
