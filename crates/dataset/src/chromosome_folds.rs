//! Chromosome folds: whole chromosomes are held out, so that no element is shared between the parts of a
//! fold.

use std::collections::HashMap;

use ciskit_core::{ContigName, Pair};

use crate::grouping::{Load, spread};
use crate::{DatasetError, Split, Splitter, UntestedReason, Validation};

/// Folds of whole chromosomes.
///
/// A pair belongs to the fold of its enhancer's chromosome. Names are taken with or without `chr`, by the
/// rule of [`ContigName::alias`]. Pairs with an element on a contig of no fold (`chrY`, unplaced contigs),
/// and pairs whose promoter's chromosome belongs to another fold, are [untested](Split::untested).
///
/// *Differences from the paper*: the next fold validates, unless [`validation`](Self::validation) says
/// otherwise.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{ChromosomeFolds, Splitter};
///
/// let on = |contig: &str| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new(contig, 0, 10)?, Interval::new(contig, 500, 700)?))
/// };
/// let pairs = [on("chr2")?, on("5")?, on("chrX")?, on("chrY")?];
/// let split = ChromosomeFolds::eight().split(&pairs)?;
/// let first = &split.folds[0];
/// assert_eq!(first.name, "chr1,chr2,chr3");
/// assert_eq!((&first.train[..], &first.validation[..], &first.test[..]), (&[2][..], &[1][..], &[0][..]));
/// assert_eq!(split.untested[0].pair, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChromosomeFolds {
    groups: Groups,
    validation: Validation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Groups {
    Listed(Vec<Vec<ContigName>>),
    Balanced(usize),
    Each,
}

/// Fold of each contig, found by its [canonical] name.
type FoldOf = HashMap<ContigName, usize>;

impl ChromosomeFolds {
    /// The eight folds of the EPIPAM paper for human chromosomes: chr1 to chr22 and chrX in this order by
    /// threes; the last fold is chr22 and chrX.
    #[must_use]
    pub fn eight() -> Self {
        let names = (1..=22).map(|n| format!("chr{n}")).chain(["chrX".to_owned()]);
        let names: Vec<ContigName> = names.map(ContigName::from).collect();
        let groups = names.chunks(3).map(<[_]>::to_vec).collect();
        Self { groups: Groups::Listed(groups), validation: Validation::default() }
    }

    /// One fold for each group of contigs.
    ///
    /// # Errors
    ///
    /// [`DatasetError::ContigTwice`] if a contig, in either spelling, is listed twice.
    ///
    /// ```
    /// use ciskit_dataset::ChromosomeFolds;
    ///
    /// assert!(ChromosomeFolds::new([vec!["chr8"], vec!["chr9", "chr10"], vec!["chr11"]]).is_ok());
    /// let twice = ChromosomeFolds::new([vec!["chr8"], vec!["chr9"], vec!["8"]]).unwrap_err();
    /// assert_eq!(twice.to_string(), "contig 8 occurs in fold 0 and again in fold 2");
    /// ```
    pub fn new<N: Into<ContigName>, G: IntoIterator<Item = N>>(
        groups: impl IntoIterator<Item = G>,
    ) -> Result<Self, DatasetError> {
        let named = |group: G| group.into_iter().map(Into::into).collect();
        let groups: Vec<Vec<ContigName>> = groups.into_iter().map(named).collect();
        fold_of(&groups)?;
        Ok(Self { groups: Groups::Listed(groups), validation: Validation::default() })
    }

    /// `folds` folds of the contigs that the pairs' enhancers lie on, with about as many positives each.
    ///
    /// Contigs are taken by falling number of positives, then of pairs, then by name, each into the fold with
    /// the fewest positives (then pairs, then the first), so that the order of the pairs does not matter. A
    /// contig is never cut: one that holds most positives stays the largest fold.
    ///
    /// ```
    /// use ciskit_core::{Interval, Pair};
    /// use ciskit_dataset::{ChromosomeFolds, Splitter};
    ///
    /// let positives = |contig: &str, count: usize| {
    ///     let interval = Interval::new(contig, 0, 10).expect("0 lies before 10");
    ///     vec![Pair::new(interval.clone(), interval).with_label(true); count]
    /// };
    /// let pairs = [positives("c1", 5), positives("c2", 4), positives("c3", 2), positives("c4", 3)].concat();
    /// let split = ChromosomeFolds::balanced(3).split(&pairs)?;
    /// let names: Vec<&str> = split.folds.iter().map(|fold| fold.name.as_str()).collect();
    /// assert_eq!(names, ["c1", "c2", "c4,c3"]);
    /// # Ok::<(), ciskit_dataset::DatasetError>(())
    /// ```
    #[must_use]
    pub fn balanced(folds: usize) -> Self {
        Self { groups: Groups::Balanced(folds), validation: Validation::default() }
    }

