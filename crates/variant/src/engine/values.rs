//! From blocks to the values of variants.

use ciskit_core::ScoreError;
use rayon::prelude::*;

use super::VariantEngine;
use super::blocks_of::BlockPair;
use crate::Blocks;
use crate::window::Cut;

impl VariantEngine<'_> {
    /// The values of variants, in order; `None` for those that a model says it cannot score.
    pub(super) fn values(&self, cuts: &[Cut]) -> Result<Vec<Option<Vec<f64>>>, ScoreError> {
        if cuts.is_empty() {
            return Ok(Vec::new());
        }
        let by_model: Result<Vec<Vec<Vec<f64>>>, ScoreError> = self
            .scorers
            .iter()
            .map(|scorer| Ok(self.effects(&self.blocks(*scorer, cuts)?, cuts.len())))
            .collect();
        match by_model {
            Ok(by_model) => Ok(self.joined(by_model)),
            Err(ScoreError::Unsupported { .. }) if cuts.len() == 1 => Ok(vec![None]),
            // One variant's fault fails the call, so that halves are tried until it stands alone.
            Err(ScoreError::Unsupported { .. }) => {
                let (left, right) = cuts.split_at(cuts.len() / 2);
                let mut values = self.values(left)?;
                values.extend(self.values(right)?);
                Ok(values)
            }
            Err(error) => Err(error),
        }
    }

    /// Raw scores and effects of one model's blocks, a row for each variant.
    fn effects(&self, blocks: &BlockPair, variants: usize) -> Vec<Vec<f64>> {
        let (row, raw) = (self.row(), self.raw);
        let of = |variant: usize| {
            let range = variant * row..(variant + 1) * row;
            let (reference, alternative) = (&blocks.reference[range.clone()], &blocks.alternative[range]);
            let mut values = Vec::with_capacity(self.columns.len());
            let raw = reference.iter().zip(alternative).take(raw);
            values.extend(
                raw.flat_map(|(reference, alternative)| [f64::from(*reference), f64::from(*alternative)]),
            );
            let blocks = Blocks::new(reference, alternative, &self.outputs, self.bins.len()).of(&self.spec);
            self.scores.iter().for_each(|score| score.score(&blocks, &mut values));
            values
        };
        (0..variants).into_par_iter().map(of).collect()
    }

    /// The mean over models, and behind each score its standard deviation where there are several.
    fn joined(&self, mut by_model: Vec<Vec<Vec<f64>>>) -> Vec<Option<Vec<f64>>> {
        if by_model.len() == 1 {
            return by_model.swap_remove(0).into_iter().map(Some).collect();
        }
        let models = by_model.len() as f64;
        let of = |variant: usize| {
            let mut values = Vec::with_capacity(self.columns.len());
            for column in 0..by_model[0][variant].len() {
                let of_models = || by_model.iter().map(|rows| rows[variant][column]);
                let mean = of_models().sum::<f64>() / models;
                values.push(mean);
                if column >= 2 * self.raw {
                    let squares: f64 = of_models().map(|value| (value - mean).powi(2)).sum();
                    values.push((squares / (models - 1.0)).sqrt());
                }
            }
            Some(values)
        };
        (0..by_model[0].len()).map(of).collect()
    }
}
