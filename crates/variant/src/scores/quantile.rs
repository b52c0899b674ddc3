//! Scores among the scores of ordinary variants.

use ciskit_core::Output;

use super::{Background, EffectScoreError};
use crate::{Blocks, EffectScore, Symmetry};

/// The most that a quantile is away from the middle, so that its log odds are finite.
const CLIP: f64 = 0.99999;

/// Another score as its quantile among the values that the same score has for a background of variants, so that scores of
/// different tracks and units can be compared.
///
/// With F the share of the background below a value, ties counted by half ([`Background::quantile`]):
///
/// - signed scores become 2F − 1, clipped to ±0.99999: 0 in the background's middle, whatever the sign of the score there;
/// - sizes and levels (scores that are symmetric) become F, clipped to 0.00001..0.99999.
///
/// Never less for a larger value. NaN stays NaN, and a column without background is NaN, which
/// [`check`](EffectScore::check) refuses. A variant equal to the reference scores what the background says of 0.
///
/// *Source*: Avsec et al., "AlphaGenome" (2025), quantile scores.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, scores::{Background, Difference, Quantile}};
///
/// let background = Background::new([("ATAC", vec![-2.0, -1.0, 0.0, 1.0, 3.0])]);
/// let score = Quantile::new(Difference, background);
/// let outputs = [Output::new("ATAC", Scale::Raw)];
/// let mut values = Vec::new();
/// for alternative in [0.0, 2.0, 100.0] {
///     score.score(&Blocks::new(&[0.0], &[alternative], &outputs, 1), &mut values);
/// }
/// assert_eq!(values, [0.0, 2.0 * 0.8 - 1.0, 0.99999]);
/// ```
#[derive(Clone, Debug)]
pub struct Quantile<S> {
    name: String,
    score: S,
    background: Background,
}

impl<S: EffectScore> Quantile<S> {
    /// A score against a background, whose columns are called as those of the score, or as a table of several scores calls
    /// them ([`heading`](EffectScore::heading)), which goes first.
    #[must_use]
    pub fn new(score: S, background: Background) -> Self {
        Self { name: format!("quantile:of={}", score.name()), score, background }
    }

    /// The background.
    #[must_use]
    pub fn background(&self) -> &Background {
        &self.background
    }
}

impl<S: EffectScore> Quantile<S> {
    /// What the background calls a column of the score.
    fn known_as(&self, column: String) -> String {
        let heading = self.score.heading(&column);
        if self.background.values(&heading).is_empty() { column } else { heading }
    }
}

impl<S: EffectScore> EffectScore for Quantile<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn columns(&self, outputs: &[Output]) -> Vec<String> {
        self.score.columns(outputs)
    }

    fn symmetry(&self) -> Symmetry {
        match self.score.symmetry() {
            Symmetry::Symmetric => Symmetry::Symmetric,
            // The background's two halves may differ.
            _ => Symmetry::None,
        }
    }

    fn check(&self, outputs: &[Output], bins: usize) -> Result<(), EffectScoreError> {
        self.score.check(outputs, bins)?;
        let columns: Vec<String> =
            self.columns(outputs).into_iter().map(|column| self.known_as(column)).collect();
        let missing = self.background.missing(columns.iter().map(String::as_str));
        match missing.first() {
            None => Ok(()),
            Some(first) => {
                let (count, all) = (missing.len(), columns.len());
                let why =
                    format!("the background lacks {count} of {all} columns, the first of which is {first}");
                Err(EffectScoreError::Undefined { score: self.name.clone(), why })
            }
        }
    }

    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
        let first = values.len();
        self.score.score(blocks, values);
        let signed = self.score.symmetry() != Symmetry::Symmetric;
        for (value, column) in values[first..].iter_mut().zip(self.columns(blocks.outputs)) {
            *value = match self.background.quantile(&self.known_as(column), *value) {
                Some(share) if signed => (2.0 * share - 1.0).clamp(-CLIP, CLIP),
                Some(share) => share.clamp(1.0 - CLIP, CLIP),
                None => f64::NAN,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Difference, Norm};
    use super::*;
    use ciskit_core::Scale;
    use proptest::prelude::*;

    fn value(score: &dyn EffectScore, reference: f32, alternative: f32) -> f64 {
        let outputs = [Output::new("x", Scale::Raw)];
        let mut values = Vec::new();
        score.score(&Blocks::new(&[reference], &[alternative], &outputs, 1), &mut values);
        values[0]
    }

    #[test]
    fn sizes_lie_between_0_and_1() {
        let score = Quantile::new(Norm::L1, Background::new([("l1", vec![0.0, 1.0, 2.0, 2.0])]));
        assert_eq!(value(&score, 0.0, -1.5), 0.5);
        assert_eq!(value(&score, 0.0, 2.0), 0.75);
        assert_eq!(value(&score, 0.0, 9.0), 0.99999);
        let all_above = Quantile::new(Norm::L1, Background::new([("l1", vec![1.0])]));
        assert_eq!(value(&all_above, 0.0, 0.0), 1.0 - 0.99999);
        assert_eq!((score.name(), score.symmetry()), ("quantile:of=l1", Symmetry::Symmetric));
    }

    #[test]
    fn without_a_background_there_is_no_quantile() {
        let score = Quantile::new(Difference, Background::new([("y", vec![0.0])]));
        assert!(value(&score, 0.0, 1.0).is_nan());
        assert_eq!(score.background().missing(["x", "y"]), ["x"]);
        let outputs = ["x", "y"].map(|name| Output::new(name, Scale::Raw));
        assert_eq!(
            score.check(&outputs, 1).unwrap_err().to_string(),
            "the score quantile:of=difference has no value here: the background lacks 1 of 2 columns, the first of which is x"
        );
        assert!(score.check(&outputs[1..], 1).is_ok());
        let nan = Quantile::new(Difference, Background::new([("x", vec![0.0])]));
        assert!(value(&nan, f32::NAN, 1.0).is_nan());
    }

    #[test]
    fn a_column_may_be_called_as_among_those_of_other_scores() {
        let columns = [("x_difference", vec![0.0, 4.0]), ("x", vec![9.0])];
        let score = Quantile::new(Difference, Background::new(columns));
        assert_eq!(value(&score, 0.0, 2.0), 0.0);
        assert_eq!(value(&score, 0.0, 4.0), 0.5);
        assert!(score.check(&[Output::new("x", Scale::Raw)], 1).is_ok());
    }

    proptest! {
        #[test]
        fn larger_scores_never_have_smaller_quantiles(
            background in prop::collection::vec(-3i8..4, 1..30), mut changes in prop::collection::vec(-4f32..4.0, 2..20),
        ) {
            let background = background.into_iter().map(f64::from).collect();
            let score = Quantile::new(Difference, Background::new([("x", background)]));
            changes.extend((-4i8..5).map(f32::from));
            changes.sort_by(f32::total_cmp);
            let quantiles: Vec<f64> = changes.iter().map(|change| value(&score, 0.0, *change)).collect();
            prop_assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", quantiles);
            prop_assert!(quantiles.iter().all(|quantile| quantile.abs() <= 0.99999));
        }

        #[test]
        fn a_symmetric_background_keeps_the_sign(background in prop::collection::vec(0i8..5, 1..20), change in -6f32..6.0) {
            let both = background.into_iter().map(f64::from).flat_map(|value| [value, -value]).collect();
            let score = Quantile::new(Difference, Background::new([("x", both)]));
            let (there, back) = (value(&score, 0.0, change), value(&score, change, 0.0));
            prop_assert!((there + back).abs() < 1e-12, "{} {}", there, back);
        }
    }
}
