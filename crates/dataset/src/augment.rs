//! Augmentation: the training examples that a fold's training pairs become, after splitting.

use std::collections::BTreeMap;

use ciskit_core::Pair;
use serde::{Deserialize, Serialize};

use crate::{DatasetError, Fold, Jitter, Part, Purpose, Seeds, draw_negatives, pair_name};

/// A pair as it is shown to a model once: its windows moved or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Example {
    /// Index of the pair.
    pub pair: usize,
    /// How far its windows are moved.
    pub jitter: Jitter,
}

impl Example {
    /// The pair's centred windows.
    ///
    /// ```
    /// use ciskit_dataset::{Example, Jitter};
    /// assert_eq!(Example::centred(3), Example { pair: 3, jitter: Jitter::CENTRED });
    /// ```
    #[must_use]
    pub const fn centred(pair: usize) -> Self {
        Self { pair, jitter: Jitter::CENTRED }
    }
}

/// How training pairs become training examples.
///
/// A jitter of `j` bp stands for an integer drawn uniformly from −j … j − 1 for each side by itself, the
/// number that is subtracted from a window's start; 0 moves nothing. Every draw is a pure function of (seeds,
/// epoch, pair, copy), whatever else is in the fold. A pair that stands in the training part more than once, as in a
/// [bootstrap sample](crate::bootstrap_rows), has as many times the copies, each with a jitter of its own.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Augmentation, Fold, Seeds};
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let pairs = [true, false, false].map(|label| pair.clone().with_label(label));
/// let fold = Fold { train: vec![0, 1, 2], ..Fold::default() };
/// let both = Augmentation::Both { copies: 2, jitter: 100 };
/// let first = both.examples(&pairs, &fold, Seeds::of_fold(7, 0), 0)?;
/// let shown: Vec<usize> = first.iter().map(|example| example.pair).collect();
/// assert_eq!(shown, [0, 0, 1, 2]);
/// assert_ne!(first, both.examples(&pairs, &fold, Seeds::of_fold(7, 0), 1)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Augmentation {
    /// Every training pair once an epoch, centred, in the ratio of classes that the list has.
    None,
    /// The published way: in place of each positive `copies` jittered copies of it, and as many negatives as
    /// copies (all, where there are fewer), drawn without replacement, centred, once each. All epochs show
    /// the same examples.
    ///
    /// A moved window is then always a positive one: the augmentation itself tells the classes apart.
    Paper {
        /// Copies of each positive.
        copies: usize,
        /// Bound of the jitter in bp.
        jitter: u32,
    },
    /// Both classes alike, in equal numbers: `copies` jittered copies of each positive, and as many jittered
    /// negatives as copies, with fresh jitters and freshly drawn negatives every epoch.
    ///
    /// Where there are fewer negatives, all are shown equally often, and a draw of them once more for the
    /// remainder.
    Both {
        /// Copies of each positive.
        copies: usize,
        /// Bound of the jitter in bp.
        jitter: u32,
    },
}

impl Augmentation {
    /// The published setting: 10 copies, 100 bp.
    ///
    /// ```
    /// use ciskit_dataset::Augmentation;
    /// assert_eq!(Augmentation::paper(), Augmentation::Paper { copies: 10, jitter: 100 });
    /// ```
    #[must_use]
    pub const fn paper() -> Self {
        Self::Paper { copies: 10, jitter: 100 }
    }

