//! Likelihoods of alleles.

use ciskit_core::{Output, Scale};

use super::{EffectScoreError, difference_of_sums, for_each_output, only_of, output_names};
use crate::{Blocks, EffectScore, Symmetry};

/// Log likelihood ratio (natural) of the alternative allele against the reference, one value an output: the difference of two
/// log likelihoods, added over the bins where a model has several.
///
/// For masked language models, whose two blocks are log likelihoods of the alleles at the masked place. NaN for outputs that
/// are no logarithms ([`Scale::Log`]): their difference is no likelihood ratio.
///
/// *Source*: Benegas et al., PNAS 120:e2311219120 (2023), doi 10.1073/pnas.2311219120 (GPN).
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::LikelihoodRatio};
///
/// let outputs = [Output::new("log-likelihood", Scale::Log), Output::new("probability", Scale::Probability)];
/// let mut values = Vec::new();
/// LikelihoodRatio.score(&Blocks::new(&[-0.5, 0.6], &[-4.0, 0.1], &outputs, 1), &mut values);
/// assert_eq!(values[0], -3.5);
/// assert!(values[1].is_nan());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LikelihoodRatio;

impl EffectScore for LikelihoodRatio {
    fn name(&self) -> &str {
        "llr"
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn check(&self, outputs: &[Output], _: usize) -> Result<(), EffectScoreError> {
        only_of(&[Scale::Log], self.name(), outputs)
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        for_each_output(blocks, values, |scale, bins| match scale {
            Scale::Log => difference_of_sums(bins, f64::from),
            _ => f64::NAN,
        });
    }
}
