//! The pairs as numbers: who is the same element, who lies at the same place, who is labelled how.

use ciskit_core::{Interval, Pair, Side};

use super::sweep::Span;
use crate::Split;
use crate::census::{Census, numbered};
use crate::chromosome_folds::canonical;

/// What the checks of an audit have in common.
pub(super) struct Roster<'a> {
    pub(super) pairs: &'a [Pair],
    /// Rows with a label, ascending.
    pub(super) labelled: Vec<usize>,
    sides: [Elements; 2],
}

/// The elements of one side.
pub(super) struct Elements {
    /// Each pair's element: equal numbers for equal names, or places where they have none.
    pub(super) of: Vec<usize>,
    /// Each pair's place: equal numbers for equal coordinates, whatever the name.
    pub(super) place: Vec<usize>,
    /// Each element's first pair.
    pub(super) first: Vec<usize>,
    /// Each pair's span.
    pub(super) span: Vec<Span>,
}

impl Elements {
    /// Number of different elements.
    pub(super) fn count(&self) -> usize {
        self.first.len()
    }

    /// A value of each row's element for each of the rows.
    pub(super) fn count_of(&self, rows: &[usize]) -> Vec<u32> {
        let mut counts = vec![0; self.count()];
        rows.iter().for_each(|row| counts[self.of[*row]] += 1);
        counts
    }
}

impl<'a> Roster<'a> {
    pub(super) fn of(pairs: &'a [Pair]) -> Self {
        let census = Census::of(pairs);
        let contigs = numbered(pairs.iter().flat_map(|pair| {
            [Side::Enhancer, Side::Promoter].map(|side| canonical(pair.element(side).interval.contig()))
        }));
        let span = |side: usize| -> Vec<Span> {
            let interval = |pair: &'a Pair| -> &'a Interval {
                if side == 0 { &pair.enhancer.interval } else { &pair.promoter.interval }
            };
            let range = pairs.iter().map(|pair| interval(pair).range());
            let contig = contigs.iter().skip(side).step_by(2);
            range
                .zip(contig)
                .map(|(range, &contig)| Span { contig, start: range.start, end: range.end })
                .collect()
        };
        let elements = |of: Vec<usize>, side: usize| {
            let span = span(side);
            let mut first = Vec::new();
            for (pair, number) in of.iter().enumerate() {
                if *number == first.len() {
                    first.push(pair);
                }
            }
            Elements { place: numbered(span.iter().copied()), of, first, span }
        };
        let sides = [elements(census.enhancers, 0), elements(census.promoters, 1)];
        let labelled = (0..pairs.len()).filter(|pair| pairs[*pair].label.is_some()).collect();
        Self { pairs, labelled, sides }
    }

    pub(super) fn side(&self, side: Side) -> &Elements {
        &self.sides[usize::from(side == Side::Promoter)]
    }

    pub(super) fn is_positive(&self, row: usize) -> bool {
        self.pairs[row].label == Some(true)
    }

    /// The labelled rows of one class.
    pub(super) fn class(&self, positive: bool) -> Vec<usize> {
        self.labelled.iter().copied().filter(|row| self.is_positive(*row) == positive).collect()
    }

    /// What training may know in a fold: its training and its validation pairs, ascending.
    pub(super) fn known(split: &Split, fold: usize) -> Vec<usize> {
        let fold = &split.folds[fold];
        let mut known = [&fold.train[..], &fold.validation[..]].concat();
        known.sort_unstable();
        known
    }
}
