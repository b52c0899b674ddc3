//! Score tables: a run's own, or anybody's.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use ciskit_compare::{FoldScores, ModelKind, ModelScores};
use ciskit_core::Pair;
use ciskit_dataset::{Split, pair_name};
use ciskit_seqio::LineReader;

use crate::progress::say;

/// Columns that hold scores, the one that is taken first.
const SCORES: [&str; 3] = ["logit", "score", "probability"];

/// A table of scores under the name of its model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = text.split_once('=').ok_or("expected NAME=TSV")?;
        Ok(Self { name: name.to_owned(), path: path.into() })
    }
}

/// Scores by the pair's name and, where the table tells, the fold. Pairs of one name and fold are matched in the order of
/// the list, if all of them are scored.
struct Table {
    by_pair: HashMap<(String, Option<String>), VecDeque<f64>>,
    rows: usize,
    has_folds: bool,
}

impl Given {
    /// The scores of all labelled test rows of some folds.
    pub(crate) fn read(
        &self,
        kind: ModelKind,
        pairs: &[Pair],
        split: &Split,
        folds: &[usize],
    ) -> Result<ModelScores> {
        let mut table = self.table()?;
        let mut listed: HashMap<String, usize> = HashMap::new();
        pairs.iter().for_each(|pair| *listed.entry(pair_name(pair)).or_default() += 1);
        let mut used = 0;
        let mut of_folds = Vec::with_capacity(folds.len());
        for &fold in folds {
            let test = &split.folds.get(fold).with_context(|| format!("there is no fold {fold}"))?.test;
            let rows: Vec<usize> = test.iter().copied().filter(|row| pairs[*row].label.is_some()).collect();
            let names: Vec<String> = rows.iter().map(|row| pair_name(&pairs[*row])).collect();
            self.check_told_apart(&table, &names, fold, &listed)?;
            let score = |(row, name): (&usize, &String)| {
                table.take(name, fold).map_err(|why| self.missing(*row, fold, &why))
            };
            let scores: Vec<f64> = rows.iter().zip(&names).map(score).collect::<Result<_>>()?;
            used += rows.len();
            of_folds.push(FoldScores { fold, rows, scores });
        }
        if kind == ModelKind::Table {
            self.remark(&table, used);
        }
        Ok(ModelScores { name: self.name.clone(), kind, folds: of_folds })
    }

    /// Refuses names with several scores of which it cannot be told whose they are. In the order of the list they are
    /// those of the labelled test rows if there are as many; without a column fold, nowhere else in the list may there
    /// be such a row. Equal scores need not be told apart.
    fn check_told_apart(
        &self,
        table: &Table,
        names: &[String],
        fold: usize,
        listed: &HashMap<String, usize>,
    ) -> Result<()> {
        let mut tested: HashMap<&str, usize> = HashMap::new();
        names.iter().for_each(|name| *tested.entry(name).or_default() += 1);
        for name in names {
            let (here, whole) = (tested[name.as_str()], listed[name]);
            let scores = table.scores(name, fold);
            let differ = scores.is_some_and(|scores| scores.iter().any(|score| *score != scores[0]));
            let as_many = scores.is_some_and(|scores| scores.len() == here);
            ensure!(
                !differ || (as_many && (table.has_folds || whole == here)),
                "{} has {} different scores of the pair {name}, of whose {whole} rows fold {fold} tests on {here}: it \
                 cannot be told whose they are without other names{}",
                self.path.display(),
                scores.map_or(0, VecDeque::len),
                if table.has_folds { "" } else { ", or a column fold" }
            );
        }
        Ok(())
    }

    fn missing(&self, row: usize, fold: usize, why: &str) -> anyhow::Error {
        anyhow::anyhow!(
            "{} has no score of {why} (row {row}), which fold {fold} tests on",
            self.path.display()
        )
    }

    fn remark(&self, table: &Table, used: usize) {
        if !table.has_folds {
            say(format!(
                "{}: the table names no folds, so that it cannot be told whether the model met test pairs in training",
                self.name
            ));
        }
        if table.rows > used {
            say(format!("{}: {} rows are no test pairs and are not used", self.name, table.rows - used));
        }
    }

    fn table(&self) -> Result<Table> {
        let mut lines = LineReader::open(&self.path)?;
        let mut columns: Option<(usize, usize, Option<usize>)> = None;
        let mut table = Table { by_pair: HashMap::new(), rows: 0, has_folds: false };
        while let Some(line) = lines.next_line()? {
            if line.text.starts_with("##") || line.text.is_empty() {
                continue;
            }
            let place = || format!("{}, line {}", self.path.display(), line.number);
            let fields: Vec<&str> = line.text.trim_start_matches('#').split('\t').collect();
            let Some((name, score, fold)) = columns else {
                let find = |wanted: &str| fields.iter().position(|field| *field == wanted);
                let (Some(name), Some(score)) = (find("name"), SCORES.into_iter().find_map(find)) else {
                    bail!(
                        "{} needs the columns name and {}; it has {}",
                        self.path.display(),
                        SCORES.join(" or "),
                        fields.join(", ")
                    );
                };
                columns = Some((name, score, find("fold")));
                table.has_folds = find("fold").is_some();
                continue;
            };
            let last = name.max(score).max(fold.unwrap_or(0));
            ensure!(fields.len() > last, "{}: {} columns are too few", place(), fields.len());
            let value: f64 = fields[score]
                .parse()
                .with_context(|| format!("{}: expected a number, found {:?}", place(), fields[score]))?;
            let key = (fields[name].to_owned(), fold.map(|fold| fields[fold].to_owned()));
            table.by_pair.entry(key).or_default().push_back(value);
            table.rows += 1;
        }
        ensure!(columns.is_some(), "{} is empty", self.path.display());
        Ok(table)
    }
}

