//! Plain differences.

use ciskit_core::Output;

use super::{difference_of_sums, for_each_output, output_names};
use crate::{Blocks, EffectScore, Symmetry};

/// Mean over the bins of the alternative minus that of the reference, one value an output, on the output's own scale.
///
/// For a logit it is the log odds ratio (natural), which does not saturate where probabilities do; for a probability, Sei's
/// effect on a chromatin profile.
///
/// *Source*: Chen et al., Nat. Genet. 54:940 (2022), for profiles.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::Difference};
///
/// let outputs = [Output::new("logit", Scale::Logit)];
/// let mut values = Vec::new();
/// Difference.score(&Blocks::new(&[-1.0], &[1.5], &outputs, 1), &mut values);
/// assert_eq!(values, [2.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference;

impl EffectScore for Difference {
    fn name(&self) -> &str {
        "difference"
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let bins = blocks.bins as f64;
        for_each_output(blocks, values, |_, pairs| difference_of_sums(pairs, f64::from) / bins);
    }
}
