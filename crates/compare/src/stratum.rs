//! Strata: kinds of pairs on which models are measured apart.

use std::collections::{HashMap, HashSet};
use std::fmt;

use ciskit_core::{Pair, Side};
use ciskit_dataset::Split;
use serde::{Deserialize, Serialize};

use crate::TestList;

/// What pairs are told apart by.
///
/// ```
/// use ciskit_compare::Stratification;
/// assert_eq!(Stratification::PromoterDegree.to_string(), "promoter degree");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stratification {
    /// Distance of the midpoints in bp: bins with the lower end included.
    Distance,
    /// How many rows of the fold's test list have the promoter.
    PromoterDegree,
    /// Which elements occur among the fold's training or validation pairs, by name, or by place where they have none.
    Seen,
}

impl fmt::Display for Stratification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Distance => "distance",
            Self::PromoterDegree => "promoter degree",
            Self::Seen => "seen in training",
        })
    }
}

/// Names of the distance bins and their upper ends in bp, which belong to the next bin.
const DISTANCES: [(&str, f64); 6] = [
    ("0-10 kb", 1e4),
    ("10-50 kb", 5e4),
    ("50-100 kb", 1e5),
    ("100-250 kb", 2.5e5),
    ("250 kb-1 Mb", 1e6),
    ("1 Mb and more", f64::INFINITY),
];
/// Pairs without a distance.
const TRANS: &str = "other chromosome";

/// Names of the bins of promoter degrees and the largest degree in each.
const DEGREES: [(&str, usize); 5] =
    [("1", 1), ("2", 2), ("3-5", 5), ("6-10", 10), ("11 and more", usize::MAX)];

/// By enhancer seen, then promoter seen: both, enhancer, promoter, none.
const SEEN: [&str; 4] = ["both", "enhancer only", "promoter only", "none"];

/// A list's rows told apart in one way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strata {
    pub(crate) by: Stratification,
    /// Names of the strata.
    pub(crate) names: Vec<&'static str>,
    /// Index of each row's stratum, fold by fold in the order of the list.
    pub(crate) of: Vec<Vec<usize>>,
}

impl Strata {
    /// A list told apart in every way.
    pub(crate) fn all(pairs: &[Pair], split: &Split, list: &TestList) -> Vec<Self> {
        vec![by_distance(pairs, list), by_degree(pairs, list), by_seen(pairs, split, list)]
    }
}

fn by_distance(pairs: &[Pair], list: &TestList) -> Strata {
    let mut names: Vec<&str> = DISTANCES.iter().map(|(name, _)| *name).collect();
    let trans = names.len();
    let stratum = |row: &usize| {
        let within = |distance| DISTANCES.iter().position(|(_, end)| distance < *end).unwrap_or(trans - 1);
        pairs[*row].distance().map_or(trans, within)
    };
    let of: Vec<Vec<usize>> = list.folds.iter().map(|fold| fold.rows.iter().map(stratum).collect()).collect();
    if of.iter().flatten().any(|stratum| *stratum == trans) {
        names.push(TRANS);
    }
    Strata { by: Stratification::Distance, names, of }
}

fn by_degree(pairs: &[Pair], list: &TestList) -> Strata {
    let of_rows = |rows: &[usize]| {
        let keys: Vec<String> = rows.iter().map(|row| pairs[*row].promoter.key()).collect();
        let mut degrees: HashMap<&str, usize> = HashMap::new();
        for key in &keys {
            *degrees.entry(key).or_default() += 1;
        }
        let stratum = |key: &String| {
            let degree = degrees[key.as_str()];
            DEGREES.iter().position(|(_, largest)| degree <= *largest).unwrap_or(DEGREES.len() - 1)
        };
        keys.iter().map(stratum).collect()
    };
    Strata {
        by: Stratification::PromoterDegree,
        names: DEGREES.iter().map(|(name, _)| *name).collect(),
        of: list.folds.iter().map(|fold| of_rows(&fold.rows)).collect(),
    }
}

