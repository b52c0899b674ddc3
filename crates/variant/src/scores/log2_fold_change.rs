//! Fold changes of coverage.

use std::ops::Range;

use ciskit_core::Output;

use super::{EffectScoreError, output_names, sums};
use crate::quantity::quantity;
use crate::{Blocks, EffectScore, Symmetry};

/// log2((Σ alternative + c) / (Σ reference + c)) over a range of bins, one value an output.
///
/// The sums are of quantities (a logit's probability, a logarithm's coverage, any other value itself) over all selected bins or
/// over a part of them. c keeps places that are nearly empty quiet. NaN where a sum with its pseudocount is not positive, or
/// the bins are not there.
///
/// *Source*: with bins around the variant and c = 1 it is AlphaGenome's score of accessibility and ChIP tracks (Avsec et al.,
/// "AlphaGenome", 2025); with all bins and c = 1, Borzoi's logSED ([`Coverage::LogSed`](super::Coverage)).
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::Log2FoldChange};
///
/// let outputs = [Output::new("ATAC", Scale::Raw)];
/// let blocks = Blocks::new(&[6.0, 1.0, 0.0], &[24.0, 3.0, 4.0], &outputs, 3);
/// let (mut values, score) = (Vec::new(), Log2FoldChange::new(1.0));
/// score.score(&blocks, &mut values);
/// score.with_bins(1..3).score(&blocks, &mut values);
/// assert_eq!(values, [2.0, 2.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Log2FoldChange {
    name: String,
    pseudocount: f64,
    bins: Option<Range<usize>>,
}

impl Log2FoldChange {
    /// The fold change over all selected bins, with a pseudocount.
    #[must_use]
    pub fn new(pseudocount: f64) -> Self {
        Self { name: format!("log2-fold-change:pseudocount={pseudocount}"), pseudocount, bins: None }
    }

    /// The same over these of the selected bins (0-based, half-open).
    #[must_use]
    pub fn with_bins(self, bins: Range<usize>) -> Self {
        let Self { pseudocount, .. } = self;
        let name = format!("log2-fold-change:pseudocount={pseudocount},bins={}-{}", bins.start, bins.end);
        Self { name, pseudocount, bins: Some(bins) }
    }
}

impl EffectScore for Log2FoldChange {
    fn name(&self) -> &str {
        &self.name
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        output_names(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Antisymmetric
    }

    fn check(&self, _: &[Output], bins: usize) -> Result<(), EffectScoreError> {
        match &self.bins {
            Some(range) if range.start >= range.end || range.end > bins => {
                let why = format!("there are no bins {} to {} among {bins}", range.start, range.end);
                Err(EffectScoreError::Undefined { score: self.name.clone(), why })
            }
            _ => Ok(()),
        }
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let bins = self.bins.clone().unwrap_or(0..blocks.bins);
        for (index, output) in blocks.outputs.iter().enumerate() {
            if bins.start >= bins.end || bins.end > blocks.bins {
                values.push(f64::NAN);
                continue;
            }
            let mut wanted = blocks.of_output(index).skip(bins.start).take(bins.len());
            let (reference, alternative) = sums(&mut wanted, |value| quantity(output.scale, value));
            let log2 = |sum: f64| match sum + self.pseudocount {
                sum if sum > 0.0 => sum.log2(),
                _ => f64::NAN,
            };
            values.push(log2(alternative) - log2(reference));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Scale;

    #[test]
    fn what_is_not_there_has_no_fold_change() {
        let outputs = [Output::new("x", Scale::Raw)];
        let score = |score: Log2FoldChange, block: &[f32]| {
            let mut values = Vec::new();
            score.score(&Blocks::new(block, block, &outputs, block.len()), &mut values);
            values[0]
        };
        assert!(score(Log2FoldChange::new(1.0).with_bins(1..3), &[1.0, 1.0]).is_nan());
        assert!(score(Log2FoldChange::new(1.0).with_bins(1..1), &[1.0, 1.0]).is_nan());
        let check = |score: Log2FoldChange| score.check(&outputs, 2).map_err(|error| error.to_string());
        assert_eq!(
            check(Log2FoldChange::new(1.0).with_bins(1..3)).unwrap_err(),
            "the score log2-fold-change:pseudocount=1,bins=1-3 has no value here: there are no bins 1 to 3 among 2"
        );
        assert!(check(Log2FoldChange::new(1.0).with_bins(1..1)).is_err());
        assert!(
            check(Log2FoldChange::new(1.0).with_bins(1..2)).is_ok()
                && check(Log2FoldChange::new(1.0)).is_ok()
        );
        assert!(score(Log2FoldChange::new(0.0), &[0.0]).is_nan());
        assert!(score(Log2FoldChange::new(1.0), &[-1.5]).is_nan());
        assert_eq!(score(Log2FoldChange::new(1.0), &[0.0]), 0.0);
    }

    #[test]
    fn quantities_are_added_and_not_their_logits() {
        let outputs = [Output::new("x", Scale::Logit)];
        let mut values = Vec::new();
        Log2FoldChange::new(0.0).score(&Blocks::new(&[0.0, 0.0], &[100.0, 100.0], &outputs, 2), &mut values);
        assert_eq!(values, [1.0]);
    }
}
