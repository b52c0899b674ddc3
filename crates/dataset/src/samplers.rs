//! Negative samplers: pairs that stand against the positives, and how well they match them.
//!
//! Every sampler takes the elements and positives of a [`Universe`] and gives [`Negatives`]: pairs that are neither positive
//! nor unlabelled there, without duplicates, with a [`Matching`] that says how many of
//! the wanted ones could be met and what still tells them from the positives without any sequence.

mod background;
mod degree;
mod distance;
mod matching;
mod partner;
mod shift;
mod universe;

use ciskit_core::Pair;

use crate::{DatasetError, Seeds};

pub use background::GcBackground;
pub use degree::DegreeBalanced;
pub use distance::DistanceMatched;
pub use matching::{Comparison, Matching, Summary};
pub use partner::{RandomPartner, SamePromoter};
pub use shift::{PaperShift, Shift};
pub use universe::Universe;

/// Negatives and how they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Negatives {
    /// The negatives, labelled so, with the cell of the positive that they stand against.
    pub pairs: Vec<Pair>,
    /// The positive that each of them stands against, an index of [`Universe::positives`], ascending.
    pub positive: Vec<usize>,
    /// How well they match the positives.
    pub matching: Matching,
}

/// A way to make negatives.
///
/// # Contract
///
/// - No negative is a positive or an unlabelled pair of the universe, in either order of its two places, and none
///   occurs twice. Where fewer than wanted exist, fewer are given and the [`Matching`] says so.
/// - The same universe and seeds give the same negatives, whatever the number of threads.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{NegativeSampler, RandomPartner, SamePromoter, Seeds, Universe};
///
/// let pair = |enhancer, promoter, label| -> Result<Pair, ciskit_core::IntervalError> {
///     let at = |start| Interval::new("chr1", start, start + 10);
///     Ok(Pair::new(at(enhancer)?, at(promoter)?).with_label(label))
/// };
/// let pairs = [pair(0, 900, true)?, pair(100, 900, false)?, pair(200, 800, false)?];
/// let universe = Universe::of(&pairs);
/// let samplers: [Box<dyn NegativeSampler>; 2] =
///     [Box::new(SamePromoter::new(2)), Box::new(RandomPartner::new(2))];
/// for sampler in samplers {
///     let negatives = sampler.sample(&universe, Seeds::of_run(7))?;
///     assert!(negatives.pairs.iter().all(|pair| pair.label == Some(false)));
///     assert_eq!(negatives, sampler.sample(&universe, Seeds::of_run(7))?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait NegativeSampler: Send + Sync {
    /// What the sampler is called in reports.
    fn name(&self) -> String;

    /// Draws negatives against the universe's positives.
    ///
    /// # Errors
    ///
    /// [`DatasetError::NoSampledPositives`] without positives; what a sampler needs beyond the universe (a genome)
    /// may fail too. Too few candidates are no error.
    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError>;
}
