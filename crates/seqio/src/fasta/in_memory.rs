//! A whole FASTA file in memory.

use ciskit_core::{Edge, GenomeError, InMemoryGenome, ReferenceGenome};

use super::FastaGenome;

/// Bases that a thread reads at a time.
const PIECE: usize = 1 << 17;

impl FastaGenome {
    /// Reads every contig on all of rayon's threads: for a program that fetches most of the genome, or parts of it many
    /// times, and has the memory.
    ///
    /// *Cost*: one byte a base, 3.1 GB for the human genome; the file is read once. Afterwards a range is a copy of
    /// memory, where a plain file costs a call of the system and bgzip the unpacking of a block.
    ///
    /// # Errors
    ///
    /// [`GenomeError::Read`] for a file that cannot be read, or that its index does not fit.
    ///
    /// ```
    /// use ciskit_core::{Edge, ReferenceGenome};
    /// use ciskit_seqio::FastaGenome;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("tiny.fa");
    /// std::fs::write(&path, ">chr1 the first\nACGT\nacgt\nNN\n>chr2\nGG\n")?;
    ///
    /// let genome = FastaGenome::open(&path)?.in_memory()?;
    /// std::fs::remove_file(&path)?;
    /// assert_eq!(genome.fetch("1", 2..9, Edge::Error)?, b"GTacgtN");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_memory(&self) -> Result<InMemoryGenome, GenomeError> {
        let contigs = self.contigs();
        let mut sequences: Vec<_> = contigs.iter().map(|contig| vec![0; contig.length as usize]).collect();
        let pieces = contigs.iter().zip(&mut sequences).flat_map(|(contig, sequence)| {
            sequence.chunks_mut(PIECE).enumerate().map(|(index, piece)| {
                let start = (index * PIECE) as i64;
                (&*contig.name, start..start + piece.len() as i64, piece)
            })
        });
        self.fetch_each(pieces, Edge::Error, |bases, piece: &mut [u8]| piece.copy_from_slice(bases))?;
        InMemoryGenome::new(contigs.iter().map(|contig| contig.name.clone()).zip(sequences))
    }
}
