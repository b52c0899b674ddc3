//! The trait of everything that makes an effect of two blocks.

use ciskit_core::Output;

use crate::Blocks;
use crate::scores::EffectScoreError;

/// What happens to a score when reference and alternative change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symmetry {
    /// It changes its sign, exactly.
    Antisymmetric,
    /// It stays, exactly.
    Symmetric,
    /// Neither is promised.
    None,
}

/// A named score of two blocks: a difference, a log2 ratio, a distance of distributions, or your own.
///
/// A score gives one value for each of its columns. Most give one a selected output; one that joins outputs gives a single
/// one. A value that is undefined (the logarithm of a negative coverage) is NaN, which files write as missing.
///
/// ```
/// use ciskit_core::{Output, Scale};
/// use ciskit_variant::{Blocks, EffectScore, Symmetry};
///
/// /// The largest change in any bin of any output.
/// struct LargestChange;
///
/// impl EffectScore for LargestChange {
///     fn name(&self) -> &str {
///         "largest"
///     }
///     fn columns(&self, _: &[Output]) -> Vec<String> {
///         vec!["largest".into()]
///     }
///     fn symmetry(&self) -> Symmetry {
///         Symmetry::Symmetric
///     }
///     fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
///         let changes = blocks.reference.iter().zip(blocks.alternative);
///         values.push(changes.map(|(&from, &to)| f64::from((to - from).abs())).fold(0.0, f64::max));
///     }
/// }
///
/// let outputs = [Output::new("logit", Scale::Logit)];
/// let mut values = Vec::new();
/// LargestChange.score(&Blocks::new(&[1.0, 4.0], &[2.0, 1.0], &outputs, 2), &mut values);
/// assert_eq!(values, [3.0]);
/// assert_eq!(LargestChange.heading("logit"), "logit_largest");
/// ```
pub trait EffectScore: Send + Sync {
    /// Short name, as users write it and as files name it.
    fn name(&self) -> &str;

    /// What the values that [`score`](Self::score) gives for a model with these selected outputs belong to, in order: the name
    /// of the output, or the score's own name where it joins outputs.
    fn columns(&self, outputs: &[Output]) -> Vec<String>;

    /// The name of a column among those of other scores, as files have it: `OUTPUT_score`, or the score's name alone where
    /// it joins outputs. Of the score's name, letters and digits stay, and everything between them is `_`.
    fn heading(&self, column: &str) -> String {
        let name = self.name();
        let words: Vec<&str> = name
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        if column == name { words.join("_") } else { format!("{column}_{}", words.join("_")) }
    }

    /// What swapping the alleles does.
    fn symmetry(&self) -> Symmetry;

    /// Whether there can be a value in each column for these selected outputs and this number of selected bins. It is asked
    /// before anything is scored.
    ///
    /// # Errors
    ///
    /// [`EffectScoreError::Undefined`] where a column would be NaN whatever a variant changes: by default never.
    fn check(&self, outputs: &[Output], bins: usize) -> Result<(), EffectScoreError> {
        let _ = (outputs, bins);
        Ok(())
    }

    /// Appends one value for each column. A variant equal to the reference scores 0 (or NaN where undefined), unless
    /// the score says otherwise.
    fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>);
}

macro_rules! forward_effect_score {
    ($($pointer:ty),*) => {$(
        impl<S: EffectScore + ?Sized> EffectScore for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }
            fn columns(&self, outputs: &[Output]) -> Vec<String> {
                (**self).columns(outputs)
            }
            fn heading(&self, column: &str) -> String {
                (**self).heading(column)
            }
            fn symmetry(&self) -> Symmetry {
                (**self).symmetry()
            }
            fn check(&self, outputs: &[Output], bins: usize) -> Result<(), EffectScoreError> {
                (**self).check(outputs, bins)
            }
            fn score(&self, blocks: &Blocks<'_>, values: &mut Vec<f64>) {
                (**self).score(blocks, values);
            }
        }
    )*};
}
forward_effect_score!(&S, Box<S>, std::sync::Arc<S>);
