//! A genome of two bits a base.

use std::ops::Range;

use ciskit_core::{Clipped, ContigName, Contigs, Edge, GenomeError, ReferenceGenome};
use ciskit_encode::{PackedSequence, letters_packed_into};

/// A genome held in memory in two bits a base: for networks that read windows of it in any order.
///
/// A window is a quarter as many bytes as its letters, and so comes from memory in a quarter of the time; it is
/// encoded from [`PackedGenome::bases`] without a copy.
///
/// # What is forgotten
///
/// Letters come back in upper case, and every letter but A, C, G and T as N: all that an encoding sees, but not the
/// file. Where case or ambiguity codes count, use [`FastaGenome`](crate::FastaGenome) or
/// [`InMemoryGenome`](ciskit_core::InMemoryGenome).
///
/// *Cost*: 2 bits a base, and 16 bytes a run of unknown bases: 0.78 GB for the human genome.
///
/// ```
/// use ciskit_core::{Edge, ReferenceGenome};
/// use ciskit_encode::{PackedSequence, base_codes_packed_into};
/// use ciskit_seqio::PackedGenome;
///
/// let genome = PackedGenome::new([("chr1", PackedSequence::new(b"ACGTacgtRYAC"))])?;
/// assert_eq!(genome.fetch("1", 6..14, Edge::PadN)?, b"GTNNACNN");
///
/// let contig = genome.contigs().resolve_index("1")?;
/// let mut codes = [0; 4];
/// base_codes_packed_into(genome.bases(contig).window(6..10), &mut codes)?;
/// assert_eq!(codes, [2, 3, 4, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PackedGenome {
    contigs: Contigs,
    sequences: Vec<PackedSequence>,
}

impl PackedGenome {
    /// A genome of named sequences; [`FastaGenome::packed`](crate::FastaGenome::packed) reads one from a file.
    ///
    /// # Errors
    ///
    /// [`GenomeError::Contig`] if a name occurs twice.
    pub fn new<N: Into<ContigName>>(
        sequences: impl IntoIterator<Item = (N, PackedSequence)>,
    ) -> Result<Self, GenomeError> {
        let (names, sequences): (Vec<ContigName>, Vec<PackedSequence>) =
            sequences.into_iter().map(|(name, sequence)| (name.into(), sequence)).unzip();
        let lengths = sequences.iter().map(|sequence| sequence.len() as u64);
        Ok(Self { contigs: Contigs::new(names.into_iter().zip(lengths))?, sequences })
    }

    /// All bases of a contig, by its place in [`contigs`](ReferenceGenome::contigs): windows of it need no copy.
    ///
    /// # Panics
    ///
    /// If there are not so many contigs.
    #[must_use]
    pub fn bases(&self, contig: usize) -> &PackedSequence {
        &self.sequences[contig]
    }
}

impl ReferenceGenome for PackedGenome {
    fn contigs(&self) -> &Contigs {
        &self.contigs
    }

    fn fetch_into(
        &self,
        contig: &str,
        range: Range<i64>,
        edge: Edge,
        sequence: &mut Vec<u8>,
    ) -> Result<(), GenomeError> {
        let index = self.contigs.resolve_index(contig)?;
        let clipped = Clipped::new(&self.contigs.as_slice()[index], range, edge)?;
        let inside = clipped.inside.start as usize..clipped.inside.end as usize;
        let bases = self.sequences[index].window(inside);
        sequence.clear();
        sequence.resize(clipped.left_pad + bases.len() + clipped.right_pad, b'N');
        let letters = &mut sequence[clipped.left_pad..][..bases.len()];
        letters_packed_into(bases, letters).expect("the letters were counted");
        Ok(())
    }
}
