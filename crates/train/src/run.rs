//! One run: one model, one fold, one trial.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use ciskit_dataset::{Example, Fold, PairSource, Purpose, Seeds, bootstrap_rows, pair_name};
use ciskit_nn::{Adam, DType, Device, Mode, PairModel, Parameters, Tensor};

use crate::ahead::for_each_prepared;
use crate::batches::{self, Codes, label_of};
use crate::checkpoint::check_writable;
use crate::identity::{self, identity};
use crate::score::check_windows;
use crate::{
    Candidate, Checkpoint, Epoch, Event, Measured, Observer, Progress, Protocol, TrainConfig, TrainError,
    Trial, UnfinishedEpoch, joint_loss, logits,
};

/// The data of one fold: where sequences come from, what trains, and what chooses the epoch.
#[derive(Clone, Copy)]
pub struct FoldData<'a> {
    /// Pairs and their sequences.
    pub source: &'a dyn PairSource,
    /// Number of the fold, from 0.
    pub number: usize,
    /// The parts of the fold. Training reads `train` and `validation`, and `test` under [`Protocol::Paper`] only.
    pub fold: &'a Fold,
}

/// Where a run keeps its state, and what it is a state of.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// The model's configuration as text: a checkpoint of another model is refused.
    pub model: &'a str,
    /// Steps after which the state is also written within an epoch; `None` for after epochs only.
    pub every: Option<NonZeroUsize>,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// The chosen epoch.
    pub chosen: Candidate,
    /// Every epoch.
    pub history: Vec<Epoch>,
}

