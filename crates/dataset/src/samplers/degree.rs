//! Negatives in which every element occurs as often as in the positives.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use ciskit_core::ContigName;
use ciskit_core::random::Draws;

use super::universe::Drawing;
use super::{NegativeSampler, Negatives, Universe};
use crate::chromosome_folds::canonical;
use crate::{DatasetError, Purpose, Seeds};

/// Every enhancer and every promoter of the positives in `n` times as many negatives as positives, as far as there
/// are pairs for it: counting how often an element occurs then tells nothing.
///
/// Partners are other elements of positives on the same contig, at most a [distance](Self::within) away if asked.
/// The number of negatives is the largest that these degrees allow: a random start is completed by augmenting paths
/// to a maximum flow. Then partners are exchanged at random between pairs, which keeps the degrees, so that the
/// result does not show how it was found.
///
/// An enhancer with a promoter of its own contig where all enhancers are its partners gets none: "n of m" in the
/// [`Matching`](super::Matching) tells.
///
/// *Source*: maximum flow by breadth-first augmentation, Edmonds and Karp 1972,
/// <https://doi.org/10.1145/321694.321699>.
///
/// *Cost*: for each contig O(deficit · enhancers · promoters), where the deficit is what the random start lacks.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::{DegreeBalanced, NegativeSampler, Seeds, Summary, Universe};
///
/// let at = |start| Interval::new("chr1", start, start + 10);
/// let mut pairs = Vec::new();
/// for i in 0..12 {
///     // Three enhancers a promoter.
///     pairs.push(Pair::new(at(1_000 * i)?, at(1_000 * (i / 3) + 100)?).with_label(true));
/// }
/// let negatives = DegreeBalanced::new(2).sample(&Universe::of(&pairs), Seeds::of_run(0))?;
/// assert_eq!(negatives.matching.found, 24);
/// let degrees = &negatives.matching.compared[2];
/// assert_eq!(degrees.ks, Some(0.0));
/// assert_eq!(degrees.negatives, degrees.positives.map(|of| Summary { n: 24, ..of }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DegreeBalanced {
    per_positive: usize,
    /// In bp, of midpoints.
    max_distance: u64,
}

impl DegreeBalanced {
    /// `per_positive` times the positives' degrees, partners anywhere on the contig.
    #[must_use]
    pub fn new(per_positive: usize) -> Self {
        Self { per_positive, max_distance: u64::MAX }
    }

    /// The same with partners at most `max_distance` bp apart, midpoint to midpoint.
    #[must_use]
    pub fn within(self, max_distance: u64) -> Self {
        Self { max_distance, ..self }
    }
}

impl NegativeSampler for DegreeBalanced {
    fn name(&self) -> String {
        match self.max_distance {
            u64::MAX => "degree-balanced".to_owned(),
            within => format!("degree-balanced within {within} bp"),
        }
    }

    fn sample(&self, universe: &Universe, seeds: Seeds) -> Result<Negatives, DatasetError> {
        let mut drawing = universe.draw()?;
        let mut by_contig: BTreeMap<ContigName, Vec<usize>> = BTreeMap::new();
        for (positive, pair) in universe.positives().iter().enumerate() {
            if pair.distance().is_some() {
                let contig = canonical(pair.enhancer.interval.contig());
                by_contig.entry(contig).or_default().push(positive);
            }
        }
        let stream = seeds.stream(Purpose::Negatives).name("degree");
        for (contig, positives) in by_contig {
            let mut draws = stream.name(&contig).draws();
            let mut graph = Graph::of(universe, &drawing, &positives, *self);
            graph.fill(&mut draws);
            graph.complete();
            graph.exchange(&mut draws);
            graph.give(&mut drawing, &positives, universe);
        }
        Ok(drawing.finish(self.name(), self.per_positive))
    }
}

/// The elements of a contig's positives, which pairs of them are allowed and which are chosen.
struct Graph {
    /// Indices in the universe.
    enhancers: Vec<usize>,
    promoters: Vec<usize>,
    /// How many pairs each still lacks.
    enhancer_lacks: Vec<usize>,
    promoter_lacks: Vec<usize>,
    /// By enhancer and promoter.
    allowed: Vec<bool>,
    chosen: HashSet<(usize, usize)>,
    /// The enhancers that each promoter was given, until pairs are exchanged.
    partners: Vec<Vec<usize>>,
}

