//! Pinned folds: a split that somebody made before, row by row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ciskit_core::{Fnv1a, Interval, Pair};

use crate::chromosome_folds::canonical;
use crate::{DatasetError, Fold, Part, Split, Splitter, Untested, UntestedReason, Validation, pair_name};

/// A pair and one place of it in a split.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{ChromosomeFolds, Part, Pin, Splitter};
///
/// let on = |contig: &str| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new(contig, 0, 10)?, Interval::new(contig, 500, 700)?))
/// };
/// let pairs = [on("c1")?, on("c2")?, on("c3")?];
/// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
/// let pins = Pin::of_split(&pairs, &split);
/// assert_eq!(pins.len(), 9);
/// assert_eq!(pins[0].place, Some(("c1".into(), Part::Test)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The pair's name; `None` if it has none.
    pub name: Option<Arc<str>>,
    /// Where the pair's enhancer lies.
    pub enhancer: Interval,
    /// Where the pair's promoter lies.
    pub promoter: Interval,
    /// The pair's cell; `None` if it is not known.
    pub cell: Option<Arc<str>>,
    /// Fold and part; `None` for a pair that is in no fold.
    pub place: Option<(Arc<str>, Part)>,
}

impl Pin {
    /// All places of a split: fold by fold, each fold's pairs ascending, then the untested pairs.
    #[must_use]
    pub fn of_split(pairs: &[Pair], split: &Split) -> Vec<Self> {
        let pin = |index: usize, place| {
            let Pair { enhancer, promoter, name, cell, .. } = &pairs[index];
            let (enhancer, promoter) = (enhancer.interval.clone(), promoter.interval.clone());
            Self { name: name.clone(), enhancer, promoter, cell: cell.clone(), place }
        };
        let mut pins = Vec::new();
        for fold in &split.folds {
            let name: Arc<str> = fold.name.as_str().into();
            let part_of = |part: Part| fold.part(part).iter().map(move |pair| (*pair, part));
            let mut places: Vec<(usize, Part)> = Fold::PARTS.into_iter().flat_map(part_of).collect();
            places.sort_unstable();
            pins.extend(places.into_iter().map(|(pair, part)| pin(pair, Some((name.clone(), part)))));
        }
        pins.extend(split.untested.iter().map(|untested| pin(untested.pair, None)));
        pins
    }
}

/// What tells pairs apart: the two places, in either spelling of the contigs, the cell and the name.
type Key = ([(String, u64, u64); 2], Option<Arc<str>>, Option<Arc<str>>);

fn key(enhancer: &Interval, promoter: &Interval, cell: Option<&Arc<str>>, name: Option<&Arc<str>>) -> Key {
    let place =
        |interval: &Interval| (canonical(interval.contig()).to_string(), interval.start(), interval.end());
    ([place(enhancer), place(promoter)], cell.cloned(), name.cloned())
}

/// Folds read from rows that were written down before, so that anybody can repeat them.
///
/// Folds come in the order in which the rows first name them. A pair is found by its coordinates, cell and name;
/// one that no row names is refused, rows of pairs that are not there are passed over. A pair may be in any number
/// of folds, in one part of each.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{ChromosomeFolds, DatasetError, Pin, PinnedFolds, Splitter};
///
/// let on = |contig: &str| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new(contig, 0, 10)?, Interval::new(contig, 500, 700)?))
/// };
/// let mut pairs = vec![on("c1")?, on("c2")?, on("c3")?];
/// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
/// let pinned = PinnedFolds::new(&split.splitter, split.leak.clone(), Pin::of_split(&pairs, &split))?;
/// assert_eq!(pinned.split(&pairs)?.folds, split.folds);
///
/// pairs.push(on("c4")?);
/// assert!(matches!(pinned.split(&pairs), Err(DatasetError::Unpinned { pair: 3, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PinnedFolds {
    made_by: String,
    leak: Option<String>,
    names: Vec<Arc<str>>,
    places: HashMap<Key, BTreeMap<usize, Part>>,
    fingerprint: Fnv1a,
}

impl PinnedFolds {
    /// The folds of these rows; `made_by` and `leak` are what the splitter that made them said of itself.
    ///
    /// # Errors
    ///
    /// [`DatasetError::PinnedTwice`] if rows put a pair into two parts of one fold: its weights would be fitted to
    /// what they are tested on.
    pub fn new(
        made_by: &str,
        leak: Option<String>,
        pins: impl IntoIterator<Item = Pin>,
    ) -> Result<Self, DatasetError> {
        let (mut names, mut numbers) = (Vec::new(), HashMap::<Arc<str>, usize>::new());
        let mut places = HashMap::<Key, BTreeMap<usize, Part>>::new();
        let mut fingerprint = Fnv1a::default();
        for Pin { name, enhancer, promoter, cell, place } in pins {
            let key = key(&enhancer, &promoter, cell.as_ref(), name.as_ref());
            fingerprint = fingerprint.with(format!("{key:?}{place:?}\0").as_bytes());
            let of_pair = places.entry(key).or_default();
            let Some((fold, part)) = place else { continue };
            let number = *numbers.entry(fold.clone()).or_insert_with(|| {
                names.push(fold.clone());
                names.len() - 1
            });
            match of_pair.insert(number, part) {
                Some(first) if first != part => {
                    let name = pair_name(&Pair { name, ..Pair::new(enhancer, promoter) });
                    let fold = fold.to_string();
                    return Err(DatasetError::PinnedTwice { name, fold, first, second: part });
                }
                _ => {}
            }
        }
        Ok(Self { made_by: made_by.to_owned(), leak, names, places, fingerprint })
    }
}

