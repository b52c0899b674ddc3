//! Training and testing the networks of one fold.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use ciskit_dataset::{Purpose, Seeds};
use ciskit_nn::layers::Standardise;
use ciskit_nn::{COVARIATES, DType, Device, Mean, NnError, PairModel, Parameters, Tensor, VarBuilder};

use crate::batches::label_of;
use crate::{
    Candidate, CheckpointFile, Event, FoldData, FoldOutcome, Measured, Observer, OutcomeOf, Placement,
    RunOutcome, TrainConfig, TrainError, Trial, identity, logits, train_run,
};

/// What the folds of a training have in common.
pub(crate) struct FoldTraining<'a, M: PairModel> {
    /// The model as it was asked for.
    pub(crate) model: &'a M::Config,
    /// What is tried for each network, and the model with it.
    pub(crate) planned: &'a [(&'a Trial, &'a M::Config)],
    pub(crate) config: &'a TrainConfig,
    pub(crate) placement: &'a Placement,
}

impl<M: PairModel<Config: Debug>> FoldTraining<'_, M> {
    /// Trains and tests every network of a fold.
    pub(crate) fn outcome(
        &self,
        data: FoldData<'_>,
        observer: &mut dyn Observer,
    ) -> Result<FoldOutcome, TrainError> {
        let (fold, replicas) = (data.number, self.config.replicas);
        let mut networks = Vec::with_capacity(replicas);
        let mut all_done = true;
        for replica in 0..replicas {
            let (network, done) = self.network(data, replica, observer)?;
            all_done &= done;
            let test = network.test;
            if replicas > 1 {
                observer.event(match done {
                    true => Event::ReplicaDone { fold, replica, test },
                    false => Event::ReplicaTested { fold, replica, test },
                });
            }
            networks.push(network);
        }
        let outcome = if replicas > 1 { mean(data, networks)? } else { networks.remove(0) };
        let test = outcome.test;
        observer.event(match all_done {
            true => Event::FoldDone { fold, test },
            false => Event::FoldTested { fold, test },
        });
        Ok(outcome)
    }

    /// Trains and tests one network, and whether it was done already.
    fn network(
        &self,
        data: FoldData<'_>,
        replica: usize,
        observer: &mut dyn Observer,
    ) -> Result<(FoldOutcome, bool), TrainError> {
        let Self { config, placement, .. } = *self;
        let FoldData { source, number, fold } = data;
        let device = placement.device.clone().unwrap_or(Device::Cpu);
        let mut kept: Option<(PathBuf, OutcomeOf)> = None;
        let mut history = Vec::new();
        let mut chosen: Option<(Candidate, Parameters, M)> = None;
        for (trial, model_config) in self.planned {
            let trial = &Trial { replica, ..(*trial).clone() };
            let seed = trial.training(config)?.seed;
            let seed = Seeds::of_fold(seed, number).seed(Purpose::Initialisation);
            let load = |vb: VarBuilder<'_>| M::load(vb, model_config);
            let (parameters, model) = Parameters::initialise::<_, NnError>(seed, DType::F32, &device, load)?;
            placement.initial.iter().try_for_each(|(name, value)| parameters.set(name, value))?;
            standardise(data, &parameters)?;
            if let (None, Some(folder)) = (&kept, &placement.checkpoints) {
                let path = FoldOutcome::file(folder, number, replica);
                let model = format!("{:?}", self.model);
                let identity = identity::of_fold(data, replica, config, &model, &parameters)?;
                let of = OutcomeOf { identity, epochs: config.epochs };
                if let Some(done) = FoldOutcome::finished(&path, &of, &device)? {
                    return Ok((done, true));
                }
                kept = Some((path, of));
            }
            let path = placement.checkpoints.as_deref().map(|folder| checkpoint_path(folder, number, trial));
            let described = format!("{model_config:?}");
            let checkpoint = path.as_deref().map(|path| {
                let every = placement.checkpoint_every;
                CheckpointFile { path, model: &described, every }
            });
            let RunOutcome { chosen: candidate, history: epochs } =
                train_run(&model, &parameters, data, trial, config, checkpoint, observer)?;
            history.extend(epochs);
            if chosen.as_ref().is_none_or(|(former, _, _)| candidate.replaces(former)) {
                chosen = Some((candidate, parameters, model));
            }
        }
        let (chosen, parameters, model) =
            chosen.unwrap_or_else(|| unreachable!("there is at least one trial"));
        let logits = logits(&model, source, &fold.test, config.batch, &device)?;
        let test = measured(data, &logits)?;
        let (name, rows, candidates) = (fold.name.clone(), fold.test.clone(), history.len());
        let (weights, replicas) = (parameters.snapshot()?, Vec::new());
        let outcome =
            FoldOutcome { number, name, chosen, candidates, test, rows, logits, history, weights, replicas };
        if let Some((path, of)) = kept {
            outcome.write(&path, &of)?;
        }
        Ok((outcome, false))
    }
}

/// The networks of a fold as one: the mean of their probabilities.
fn mean(data: FoldData<'_>, networks: Vec<FoldOutcome>) -> Result<FoldOutcome, TrainError> {
    let of_row = |row: usize| networks.iter().map(move |network| f64::from(network.logits[row]));
    let logits: Vec<f32> =
        (0..data.fold.test.len()).map(|row| Mean::Probability.of(of_row(row)) as f32).collect();
    let test = measured(data, &logits)?;
    let history = networks.iter().flat_map(|network| network.history.clone()).collect();
    let candidates = networks.iter().map(|network| network.candidates).max().unwrap_or(0);
    let first = networks[0].clone();
    Ok(FoldOutcome { candidates, test, logits, history, replicas: networks, ..first })
}

/// How logits of the test part do.
fn measured(data: FoldData<'_>, logits: &[f32]) -> Result<Measured, TrainError> {
    let FoldData { source, number: fold, fold: parts } = data;
    let labels: Vec<bool> = parts.test.iter().map(|row| label_of(source, *row)).collect::<Result<_, _>>()?;
    Measured::of(&labels, logits).map_err(|source| TrainError::Metric { fold, part: "test", source })
}

/// `fold-0-alpha-0.6.checkpoint`, with further settings, the restart and the replica where there are any.
fn checkpoint_path(folder: &Path, fold: usize, trial: &Trial) -> PathBuf {
    let mut name = format!("fold-{fold}-alpha-{}", trial.alpha);
    for (key, value) in &trial.settings {
        name += &format!("-{key}-{value}");
    }
    for (kind, number) in [("restart", trial.restart), ("replica", trial.replica)] {
        if number > 0 {
            name += &format!("-{kind}-{number}");
        }
    }
    folder.join(name + ".checkpoint")
}

/// Gives the model the means and deviations of the training pairs' covariates, if there are any.
fn standardise(data: FoldData<'_>, parameters: &Parameters) -> Result<(), TrainError> {
    let FoldData { source, fold, .. } = data;
    let inputs = source.covariate_names().len();
    if inputs == 0 {
        return Ok(());
    }
    let examples: Vec<f32> = fold.train.iter().flat_map(|row| source.covariates(*row)).copied().collect();
    for (name, values) in Standardise::moments(inputs, &examples) {
        let name = format!("{COVARIATES}.{name}");
        // A model without covariates is refused by name when the run starts.
        if parameters.get(&name).is_some_and(|buffer| buffer.elem_count() == inputs) {
            parameters.set(&name, &Tensor::new(values, &Device::Cpu)?)?;
        }
    }
    Ok(())
}
