//! Where the windows of a substitution lie.

use ciskit_core::{Edge, GenomeError, ReferenceGenome};

/// Where an allele lies in the window that is scored, and what is around it.
///
/// ```
/// use ciskit_core::InMemoryGenome;
/// use ciskit_zoo::trednet::Placement;
///
/// let genome = InMemoryGenome::new([("chr1", b"ACGTACGT".to_vec())])?;
/// // T at 0-based position 3, in windows of six bases.
/// let [reference, alternative] = Placement::Centred.windows(&genome, "chr1", 3, [b'T', b'G'], 6)?;
/// assert_eq!((reference.as_slice(), alternative.as_slice()), (&b"ACGTAC"[..], &b"ACGGAC"[..]));
/// let [reference, alternative] = Placement::AsPublished.windows(&genome, "chr1", 3, [b'T', b'G'], 6)?;
/// assert_eq!((reference.as_slice(), alternative.as_slice()), (&b"ACTTAC"[..], &b"ACGTAC"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Placement {
    /// The allele in place of the genome's base, on the middle base of the window (the right one of two).
    #[default]
    Centred,
    /// As the published code for 2000 bp has it, for reproduction only: the allele in place of the base *before* the variant,
    /// and the genome's own base behind it. Both windows therefore differ from what either haplotype has.
    AsPublished,
}

impl Placement {
    /// The windows of both alleles, `length` bases each; positions outside of the contig are N.
    ///
    /// *Units*: `position` is 0-based.
    ///
    /// # Errors
    ///
    /// [`GenomeError`] for an unknown contig, or when reading fails.
    ///
    /// # Panics
    ///
    /// If `length` is below 2.
    pub fn windows(
        self,
        genome: &dyn ReferenceGenome,
        contig: &str,
        position: u64,
        alleles: [u8; 2],
        length: usize,
    ) -> Result<[Vec<u8>; 2], GenomeError> {
        assert!(length > 1, "a window of {length} bp has no room for an allele and a base beside it");
        let (position, length) = (position as i64, length as i64);
        let (replaced, next, start) = match self {
            Self::Centred => (position, position + 1, position - length / 2),
            Self::AsPublished => (position - 1, position, position - length / 2),
        };
        let mut window = genome.fetch(contig, start..replaced, Edge::PadN)?;
        let at = window.len();
        window.push(b'N');
        window.extend(genome.fetch(contig, next..next + length - 1 - at as i64, Edge::PadN)?);
        Ok(alleles.map(|allele| {
            let mut window = window.clone();
            window[at] = allele;
            window
        }))
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::InMemoryGenome;

    use super::*;

    #[test]
    fn windows_have_their_length_at_the_ends_and_in_odd_sizes() {
        let genome = InMemoryGenome::new([("1", b"ACGT".to_vec())]).unwrap();
        for placement in [Placement::Centred, Placement::AsPublished] {
            for length in [2, 3, 6, 7] {
                for position in 0..4 {
                    let windows = placement.windows(&genome, "1", position, *b"ag", length).unwrap();
                    for (window, allele) in windows.iter().zip(b"ag") {
                        assert_eq!(window.len(), length);
                        assert_eq!(window.iter().filter(|base| base.is_ascii_lowercase()).count(), 1);
                        assert!(window.contains(allele));
                    }
                }
            }
        }
        let [first, _] = Placement::Centred.windows(&genome, "1", 0, *b"ag", 4).unwrap();
        assert_eq!(first, b"NNaC");
        let [first, _] = Placement::AsPublished.windows(&genome, "1", 0, *b"ag", 4).unwrap();
        assert_eq!(first, b"NaAC");
    }

    #[test]
    fn the_published_window_is_that_of_its_formula() {
        let bases: String = (0..5000).map(|base| ['A', 'C', 'G', 'T'][base * base % 7 % 4]).collect();
        let genome = InMemoryGenome::new([("chr1", bases.clone().into_bytes())]).unwrap();
        let p = 2500;
        let [window, _] = Placement::AsPublished.windows(&genome, "chr1", p as u64, *b"ag", 2000).unwrap();
        let expected = format!("{}a{}", &bases[p - 1000..p - 1], &bases[p..p + 1000]);
        assert_eq!(window, expected.as_bytes());
    }
}