    /// The training examples of a fold in one epoch, by ascending pair, then copy; the order in which they
    /// are shown is the training loop's.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Unlabelled`] for a training pair without label, [`DatasetError::NoPositives`] or
    /// [`DatasetError::NoNegatives`] for a training part of one class, [`DatasetError::NoCopies`] for 0
    /// copies.
    ///
    /// # Panics
    ///
    /// If the fold is not one of `pairs`.
    pub fn examples(
        self,
        pairs: &[Pair],
        fold: &Fold,
        seeds: Seeds,
        epoch: u64,
    ) -> Result<Vec<Example>, DatasetError> {
        let (positives, negatives) = classes(pairs, fold)?;
        let jitters = seeds.stream(Purpose::Jitter);
        let jittered = |jitter: u32, epoch: u64, pair: usize, copies: usize| {
            let of_pair = jitters.number(epoch).number(pair as u64);
            (0..copies).map(move |copy| Example {
                pair,
                jitter: Jitter::draw(jitter, &mut of_pair.number(copy as u64).draws()),
            })
        };
        let mut examples: Vec<Example> = match self {
            Self::None => fold.train.iter().copied().map(Example::centred).collect(),
            Self::Paper { copies: 0, .. } | Self::Both { copies: 0, .. } => {
                return Err(DatasetError::NoCopies);
            }
            Self::Paper { copies, jitter } => {
                let wanted = positives.len().saturating_mul(copies);
                let drawn = draw_negatives(pairs, &fold.train, wanted, seeds.row_seed(Purpose::Negatives));
                let copied =
                    runs(&positives).flat_map(|(pair, times)| jittered(jitter, 0, pair, times * copies));
                copied.chain(drawn.into_iter().map(Example::centred)).collect()
            }
            Self::Both { copies, jitter } => {
                let wanted = positives.len().saturating_mul(copies);
                let (shown, once_more) = (wanted / negatives.len(), wanted % negatives.len());
                let seed = seeds.stream(Purpose::Negatives).number(epoch).bits(0);
                let drawn = draw_negatives(pairs, &fold.train, once_more, seed);
                let drawn: BTreeMap<usize, usize> = runs(&drawn).collect();
                let copied = runs(&positives).map(|(pair, times)| (pair, times * copies));
                let counts = copied.chain(runs(&negatives).map(|(pair, times)| {
                    (pair, times * shown + drawn.get(&pair).copied().unwrap_or_default())
                }));
                counts.flat_map(|(pair, copies)| jittered(jitter, epoch, pair, copies)).collect()
            }
        };
        examples.sort_by_key(|example| example.pair);
        Ok(examples)
    }
}

impl Augmentation {
    /// How far windows are moved at most, in bp.
    ///
    /// ```
    /// use ciskit_dataset::Augmentation;
    ///
    /// assert_eq!((Augmentation::default().jitter(), Augmentation::None.jitter()), (100, 0));
    /// ```
    #[must_use]
    pub const fn jitter(self) -> u32 {
        match self {
            Self::Both { jitter, .. } | Self::Paper { jitter, .. } => jitter,
            Self::None => 0,
        }
    }
}

impl Default for Augmentation {
    /// 10 copies of both classes, 100 bp.
    fn default() -> Self {
        Self::Both { copies: 10, jitter: 100 }
    }
}

/// Every pair of an ascending list, and how often it stands there.
fn runs(rows: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    rows.chunk_by(|a, b| a == b).map(|same| (same[0], same.len()))
}

/// Positives and negatives among the training pairs.
fn classes(pairs: &[Pair], fold: &Fold) -> Result<(Vec<usize>, Vec<usize>), DatasetError> {
    if let Some(&pair) = fold.train.iter().find(|pair| pairs[**pair].label.is_none()) {
        return Err(DatasetError::Unlabelled { pair, name: pair_name(&pairs[pair]) });
    }
    let (positives, negatives): (Vec<usize>, Vec<usize>) =
        fold.train.iter().partition(|pair| pairs[**pair].label == Some(true));
    let (fold, part) = (fold.name.clone(), Part::Train);
    if positives.is_empty() {
        return Err(DatasetError::NoPositives { fold, part });
    }
    if negatives.is_empty() {
        return Err(DatasetError::NoNegatives { fold, part });
    }
    Ok((positives, negatives))
}

#[cfg(test)]
mod tests;
