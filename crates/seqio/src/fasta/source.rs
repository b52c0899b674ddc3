//! The text of a FASTA file at any place, whether the file is plain or bgzip.

use std::io::{self, Read};
use std::path::Path;

use noodles_bgzf::gzi;

use super::FastaOptions;
use super::bgzf::{BgzfFile, Packing};
use super::index_file::{beside, keep};
use super::positioned::PositionedFile;
use crate::FastaError;

/// An open FASTA file. Offsets are those of the uncompressed text.
#[derive(Debug)]
pub(crate) enum Source {
    Plain(PositionedFile),
    Bgzip(BgzfFile),
}

impl Source {
    /// Opens a file as what its first bytes say that it is.
    pub(crate) fn open(path: &Path, options: &FastaOptions) -> Result<Self, FastaError> {
        let file = PositionedFile::open(path)?;
        match Packing::of(&file)? {
            Packing::Plain => return Ok(Self::Plain(file)),
            Packing::Gzip => return Err(FastaError::Gzip { path: path.to_owned() }),
            Packing::Bgzip => {}
        }
        let index = beside(path, ".gzi");
        if index.exists() {
            return BgzfFile::with_index(file, options.cache_bytes, &index).map(Self::Bgzip);
        }
        let file = BgzfFile::scan(file, options.cache_bytes)?;
        let mut bytes = Vec::new();
        if options.write_index && gzi::io::Writer::new(&mut bytes).write_index(&file.index()).is_ok() {
            keep(&index, &bytes);
        }
        Ok(Self::Bgzip(file))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Plain(file) => file.path(),
            Self::Bgzip(file) => file.path(),
        }
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Plain(file) => file.len(),
            Self::Bgzip(file) => file.len(),
        }
    }

    /// Fills `bytes` with the text from `offset` on.
    pub(crate) fn read_exact_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        self.check_inside(offset, bytes.len())?;
        match self {
            Self::Plain(file) => file.read_exact_at(offset, bytes),
            Self::Bgzip(file) => file.read_exact_at(offset, bytes),
        }
    }

    /// That so many bytes from `offset` on are text.
    pub(crate) fn check_inside(&self, offset: u64, count: usize) -> Result<(), FastaError> {
        if count as u64 > self.len().saturating_sub(offset) {
            let found = format!("{count} bytes are missing from byte {offset} on");
            return Err(FastaError::Truncated { path: self.path().to_owned(), found });
        }
        Ok(())
    }

    /// The text of a range, cut at the end of the text.
    pub(crate) fn text(&self, start: u64, end: u64) -> Result<Vec<u8>, FastaError> {
        let end = end.min(self.len());
        let mut text = vec![0; end.saturating_sub(start) as usize];
        self.read_exact_at(start, &mut text)?;
        Ok(text)
    }

    /// The text from its beginning.
    pub(crate) fn reader(&self) -> SourceReader<'_> {
        SourceReader { source: self, offset: 0 }
    }
}

/// Reads the text of a [`Source`] from one end to the other.
pub(crate) struct SourceReader<'a> {
    source: &'a Source,
    offset: u64,
}

impl Read for SourceReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len() - self.offset;
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.source.read_exact_at(self.offset, &mut bytes[..count]).map_err(io::Error::other)?;
        self.offset += count as u64;
        Ok(count)
    }
}
