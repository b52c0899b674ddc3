//! Every fold, every α; validation chooses, the test part is touched once.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ciskit_dataset::{Fold, PairSource, Part, Purpose, Seeds, Split, subsample_negatives};
use ciskit_nn::layers::Standardise;
use ciskit_nn::{COVARIATES, DType, Device, NnError, PairModel, Parameters, Tensor, VarBuilder};

use crate::batches::label_of;
use crate::{
    Candidate, CheckpointFile, Epoch, Event, FoldData, Measured, Observer, RunOutcome, Spread, TrainConfig,
    TrainError, logits, train_run,
};

/// A fold after training.
#[derive(Clone, Debug)]
pub struct FoldOutcome {
    /// Number of the fold, from 0.
    pub number: usize,
    /// Name of the fold.
    pub name: String,
    /// The candidate that validation chose.
    pub chosen: Candidate,
    /// How many candidates it was chosen from: α values × epochs.
    pub candidates: usize,
    /// How it did on the test part.
    pub test: Measured,
    /// Rows of the test part, ascending.
    pub rows: Vec<usize>,
    /// The main head's logits of these rows.
    pub logits: Vec<f32>,
    /// Every epoch of every run.
    pub history: Vec<Epoch>,
    /// Parameters and buffers of the chosen model.
    pub weights: BTreeMap<String, Tensor>,
}

/// All folds after training.
#[derive(Clone, Debug)]
pub struct CrossValidation {
    /// The folds that were trained, in order.
    pub folds: Vec<FoldOutcome>,
}

impl CrossValidation {
    /// Mean and standard deviation of the folds' test AUROC; `None` if there are no folds.
    #[must_use]
    pub fn auroc(&self) -> Option<Spread> {
        self.spread(|fold| fold.test.auroc)
    }

    /// Mean and standard deviation of the folds' test average precision; `None` if there are no folds.
    #[must_use]
    pub fn average_precision(&self) -> Option<Spread> {
        self.spread(|fold| fold.test.average_precision)
    }

    fn spread(&self, value: impl Fn(&FoldOutcome) -> f64) -> Option<Spread> {
        Spread::of(&self.folds.iter().map(value).collect::<Vec<_>>())
    }
}

/// Where and on what to train.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Folder for checkpoints, which must be there: one file for each fold and α; `None` for none.
    pub checkpoints: Option<PathBuf>,
    /// Steps after which a checkpoint is also written within an epoch; `None` for after epochs only. Results do not
    /// depend on it.
    pub checkpoint_every: Option<NonZeroUsize>,
    /// Folds to train, from 0; `None` for all of the split.
    pub folds: Option<Vec<usize>>,
    /// Device; `None` for the CPU.
    pub device: Option<Device>,
    /// Parameters by name that start at given values instead of random ones, such as vectors learnt elsewhere.
    pub initial: BTreeMap<String, Tensor>,
}

/// Trains and tests one model a fold.
///
/// For every fold and every α of [`TrainConfig::alphas`], a model is initialised (the same way for every α), trained,
/// and measured on the validation part after every epoch. The best epoch of the best α meets the test part, once.
/// Covariates are standardised by the means and deviations of the fold's training pairs.
/// The [crate]'s page has an example.
///
/// # Errors
///
/// Before anything is trained as [`check_folds`], otherwise as [`train_run`].
pub fn cross_validate<M: PairModel<Config: Debug>>(
    source: &dyn PairSource,
    split: &Split,
    model: &M::Config,
    config: &TrainConfig,
    placement: &Placement,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, TrainError> {
    let folds = checked_folds(source, split, config, placement)?;
    let train = |(number, fold): &(usize, Fold)| {
        let data = FoldData { source, number: *number, fold };
        train_fold::<M>(data, model, config, placement, observer)
    };
    Ok(CrossValidation { folds: folds.iter().map(train).collect::<Result<_, _>>()? })
}

/// Checks all that can be told of a training before it: what [`cross_validate`] does first.
///
/// # Errors
///
/// [`TrainError::Config`]; [`TrainError::NoFold`]; [`TrainError::NoLabel`] for a pair without label;
/// [`TrainError::OneClass`] for a training, validation or test part that lacks a class;
/// [`TrainError::NothingChooses`] for several α and no validation part.
///
/// ```
/// use ciskit_core::{InMemoryGenome, Interval, Pair};
/// use ciskit_dataset::{ChromosomeFolds, GenomePairs, PairSource, Splitter, WindowRule};
/// use ciskit_train::{Placement, TrainConfig, check_folds};
///
/// let genome = InMemoryGenome::new(["chr1", "chr2", "chr3"].map(|name| (name, b"GATTACA".repeat(200))))?;
/// let pair = |contig| Ok(Pair::new(Interval::new(contig, 100, 200)?, Interval::new(contig, 700, 760)?));
/// let pairs = ["chr1", "chr2", "chr3"].map(|contig| pair(contig).map(|pair: Pair| pair.with_label(true)));
/// let pairs = pairs.into_iter().collect::<Result<_, ciskit_core::IntervalError>>()?;
/// let source = GenomePairs::new(genome, pairs, WindowRule::new(100), WindowRule::new(60))?;
/// let split = ChromosomeFolds::balanced(3).split(source.pairs())?;
/// let error = check_folds(&source, &split, &TrainConfig::default(), &Placement::default()).unwrap_err();
/// assert!(error.to_string().contains("the training part has 1 positives and 0 negatives, and needs both"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_folds(
    source: &dyn PairSource,
    split: &Split,
    config: &TrainConfig,
    placement: &Placement,
) -> Result<(), TrainError> {
    checked_folds(source, split, config, placement).map(drop)
}

