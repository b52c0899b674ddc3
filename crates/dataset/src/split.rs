//! Splits: which pairs are trained on, which choose the model, which are tested on.

use std::fmt;

use ciskit_core::Pair;
use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// A part of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Pairs that weights are fitted to.
    Train,
    /// Pairs that choose epoch and settings.
    Validation,
    /// Pairs that are scored once, at the end.
    Test,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

impl std::str::FromStr for Part {
    type Err = DatasetError;

    /// The part of this name.
    ///
    /// # Errors
    ///
    /// [`DatasetError::UnknownPart`].
    ///
    /// ```
    /// use ciskit_dataset::{Fold, Part};
    /// assert!(Fold::PARTS.iter().all(|part| part.to_string().parse::<Part>().is_ok_and(|same| same == *part)));
    /// ```
    fn from_str(name: &str) -> Result<Self, DatasetError> {
        let named = Fold::PARTS.into_iter().find(|part| part.to_string() == name);
        named.ok_or_else(|| DatasetError::UnknownPart { name: name.to_owned() })
    }
}

/// Where a fold's validation pairs come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// Fold f is validated on the test pairs of fold (f + 1) mod k, which it does not train on.
    #[default]
    NextFold,
    /// Every fold has validation pairs of its own choice, as [`PinnedFolds`](crate::PinnedFolds) and
    /// [`CellFolds`](crate::CellFolds) on disjoint chromosomes have.
    Own,
    /// Nothing is held out: all pairs of the other folds are trained on. What is then chosen is chosen on the
    /// test pairs, as in the published protocol, or not at all.
    None,
}

/// One fold: three lists of indices of pairs, each ascending, without common elements.
///
/// ```
/// use ciskit_dataset::{Fold, Part};
///
/// let fold = Fold { name: "chr1".into(), train: vec![0, 2], validation: vec![], test: vec![1] };
/// assert_eq!(fold.part(Part::Test), [1]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Name of the fold, from what it tests on.
    pub name: String,
    /// Pairs that weights are fitted to; in a [bootstrap sample](crate::bootstrap_rows) some stand more than once.
    pub train: Vec<usize>,
    /// Pairs that choose epoch and settings; empty under [`Validation::None`].
    pub validation: Vec<usize>,
    /// Pairs that are scored once, at the end.
    pub test: Vec<usize>,
}

impl Fold {
    /// The three parts in order.
    pub const PARTS: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

    /// The pairs of a part.
    #[must_use]
    pub fn part(&self, part: Part) -> &[usize] {
        match part {
            Part::Train => &self.train,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }
}

/// A pair that no fold holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untested {
    /// Index of the pair.
    pub pair: usize,
    /// Why no fold holds it.
    pub reason: UntestedReason,
}

/// Why no fold holds a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UntestedReason {
    /// An element lies on a contig that belongs to no fold.
    ContigOutsideFolds,
    /// The two elements lie on contigs of different folds: wherever the pair went, one of them would be
    /// trained on in one fold and tested on in another.
    SidesInDifferentFolds,
    /// The pair does not say which cell it was seen in.
    UnknownCell,
    /// The file that pins the folds says so.
    Pinned,
}

impl fmt::Display for UntestedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ContigOutsideFolds => "on contigs outside of the folds",
            Self::SidesInDifferentFolds => "with sides in different folds",
            Self::UnknownCell => "of unknown cells",
            Self::Pinned => "pinned to no fold",
        })
    }
}

/// The folds that a [`Splitter`] made of a list of pairs.
///
/// Every pair is in the test part of exactly one fold or [untested](Self::untested); an untested pair is in
/// no part of any fold, so that nothing is lost and nothing is used in silence. Only
/// [`PinnedFolds`](crate::PinnedFolds) may say otherwise: they do what their rows say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// [`Splitter::name`] of who made it.
    pub splitter: String,
    /// [`Splitter::leak`] of who made it.
    pub leak: Option<String>,
    /// Where the validation parts come from.
    pub validation: Validation,
    /// The folds, the test parts in the splitter's order.
    pub folds: Vec<Fold>,
    /// Pairs in no fold, ascending.
    pub untested: Vec<Untested>,
}

