//! `--model`: a run folder, or a weight file with a configuration.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{PairInput, PairScorer, PairSpec, ScoreError, Scores, Selection};
use ciskit_models::{Model, ModelConfig, WeightFile};
use ciskit_nn::{DType, Device, Mean, NetworkScorer, PairModel};

use crate::claim::CONFIG;
use crate::run_config::{self, Trained};

/// A trained model to use.
#[derive(clap::Args, Clone)]
pub(crate) struct ModelArgs {
    /// Run folder, or weights (safetensors, .pth, or .h5 of Keras 2); of a run with several folds, the mean logit of all
    /// is taken, each that of its replicas' mean probability
    #[arg(long, value_name = "PATH")]
    pub(crate) model: PathBuf,
    /// Configuration of the model (TOML), where the weights bring none
    #[arg(long, value_name = "TOML")]
    pub(crate) config: Option<PathBuf>,
    /// Order of the four input channels that the weights were trained with; published EPIPAM and DeepTACT files are
    /// agct
    #[arg(long, value_enum, default_value = "acgt", value_name = "ORDER")]
    pub(crate) channels: Channels,
}

/// Order of one-hot channels.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Channels {
    /// A, C, G, T
    Acgt,
    /// A, G, C, T
    Agct,
}

impl ModelArgs {
    /// Loads every network of the model.
    pub(crate) fn load(&self) -> Result<Networks> {
        let config = self.config.as_deref().map(read_config).transpose()?;
        let load = |file: &PathBuf| self.load_file(file, config.as_ref());
        let of_fold = |files: &Vec<PathBuf>| files.iter().map(load).collect::<Result<_>>();
        let networks = Networks(self.files()?.iter().map(of_fold).collect::<Result<_>>()?);
        let lengths = |model: &Model| (model.enhancer_len(), model.promoter_len());
        let mut all = networks.0.iter().flatten().map(NetworkScorer::model);
        ensure!(
            all.all(|model| lengths(model) == lengths(networks.first())),
            "the models of {} read windows of different lengths",
            self.model.display()
        );
        Ok(networks)
    }

    fn load_file(&self, file: &Path, config: Option<&ModelConfig>) -> Result<NetworkScorer<Model>> {
        let order = match self.channels {
            Channels::Acgt => ciskit_encode::ChannelOrder::Acgt,
            Channels::Agct => ciskit_encode::ChannelOrder::Agct,
        };
        let (_, model) =
            WeightFile::read(file)?.in_channel_order(order).load(config, DType::F32, &Device::Cpu)?;
        Ok(NetworkScorer::new(model, Device::Cpu)?)
    }

    /// The weights of each fold's networks.
    fn files(&self) -> Result<Vec<Vec<PathBuf>>> {
        if !self.model.is_dir() {
            return Ok(vec![vec![self.model.clone()]]);
        }
        let whole = self.model.join(MODEL_FILE);
        if whole.is_file() {
            return Ok(vec![vec![whole]]);
        }
        let trained = run_config::trained(&self.model)?;
        let Some(Trained { folds, replicas }) = trained.filter(|trained| !trained.folds.is_empty()) else {
            bail!("{} is no run folder: it holds neither {MODEL_FILE} nor {CONFIG}", self.model.display());
        };
        let of_fold = |fold: &usize| {
            let file = |replica| model_file(&self.model, (*fold, folds.len()), (replica, replicas));
            (0..replicas).map(file).collect::<Vec<_>>()
        };
        let files: Vec<Vec<PathBuf>> = folds.iter().map(of_fold).collect();
        // Half of a run's networks would be another model.
        if let Some(missing) = files.iter().flatten().find(|file| !file.is_file()) {
            bail!("{} is no finished run: it has no {}", self.model.display(), missing.display());
        }
        Ok(files)
    }
}

/// The weights of a run.
pub(crate) const MODEL_FILE: &str = "model.safetensors";

