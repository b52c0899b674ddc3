//! The state of a run on disk.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_file::WholeFile;
use ciskit_nn::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::container::Container;
use crate::{Candidate, Epoch, TrainError};

/// How checkpoints are kept.
const CONTAINER: Container = Container {
    key: "ciskit_checkpoint",
    format: 2,
    unusable: |path, why| TrainError::Checkpoint { path: path.into(), why },
};
/// Parts of a checkpoint, the first part of each tensor's name in the file.
const PARTS: [&str; 3] = ["current", "best", "optimiser"];

/// Everything that a run needs to go on after a step: parameters and buffers, the best ones so far, the state of the
/// optimiser, and where the run stands. Random numbers need no state, they are keyed by seed, epoch and step.
///
/// The file is safetensors, with names such as `best/out_layer1.bias`.
///
/// ```
/// use ciskit_nn::{Device, Tensor};
/// use ciskit_train::{Checkpoint, Epoch, Progress, Trial};
///
/// let trial = Trial::of_alpha(0.6);
/// let epoch = Epoch { fold: 0, trial, epoch: 1, step: 40, loss: 0.1 + 0.2, validation: None, test: None };
/// let best = epoch.candidate();
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

impl Checkpoint {
    /// Writes the checkpoint; a run that is killed meanwhile leaves the former one untouched.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`] naming the file; [`TrainError::Network`] if a tensor cannot be copied to the host.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let [current, best, optimiser] = PARTS;
        let parts = [(current, &self.current), (best, &self.best), (optimiser, &self.optimiser)];
        let (progress, identity) = (self.progress.clone(), self.identity.clone());
        CONTAINER.write(path, &Header { format: CONTAINER.format, progress, identity }, parts)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    ///
    /// [`TrainError::Read`] if there is no such file, [`TrainError::Checkpoint`] if it is cut off, something else, or
    /// written by a newer version.
    pub fn read(path: &Path, device: &Device) -> Result<Self, TrainError> {
        let (header, [current, best, optimiser]) = CONTAINER.read(path, PARTS, device)?;
        let Header { progress, identity, .. } = header;
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
