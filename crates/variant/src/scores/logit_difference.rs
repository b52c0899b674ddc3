//! Differences of log odds.

use ciskit_core::{Output, Scale};

use super::{EffectScoreError, difference_of_sums, for_each_output, only_of, output_names};
use crate::{Blocks, EffectScore, Symmetry};

/// Difference of log odds (natural), alternative minus reference, one value an output; of several bins the mean.
///
/// Logits are taken as they are, probabilities as ln p − ln(1 − p). A probability that is 0 or 1 no longer tells its logit,
/// and outputs of other scales have none: NaN.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::LogitDifference};
///
/// let outputs = [Output::new("p", Scale::Probability), Output::new("saturated", Scale::Probability)];
/// let mut values = Vec::new();
/// LogitDifference.score(&Blocks::new(&[0.5, 0.5], &[0.75, 1.0], &outputs, 1), &mut values);
/// assert!((values[0] - 3f64.ln()).abs() < 1e-15);
/// assert!(values[1].is_nan());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogitDifference;

impl EffectScore for LogitDifference {
    fn name(&self) -> &str {
        "logit-difference"
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn check(&self, outputs: &[Output], _: usize) -> Result<(), EffectScoreError> {
        only_of(&[Scale::Logit, Scale::Probability], self.name(), outputs)
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let bins = blocks.bins as f64;
        for_each_output(blocks, values, |scale, pairs| {
            difference_of_sums(pairs, |value| logit(scale, value)) / bins
        });
    }
}

fn logit(scale: Scale, value: f32) -> f64 {
    let value = f64::from(value);
    match scale {
        Scale::Logit => value,
        Scale::Probability if value > 0.0 && value < 1.0 => value.ln() - (-value).ln_1p(),
        _ => f64::NAN,
    }
}