impl Table {
    /// The scores of a pair in a fold.
    fn scores(&self, name: &str, fold: usize) -> Option<&VecDeque<f64>> {
        self.by_pair.get(&(name.to_owned(), self.has_folds.then(|| fold.to_string())))
    }

    /// The next score of a pair in a fold; in words what is missing, if there is none.
    fn take(&mut self, name: &str, fold: usize) -> Result<f64, String> {
        let number = self.has_folds.then(|| fold.to_string());
        let key = (name.to_owned(), number);
        if let Some(score) = self.by_pair.get_mut(&key).and_then(VecDeque::pop_front) {
            return Ok(score);
        }
        let elsewhere = self.by_pair.keys().find(|(other, _)| other == name && self.has_folds);
        Err(match elsewhere {
            Some((_, Some(other))) if *other != fold.to_string() => {
                format!("the pair {name} in fold {fold}, but in fold {other}, as under another split,")
            }
            _ => format!("the pair {name}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;
    use ciskit_dataset::{Fold, Validation};

    fn read(table: &str) -> Result<ModelScores, String> {
        read_of(table, [&[0, 1, 2], &[3]], [true; 4])
    }

    /// Reads a table of pairs named a, b, a, c.
    fn read_of(table: &str, tests: [&[usize]; 2], labelled: [bool; 4]) -> Result<ModelScores, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.tsv");
        std::fs::write(&path, table).unwrap();
        let at = |start| Interval::new("c", start, start + 10).unwrap();
        let pair = |(name, labelled): (&str, bool)| Pair {
            name: Some(name.into()),
            label: labelled.then_some(true),
            ..Pair::new(at(0), at(50))
        };
        let pairs: Vec<Pair> = ["a", "b", "a", "c"].into_iter().zip(labelled).map(pair).collect();
        let fold = |test: &[usize]| Fold { name: "f".into(), test: test.into(), ..Fold::default() };
        let split = Split {
            splitter: "by hand".into(),
            leak: None,
            validation: Validation::None,
            folds: tests.map(fold).into(),
            untested: Vec::new(),
        };
        let given = Given { name: "m".into(), path };
        given
            .read(ModelKind::Table, &pairs, &split, &[0, 1])
            .map_err(|error| format!("{error:#}").replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn rows_are_matched_by_name_and_fold() {
        let model = read(
            "##format\nname\tfold\tlogit\tprobability\nc\t1\t4\t0\na\t0\t1\t0\nb\t0\t2\t0\na\t0\t3\t0\n",
        );
        let scores: Vec<Vec<f64>> = model.unwrap().folds.into_iter().map(|fold| fold.scores).collect();
        assert_eq!(scores, [vec![1.0, 2.0, 3.0], vec![4.0]]);
        let model = read("#score\tname\n4\tc\n1\ta\n2\tb\n3\ta\n9\tother\n").unwrap();
        assert_eq!(model.folds[0].scores, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_name_that_comes_twice_gets_no_other_rows_score() {
        let (table, tests) = ("name\tscore\na\t1\nb\t2\na\t3\nc\t4\n", [&[2, 1][..], &[0, 3]]);
        let why = read_of(table, tests, [true; 4]).unwrap_err();
        assert_eq!(
            why,
            "/s.tsv has 2 different scores of the pair a, of whose 2 rows fold 0 tests on 1: it cannot be told whose \
             they are without other names, or a column fold"
        );
        // The same in one fold, where one of the rows has no label and takes no score.
        let why = read_of(table, [&[0, 1, 2], &[3]], [false, true, true, true]).unwrap_err();
        assert!(why.contains("2 different scores of the pair a, of whose 2 rows fold 0 tests on 1"), "{why}");
        // Equal scores are whosever, and a fold tells whose others are.
        let equal = read_of(&table.replace("a\t3", "a\t1"), tests, [true; 4]).unwrap();
        assert_eq!(equal.folds[0].scores, [1.0, 2.0]);
        let folds = "name\tfold\tscore\na\t1\t1\nb\t0\t2\na\t0\t3\nc\t1\t4\n";
        let told = read_of(folds, tests, [true; 4]).unwrap();
        assert_eq!(
            (&told.folds[0].scores[..], &told.folds[1].scores[..]),
            (&[3.0, 2.0][..], &[1.0, 4.0][..])
        );
        let thrice = format!("{folds}a\t0\t9\n");
        let why = read_of(&thrice, tests, [true; 4]).unwrap_err();
        assert!(why.ends_with("it cannot be told whose they are without other names"), "{why}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = |table| read(table).unwrap_err();
        assert_eq!(
            refused("name\tscore\na\t1\nb\t2\nc\t3\n"),
            "/s.tsv has no score of the pair a (row 2), which fold 0 tests on"
        );
        assert_eq!(
            refused("name\tfold\tscore\na\t0\t1\nb\t1\t2\n"),
            "/s.tsv has no score of the pair b in fold 0, but in fold 1, as under another split, (row 1), \
             which fold 0 tests on"
        );
        assert_eq!(
            refused("pair\tscore\n"),
            "/s.tsv needs the columns name and logit or score or probability; it has pair, score"
        );
        assert!(refused("name\tscore\na\tx\n").starts_with("/s.tsv, line 2: expected a number, found \"x\""));
        assert_eq!(refused("name\tscore\na\n"), "/s.tsv, line 2: 1 columns are too few");
        assert_eq!(refused(""), "/s.tsv is empty");
    }

    #[test]
    fn a_table_has_a_name() {
        assert_eq!("a=b=c".parse(), Ok(Given { name: "a".into(), path: "b=c".into() }));
        assert!("scores.tsv".parse::<Given>().is_err());
    }
}
