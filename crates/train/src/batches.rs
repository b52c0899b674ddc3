//! From examples to the tensors of a step.

use ciskit_core::Side;
use ciskit_dataset::{Example, PairSource, pair_name};
use ciskit_encode::base_codes_into;
use ciskit_nn::{DType, Device, PairBatch, Tensor};

use crate::TrainError;

/// The sequences of a batch as base codes, one window after another.
pub(crate) struct Codes {
    pairs: usize,
    enhancers: Vec<u8>,
    promoters: Vec<u8>,
    /// What else is known of each pair, one pair after another.
    covariates: Vec<f32>,
    /// Signal along the windows of enhancers and promoters, (pairs, tracks, window length) each; empty without tracks.
    tracks: [Vec<f32>; 2],
    /// Embeddings of enhancers and promoters, (pairs, width, bins) each, with their width; `None` without.
    embeddings: Option<(usize, [Vec<f32>; 2])>,
}

impl Codes {
    /// Fetches and encodes the windows of some examples, in their order. Windows have at least one base.
    pub(crate) fn of(source: &dyn PairSource, examples: &[Example]) -> Result<Self, TrainError> {
        let empty = |side| vec![0; examples.len() * source.window_len(side)];
        let (mut enhancers, mut promoters) = (empty(Side::Enhancer), empty(Side::Promoter));
        let rows = enhancers
            .chunks_exact_mut(source.window_len(Side::Enhancer))
            .zip(promoters.chunks_exact_mut(source.window_len(Side::Promoter)));
        let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
        for ((enhancer_codes, promoter_codes), example) in rows.zip(examples) {
            source.fetch(example.pair, example.jitter, &mut enhancer, &mut promoter)?;
            for (sequence, codes) in [(&enhancer, enhancer_codes), (&promoter, promoter_codes)] {
                // A source promises windows of its lengths.
                base_codes_into(sequence, codes).unwrap_or_else(|error| unreachable!("{error}"));
            }
        }
        let covariates =
            examples.iter().flat_map(|example| source.covariates(example.pair)).copied().collect();
        let mut tracks = [Vec::new(), Vec::new()];
        if source.tracks() > 0 {
            let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
            for example in examples {
                source.fetch_tracks(example.pair, example.jitter, &mut enhancer, &mut promoter)?;
                tracks[0].append(&mut enhancer);
                tracks[1].append(&mut promoter);
            }
        }
        let embeddings = source.embedding().map(|spec| {
            let mut sides = [Vec::new(), Vec::new()];
            let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
            for example in examples {
                source.fetch_embeddings(example.pair, example.jitter, &mut enhancer, &mut promoter)?;
                sides[0].append(&mut enhancer);
                sides[1].append(&mut promoter);
            }
            Ok::<_, TrainError>((spec.width, sides))
        });
        let embeddings = embeddings.transpose()?;
        Ok(Self { pairs: examples.len(), enhancers, promoters, covariates, tracks, embeddings })
    }

    /// The codes of both sides.
    pub(crate) fn sides(&self) -> [&[u8]; 2] {
        [&self.enhancers, &self.promoters]
    }

    /// The signal along both sides' windows, pair by pair.
    pub(crate) fn tracks(&self) -> [&[f32]; 2] {
        self.tracks.each_ref().map(Vec::as_slice)
    }

    /// The embeddings of both sides' windows, pair by pair; empty without.
    pub(crate) fn embeddings(&self) -> [&[f32]; 2] {
        self.embeddings.as_ref().map_or([&[], &[]], |(_, sides)| sides.each_ref().map(Vec::as_slice))
    }

    /// The batch on a device: shapes (examples, window length) a side, (examples, covariates) (examples, tracks, window
    /// length) a side and (examples, width, bins) a side if there are any.
    pub(crate) fn batch(&self, device: &Device) -> Result<PairBatch, TrainError> {
        let mut batch = PairBatch::from_codes(self.pairs, &self.enhancers, &self.promoters, device)?;
        if !self.covariates.is_empty() {
            let shape = (self.pairs, self.covariates.len() / self.pairs);
            batch = batch.with_covariates(Tensor::from_slice(&self.covariates, shape, device)?)?;
        }
        if let Some((width, [enhancers, promoters])) = &self.embeddings {
            let of_side = |values: &[f32]| {
                let bins = values.len() / (self.pairs * width).max(1);
                Tensor::from_slice(values, (self.pairs, *width, bins), device) // (B, width, bins)
            };
            batch = batch.with_embeddings(of_side(enhancers)?, of_side(promoters)?)?;
        }
        if self.tracks[0].is_empty() {
            return Ok(batch);
        }
        let of_side = |tracks: &[f32], codes: &[u8]| {
            let (rows, length) = (tracks.len() / codes.len(), codes.len() / self.pairs);
            Tensor::from_slice(tracks, (self.pairs, rows, length), device) // (B, tracks, length)
        };
        let [enhancers, promoters] = self.tracks();
        Ok(batch.with_tracks(of_side(enhancers, &self.enhancers)?, of_side(promoters, &self.promoters)?)?)
    }
}

/// Labels of some examples as a tensor (B) of 0 and 1.
pub(crate) fn labels(
    source: &dyn PairSource,
    examples: &[Example],
    dtype: DType,
    device: &Device,
) -> Result<Tensor, TrainError> {
    let labels: Vec<f64> = examples
        .iter()
        .map(|example| label_of(source, example.pair).map(|label| f64::from(u8::from(label))))
        .collect::<Result<_, _>>()?;
    Ok(Tensor::from_vec(labels, examples.len(), device)?.to_dtype(dtype)?)
}

/// The label of a pair, which must have one.
pub(crate) fn label_of(source: &dyn PairSource, row: usize) -> Result<bool, TrainError> {
    let pair = &source.pairs()[row];
    pair.label.ok_or_else(|| TrainError::NoLabel { row, name: pair_name(pair) })
}
