//! Enhancer-promoter pairs.

use std::sync::Arc;

use crate::{Interval, Strand};

/// Which element of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The enhancer, first element of a pair.
    Enhancer,
    /// The promoter, second element of a pair.
    Promoter,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Enhancer => Self::Promoter,
            Self::Promoter => Self::Enhancer,
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Enhancer => "enhancer",
            Self::Promoter => "promoter",
        })
    }
}

/// A regulatory element: an interval with a name and a strand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    /// Where it lies.
    pub interval: Interval,
    /// Its name in the source (`GM12878|chr1:9685722-9686400`, a gene's id); `None` if it has none.
    pub name: Option<Arc<str>>,
    /// Strand of the promoter's gene; unknown for enhancers.
    pub strand: Strand,
}

impl Element {
    /// The name, or the interval's text where there is none: what identifies the element in counts and reports.
    #[must_use]
    pub fn key(&self) -> String {
        self.name.as_deref().map_or_else(|| self.interval.to_string(), str::to_owned)
    }
}

impl From<Interval> for Element {
    fn from(interval: Interval) -> Self {
        Self { interval, name: None, strand: Strand::Unknown }
    }
}

/// An enhancer and a promoter, with or without a label.
///
/// The two sides are never reverse-complemented separately: both are read on the forward strand.
///
/// ```
/// use ciskit_core::{Interval, Pair};
///
/// let pair = Pair::new(Interval::new("chr1", 100, 300)?, Interval::new("chr1", 5_000, 7_000)?);
/// assert_eq!(pair.signed_distance(), Some(-5_800)); // the enhancer lies upstream on the forward strand
/// assert_eq!(pair.distance(), Some(5_800.0));
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The enhancer, element 1.
    pub enhancer: Element,
    /// The promoter, element 2.
    pub promoter: Element,
    /// Whether they interact; `None` where nobody knows.
    pub label: Option<bool>,
    /// Name of the pair.
    pub name: Option<Arc<str>>,
    /// Score in the source file (PET count, confidence).
    pub score: Option<f64>,
    /// Cell line or tissue.
    pub cell: Option<Arc<str>>,
}

impl Pair {
    /// A pair without label, names, score and cell.
    #[must_use]
    pub fn new(enhancer: impl Into<Element>, promoter: impl Into<Element>) -> Self {
        let (enhancer, promoter) = (enhancer.into(), promoter.into());
        Self { enhancer, promoter, label: None, name: None, score: None, cell: None }
    }

    /// The same pair with a label.
    #[must_use]
    pub fn with_label(mut self, label: bool) -> Self {
        self.label = Some(label);
        self
    }

    /// The element on a side.
    #[must_use]
    pub fn element(&self, side: Side) -> &Element {
        match side {
            Side::Enhancer => &self.enhancer,
            Side::Promoter => &self.promoter,
        }
    }

    /// Enhancer's minus promoter's [center](Interval::center) in bp on the forward strand, negative if the
    /// enhancer has the smaller coordinate; `None` on different contigs.
    #[must_use]
    pub fn signed_distance(&self) -> Option<i64> {
        let (enhancer, promoter) = (&self.enhancer.interval, &self.promoter.interval);
        (enhancer.contig() == promoter.contig()).then(|| enhancer.center() as i64 - promoter.center() as i64)
    }

    /// Absolute difference of the [midpoints](Interval::midpoint) in bp, exact to the half base; `None` on
    /// different contigs.
    #[must_use]
    pub fn distance(&self) -> Option<f64> {
        let (enhancer, promoter) = (&self.enhancer.interval, &self.promoter.interval);
        (enhancer.contig() == promoter.contig()).then(|| (enhancer.midpoint() - promoter.midpoint()).abs())
    }
}

/// Name of the covariate that [`log10_distance`] gives.
pub const DISTANCE: &str = "distance";

/// Distance as models read it: the logarithm to base 10 of its absolute value in bp, 0 below 1 bp.
///
/// ```
/// assert_eq!(ciskit_core::log10_distance(-10_000), 4.0);
/// assert_eq!(ciskit_core::log10_distance(0), 0.0);
/// ```
#[must_use]
pub fn log10_distance(signed_distance: i64) -> f32 {
    (signed_distance.unsigned_abs().max(1) as f64).log10() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_know_side_and_contig() {
        let at = |contig: &str, start, end| Interval::new(contig, start, end).unwrap();
        let downstream = Pair::new(at("1", 100, 101), at("1", 10, 20));
        assert_eq!((downstream.signed_distance(), downstream.distance()), (Some(85), Some(85.5)));
        let trans = Pair::new(at("1", 0, 1), at("2", 0, 1));
        assert_eq!((trans.signed_distance(), trans.distance()), (None, None));
    }

    #[test]
    fn an_element_without_name_is_known_by_its_place() {
        let mut element = Element::from(Interval::new("chr1", 1, 2).unwrap());
        assert_eq!(element.key(), "chr1:1-2");
        element.name = Some("TSS".into());
        assert_eq!(element.key(), "TSS");
    }
}
