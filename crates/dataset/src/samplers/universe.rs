//! What negatives are made of.

use std::collections::{BTreeMap, HashMap, HashSet};

use ciskit_core::{ContigName, Element, Interval, Pair, Side};

use super::{Matching, Negatives};
use crate::DatasetError;
use crate::chromosome_folds::canonical;

/// The elements that negatives may be made of, and the pairs that they must not be.
///
/// An element is known by its place, with contigs in either spelling, whatever its name. All pairs give their
/// elements; positives and unlabelled pairs are never drawn, because the latter may be positives. Pairs of several
/// cells are best sampled cell by cell: here all their elements are mixed.
///
/// *Cost*: O(n) in the number of pairs.
///
/// ```
/// use ciskit_core::{Element, Interval, Pair, Side};
/// use ciskit_dataset::Universe;
///
/// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
/// let more = [Element::from(Interval::new("1", 0, 10)?), Element::from(Interval::new("1", 40, 50)?)];
/// let universe = Universe::of(&[pair.clone().with_label(true)]).with(Side::Enhancer, more);
/// assert_eq!((universe.elements(Side::Enhancer).len(), universe.elements(Side::Promoter).len()), (2, 1));
/// assert_eq!(universe.positives().len(), 1);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Universe {
    elements: [Vec<Element>; 2],
    /// The ledger's number of each element.
    numbers: [Vec<usize>; 2],
    ledger: Ledger,
    positives: Vec<Pair>,
    rows: Vec<usize>,
    /// Each positive's enhancer and promoter, as indices of `elements`.
    sides: Vec<[usize; 2]>,
}

/// The sides in the order in which [`Universe`] holds them.
pub(super) const SIDES: [Side; 2] = [Side::Enhancer, Side::Promoter];

/// Index of a side in what [`Universe`] holds.
pub(super) fn side_index(side: Side) -> usize {
    usize::from(side == Side::Promoter)
}

impl Universe {
    /// The elements of these pairs; positives are those with the label 1, each pair of places once.
    #[must_use]
    pub fn of(pairs: &[Pair]) -> Self {
        let mut universe = Self::default();
        let mut found = [HashMap::new(), HashMap::new()];
        for (row, pair) in pairs.iter().enumerate() {
            let sides = [0, 1].map(|side| {
                let element = pair.element(SIDES[side]);
                universe.add(side, element, &mut found[side])
            });
            if pair.label == Some(false) {
                continue;
            }
            let [enhancer, promoter] = [0, 1].map(|side| universe.numbers[side][sides[side]]);
            let new = universe.ledger.take(enhancer, promoter);
            if pair.label == Some(true) && new {
                universe.positives.push(pair.clone());
                universe.rows.push(row);
                universe.sides.push(sides);
            }
        }
        universe
    }

    /// The same universe with further elements on a side; those that are there already change nothing.
    #[must_use]
    pub fn with(mut self, side: Side, elements: impl IntoIterator<Item = Element>) -> Self {
        let side = side_index(side);
        let mut found: HashMap<usize, usize> =
            self.numbers[side].iter().enumerate().map(|(index, number)| (*number, index)).collect();
        for element in elements {
            self.add(side, &element, &mut found);
        }
        self
    }

    fn add(&mut self, side: usize, element: &Element, found: &mut HashMap<usize, usize>) -> usize {
        let number = self.ledger.number(&element.interval);
        *found.entry(number).or_insert_with(|| {
            self.elements[side].push(element.clone());
            self.numbers[side].push(number);
            self.elements[side].len() - 1
        })
    }

    /// The different elements of a side, as first met.
    #[must_use]
    pub fn elements(&self, side: Side) -> &[Element] {
        &self.elements[side_index(side)]
    }

    /// The positives, each pair of places once, as first met.
    #[must_use]
    pub fn positives(&self) -> &[Pair] {
        &self.positives
    }

    /// Each positive's index in the pairs that the universe was made of.
    ///
    /// ```
    /// use ciskit_core::{Interval, Pair};
    /// use ciskit_dataset::Universe;
    ///
    /// let pair = Pair::new(Interval::new("chr1", 0, 10)?, Interval::new("chr1", 500, 700)?);
    /// let pairs = [pair.clone().with_label(false), pair.clone().with_label(true), pair.with_label(true)];
    /// assert_eq!(Universe::of(&pairs).rows(), [1]);
    /// # Ok::<(), ciskit_core::IntervalError>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Each positive's enhancer and promoter, as indices of [`elements`](Self::elements).
    pub(super) fn sides(&self) -> &[[usize; 2]] {
        &self.sides
    }

