//! ChIA-PET negatives: positives whose anchors are moved, as the EPIPAM paper says and as its lists have it.

use std::collections::BTreeMap;

use ciskit_core::random::Draws;
use ciskit_core::{ContigName, Contigs, Element, Interval, Pair, Side};

use super::universe::{SIDES, midpoint2};
use super::{NegativeSampler, Negatives, Universe};
use crate::chromosome_folds::canonical;
use crate::{DatasetError, Purpose, Seeds};

/// Four negatives for each positive, its anchors moved by a fixed number of bp: both right, both left, the right one
/// right, the left one left, in this order. This is what the published ChIA-PET lists hold.
///
/// Nothing is drawn. A window that would begin before its contig, or end behind it where lengths are
/// [known](Self::on), is left out, as are positives. A moved window is no longer centred on a peak: a scorer that
/// looks at each anchor alone can tell these negatives, without knowing anything of pairs.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{NegativeSampler, Seeds, Shift, Universe};
///
/// let (left, right) = (Interval::new("chr1", 1_500, 2_500)?, Interval::new("chr1", 9_000, 10_000)?);
/// let universe = Universe::of(&[Pair::new(left, right).with_label(true)]);
/// let negatives = Shift::new(2_000).sample(&universe, Seeds::of_run(0))?;
/// let starts: Vec<(u64, u64)> = negatives
///     .pairs
///     .iter()
///     .map(|pair| (pair.enhancer.interval.start(), pair.promoter.interval.start()))
///     .collect();
/// // Nothing begins 500 bp before the contig.
/// assert_eq!(starts, [(3_500, 11_000), (1_500, 11_000)]);
/// assert_eq!((negatives.matching.found, negatives.matching.wanted), (2, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shift {
    offset: u64,
    contigs: Option<Contigs>,
}

impl Shift {
    /// Moves by `offset` bp; 2,000 in the published lists.
    #[must_use]
    pub fn new(offset: u64) -> Self {
        Self { offset, contigs: None }
    }

    /// The same, with no window behind the end of one of these contigs.
    #[must_use]
    pub fn on(self, contigs: Contigs) -> Self {
        Self { contigs: Some(contigs), ..self }
    }
}

impl NegativeSampler for Shift {
    fn name(&self) -> String {
        format!("anchors shifted by {} bp", self.offset)
    }

    fn sample(&self, universe: &Universe, _: Seeds) -> Result<Negatives, DatasetError> {
        let mut drawing = universe.draw()?;
        let by = i64::try_from(self.offset).unwrap_or(i64::MAX);
        for (positive, pair) in universe.positives().iter().enumerate() {
            for offsets in [(by, by), (-by, -by), (0, by), (-by, 0)] {
                if let Some([enhancer, promoter]) = moved(pair, offsets, self.contigs.as_ref()) {
                    drawing.place(positive, enhancer, promoter);
                }
            }
        }
        Ok(drawing.finish(self.name(), 4))
    }
}

/// Four negatives for each positive as the EPIPAM paper describes them: (i) both anchors upstream, (ii) both
/// downstream, (iii) the left one kept and the right one drawn, (iv) the right one kept and the left one drawn.
///
/// Drawn anchors are any of the same contig, of either side, other than the pair's own, such that the pair keeps the
/// order of its sides and is no positive. As with [`Shift`], windows that leave their contig are left out.
///
/// *Differences from the paper*: none known; its lists were not made this way (see [`Shift`]).
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{NegativeSampler, PaperShift, Seeds, Universe};
///
/// let pair = |left, right| -> Result<Pair, ciskit_core::IntervalError> {
///     let at = |start| Interval::new("chr1", start, start + 1_000);
///     Ok(Pair::new(at(left)?, at(right)?).with_label(true))
/// };
/// let universe = Universe::of(&[pair(5_000, 90_000)?, pair(30_000, 60_000)?]);
/// let negatives = PaperShift::new(2_000).sample(&universe, Seeds::of_run(0))?;
/// let starts = |i: usize| (negatives.pairs[i].enhancer.interval.start(), negatives.pairs[i].promoter.interval.start());
/// assert_eq!((starts(0), starts(1)), ((3_000, 88_000), (7_000, 92_000)));
/// assert!(starts(2).0 == 5_000 && [30_000, 60_000].contains(&starts(2).1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PaperShift(Shift);

impl PaperShift {
    /// Moves by `offset` bp; 2,000 in the paper.
    #[must_use]
    pub fn new(offset: u64) -> Self {
        Self(Shift::new(offset))
    }

    /// The same, with no window behind the end of one of these contigs.
    #[must_use]
    pub fn on(self, contigs: Contigs) -> Self {
        Self(self.0.on(contigs))
    }
}

