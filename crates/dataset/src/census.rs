//! A census of pairs: which elements and contigs they share.

use std::collections::HashMap;
use std::hash::Hash;

use ciskit_core::{Element, Interval, Pair};

/// The pairs with elements and contigs as numbers, so that many parts are counted without comparing text.
pub(crate) struct Census<'a> {
    /// Each pair's enhancer.
    pub(crate) enhancers: Vec<usize>,
    /// Each pair's promoter.
    pub(crate) promoters: Vec<usize>,
    /// Each pair's contig, the enhancer's.
    pub(crate) contigs: Vec<usize>,
    /// Names of the contigs by number.
    pub(crate) contig_names: Vec<&'a str>,
}

/// What tells elements apart.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Name(&'a str),
    Place(&'a Interval),
}

impl<'a> From<&'a Element> for Identity<'a> {
    fn from(element: &'a Element) -> Self {
        element.name.as_deref().map_or(Self::Place(&element.interval), Self::Name)
    }
}

impl<'a> Census<'a> {
    pub(crate) fn of(pairs: &'a [Pair]) -> Self {
        let mut contig_names = Vec::new();
        let contigs = numbered(pairs.iter().map(|pair| pair.enhancer.interval.contig().as_str()));
        for (pair, number) in pairs.iter().zip(&contigs) {
            if *number == contig_names.len() {
                contig_names.push(pair.enhancer.interval.contig().as_str());
            }
        }
        Self {
            enhancers: numbered(pairs.iter().map(|pair| Identity::from(&pair.enhancer))),
            promoters: numbered(pairs.iter().map(|pair| Identity::from(&pair.promoter))),
            contigs,
            contig_names,
        }
    }

    /// Numbers of the different elements or contigs of a part, ascending.
    pub(crate) fn distinct(numbers: &[usize], part: &[usize]) -> Vec<usize> {
        let mut seen: Vec<usize> = part.iter().map(|pair| numbers[*pair]).collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

/// Each item's number, counted up in the order in which items are first met.
pub(crate) fn numbered<T: Eq + Hash>(items: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let mut number = |item| {
        let next = numbers.len();
        *numbers.entry(item).or_insert(next)
    };
    items.map(&mut number).collect()
}
