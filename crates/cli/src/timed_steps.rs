//! How long a network takes on this machine: a few timed steps on random pairs.

use std::time::Instant;

use anyhow::Result;
use ciskit_core::random::Stream;
use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{Adam, AdamConfig, DType, Device, Mode, PairBatch, PairModel, Parameters, Tensor};
use ciskit_train::{TrainConfig, joint_loss};

/// What a network takes for a batch.
pub(crate) struct TimedSteps {
    /// Seconds of a training step: forward with dropout, loss, backward, optimiser.
    pub(crate) training: f64,
    /// Seconds of inference.
    pub(crate) inference: f64,
    /// Number of trained parameters.
    pub(crate) parameters: usize,
}

impl TimedSteps {
    /// Times so many steps of either kind on batches of random bases of the network's lengths, after one of each that
    /// warms up; on the CPU in f32.
    pub(crate) fn measure(
        config: &ModelConfig,
        optimiser: AdamConfig,
        pairs: usize,
        steps: u32,
    ) -> Result<Self> {
        let device = Device::Cpu;
        let (parameters, network) =
            Parameters::initialise(0, DType::F32, &device, |vb| Model::load(vb, config))?;
        let random = Stream::new(0, "timed steps");
        let codes = |name: &str, length: usize| -> Vec<u8> {
            let mut draws = random.name(name).draws();
            (0..pairs * length).map(|_| draws.below(4) as u8).collect()
        };
        let enhancers = codes("enhancers", config.enhancer_len());
        let promoters = codes("promoters", config.promoter_len());
        let mut batch = PairBatch::from_codes(pairs, &enhancers, &promoters, &device)?;
        if !config.covariates().is_empty() {
            let shape = (pairs, config.covariates().len());
            batch = batch.with_covariates(Tensor::zeros(shape, DType::F32, &device)?)?;
        }
        if config.tracks() > 0 {
            let zeros = |length| Tensor::zeros((pairs, config.tracks(), length), DType::F32, &device);
            batch = batch.with_tracks(zeros(config.enhancer_len())?, zeros(config.promoter_len())?)?;
        }
        if let Some(pretrained) = config.pretrained() {
            let zeros = |length: usize| {
                let shape = (pairs, pretrained.width, length.div_ceil(pretrained.bin));
                Tensor::zeros(shape, DType::F32, &device)
            };
            batch = batch.with_embeddings(zeros(config.enhancer_len())?, zeros(config.promoter_len())?)?;
        }
        let labels: Vec<f32> = (0..pairs).map(|pair| (pair % 2) as f32).collect();
        let labels = Tensor::from_vec(labels, pairs, &device)?;
        let (alpha, mut adam) = (TrainConfig::default().alphas[0], Adam::new(optimiser));
        let training = per_call(steps, |number| {
            let loss =
                joint_loss(&network.forward_t(&batch, Mode::train(0, number.into()))?, &labels, alpha)?;
            Ok(adam.step(&parameters, &loss.backward()?)?)
        })?;
        let inference = per_call(steps, |_| {
            std::hint::black_box(network.forward_t(&batch, Mode::Eval)?);
            Ok(())
        })?;
        let parameters = parameters.trainable().map(|(_, parameter)| parameter.elem_count()).sum();
        Ok(Self { training, inference, parameters })
    }
}

/// Seconds a call, after one that warms up.
fn per_call(calls: u32, mut call: impl FnMut(u32) -> Result<()>) -> Result<f64> {
    call(0)?;
    let started = Instant::now();
    for number in 1..=calls {
        call(number)?;
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(calls))
}
