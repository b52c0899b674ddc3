//! Training the compared networks: the only file of the comparison that trains.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result};
use ciskit_core::{EmbeddingSpec, Side};
use ciskit_dataset::{Fold, PairSource, Seeds, Split};
use ciskit_models::ModelConfig;
use ciskit_nn::Device;
use ciskit_train::{FoldOutcome, Placement, check_folds};

use super::contender::Network;
use super::pace::{ComparisonProgress, Pace};
use crate::commands::train::Training as Run;
use crate::embedded::Embedded;
use crate::model_inputs::ModelInputArgs;
use crate::pair_input::{PairInput, PairInputArgs, To};
use crate::progress::say;

/// The pairs with windows of every length and the covariates that something reads.
pub(crate) struct Inputs(Vec<PairInput>);

impl Inputs {
    /// Reads the pairs with windows of `lengths`, for what is no network, if there are sequences; and once for each kind
    /// of input that networks read. Networks that can read the features that are asked for are told so.
    pub(crate) fn open(
        networks: &mut [Network],
        args: &PairInputArgs,
        (further, embedded): (&ModelInputArgs, Option<&Embedded>),
        lengths: (usize, usize),
    ) -> Result<Self> {
        let mut inputs = Self(Vec::new());
        if !networks.is_empty() || args.genome.is_some() || args.enhancers.is_some() {
            inputs.0.push(args.open(lengths.0, lengths.1, To::Split)?);
        }
        // Features have the same names for every network: they depend on the pairs alone.
        let mut features: Option<Vec<String>> = None;
        for Network { name, config, .. } in networks {
            let tells = further.tells(config);
            if let (true, Some(names)) = (tells, &features) {
                *config = config.clone().with_covariates(names);
            }
            if (!tells || features.is_some()) && inputs.find(config).is_some() {
                continue;
            }
            let (enhancer_len, promoter_len) = (config.enhancer_len(), config.promoter_len());
            let input = args.open_for(enhancer_len, promoter_len, config.tracks(), To::Split)?;
            let (told, input) = further
                .features(config.clone(), input)
                .with_context(|| format!("{name} reads more than sequences"))?;
            if tells {
                features = Some(told.covariates().to_vec());
            }
            *config = told;
            inputs.0.push(match embedded.filter(|_| config.pretrained().is_some()) {
                Some(embedded) => embedded.of(input)?,
                None => input,
            });
        }
        Ok(inputs)
    }

    /// Those of what is no network: windows of one length, whatever networks read; all hold the same pairs.
    pub(crate) fn plain(&self) -> Option<&PairInput> {
        self.0.first()
    }

    fn find(&self, config: &ModelConfig) -> Option<&PairInput> {
        let fits = |source: &dyn PairSource| {
            let lengths = [Side::Enhancer, Side::Promoter].map(|side| source.window_len(side));
            lengths == [config.enhancer_len(), config.promoter_len()]
                && source.covariate_names() == config.covariates()
                && source.tracks() == config.tracks()
                && source.embedding().cloned() == config.pretrained().cloned().map(EmbeddingSpec::from)
        };
        self.0.iter().find(|input| fits(&*input.source))
    }

    /// Those that a network reads.
    fn of(&self, network: &Network) -> Result<&PairInput> {
        self.find(&network.config).with_context(|| format!("{} reads other pairs", network.name))
    }
}

/// How every network is trained.
pub(crate) struct Training<'a> {
    pub(crate) split: &'a Split,
    pub(crate) folds: &'a [usize],
    pub(crate) checkpoint_every: Option<NonZeroUsize>,
    pub(crate) resume: bool,
    /// Folder of the comparison; a network's run is in the folder of its name.
    pub(crate) out: &'a Path,
}

impl Training<'_> {
    /// Checks all that can be told before training.
    pub(crate) fn check(&self, networks: &[Network], inputs: &Inputs) -> Result<()> {
        let placement = Placement { folds: Some(self.folds.to_vec()), ..Placement::default() };
        for network in networks {
            check_folds(&*inputs.of(network)?.source, self.split, &network.training, &placement)?;
        }
        Ok(())
    }

    /// The parts of a fold as a network meets them.
    pub(crate) fn parts(&self, network: &Network, fold: usize) -> Fold {
        let mut parts = self.split.folds[fold].clone();
        if network.training.train_on_validation {
            parts.train.append(&mut parts.validation);
        }
        parts
    }

    /// Steps of one epoch of a network in a fold.
    pub(crate) fn steps(&self, network: &Network, inputs: &Inputs, fold: usize) -> Result<usize> {
        let Network { training, .. } = network;
        let seeds = Seeds::of_fold(training.seed, fold);
        let (pairs, parts) = (inputs.of(network)?.source.pairs(), self.parts(network, fold));
        let examples = training.augmentation.examples(pairs, &parts, seeds, 1)?.len();
        Ok(examples / training.batch.min(examples).max(1))
    }

    /// How many of a fold's replicas of a network are left: done are those whose outcomes are there, with as many epochs.
    pub(crate) fn replicas_left(&self, network: &Network, fold: usize) -> usize {
        let folder = self.out.join(&network.name);
        let is_done = |replica: &usize| {
            let read = || FoldOutcome::read(&FoldOutcome::file(&folder, fold, *replica), &Device::Cpu);
            self.resume && read().is_ok_and(|(_, of)| of.epochs == network.training.epochs)
        };
        (0..network.training.replicas).filter(|replica| !is_done(replica)).count()
    }

    /// Trains every network that is not finished, one after the other.
    pub(crate) fn train(&self, networks: &[Network], inputs: &Inputs) -> Result<()> {
        let mut work = Vec::with_capacity(networks.len());
        for network in networks {
            let steps = |fold: &usize| -> Result<u64> {
                match self.replicas_left(network, *fold) {
                    0 => Ok(0),
                    left => Ok((left * self.steps(network, inputs, *fold)? * network.epochs()) as u64),
                }
            };
            work.push(self.folds.iter().map(steps).collect::<Result<_>>()?);
        }
        let mut progress = ComparisonProgress::new(self.split.folds.len(), self.folds, Pace::new(work));
        for (index, network) in networks.iter().enumerate() {
            let run = Run {
                input: inputs.of(network)?,
                split: self.split,
                model: &network.config,
                config: &network.training,
                folds: Some(self.folds.to_vec()),
                checkpoint_every: self.checkpoint_every,
                vectors: network.vectors.as_ref(),
                out: self.out.join(&network.name),
            };
            let claim = run.claim(self.resume)?;
            let name = format!("model {} of {} ({})", index + 1, networks.len(), network.name);
            if claim.is_finished() {
                say(format!("{name}: finished"));
                continue;
            }
            progress.start(index, name);
            run.run_observed(&claim, &mut progress)?;
        }
        Ok(())
    }
}

impl Network {
    /// Epochs of a replica in a fold, those of everything that is tried together.
    pub(crate) fn epochs(&self) -> usize {
        self.training.epochs * self.training.trials().len()
    }
}