/// Trains `model`, whose parameters are `parameters`, and leaves it as it was after the chosen epoch.
///
/// `config` is the whole training's: the `trial` sets what it tries, the loss's α among it. What it tries of the model is
/// the caller's to set: [`Trial::model`]. With [`TrainConfig::bootstrap`], the training part is the sample of the trial's
/// replica.
///
/// After every epoch the validation part is measured and, if a file is given, a [`Checkpoint`] is written there; within
/// an epoch too, if so wanted. A run that finds its checkpoint goes on from it and ends with the same bytes as one that
/// was never interrupted; it may be given more epochs than before, unless the learning rate depends on them.
///
/// *Cost*: memory for the network's step, the optimiser's state, the best parameters, a few batches of sequence (which
/// threads prepare ahead) and 24 bytes an example; never the sequence of an epoch.
///
/// # Errors
///
/// - [`TrainError::Config`]; [`TrainError::WindowLengths`], [`TrainError::Covariates`], [`TrainError::Tracks`] or [`TrainError::Embeddings`] for a
///   model that reads others than the data have;
/// - [`TrainError::NoLabel`] or [`TrainError::Dataset`] for pairs without label, a training part of one class, windows
///   that cannot be read;
/// - [`TrainError::Loss`] for a loss that is no number;
/// - [`TrainError::Metric`] for a validation part of one class, or logits that are no numbers;
/// - [`TrainError::Write`] for a checkpoint that cannot be written, before anything is trained if that can be told;
///   [`TrainError::OtherRun`], [`TrainError::Checkpoint`] or [`TrainError::Read`] for one that cannot be gone on from.
///
/// # Panics
///
/// If the fold is not one of the source's pairs, or the source breaks its contract.
///
/// ```
/// # use ciskit_core::{InMemoryGenome, Interval, Pair};
/// # use ciskit_dataset::{ChromosomeFolds, GenomePairs, PairSource, Splitter, WindowRule};
/// use ciskit_models::epipam::{Config, Epipam};
/// use ciskit_nn::{DType, Device, PairModel, Parameters};
/// use ciskit_train::{CheckpointFile, FoldData, Silent, TrainConfig, Trial, train_run};
///
/// # let contigs = ["chr1", "chr2", "chr3"];
/// # let genome = InMemoryGenome::new(contigs.map(|name| (name, b"GATTACA".repeat(200))))?;
/// # let mut pairs = Vec::new();
/// # for (contig, label) in contigs.into_iter().flat_map(|contig| [(contig, true), (contig, false)]) {
/// #     let enhancer = Interval::new(contig, 100, 200)?;
/// #     pairs.push(Pair::new(enhancer, Interval::new(contig, 700, 760)?).with_label(label));
/// # }
/// # let source = GenomePairs::new(genome, pairs, WindowRule::new(100), WindowRule::new(60))?;
/// # let split = ChromosomeFolds::balanced(3).split(source.pairs())?;
/// # let network = Config { kernels: vec![5], pools: vec![8], ratios: vec![0.1], channels: 4, ..Config::epi() };
/// # let network = network.with_lengths(100, 60);
/// let load = |vb| Epipam::load(vb, &network);
/// let (parameters, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
/// let data = FoldData { source: &source, number: 0, fold: &split.folds[0] };
/// let config = TrainConfig { epochs: 2, ..TrainConfig::default() };
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("fold-0.checkpoint");
/// let checkpoint = CheckpointFile { path: &path, model: &format!("{network:?}"), every: None };
/// let trial = Trial::of_alpha(0.6);
/// let outcome = train_run(&model, &parameters, data, &trial, &config, Some(checkpoint), &mut Silent)?;
/// assert_eq!(outcome.history.len(), 2);
/// assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn train_run<M: PairModel>(
    model: &M,
    parameters: &Parameters,
    data: FoldData<'_>,
    trial: &Trial,
    config: &TrainConfig,
    checkpoint: Option<CheckpointFile<'_>>,
    observer: &mut dyn Observer,
) -> Result<RunOutcome, TrainError> {
    config.validate()?;
    check_windows(model, data.source)?;
    // The sample is the network's, whatever is tried for it.
    let sampled = config.bootstrap.then(|| {
        let samples = Seeds::of_fold(config.seed, data.number).stream(Purpose::Bootstrap);
        let rows = &data.fold.train;
        let train = bootstrap_rows(data.source.pairs(), rows, samples.number(trial.replica as u64));
        Fold { train, ..data.fold.clone() }
    });
    let data = FoldData { fold: sampled.as_ref().unwrap_or(data.fold), ..data };
    let config = trial.training(config)?;
    let labels = |rows: &[usize]| {
        rows.iter().map(|row| label_of(data.source, *row)).collect::<Result<Vec<bool>, TrainError>>()
    };
    let validation_labels = labels(&data.fold.validation)?;
    let test_labels = match config.protocol {
        Protocol::Honest => Vec::new(),
        Protocol::Paper => labels(&data.fold.test)?,
    };
    // All parameters of a model share device and type; a model without any has nothing to train.
    let (device, dtype) = parameters
        .named()
        .next()
        .map_or((Device::Cpu, DType::F32), |(_, parameter)| (parameter.device().clone(), parameter.dtype()));
    let seeds = Seeds::of_fold(config.seed, data.number);
    let adam = Adam::new(config.optimiser);
    let mut run = Run {
        model,
        parameters,
        data,
        seeds,
        trial,
        config,
        validation_labels,
        test_labels,
        device,
        dtype,
        adam,
        kept: None,
        step: 0,
        history: Vec::new(),
        best: None,
        unfinished: None,
    };
    if let Some(file) = checkpoint {
        run.kept = Some((file, identity(data, trial.alpha, &run.config, file.model, parameters)?));
        run.resume(observer)?;
    }
    let done = run.history.len();
    for epoch in done + 1..=run.config.epochs {
        if run.is_out_of_patience() {
            break;
        }
        run.epoch(epoch, epoch == done + 1, observer)?;
        run.keep()?;
        observer.event(Event::EpochEnded(run.history[epoch - 1].clone()));
    }
    run.finish()
}

