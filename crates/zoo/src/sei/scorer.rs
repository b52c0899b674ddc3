//! Sei behind the traits of tools.

use std::sync::Arc;

use ciskit_core::{
    Embedding, InputWindow, Pooling, Scale, ScoreError, ScorerSpec, Scores, Selection, SequenceEmbedder,
    SequenceScorer, SpecError,
};
use ciskit_encode::base_code;
use ciskit_nn::{Device, NnError, Tensor};
use rayon::prelude::*;

use super::Sei;
use super::config::POOLED;
use crate::batches;

/// Which strands are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strands {
    /// The mean of both, as published. It takes twice the time.
    #[default]
    Mean,
    /// The one given.
    Forward,
}

/// What a letter other than A, C, G and T is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnknownBase {
    /// A quarter of each base, as published.
    #[default]
    Quarter,
    /// No base.
    Zero,
}

/// Sei as a scorer of sequences: the probability of every profile.
///
/// A variant lies on base 2047 (0-based) of the 4,096. Scores depend neither on the batch nor on the number of threads.
///
/// As an embedder it gives what the splines sum up: 256 positions of 960 numbers, each for 16 bases, of the strand given.
///
/// *Cost*: 108 billion multiplications and additions a sequence and strand as plain products. All weights are read once a
/// batch.
///
/// ```
/// use ciskit_core::{Selection, SequenceScorer};
/// use ciskit_nn::{DType, Device, Parameters};
/// use ciskit_zoo::sei::{Config, Sei, SeiScorer};
///
/// let config = Config { channels: [2, 3, 4], profiles: 7, length: 256, splines: 5 };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Sei::load(vb, &config))?;
/// let scorer = SeiScorer::new(model, Device::Cpu, None)?;
/// let (forward, reverse) = (b"GATTTTTTTTTTTTTT".repeat(16), b"AAAAAAAAAAAAAATC".repeat(16));
/// let scores = scorer.score(&[&forward, &reverse], &Selection::all())?;
/// assert_eq!(scores.shape(), [2, 1, 7]);
/// assert!((scores.get(0, 0, 3) - scores.get(1, 0, 3)).abs() < 1e-6); // the mean of both strands
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SeiScorer {
    model: Arc<Sei>,
    device: Device,
    spec: ScorerSpec,
    strands: Strands,
    unknown: UnknownBase,
}

impl SeiScorer {
    /// A scorer of the mean of both strands. Profiles without names are called `1`, `2`, ….
    ///
    /// # Errors
    ///
    /// [`SpecError::DuplicateOutput`] if two names are the same.
    pub fn new(
        model: impl Into<Arc<Sei>>,
        device: Device,
        names: Option<Vec<String>>,
    ) -> Result<Self, SpecError> {
        let model = model.into();
        let config = model.config();
        // Input and output of the widest convolution, and the input of the block, which is added to its output.
        let bytes = 3 * config.length * config.channels[0] * size_of::<f32>();
        let spec = ScorerSpec::builder(InputWindow::fixed(config.length).anchored_at(config.length / 2 - 1))
            .outputs(crate::names::outputs(config.profiles, names, Scale::Probability))
            .batch_hint(batches::fitting(bytes))
            .build()?;
        Ok(Self { model, device, spec, strands: Strands::Mean, unknown: UnknownBase::Quarter })
    }

    /// The same on other strands.
    #[must_use]
    pub fn with_strands(mut self, strands: Strands) -> Self {
        self.strands = strands;
        self
    }

    /// The same with other rows for letters that are no bases.
    #[must_use]
    pub fn with_unknown(mut self, unknown: UnknownBase) -> Self {
        self.unknown = unknown;
        self
    }

    /// The same with another number of sequences that the network sees at once.
    #[must_use]
    pub fn with_batch(mut self, sequences: usize) -> Self {
        self.spec.batch_hint = sequences.max(1);
        self
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Sei {
        &self.model
    }

    /// One-hot (B, length, 4) of one strand.
    fn encode(&self, sequences: &[&[u8]], reverse: bool) -> Result<Tensor, NnError> {
        let length = self.model.config().length;
        let unknown = match self.unknown {
            UnknownBase::Quarter => [0.25; 4],
            UnknownBase::Zero => [0.0; 4],
        };
        let row = |letter: u8| {
            let code = usize::from(base_code(letter));
            let mut row = if code < 4 { [0.0; 4] } else { unknown };
            if let Some(base) = row.get_mut(code) {
                *base = 1.0;
            }
            row
        };
        let mut values = vec![0f32; sequences.len() * 4 * length];
        values.par_chunks_exact_mut(4 * length).zip(sequences).for_each(|(values, sequence)| {
            for (values, &letter) in values.chunks_exact_mut(4).zip(*sequence) {
                values.copy_from_slice(&row(letter));
            }
            if reverse {
                // Complements are each other's mirror images in the order A, C, G, T.
                values.reverse();
            }
        });
        Ok(Tensor::from_vec(values, (sequences.len(), length, 4), &self.device)?)
    }
}

impl SequenceScorer for SeiScorer {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        batches::score("Sei", &self.spec, sequences, select, |sequences| {
            let strand = |reverse: bool| {
                let scores = self.model.forward(&self.encode(sequences, reverse)?)?; // (B, profiles)
                Ok::<Vec<f32>, NnError>(scores.flatten_all()?.to_vec1()?)
            };
            let mut scores = strand(false)?;
            if self.strands == Strands::Mean {
                for (score, other) in scores.iter_mut().zip(strand(true)?) {
                    *score = 0.5 * (*score + other);
                }
            }
            Ok(scores)
        })
    }
}

impl SequenceEmbedder for SeiScorer {
    fn width(&self) -> usize {
        self.model.config().channels[2]
    }

    fn input(&self) -> InputWindow {
        self.spec.input
    }

    fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        let positions: Vec<_> =
            (0..self.model.config().positions()).map(|at| at * POOLED..(at + 1) * POOLED).collect();
        batches::embed("Sei", &self.spec, sequences, pooling, (self.width(), &positions), |sequences| {
            let features = self.model.features(&self.encode(sequences, false)?)?; // (B, positions, C3)
            Ok(features.flatten_all()?.to_vec1()?)
        })
    }
}
