//! Genomes: intervals in, bases out.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

use crate::{Contig, ContigError, ContigName, Contigs};

/// What to do with positions outside of a contig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Put an `N` for each.
    PadN,
    /// Refuse the range.
    Error,
}

/// A genome that gives the bases of any range, read by many threads at once.
///
/// # Contract
///
/// - Names are resolved by the rule of [`Contigs::resolve`].
/// - Bases come as stored: letters and case are kept unless the genome says what it forgets; the forward strand is read.
/// - Never a base from behind a contig's end.
///
/// ```
/// use ciskit_core::{Edge, InMemoryGenome, ReferenceGenome};
///
/// let genome = InMemoryGenome::new([("chr1", b"ACGTacgt".to_vec())])?;
/// assert_eq!(genome.fetch("chr1", 2..6, Edge::Error)?, b"GTac");
/// assert_eq!(genome.fetch("1", -2..3, Edge::PadN)?, b"NNACG");
/// assert_eq!(
///     genome.fetch("chr1", 5..9, Edge::Error).unwrap_err().to_string(),
///     "chr1:5-9 leaves the contig, which has 8 bp"
/// );
/// # Ok::<(), ciskit_core::GenomeError>(())
/// ```
pub trait ReferenceGenome: Send + Sync {
    /// The contigs in file order.
    fn contigs(&self) -> &Contigs;

    /// Replaces the content of `sequence` by the bases of `range`, 0-based, half-open, on the forward strand.
    ///
    /// # Errors
    ///
    /// [`GenomeError`] for an unknown contig, a reversed range, a range that leaves the contig with
    /// [`Edge::Error`], or when reading fails. `sequence` is unspecified then.
    fn fetch_into(
        &self,
        contig: &str,
        range: Range<i64>,
        edge: Edge,
        sequence: &mut Vec<u8>,
    ) -> Result<(), GenomeError>;

    /// The bases of `range`, as [`ReferenceGenome::fetch_into`].
    ///
    /// # Errors
    ///
    /// Those of [`ReferenceGenome::fetch_into`].
    fn fetch(&self, contig: &str, range: Range<i64>, edge: Edge) -> Result<Vec<u8>, GenomeError> {
        let mut sequence = Vec::new();
        self.fetch_into(contig, range, edge, &mut sequence)?;
        Ok(sequence)
    }
}

macro_rules! forward_genome {
    ($($pointer:ty),*) => {$(
        impl<G: ReferenceGenome + ?Sized> ReferenceGenome for $pointer {
            fn contigs(&self) -> &Contigs {
                (**self).contigs()
            }
            fn fetch_into(
                &self,
                contig: &str,
                range: Range<i64>,
                edge: Edge,
                sequence: &mut Vec<u8>,
            ) -> Result<(), GenomeError> {
                (**self).fetch_into(contig, range, edge, sequence)
            }
        }
    )*};
}
forward_genome!(&G, Box<G>, Arc<G>);

/// A range cut at a contig's ends: what every [`ReferenceGenome`] works out first.
///
/// ```
/// use ciskit_core::{Clipped, Contig, Edge};
///
/// let contig = Contig { name: "chr1".into(), length: 10 };
/// let clipped = Clipped::new(&contig, -3..12, Edge::PadN)?;
/// assert_eq!((clipped.left_pad, clipped.inside, clipped.right_pad), (3, 0..10, 2));
/// # Ok::<(), ciskit_core::GenomeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clipped {
    /// Number of positions left of the contig.
    pub left_pad: usize,
    /// Positions on the contig; empty if there are none.
    pub inside: Range<u64>,
    /// Number of positions right of the contig.
    pub right_pad: usize,
}

/// Padding is for windows at a contig's ends: past this many bp outside a range is a mistake, not a window.
const LARGEST_PAD: i64 = 1 << 32;

impl Clipped {
    /// Cuts `range` at the contig's ends.
    ///
    /// # Errors
    ///
    /// [`GenomeError::Reversed`] if `start > end`; [`GenomeError::OutOfBounds`] if the range leaves the contig with
    /// [`Edge::Error`], or by more than 4 Gbp with [`Edge::PadN`].
    pub fn new(contig: &Contig, range: Range<i64>, edge: Edge) -> Result<Self, GenomeError> {
        let Range { start, end } = range;
        if start > end {
            return Err(GenomeError::Reversed { contig: contig.name.clone(), start, end });
        }
        let length = i64::try_from(contig.length).unwrap_or(i64::MAX);
        let outside = start < 0 || end > length;
        let too_far = start < -LARGEST_PAD || end.saturating_sub(length) > LARGEST_PAD;
        if (outside && edge == Edge::Error) || too_far {
            return Err(GenomeError::OutOfBounds {
                contig: contig.name.clone(),
                start,
                end,
                length: contig.length,
            });
        }
        let inside = start.clamp(0, length)..end.clamp(0, length);
        let left_pad = (end.min(0) - start.min(0)) as usize;
        let right_pad = (end.max(length) - start.max(length)) as usize;
        Ok(Self { left_pad, inside: inside.start as u64..inside.end as u64, right_pad })
    }
}