/// The folder of one fold of a run with several.
pub(crate) fn fold_folder(run: &Path, fold: usize) -> PathBuf {
    run.join(format!("fold-{fold}"))
}

/// The folder of one network of several of a fold, whose folder is given.
pub(crate) fn replica_folder(fold: &Path, replica: usize) -> PathBuf {
    fold.join(format!("replica-{replica}"))
}

/// The weights of a network of a run: fold and replica, each with how many of them the run trains.
pub(crate) fn model_file(
    run: &Path,
    (fold, folds): (usize, usize),
    (replica, replicas): (usize, usize),
) -> PathBuf {
    let folder = if folds > 1 { fold_folder(run, fold) } else { run.to_owned() };
    let folder = if replicas > 1 { replica_folder(&folder, replica) } else { folder };
    folder.join(MODEL_FILE)
}

/// Reads a model's configuration.
pub(crate) fn read_config(path: &Path) -> Result<ModelConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ModelConfig::from_toml(&text).with_context(|| path.display().to_string())
}

/// The networks of a model: of each fold one or its replicas, at least one, all reading the same windows.
pub(crate) struct Networks(Vec<Vec<NetworkScorer<Model>>>);

impl Networks {
    /// One of them, to ask what all read.
    pub(crate) fn first(&self) -> &Model {
        self.0[0][0].model()
    }

    /// The logits of some pairs as [`Ensemble`] has them, from those of each network.
    pub(crate) fn logits(&self, of_network: impl Fn(&Model) -> Result<Vec<f32>>) -> Result<Vec<f32>> {
        let mean = |of_members: Vec<Vec<f32>>, mean: Mean| -> Vec<f32> {
            let of_row = |row: usize| of_members.iter().map(move |logits| f64::from(logits[row]));
            (0..of_members[0].len()).map(|row| mean.of(of_row(row)) as f32).collect()
        };
        let of_fold = |networks: &Vec<NetworkScorer<Model>>| -> Result<Vec<f32>> {
            let logits = networks.iter().map(|network| of_network(network.model()));
            Ok(mean(logits.collect::<Result<_>>()?, mean_of_replicas(networks.len())))
        };
        Ok(mean(self.0.iter().map(of_fold).collect::<Result<_>>()?, Mean::Logit))
    }
}

/// What is taken of a fold's networks: of a single one its very logit.
fn mean_of_replicas(replicas: usize) -> Mean {
    if replicas > 1 { Mean::Probability } else { Mean::Logit }
}

/// The networks of a model as one scorer: the mean logit of the folds, each that of its replicas' mean probability.
pub(crate) struct Ensemble {
    folds: ciskit_nn::Ensemble<ciskit_nn::Ensemble<NetworkScorer<Model>>>,
    lengths: (usize, usize),
}

impl Ensemble {
    /// The networks as one.
    pub(crate) fn new(networks: Networks) -> Result<Self> {
        if let Some(spec) = networks.first().embedding() {
            bail!(
                "the model reads embeddings by {spec}: ciskit predict scores pairs with it, and nothing else can give it \
                 embeddings yet"
            );
        }
        let lengths = (networks.first().enhancer_len(), networks.first().promoter_len());
        let of_fold = |networks: Vec<NetworkScorer<Model>>| {
            let mean = mean_of_replicas(networks.len());
            ciskit_nn::Ensemble::new(networks, mean)
        };
        let folds = networks.0.into_iter().map(of_fold).collect::<Result<_, _>>()?;
        Ok(Self { folds: ciskit_nn::Ensemble::new(folds, Mean::Logit)?, lengths })
    }

    /// Lengths of the enhancer and promoter windows in bp.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        self.lengths
    }
}

impl PairScorer for Ensemble {
    fn spec(&self) -> &PairSpec {
        self.folds.spec()
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> std::result::Result<Scores, ScoreError> {
        self.folds.score(pairs, select)
    }
}
