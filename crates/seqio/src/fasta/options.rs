//! How a FASTA file is opened.

use std::path::Path;

use super::FastaGenome;
use crate::FastaError;

/// Settings for opening a [`FastaGenome`].
///
/// ```
/// use ciskit_core::{Edge, ReferenceGenome};
/// use ciskit_seqio::FastaOptions;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tiny.fa");
/// std::fs::write(&path, ">chr1\nACGT\nAC\n")?;
///
/// let genome = FastaOptions::new().write_index(false).open(&path)?;
/// assert_eq!(genome.fetch("chr1", 3..6, Edge::Error)?, b"TAC");
/// assert!(!folder.path().join("tiny.fa.fai").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastaOptions {
    pub(crate) cache_bytes: usize,
    pub(crate) write_index: bool,
}

impl FastaOptions {
    /// 64 MiB of cache; indexes are written where the folder can be written.
    #[must_use]
    pub fn new() -> Self {
        Self { cache_bytes: 64 << 20, write_index: true }
    }

    /// Memory for unpacked blocks of a bgzip file, in bytes: at least one block of 64 KiB is kept. Plain files need
    /// no cache.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Whether an index that had to be built is kept beside the FASTA file.
    #[must_use]
    pub fn write_index(mut self, write: bool) -> Self {
        self.write_index = write;
        self
    }

    /// Opens a FASTA file as [`FastaGenome::open`] does, with these settings.
    ///
    /// # Errors
    ///
    /// Those of [`FastaGenome::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<FastaGenome, FastaError> {
        FastaGenome::open_with(path.as_ref(), self)
    }
}

impl Default for FastaOptions {
    fn default() -> Self {
        Self::new()
    }
}
