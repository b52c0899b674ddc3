//! What training a fold comes to, and its file: a fold that is done is neither trained nor scored again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ciskit_nn::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::checkpoint::check_writable;
use crate::container::{Container, Tensors};
use crate::{Candidate, Epoch, Measured, SelectionSet, TrainError, identity};

/// How outcomes are kept.
const CONTAINER: Container = Container {
    key: "ciskit_fold_outcome",
    format: 1,
    unusable: |path, why| TrainError::Outcome { path: path.into(), why },
};
/// Parts of an outcome, the first part of each tensor's name in the file.
const PARTS: [&str; 2] = ["test", "weights"];
/// Tensors of the first part.
const ROWS: &str = "rows";
const LOGITS: &str = "logits";

/// A fold after training: of one network, or of [several](crate::TrainConfig::replicas) whose probabilities' mean is
/// scored.
///
/// [`FoldOutcome::write`] and [`FoldOutcome::read`] keep the outcome of a network in a file, exactly.
#[derive(Clone, Debug)]
pub struct FoldOutcome {
    /// Number of the fold, from 0.
    pub number: usize,
    /// Name of the fold.
    pub name: String,
    /// The candidate that was chosen; [`Candidate::selection_set`] says on which pairs. Of several networks, the first's.
    pub chosen: Candidate,
    /// How many candidates it was chosen from: epochs of all trials. Of several networks, the most that one had.
    pub candidates: usize,
    /// How it did on the test part.
    pub test: Measured,
    /// Rows of the test part, ascending.
    pub rows: Vec<usize>,
    /// The main head's logits of these rows; of several networks, those of their mean probabilities.
    pub logits: Vec<f32>,
    /// Every epoch of every run.
    pub history: Vec<Epoch>,
    /// Parameters and buffers of the chosen model; of several networks, the first's.
    pub weights: BTreeMap<String, Tensor>,
    /// The outcomes of the networks, each as if it were alone, where there are several; empty otherwise. Not part of the
    /// file: each has its own.
    pub replicas: Vec<FoldOutcome>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    number: usize,
    name: String,
    chosen: Candidate,
    test: Measured,
    history: Vec<Epoch>,
    epochs: usize,
    identity: BTreeMap<String, String>,
}

/// Of which training an outcome is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutcomeOf {
    /// What decides the outcome (fold, alphas, seed, model, …), by name, but for the number of epochs: only a training
    /// of the same takes the outcome over.
    pub identity: BTreeMap<String, String>,
    /// How many epochs its runs were allowed. A training that allows more goes on from their checkpoints.
    pub epochs: usize,
}

impl FoldOutcome {
    /// Where [`cross_validate`](crate::cross_validate) keeps the outcome of a fold's network: `fold-0.outcome`, and
    /// `fold-0-replica-1.outcome` of further ones.
    ///
    /// ```
    /// use std::path::Path;
    /// use ciskit_train::FoldOutcome;
    ///
    /// assert_eq!(FoldOutcome::file(Path::new("run"), 3, 0), Path::new("run/fold-3.outcome"));
    /// assert_eq!(FoldOutcome::file(Path::new("run"), 3, 2), Path::new("run/fold-3-replica-2.outcome"));
    /// ```
    #[must_use]
    pub fn file(folder: &Path, fold: usize, replica: usize) -> PathBuf {
        folder.join(match replica {
            0 => format!("fold-{fold}.outcome"),
            _ => format!("fold-{fold}-replica-{replica}.outcome"),
        })
    }

    /// The outcomes of the fold's networks; of a single one, the outcome itself.
    #[must_use]
    pub fn networks(&self) -> &[Self] {
        if self.replicas.is_empty() { std::slice::from_ref(self) } else { &self.replicas }
    }

    /// The pairs that chose the model.
    #[must_use]
    pub fn selection_set(&self) -> SelectionSet {
        self.chosen.selection_set()
    }

