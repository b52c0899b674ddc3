//! Fine-tuning of a published network on sequences of two classes.

mod config;
mod data;
mod epoch;

use ciskit_core::random::Stream;
use ciskit_nn::{Adam, DType, Device, Mode, Parameters, SequenceModel, Tensor, loss};

pub use config::{Backbone, FineTuneConfig};
pub use data::LabelledSequences;
pub use epoch::{FineTuneEpoch, FineTuneEvent, fine_tune_history_tsv};

use crate::{Measured, TrainError};

/// What fine-tuning came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FineTuned {
    /// Every epoch; the first is that before any step.
    pub history: Vec<FineTuneEpoch>,
    /// Epoch whose weights the parameters hold now: that of the smallest validation loss.
    pub best: usize,
}

/// Trains a network on labelled sequences until the loss on others has not fallen for some epochs, and leaves it with the
/// weights of the epoch of the smallest loss.
///
/// `parameters` are those of `model`, which sees what is changed. With [`Backbone::Frozen`] the head alone learns, and the
/// body reads every sequence once. The order of the sequences is drawn by the seed and the epoch, so the same seed gives the
/// same weights.
///
/// *Cost*: with a frozen backbone a row of features a sequence is kept; otherwise the activations of a batch.
/// *Source*: the recipe is that of Manzo et al. 2025, Genes 16, 1223 ([`FineTuneConfig::default`]).
///
/// # Errors
///
/// [`TrainError::Config`] for an impossible configuration, [`TrainError::OneClassOfSequences`] for a part of one
/// class, [`TrainError::Diverged`] if the loss is no number any more, [`TrainError::Network`] if the network fails.
///
/// ```
/// use ciskit_nn::{DType, Device, Mode, NnError, Parameters, SequenceModel, Tensor, layers::Linear};
/// use ciskit_train::{FineTuneConfig, LabelledSequences, fine_tune};
///
/// struct GcContent(Linear);
///
/// impl SequenceModel for GcContent {
///     fn features(&self, sequences: &[&[u8]], _mode: Mode) -> Result<Tensor, NnError> {
///         let share = |sequence: &&[u8]| {
///             sequence.iter().filter(|base| b"GC".contains(base)).count() as f32 / sequence.len() as f32
///         };
///         let shares: Vec<f32> = sequences.iter().map(share).collect();
///         Ok(Tensor::from_vec(shares, (sequences.len(), 1), &Device::Cpu)?)
///     }
///     fn logits(&self, features: &Tensor) -> Result<Tensor, NnError> {
///         Ok(self.0.forward(features)?.squeeze(1)?)
///     }
/// }
///
/// let load = |vb| Linear::load(vb, 1, 1).map(GcContent);
/// let (parameters, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load)?;
/// let rich = (0..40).map(|at| (if at % 2 == 0 { b"GCGCA".to_vec() } else { b"ATTAG".to_vec() }, at % 2 == 0));
/// let data: LabelledSequences = rich.collect();
/// let mut config = FineTuneConfig { epochs: 30, ..FineTuneConfig::default() };
/// config.optimiser.learning_rate = 0.1;
/// let tuned = fine_tune(&model, &parameters, &data, &data, &config, |_| Ok(()))?;
/// assert_eq!(tuned.history.last().unwrap().validation.auroc, 1.0);
/// assert!(tuned.history[tuned.best].validation_loss < tuned.history[0].validation_loss / 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fine_tune(
    model: &dyn SequenceModel,
    parameters: &Parameters,
    training: &LabelledSequences,
    validation: &LabelledSequences,
    config: &FineTuneConfig,
    mut observe: impl FnMut(FineTuneEvent<'_>) -> Result<(), TrainError>,
) -> Result<FineTuned, TrainError> {
    config.validate()?;
    training.check("training")?;
    validation.check("validation")?;
    let training = Part::of(model, training, config)?;
    let validation = Part::of(model, validation, config)?;

    let mut adam = Adam::new(config.optimiser);
    let measure = |epoch, loss| -> Result<FineTuneEpoch, TrainError> {
        let (validation_loss, measured) = validation.measure(model, epoch, config.batch)?;
        Ok(FineTuneEpoch { epoch, loss, validation_loss, validation: measured })
    };
    let mut history = vec![measure(0, None)?];
    let (mut best, mut weights) = (0, parameters.snapshot()?);
    observe(FineTuneEvent::EpochEnded { epoch: &history[0], is_best: true })?;
    for epoch in 1..=config.epochs {
        let mut order: Vec<usize> = (0..training.labels.len()).collect();
        let stream = Stream::new(config.seed, "order of fine-tuning").number(epoch as u64);
        stream.draws().shuffle(&mut order);
        let steps = order.len().div_ceil(config.batch);
        let mut sum = 0.0;
        for (step, rows) in order.chunks(config.batch).enumerate() {
            let mode = Mode::train(config.seed, adam.steps());
            let logits = training.logits(model, rows, mode)?; // (B)
            let labels: Vec<f32> = rows.iter().map(|&row| f32::from(training.labels[row])).collect();
            let labels = Tensor::from_vec(labels, rows.len(), logits.device())?;
            let loss = loss::bce_with_logits(&logits, &labels)?;
            let value = f64::from(loss.to_dtype(DType::F32)?.to_scalar::<f32>()?);
            if !value.is_finite() {
                return Err(TrainError::Diverged { epoch, what: "losses" });
            }
            adam.step(parameters, &loss.backward()?)?;
            sum += value * rows.len() as f64;
            observe(FineTuneEvent::Step { epoch, step: step + 1, steps, loss: value })?;
        }
        let ended = measure(epoch, Some(sum / order.len() as f64))?;
        let is_best = ended.validation_loss < history[best].validation_loss;
        history.push(ended);
        if is_best {
            (best, weights) = (epoch, parameters.snapshot()?);
        }
        observe(FineTuneEvent::EpochEnded { epoch: &history[epoch], is_best })?;
        if epoch - best >= config.patience {
            break;
        }
    }
    parameters.restore(&weights)?;
    Ok(FineTuned { history, best })
}

