//! Negatives that keep one element of a positive and give it another partner.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use ciskit_core::random::Draws;
use ciskit_core::{ContigName, Side};

use super::universe::{Drawing, SIDES, distance2, midpoint2, side_index};
use super::{NegativeSampler, Negatives, Universe};
use crate::chromosome_folds::canonical;
use crate::{DatasetError, Purpose, Seeds};

/// The promoter of a positive with other enhancers of its contig, at distances from the positives' smallest to their
/// largest.
///
/// A promoter occurs in the negatives as often, for each of its positives, as in the positives, so that knowing it
/// tells nothing. The distance within its range, and the enhancers' degrees, still may.
///
/// *Cost*: O(n) in the number of negatives as long as promoters have many free enhancers.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{NegativeSampler, SamePromoter, Seeds, Universe};
///
/// let pair = |enhancer, label| -> Result<Pair, ciskit_core::IntervalError> {
///     let (e, p) = (Interval::new("chr1", enhancer, enhancer + 10)?, Interval::new("chr1", 500, 700)?);
///     Ok(Pair::new(e, p).with_label(label))
/// };
/// let pairs = [pair(0, true)?, pair(200, true)?, pair(100, false)?, pair(9_000, false)?];
/// let negatives = SamePromoter::new(1).sample(&Universe::of(&pairs), Seeds::of_run(0))?;
/// // 9,000 lies outside of the positives' distances; 100 is there for one of the two positives only.
/// assert_eq!(negatives.pairs[0].enhancer.interval.start(), 100);
/// assert_eq!(negatives.matching.to_string().lines().next(), Some("same promoter: 1 of 2 negatives for 2 positives"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamePromoter {
    per_positive: usize,
}

impl SamePromoter {
    /// `per_positive` negatives for each positive.
    #[must_use]
    pub fn new(per_positive: usize) -> Self {
        Self { per_positive }
    }
}

impl NegativeSampler for SamePromoter {
    fn name(&self) -> String {
        "same promoter".to_owned()
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let distances = || {
            let placed = universe.positives().iter().filter(|pair| pair.distance().is_some());
            placed.map(distance2)
        };
        let range = distances().min().unwrap_or(0)..=distances().max().unwrap_or(0);
        let name = (self.name(), "same promoter");
        partners(universe, self.per_positive, range, seeds, name, |_| Side::Promoter)
    }
}

/// One element of a positive, the enhancer or the promoter by a throw of a coin, with any other element of the other
/// side on its contig.
///
/// Partners lie anywhere on the contig, mostly much further away than the positives': the distance alone tells the
/// classes apart, as the [`Matching`](super::Matching) shows. For comparison with lists that were made so.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{NegativeSampler, RandomPartner, Seeds, Universe};
///
/// let mut pairs = Vec::new();
/// for i in 0..40 {
///     let at = |start| Interval::new("chr1", start, start + 10);
///     pairs.push(Pair::new(at(100_000 * i)?, at(100_000 * i + 5_000)?).with_label(true));
/// }
/// let negatives = RandomPartner::new(3).sample(&Universe::of(&pairs), Seeds::of_run(0))?;
/// assert_eq!(negatives.matching.found, 120);
/// assert!(negatives.matching.compared[0].ks > Some(0.9), "the distance gives it away");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomPartner {
    per_positive: usize,
}

impl RandomPartner {
    /// `per_positive` negatives for each positive.
    #[must_use]
    pub fn new(per_positive: usize) -> Self {
        Self { per_positive }
    }
}

impl NegativeSampler for RandomPartner {
    fn name(&self) -> String {
        "random partner".to_owned()
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let coin = |draws: &mut Draws| SIDES[draws.below(2) as usize];
        partners(universe, self.per_positive, 0..=u64::MAX, seeds, (self.name(), "random partner"), coin)
    }
}

/// Round after round gives every positive one negative that keeps the element of the side that `keep` says.
fn partners(
    universe: &Universe,
    per_positive: usize,
    range: RangeInclusive<u64>,
    seeds: Seeds,
    (sampler, stream): (String, &str),
    keep: impl Fn(&mut Draws) -> Side,
) -> Result<Negatives, DatasetError> {
    let mut drawing = universe.draw()?;
    let stream = seeds.stream(Purpose::Negatives).name(stream);
    let candidates = Candidates { universe, by_contig: universe.by_contig(), range };
    for round in 0..per_positive {
        for positive in 0..universe.positives().len() {
            let mut draws = stream.number(round as u64).number(positive as u64).draws();
            let kept = keep(&mut draws);
            if let Some([enhancer, promoter]) = candidates.draw(&mut drawing, positive, kept, &mut draws) {
                drawing.push(positive, enhancer, promoter);
            }
        }
    }
    Ok(drawing.finish(sampler, per_positive))
}

struct Candidates<'a> {
    universe: &'a Universe,
    by_contig: BTreeMap<ContigName, [Vec<usize>; 2]>,
    /// Of twice the distance.
    range: RangeInclusive<u64>,
}

impl Candidates<'_> {
    /// A free pair of the positive's element on the kept side, taken; `None` if there is none.
    fn draw(
        &self,
        drawing: &mut Drawing<'_>,
        positive: usize,
        kept: Side,
        draws: &mut Draws,
    ) -> Option<[usize; 2]> {
        const TRIES: usize = 16;
        let kept_index = self.universe.sides()[positive][side_index(kept)];
        let interval = &self.universe.elements(kept)[kept_index].interval;
        let others = self.universe.elements(kept.other());
        let sorted = &self.by_contig[&canonical(interval.contig())][side_index(kept.other())];
        let (at, place) = (midpoint2(interval), |index: &usize| midpoint2(&others[*index].interval));
        let farthest = *self.range.end();
        let first = sorted.partition_point(|index| place(index) < at.saturating_sub(farthest));
        let last = sorted.partition_point(|index| place(index) <= at.saturating_add(farthest));
        let near = &sorted[first..last];
        let pair = |other: usize| match kept {
            Side::Enhancer => [kept_index, other],
            Side::Promoter => [other, kept_index],
        };
        let within = |index: &usize| self.range.contains(&place(index).abs_diff(at));
        if near.is_empty() {
            return None;
        }
        for _ in 0..TRIES {
            let other = near[draws.below(near.len() as u64) as usize];
            let [enhancer, promoter] = pair(other);
            if within(&other) && drawing.take(enhancer, promoter) {
                return Some([enhancer, promoter]);
            }
        }
        // Few are free: list them.
        let free = |pair: &[usize; 2]| drawing.is_free(pair[0], pair[1]);
        let free: Vec<[usize; 2]> =
            near.iter().filter(|index| within(index)).map(|index| pair(*index)).filter(free).collect();
        let chosen = (!free.is_empty()).then(|| free[draws.below(free.len() as u64) as usize])?;
        drawing.take(chosen[0], chosen[1]).then_some(chosen)
    }
}
