//! How active a place is with either allele.

use ciskit_core::Output;

use super::{for_each_output, output_names, sums};
use crate::{Blocks, EffectScore, Symmetry};

/// The larger of the two predictions, one value an output: the mean over the bins, or their sum.
///
/// It is no effect but a level, and so the only score that is not 0 for a variant equal to the reference. It tells variants in
/// places where nothing happens from those where something could.
///
/// *Source*: Avsec et al., "AlphaGenome" (2025): the scorers of active alleles.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::ActiveAllele};
///
/// let outputs = [Output::new("DNASE", Scale::Raw)];
/// let blocks = Blocks::new(&[2.0, 4.0], &[1.0, 1.0], &outputs, 2);
/// let mut values = Vec::new();
/// ActiveAllele::mean().score(&blocks, &mut values);
/// ActiveAllele::sum().score(&blocks, &mut values);
/// assert_eq!(values, [3.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveAllele {
    sum: bool,
}

impl ActiveAllele {
    /// The larger of the two means over the bins.
    #[must_use]
    pub fn mean() -> Self {
        Self { sum: false }
    }

    /// The larger of the two sums over the bins.
    #[must_use]
    pub fn sum() -> Self {
        Self { sum: true }
    }
}

impl EffectScore for ActiveAllele {
    fn name(&self) -> &str {
        if self.sum { "active-allele:of=sum" } else { "active-allele" }
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let divisor = if self.sum { 1.0 } else { blocks.bins as f64 };
        for_each_output(blocks, values, |_, bins| {
            let (reference, alternative) = sums(bins, f64::from);
            match reference.partial_cmp(&alternative) {
                Some(order) => (if order.is_lt() { alternative } else { reference }) / divisor,
                None => f64::NAN,
            }
        });
    }
}
