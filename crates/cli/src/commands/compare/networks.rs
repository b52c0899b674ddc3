//! Training the compared networks: the only file of the comparison that trains.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result};
use ciskit_core::Side;
use ciskit_dataset::{PairSource, Seeds, Split};
use ciskit_models::ModelConfig;
use ciskit_train::{Placement, check_folds};

use super::contender::Network;
use super::pace::{ComparisonProgress, Pace};
use crate::commands::train::Training as Run;
use crate::features;
use crate::pair_input::{PairInput, PairInputArgs, To};
use crate::progress::say;

/// The pairs with windows of every length and the covariates that some network reads.
pub(crate) struct Inputs(Vec<PairInput>);

impl Inputs {
    /// Reads the pairs once for each kind of input; without networks, once with windows of `lengths` if there are
    /// sequences.
    pub(crate) fn open(networks: &[Network], args: &PairInputArgs, lengths: (usize, usize)) -> Result<Self> {
        let mut inputs = Self(Vec::new());
        if networks.is_empty() && (args.genome.is_some() || args.enhancers.is_some()) {
            inputs.0.push(args.open(lengths.0, lengths.1, To::Split)?);
        }
        for Network { name, config, .. } in networks {
            if inputs.find(config).is_none() {
                let mut input = args.open(config.enhancer_len(), config.promoter_len(), To::Split)?;
                let covariates = features::named(&*input.source, config.covariates(), None)
                    .with_context(|| format!("{name} reads more than sequences"))?;
                input.source = features::with(input.source, covariates);
                inputs.0.push(input);
            }
        }
        Ok(inputs)
    }

    /// Those of the first network; all hold the same pairs.
    pub(crate) fn first(&self) -> Option<&PairInput> {
        self.0.first()
    }

    fn find(&self, config: &ModelConfig) -> Option<&PairInput> {
        let fits = |source: &dyn PairSource| {
            let lengths = [Side::Enhancer, Side::Promoter].map(|side| source.window_len(side));
            lengths == [config.enhancer_len(), config.promoter_len()]
                && source.covariate_names() == config.covariates()
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

    /// Steps of one epoch of a network in a fold.
    pub(crate) fn steps(&self, network: &Network, inputs: &Inputs, fold: usize) -> Result<usize> {
        let Network { training, .. } = network;
        let seeds = Seeds::of_fold(training.seed, fold);
        let (pairs, parts) = (inputs.of(network)?.source.pairs(), &self.split.folds[fold]);
        let examples = training.augmentation.examples(pairs, parts, seeds, 1)?.len();
        Ok(examples / training.batch.min(examples).max(1))
    }

    /// Whether a network's run is finished.
    pub(crate) fn is_finished(&self, network: &Network) -> bool {
        self.resume && self.out.join(&network.name).join(crate::claim::REPORT).exists()
    }

    /// Trains every network that is not finished, one after the other.
    pub(crate) fn train(&self, networks: &[Network], inputs: &Inputs) -> Result<()> {
        let mut work = Vec::with_capacity(networks.len());
        for network in networks {
            let steps = |fold: &usize| Ok((self.steps(network, inputs, *fold)? * network.epochs()) as u64);
            let of_folds: Vec<u64> = self.folds.iter().map(steps).collect::<Result<_>>()?;
            work.push(if self.is_finished(network) { vec![0; of_folds.len()] } else { of_folds });
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
                initial: BTreeMap::new(),
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
    /// Epochs of a fold, those of everything that is tried together.
    pub(crate) fn epochs(&self) -> usize {
        self.training.epochs * self.training.trials().len()
    }
}
