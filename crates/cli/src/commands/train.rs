//! `ciskit train`

mod augmentation;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use ciskit_dataset::{Balance, Split};
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::AdamConfig;
use ciskit_train::{
    Axis, CrossValidation, Observer, Placement, Protocol, Schedule, Setting, TrainConfig, check_folds,
    cross_validate,
};

use crate::claim::{Claim, REPORT, ResumeArgs};
use crate::embedded::{EmbedArgs, check_given};
use crate::model;
use crate::model_inputs::{ModelInputArgs, Vectors};
use crate::pair_input::{PairInput, PairInputArgs, To};
use crate::progress::{TrainingProgress, print, say};
use crate::run_config::RunConfig;
use crate::run_folder::RunFolder;
use crate::split::FoldArgs;
use crate::tracks;

use augmentation::AugmentationArgs;

/// Train a model on a split, test it, and write a run folder
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit train --model epipam --pairs gm.bedpe --genome hg19.fa.gz --split chromosome --out run/
  ciskit train --pairs gm.bedpe --genome hg19.fa.gz --split folds.tsv.gz --folds 0 --out run/
  ciskit train --model epipam --pairs nhek.pairs.tsv.gz --enhancers E.fa.gz --promoters P.fa.gz --out run/
  ciskit train --pairs gm.bedpe --genome hg19.fa.gz --tune learning-rate=1e-3,3e-4 --tune block-dropout=0,0.2 \\
    --restarts 3 --out run/
  ciskit train --model deeptact --replicas 20 --pairs gm.bedpe --genome hg19.fa.gz --out run/
  ciskit train --model deeptact --preset original --track dnase.bedgraph.gz --pairs gm.bedpe --genome hg19.fa.gz --out run/
  ciskit train --model epipam-embed --embedding dna2vec.w2v --pairs gm.bedpe --genome hg19.fa.gz --out run/
  ciskit train --embed sei --weights sei.pth --pairs gm.bedpe --genome hg38.fa.gz --out run/
  ciskit train --features distance,ctcf --motif MA0139.1.jaspar --pairs gm.bedpe --genome hg19.fa.gz --out run/

The run folder holds config.toml, model.safetensors (in fold-N/ where several folds are trained, in replica-N/ of a fold
where it has several networks), history.tsv, scores.tsv (test pairs), metrics.json and report.html; under --protocol paper also candidates.tsv, with the
validation and test scores of every candidate.

A run that was killed leaves its checkpoints, and the outcomes of the folds that are done. The same command with
--resume goes on from them and ends with the same bytes as a run that was never stopped; folds that are done are neither
trained nor scored again, nor are networks of a fold that are done. Other settings or data are refused by name, except for more --epochs (at a constant rate),
which make the run longer. A finished run is left as it is. Where there is no run yet, --resume starts one, so that the
same command can be repeated until it succeeds.")]
pub(crate) struct Args {
    /// Model: epipam, epi (without attention), the same with embedded 6-mers (-embed), epivan or deeptact
    #[arg(long, default_value = "epipam", conflicts_with = "model_config")]
    model: String,
    /// Preset of the model: epi (3,000/2,000 bp) or chiapet (1,000/1,000 bp); benchmark of others, or epivan's original
    #[arg(long, conflicts_with = "model_config")]
    preset: Option<String>,
    /// Configuration of the model (TOML) instead of --model and --preset
    #[arg(long, value_name = "TOML")]
    model_config: Option<PathBuf>,
    /// Length of the enhancer window in bp [default: the preset's]
    #[arg(long, value_name = "BP")]
    enhancer_len: Option<usize>,
    /// Length of the promoter window in bp [default: the preset's]
    #[arg(long, value_name = "BP")]
    promoter_len: Option<usize>,
    #[command(flatten)]
    further: ModelInputArgs,
    #[command(flatten)]
    embed: EmbedArgs,
    #[command(flatten)]
    input: PairInputArgs,
    #[command(flatten)]
    folds: FoldArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Run folder
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    progress: ResumeArgs,
}