    /// One fold for each contig that an enhancer lies on: leave one chromosome out. Numbered contigs come first,
    /// in the order of their numbers.
    ///
    /// Contigs of few positives make folds of noisy numbers; see [`Balance`](crate::Balance).
    ///
    /// ```
    /// use ciskit_core::{Interval, Pair};
    /// use ciskit_dataset::{ChromosomeFolds, Splitter};
    ///
    /// let on = |contig: &str| -> Result<Pair, ciskit_core::IntervalError> {
    ///     Ok(Pair::new(Interval::new(contig, 0, 10)?, Interval::new(contig, 500, 700)?))
    /// };
    /// let split = ChromosomeFolds::leave_one_out().split(&[on("chrX")?, on("chr10")?, on("chr9")?])?;
    /// let names: Vec<&str> = split.folds.iter().map(|fold| fold.name.as_str()).collect();
    /// assert_eq!(names, ["chr9", "chr10", "chrX"]);
    /// assert_eq!((&split.folds[0].test[..], &split.folds[0].validation[..]), (&[2][..], &[1][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn leave_one_out() -> Self {
        Self { groups: Groups::Each, validation: Validation::default() }
    }

    /// The same folds with validation pairs from elsewhere.
    #[must_use]
    pub fn validation(self, validation: Validation) -> Self {
        Self { validation, ..self }
    }
}

impl Splitter for ChromosomeFolds {
    fn name(&self) -> String {
        match &self.groups {
            Groups::Listed(groups) => format!("{} chromosome folds", groups.len()),
            Groups::Balanced(folds) => format!("{folds} chromosome folds balanced by positives"),
            Groups::Each => "leave one chromosome out".to_owned(),
        }
    }

    fn leak(&self) -> Option<&str> {
        None
    }

    fn split(&self, pairs: &[Pair]) -> Result<Split, DatasetError> {
        let groups = match &self.groups {
            Groups::Listed(groups) => groups.clone(),
            Groups::Balanced(folds) => balance(pairs, *folds)?,
            Groups::Each => each(pairs),
        };
        let fold_of = fold_of(&groups)?;
        let names = groups.iter().map(|group| group.join(",")).collect();
        let places: Vec<_> = pairs.iter().map(|pair| place(&fold_of, pair)).collect();
        Split::assemble(self, self.validation, names, &places)
    }
}

/// One name for both spellings of a contig.
pub(crate) fn canonical(name: &ContigName) -> ContigName {
    let spelled_short = !name.starts_with("chr");
    spelled_short.then(|| name.alias()).flatten().unwrap_or_else(|| name.clone())
}

fn fold_of(groups: &[Vec<ContigName>]) -> Result<FoldOf, DatasetError> {
    let mut fold_of = FoldOf::new();
    for (second, group) in groups.iter().enumerate() {
        for contig in group {
            if let Some(first) = fold_of.insert(canonical(contig), second) {
                return Err(DatasetError::ContigTwice { contig: contig.clone(), first, second });
            }
        }
    }
    Ok(fold_of)
}

fn place(fold_of: &FoldOf, pair: &Pair) -> Result<usize, UntestedReason> {
    let fold = |contig| fold_of.get(&canonical(contig)).ok_or(UntestedReason::ContigOutsideFolds);
    let (enhancer, promoter) =
        (fold(pair.enhancer.interval.contig())?, fold(pair.promoter.interval.contig())?);
    if enhancer == promoter { Ok(*enhancer) } else { Err(UntestedReason::SidesInDifferentFolds) }
}

