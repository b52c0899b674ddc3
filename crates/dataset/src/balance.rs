//! Balance: what each part of each fold holds, and what that forbids.

use std::fmt;

use ciskit_core::Pair;
use serde::Serialize;

use crate::census::Census;
use crate::{DatasetError, Fold, Part, Split, Validation};

/// What one part of one fold holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalanceRow {
    /// Name of the fold.
    pub fold: String,
    /// Which part.
    pub part: Part,
    /// Number of pairs, with and without label.
    pub pairs: usize,
    /// Number of pairs labelled positive.
    pub positives: usize,
    /// Number of pairs labelled negative.
    pub negatives: usize,
    /// Share of positives among the labelled pairs; `None` if there are none.
    pub share: Option<f64>,
    /// Number of different enhancers, by name, or by place where they have none.
    pub enhancers: usize,
    /// Number of different promoters, likewise.
    pub promoters: usize,
    /// Contigs of the enhancers, in the order in which the pairs first name them.
    pub contigs: Vec<String>,
}

impl BalanceRow {
    fn of(pairs: &[Pair], census: &Census, fold: &Fold, part: Part) -> Self {
        let members = fold.part(part);
        let count = |label| members.iter().filter(|pair| pairs[**pair].label == Some(label)).count();
        let distinct = |numbers: &[usize]| Census::distinct(numbers, members);
        let (positives, negatives) = (count(true), count(false));
        let labelled = positives + negatives;
        let contigs = distinct(&census.contigs).into_iter().map(|n| census.contig_names[n].to_owned());
        Self {
            fold: fold.name.clone(),
            part,
            pairs: members.len(),
            positives,
            negatives,
            share: (labelled > 0).then(|| positives as f64 / labelled as f64),
            enhancers: distinct(&census.enhancers).len(),
            promoters: distinct(&census.promoters).len(),
            contigs: contigs.collect(),
        }
    }

    /// Whether the part can be trained or measured on.
    ///
    /// # Errors
    ///
    /// [`DatasetError::NoPositives`] or [`DatasetError::NoNegatives`] if it lacks a class.
    pub fn check(&self) -> Result<(), DatasetError> {
        let (fold, part) = (self.fold.clone(), self.part);
        match (self.positives, self.negatives) {
            (0, _) => Err(DatasetError::NoPositives { fold, part }),
            (_, 0) => Err(DatasetError::NoNegatives { fold, part }),
            _ => Ok(()),
        }
    }
}

/// What each part of each fold of a split holds. Shown as an aligned table, serialised for reports.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{Balance, ChromosomeFolds, Part, Splitter, Warning};
///
/// let on = |contig: &str, label| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new(contig, 0, 9)?, Interval::new(contig, 50, 70)?).with_label(label))
/// };
/// let pairs = [on("c1", true)?, on("c1", false)?, on("c2", true)?, on("c3", true)?, on("c3", false)?];
/// let balance = Balance::of(&pairs, &ChromosomeFolds::balanced(3).split(&pairs)?);
/// let train = &balance.rows[0];
/// assert_eq!((train.part, train.pairs, train.share), (Part::Train, 1, Some(1.0)));
/// assert!(balance.warnings().contains(&Warning::NoNegatives { fold: "c2".into(), part: Part::Test }));
/// assert_eq!(balance.check().unwrap_err().to_string(), "the train part of fold c1 has no negatives");
/// assert!(balance.to_string().lines().next().is_some_and(|header| header.starts_with("fold  part")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Balance {
    /// What the split is called.
    pub splitter: String,
    /// How the split lets a scorer do well without biology; `None` if it is not known to.
    pub leak: Option<String>,
    /// Three rows a fold, in the order of [`Fold::PARTS`]; two where nothing is held out for validation.
    pub rows: Vec<BalanceRow>,
    /// Number of pairs in no fold.
    pub untested: usize,
}