/// How the model learns.
#[derive(clap::Args, Clone)]
pub(crate) struct TrainingArgs {
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Epochs; the best on the validation chromosomes is kept [default: as the model's authors]
    #[arg(long)]
    epochs: Option<usize>,
    /// Pairs a step [default: as the model's authors]
    #[arg(long)]
    batch: Option<usize>,
    /// Weights of the main head in the loss; validation chooses among several [default: 0.6; the published
    /// 1,0.8,0.6,0.4,0.2 under --protocol paper]. A model without a second head (all but epipam and epipam-embed) has
    /// one: 1
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    alpha: Option<Vec<f64>>,
    /// A further setting to try several values of: one of the training or of the model, by its name in config.toml.
    /// Every value is tried with every other; validation chooses. May be given more than once
    #[arg(long, value_name = "SETTING=LIST")]
    tune: Vec<Tuned>,
    /// How often each of these is tried, with other first weights, order, dropout, jitter and drawn negatives
    /// [default: 1; under --protocol paper the published number, 5 for the benchmark presets of epivan and deeptact]
    #[arg(long, value_name = "N")]
    restarts: Option<usize>,
    /// Networks of each fold, each trained on a bootstrap sample of the fold's training pairs and chosen by itself; the
    /// score of a pair is the mean of their probabilities. DeepTACT's authors trained 20
    #[arg(long, default_value_t = 1, value_name = "N")]
    replicas: usize,
    /// Train them all on all training pairs: they differ in first weights, order, dropout, jitter and drawn negatives
    #[arg(long, requires = "replicas")]
    no_bootstrap: bool,
    /// What chooses epoch, α and tuned settings
    #[arg(long, value_enum, default_value = "honest")]
    protocol: ProtocolKind,
    /// Train on the validation pairs too, as published; the choice on validation pairs is then missing from the report.
    /// Only with --protocol paper
    #[arg(long)]
    paper_train_all: bool,
    /// Learning rate of Adam [default: as the model's authors]
    #[arg(long)]
    learning_rate: Option<f64>,
    /// How the learning rate changes
    #[arg(long, value_enum, default_value = "constant")]
    schedule: ScheduleKind,
    /// L2, added to the gradient [default: as the model's authors]
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Stop after so many epochs without improvement [default: never]
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<usize>,
    #[command(flatten)]
    augmentation: AugmentationArgs,
    /// Negatives for each positive in validation and test [default: all; 1 under --protocol paper]
    #[arg(long, value_name = "N")]
    test_ratio: Option<usize>,
}

/// What chooses.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum ProtocolKind {
    /// The validation pairs; the test pairs are scored once
    Honest,
    /// As published: the test pairs themselves. Inflates the scores, and the report says by how much
    Paper,
}

/// `learning-rate=1e-3,3e-4`
#[derive(Clone, Debug)]
struct Tuned {
    name: String,
    values: Vec<Setting>,
}

impl std::str::FromStr for Tuned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, values) = text.split_once('=').ok_or("expected SETTING=VALUE,VALUE")?;
        let values = values.split(',').map(|value| value.parse().unwrap_or_else(|never| match never {}));
        Ok(Self { name: name.to_owned(), values: values.collect() })
    }
}

/// α values of the published selection.
const PAPER_ALPHAS: [f64; 5] = [1.0, 0.8, 0.6, 0.4, 0.2];

/// How the learning rate changes.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum ScheduleKind {
    /// Not at all
    Constant,
    /// Down to 0 after the last epoch, along half a cosine
    Cosine,
}

impl TrainingArgs {
    /// Whether `--test-ratio` is given.
    pub(crate) fn limits_negatives(&self) -> bool {
        self.test_ratio.is_some()
    }

