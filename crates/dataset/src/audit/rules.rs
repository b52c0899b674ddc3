//! The rules that score pairs without looking at biology. Larger is more positive.

use std::collections::{HashMap, HashSet};

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

use super::content::Contents;
use super::roster::Roster;
use crate::propensity::log_odds;

const SIDES: [Side; 2] = [Side::Enhancer, Side::Promoter];

/// What a baseline reads.
///
/// ```
/// use ciskit_dataset::Reads;
/// assert_eq!(Reads::List.to_string(), "the tested list");
/// assert!(Reads::List.is_transductive() && !Reads::Row.is_transductive());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reads {
    /// The coordinates of the row alone.
    Row,
    /// Which other rows are tested: the candidate list, but no label.
    List,
    /// How the row's windows are composed, but not what they say: GC, unknown bases.
    Composition,
    /// The labels of the training rows.
    TrainingLabels,
}

impl Reads {
    /// Whether a row's score depends on which other rows are scored with it.
    #[must_use]
    pub fn is_transductive(self) -> bool {
        self == Self::List
    }
}

impl std::fmt::Display for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Row => "the row's coordinates",
            Self::List => "the tested list",
            Self::Composition => "GC and N of the windows",
            Self::TrainingLabels => "the training labels",
        })
    }
}

/// One way to score rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nearer is more positive: minus the distance of the midpoints.
    Distance,
    /// Longer is more positive.
    Length(Side),
    /// Rows of the tested list with the same element.
    Count(Side),
    /// Rows of the tested list with the same start of the enhancer's window, plus the same for the promoter's.
    WindowCount,
    /// How many of the two windows, moved by the shift to either side, are windows of the tested list: 0 to 4.
    WindowNeighbours,
    /// Share of G and C among the known bases of the window.
    Gc(Side),
    /// Share of unknown bases in the window.
    Padding(Side),
    /// Share of unknown bases in both windows together.
    PaddingOfBoth,
    /// Log odds that the elements of these sides are of positives, from the training labels.
    Propensity(&'static [Side]),
}

impl Rule {
    /// The rules that need coordinates and labels only.
    pub(super) const OF_ROWS: [Self; 3] =
        [Self::Distance, Self::Length(Side::Enhancer), Self::Length(Side::Promoter)];
    /// The rules that are measured on subsampled lists too.
    pub(super) const OF_COUNTS: [Self; 2] = [Self::Count(Side::Promoter), Self::Count(Side::Enhancer)];
    /// The rules about where windows lie.
    pub(super) const OF_WINDOWS: [Self; 2] = [Self::WindowCount, Self::WindowNeighbours];
    /// The rules that need sequences.
    pub(super) const OF_CONTENT: [Self; 5] = [
        Self::Gc(Side::Enhancer),
        Self::Gc(Side::Promoter),
        Self::Padding(Side::Enhancer),
        Self::Padding(Side::Promoter),
        Self::PaddingOfBoth,
    ];
    /// The rules that use training labels.
    pub(super) const OF_LABELS: [Self; 3] =
        [Self::Propensity(&SIDES), Self::Propensity(&[Side::Promoter]), Self::Propensity(&[Side::Enhancer])];

    pub(super) fn name(self) -> String {
        match self {
            Self::Distance => "distance".into(),
            Self::Length(side) => format!("{side} length"),
            Self::Count(side) => format!("{side} count"),
            Self::WindowCount => "window count".into(),
            Self::WindowNeighbours => "window neighbours".into(),
            Self::Gc(side) => format!("{side} GC"),
            Self::Padding(side) => format!("{side} padding"),
            Self::PaddingOfBoth => "padding".into(),
            Self::Propensity([side]) => format!("{side} propensity"),
            Self::Propensity(_) => "propensity".into(),
        }
    }

    pub(super) fn reads(self) -> Reads {
        match self {
            Self::Distance | Self::Length(_) => Reads::Row,
            Self::Count(_) | Self::WindowCount | Self::WindowNeighbours => Reads::List,
            Self::Gc(_) | Self::Padding(_) | Self::PaddingOfBoth => Reads::Composition,
            Self::Propensity(_) => Reads::TrainingLabels,
        }
    }
}