/// What a reader of the balance must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Warning {
    /// The split says of itself that it leaks.
    Leaky {
        /// How, in words.
        why: String,
    },
    /// Pairs in no fold.
    Untested {
        /// How many.
        pairs: usize,
    },
    /// A part without positives.
    NoPositives {
        /// Name of the fold.
        fold: String,
        /// Which part.
        part: Part,
    },
    /// A part without negatives.
    NoNegatives {
        /// Name of the fold.
        fold: String,
        /// Which part.
        part: Part,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaky { why } => write!(f, "the split is leaky: {why}"),
            Self::Untested { pairs } => {
                write!(f, "{pairs} pairs are in no fold: neither trained nor tested on")
            }
            Self::NoPositives { fold, part } => write!(f, "the {part} part of fold {fold} has no positives"),
            Self::NoNegatives { fold, part } => write!(f, "the {part} part of fold {fold} has no negatives"),
        }
    }
}

impl Balance {
    /// Counts what a split's parts hold.
    ///
    /// *Cost*: O(pairs × folds).
    ///
    /// # Panics
    ///
    /// If the split is not one of `pairs`.
    #[must_use]
    pub fn of(pairs: &[Pair], split: &Split) -> Self {
        let census = Census::of(pairs);
        let parts = |fold| Fold::PARTS.into_iter().map(move |part| (fold, part));
        let present = |part| part != Part::Validation || split.validation != Validation::None;
        let rows = split.folds.iter().flat_map(parts).filter(|(_, part)| present(*part));
        Self {
            splitter: split.splitter.clone(),
            leak: split.leak.clone(),
            rows: rows.map(|(fold, part)| BalanceRow::of(pairs, &census, fold, part)).collect(),
            untested: split.untested.len(),
        }
    }

    /// What a reader must know: whether the split leaks, what it leaves out, which parts lack a class.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let leaky = self.leak.iter().map(|why| Warning::Leaky { why: why.clone() });
        let untested = (self.untested > 0).then_some(Warning::Untested { pairs: self.untested });
        let of_row = |row: &BalanceRow| {
            let (fold, part) = (row.fold.clone(), row.part);
            let none = (row.positives == 0).then(|| Warning::NoPositives { fold: fold.clone(), part });
            none.into_iter().chain((row.negatives == 0).then_some(Warning::NoNegatives { fold, part }))
        };
        leaky.chain(untested).chain(self.rows.iter().flat_map(of_row)).collect()
    }

    /// Whether every part can be trained or measured on.
    ///
    /// # Errors
    ///
    /// [`DatasetError::NoPositives`] or [`DatasetError::NoNegatives`] for the first part that lacks a class.
    pub fn check(&self) -> Result<(), DatasetError> {
        self.rows.iter().try_for_each(BalanceRow::check)
    }
}