impl Splitter for PinnedFolds {
    /// The rows have a fingerprint, so that two files are not taken for one.
    fn name(&self) -> String {
        format!("{}, pinned as {}", self.made_by, self.fingerprint)
    }

    fn leak(&self) -> Option<&str> {
        self.leak.as_deref()
    }

    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError> {
        let mut folds: Vec<Fold> =
            self.names.iter().map(|name| Fold { name: name.to_string(), ..Fold::default() }).collect();
        if folds.is_empty() {
            return Err(DatasetError::TooFewFolds { found: 0, needed: 1, why: "a split" });
        }
        let mut untested = Vec::new();
        for (index, pair) in pairs.iter().enumerate() {
            let key =
                key(&pair.enhancer.interval, &pair.promoter.interval, pair.cell.as_ref(), pair.name.as_ref());
            let Some(places) = self.places.get(&key) else {
                return Err(DatasetError::Unpinned { pair: index, name: pair_name(pair) });
            };
            for (fold, part) in places {
                let fold = &mut folds[*fold];
                match part {
                    Part::Train => fold.train.push(index),
                    Part::Validation => fold.validation.push(index),
                    Part::Test => fold.test.push(index),
                }
            }
            if places.is_empty() {
                untested.push(Untested { pair: index, reason: UntestedReason::Pinned });
            }
        }
        let validated = folds.iter().any(|fold| !fold.validation.is_empty());
        Ok(Split {
            splitter: self.name(),
            leak: self.leak.clone(),
            validation: if validated { Validation::Own } else { Validation::None },
            folds,
            untested,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RandomFolds;

    fn pair(contig: &str, start: u64) -> Pair {
        Pair::new(Interval::new(contig, start, start + 5).unwrap(), Interval::new(contig, 900, 950).unwrap())
    }

    #[test]
    fn what_is_pinned_comes_back_in_any_order_of_pairs() {
        let mut pairs: Vec<Pair> = (0..30).map(|start| pair("1", start)).collect();
        let split = RandomFolds::new(4, 1).split(&pairs).unwrap();
        let pins = Pin::of_split(&pairs, &split);
        assert_eq!(pins.len(), 4 * 30);
        let pinned = PinnedFolds::new(&split.splitter, split.leak.clone(), pins).unwrap();
        assert_eq!(pinned.split(&pairs).unwrap().folds, split.folds);
        assert!(pinned.leak().is_some(), "a leak stays one when it is written down");
        pairs.reverse();
        pairs[0] = pair("chr1", 29); // the other spelling
        let back = pinned.split(&pairs).unwrap();
        for (fold, other) in split.folds.iter().zip(&back.folds) {
            let turned: Vec<usize> = other.test.iter().rev().map(|pair| 29 - pair).collect();
            assert_eq!(fold.test, turned);
        }
    }

    #[test]
    fn contradictions_and_strangers_are_refused() {
        let pairs = [pair("1", 0), pair("1", 1)];
        let pin = |index: usize, place: Option<(&str, Part)>| Pin {
            name: None,
            enhancer: pairs[index].enhancer.interval.clone(),
            promoter: pairs[index].promoter.interval.clone(),
            cell: None,
            place: place.map(|(fold, part)| (fold.into(), part)),
        };
        let pinned = |pins: Vec<Pin>| PinnedFolds::new("by hand", None, pins);
        let twice = pinned(vec![pin(0, Some(("a", Part::Train))), pin(0, Some(("a", Part::Test)))]);
        assert_eq!(
            twice.unwrap_err().to_string(),
            "1:0-5~1:900-950 is pinned to the train part and to the test part of fold a"
        );
        let one = pinned(vec![pin(0, Some(("a", Part::Test)))]).unwrap();
        assert_eq!(
            one.split(&pairs).unwrap_err().to_string(),
            "pair 1 (1:1-6~1:900-950) is not among the pairs whose folds are pinned"
        );
        let both = pinned(vec![pin(0, Some(("a", Part::Test))), pin(1, None)]).unwrap();
        let split = both.split(&pairs).unwrap();
        assert_eq!(split.untested, [Untested { pair: 1, reason: UntestedReason::Pinned }]);
        assert_eq!(split.validation, Validation::None);
        assert_ne!(one.name(), both.name());
        // The cell is part of who a pair is.
        let other = [Pair { cell: Some("K562".into()), ..pairs[0].clone() }];
        assert!(matches!(both.split(&other), Err(DatasetError::Unpinned { .. })));
        assert!(pinned(vec![]).unwrap().split(&[]).is_err());
    }
}
