//! How many of the positives of one promoter are nearly the same window.

use std::collections::{BTreeSet, HashMap};

use ciskit_core::Side;
use ciskit_encode::centre_offset;
use serde::{Deserialize, Serialize};

use super::roster::Roster;
use super::sweep::{Span, overlapping_within};

/// How many enhancers of positives overlap another enhancer of the same promoter, as windows of fixed length.
///
/// *Source*: Figure 5 of the EPIPAM paper, which has 3,000 bp.
///
/// ```
/// use ciskit_dataset::PromoterOverlap;
/// let overlap = PromoterOverlap { overlapping: 3, positives: 4, ..Default::default() };
/// assert_eq!(overlap.ratio(), Some(0.75));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoterOverlap {
    /// Length of the windows in bp.
    pub window: usize,
    /// Enhancers whose window shares a base with that of another enhancer of the promoter.
    pub overlapping: usize,
    /// Different positives: promoters and their enhancers.
    pub positives: usize,
    /// Different promoters of positives.
    pub promoters: usize,
    /// Of these, those with one enhancer.
    pub promoters_with_one_enhancer: usize,
}

impl PromoterOverlap {
    /// Share of the positives that overlap; `None` without positives.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.positives > 0).then(|| self.overlapping as f64 / self.positives as f64)
    }

    pub(super) fn of(roster: &Roster<'_>, window: usize) -> Self {
        let (enhancers, promoters) = (roster.side(Side::Enhancer), roster.side(Side::Promoter));
        let mut by_promoter: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        for row in roster.class(true) {
            by_promoter.entry(promoters.of[row]).or_default().insert(enhancers.of[row]);
        }
        let mut overlap = Self { window, promoters: by_promoter.len(), ..Self::default() };
        for of_promoter in by_promoter.values() {
            let windows: Vec<Span> =
                of_promoter.iter().map(|e| centred(enhancers.span[enhancers.first[*e]], window)).collect();
            overlap.positives += windows.len();
            overlap.promoters_with_one_enhancer += usize::from(windows.len() == 1);
            overlap.overlapping +=
                overlapping_within(&windows).into_iter().filter(|overlaps| *overlaps).count();
        }
        overlap
    }
}

/// The window around a span, wherever the contig ends.
fn centred(span: Span, window: usize) -> Span {
    let start = span.start + centre_offset((span.end - span.start) as usize, window) as i64;
    Span { start, end: start + window as i64, ..span }
}
