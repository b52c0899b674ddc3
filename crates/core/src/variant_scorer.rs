//! Models that compare a reference with an alternative.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::sequence_scorer::in_batches;
use crate::{ScoreError, ScorerSpec, Scores, Selection, SequenceScorer};

/// The two windows of a variant, both as long as the model reads, and where the alleles lie in them.
///
/// ```
/// use ciskit_core::VariantWindow;
///
/// let window = VariantWindow::new(b"AACTT", 2..3, b"AAGTT", 2..3);
/// assert_eq!(window.reference_allele(), b"C");
/// assert_eq!(window.alternative_allele(), b"G");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VariantWindow<'a> {
    /// Window with the reference allele.
    pub reference: &'a [u8],
    /// Positions of the reference allele in `reference`, 0-based; it may be cut off by the window's end.
    pub reference_range: Range<usize>,
    /// Window with the alternative allele.
    pub alternative: &'a [u8],
    /// Positions of the alternative allele in `alternative`, 0-based.
    pub alternative_range: Range<usize>,
}

impl<'a> VariantWindow<'a> {
    /// Two windows and where the alleles lie in them.
    ///
    /// # Panics
    ///
    /// If a range leaves its window.
    #[must_use]
    pub fn new(
        reference: &'a [u8],
        reference_range: Range<usize>,
        alternative: &'a [u8],
        alternative_range: Range<usize>,
    ) -> Self {
        assert!(reference.get(reference_range.clone()).is_some(), "the reference allele leaves its window");
        assert!(
            alternative.get(alternative_range.clone()).is_some(),
            "the alternative allele leaves its window"
        );
        Self { reference, reference_range, alternative, alternative_range }
    }

    /// The reference allele as far as the window holds it.
    #[must_use]
    pub fn reference_allele(&self) -> &'a [u8] {
        &self.reference[self.reference_range.clone()]
    }

    /// The alternative allele as far as the window holds it.
    #[must_use]
    pub fn alternative_allele(&self) -> &'a [u8] {
        &self.alternative[self.alternative_range.clone()]
    }
}

/// The two blocks of a batch of variants, of one shape (variants, bins, outputs). What is made of them (a
/// difference, a log2 ratio) is not the model's business.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VariantScores {
    /// Scores of the reference alleles.
    pub reference: Scores,
    /// Scores of the alternative alleles.
    pub alternative: Scores,
}

impl VariantScores {
    /// Joins the two blocks.
    ///
    /// # Errors
    ///
    /// [`ScoreError::Shape`] if their shapes differ.
    pub fn new(reference: Scores, alternative: Scores) -> Result<Self, ScoreError> {
        if reference.shape() != alternative.shape() {
            let (expected, found) = (reference.shape(), alternative.values().len());
            return Err(crate::ShapeError { expected, found }.into());
        }
        Ok(Self { reference, alternative })
    }
}

/// A model that scores reference and alternative windows.
///
/// Every [`SequenceScorer`] is one through [`ReferenceAlternative`]; a masked language model is one directly, with
/// the two alleles' log likelihoods as the two blocks.
pub trait VariantScorer: Send + Sync {
    /// What the model takes and gives.
    fn spec(&self) -> &ScorerSpec;

    /// Both blocks for a batch of variants, restricted to `select`. Variants do not influence one another.
    ///
    /// # Errors
    ///
    /// [`ScoreError`], among others [`ScoreError::Unsupported`] for a variant that the model cannot score.
    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError>;
}

macro_rules! forward_variant_scorer {
    ($($pointer:ty),*) => {$(
        impl<S: VariantScorer + ?Sized> VariantScorer for $pointer {
            fn spec(&self) -> &ScorerSpec {
                (**self).spec()
            }
            fn score_variants(
                &self,
                variants: &[VariantWindow<'_>],
                select: &Selection,
            ) -> Result<VariantScores, ScoreError> {
                (**self).score_variants(variants, select)
            }
        }
    )*};
}
forward_variant_scorer!(&S, Box<S>, Arc<S>);

/// A [`SequenceScorer`] as a [`VariantScorer`]: scores both windows of every variant.
///
/// # Cost
///
/// Two windows a variant; equal windows of one call (several alternatives at one place, a duplicate) are scored once. They are
/// found by their hash and told apart by their letters. The model is called with `batch_hint` windows at a time.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceAlternative<S>(pub S);

impl<S: SequenceScorer> VariantScorer for ReferenceAlternative<S> {
    fn spec(&self) -> &ScorerSpec {
        self.0.spec()
    }

    fn score_variants(
        &self,
        variants: &[VariantWindow<'_>],
        select: &Selection,
    ) -> Result<VariantScores, ScoreError> {
        let (mut distinct, mut places) = (Vec::new(), HashMap::new());
        let windows = variants.iter().flat_map(|variant| [variant.reference, variant.alternative]);
        let rows: Vec<usize> = windows
            .map(|window| {
                *places.entry(window).or_insert_with(|| {
                    distinct.push(window);
                    distinct.len() - 1
                })
            })
            .collect();
        let batch = self.spec().batch_hint;
        let scores = in_batches(&distinct, batch, |windows| self.0.score(windows, select))?;
        let block = |first: usize| {
            let values = rows.iter().skip(first).step_by(2).flat_map(|row| scores.item(*row)).copied();
            Scores::new(variants.len(), scores.bins(), scores.outputs(), values.collect())
        };
        VariantScores::new(block(0)?, block(1)?)
    }
}