fn checked_folds(
    source: &dyn PairSource,
    split: &Split,
    config: &TrainConfig,
    placement: &Placement,
) -> Result<Vec<(usize, Fold)>, TrainError> {
    config.validate()?;
    let numbers = placement.folds.clone().unwrap_or_else(|| (0..split.folds.len()).collect());
    let mut folds = Vec::with_capacity(numbers.len());
    for (index, &number) in numbers.iter().enumerate() {
        let of = split.folds.len();
        if numbers[..index].contains(&number) {
            return Err(TrainError::RepeatedFold { number });
        }
        let fold = split.folds.get(number).ok_or(TrainError::NoFold { number, of })?;
        folds.push((number, checked(source, number, fold, config)?));
    }
    Ok(folds)
}

/// The fold with its validation and test negatives drawn, if the configuration wants fewer than all; refused if
/// nothing can be learnt, chosen or measured with it.
fn checked(
    source: &dyn PairSource,
    number: usize,
    fold: &Fold,
    config: &TrainConfig,
) -> Result<Fold, TrainError> {
    for &row in Fold::PARTS.iter().flat_map(|part| fold.part(*part)) {
        label_of(source, row)?;
    }
    let mut fold = fold.clone();
    if let Some(ratio) = config.test_negatives_per_positive {
        let seed = Seeds::of_fold(config.seed, number).row_seed(Purpose::TestNegatives);
        for part in [&mut fold.validation, &mut fold.test] {
            *part = subsample_negatives(source.pairs(), part, ratio, seed);
        }
    }
    if fold.validation.is_empty() && config.alphas.len() > 1 {
        return Err(TrainError::NothingChooses { fold: number, alphas: config.alphas.len() });
    }
    let names = ["training", "validation", "test"];
    for (part, name) in Fold::PARTS.into_iter().zip(names) {
        let rows = fold.part(part);
        let positives = rows.iter().filter(|row| source.pairs()[**row].label == Some(true)).count();
        let negatives = rows.len() - positives;
        // No validation part at all is allowed: it chooses nothing.
        let absent = part == Part::Validation && rows.is_empty();
        if !absent && (positives == 0 || negatives == 0) {
            return Err(TrainError::OneClass { fold: number, part: name, positives, negatives });
        }
    }
    Ok(fold)
}

fn train_fold<M: PairModel<Config: Debug>>(
    data: FoldData<'_>,
    model_config: &M::Config,
    config: &TrainConfig,
    placement: &Placement,
    observer: &mut dyn Observer,
) -> Result<FoldOutcome, TrainError> {
    let FoldData { source, number, fold } = data;
    let device = placement.device.clone().unwrap_or(Device::Cpu);
    let seed = Seeds::of_fold(config.seed, number).seed(Purpose::Initialisation);
    let described = format!("{model_config:?}");
    let mut history = Vec::new();
    let mut chosen: Option<(Candidate, Parameters, M)> = None;
    for &alpha in &config.alphas {
        let load = |vb: VarBuilder<'_>| M::load(vb, model_config);
        let (parameters, model) = Parameters::initialise::<_, NnError>(seed, DType::F32, &device, load)?;
        placement.initial.iter().try_for_each(|(name, value)| parameters.set(name, value))?;
        standardise(data, &parameters)?;
        let path = placement.checkpoints.as_deref().map(|folder| checkpoint_path(folder, number, alpha));
        let checkpoint = path.as_deref().map(|path| {
            let every = placement.checkpoint_every;
            CheckpointFile { path, model: &described, every }
        });
        let RunOutcome { chosen: candidate, history: epochs } =
            train_run(&model, &parameters, data, alpha, config, checkpoint, observer)?;
        history.extend(epochs);
        if chosen.as_ref().is_none_or(|(former, _, _)| candidate.replaces(former)) {
            chosen = Some((candidate, parameters, model));
        }
    }
    let (chosen, parameters, model) = chosen.unwrap_or_else(|| unreachable!("alphas are not empty"));
    let logits = logits(&model, source, &fold.test, config.batch, &device)?;
    let labels: Vec<bool> = fold.test.iter().map(|row| label_of(source, *row)).collect::<Result<_, _>>()?;
    let test = Measured::of(&labels, &logits).map_err(|source| TrainError::Metric {
        fold: number,
        part: "test",
        source,
    })?;
    observer.event(Event::FoldTested { fold: number, test });
    let (name, rows, candidates) = (fold.name.clone(), fold.test.clone(), history.len());
    let weights = parameters.snapshot()?;
    Ok(FoldOutcome { number, name, chosen, candidates, test, rows, logits, history, weights })
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

/// `fold-0-alpha-0.6.checkpoint`
fn checkpoint_path(folder: &Path, fold: usize, alpha: f64) -> PathBuf {
    folder.join(format!("fold-{fold}-alpha-{alpha}.checkpoint"))
}