impl Graph {
    fn of(
        universe: &Universe,
        drawing: &Drawing<'_>,
        positives: &[usize],
        DegreeBalanced { per_positive, max_distance }: DegreeBalanced,
    ) -> Self {
        let mut lists = [Vec::new(), Vec::new()];
        let mut lacks = [Vec::new(), Vec::new()];
        for side in 0..2 {
            let mut found = HashMap::new();
            for positive in positives {
                let element = universe.sides()[*positive][side];
                let index = *found.entry(element).or_insert_with(|| {
                    lists[side].push(element);
                    lacks[side].push(0);
                    lists[side].len() - 1
                });
                lacks[side][index] += per_positive;
            }
        }
        let [enhancers, promoters] = lists;
        let [enhancer_lacks, promoter_lacks] = lacks;
        let at = |side, index: usize| super::universe::midpoint2(&universe.elements(side)[index].interval);
        let mut allowed = Vec::with_capacity(enhancers.len() * promoters.len());
        for &enhancer in &enhancers {
            for &promoter in &promoters {
                let apart = at(ciskit_core::Side::Enhancer, enhancer)
                    .abs_diff(at(ciskit_core::Side::Promoter, promoter));
                let near = apart <= max_distance.saturating_mul(2);
                allowed.push(near && drawing.is_free(enhancer, promoter));
            }
        }
        let partners = vec![Vec::new(); promoters.len()];
        Self {
            enhancers,
            promoters,
            enhancer_lacks,
            promoter_lacks,
            allowed,
            chosen: HashSet::new(),
            partners,
        }
    }

    fn is_open(&self, enhancer: usize, promoter: usize) -> bool {
        self.allowed[enhancer * self.promoters.len() + promoter]
            && !self.chosen.contains(&(enhancer, promoter))
    }

    fn choose(&mut self, enhancer: usize, promoter: usize) {
        self.chosen.insert((enhancer, promoter));
        self.partners[promoter].push(enhancer);
    }

    fn release(&mut self, enhancer: usize, promoter: usize) {
        self.chosen.remove(&(enhancer, promoter));
        self.partners[promoter].retain(|partner| *partner != enhancer);
    }

    /// Matches what both sides lack in random order, as far as that goes.
    fn fill(&mut self, draws: &mut Draws) {
        let stubs = |lacks: &[usize]| -> Vec<usize> {
            lacks.iter().enumerate().flat_map(|(element, lack)| vec![element; *lack]).collect()
        };
        let mut waiting = stubs(&self.enhancer_lacks);
        draws.shuffle(&mut waiting);
        let mut promoters = stubs(&self.promoter_lacks);
        draws.shuffle(&mut promoters);
        for promoter in promoters {
            // The last that fits, near the end of a list in random order.
            if let Some(at) = waiting.iter().rposition(|enhancer| self.is_open(*enhancer, promoter)) {
                let enhancer = waiting.swap_remove(at);
                self.choose(enhancer, promoter);
                self.enhancer_lacks[enhancer] -= 1;
                self.promoter_lacks[promoter] -= 1;
            }
        }
    }

    /// Adds pairs along augmenting paths until no more fit.
    fn complete(&mut self) {
        for enhancer in 0..self.enhancers.len() {
            while self.enhancer_lacks[enhancer] > 0 && self.augment(enhancer) {
                self.enhancer_lacks[enhancer] -= 1;
            }
        }
    }

    /// One more pair of an enhancer, by the shortest chain of exchanges that ends at a promoter that lacks one;
    /// `false` if there is none.
    fn augment(&mut self, first: usize) -> bool {
        let mut from_enhancer: Vec<Option<usize>> = vec![None; self.promoters.len()];
        let mut from_promoter: Vec<Option<usize>> = vec![None; self.enhancers.len()];
        let mut queue = VecDeque::from([first]);
        while let Some(enhancer) = queue.pop_front() {
            for promoter in 0..self.promoters.len() {
                if from_enhancer[promoter].is_some() || !self.is_open(enhancer, promoter) {
                    continue;
                }
                from_enhancer[promoter] = Some(enhancer);
                if self.promoter_lacks[promoter] > 0 {
                    self.promoter_lacks[promoter] -= 1;
                    self.turn(promoter, &from_enhancer, &from_promoter);
                    return true;
                }
                for &partner in &self.partners[promoter] {
                    if partner != first && from_promoter[partner].is_none() {
                        from_promoter[partner] = Some(promoter);
                        queue.push_back(partner);
                    }
                }
            }
        }
        false
    }