/// The enhancers' contigs in the order of their canonical names, each by its name as first met, with its load.
fn contigs(pairs: &[Pair]) -> Vec<(ContigName, Load)> {
    let mut by_contig: HashMap<ContigName, (ContigName, Load)> = HashMap::new();
    for pair in pairs {
        let contig = pair.enhancer.interval.contig();
        let (_, load) =
            by_contig.entry(canonical(contig)).or_insert_with(|| (contig.clone(), Load::default()));
        load.count(pair.label);
    }
    let mut contigs: Vec<_> = by_contig.into_iter().collect();
    contigs.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    contigs.into_iter().map(|(_, contig)| contig).collect()
}

/// Groups of the enhancers' contigs with about as many positives each.
fn balance(pairs: &[Pair], folds: usize) -> Result<Vec<Vec<ContigName>>, DatasetError> {
    let (contigs, loads): (Vec<ContigName>, Vec<Load>) = contigs(pairs).into_iter().unzip();
    if contigs.len() < folds {
        return Err(DatasetError::TooFewContigs { contigs: contigs.len(), folds });
    }
    let named = |group: Vec<usize>| group.into_iter().map(|contig| contigs[contig].clone()).collect();
    Ok(spread(&loads, folds).into_iter().map(named).collect())
}

/// The enhancers' contigs one by one, numbered ones first and in the order of their numbers.
fn each(pairs: &[Pair]) -> Vec<Vec<ContigName>> {
    let mut contigs: Vec<ContigName> = contigs(pairs).into_iter().map(|(contig, _)| contig).collect();
    contigs.sort_by_cached_key(|contig| {
        let name = canonical(contig);
        let number = name.trim_start_matches("chr").parse::<u64>();
        (number.unwrap_or(u64::MAX), name)
    });
    contigs.into_iter().map(|contig| vec![contig]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fold, Part};
    use ciskit_core::Interval;
    use proptest::prelude::*;

    fn pair(enhancer: &str, promoter: &str, label: Option<bool>) -> Pair {
        let at = |contig: &str| Interval::new(contig, 5, 10).unwrap();
        Pair { label, ..Pair::new(at(enhancer), at(promoter)) }
    }

    fn cis(contig: &str, positive: bool) -> Pair {
        pair(contig, contig, Some(positive))
    }

    #[test]
    fn the_eight_folds_are_those_of_the_paper() {
        let names: Vec<String> = (1..=22).map(|n| format!("chr{n}")).chain(["chrX".into()]).collect();
        let pairs: Vec<Pair> = names.iter().map(|name| cis(name, true)).collect();
        let split = ChromosomeFolds::eight().split(&pairs).unwrap();
        assert_eq!(split.folds.len(), 8);
        for (index, fold) in split.folds.iter().enumerate() {
            let expected: Vec<usize> = (3 * index..(3 * index + 3).min(23)).collect();
            assert_eq!(fold.test, expected);
        }
        assert_eq!(split.folds[7].name, "chr22,chrX");
        assert_eq!(split.folds[7].validation, [0, 1, 2]);
        assert_eq!(split.leak, None);
    }

    #[test]
    fn both_spellings_mean_the_same_contig() {
        let short = ChromosomeFolds::new([["1"], ["2"], ["3"]]).unwrap();
        let pairs = [cis("chr2", true), cis("2", true), pair("chr3", "3", None)];
        let split = short.split(&pairs).unwrap();
        assert_eq!((&split.folds[1].test[..], &split.folds[2].test[..]), (&[0, 1][..], &[2][..]));

        let mixed = [cis("chr2", true), cis("2", true), cis("1", true), cis("MT", true)];
        let split = ChromosomeFolds::balanced(3).split(&mixed).unwrap();
        assert_eq!(split.folds[0].test, [0, 1]);
        assert_eq!(split.folds[0].name, "chr2");
        // Two mitochondria are different sequences.
        assert!(ChromosomeFolds::new([["chrM"], ["MT"]]).is_ok());
    }

    #[test]
    fn pairs_that_no_fold_can_hold_are_listed() {
        let pairs = [
            cis("chrY", true),
            pair("chr1", "chr4", None),
            pair("chr1", "chr2", None),
            pair("chr1", "GL1", None),
        ];
        let split = ChromosomeFolds::eight().split(&pairs).unwrap();
        let reasons: Vec<_> =
            split.untested.iter().map(|untested| (untested.pair, untested.reason)).collect();
        let outside = UntestedReason::ContigOutsideFolds;
        assert_eq!(reasons, [(0, outside), (1, UntestedReason::SidesInDifferentFolds), (3, outside)]);
        assert_eq!(split.folds[0].test, [2]);
        assert!(
            split
                .folds
                .iter()
                .all(|fold| Fold::PARTS.iter().all(|part| fold.part(*part).iter().all(|p| *p == 2)))
        );
    }

    #[test]
    fn positives_are_balanced_first_and_pairs_among_equals() {
        let contigs = [("a", 4, 0), ("b", 3, 90), ("c", 2, 0), ("d", 1, 0), ("e", 0, 5), ("f", 0, 2)];
        let pairs: Vec<Pair> = contigs
            .into_iter()
            .flat_map(|(contig, positives, negatives)| {
                [vec![cis(contig, true); positives], vec![cis(contig, false); negatives]].concat()
            })
            .collect();
        let split = ChromosomeFolds::balanced(3).split(&pairs).unwrap();
        let names: Vec<&str> = split.folds.iter().map(|fold| fold.name.as_str()).collect();
        // With d the third fold has as many positives as b and fewer pairs, so that e and f follow.
        assert_eq!(names, ["a", "b", "c,d,e,f"]);
    }

    #[test]
    fn balanced_folds_need_as_many_contigs() {
        let refused = ChromosomeFolds::balanced(3).split(&[cis("a", true), cis("b", true)]).unwrap_err();
        assert_eq!(refused.to_string(), "2 contigs with enhancers cannot be spread over 3 folds");
    }

    proptest! {
        #[test]
        fn folds_partition_the_pairs_and_share_no_contig(
            contigs in prop::collection::vec((0usize..12, 0usize..12, any::<bool>()), 0..80),
            trans in any::<bool>(),
        ) {
            let names = ["1", "chr2", "3", "chr4", "chr5", "6", "chr7", "8", "X", "chrX", "chr22", "chrY"];
            let pairs: Vec<Pair> = contigs
                .iter()
                .map(|(e, p, label)| pair(names[*e], names[if trans { *p } else { *e }], Some(*label)))
                .collect();
            for splitter in
                [ChromosomeFolds::eight(), ChromosomeFolds::balanced(3), ChromosomeFolds::leave_one_out()]
            {
                let Ok(split) = splitter.split(&pairs) else { continue };
                let mut tested: Vec<usize> = split.folds.iter().flat_map(|fold| fold.test.clone()).collect();
                tested.extend(split.untested.iter().map(|untested| untested.pair));
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..pairs.len()).collect::<Vec<_>>());
                for fold in &split.folds {
                    let size: usize = Fold::PARTS.iter().map(|part| fold.part(*part).len()).sum();
                    prop_assert_eq!(size, pairs.len() - split.untested.len());
                    let mut part_of: HashMap<ContigName, Part> = HashMap::new();
                    for part in Fold::PARTS {
                        prop_assert!(fold.part(part).is_sorted());
                        for index in fold.part(part) {
                            for element in [&pairs[*index].enhancer, &pairs[*index].promoter] {
                                let seen = part_of.insert(canonical(element.interval.contig()), part);
                                prop_assert!(seen.is_none_or(|seen| seen == part));
                            }
                        }
                    }
                }
            }
        }

        #[test]
        fn balanced_folds_do_not_depend_on_the_order_of_pairs(
            labels in prop::collection::vec((0usize..7, any::<bool>()), 40..60),
            seed in any::<u64>(),
        ) {
            let mut pairs: Vec<Pair> = (0..7).map(|n| cis(&format!("c{n}"), false)).collect();
            pairs.extend(labels.iter().map(|(contig, label)| cis(&format!("c{contig}"), *label)));
            let names = |pairs: &[Pair]| -> Vec<String> {
                let split = ChromosomeFolds::balanced(4).split(pairs).unwrap();
                split.folds.into_iter().map(|fold| fold.name).collect()
            };
            let expected = names(&pairs);
            ciskit_core::random::Stream::new(seed, "order").draws().shuffle(&mut pairs);
            prop_assert_eq!(names(&pairs), expected);
        }
    }
}
