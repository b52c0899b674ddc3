//! What the test pairs of a fold share with what training knows: pairs, elements, bases.

use std::collections::HashSet;

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

use super::roster::{Elements, Roster};
use super::sweep::{Span, overlapping, overlapping_within, shared_bp};
use crate::Split;
use crate::census::Census;

/// What the test pairs of one fold share with its training and validation pairs.
///
/// ```
/// let sharing = ciskit_dataset::FoldSharing { test_pairs: 8, touched_pairs: 2, ..Default::default() };
/// assert_eq!(sharing.touched(), 0.25);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldSharing {
    /// Name of the fold.
    pub fold: String,
    /// Number of test pairs.
    pub test_pairs: usize,
    /// Test pairs of which training has the very pair.
    pub known_pairs: usize,
    /// Test pairs with an element that training has, by name or by place.
    pub shared_pairs: usize,
    /// Test pairs with an element that training has, or that overlaps one of the same side.
    pub touched_pairs: usize,
    /// The enhancers.
    pub enhancers: SideSharing,
    /// The promoters.
    pub promoters: SideSharing,
}

/// What the elements of one side share between the parts of a fold. Elements of one side are compared with each other.
///
/// *Units*: bp where it says so, else elements.
///
/// ```
/// assert_eq!(ciskit_dataset::SideSharing::default().overlapping_bp, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideSharing {
    /// Different elements among the test pairs.
    pub test: usize,
    /// Of these, those that training has, by name or by place.
    pub shared: usize,
    /// Of these, those that share at least a base with an element of training, itself included.
    pub overlapping: usize,
    /// Bases that both cover, each counted once.
    pub overlapping_bp: u64,
    /// Test elements that overlap another test element.
    pub within_test: usize,
    /// Different elements of training.
    pub training: usize,
    /// Training elements that overlap another training element.
    pub within_training: usize,
}

impl FoldSharing {
    /// Share of the test pairs that are [touched](Self::touched_pairs); 0 if there are none.
    #[must_use]
    pub fn touched(&self) -> f64 {
        if self.test_pairs == 0 { 0.0 } else { self.touched_pairs as f64 / self.test_pairs as f64 }
    }

    pub(super) fn of(roster: &Roster<'_>, split: &Split, fold: usize) -> Self {
        let (test, known) = (&split.folds[fold].test, Roster::known(split, fold));
        let sides =
            [Side::Enhancer, Side::Promoter].map(|side| side_sharing(roster.side(side), test, &known));
        let pair = |row: &usize| [Side::Enhancer, Side::Promoter].map(|side| roster.side(side).of[*row]);
        let known_pairs: HashSet<[usize; 2]> = known.iter().map(pair).collect();
        let [(enhancers, enhancer_rows), (promoters, promoter_rows)] = sides;
        let any = |which: fn(&Touch) -> bool| {
            enhancer_rows.iter().zip(&promoter_rows).filter(|(e, p)| which(e) || which(p)).count()
        };
        Self {
            fold: split.folds[fold].name.clone(),
            test_pairs: test.len(),
            known_pairs: test.iter().filter(|row| known_pairs.contains(&pair(row))).count(),
            shared_pairs: any(|touch| touch.shared),
            touched_pairs: any(|touch| touch.shared || touch.overlaps),
            enhancers,
            promoters,
        }
    }
}

/// How training knows a row's element.
struct Touch {
    shared: bool,
    overlaps: bool,
}

fn side_sharing(elements: &Elements, test: &[usize], known: &[usize]) -> (SideSharing, Vec<Touch>) {
    let distinct = |rows: &[usize]| Census::distinct(&elements.of, rows);
    let span = |of: &[usize]| -> Vec<Span> { of.iter().map(|e| elements.span[elements.first[*e]]).collect() };
    let (test_elements, known_elements) = (distinct(test), distinct(known));
    let (test_spans, known_spans) = (span(&test_elements), span(&known_elements));
    let places: HashSet<usize> = known.iter().map(|row| elements.place[*row]).collect();
    let mut is_known = vec![false; elements.count()];
    known_elements.iter().for_each(|element| is_known[*element] = true);
    let shared =
        |element: usize| is_known[element] || places.contains(&elements.place[elements.first[element]]);
    let overlaps = overlapping(&test_spans, &known_spans);
    let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
    let side = SideSharing {
        test: test_elements.len(),
        shared: test_elements.iter().filter(|element| shared(**element)).count(),
        overlapping: count(&overlaps),
        overlapping_bp: shared_bp(&test_spans, &known_spans),
        within_test: count(&overlapping_within(&test_spans)),
        training: known_elements.len(),
        within_training: count(&overlapping_within(&known_spans)),
    };
    let touch = |row: &usize| {
        let element = elements.of[*row];
        let index = test_elements.binary_search(&element);
        Touch { shared: shared(element), overlaps: index.is_ok_and(|index| overlaps[index]) }
    };
    (side, test.iter().map(touch).collect())
}
