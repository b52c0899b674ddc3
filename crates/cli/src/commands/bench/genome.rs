//! A random genome in a folder of its own, for machines without one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ciskit_core::random::Stream;
use ciskit_seqio::{TableError, TextWriter};
use tempfile::TempDir;

/// Bases in a line, as in the genomes of UCSC and Ensembl.
const LINE: usize = 60;

/// A FASTA file of one random contig, gone when this is dropped.
pub(super) struct TemporaryGenome {
    pub(super) path: PathBuf,
    _folder: TempDir,
}

impl TemporaryGenome {
    /// Writes a contig of `bases` random bases, plain or bgzip.
    pub(super) fn write(contig: &str, bases: usize, bgzip: bool) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for a random genome")?;
        let path = folder.path().join(if bgzip { "random.fa.gz" } else { "random.fa" });
        write(&path, contig, bases).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path, _folder: folder })
    }
}

/// Writes the contig; the name says whether it is packed.
fn write(path: &Path, contig: &str, bases: usize) -> Result<(), TableError> {
    let mut draws = Stream::new(0, "bench genome").draws();
    let mut writer = TextWriter::create(path)?;
    writer.line(&format!(">{contig}"))?;
    let mut line = String::with_capacity(LINE);
    for start in (0..bases).step_by(LINE) {
        line.clear();
        for _ in 0..LINE.min(bases - start).div_ceil(32) {
            let bits = draws.bits();
            line.extend((0..32).map(|index| char::from(b"ACGT"[(bits >> (2 * index) & 3) as usize])));
        }
        line.truncate(LINE.min(bases - start));
        writer.line(&line)?;
    }
    writer.finish()
}