    /// Indices of the elements of both sides by contig, each sorted by midpoint, equal ones as first met.
    pub(super) fn by_contig(&self) -> BTreeMap<ContigName, [Vec<usize>; 2]> {
        let mut by_contig: BTreeMap<ContigName, [Vec<usize>; 2]> = BTreeMap::new();
        for side in 0..2 {
            for (index, element) in self.elements[side].iter().enumerate() {
                by_contig.entry(canonical(element.interval.contig())).or_default()[side].push(index);
            }
        }
        for sides in by_contig.values_mut() {
            for (side, indices) in sides.iter_mut().enumerate() {
                indices.sort_by_key(|index| midpoint2(&self.elements[side][*index].interval));
            }
        }
        by_contig
    }

    /// Starts a drawing in which positives and unlabelled pairs are taken.
    pub(super) fn draw(&self) -> Result<Drawing<'_>, DatasetError> {
        if self.positives.is_empty() {
            return Err(DatasetError::NoSampledPositives);
        }
        Ok(Drawing { universe: self, ledger: self.ledger.clone(), drawn: Vec::new() })
    }
}

/// The sum of start and end: twice the midpoint, exactly.
pub(super) fn midpoint2(interval: &Interval) -> u64 {
    interval.start() + interval.end()
}

/// Twice the distance of a pair's midpoints; 0 on different contigs, where there is none.
pub(super) fn distance2(pair: &Pair) -> u64 {
    pair.distance().map_or(0, |distance| (2.0 * distance) as u64)
}

/// Numbers of places, and the pairs of places that are no longer free.
#[derive(Clone, Debug, Default)]
struct Ledger {
    numbers: HashMap<(ContigName, u64, u64), usize>,
    taken: HashSet<(usize, usize)>,
}

impl Ledger {
    fn number(&mut self, interval: &Interval) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry((canonical(interval.contig()), interval.start(), interval.end())).or_insert(next)
    }

    fn is_free(&self, a: usize, b: usize) -> bool {
        a != b && !self.taken.contains(&(a.min(b), a.max(b)))
    }

    /// Takes a pair of places; `false` if it was taken before, or is one place twice.
    fn take(&mut self, a: usize, b: usize) -> bool {
        self.is_free(a, b) && self.taken.insert((a.min(b), a.max(b)))
    }
}

/// Negatives in the making.
pub(super) struct Drawing<'a> {
    universe: &'a Universe,
    ledger: Ledger,
    drawn: Vec<(usize, Pair)>,
}

impl Drawing<'_> {
    /// Whether the pair of these elements, by index, may be drawn.
    pub(super) fn is_free(&self, enhancer: usize, promoter: usize) -> bool {
        let [enhancers, promoters] = &self.universe.numbers;
        self.ledger.is_free(enhancers[enhancer], promoters[promoter])
    }

    /// Takes the pair of these elements so that it is drawn once, to be [pushed](Self::push) later.
    pub(super) fn take(&mut self, enhancer: usize, promoter: usize) -> bool {
        let [enhancers, promoters] = &self.universe.numbers;
        self.ledger.take(enhancers[enhancer], promoters[promoter])
    }

    /// Adds a pair of elements, by index, that was taken, against a positive.
    pub(super) fn push(&mut self, positive: usize, enhancer: usize, promoter: usize) {
        let [enhancers, promoters] = &self.universe.elements;
        let pair = Pair::new(enhancers[enhancer].clone(), promoters[promoter].clone());
        self.drawn.push((positive, pair));
    }

    /// Takes and adds a pair of elements of any place against a positive; `false` if it is not free.
    pub(super) fn place(&mut self, positive: usize, enhancer: Element, promoter: Element) -> bool {
        let [a, b] = [&enhancer, &promoter].map(|element| self.ledger.number(&element.interval));
        let free = self.ledger.take(a, b);
        if free {
            self.drawn.push((positive, Pair::new(enhancer, promoter)));
        }
        free
    }

    /// The negatives by positive, in the order in which each positive's were drawn.
    pub(super) fn finish(mut self, sampler: String, per_positive: usize) -> Negatives {
        self.drawn.sort_by_key(|(positive, _)| *positive);
        let positives = &self.universe.positives;
        let label = |(positive, pair): (usize, Pair)| {
            let cell = positives[positive].cell.clone();
            (positive, Pair { label: Some(false), cell, ..pair })
        };
        let (positive, pairs): (Vec<usize>, Vec<Pair>) = self.drawn.into_iter().map(label).unzip();
        let matching = Matching::of(sampler, positives, &pairs, per_positive);
        Negatives { pairs, positive, matching }
    }
}
