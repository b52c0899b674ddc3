//! Why training stops.

use std::path::PathBuf;

use ciskit_core::EmbeddingSpec;
use ciskit_dataset::DatasetError;
use ciskit_metrics::MetricError;
use ciskit_nn::NnError;

/// Why training failed.
///
/// ```
/// use ciskit_train::{TrainConfig, TrainError};
///
/// let error = TrainConfig { epochs: 0, ..TrainConfig::default() }.validate().unwrap_err();
/// assert!(matches!(error, TrainError::Config { key: "epochs", .. }));
/// assert_eq!(error.to_string(), "training configuration: epochs must be at least 1, found 0");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A value of the configuration that cannot be used.
    #[error("training configuration: {key} must be {expected}, found {found}")]
    Config {
        /// Key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A fold that the split does not have.
    #[error("there is no fold {number}: the split has {of}, counted from 0")]
    NoFold {
        /// The fold that was asked for.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// A fold that was asked for twice: its test pairs would count twice.
    #[error("fold {number} is asked for more than once")]
    RepeatedFold {
        /// The fold.
        number: usize,
    },
    /// A part of a fold from which nothing can be learnt or measured.
    #[error(
        "fold {fold}: the {part} part has {positives} positives and {negatives} negatives, and needs both"
    )]
    OneClass {
        /// Fold, from 0.
        fold: usize,
        /// `training`, `validation` or `test`.
        part: &'static str,
        /// Positives.
        positives: usize,
        /// Negatives.
        negatives: usize,
    },
    /// Several trials and no validation part to choose among them.
    #[error(
        "fold {fold} has no validation part to choose among {trials} trials: \
         give one alpha and one value of every setting, without restarts"
    )]
    NothingChooses {
        /// Fold, from 0.
        fold: usize,
        /// How many trials there are.
        trials: usize,
    },
    /// A setting that cannot be tuned, or not so.
    #[error("cannot tune {key}: {problem}")]
    Tune {
        /// The setting.
        key: String,
        /// Why not.
        problem: String,
    },
    /// A pair without label in a training, validation or test part.
    #[error("pair {name:?} (row {row}) has no label")]
    NoLabel {
        /// Row, from 0.
        row: usize,
        /// Name.
        name: String,
    },
    /// The loss is no number any more.
    #[error(
        "the loss is {loss} at fold {fold}, epoch {epoch}, step {step}; \
         a lower learning rate may help; the batch held {names}"
    )]
    Loss {
        /// The loss.
        loss: f64,
        /// Fold, from 0.
        fold: usize,
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the run, from 1.
        step: u64,
        /// Names of the batch's pairs, each once.
        names: String,
    },
    /// A model whose windows are not those of the data.
    #[error(
        "the model reads {expected:?} bp of enhancer and promoter, the data hold windows of {found:?} bp"
    )]
    WindowLengths {
        /// (enhancer, promoter) of the model.
        expected: (usize, usize),
        /// (enhancer, promoter) of the data.
        found: (usize, usize),
    },
    /// A model whose covariates are not those of the data.
    #[error("the model reads {}, the data have {}", covariates(expected), covariates(found))]
    Covariates {
        /// Names that the model knows.
        expected: Vec<String>,
        /// Names that the data have.
        found: Vec<String>,
    },
    /// A model that reads another number of accessibility tracks than the data have.
    #[error("the model reads {expected} accessibility tracks of each side, the data have {found}")]
    Tracks {
        /// Tracks that the model reads of each side.
        expected: usize,
        /// Tracks that the data have.
        found: usize,
    },
    /// A model that reads other embeddings than the data have.
    #[error("the model reads {}, the data have {}", embeddings(expected.as_deref()), embeddings(found.as_deref()))]
    Embeddings {
        /// Those that the model reads.
        expected: Option<Box<EmbeddingSpec>>,
        /// Those that the data have.
        found: Option<Box<EmbeddingSpec>>,
    },
    /// A file of a run could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of a run could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A checkpoint that is no checkpoint.
    #[error("{} is no usable checkpoint: {why}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// An outcome of a fold that is none.
    #[error("{} is no usable outcome of a fold: {why}", path.display())]
    Outcome {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A checkpoint or outcome of another run, which would be gone on from with other settings or data.
    #[error(
        "{} is of another run: {key} is {theirs} there and {ours} here; \
         remove it or choose another folder",
        path.display()
    )]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// What differs first.
        key: String,
        /// Its value in the file.
        theirs: String,
        /// Its value in this run.
        ours: String,
    },
    /// The data could not be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NnError),
    /// Sequences from which nothing can be learnt or measured.
    #[error("the {part} sequences are {positives} positives and {negatives} negatives, and both are needed")]
    OneClassOfSequences {
        /// `training` or `validation`.
        part: &'static str,
        /// Positives.
        positives: usize,
        /// Negatives.
        negatives: usize,
    },
    /// Fine-tuning went wrong: a loss, or a logit, is no number any more.
    #[error("epoch {epoch} of fine-tuning gives {what} that are no numbers; a lower learning rate may help")]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// `losses` or `logits`.
        what: &'static str,
    },
    /// Whoever was told of the training could not go on.
    #[error(transparent)]
    Observer(Box<dyn std::error::Error + Send + Sync>),
    /// A metric is undefined.
    #[error("fold {fold}: cannot measure the {part} part")]
    Metric {
        /// Fold, from 0.
        fold: usize,
        /// `validation` or `test`.
        part: &'static str,
        /// Why.
        #[source]
        source: MetricError,
    },
}

fn covariates(names: &[String]) -> String {
    if names.is_empty() { "no covariates".to_owned() } else { format!("the covariates {}", names.join(", ")) }
}

fn embeddings(spec: Option<&EmbeddingSpec>) -> String {
    spec.map_or_else(|| "no embeddings".to_owned(), |spec| format!("embeddings by {spec}"))
}

impl From<ciskit_nn::candle_core::Error> for TrainError {
    fn from(error: ciskit_nn::candle_core::Error) -> Self {
        Self::Network(error.into())
    }
}

impl TrainError {
    /// The error of whoever was told of the training.
    #[must_use]
    pub fn observer(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Observer(error.into())
    }
}
