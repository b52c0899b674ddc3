//! The state of a run on disk.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_file::WholeFile;
use ciskit_nn::{Device, Tensor, weights};
use serde::{Deserialize, Serialize};

use crate::{Candidate, Epoch, TrainError};

/// Version of the checkpoint format that this build writes, and the newest that it reads.
const FORMAT: u32 = 2;
/// Key of the metadata that hold everything but tensors.
const KEY: &str = "ciskit_checkpoint";
/// Parts of a checkpoint, the first part of each tensor's name in the file.
const PARTS: [&str; 3] = ["current", "best", "optimiser"];

/// Everything that a run needs to go on after a step: parameters and buffers, the best ones so far, the state of the
/// optimiser, and where the run stands. Random numbers need no state, they are keyed by seed, epoch and step.
///
/// The file is safetensors, with names such as `best/out_layer1.bias`.
///
/// ```
/// use ciskit_nn::{Device, Tensor};
/// use ciskit_train::{Candidate, Checkpoint, Epoch, Progress};
///
/// let best = Candidate { alpha: 0.6, epoch: 1, validation: None };
/// let epoch = Epoch { fold: 0, alpha: 0.6, epoch: 1, step: 40, loss: 0.1 + 0.2, validation: None };
/// let weights = || [("bias".to_owned(), Tensor::new(&[1f32], &Device::Cpu).unwrap())].into();
/// let checkpoint = Checkpoint {
///     current: weights(),
///     best: weights(),
///     optimiser: Default::default(),
///     progress: Progress { step: 40, history: vec![epoch], best: Some(best), unfinished: None },
///     identity: [("seed".to_owned(), "7".to_owned())].into(),
/// };
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("fold-0.checkpoint");
/// checkpoint.write(&path)?;
/// let read = Checkpoint::read(&path, &Device::Cpu)?;
/// assert_eq!(read.progress, checkpoint.progress);
/// assert_eq!(read.best["bias"].to_vec1::<f32>()?, [1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Parameters and buffers after the last step.
    pub current: BTreeMap<String, Tensor>,
    /// Parameters and buffers of the best epoch so far; none within the first epoch.
    pub best: BTreeMap<String, Tensor>,
    /// State of the optimiser.
    pub optimiser: BTreeMap<String, Tensor>,
    /// Where the run stands.
    pub progress: Progress,
    /// What decides the run's results (fold, α, seed, model, …), by name: only a run of the same goes on from here.
    pub identity: BTreeMap<String, String>,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Optimiser steps so far.
    pub step: u64,
    /// Epochs so far.
    pub history: Vec<Epoch>,
    /// The best epoch so far; `None` within the first.
    pub best: Option<Candidate>,
    /// The epoch that the run is in the middle of; `None` between epochs.
    #[serde(default)]
    pub unfinished: Option<UnfinishedEpoch>,
}

/// How far an epoch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnfinishedEpoch {
    /// Steps of the epoch so far.
    pub steps: usize,
    /// Sum of their losses.
    pub loss_sum: f64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    progress: Progress,
    identity: BTreeMap<String, String>,
}

/// What every version of the header has.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Checkpoint {
    /// Writes the checkpoint; a run that is killed meanwhile leaves the former one untouched.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`] naming the file; [`TrainError::Network`] if a tensor cannot be copied to the host.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let tensors = [&self.current, &self.best, &self.optimiser].into_iter().zip(PARTS);
        let tensors = tensors.flat_map(|(tensors, part)| {
            tensors.iter().map(move |(name, tensor)| (format!("{part}/{name}"), tensor.clone()))
        });
        let (progress, identity) = (self.progress.clone(), self.identity.clone());
        let header = serde_json::to_string(&Header { format: FORMAT, progress, identity })
            .map_err(|error| TrainError::Write { path: path.into(), source: error.into() })?;
        let bytes = weights::to_safetensors(&tensors.collect(), Some((KEY, &header)))?;
        ciskit_file::write(path, &bytes).map_err(|source| TrainError::Write { path: path.into(), source })
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    ///
    /// [`TrainError::Read`] if there is no such file, [`TrainError::Checkpoint`] if it is cut off, something else, or
    /// written by a newer version.
    pub fn read(path: &Path, device: &Device) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
        let unusable = |why: String| TrainError::Checkpoint { path: path.into(), why };
        let file = weights::from_safetensors(&bytes, device)
            .map_err(|_| unusable("it is cut off, damaged or no safetensors file".to_owned()))?;
        let header = file.metadata.get(KEY);
        let header = header.ok_or_else(|| unusable(format!("its metadata have no {KEY}")))?;
        let bad = |error: serde_json::Error| unusable(format!("its metadata are damaged ({error})"));
        let Version { format } = serde_json::from_str(header).map_err(bad)?;
        if format > FORMAT {
            let why = format!("it has format {format}, and this version reads up to format {FORMAT}");
            return Err(unusable(why));
        }
        let Header { progress, identity, .. } = serde_json::from_str(header).map_err(bad)?;
        let mut parts = PARTS.map(|_| BTreeMap::new());
        for (name, tensor) in file.tensors {
            let place = name.split_once('/').and_then(|(part, name)| {
                let part = PARTS.iter().position(|known| *known == part)?;
                Some((part, name.to_owned()))
            });
            let (part, name) = place.ok_or_else(|| unusable(format!("it has a stray tensor {name:?}")))?;
            parts[part].insert(name, tensor);
        }
        let [current, best, optimiser] = parts;
        Ok(Self { current, best, optimiser, progress, identity })
    }
}

/// Whether a file could be written, before the hours that its content takes.
///
/// # Errors
///
/// [`TrainError::Write`] naming the file.
pub(crate) fn check_writable(path: &Path) -> Result<(), TrainError> {
    WholeFile::create(path).map(drop).map_err(|source| TrainError::Write { path: path.into(), source })
}