/// The log odds of some sequences, in their order; `batch` at a time.
///
/// # Errors
///
/// [`TrainError::Network`] if the network fails.
pub fn sequence_logits(
    model: &dyn SequenceModel,
    sequences: &[Vec<u8>],
    batch: usize,
) -> Result<Vec<f32>, TrainError> {
    let mut logits = Vec::with_capacity(sequences.len());
    for sequences in sequences.chunks(batch.max(1)) {
        let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let of = model.logits(&model.features(&sequences, Mode::Eval)?.detach())?.detach(); // (B)
        logits.extend(of.to_dtype(DType::F32)?.to_vec1::<f32>()?);
    }
    Ok(logits)
}

/// Sequences of one part, or what a frozen body has read of them.
struct Part<'a> {
    read: Read<'a>,
    labels: &'a [bool],
}

enum Read<'a> {
    Sequences(&'a [Vec<u8>]),
    /// (n, width).
    Features(Tensor),
}

impl<'a> Part<'a> {
    fn of(
        model: &dyn SequenceModel,
        data: &'a LabelledSequences,
        config: &FineTuneConfig,
    ) -> Result<Self, TrainError> {
        let read = match config.backbone {
            Backbone::Trained => Read::Sequences(data.sequences()),
            Backbone::Frozen => {
                let rows = data.sequences().chunks(config.batch).map(|sequences| {
                    let sequences: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
                    Ok::<_, TrainError>(model.features(&sequences, Mode::Eval)?.detach())
                });
                Read::Features(Tensor::cat(&rows.collect::<Result<Vec<_>, _>>()?, 0)?)
            }
        };
        Ok(Self { read, labels: data.labels() })
    }

    /// Log odds of some rows, (B), with their way to the parameters.
    fn logits(&self, model: &dyn SequenceModel, rows: &[usize], mode: Mode) -> Result<Tensor, TrainError> {
        let features = match &self.read {
            Read::Sequences(sequences) => {
                let sequences: Vec<&[u8]> = rows.iter().map(|&row| sequences[row].as_slice()).collect();
                model.features(&sequences, mode)?
            }
            Read::Features(features) => {
                let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
                let rows = Tensor::from_vec(rows.clone(), rows.len(), &Device::Cpu)?;
                features.index_select(&rows.to_device(features.device())?, 0)?
            }
        };
        Ok(model.logits(&features)?)
    }

    /// Mean loss, and how well the classes are told apart.
    fn measure(
        &self,
        model: &dyn SequenceModel,
        epoch: usize,
        batch: usize,
    ) -> Result<(f64, Measured), TrainError> {
        let rows: Vec<usize> = (0..self.labels.len()).collect();
        let mut logits = Vec::with_capacity(rows.len());
        for rows in rows.chunks(batch) {
            let of = self.logits(model, rows, Mode::Eval)?.detach(); // (B)
            logits.extend(of.to_dtype(DType::F32)?.to_vec1::<f32>()?);
        }
        let margin = |logit: f32, label: bool| if label { -f64::from(logit) } else { f64::from(logit) };
        let losses = logits.iter().zip(self.labels).map(|(&logit, &label)| softplus(margin(logit, label)));
        let loss = losses.sum::<f64>() / logits.len() as f64;
        // Both classes are there: what cannot be ranked is no number.
        let measured =
            Measured::of(self.labels, &logits).map_err(|_| TrainError::Diverged { epoch, what: "logits" })?;
        Ok((loss, measured))
    }
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