fn by_seen(pairs: &[Pair], split: &Split, list: &TestList) -> Strata {
    let of_fold = |number: usize, rows: &[usize]| {
        let fold = &split.folds[number];
        let [enhancers, promoters] = [Side::Enhancer, Side::Promoter].map(|side| {
            let known = fold.train.iter().chain(&fold.validation);
            known.map(|row| pairs[*row].element(side).key()).collect::<HashSet<String>>()
        });
        let stratum = |row: &usize| {
            let pair = &pairs[*row];
            let [enhancer, promoter] =
                [enhancers.contains(&pair.enhancer.key()), promoters.contains(&pair.promoter.key())];
            match (enhancer, promoter) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => 3,
            }
        };
        rows.iter().map(stratum).collect()
    };
    Strata {
        by: Stratification::Seen,
        names: SEEN.to_vec(),
        of: list.folds.iter().map(|fold| of_fold(fold.fold, &fold.rows)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestRatio;
    use ciskit_core::Interval;
    use ciskit_dataset::{Fold, Validation};

    fn at(contig: &str, start: u64) -> Interval {
        Interval::new(contig, start, start + 100).unwrap()
    }

    /// One fold that tests on all but the last two pairs.
    fn strata(pairs: &[Pair]) -> Vec<Strata> {
        let tested = pairs.len() - 2;
        let fold = Fold {
            name: "f".into(),
            train: vec![tested],
            validation: vec![tested + 1],
            test: (0..tested).collect(),
        };
        let split = Split {
            splitter: "by hand".into(),
            leak: None,
            validation: Validation::Own,
            folds: vec![fold],
            untested: Vec::new(),
        };
        Strata::all(pairs, &split, &TestList::of(pairs, &split, &[0], TestRatio::All, 0))
    }

    fn names(strata: &Strata) -> Vec<&'static str> {
        strata.of[0].iter().map(|stratum| strata.names[*stratum]).collect()
    }

    #[test]
    fn pairs_are_told_apart_as_by_hand() {
        let promoter = 2_000_000;
        let pair =
            |enhancer: u64, promoter: u64| Pair::new(at("c", enhancer), at("c", promoter)).with_label(true);
        let mut pairs: Vec<Pair> =
            [9_999, 10_000, 49_999, 50_000, 99_999, 100_000, 250_000, 999_999, 1_000_000]
                .map(|distance| pair(promoter - distance, promoter))
                .into();
        pairs.push(Pair::new(at("other", 5), at("c", promoter)).with_label(false));
        pairs.push(pair(7, 70));
        pairs.push(pair(7, 700));
        // Seen in training: the first enhancer and promoter 70; in validation: promoter 70's neighbour 700.
        pairs.push(pair(promoter - 9_999, 70));
        pairs.push(pair(5, 700));
        let [distance, degree, seen] = &strata(&pairs)[..] else { panic!("three ways") };
        let expected = [
            "0-10 kb",
            "10-50 kb",
            "10-50 kb",
            "50-100 kb",
            "50-100 kb",
            "100-250 kb",
            "250 kb-1 Mb",
            "250 kb-1 Mb",
            "1 Mb and more",
            "other chromosome",
            "0-10 kb",
            "0-10 kb",
        ];
        assert_eq!(names(distance), expected);
        assert_eq!(names(degree), [&["6-10"; 10][..], &["1", "1"]].concat());
        let expected = [&["enhancer only"][..], &["none"; 9], &["promoter only", "promoter only"]].concat();
        assert_eq!(names(seen), expected);
    }

    #[test]
    fn degrees_fall_into_their_bins() {
        let counts = [1, 2, 3, 5, 6, 10, 11];
        let mut pairs = Vec::new();
        for (promoter, count) in counts.into_iter().enumerate() {
            let promoter = 1_000_000 + 1_000 * promoter as u64;
            pairs.extend((0..count).map(|n| Pair::new(at("c", 200 * n), at("c", promoter)).with_label(true)));
        }
        let trained = Pair::new(at("c", 0), at("c", 1_000_000)).with_label(true);
        pairs.extend([trained.clone(), trained]);
        let strata = strata(&pairs);
        let count = |strata: &Strata, name| names(strata).iter().filter(|found| **found == name).count();
        let degrees = ["1", "2", "3-5", "6-10", "11 and more"].map(|name| count(&strata[1], name));
        assert_eq!(degrees, [1, 2, 8, 16, 11]);
        assert!(!strata[0].names.contains(&TRANS), "no pair lies on two chromosomes");
        // The first enhancer is in every group; with the first promoter only in the first.
        let seen = SEEN.map(|name| count(&strata[2], name));
        assert_eq!(seen, [1, 6, 0, 31]);
    }
}