impl Split {
    /// Builds the three parts of every fold from each pair's place.
    pub(crate) fn assemble(
        splitter: &dyn Splitter,
        validation: Validation,
        names: Vec<String>,
        places: &[Result<usize, UntestedReason>],
    ) -> Result<Self, DatasetError> {
        let count = names.len();
        let (needed, why) = match validation {
            Validation::NextFold | Validation::Own => (3, "a split into training, validation and test pairs"),
            Validation::None => (2, "a split into training and test pairs"),
        };
        if count < needed {
            return Err(DatasetError::TooFewFolds { found: count, needed, why });
        }
        let mut folds: Vec<Fold> = names.into_iter().map(|name| Fold { name, ..Fold::default() }).collect();
        let mut untested = Vec::new();
        for (pair, place) in places.iter().enumerate() {
            let place = match *place {
                Ok(place) => place,
                Err(reason) => {
                    untested.push(Untested { pair, reason });
                    continue;
                }
            };
            for (index, fold) in folds.iter_mut().enumerate() {
                let validates = validation != Validation::None && place == (index + 1) % count;
                match (place == index, validates) {
                    (true, _) => fold.test.push(pair),
                    (_, true) => fold.validation.push(pair),
                    _ => fold.train.push(pair),
                }
            }
        }
        let leak = splitter.leak().map(str::to_owned);
        Ok(Self { splitter: splitter.name(), leak, validation, folds, untested })
    }
}

/// A way to split pairs into folds.
///
/// # Contract
///
/// - Deterministic: the same pairs in the same order give the same split.
/// - What is known of the pairs is used as it is; nothing is read from sequence, and nothing is augmented
///   before splitting.
///
/// ```
/// use ciskit_dataset::{ChromosomeFolds, RandomFolds, Splitter};
///
/// let splitters: [Box<dyn Splitter>; 2] =
///     [Box::new(ChromosomeFolds::eight()), Box::new(RandomFolds::new(10, 0))];
/// assert_eq!(splitters.each_ref().map(|s| s.leak().is_some()), [false, true]);
/// ```
pub trait Splitter: Send + Sync {
    /// What the split is called in reports.
    fn name(&self) -> String;

    /// How the split lets a scorer do well without biology, in words; `None` if it is not known to.
    fn leak(&self) -> Option<&str>;

    /// Splits the pairs.
    ///
    /// # Errors
    ///
    /// [`DatasetError`] if the pairs cannot be split this way. A fold without positives is no error here: see
    /// [`Balance`](crate::Balance).
    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named;

    impl Splitter for Named {
        fn name(&self) -> String {
            "named".into()
        }
        fn leak(&self) -> Option<&str> {
            Some("on purpose")
        }
        fn split(&self, _: &[Pair]) -> Result<Split, DatasetError> {
            unreachable!("only the name is asked for")
        }
    }

    fn assemble(validation: Validation, folds: usize) -> Result<Split, DatasetError> {
        let places = [Ok(0), Ok(2), Err(UntestedReason::ContigOutsideFolds), Ok(1), Ok(0)];
        let names = (0..folds).map(|fold| fold.to_string()).collect();
        Split::assemble(&Named, validation, names, &places)
    }

    #[test]
    fn the_next_fold_validates_and_the_last_one_turns_round() {
        let split = assemble(Validation::NextFold, 3).unwrap();
        let parts = |fold: usize| Fold::PARTS.map(|part| split.folds[fold].part(part).to_vec());
        assert_eq!(parts(0), [vec![1], vec![3], vec![0, 4]]);
        assert_eq!(parts(1), [vec![0, 4], vec![1], vec![3]]);
        assert_eq!(parts(2), [vec![3], vec![0, 4], vec![1]]);
        assert_eq!(split.untested, [Untested { pair: 2, reason: UntestedReason::ContigOutsideFolds }]);
        assert_eq!((split.splitter.as_str(), split.leak.as_deref()), ("named", Some("on purpose")));
    }

    #[test]
    fn without_validation_all_others_train() {
        let split = assemble(Validation::None, 3).unwrap();
        assert_eq!(split.folds[0].train, [1, 3]);
        assert!(split.folds.iter().all(|fold| fold.validation.is_empty()));
    }

    #[test]
    fn too_few_folds_are_refused() {
        let refused = assemble(Validation::NextFold, 2).unwrap_err().to_string();
        assert_eq!(refused, "2 folds, but a split into training, validation and test pairs takes at least 3");
        assert!(matches!(
            Split::assemble(&Named, Validation::None, vec!["all".into()], &[]),
            Err(DatasetError::TooFewFolds { found: 1, needed: 2, .. })
        ));
    }
}
