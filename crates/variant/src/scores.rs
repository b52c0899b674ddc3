//! The scores that come with the crate, by name.
//!
//! | name | values | formula over the bins of an output | kind |
//! |---|---|---|---|
//! | `difference` | one an output | mean alt − mean ref | signed |
//! | `log2-ratio` | one an output | log2 Σ q(alt) − log2 Σ q(ref) | signed |
//! | `log2-fold-change` | one an output | log2(Σ q(alt) + c) − log2(Σ q(ref) + c) | signed |
//! | `logit-difference` | one an output | mean of logit(alt) − mean of logit(ref) | signed |
//! | `two-class` | one | log2 σ(margin alt) − log2 σ(margin ref) | signed |
//! | `llr` | one an output | Σ alt − Σ ref of log likelihoods | signed |
//! | `sum` (`sad`), `log-sum`, `sqrt-sum`, `log-sed`, `sax` | one an output | those of Basenji and Borzoi: [`Coverage`] | signed |
//! | `d1`, `d2`, `log-d1`, `log-d2` | one an output | the same | size |
//! | `strand-merged` | one a pair of strands | those of coverage, added; `d2` and `log-d2` as √Σ²: [`StrandMerged`] | as it |
//! | `l1`, `l2`, `max` | one | Σ \|d\|, √Σ d², max \|d\| over all bins and outputs, d = alt − ref | size |
//! | `jensen-shannon` | one an output | divergence of the two profiles, in bits | size |
//! | `active-allele` | one an output | max(mean alt, mean ref) | level |
//! | `quantile` | as the score in it | its place among a background's values: [`Quantile`] | as it |
//!
//! q is the quantity behind a value: a logit's probability, a logarithm's likelihood or coverage, any other value itself.
//! Signed scores change their sign, exactly, when the alleles change places; sizes and levels stay. Sums are in f64. A bin or
//! output that is NaN makes NaN of every score that it enters.
//!
//! ```
//! use ciskit_core::{Output, Scale};
//! use ciskit_variant::{Blocks, EffectScore, scores};
//!
//! let outputs = [Output::new("DNASE", Scale::Raw)];
//! let blocks = Blocks::new(&[1.0, 2.0], &[4.0, 3.0], &outputs, 2);
//! let mut values = Vec::new();
//! for name in ["sum", "log2-fold-change:pseudocount=1", "jensen-shannon"] {
//!     scores::named(name)?.score(&blocks, &mut values);
//! }
//! assert_eq!(values[..2], [4.0, 1.0]);
//! assert!(values[2] > 0.0 && values[2] < 1.0);
//! # Ok::<(), scores::EffectScoreError>(())
//! ```

mod active_allele;
mod background;
mod coverage;
mod difference;
mod error;
mod jensen_shannon;
mod likelihood_ratio;
mod log2_fold_change;
mod log2_ratio;
mod logit_difference;
mod norm;
mod parameters;
mod quantile;
mod registry;
mod strand_merged;
mod two_class;

pub use active_allele::ActiveAllele;
pub use background::Background;
pub use coverage::Coverage;
pub use difference::Difference;
pub use error::EffectScoreError;
pub use jensen_shannon::JensenShannon;
pub use likelihood_ratio::LikelihoodRatio;
pub use log2_fold_change::Log2FoldChange;
pub use log2_ratio::Log2Ratio;
pub use logit_difference::LogitDifference;
pub use norm::Norm;
pub use quantile::Quantile;
pub use registry::{NamedScore, all, named};
pub use strand_merged::StrandMerged;
pub use two_class::{TwoClass, margin};

use ciskit_core::{Output, Scale};

use crate::Blocks;

/// The columns of a score with one value an output.
fn output_names(outputs: &[Output]) -> Vec<String> {
    outputs.iter().map(|output| output.name.clone()).collect()
}

/// Refuses outputs of which a score has no value: those of other scales than these.
fn only_of(scales: &[Scale], score: &str, outputs: &[Output]) -> Result<(), EffectScoreError> {
    let Some(other) = outputs.iter().find(|output| !scales.contains(&output.scale)) else { return Ok(()) };
    let called = |scale: &Scale| match scale {
        Scale::Logit => "a logit",
        Scale::Log => "a logarithm",
        Scale::Probability => "a probability",
        _ => "a value of its own unit",
    };
    let wanted: Vec<&str> = scales.iter().map(called).collect();
    let why = format!("{} is {}, not {}", other.name, called(&other.scale), wanted.join(" or "));
    Err(EffectScoreError::Undefined { score: score.to_owned(), why })
}

/// Appends one value an output: what `value` makes of its scale and its (reference, alternative) bins.
fn for_each_output(
    blocks: &Blocks<'_>,
    values: &mut Vec<f64>,
    value: impl Fn(Scale, &mut dyn Iterator<Item = (f32, f32)>) -> f64,
) {
    values.extend((0..blocks.outputs.len()).map(|output| {
        let mut bins = blocks.of_output(output);
        value(blocks.outputs[output].scale, &mut bins)
    }));
}

/// Alternative minus reference of the sums over an output's bins of what `of` makes of each value.
fn difference_of_sums(bins: &mut dyn Iterator<Item = (f32, f32)>, of: impl Fn(f32) -> f64) -> f64 {
    let (reference, alternative) = sums(bins, of);
    alternative - reference
}

/// Both sums over an output's bins of what `of` makes of each value.
fn sums(bins: &mut dyn Iterator<Item = (f32, f32)>, of: impl Fn(f32) -> f64) -> (f64, f64) {
    bins.fold((0.0, 0.0), |(reference, alternative), (from, to)| (reference + of(from), alternative + of(to)))
}

#[cfg(test)]
mod tests;
