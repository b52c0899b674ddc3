//! Components: pairs that hang together through shared or neighbouring elements.

use std::fmt;

use ciskit_core::{ContigName, Pair};

use crate::chromosome_folds::canonical;

/// The components of a list of pairs: two pairs are in one if an element of the one, enhancer or promoter,
/// overlaps, touches or lies at most a gap away from an element of the other, or through a chain of such pairs.
///
/// Labels do not matter: a negative joins its elements like a positive. With many negatives between the elements
/// of a chromosome one component may hold most of it; [`largest_share`](Self::largest_share) tells.
///
/// *Cost*: O(n log n) in the number of pairs.
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_dataset::Components;
///
/// let pair = |enhancer, promoter| -> Result<Pair, ciskit_core::IntervalError> {
///     Ok(Pair::new(Interval::new("c", enhancer, enhancer + 10)?, Interval::new("c", promoter, promoter + 10)?))
/// };
/// let pairs = [pair(500, 900)?, pair(0, 100)?, pair(113, 200)?];
/// assert_eq!(Components::of(&pairs, 0).len(), 3);
/// let near = Components::of(&pairs, 3); // 110 to 113
/// assert_eq!((near.of_pair(), near.sizes()), (&[1, 0, 0][..], &[2, 1][..]));
/// assert_eq!(near.to_string(), "2 components of 3 pairs; the largest holds 2 pairs (66.7 %)");
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Components {
    of_pair: Vec<usize>,
    sizes: Vec<usize>,
}

impl Components {
    /// The components under a gap in bp, numbered by their first element (contig by name, then position).
    #[must_use]
    pub fn of(pairs: &[Pair], gap: u64) -> Self {
        let mut elements: Vec<(ContigName, u64, u64, usize)> = Vec::with_capacity(2 * pairs.len());
        for (index, pair) in pairs.iter().enumerate() {
            for interval in [&pair.enhancer.interval, &pair.promoter.interval] {
                elements.push((canonical(interval.contig()), interval.start(), interval.end(), index));
            }
        }
        elements.sort_unstable();
        let mut sets = Sets::new(pairs.len());
        // From left to right, with the element that reaches furthest so far.
        let mut furthest: Option<&(ContigName, u64, u64, usize)> = None;
        for element in &elements {
            let (contig, start, end, pair) = element;
            let before = furthest.filter(|before| before.0 == *contig);
            if let Some(before) = before.filter(|before| *start <= before.2.saturating_add(gap)) {
                sets.join(before.3, *pair);
            }
            if before.is_none_or(|before| before.2 < *end) {
                furthest = Some(element);
            }
        }
        let mut number_of = vec![None; pairs.len()];
        let mut sizes = Vec::new();
        for (.., pair) in &elements {
            number_of[sets.root(*pair)].get_or_insert_with(|| {
                sizes.push(0);
                sizes.len() - 1
            });
        }
        let of_pair: Vec<usize> = (0..pairs.len()).filter_map(|pair| number_of[sets.root(pair)]).collect();
        of_pair.iter().for_each(|component| sizes[*component] += 1);
        Self { of_pair, sizes }
    }

    /// Each pair's component.
    #[must_use]
    pub fn of_pair(&self) -> &[usize] {
        &self.of_pair
    }

    /// Each component's number of pairs.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// How many components there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Whether there are none, because there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// Number of pairs in the largest component.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or(0)
    }

    /// Share of the pairs that the largest component holds, 0 without pairs. A component is never cut, so that no
    /// split into folds has a smaller largest fold.
    #[must_use]
    pub fn largest_share(&self) -> f64 {
        self.largest() as f64 / self.of_pair.len().max(1) as f64
    }
}

impl fmt::Display for Components {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} components of {} pairs; the largest holds {} pairs ({:.1} %)",
            self.len(),
            self.of_pair.len(),
            self.largest(),
            100.0 * self.largest_share()
        )
    }
}

/// Disjoint sets, joined (union by size, paths halved: Tarjan and van Leeuwen 1984,
/// <https://doi.org/10.1145/62.2160>).
struct Sets {
    parent: Vec<usize>,
    size: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self { parent: (0..count).collect(), size: vec![1; count] }
    }

    fn root(&mut self, mut item: usize) -> usize {
        while self.parent[item] != item {
            self.parent[item] = self.parent[self.parent[item]];
            item = self.parent[item];
        }
        item
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (small, large) = if self.size[a] < self.size[b] { (a, b) } else { (b, a) };
        if small != large {
            self.parent[small] = large;
            self.size[large] += self.size[small];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::Interval;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn components_are_those_of_the_double_loop(
            places in prop::collection::vec((0usize..2, 0u64..300, 0u64..12, 0u64..300, 0u64..12), 0..25),
            gap in 0u64..9,
        ) {
            let names = [["1", "chr1"], ["chr2", "2"]];
            let pairs: Vec<Pair> = places
                .into_iter()
                .enumerate()
                .map(|(i, (c, e, el, p, pl))| {
                    let at = |start, length, turn| {
                        Interval::new(names[c][turn], start, start + length).unwrap()
                    };
                    Pair::new(at(e, el, i % 2), at(p, pl, i / 2 % 2))
                })
                .collect();
            let near = |a: &Pair, b: &Pair| {
                [&a.enhancer, &a.promoter].iter().any(|x| [&b.enhancer, &b.promoter].iter().any(|y| {
                    let plain = |i: &Interval| {
                        Interval::new(i.contig().trim_start_matches("chr"), i.start(), i.end()).unwrap()
                    };
                    plain(&x.interval).gap(&plain(&y.interval)).is_some_and(|between| between <= gap)
                }))
            };
            let components = Components::of(&pairs, gap);
            // The smallest label that spreads along neighbours, until nothing changes.
            let mut expected: Vec<usize> = (0..pairs.len()).collect();
            while (0..pairs.len()).any(|a| (0..pairs.len()).any(|b| {
                let spreads = near(&pairs[a], &pairs[b]) && expected[a] < expected[b];
                if spreads { expected[b] = expected[a]; }
                spreads
            })) {}
            for a in 0..pairs.len() {
                for b in 0..pairs.len() {
                    let same = components.of_pair()[a] == components.of_pair()[b];
                    prop_assert_eq!(same, expected[a] == expected[b], "{} {}", a, b);
                }
            }
            prop_assert_eq!(components.sizes().iter().sum::<usize>(), pairs.len());
        }
    }
}
