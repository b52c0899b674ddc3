//! Text read by one thread from front to back.

use std::collections::VecDeque;

use super::bgzf::BgzfFile;
use super::positioned::PositionedFile;
use super::source::Source;
use crate::FastaError;

/// Bytes of plain text that are read at a time: a small part of a processor's cache, and a call to the system for many
/// places.
const AT_A_TIME: usize = 1 << 17;

/// Places that fill less than this part of their text are read one by one.
const SPARSEST: u64 = 8;

/// Reads the text of a [`Source`] at places that come in ascending order: blocks of a bgzip file are unpacked once and
/// kept until the places have passed them. Places in another order are read as well, but blocks then again and again.
///
/// Plain text is read ahead where the places lie densely, so that many of them share one call to the system.
///
/// Memory: the blocks that one place reaches over, or what is read ahead.
pub(crate) struct ForwardText<'a> {
    source: &'a Source,
    /// Bytes of plain text to read at a time, at least; 0 to read each place alone.
    at_a_time: usize,
    /// Plain text that was read, and its offset.
    ahead: Vec<u8>,
    ahead_from: u64,
    blocks: VecDeque<Vec<u8>>,
    /// Number of the first of the blocks.
    first: usize,
}

impl<'a> ForwardText<'a> {
    /// Text for places of `bytes` bytes in all that spread over `span` bytes.
    pub(crate) fn new(source: &'a Source, bytes: u64, span: u64) -> Self {
        let dense = span <= bytes.saturating_mul(SPARSEST);
        let at_a_time = if dense { AT_A_TIME } else { 0 };
        Self { source, at_a_time, ahead: Vec::new(), ahead_from: 0, blocks: VecDeque::new(), first: 0 }
    }

    /// Fills `bytes` with the text from `offset` on.
    pub(crate) fn read_exact_at(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        self.source.check_inside(offset, bytes.len())?;
        match self.source {
            Source::Plain(file) if bytes.len() >= self.at_a_time => file.read_exact_at(offset, bytes),
            Source::Plain(file) => self.read_ahead(file, offset, bytes),
            Source::Bgzip(file) => self.unpack(file, offset, bytes),
        }
    }

    fn read_ahead(&mut self, file: &PositionedFile, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        let there = |from: u64, ahead: &[u8]| {
            let skip = usize::try_from(offset.checked_sub(from)?).ok()?;
            Some(skip..skip + bytes.len()).filter(|range| range.end <= ahead.len())
        };
        let range = match there(self.ahead_from, &self.ahead) {
            Some(range) => range,
            None => {
                let left = usize::try_from(file.len() - offset).unwrap_or(usize::MAX);
                self.ahead.resize(self.at_a_time.max(bytes.len()).min(left), 0);
                self.ahead_from = offset;
                file.read_exact_at(offset, &mut self.ahead).inspect_err(|_| self.ahead.clear())?;
                0..bytes.len()
            }
        };
        bytes.copy_from_slice(&self.ahead[range]);
        Ok(())
    }

    fn unpack(&mut self, file: &BgzfFile, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        let (block, mut skip) = file.place_of(offset);
        if block < self.first {
            self.blocks.clear();
        }
        self.blocks.drain(..self.blocks.len().min(block.saturating_sub(self.first)));
        self.first = block;
        let (mut rest, mut ahead) = (bytes, 0);
        while !rest.is_empty() {
            if ahead == self.blocks.len() {
                self.blocks.push_back(file.decode(block + ahead)?);
            }
            let content = &self.blocks[ahead];
            let count = rest.len().min(content.len() - skip);
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(&content[skip..skip + count]);
            (rest, ahead, skip) = (later, ahead + 1, 0);
        }
        Ok(())
    }
}