    /// The library's configuration of training a model, by its authors' recipe where nothing else is said.
    pub(crate) fn config(&self, model: &ModelConfig) -> Result<TrainConfig> {
        let recipe = model.recipe();
        let learning_rate = self.learning_rate.unwrap_or(recipe.optimiser.learning_rate);
        let weight_decay = self.weight_decay.unwrap_or(recipe.optimiser.weight_decay);
        let is_paper = self.protocol == ProtocolKind::Paper;
        ensure!(is_paper || !self.paper_train_all, "--paper-train-all goes with --protocol paper");
        let augmentation = self.augmentation.of(model, is_paper);
        let mut config = TrainConfig {
            seed: self.seed,
            epochs: self.epochs.unwrap_or(recipe.epochs),
            batch: self.batch.unwrap_or(recipe.batch),
            alphas: self.alphas(model)?,
            patience: self.patience,
            test_negatives_per_positive: self.test_ratio.or(is_paper.then_some(1)),
            augmentation,
            optimiser: AdamConfig { learning_rate, weight_decay, ..recipe.optimiser },
            schedule: match self.schedule {
                ScheduleKind::Constant => Schedule::Constant,
                ScheduleKind::Cosine => Schedule::Cosine,
            },
            tune: Vec::new(),
            restarts: self.restarts.unwrap_or(if is_paper { recipe.restarts } else { 1 }),
            replicas: self.replicas,
            bootstrap: self.replicas > 1 && !self.no_bootstrap,
            protocol: if is_paper { Protocol::Paper } else { Protocol::Honest },
            train_on_validation: self.paper_train_all,
        };
        let axis = |tuned: &Tuned| Axis::named(&tuned.name, tuned.values.clone(), &config, model);
        config.tune = self.tune.iter().map(axis).collect::<Result<_, _>>()?;
        config.validate()?;
        // The model's settings too, before anything is read.
        for trial in config.trials() {
            trial.model(model)?;
        }
        Ok(config)
    }

    /// Weights of the main head in the loss: a single one where there is no other head.
    fn alphas(&self, model: &ModelConfig) -> Result<Vec<f64>> {
        let is_alone = !model.has_auxiliary();
        Ok(match (&self.alpha, self.protocol) {
            (Some(alphas), _) => {
                ensure!(
                    alphas.len() < 2 || !is_alone,
                    "model {} has one head, so that all values of --alpha train the same network: give one, or none",
                    model.name()
                );
                alphas.clone()
            }
            (None, _) if is_alone => vec![1.0],
            (None, ProtocolKind::Honest) => TrainConfig::default().alphas,
            (None, ProtocolKind::Paper) => PAPER_ALPHAS.to_vec(),
        })
    }
}

impl Args {
    fn model_config(&self) -> Result<ModelConfig> {
        let config = match (&self.model_config, &self.preset) {
            (Some(path), _) => model::read_config(path)?,
            (None, Some(preset)) => ModelConfig::preset(&self.model, preset)?,
            (None, None) => ModelConfig::named(&self.model)?,
        };
        check_given(&config, self.embed.is_given())?;
        // A network by name gets blocks that fit bins; a configuration of one's own says which.
        let config = match self.embed.is_given() && self.model_config.is_none() {
            true => config.with_bin_blocks(),
            false => config,
        };
        let enhancer_len = self.enhancer_len.unwrap_or(config.enhancer_len());
        let promoter_len = self.promoter_len.unwrap_or(config.promoter_len());
        let mut config = config.with_lengths(enhancer_len, promoter_len);
        let tracks = &self.input.tracks;
        // A preset reads as many tracks as there are; a configuration of one's own says how many.
        if self.model_config.is_none() && !tracks.is_empty() {
            config = config.with_tracks(tracks.len());
        }
        tracks::check(tracks, config.name(), config.tracks())?;
        config.validate()?;
        Ok(config)
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = args.model_config()?;
    args.further.check_used(&[&config])?;
    let (config, vectors) = args.further.vectors(config)?;
    let embedded = args.embed.open(&args.out)?;
    let config = match &embedded {
        Some(embedded) => embedded.read_by(config)?,
        None => config,
    };
    let (enhancer_len, promoter_len) = (config.enhancer_len(), config.promoter_len());
    let input = args.input.open_for(enhancer_len, promoter_len, config.tracks(), To::Split)?;
    let (config, mut input) = args.further.features(config, input)?;
    let training = args.training.config(&config)?;
    let split = args.folds.split.split(input.source.pairs(), args.training.seed)?;
    if let Some(embedded) = &embedded {
        if training.augmentation.jitter() > 0 {
            say(
                "warning: --jitter moves windows, and each that is moved by another number of bp is embedded by itself: the \
                 pretrained model runs throughout the training, and the cache grows with every epoch",
            );
        }
        input = embedded.of(input)?;
    }
    let training = Training {
        input: &input,
        split: &split,
        model: &config,
        config: &training,
        folds: args.folds.folds.clone(),
        checkpoint_every: args.progress.checkpoint_every(),
        vectors: vectors.as_ref(),
        out: args.out.clone(),
    };
    let claim = training.claim(args.progress.resume)?;
    let report = args.out.join(REPORT);
    if claim.is_finished() {
        say(format!("this run is finished, nothing is left to do: {}", report.display()));
        return Ok(());
    }
    let trained = training.run(&claim)?;
    print(trained.summary());
    say(format!("written: {}", report.display()));
    Ok(())
}

/// A training that is ready to start, and where it goes.
pub(crate) struct Training<'a> {
    pub(crate) input: &'a PairInput,
    pub(crate) split: &'a Split,
    pub(crate) model: &'a ModelConfig,
    pub(crate) config: &'a TrainConfig,
    /// Folds to train; `None` for all.
    pub(crate) folds: Option<Vec<usize>>,
    /// Steps between checkpoints within an epoch.
    pub(crate) checkpoint_every: Option<NonZeroUsize>,
    /// Vectors that the k-mers of the model start from, if not from random ones.
    pub(crate) vectors: Option<&'a Vectors>,
    /// Run folder.
    pub(crate) out: PathBuf,
}

