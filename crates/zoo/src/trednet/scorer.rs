//! TREDNet behind the traits of tools.

use std::ops::Range;
use std::sync::Arc;

use ciskit_core::{
    Embedding, InputWindow, Output, Pooling, Scale, ScoreError, ScorerSpec, Scores, Selection,
    SequenceEmbedder, SequenceScorer, SpecError,
};
use ciskit_encode::{ChannelOrder, Layout, one_hot_into};
use ciskit_nn::{Device, NnError, Tensor};
use rayon::prelude::*;

use super::Trednet;
use crate::batches;

/// TREDNet as a scorer of sequences: the probability of an enhancer (`enhancer`), or of every profile.
///
/// The window's anchor is its middle base. A letter other than A, C, G and T is a row of zeros; the other strand is not looked
/// at. Scores depend neither on the batch nor on the number of threads.
///
/// As an embedder it gives the last convolution of phase one: of the published release 38 positions of 640 numbers, each for
/// 36 bases.
///
/// *Cost*: 11.5 billion multiplications and additions a sequence of 2001 bp as plain products.
///
/// ```
/// use ciskit_core::{Selection, SequenceScorer};
/// use ciskit_nn::{DType, Device, Parameters};
/// use ciskit_zoo::trednet::{Config, Trednet, TrednetScorer};
///
/// let config = Config {
///     phase_one: Config::phase_one(800, [2, 2, 3, 3, 4, 4], 5, 12),
///     phase_two: Config::phase_two(12, [2, 3], [4, 3]),
/// };
/// let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, |vb| Trednet::load(vb, &config))?;
/// let scorer = TrednetScorer::enhancers(model, Device::Cpu)?;
/// let scores = scorer.score(&[&[b'A'; 800]], &Selection::all())?;
/// assert!((0.0..=1.0).contains(&scores.values()[0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrednetScorer {
    model: Arc<Trednet>,
    phases: Phases,
    device: Device,
    spec: ScorerSpec,
    positions: Vec<Range<usize>>,
}

/// How far a sequence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phases {
    One,
    Two,
}

impl TrednetScorer {
    /// The probability of an enhancer; the model has to have a phase two.
    ///
    /// # Errors
    ///
    /// [`SpecError::NoOutputs`] if it has none.
    pub fn enhancers(model: impl Into<Arc<Trednet>>, device: Device) -> Result<Self, SpecError> {
        let model = model.into();
        if model.phase_two().is_none() {
            return Err(SpecError::NoOutputs);
        }
        Self::new(model, Phases::Two, device, vec![Output::new("enhancer", Scale::Probability)])
    }

    /// The probability of every profile. Without names they are called `1`, `2`, …, as the published list counts them.
    ///
    /// # Errors
    ///
    /// [`SpecError::DuplicateOutput`] if two names are the same. Names that are too few are followed by numbers, those that
    /// are too many left out.
    pub fn profiles(
        model: impl Into<Arc<Trednet>>,
        device: Device,
        names: Option<Vec<String>>,
    ) -> Result<Self, SpecError> {
        let model = model.into();
        let outputs = crate::names::outputs(model.targets(), names, Scale::Probability);
        Self::new(model, Phases::One, device, outputs)
    }

    fn new(
        model: Arc<Trednet>,
        phases: Phases,
        device: Device,
        outputs: Vec<Output>,
    ) -> Result<Self, SpecError> {
        let spec = ScorerSpec::builder(InputWindow::fixed(model.length()))
            .outputs(outputs)
            .batch_hint(batches::fitting(model.phase_one().activation_bytes()))
            .build()?;
        let positions = model.phase_one().feature_positions();
        Ok(Self { model, phases, device, spec, positions })
    }

    /// The same with another number of sequences that the network sees at once.
    #[must_use]
    pub fn with_batch(mut self, sequences: usize) -> Self {
        self.spec.batch_hint = sequences.max(1);
        self
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Trednet {
        &self.model
    }

    /// One-hot (B, length, 4).
    fn encode(&self, sequences: &[&[u8]]) -> Result<Tensor, NnError> {
        let length = self.model.length();
        let mut values = vec![0f32; sequences.len() * 4 * length];
        values.par_chunks_exact_mut(4 * length).zip(sequences).for_each(|(values, sequence)| {
            let encoded = one_hot_into(sequence, ChannelOrder::Acgt, Layout::PositionMajor, values);
            encoded.unwrap_or_else(|error| unreachable!("lengths were checked: {error}"));
        });
        Ok(Tensor::from_vec(values, (sequences.len(), length, 4), &self.device)?)
    }
}

impl SequenceScorer for TrednetScorer {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        batches::score("TREDNet", &self.spec, sequences, select, |sequences| {
            let x = self.encode(sequences)?; // (B, length, 4)
            let scores = match self.phases {
                Phases::One => self.model.profiles(&x)?,    // (B, targets)
                Phases::Two => self.model.probability(&x)?, // (B)
            };
            Ok(scores.flatten_all()?.to_vec1()?)
        })
    }
}

impl SequenceEmbedder for TrednetScorer {
    fn width(&self) -> usize {
        self.model.phase_one().feature_width()
    }

    fn input(&self) -> InputWindow {
        self.spec.input
    }

    fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        let shape = (self.width(), self.positions.as_slice());
        batches::embed("TREDNet", &self.spec, sequences, pooling, shape, |sequences| {
            let features = self.model.phase_one().features(&self.encode(sequences)?)?; // (B, positions, width)
            Ok(features.flatten_all()?.to_vec1()?)
        })
    }
}