/// More contigs than these are only counted in the table.
const SHOWN_CONTIGS: usize = 3;

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header =
            ["fold", "part", "pairs", "positives", "negatives", "share", "enhancers", "promoters", "contigs"];
        let mut table = vec![header.map(str::to_owned)];
        table.extend(self.rows.iter().map(|row| {
            let contigs = match row.contigs.len() {
                0 => "none".to_owned(),
                count if count > SHOWN_CONTIGS => format!("{count} contigs"),
                _ => row.contigs.join(","),
            };
            [
                row.fold.clone(),
                row.part.to_string(),
                row.pairs.to_string(),
                row.positives.to_string(),
                row.negatives.to_string(),
                row.share.map_or("-".to_owned(), |share| format!("{share:.4}")),
                row.enhancers.to_string(),
                row.promoters.to_string(),
                contigs,
            ]
        }));
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 9] = std::array::from_fn(width);
        for (index, row) in table.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{:<2$}  {:<3$}", row[0], row[1], widths[0], widths[1])?;
            for (cell, width) in row[2..8].iter().zip(&widths[2..8]) {
                write!(f, "  {cell:>width$}")?;
            }
            write!(f, "  {}", row[8])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChromosomeFolds, RandomFolds, Splitter};
    use ciskit_core::Interval;

    fn pair(contig: &str, enhancer: u64, promoter: u64, label: Option<bool>) -> Pair {
        let at = |start| Interval::new(contig, start, start + 10).unwrap();
        Pair { label, ..Pair::new(at(enhancer), at(promoter)) }
    }

    fn pairs() -> Vec<Pair> {
        vec![
            pair("c1", 0, 100, Some(true)),
            pair("c1", 0, 200, Some(false)),
            pair("c1", 50, 200, None),
            pair("c2", 0, 100, Some(true)),
            pair("c3", 0, 100, Some(false)),
            pair("c3", 0, 100, Some(true)),
            pair("c4", 0, 100, Some(true)),
            pair("c5", 0, 100, Some(true)),
        ]
    }

    fn folds() -> ChromosomeFolds {
        ChromosomeFolds::new([["c1"], ["c2"], ["c3"], ["c4"]]).unwrap()
    }

    #[test]
    fn rows_count_pairs_elements_and_contigs() {
        let balance = Balance::of(&pairs(), &folds().split(&pairs()).unwrap());
        assert_eq!(balance.rows.len(), 12);
        let expected = BalanceRow {
            fold: "c1".into(),
            part: Part::Test,
            pairs: 3,
            positives: 1,
            negatives: 1,
            share: Some(0.5),
            enhancers: 2,
            promoters: 2,
            contigs: vec!["c1".into()],
        };
        assert_eq!(balance.rows[2], expected);
        let train = &balance.rows[0];
        // The same positions on another contig are another element.
        assert_eq!((train.pairs, train.enhancers, train.promoters), (3, 2, 2));
        assert_eq!((&train.contigs[..], train.share), (&["c3".to_owned(), "c4".into()][..], Some(2.0 / 3.0)));
        assert_eq!(balance.untested, 1);
    }

    #[test]
    fn names_tell_elements_apart_where_there_are_any() {
        let mut pairs = pairs();
        pairs[0].promoter.name = Some("a".into());
        pairs[1].promoter.name = Some("a".into());
        pairs[2].promoter.name = Some("b".into());
        pairs[4].promoter.name = Some("b".into());
        let balance = Balance::of(&pairs, &folds().split(&pairs).unwrap());
        // Pairs 1 and 2 lie at one place but have two names; pair 5 lies where pair 4 does, without its name.
        assert_eq!(balance.rows[2].promoters, 2);
        assert_eq!(balance.rows[8].promoters, 2);
    }

    #[test]
    fn parts_of_one_class_are_warnings_and_fail_the_check() {
        let balance = Balance::of(&pairs(), &folds().split(&pairs()).unwrap());
        let warnings = balance.warnings();
        assert_eq!(warnings[0], Warning::Untested { pairs: 1 });
        let no_negatives = |fold: &str, part| Warning::NoNegatives { fold: fold.into(), part };
        assert!(warnings.contains(&no_negatives("c2", Part::Test)));
        assert!(warnings.contains(&no_negatives("c1", Part::Validation)));
        assert!(!warnings.contains(&no_negatives("c1", Part::Train)));
        assert!(!warnings.iter().any(|warning| matches!(warning, Warning::NoPositives { .. })));
        assert_eq!(
            balance.check().unwrap_err().to_string(),
            "the validation part of fold c1 has no negatives"
        );

        let no_positives =
            [pair("c1", 0, 1, Some(false)), pair("c2", 0, 1, Some(true)), pair("c3", 0, 1, None)];
        let balance = Balance::of(&no_positives, &folds().split(&no_positives).unwrap());
        assert!(matches!(balance.check(), Err(DatasetError::NoPositives { part: Part::Train, .. })));
        assert_eq!(balance.rows[0].share, None);
    }

    #[test]
    fn a_leaky_split_without_validation_says_so() {
        let pairs = vec![pair("c1", 0, 1, Some(true)); 40];
        let split = RandomFolds::new(2, 0).validation(Validation::None).split(&pairs).unwrap();
        let balance = Balance::of(&pairs, &split);
        assert_eq!(balance.rows.len(), 4);
        assert!(balance.warnings()[0].to_string().starts_with("the split is leaky: pairs of one promoter"));
    }

    #[test]
    fn the_table_is_aligned() {
        let balance = Balance::of(&pairs(), &folds().split(&pairs()).unwrap());
        let table = balance.to_string();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 13);
        let expected = [
            "fold  part        pairs  positives  negatives   share  enhancers  promoters  contigs",
            "c1    train           3          2          1  0.6667          2          2  c3,c4",
            "c1    validation      1          1          0  1.0000          1          1  c2",
            "c1    test            3          1          1  0.5000          2          2  c1",
        ];
        assert_eq!(lines[..4], expected);
        let json = serde_json::to_value(&balance).unwrap();
        assert_eq!(json["rows"][2]["part"], "test");
        assert_eq!(json["rows"][2]["contigs"][0], "c1");
    }
}
