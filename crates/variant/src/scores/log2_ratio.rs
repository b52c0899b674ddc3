//! Ratios of what scores stand for.

use ciskit_core::Output;

use super::output_names;
use crate::quantity::log2_of_sum;
use crate::{Blocks, EffectScore, Symmetry};

/// log2 of the alternative's quantity over the reference's, one value an output; several bins are added first.
///
/// Probabilities behind logits are never formed: log2 Σ σ(x) is computed from log σ(x) = −log(1 + e^−x), so that two saturated
/// probabilities still differ. With one bin it is [`log2_ratio`](crate::log2_ratio). A quantity that is not positive gives NaN.
///
/// *Source*: log2(p(alt) / p(ref)) is the score of the comparison of Manzo et al., "Comparative analysis of deep learning models
/// for predicting causative regulatory variants" (2025).
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::Log2Ratio};
///
/// let outputs = [Output::new("probability", Scale::Probability), Output::new("logit", Scale::Logit)];
/// let mut values = Vec::new();
/// Log2Ratio.score(&Blocks::new(&[0.25, -800.0], &[0.5, -790.0], &outputs, 1), &mut values);
/// assert_eq!(values[0], 1.0);
/// assert!((values[1] - 10.0 * std::f64::consts::LOG2_E).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log2Ratio;

impl EffectScore for Log2Ratio {
    fn name(&self) -> &str {
        "log2-ratio"
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        for (index, output) in blocks.outputs.iter().enumerate() {
            let column = |block| column(block, index, blocks.outputs.len());
            let log2 = |block| log2_of_sum(output.scale, column(block));
            values.push(log2(blocks.alternative) - log2(blocks.reference));
        }
    }
}

/// The bins of one output of a block.
fn column(block: &[f32], output: usize, outputs: usize) -> impl Iterator<Item = f32> + Clone {
    block.iter().skip(output).step_by(outputs).copied()
}
