//! `--model`: a run folder, or a weight file with a configuration.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::{PairInput, PairScorer, PairSpec, ScoreError, Scores, Selection};
use ciskit_models::{Model, ModelConfig, WeightFile};
use ciskit_nn::{DType, Device, Mean, NetworkScorer, PairModel};

use crate::claim::CONFIG;
use crate::run_config;

/// A trained model to use.
#[derive(clap::Args, Clone)]
pub(crate) struct ModelArgs {
    /// Run folder, or weights (safetensors, .pth, or .h5 of Keras 2); of a run with several folds, the mean logit of all
    /// is taken
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
    /// Loads every network of the model: one, or one a fold.
    pub(crate) fn load(&self) -> Result<Vec<NetworkScorer<Model>>> {
        let config = self.config.as_deref().map(read_config).transpose()?;
        let files = self.files()?;
        let networks: Vec<_> =
            files.iter().map(|file| self.load_file(file, config.as_ref())).collect::<Result<_>>()?;
        let lengths =
            |network: &NetworkScorer<Model>| (network.model().enhancer_len(), network.model().promoter_len());
        ensure!(
            networks.iter().all(|network| lengths(network) == lengths(&networks[0])),
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

    fn files(&self) -> Result<Vec<PathBuf>> {
        if !self.model.is_dir() {
            return Ok(vec![self.model.clone()]);
        }
        let whole = self.model.join(MODEL_FILE);
        if whole.is_file() {
            return Ok(vec![whole]);
        }
        let folds = run_config::folds(&self.model)?;
        let Some(folds) = folds.filter(|folds| !folds.is_empty()) else {
            bail!("{} is no run folder: it holds neither {MODEL_FILE} nor {CONFIG}", self.model.display());
        };
        let files: Vec<PathBuf> = match folds[..] {
            [_] => vec![whole],
            _ => folds.iter().map(|fold| fold_model(&self.model, *fold)).collect(),
        };
        // Half of a run's networks would be another model.
        if let Some(missing) = files.iter().find(|file| !file.is_file()) {
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

/// The weights of one fold of a run with several.
pub(crate) fn fold_model(run: &Path, fold: usize) -> PathBuf {
    fold_folder(run, fold).join(MODEL_FILE)
}

/// Reads a model's configuration.
pub(crate) fn read_config(path: &Path) -> Result<ModelConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ModelConfig::from_toml(&text).with_context(|| path.display().to_string())
}

/// The networks of a model as one scorer: the mean of their logits, and its probability.
pub(crate) struct Ensemble(ciskit_nn::Ensemble<NetworkScorer<Model>>);

impl Ensemble {
    /// At least one network, all reading the same windows.
    pub(crate) fn new(networks: Vec<NetworkScorer<Model>>) -> Result<Self> {
        Ok(Self(ciskit_nn::Ensemble::new(networks, Mean::Logit)?))
    }

    /// Lengths of the enhancer and promoter windows in bp.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        let model = self.0.members()[0].model();
        (model.enhancer_len(), model.promoter_len())
    }
}

impl PairScorer for Ensemble {
    fn spec(&self) -> &PairSpec {
        self.0.spec()
    }

    fn score(&self, pairs: &[PairInput<'_>], select: &Selection) -> std::result::Result<Scores, ScoreError> {
        self.0.score(pairs, select)
    }
}