    /// Chooses and releases the pairs of a path in turn, from its last promoter back to its first enhancer.
    fn turn(&mut self, last: usize, from_enhancer: &[Option<usize>], from_promoter: &[Option<usize>]) {
        let mut promoter = last;
        while let Some(enhancer) = from_enhancer[promoter] {
            self.choose(enhancer, promoter);
            let Some(before) = from_promoter[enhancer] else { break };
            self.release(enhancer, before);
            promoter = before;
        }
    }

    /// Exchanges the partners of random pairs where both new pairs are allowed.
    fn exchange(&mut self, draws: &mut Draws) {
        const TIMES: usize = 10;
        let mut pairs: Vec<(usize, usize)> = self.sorted();
        if pairs.len() < 2 {
            return;
        }
        for _ in 0..TIMES * pairs.len() {
            let [i, j] = [0, 1].map(|_| draws.below(pairs.len() as u64) as usize);
            let ((a, p), (b, q)) = (pairs[i], pairs[j]);
            if a != b && p != q && self.is_open(a, q) && self.is_open(b, p) {
                for pair in [(a, p), (b, q)] {
                    self.chosen.remove(&pair);
                }
                self.chosen.extend([(a, q), (b, p)]);
                (pairs[i], pairs[j]) = ((a, q), (b, p));
            }
        }
    }

    fn sorted(&self) -> Vec<(usize, usize)> {
        let mut pairs: Vec<_> = self.chosen.iter().copied().collect();
        pairs.sort_unstable();
        pairs
    }

    /// Gives the chosen pairs, each against a positive of its enhancer, those of one enhancer in turn.
    fn give(&self, drawing: &mut Drawing<'_>, positives: &[usize], universe: &Universe) {
        let mut of_enhancer: HashMap<usize, Vec<usize>> = HashMap::new();
        for positive in positives {
            of_enhancer.entry(universe.sides()[*positive][0]).or_default().push(*positive);
        }
        let mut given = vec![0; self.enhancers.len()];
        for (enhancer, promoter) in self.sorted() {
            let (element, partner) = (self.enhancers[enhancer], self.promoters[promoter]);
            let of_enhancer = &of_enhancer[&element];
            // A pair of anchors may be there in the other order already.
            if drawing.take(element, partner) {
                drawing.push(of_enhancer[given[enhancer] % of_enhancer.len()], element, partner);
                given[enhancer] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::{Interval, Pair, Side};
    use proptest::prelude::*;

    /// The largest number of pairs by another way: the smallest cut over all sets of enhancers.
    fn largest(universe: &Universe, per_positive: usize) -> usize {
        let count = |side: usize, element: usize| {
            per_positive * universe.sides().iter().filter(|sides| sides[side] == element).count()
        };
        let drawing = universe.draw().unwrap();
        let [enhancers, promoters] =
            [0, 1].map(|side| universe.elements([Side::Enhancer, Side::Promoter][side]).len());
        (0..1usize << enhancers)
            .map(|set| {
                let outside: usize = (0..enhancers).filter(|e| set >> e & 1 == 0).map(|e| count(0, e)).sum();
                let reached: usize = (0..promoters)
                    .map(|p| {
                        let open =
                            (0..enhancers).filter(|e| set >> e & 1 == 1 && drawing.is_free(*e, p)).count();
                        open.min(count(1, p))
                    })
                    .sum();
                outside + reached
            })
            .min()
            .unwrap()
    }

    proptest! {
        #[test]
        fn as_many_negatives_as_the_degrees_allow(
            positives in prop::collection::hash_set((0u64..6, 0u64..5), 1..14),
            per_positive in 1usize..4,
            seed in any::<u64>(),
        ) {
            let mut positives: Vec<_> = positives.into_iter().collect();
            positives.sort_unstable();
            let at = |start: u64| Interval::new("c", start, start + 10).unwrap();
            let pairs: Vec<Pair> = positives
                .into_iter()
                .map(|(e, p)| Pair::new(at(100 * e), at(10_000 + 100 * p)).with_label(true))
                .collect();
            let universe = Universe::of(&pairs);
            let negatives = DegreeBalanced::new(per_positive).sample(&universe, Seeds::of_run(seed)).unwrap();
            prop_assert_eq!(negatives.pairs.len(), largest(&universe, per_positive));
            for side in [Side::Enhancer, Side::Promoter] {
                let count = |pairs: &[Pair], place: &Interval| {
                    pairs.iter().filter(|pair| pair.element(side).interval == *place).count()
                };
                for pair in &pairs {
                    let place = &pair.element(side).interval;
                    prop_assert!(count(&negatives.pairs, place) <= per_positive * count(&pairs, place));
                }
            }
        }
    }
}
