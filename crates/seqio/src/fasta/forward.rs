//! Text read by one thread from front to back.

use std::collections::VecDeque;

use super::bgzf::BgzfFile;
use super::source::Source;
use crate::FastaError;

/// Reads the text of a [`Source`] at places that come in ascending order: blocks of a bgzip file are unpacked once and
/// kept until the places have passed them. Places in another order are read as well, but blocks then again and again.
///
/// Memory: the blocks that one place reaches over.
pub(crate) struct ForwardText<'a> {
    source: &'a Source,
    blocks: VecDeque<Vec<u8>>,
    /// Number of the first of the blocks.
    first: usize,
}

impl<'a> ForwardText<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source, blocks: VecDeque::new(), first: 0 }
    }

    /// Fills `bytes` with the text from `offset` on.
    pub(crate) fn read_exact_at(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        self.source.check_inside(offset, bytes.len())?;
        match self.source {
            Source::Plain(file) => file.read_exact_at(offset, bytes),
            Source::Bgzip(file) => self.unpack(file, offset, bytes),
        }
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