impl NegativeSampler for PaperShift {
    fn name(&self) -> String {
        format!("anchors shifted by {} bp or drawn", self.0.offset)
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let mut drawing = universe.draw()?;
        let by = i64::try_from(self.0.offset).unwrap_or(i64::MAX);
        let anchors = anchors(universe);
        let stream = seeds.stream(Purpose::Negatives).name("paper shift");
        for (positive, pair) in universe.positives().iter().enumerate() {
            for offset in [-by, by] {
                if let Some([enhancer, promoter]) = moved(pair, (offset, offset), self.0.contigs.as_ref()) {
                    drawing.place(positive, enhancer, promoter);
                }
            }
            let left = left_side(pair);
            for (number, kept) in [left, left.other()].into_iter().enumerate() {
                let Some(anchors) = anchors.get(&canonical(pair.element(kept).interval.contig())) else {
                    continue;
                };
                let mut draws = stream.number(positive as u64).number(number as u64).draws();
                draw_anchor(pair, kept, kept == left, anchors, &mut draws, |enhancer, promoter| {
                    drawing.place(positive, enhancer, promoter)
                });
            }
        }
        Ok(drawing.finish(self.name(), 4))
    }
}

/// Different anchors of either side by contig, sorted by midpoint.
fn anchors(universe: &Universe) -> BTreeMap<ContigName, Vec<&Element>> {
    let mut anchors: BTreeMap<ContigName, Vec<&Element>> = BTreeMap::new();
    for element in SIDES.into_iter().flat_map(|side| universe.elements(side)) {
        anchors.entry(canonical(element.interval.contig())).or_default().push(element);
    }
    let place =
        |element: &&Element| (midpoint2(&element.interval), element.interval.start(), element.interval.end());
    for anchors in anchors.values_mut() {
        anchors.sort_by_key(place);
        anchors.dedup_by_key(|element| place(element));
    }
    anchors
}

/// Tries anchors in place of the one that is not kept, in random order, until one is accepted.
fn draw_anchor(
    pair: &Pair,
    kept: Side,
    drawn_is_right: bool,
    anchors: &[&Element],
    draws: &mut Draws,
    mut accept: impl FnMut(Element, Element) -> bool,
) {
    const TRIES: usize = 16;
    let at = midpoint2(&pair.element(kept).interval);
    let border = anchors.partition_point(|anchor| midpoint2(&anchor.interval) < at);
    let behind = anchors.partition_point(|anchor| midpoint2(&anchor.interval) <= at);
    let candidates = if drawn_is_right { &anchors[behind..] } else { &anchors[..border] };
    let own = &pair.element(kept.other()).interval;
    let mut attempt = |anchor: &Element| {
        let same = anchor.interval.start() == own.start() && anchor.interval.end() == own.end();
        let (keeping, anchor) = (pair.element(kept).clone(), anchor.clone());
        !same
            && match kept {
                Side::Enhancer => accept(keeping, anchor),
                Side::Promoter => accept(anchor, keeping),
            }
    };
    if candidates.is_empty() {
        return;
    }
    let drawn = (0..TRIES).any(|_| attempt(candidates[draws.below(candidates.len() as u64) as usize]));
    if !drawn {
        let mut all = candidates.to_vec();
        draws.shuffle(&mut all);
        let _ = all.into_iter().any(attempt);
    }
}

/// The side whose element lies further left.
fn left_side(pair: &Pair) -> Side {
    let [enhancer, promoter] = SIDES.map(|side| midpoint2(&pair.element(side).interval));
    if enhancer <= promoter { Side::Enhancer } else { Side::Promoter }
}

/// Enhancer and promoter with the left and the right one of them moved; `None` where one would leave its contig.
fn moved(pair: &Pair, (left, right): (i64, i64), contigs: Option<&Contigs>) -> Option<[Element; 2]> {
    let offsets = if left_side(pair) == Side::Enhancer { [left, right] } else { [right, left] };
    let enhancer = shifted(&pair.enhancer, offsets[0], contigs)?;
    Some([enhancer, shifted(&pair.promoter, offsets[1], contigs)?])
}

fn shifted(element: &Element, by: i64, contigs: Option<&Contigs>) -> Option<Element> {
    if by == 0 {
        return Some(element.clone());
    }
    let Element { interval, strand, .. } = element;
    let (start, end) = (interval.start().checked_add_signed(by)?, interval.end().checked_add_signed(by)?);
    let length = contigs.and_then(|contigs| contigs.resolve(interval.contig()).ok());
    let inside = length.is_none_or(|contig| end <= contig.length);
    let interval = inside.then(|| Interval::new(interval.contig().clone(), start, end).ok())??;
    Some(Element { interval, name: None, strand: *strand })
}
