//! What the windows of the elements are made of: G and C, unknown bases, and their minimizers.

use ciskit_core::Side;
use rayon::prelude::*;

use super::minimizer::minimizers;
use super::roster::Roster;
use crate::{DatasetError, Jitter, PairSource, SimilarityConfig};

/// The window of one element in numbers.
#[derive(Clone, Debug, Default)]
struct Content {
    length: usize,
    known: usize,
    gc: usize,
    /// Distinct, ascending.
    minimizers: Vec<u64>,
}

impl Content {
    fn of(window: &[u8], similarity: &SimilarityConfig) -> Self {
        let count = |bases: &[u8]| window.iter().filter(|base| bases.contains(base)).count();
        Self {
            length: window.len(),
            known: count(b"ACGTacgt"),
            gc: count(b"GCgc"),
            minimizers: minimizers(window, similarity.k, similarity.window),
        }
    }
}

/// The centred window of every element, in numbers.
pub(super) struct Contents {
    sides: [Vec<Content>; 2],
}

impl Contents {
    /// Reads each element's window once, from its first pair. *Cost*: one fetch for each new element, in parallel.
    pub(super) fn read(
        roster: &Roster<'_>,
        source: &dyn PairSource,
        similarity: &SimilarityConfig,
    ) -> Result<Self, DatasetError> {
        let sides = [Side::Enhancer, Side::Promoter].map(|side| roster.side(side));
        let mut readers: Vec<usize> = sides.iter().flat_map(|side| side.first.iter().copied()).collect();
        readers.sort_unstable();
        readers.dedup();
        let read = |buffers: &mut (Vec<u8>, Vec<u8>), pair: usize| -> Result<_, DatasetError> {
            let (enhancer, promoter) = buffers;
            source.fetch(pair, Jitter::CENTRED, enhancer, promoter)?;
            let windows = [&*enhancer, &*promoter];
            Ok([0, 1].map(|side| {
                let new = sides[side].first[sides[side].of[pair]] == pair;
                new.then(|| (sides[side].of[pair], Content::of(windows[side], similarity)))
            }))
        };
        let read: Vec<_> = readers
            .par_iter()
            .map_init(|| (Vec::new(), Vec::new()), |buffers, pair| read(buffers, *pair))
            .collect::<Result<_, _>>()?;
        let mut contents = sides.map(|side| vec![Content::default(); side.count()]);
        for pair in read {
            for (contents, found) in contents.iter_mut().zip(pair) {
                if let Some((element, content)) = found {
                    contents[element] = content;
                }
            }
        }
        Ok(Self { sides: contents })
    }

    fn content(&self, side: Side, element: usize) -> &Content {
        &self.sides[usize::from(side == Side::Promoter)][element]
    }

    /// Share of G and C among the known bases; a half where none is known.
    pub(super) fn gc(&self, side: Side, element: usize) -> f64 {
        let content = self.content(side, element);
        if content.known == 0 { 0.5 } else { content.gc as f64 / content.known as f64 }
    }

    /// Share of unknown bases.
    pub(super) fn padding(&self, side: Side, element: usize) -> f64 {
        let content = self.content(side, element);
        (content.length - content.known) as f64 / content.length.max(1) as f64
    }

    /// Share of unknown bases in both windows together.
    pub(super) fn padding_of_both(&self, enhancer: usize, promoter: usize) -> f64 {
        let both = [self.content(Side::Enhancer, enhancer), self.content(Side::Promoter, promoter)];
        let sum = |number: fn(&Content) -> usize| both.iter().map(|content| number(content)).sum::<usize>();
        let length = sum(|content| content.length);
        (length - sum(|content| content.known)) as f64 / length.max(1) as f64
    }

    /// Distinct minimizers of an element, ascending.
    pub(super) fn minimizers(&self, side: Side, element: usize) -> &[u64] {
        &self.content(side, element).minimizers
    }
}