    /// The candidate that validation chooses, whatever chose in earnest: the first of the largest AUROC + average
    /// precision. `None` without a validation part.
    #[must_use]
    pub fn best_on_validation(&self) -> Option<Candidate> {
        let mut best: Option<(f64, &Epoch)> = None;
        for epoch in &self.history {
            let score = epoch.validation?.selection_score();
            if best.is_none_or(|(former, _)| score > former) {
                best = Some((score, epoch));
            }
        }
        best.map(|(_, epoch)| epoch.candidate())
    }

    /// Writes the outcome; a process that is killed meanwhile leaves the former file untouched.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`] naming the file; [`TrainError::Network`] if a tensor cannot be copied to the host.
    pub fn write(&self, path: &Path, of: &OutcomeOf) -> Result<(), TrainError> {
        let Self { number, name, chosen, test, rows, logits, history, weights, .. } = self.clone();
        let OutcomeOf { identity, epochs } = of.clone();
        let rows: Vec<i64> = rows.into_iter().map(|row| row as i64).collect();
        let (rows, logits) = (Tensor::new(rows, &Device::Cpu)?, Tensor::new(logits, &Device::Cpu)?);
        let of_test = [(ROWS.to_owned(), rows), (LOGITS.to_owned(), logits)].into();
        let format = CONTAINER.format;
        let header = Header { format, number, name, chosen, test, history, epochs, identity };
        CONTAINER.write(path, &header, [(PARTS[0], &of_test), (PARTS[1], &weights)])
    }

    /// Reads an outcome and of which training it is; weights come onto `device`.
    ///
    /// # Errors
    ///
    /// [`TrainError::Read`] if there is no such file, [`TrainError::Outcome`] if it is cut off, something else, or written
    /// by a newer version.
    pub fn read(path: &Path, device: &Device) -> Result<(Self, OutcomeOf), TrainError> {
        let (header, [of_test, weights]) = CONTAINER.read::<Header, 2>(path, PARTS, device)?;
        let Header { number, name, chosen, test, history, epochs, identity, .. } = header;
        let (rows, logits) = test_scores(&of_test).map_err(|why| (CONTAINER.unusable)(path, why))?;
        let candidates = history.len();
        let replicas = Vec::new();
        let outcome =
            Self { number, name, chosen, candidates, test, rows, logits, history, weights, replicas };
        Ok((outcome, OutcomeOf { identity, epochs }))
    }

    /// The outcome that a file holds, if there is one of as many epochs; refused if it is of another training or of more
    /// epochs. Whether the file can be written is told before anything is trained.
    pub(crate) fn finished(path: &Path, of: &OutcomeOf, device: &Device) -> Result<Option<Self>, TrainError> {
        check_writable(path)?;
        if !path.try_exists().map_err(|source| TrainError::Read { path: path.into(), source })? {
            return Ok(None);
        }
        let (outcome, theirs) = Self::read(path, device)?;
        identity::check(path, &theirs.identity, &of.identity)?;
        if theirs.epochs > of.epochs {
            let why = format!("it has {} epochs, and this run is to have {}", theirs.epochs, of.epochs);
            return Err((CONTAINER.unusable)(path, why));
        }
        Ok((theirs.epochs == of.epochs).then_some(outcome))
    }
}

