//! Networks of tracks behind the traits of tools.

use std::ops::Range;
use std::sync::Arc;

use ciskit_core::{
    Embedding, InputWindow, Output, Pooling, Scale, ScoreError, ScorerSpec, Scores, Selection,
    SequenceEmbedder, SequenceScorer,
};
use ciskit_nn::{Device, NnError};
use rayon::prelude::*;

use super::network::{TrackNetwork, one_hot};
use super::{Species, Targets, Untransform};
use crate::batches;
use crate::error::ZooError;

/// What a network reads, and where its bins lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) length: usize,
    /// The base that a variant lies on.
    pub(crate) anchor: usize,
    pub(crate) bin_bp: usize,
    /// Central bins that are predicted, of all.
    pub(crate) bins: (usize, usize),
}

/// Enformer or Borzoi as a scorer of sequences: every track of a species in every bin.
///
/// Outputs have numbers, from 1 on, until [`with_targets`](Self::with_targets) names them. A letter other than A, C, G and T is a
/// row of zeros; the other strand is not looked at. Scores depend neither on the batch nor on the number of threads, and those
/// of a selection are exactly those columns of the whole.
///
/// As an embedder it gives what the head reads: a row a bin, or the mean of them.
///
/// *Cost*: the network runs one sequence at a time, so that memory beyond the scores does not grow with the batch. Models
/// state theirs.
#[derive(Clone, Debug)]
pub struct TrackScorer {
    network: Arc<dyn TrackNetwork>,
    species: Species,
    device: Device,
    spec: ScorerSpec,
    untransforms: Option<Vec<Untransform>>,
}

impl TrackScorer {
    pub(crate) fn new(
        network: Arc<dyn TrackNetwork>,
        window: Window,
        species: Species,
        device: Device,
    ) -> Result<Self, ZooError> {
        let name = network.name();
        let tracks = network.tracks(species).ok_or_else(|| wrong(name, "it has no such head"))?;
        let Window { length, anchor, bin_bp, bins: (bins, all) } = window;
        let first = (all - bins) / 2 * bin_bp;
        let spec = ScorerSpec::builder(InputWindow::fixed(length).anchored_at(anchor))
            .bins(bins, bin_bp as u32, first as i64)
            .outputs((1..=tracks).map(|number| Output::new(number.to_string(), Scale::Raw)))
            .batch_hint(1)
            .build()
            .map_err(|error| wrong(name, &error.to_string()))?;
        Ok(Self { network, species, device, spec, untransforms: None })
    }

    /// The same with the names and strands of a table, whose rows are the model's tracks.
    ///
    /// # Errors
    ///
    /// [`ZooError::Option`] if the table has another number of tracks, or strands that are not each other's.
    pub fn with_targets(mut self, targets: &Targets, by_description: bool) -> Result<Self, ZooError> {
        let (name, tracks) = (self.network.name(), self.spec.outputs.len());
        if targets.rows().len() != tracks {
            let found = targets.rows().len();
            return Err(wrong(name, &format!("the table has {found} targets, the model {tracks} tracks")));
        }
        let ScorerSpec { input, bins, bin_bp, first_bin_bp, batch_hint, .. } = self.spec;
        self.spec = ScorerSpec::builder(input)
            .bins(bins, bin_bp, first_bin_bp)
            .outputs(targets.outputs(by_description))
            .batch_hint(batch_hint)
            .build()
            .map_err(|error| wrong(name, &error.to_string()))?;
        Ok(self)
    }

    /// The same on the scale of coverage: one step for each track.
    ///
    /// # Errors
    ///
    /// [`ZooError::Option`] if there are more or fewer of them than tracks.
    pub fn with_untransforms(mut self, untransforms: Vec<Untransform>) -> Result<Self, ZooError> {
        let (found, tracks) = (untransforms.len(), self.spec.outputs.len());
        if found != tracks {
            let problem = format!("{found} squashed scales cannot be those of {tracks} tracks");
            return Err(wrong(self.network.name(), &problem));
        }
        self.untransforms = Some(untransforms);
        Ok(self)
    }

    /// The same with another number of sequences that are encoded at once.
    #[must_use]
    pub fn with_batch(mut self, sequences: usize) -> Self {
        self.spec.batch_hint = sequences.max(1);
        self
    }

    /// The bases of each bin.
    fn positions(&self) -> Vec<Range<usize>> {
        let ScorerSpec { bins, bin_bp, first_bin_bp, .. } = self.spec;
        let start = |bin: usize| first_bin_bp as usize + bin * bin_bp as usize;
        (0..bins).map(|bin| start(bin)..start(bin + 1)).collect()
    }

    /// (sequences, bins, outputs) of those chosen.
    fn predict(&self, sequences: &[&[u8]], bins: &[usize], outputs: &[usize]) -> Result<Vec<f32>, NnError> {
        if bins.is_empty() || outputs.is_empty() {
            return Ok(Vec::new());
        }
        let x = one_hot(sequences, sequences[0].len(), &self.device)?;
        let features = self.network.features(&x, bins)?; // (B, bins, C)
        let tracks = self.network.predict(&features, self.species, outputs)?; // (B, bins, outputs)
        let mut values: Vec<f32> = tracks.flatten_all()?.to_vec1()?;
        if let Some(untransforms) = &self.untransforms {
            let chosen: Vec<Untransform> = outputs.iter().map(|&output| untransforms[output]).collect();
            values.par_chunks_mut(chosen.len()).for_each(|row| {
                for (value, untransform) in row.iter_mut().zip(&chosen) {
                    *value = untransform.apply(*value);
                }
            });
        }
        Ok(values)
    }
}

fn wrong(model: &str, problem: &str) -> ZooError {
    ZooError::Option { model: model.to_owned(), problem: problem.to_owned() }
}

impl SequenceScorer for TrackScorer {
    fn spec(&self) -> &ScorerSpec {
        &self.spec
    }

    fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
        batches::score_chosen(
            self.network.name(),
            &self.spec,
            sequences,
            select,
            |sequences, bins, outputs| self.predict(sequences, bins, outputs),
        )
    }
}

impl SequenceEmbedder for TrackScorer {
    fn width(&self) -> usize {
        self.network.width()
    }

    fn input(&self) -> InputWindow {
        self.spec.input
    }

    fn embed(&self, sequences: &[&[u8]], pooling: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        let (positions, bins) = (self.positions(), (0..self.spec.bins).collect::<Vec<_>>());
        let shape = (self.width(), positions.as_slice());
        batches::embed(self.network.name(), &self.spec, sequences, pooling, shape, |sequences| {
            let x = one_hot(sequences, sequences[0].len(), &self.device)?;
            Ok(self.network.features(&x, &bins)?.flatten_all()?.to_vec1()?) // (B, bins, C)
        })
    }
}
