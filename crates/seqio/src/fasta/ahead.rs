//! Bases prepared ahead for the windows that come next.

use std::ops::Range;

use ciskit_core::{Clipped, GenomeError};

use super::FastaGenome;
use super::forward::ForwardText;

/// Bases that are prepared at a time: with their text, a part of a processor's second cache.
const AT_A_TIME: u64 = 1 << 17;

/// Ranges that overlap nearly everything between them, on the average, are worth preparing all of it.
const SPARSEST: u64 = 2;

/// Bases of one thread's ranges, which come in the order of the file.
///
/// Where the ranges lie densely, long stretches are read, their lines joined and their letters checked at once, and the
/// ranges are slices of them. A stretch in which anything is wrong is left alone: its ranges are then read one by one, so
/// that what is wrong between two ranges does no harm and what is wrong within one is told of that one.
pub(super) struct BasesAhead<'a> {
    genome: &'a FastaGenome,
    text: ForwardText<'a>,
    /// Where the last range ends; nothing is prepared beyond.
    last: (usize, u64),
    /// Bases to prepare at a time; 0 to read each range alone.
    at_a_time: u64,
    /// The record and the part of it that were prepared, or that are wrong if there are no bases.
    record: usize,
    stretch: Range<u64>,
    bases: Vec<u8>,
    range: Vec<u8>,
}

impl<'a> BasesAhead<'a> {
    /// Bases for ranges of `bytes` bp in all that spread over `span` bytes of text, the last of which ends at `last`: a
    /// record and a position.
    pub(super) fn new(genome: &'a FastaGenome, bytes: u64, span: u64, last: (usize, u64)) -> Self {
        let at_a_time = if span <= bytes.saturating_mul(SPARSEST) { AT_A_TIME } else { 0 };
        let text = ForwardText::new(&genome.source, bytes, span);
        Self { genome, text, last, at_a_time, record: 0, stretch: 0..0, bases: Vec::new(), range: Vec::new() }
    }

    /// The bases of a range that has been cut at the contig's ends.
    pub(super) fn read(&mut self, record: usize, clipped: &Clipped) -> Result<&[u8], GenomeError> {
        if clipped.left_pad == 0 && clipped.right_pad == 0 {
            if !self.covers(record, &clipped.inside) {
                self.prepare(record, &clipped.inside);
            }
            if !self.bases.is_empty() && self.covers(record, &clipped.inside) {
                let skip = (clipped.inside.start - self.stretch.start) as usize;
                let count = (clipped.inside.end - clipped.inside.start) as usize;
                return Ok(&self.bases[skip..skip + count]);
            }
        }
        let read = |offset, bytes: &mut [u8]| self.text.read_exact_at(offset, bytes);
        self.genome.read_into(record, clipped, &mut self.range, read)?;
        Ok(&self.range)
    }

    fn covers(&self, record: usize, inside: &Range<u64>) -> bool {
        self.record == record && self.stretch.start <= inside.start && inside.end <= self.stretch.end
    }

    /// Reads the stretch that begins where `inside` does, if that is worth it.
    fn prepare(&mut self, record: usize, inside: &Range<u64>) {
        let begins_in_wrong =
            self.bases.is_empty() && self.record == record && self.stretch.contains(&inside.start);
        if self.at_a_time == 0 || inside.is_empty() || begins_in_wrong {
            return;
        }
        let end = if self.last.0 == record { self.last.1 } else { self.genome.records[record].length };
        let end = end.min(inside.start.saturating_add(self.at_a_time)).max(inside.end);
        (self.record, self.stretch) = (record, inside.start..end);
        self.bases.clear();
        let read = |offset, bytes: &mut [u8]| self.text.read_exact_at(offset, bytes);
        if self.genome.append(record, self.stretch.clone(), &mut self.bases, read).is_err() {
            self.bases.clear();
        }
    }
}
