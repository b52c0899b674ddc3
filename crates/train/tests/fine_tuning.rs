//! Fine-tuning: what learns, when it stops, and what is left of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_nn::layers::Linear;
use ciskit_nn::{DType, Device, Doing, Mode, NnError, Parameters, SequenceModel, Tensor, VarBuilder};
use ciskit_train::{
    Backbone, FineTuneConfig, FineTuneEvent, LabelledSequences, TrainError, fine_tune, fine_tune_history_tsv,
};

/// Counts of bases, through a hidden layer (the body), to a number (the head).
struct Counts {
    body: Linear,
    head: Linear,
    reads: AtomicUsize,
}

impl Counts {
    fn load(vb: VarBuilder<'static>) -> Result<Self, NnError> {
        let (body, head) = (Linear::load(vb.pp("body"), 4, 6)?, Linear::load(vb.pp("head"), 6, 1)?);
        Ok(Self { body, head, reads: AtomicUsize::new(0) })
    }
}

impl SequenceModel for Counts {
    fn features(&self, sequences: &[&[u8]], _mode: Mode) -> Result<Tensor, NnError> {
        self.reads.fetch_add(sequences.len(), Ordering::Relaxed);
        let share = |sequence: &[u8], base: u8| {
            sequence.iter().filter(|&&found| found == base).count() as f32 / sequence.len() as f32
        };
        let shares: Vec<f32> =
            sequences.iter().flat_map(|sequence| b"ACGT".map(|base| share(sequence, base))).collect();
        let shares = Tensor::from_vec(shares, (sequences.len(), 4), &Device::Cpu).doing("a test")?;
        self.body.forward(&shares)?.tanh().doing("a test")
    }

    fn logits(&self, features: &Tensor) -> Result<Tensor, NnError> {
        self.head.forward(features)?.squeeze(1).doing("a test")
    }
}

fn network() -> (Parameters, Counts) {
    Parameters::initialise(1, DType::F32, &Device::Cpu, Counts::load).unwrap()
}

/// Class 1 has more G than C, by `excess` of twenty bases.
fn data(sequences: u64, excess: usize) -> LabelledSequences {
    let mut draws = ciskit_nn::random::Stream::new(3, "fine-tuning test").draws();
    let sequence = |label: bool, draws: &mut ciskit_nn::random::Draws| {
        let more = if label { b'G' } else { b'C' };
        let mut bases = vec![more; excess];
        bases.extend((excess..20).map(|_| b"ACGT"[draws.below(4) as usize]));
        bases
    };
    (0..sequences).map(|at| (sequence(at % 2 == 0, &mut draws), at % 2 == 0)).collect()
}

fn config(backbone: Backbone) -> FineTuneConfig {
    let mut config = FineTuneConfig { epochs: 40, backbone, seed: 2, ..FineTuneConfig::default() };
    config.optimiser.learning_rate = 0.02;
    config
}

#[test]
fn a_frozen_body_keeps_its_weights_and_reads_every_sequence_once() {
    let (parameters, model) = network();
    let before = parameters.snapshot().unwrap();
    let tuned =
        fine_tune(&model, &parameters, &data(60, 8), &data(20, 8), &config(Backbone::Frozen), |_| Ok(()));
    let tuned = tuned.unwrap();
    assert_eq!(model.reads.load(Ordering::Relaxed), 80);
    let same = |name: &str| {
        let [a, b] = [&before[name], parameters.get(name).unwrap().as_tensor()]
            .map(|tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        a == b
    };
    assert!(same("body.weight") && same("body.bias") && !same("head.weight"));
    assert!(tuned.history[tuned.best].validation.auroc > tuned.history[0].validation.auroc.min(0.9));

    let (parameters, model) = network();
    fine_tune(&model, &parameters, &data(60, 8), &data(20, 8), &config(Backbone::Trained), |_| Ok(()))
        .unwrap();
    let body = parameters.get("body.weight").unwrap().to_vec2::<f32>().unwrap();
    assert_ne!(body, before["body.weight"].to_vec2::<f32>().unwrap());
}

#[test]
fn training_stops_after_its_patience_and_keeps_the_best_weights() {
    let (parameters, model) = network();
    // Nothing to learn but the sequences themselves.
    let (training, validation) = (data(16, 0), data(40, 0));
    let config = FineTuneConfig { epochs: 200, patience: 3, ..config(Backbone::Trained) };
    let mut saved = None;
    let tuned = fine_tune(&model, &parameters, &training, &validation, &config, |event| {
        if let FineTuneEvent::EpochEnded { is_best: true, .. } = event {
            saved = Some(parameters.to_safetensors(None)?);
        }
        Ok(())
    })
    .unwrap();
    let losses: Vec<f64> = tuned.history.iter().map(|epoch| epoch.validation_loss).collect();
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[tuned.best], least);
    assert!(losses.len() < 201, "it never stopped");
    assert_eq!(losses.len() - 1, tuned.best + 3);
    assert_eq!(saved.unwrap(), parameters.to_safetensors(None).unwrap());
    let table = fine_tune_history_tsv(&tuned.history);
    assert_eq!(table.lines().count(), 2 + losses.len());
    assert!(table.lines().nth(2).unwrap().starts_with("0\t\t"), "{table}");
}

#[test]
fn one_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let run = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (parameters, model) = network();
            let config = FineTuneConfig { seed, epochs: 3, ..config(Backbone::Trained) };
            fine_tune(&model, &parameters, &data(40, 4), &data(20, 4), &config, |_| Ok(())).unwrap();
            parameters.to_safetensors(None).unwrap()
        })
    };
    assert_eq!(run(1, 1), run(1, 2));
    assert_ne!(run(1, 1), run(2, 1));
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let (parameters, model) = network();
    let one_class: LabelledSequences = [(b"ACGT".to_vec(), true)].into_iter().collect();
    let refused = |training: &LabelledSequences, validation: &LabelledSequences, config: &FineTuneConfig| {
        fine_tune(&model, &parameters, training, validation, config, |_| Ok(())).unwrap_err().to_string()
    };
    let config = config(Backbone::Trained);
    assert_eq!(
        refused(&one_class, &data(4, 0), &config),
        "the training sequences are 1 positives and 0 negatives, and both are needed"
    );
    assert!(refused(&data(4, 0), &LabelledSequences::default(), &config).starts_with("the validation"));
    let never = FineTuneConfig { patience: 0, ..config.clone() };
    assert!(refused(&data(4, 0), &data(4, 0), &never).contains("patience must be at least 1"));
    let mut steep = config;
    steep.optimiser.learning_rate = f64::NAN;
    assert!(refused(&data(4, 0), &data(4, 0), &steep).contains("learning_rate must be above 0"));
    steep.optimiser.learning_rate = 1e38;
    assert!(matches!(
        fine_tune(&model, &parameters, &data(40, 4), &data(20, 4), &steep, |_| Ok(())),
        Err(TrainError::Diverged { .. })
    ));
}
