//! What is fitted on training rows and scores any rows.

use std::fmt;
use std::sync::Arc;

use ciskit_core::{PairScorer, PairTableScorer};
use ciskit_dataset::PairSource;

use crate::BaselineError;

/// What a baseline looks at. A report says it beside the score, because a model that beats a baseline which sees less
/// has shown little.
///
/// ```
/// use ciskit_baselines::Evidence;
///
/// let evidence = Evidence { sequence: true, training_labels: true, ..Evidence::default() };
/// assert_eq!(evidence.to_string(), "sequence, training labels");
/// assert_eq!(Evidence::default().to_string(), "nothing");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The coordinates of the row: distance, lengths.
    pub coordinates: bool,
    /// Which other rows are scored with it.
    pub scored_list: bool,
    /// Which rows are trained on, without their labels.
    pub training_list: bool,
    /// How the windows are composed: GC, unknown bases.
    pub composition: bool,
    /// The words of the windows.
    pub sequence: bool,
    /// The labels of the training rows.
    pub training_labels: bool,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.coordinates, "coordinates"),
            (self.scored_list, "the scored list"),
            (self.training_list, "the training list"),
            (self.composition, "composition"),
            (self.sequence, "sequence"),
            (self.training_labels, "training labels"),
        ];
        let seen: Vec<&str> = all.iter().filter(|(seen, _)| *seen).map(|(_, name)| *name).collect();
        f.pad(&if seen.is_empty() { "nothing".into() } else { seen.join(", ") })
    }
}

/// Something that a model must beat: fitted on training rows, it scores any rows.
///
/// # Contract
///
/// - Fitting reads labels of the training rows only, and scoring reads none.
/// - The same source, rows and seed give the same bits for any number of threads.
/// - Larger scores are more positive, and all scores are finite.
///
/// ```
/// use ciskit_baselines::{Baseline, Baselines};
/// use ciskit_core::Side;
/// use ciskit_dataset::{ElementPairs, ElementSequences};
///
/// let enhancers = [("chr1:0-4", b"ACGT".to_vec()), ("chr1:100-104", b"GGCC".to_vec())];
/// let promoters = [("chr1:200-204", b"TTAA".to_vec())];
/// let rows = [("chr1:0-4", "chr1:200-204", Some(false)), ("chr1:100-104", "chr1:200-204", Some(true))];
/// let source = ElementPairs::new(
///     ElementSequences::new(Side::Enhancer, enhancers)?,
///     4,
///     ElementSequences::new(Side::Promoter, promoters)?,
///     4,
///     rows,
/// )?;
///
/// let distance: Box<dyn Baseline> = Baselines::named("distance")?;
/// let fitted = distance.fit(&source, &[0], 7)?;
/// assert_eq!(fitted.score(&source, &[0, 1])?, [-200.0, -100.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Baseline: Send + Sync {
    /// What it is called in tables and options.
    fn name(&self) -> &str;

    /// What it does, in one line.
    fn description(&self) -> &str;

    /// What it looks at.
    fn evidence(&self) -> Evidence;

    /// Whether a row's score depends on which other rows are scored with it. Every report must say so.
    fn is_transductive(&self) -> bool {
        self.evidence().scored_list
    }

    /// Fits the baseline on the rows `train` of the source. The seed decides all draws, if there are any.
    ///
    /// # Errors
    ///
    /// [`BaselineError`], for one that learns from labels among others [`BaselineError::Unlabelled`] and
    /// [`BaselineError::OneClass`].
    ///
    /// # Panics
    ///
    /// If the source has no such row.
    fn fit(
        &self,
        source: &dyn PairSource,
        train: &[usize],
        seed: u64,
    ) -> Result<Box<dyn FittedBaseline>, BaselineError>;
}

/// A fitted [`Baseline`].
///
/// It is also one of the scorers that all tools take: a [`PairTableScorer`] if it reads no sequence, a [`PairScorer`] if
/// sequences, distance and covariates of a pair are all that it reads.
pub trait FittedBaseline: Send + Sync {
    /// A score a row of `rows`.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] if a window cannot be read.
    ///
    /// # Panics
    ///
    /// If the source has no such row.
    fn score(&self, source: &dyn PairSource, rows: &[usize]) -> Result<Vec<f32>, BaselineError>;

    /// The scorer of pair tables, for one that reads no sequence.
    fn table_scorer(&self) -> Option<&dyn PairTableScorer> {
        None
    }

    /// The scorer of sequences, for one that reads them.
    fn pair_scorer(&self) -> Option<&dyn PairScorer> {
        None
    }
}

macro_rules! forward_baseline {
    ($($pointer:ty),*) => {$(
        impl<B: Baseline + ?Sized> Baseline for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }
            fn description(&self) -> &str {
                (**self).description()
            }
            fn evidence(&self) -> Evidence {
                (**self).evidence()
            }
            fn is_transductive(&self) -> bool {
                (**self).is_transductive()
            }
            fn fit(
                &self,
                source: &dyn PairSource,
                train: &[usize],
                seed: u64,
            ) -> Result<Box<dyn FittedBaseline>, BaselineError> {
                (**self).fit(source, train, seed)
            }
        }
    )*};
}
forward_baseline!(&B, Box<B>, Arc<B>);

macro_rules! forward_fitted_baseline {
    ($($pointer:ty),*) => {$(
        impl<F: FittedBaseline + ?Sized> FittedBaseline for $pointer {
            fn score(&self, source: &dyn PairSource, rows: &[usize]) -> Result<Vec<f32>, BaselineError> {
                (**self).score(source, rows)
            }
            fn table_scorer(&self) -> Option<&dyn PairTableScorer> {
                (**self).table_scorer()
            }
            fn pair_scorer(&self) -> Option<&dyn PairScorer> {
                (**self).pair_scorer()
            }
        }
    )*};
}
forward_fitted_baseline!(&F, Box<F>, Arc<F>);