impl<'a> Training<'a> {
    /// Claims the run folder, after everything that can be checked without training.
    pub(crate) fn claim(&self, resume: bool) -> Result<Claim> {
        check_folds(&*self.input.source, self.split, self.config, &self.placement()?)?;
        let data = self.input.description.clone().with_content(&*self.input.source)?;
        let data = match self.vectors {
            Some(vectors) => vectors.describe(data),
            None => data,
        };
        let folds = self.folds.clone().unwrap_or_else(|| (0..self.split.folds.len()).collect());
        Claim::new(&self.out, &RunConfig::new(self.split, folds, self.model, self.config, data), resume)
    }

    /// Trains the folds, with words on the split and on how far it is, and writes the run folder.
    pub(crate) fn run(self, claim: &Claim) -> Result<RunFolder<'a>> {
        let Self { input, split, config, .. } = self;
        say(format!("{}\n{}", split.splitter, Balance::of(input.source.pairs(), split)));
        if let Some(leak) = &split.leak {
            say(format!("warning: this split is leaky: {leak}"));
        }
        if !split.untested.is_empty() {
            say(format!(
                "warning: {} pairs are in no fold: {}",
                split.untested.len(),
                split.untested[0].reason
            ));
        }
        if config.protocol == Protocol::Paper {
            say(
                "warning: protocol paper chooses every fold's model on the fold's own test pairs, as published: the scores \
                 are inflated; the report's section Selection says by how much",
            );
        }
        let mut progress = TrainingProgress::new(split.folds.len());
        self.run_observed(claim, &mut progress)
    }

    /// Trains the folds and writes the run folder; the observer is told how far it is.
    pub(crate) fn run_observed(self, _: &Claim, observer: &mut dyn Observer) -> Result<RunFolder<'a>> {
        let placement = self.placement()?;
        let Self { input, split, model, config, out, .. } = self;
        let source = &*input.source;
        let result: CrossValidation =
            cross_validate::<Model>(source, split, model, config, &placement, observer)?;
        let run = RunFolder { folder: out, input, split, model, config, result };
        run.write()?;
        Ok(run)
    }

    fn placement(&self) -> Result<Placement> {
        let (checkpoints, checkpoint_every) = (Some(self.out.clone()), self.checkpoint_every);
        let initial = self.vectors.map(|vectors| vectors.tables(self.model)).transpose()?.unwrap_or_default();
        Ok(Placement { checkpoints, checkpoint_every, folds: self.folds.clone(), device: None, initial })
    }
}