/// Rows and logits of the test part, or what is wrong with them.
fn test_scores(tensors: &Tensors) -> Result<(Vec<usize>, Vec<f32>), String> {
    let of = |name: &str| tensors.get(name).ok_or_else(|| format!("it has no {}/{name}", PARTS[0]));
    let (rows, logits) = (of(ROWS)?.to_vec1::<i64>(), of(LOGITS)?.to_vec1::<f32>());
    let (rows, logits) = rows.and_then(|rows| Ok((rows, logits?))).map_err(|error| error.to_string())?;
    if rows.len() != logits.len() {
        return Err(format!("it has {} test pairs and {} logits", rows.len(), logits.len()));
    }
    let row = |row: i64| usize::try_from(row).map_err(|_| format!("it has a test pair of row {row}"));
    Ok((rows.into_iter().map(row).collect::<Result<_, _>>()?, logits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trial;

    fn outcome() -> FoldOutcome {
        let measured = Measured { pairs: 3, positives: 1, auroc: 0.1 + 0.2, average_precision: 1.0 / 3.0 };
        let epoch = |epoch, auroc| Epoch {
            fold: 2,
            trial: Trial::of_alpha(0.6),
            epoch,
            step: 5 * epoch as u64,
            loss: 0.7,
            validation: Some(Measured { auroc, ..measured }),
            test: None,
        };
        let history = vec![epoch(1, 0.5), epoch(2, 0.75), epoch(3, 0.75)];
        let bias = Tensor::new(&[1f32, -0.0, f32::MIN_POSITIVE], &Device::Cpu).unwrap();
        FoldOutcome {
            number: 2,
            name: "chr7 \"odd\"".to_owned(),
            chosen: history[1].candidate(),
            candidates: 3,
            test: measured,
            rows: vec![0, 7, 1 << 40],
            logits: vec![-0.0, 1e-40, f32::MAX],
            history,
            weights: [("out.bias".to_owned(), bias)].into(),
            replicas: Vec::new(),
        }
    }

    #[test]
    fn an_outcome_comes_back_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fold-2.outcome");
        let of = OutcomeOf { identity: [("seed".to_owned(), "3".to_owned())].into(), epochs: 3 };
        outcome().write(&path, &of).unwrap();
        let (read, theirs) = FoldOutcome::read(&path, &Device::Cpu).unwrap();
        assert_eq!(theirs, of);
        let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read.logits), bits(&outcome().logits));
        assert_eq!(format!("{read:?}"), format!("{:?}", outcome()));
        let written = std::fs::read(&path).unwrap();
        read.write(&path, &theirs).unwrap();
        assert!(std::fs::read(&path).unwrap() == written);
    }

    #[test]
    fn only_the_same_training_of_as_many_epochs_takes_it_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fold-2.outcome");
        let of = |seed: &str, epochs| {
            let identity = [("seed".to_owned(), seed.to_owned())].into();
            OutcomeOf { identity, epochs }
        };
        let finished = |of: &OutcomeOf| FoldOutcome::finished(&path, of, &Device::Cpu);
        assert!(finished(&of("3", 3)).unwrap().is_none());
        outcome().write(&path, &of("3", 3)).unwrap();
        assert!(finished(&of("3", 3)).unwrap().is_some());
        assert!(finished(&of("3", 4)).unwrap().is_none());
        let refused = |of: &OutcomeOf| {
            let message = finished(of).unwrap_err().to_string();
            message.strip_prefix(&path.display().to_string()).unwrap().to_owned()
        };
        let fewer = " is no usable outcome of a fold: it has 3 epochs, and this run is to have 2";
        assert_eq!(refused(&of("3", 2)), fewer);
        assert!(refused(&of("4", 3)).starts_with(" is of another run: seed is 3 there and 4 here"));
        let missing = folder.path().join("none/fold-2.outcome");
        assert!(matches!(
            FoldOutcome::finished(&missing, &of("3", 3), &Device::Cpu),
            Err(TrainError::Write { .. })
        ));
    }

    #[test]
    fn damaged_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fold-2.outcome");
        outcome().write(&path, &OutcomeOf::default()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 9, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let message = FoldOutcome::read(&path, &Device::Cpu).unwrap_err().to_string();
            assert!(
                message.ends_with(
                    " is no usable outcome of a fold: it is cut off, damaged or no safetensors file"
                )
            );
        }
        let fewer = FoldOutcome { logits: vec![0.0], ..outcome() };
        fewer.write(&path, &OutcomeOf::default()).unwrap();
        let message = FoldOutcome::read(&path, &Device::Cpu).unwrap_err().to_string();
        assert!(message.ends_with("it has 3 test pairs and 1 logits"), "{message}");
    }

    #[test]
    fn the_first_of_the_best_on_validation() {
        assert_eq!(outcome().best_on_validation().unwrap().epoch, 2);
        let mut unmeasured = outcome();
        unmeasured.history[1].validation = None;
        assert_eq!(unmeasured.best_on_validation(), None);
    }
}