/// What rules score by.
pub(super) struct Scoring<'a> {
    pub(super) roster: &'a Roster<'a>,
    pub(super) contents: Option<&'a Contents>,
    pub(super) shift: i64,
}

impl Scoring<'_> {
    /// A score for each row of the tested list `rows`; `known` are the labelled training rows.
    pub(super) fn scores(&self, rule: Rule, rows: &[usize], known: &[usize]) -> Vec<f64> {
        let roster = self.roster;
        let each = |score: &dyn Fn(usize) -> f64| rows.iter().map(|row| score(*row)).collect();
        match rule {
            // Elements of different contigs are farther apart than any others.
            Rule::Distance => each(&|row| roster.pairs[row].distance().map_or(-f64::MAX, |bp| -bp)),
            Rule::Length(side) => each(&|row| roster.pairs[row].element(side).interval.len() as f64),
            Rule::Count(side) => {
                let elements = roster.side(side);
                let counts = elements.count_of(rows);
                each(&|row| f64::from(counts[elements.of[row]]))
            }
            Rule::WindowCount => {
                let counts = SIDES.map(|side| {
                    let mut counts: HashMap<(usize, i64), u32> = HashMap::new();
                    rows.iter().for_each(|row| *counts.entry(self.start(side, *row)).or_default() += 1);
                    counts
                });
                each(&|row| {
                    SIDES.iter().zip(&counts).map(|(side, of)| f64::from(of[&self.start(*side, row)])).sum()
                })
            }
            Rule::WindowNeighbours => {
                let present =
                    SIDES.map(|side| rows.iter().map(|row| self.start(side, *row)).collect::<HashSet<_>>());
                each(&|row| {
                    let of_side = |(side, present): (&Side, &HashSet<(usize, i64)>)| {
                        let (contig, start) = self.start(*side, row);
                        let moved = [start - self.shift, start + self.shift];
                        moved.iter().filter(|start| present.contains(&(contig, **start))).count()
                    };
                    SIDES.iter().zip(&present).map(of_side).sum::<usize>() as f64
                })
            }
            // Without sequences nothing is known, and all rows tie.
            Rule::Gc(side) => {
                let element = &roster.side(side).of;
                each(&|row| self.contents.map_or(0.0, |contents| contents.gc(side, element[row])))
            }
            Rule::Padding(side) => {
                let element = &roster.side(side).of;
                each(&|row| self.contents.map_or(0.0, |contents| contents.padding(side, element[row])))
            }
            Rule::PaddingOfBoth => each(&|row| {
                let [enhancer, promoter] = SIDES.map(|side| roster.side(side).of[row]);
                self.contents.map_or(0.0, |contents| contents.padding_of_both(enhancer, promoter))
            }),
            Rule::Propensity(sides) => self.propensity(sides, rows, known),
        }
    }

    /// What [`PropensityBaseline`](crate::PropensityBaseline) says, by the numbers of the elements.
    fn propensity(&self, sides: &[Side], rows: &[usize], known: &[usize]) -> Vec<f64> {
        let roster = self.roster;
        let positives: Vec<usize> = known.iter().copied().filter(|row| roster.is_positive(*row)).collect();
        if positives.is_empty() {
            return vec![0.0; rows.len()];
        }
        let share = positives.len() as f64 / known.len() as f64;
        let logits_of = |side: &Side| -> Vec<f64> {
            let elements = roster.side(*side);
            let logit = |(all, positive): (&u32, &u32)| log_odds(*positive, *all, share);
            elements.count_of(known).iter().zip(&elements.count_of(&positives)).map(logit).collect()
        };
        let logits: Vec<Vec<f64>> = sides.iter().map(logits_of).collect();
        let score =
            |row: &usize| sides.iter().zip(&logits).map(|(side, of)| of[roster.side(*side).of[*row]]).sum();
        rows.iter().map(score).collect()
    }

    fn start(&self, side: Side, row: usize) -> (usize, i64) {
        let span = self.roster.side(side).span[row];
        (span.contig, span.start)
    }
}