/// A genome held in memory: for tests, simulations and sequences that are at hand anyway.
#[derive(Clone, Debug)]
pub struct InMemoryGenome {
    contigs: Contigs,
    sequences: Vec<Vec<u8>>,
}

impl InMemoryGenome {
    /// A genome of named sequences.
    ///
    /// # Errors
    ///
    /// [`GenomeError::Contig`] if a name occurs twice.
    pub fn new<N: Into<ContigName>>(
        sequences: impl IntoIterator<Item = (N, Vec<u8>)>,
    ) -> Result<Self, GenomeError> {
        let (names, sequences): (Vec<ContigName>, Vec<Vec<u8>>) =
            sequences.into_iter().map(|(name, sequence)| (name.into(), sequence)).unzip();
        let lengths = sequences.iter().map(|sequence| sequence.len() as u64);
        Ok(Self { contigs: Contigs::new(names.into_iter().zip(lengths))?, sequences })
    }

    /// All bases of a contig, by its place in [`contigs`](ReferenceGenome::contigs): windows of it need no copy.
    ///
    /// # Panics
    ///
    /// If there are not so many contigs.
    ///
    /// ```
    /// use ciskit_core::{InMemoryGenome, ReferenceGenome};
    ///
    /// let genome = InMemoryGenome::new([("chr1", b"ACGTacgt".to_vec())])?;
    /// let contig = genome.contigs().resolve_index("1")?;
    /// assert_eq!(&genome.bases(contig)[2..6], b"GTac");
    /// # Ok::<(), ciskit_core::GenomeError>(())
    /// ```
    #[must_use]
    pub fn bases(&self, contig: usize) -> &[u8] {
        &self.sequences[contig]
    }
}

impl ReferenceGenome for InMemoryGenome {
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
        sequence.clear();
        sequence.resize(clipped.left_pad, b'N');
        let inside = clipped.inside.start as usize..clipped.inside.end as usize;
        sequence.extend_from_slice(&self.sequences[index][inside]);
        sequence.resize(sequence.len() + clipped.right_pad, b'N');
        Ok(())
    }
}

/// Why a genome has no bases to give. Positions are 0-based, half-open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenomeError {
    /// The contig is not there, or a name occurs twice.
    #[error(transparent)]
    Contig(#[from] ContigError),
    /// The range ends before it starts.
    #[error("{contig}:{start}-{end} is reversed: its start lies behind its end")]
    Reversed {
        /// Contig.
        contig: ContigName,
        /// Start.
        start: i64,
        /// End.
        end: i64,
    },
    /// The range leaves the contig.
    #[error("{contig}:{start}-{end} leaves the contig, which has {length} bp")]
    OutOfBounds {
        /// Contig.
        contig: ContigName,
        /// Start.
        start: i64,
        /// End.
        end: i64,
        /// Length of the contig in bp.
        length: u64,
    },
    /// Reading failed.
    #[error("cannot read {contig}:{start}-{end}")]
    Read {
        /// Contig.
        contig: ContigName,
        /// Start.
        start: i64,
        /// End.
        end: i64,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn genome() -> InMemoryGenome {
        InMemoryGenome::new([("chr1", b"ACGTTGCA".to_vec()), ("chr2", b"GG".to_vec()), ("e", vec![])])
            .unwrap()
    }

    #[test]
    fn hostile_ranges_are_refused() {
        let genome = genome();
        #[expect(clippy::reversed_empty_ranges, reason = "a reversed range is what is refused")]
        let reversed = genome.fetch("chr1", 3..2, Edge::PadN);
        assert!(matches!(reversed, Err(GenomeError::Reversed { .. })));
        for range in [-1..2, 7..9, 8..9, 100..101, -5..-1] {
            let refused = genome.fetch("chr1", range, Edge::Error);
            assert!(matches!(refused, Err(GenomeError::OutOfBounds { length: 8, .. })));
        }
        for range in [i64::MIN..0, 0..i64::MAX, i64::MIN..i64::MAX, i64::MAX - 1..i64::MAX] {
            assert!(genome.fetch("chr1", range, Edge::PadN).is_err());
        }
        assert!(matches!(genome.fetch("chr3", 0..1, Edge::PadN), Err(GenomeError::Contig(_))));
        assert_eq!(genome.fetch("chr1", 8..8, Edge::Error).unwrap(), b"");
        assert_eq!(genome.fetch("e", -1..1, Edge::PadN).unwrap(), b"NN");
    }

    proptest! {
        #[test]
        fn padding_agrees_with_base_by_base_reading(start in -20i64..20, length in 0i64..40) {
            let truth: Vec<u8> = (start..start + length)
                .map(|position| usize::try_from(position).ok().and_then(|p| b"ACGTTGCA".get(p)).copied().unwrap_or(b'N'))
                .collect();
            prop_assert_eq!(genome().fetch("chr1", start..start + length, Edge::PadN).unwrap(), truth);
        }
    }
}
