//! Negatives that are positives moved aside.

use std::collections::{BTreeMap, BTreeSet};

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

use super::roster::Roster;

/// Farther moves are not looked for, in bp.
const FARTHEST: i64 = 50_000;

/// From this share on, one distance explains the negatives and is the one that is tried.
const TELLING: f64 = 0.5;

/// Whether the windows of negatives lie one fixed distance beside the windows of positives.
///
/// Of the windows that negatives have and positives do not, counted are those with a positive's window of the same side
/// exactly so many bp beside them, start to start, up to 50,000 bp; the commonest distance is given.
///
/// ```
/// let moved = ciskit_dataset::MovedNegatives { windows: 8, moved: 6, distance: Some(2_000), shift: 2_000 };
/// assert_eq!(moved.share(), 0.75);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedNegatives {
    /// Windows of negatives that are no window of a positive, of both sides.
    pub windows: usize,
    /// Of these, those that lie the commonest distance beside a positive's window.
    pub moved: usize,
    /// The commonest distance in bp; the smallest of several. `None` if no window has a neighbour.
    pub distance: Option<u64>,
    /// The distance that `window neighbours` was measured with: the commonest if it explains half of the windows, else
    /// the configuration's.
    pub shift: u64,
}

impl MovedNegatives {
    /// Share of the windows that are [moved](Self::moved); 0 if there are none.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.windows == 0 { 0.0 } else { self.moved as f64 / self.windows as f64 }
    }

    /// *Cost*: O(n log n), and the positives' windows around each negative's.
    pub(super) fn of(roster: &Roster<'_>, configured: u64) -> Self {
        let (positives, negatives) = (roster.class(true), roster.class(false));
        let (mut windows, mut counts) = (0, BTreeMap::<u64, usize>::new());
        for side in [Side::Enhancer, Side::Promoter] {
            let spans = &roster.side(side).span;
            let starts = |rows: &[usize]| -> BTreeSet<(usize, i64)> {
                rows.iter().map(|row| (spans[*row].contig, spans[*row].start)).collect()
            };
            let (of_positives, of_negatives) = (starts(&positives), starts(&negatives));
            for &(contig, start) in of_negatives.difference(&of_positives) {
                windows += 1;
                let around = of_positives.range((contig, start - FARTHEST)..=(contig, start + FARTHEST));
                let distances: BTreeSet<u64> = around.map(|(_, other)| other.abs_diff(start)).collect();
                distances.into_iter().for_each(|distance| *counts.entry(distance).or_default() += 1);
            }
        }
        // The first of the largest counts, in the order of the distances.
        let commonest = counts.into_iter().rev().max_by_key(|(_, count)| *count);
        let mut moved = Self { windows, shift: configured, ..Self::default() };
        if let Some((distance, count)) = commonest {
            (moved.distance, moved.moved) = (Some(distance), count);
            if moved.share() >= TELLING {
                moved.shift = distance;
            }
        }
        moved
    }
}
