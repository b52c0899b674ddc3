//! Every fold, every trial; validation chooses, the test part is touched once.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use ciskit_dataset::{Fold, PairSource, Part, Purpose, Seeds, Split, subsample_negatives};
use ciskit_nn::{Device, PairModel, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batches::label_of;
use crate::fold_training::FoldTraining;
use crate::{FoldData, FoldOutcome, Observer, Protocol, Spread, TrainConfig, TrainError, Trial};

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
    /// Folder for checkpoints (one file for each fold, trial and replica) and for the outcomes of what is done
    /// ([`FoldOutcome::file`]), which must be there; `None` for none.
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
/// For every fold and every [trial](TrainConfig::trials), a model is initialised (the same way for every α), trained,
/// and measured on the validation part after every epoch. The best epoch of the best trial meets the test part, once.
/// Under [`Protocol::Paper`](crate::Protocol::Paper), every epoch meets the test part, and the best there is taken. The
/// [crate]'s page has an example. With [`TrainConfig::replicas`] above 1, so many networks of a fold come about in this way,
/// each from draws (and with [`TrainConfig::bootstrap`] a sample of the training part) of its own, and the mean of their
/// probabilities is the fold's score. Covariates are standardised by the means and deviations of the fold's training pairs.
///
/// # One fold at a time
///
/// [`Placement::folds`] with a single number trains a single fold, which depends on no other: the folds of several calls
/// are those of one. With [`Placement::checkpoints`], what a call was doing when it was killed is gone on with, and a
/// fold, or network of one, that is done is read from its file, neither trained nor scored again:
///
/// ```
/// # use ciskit_core::{InMemoryGenome, Interval, Pair};
/// # use ciskit_dataset::{ChromosomeFolds, GenomePairs, PairSource, Splitter, WindowRule};
/// use ciskit_models::{Model, ModelConfig, epipam};
/// use ciskit_train::{Event, FoldOutcome, Placement, Silent, TrainConfig, cross_validate};
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
/// # let network = epipam::Config { kernels: vec![5], pools: vec![8], ratios: vec![0.1], channels: 4, ..epipam::Config::epi() };
/// # let model = ModelConfig::Epipam(network.with_lengths(100, 60));
/// let config = TrainConfig { epochs: 1, ..TrainConfig::default() };
/// let folder = tempfile::tempdir()?;
/// let (checkpoints, folds) = (Some(folder.path().to_owned()), Some(vec![1]));
/// let placement = Placement { checkpoints, folds, ..Placement::default() };
/// let fold: FoldOutcome =
///     cross_validate::<Model>(&source, &split, &model, &config, &placement, &mut Silent)?.folds.remove(0);
/// assert!(folder.path().join("fold-1.outcome").exists());
///
/// let mut events = Vec::new();
/// let mut observer = |event| events.push(event);
/// let again = cross_validate::<Model>(&source, &split, &model, &config, &placement, &mut observer)?;
/// assert_eq!(again.folds[0].logits, fold.logits);
/// assert_eq!(events, [Event::FoldDone { fold: 1, test: fold.test }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Before anything is trained as [`check_folds`], and [`TrainError::Tune`] for a tuned setting that the model does not
/// have; [`TrainError::Outcome`] or [`TrainError::OtherRun`] for the outcome of a fold that cannot be taken over;
/// otherwise as a run of one network.
pub fn cross_validate<M>(
    source: &dyn PairSource,
    split: &Split,
    model: &M::Config,
    config: &TrainConfig,
    placement: &Placement,
    observer: &mut dyn Observer,
) -> Result<CrossValidation, TrainError>
where
    M: PairModel<Config: Clone + Debug + Serialize + DeserializeOwned>,
{
    let folds = checked_folds(source, split, config, placement)?;
    let trials = config.trials();
    let models = trials.iter().map(|trial| trial.model(model)).collect::<Result<Vec<_>, _>>()?;
    let planned: Vec<(&Trial, &M::Config)> = trials.iter().zip(models.iter().map(AsRef::as_ref)).collect();
    let training = FoldTraining::<M> { model, planned: &planned, config, placement };
    let train = |(number, fold): &(usize, Fold)| {
        training.outcome(FoldData { source, number: *number, fold }, observer)
    };
    Ok(CrossValidation { folds: folds.iter().map(train).collect::<Result<_, _>>()? })
}

/// Checks all that can be told of a training before it: what [`cross_validate`] does first.
///
/// # Errors
///
/// [`TrainError::Config`]; [`TrainError::NoFold`]; [`TrainError::RepeatedFold`]; [`TrainError::NoLabel`] for a pair without label;
/// [`TrainError::OneClass`] for a training, validation or test part that lacks a class;
/// [`TrainError::NothingChooses`] for several trials and no validation part.
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
    if config.train_on_validation {
        let validation = std::mem::take(&mut fold.validation);
        fold.train.extend(validation);
        fold.train.sort_unstable();
    }
    if let Some(ratio) = config.test_negatives_per_positive {
        let seed = Seeds::of_fold(config.seed, number).row_seed(Purpose::TestNegatives);
        for part in [&mut fold.validation, &mut fold.test] {
            *part = subsample_negatives(source.pairs(), part, ratio, seed);
        }
    }
    let trials = config.trials().len();
    if config.protocol == Protocol::Honest && fold.validation.is_empty() && trials > 1 {
        return Err(TrainError::NothingChooses { fold: number, trials });
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