/// A run under way.
struct Run<'a, M> {
    model: &'a M,
    parameters: &'a Parameters,
    data: FoldData<'a>,
    seeds: Seeds,
    trial: &'a Trial,
    /// The training of the trial alone.
    config: TrainConfig,
    validation_labels: Vec<bool>,
    /// Empty where the test part has no say.
    test_labels: Vec<bool>,
    device: Device,
    dtype: DType,
    adam: Adam,
    /// Where the state is kept, and whose it is.
    kept: Option<(CheckpointFile<'a>, BTreeMap<String, String>)>,
    /// Optimiser steps taken.
    step: u64,
    /// Epochs done.
    history: Vec<Epoch>,
    /// The best epoch so far, and the parameters after it.
    best: Option<(Candidate, BTreeMap<String, Tensor>)>,
    /// How far the epoch under way is; `None` between epochs.
    unfinished: Option<UnfinishedEpoch>,
}

impl<M: PairModel> Run<'_, M> {
    /// Goes on from the checkpoint, if there is one.
    fn resume(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let Some((CheckpointFile { path, .. }, identity)) = &self.kept else { return Ok(()) };
        let path = *path;
        check_writable(path)?;
        if !path.try_exists().map_err(|source| TrainError::Read { path: path.into(), source })? {
            return Ok(());
        }
        let Checkpoint { current, best, optimiser, progress, identity: theirs } =
            Checkpoint::read(path, &self.device)?;
        identity::check(path, &theirs, identity)?;
        let unusable = |why| TrainError::Checkpoint { path: path.into(), why };
        let Progress { step, history, best: candidate, unfinished } = progress;
        let (epochs, most) = (history.len(), self.config.epochs);
        let begun = epochs + usize::from(unfinished.is_some());
        if begun > most {
            return Err(unusable(format!("it has {begun} epochs, and this run is to have {most}")));
        }
        if candidate.is_none() && epochs > 0 {
            return Err(unusable("it has epochs and no best one".to_owned()));
        }
        // The best ones only to see that they fit.
        for tensors in candidate.as_ref().map(|_| &best).into_iter().chain([&current]) {
            self.parameters.restore(tensors).map_err(|error| unusable(error.to_string()))?;
        }
        self.adam = Adam::resume(self.config.optimiser, optimiser, self.parameters)
            .map_err(|error| unusable(error.to_string()))?;
        (self.step, self.history, self.unfinished) = (step, history, unfinished);
        self.best = candidate.map(|candidate| (candidate, best));
        let steps = unfinished.map_or(0, |epoch| epoch.steps);
        let (fold, trial) = (self.data.number, self.trial.clone());
        observer.event(Event::Resumed { fold, trial, epochs, steps });
        Ok(())
    }

    fn is_out_of_patience(&self) -> bool {
        let best = self.best.as_ref().map_or(0, |(best, _)| best.epoch);
        self.config.patience.is_some_and(|patience| self.history.len() >= best.saturating_add(patience))
    }

    /// Sees every training example once, in whole batches, and measures the validation part.
    fn epoch(&mut self, epoch: usize, first: bool, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let (fold, trial) = (self.data.number, self.trial.clone());
        let examples = self.shuffled_examples(epoch as u64)?;
        let batch = self.config.batch.min(examples.len());
        let steps = examples.len() / batch;
        if first {
            let (trial, epochs) = (trial.clone(), self.config.epochs);
            observer.event(Event::RunStarted { fold, trial, epochs, steps });
        }
        let UnfinishedEpoch { steps: mut done, loss_sum: mut sum } =
            self.unfinished.take().unwrap_or_default();
        let chunks: Vec<&[Example]> = examples.chunks_exact(batch).skip(done).collect();
        for_each_prepared(self.data.source, &chunks, |examples, codes| {
            let share = self.config.schedule.at(epoch, self.config.epochs, done, steps);
            self.adam.set_learning_rate(self.config.optimiser.learning_rate * share);
            let loss = self.step(epoch, examples, &codes)?;
            (done, sum) = (done + 1, sum + loss);
            if self.kept.as_ref().and_then(|(file, _)| file.every).is_some_and(|every| done % every == 0) {
                self.unfinished = Some(UnfinishedEpoch { steps: done, loss_sum: sum });
                self.keep()?;
            }
            observer.event(Event::Step { step: done, steps, loss });
            Ok(())
        })?;
        self.unfinished = None;
        let FoldData { fold: parts, .. } = self.data;
        let validation = self.measure("validation", &parts.validation, &self.validation_labels)?;
        let test = self.measure("test", &parts.test, &self.test_labels)?;
        let (step, loss) = (self.step, sum / steps as f64);
        let epoch = Epoch { fold, trial, epoch, step, loss, validation, test };
        let candidate = epoch.candidate();
        if self.best.as_ref().is_none_or(|(best, _)| candidate.replaces(best)) {
            self.best = Some((candidate, self.parameters.snapshot()?));
        }
        self.history.push(epoch);
        Ok(())
    }

    fn shuffled_examples(&self, epoch: u64) -> Result<Vec<Example>, TrainError> {
        let FoldData { source, fold, .. } = self.data;
        let mut examples = self.config.augmentation.examples(source.pairs(), fold, self.seeds, epoch)?;
        self.seeds.stream(Purpose::Shuffle).number(epoch).draws().shuffle(&mut examples);
        Ok(examples)
    }

    /// Forward, backward and one step of the optimiser; the loss before it.
    fn step(&mut self, epoch: usize, examples: &[Example], codes: &Codes) -> Result<f64, TrainError> {
        let FoldData { source, number: fold, .. } = self.data;
        let batch = codes.batch(&self.device)?;
        let labels = batches::labels(source, examples, self.dtype, &self.device)?;
        let mode = Mode::train(self.seeds.seed(Purpose::Dropout), self.step);
        let logits = self.model.forward_t(&batch, mode)?;
        let loss = joint_loss(&logits, &labels, self.trial.alpha)?;
        let value = loss.to_dtype(DType::F64)?.to_scalar::<f64>()?;
        self.step += 1;
        if !value.is_finite() {
            let names = names(source, examples);
            return Err(TrainError::Loss { loss: value, fold, epoch, step: self.step, names });
        }
        self.adam.step(self.parameters, &loss.backward()?)?;
        Ok(value)
    }

    /// How the model does on a part; `None` without labels: the part is empty, or has no say.
    fn measure(
        &self,
        part: &'static str,
        rows: &[usize],
        labels: &[bool],
    ) -> Result<Option<Measured>, TrainError> {
        if labels.is_empty() {
            return Ok(None);
        }
        let FoldData { source, number: fold, .. } = self.data;
        let logits = logits(self.model, source, rows, self.config.batch, &self.device)?;
        let measured = Measured::of(labels, &logits);
        measured.map(Some).map_err(|source| TrainError::Metric { fold, part, source })
    }

    /// Writes the state, if it is kept.
    fn keep(&self) -> Result<(), TrainError> {
        let Some((file, identity)) = &self.kept else { return Ok(()) };
        let (candidate, best) = self.best.clone().unzip();
        let (step, history, unfinished) = (self.step, self.history.clone(), self.unfinished);
        let progress = Progress { step, history, best: candidate, unfinished };
        let (current, optimiser) = (self.parameters.snapshot()?, self.adam.state()?);
        let (best, identity) = (best.unwrap_or_default(), identity.clone());
        Checkpoint { current, best, optimiser, progress, identity }.write(file.path)
    }

    fn finish(self) -> Result<RunOutcome, TrainError> {
        let (chosen, best) = self.best.unwrap_or_else(|| unreachable!("a run has at least one epoch"));
        self.parameters.restore(&best)?;
        Ok(RunOutcome { chosen, history: self.history })
    }
}

/// Names of the pairs of some examples in their order, each once.
fn names(source: &dyn PairSource, examples: &[Example]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in examples.iter().map(|example| pair_name(&source.pairs()[example.pair])) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
