//! Which assembly a set of contigs is.

use std::fmt;

use ciskit_core::{Contig, Contigs, Fnv1a};

/// Lengths in bp of chromosomes 1 to 22, X and Y.
///
/// *Source*: UCSC `hg19.chrom.sizes` (GRCh37) and `hg38.chrom.sizes` (GRCh38).
const HG19: [u64; 24] = [
    249_250_621,
    243_199_373,
    198_022_430,
    191_154_276,
    180_915_260,
    171_115_067,
    159_138_663,
    146_364_022,
    141_213_431,
    135_534_747,
    135_006_516,
    133_851_895,
    115_169_878,
    107_349_540,
    102_531_392,
    90_354_753,
    81_195_210,
    78_077_248,
    59_128_983,
    63_025_520,
    48_129_895,
    51_304_566,
    155_270_560,
    59_373_566,
];
const HG38: [u64; 24] = [
    248_956_422,
    242_193_529,
    198_295_559,
    190_214_555,
    181_538_259,
    170_805_979,
    159_345_973,
    145_138_636,
    138_394_717,
    133_797_422,
    135_086_622,
    133_275_309,
    114_364_328,
    107_043_718,
    101_991_189,
    90_338_345,
    83_257_441,
    80_373_285,
    58_617_616,
    64_444_167,
    46_709_983,
    50_818_468,
    156_040_895,
    57_227_415,
];

/// A human assembly, known by the lengths of its chromosomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Assembly {
    /// hg19, GRCh37.
    Hg19,
    /// hg38, GRCh38.
    Hg38,
}

impl Assembly {
    /// All that are known.
    pub const ALL: [Self; 2] = [Self::Hg19, Self::Hg38];

    /// UCSC's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hg19 => "hg19",
            Self::Hg38 => "hg38",
        }
    }

    /// The assembly that UCSC or the Genome Reference Consortium calls so, in any case.
    ///
    /// ```
    /// use ciskit_seqio::Assembly;
    /// assert_eq!(Assembly::from_name("GRCh38"), Some(Assembly::Hg38));
    /// assert_eq!(Assembly::from_name("mm10"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "hg19" | "grch37" => Some(Self::Hg19),
            "hg38" | "grch38" => Some(Self::Hg38),
            _ => None,
        }
    }

    /// Chromosomes 1 to 22, X and Y with their lengths, named `chr1` and so on.
    #[must_use]
    pub fn chromosomes(self) -> Contigs {
        let numbers = (1..=22).map(|number| number.to_string());
        let names = numbers.chain(["X".into(), "Y".into()]).map(|name| format!("chr{name}"));
        Contigs::new(names.zip(self.lengths().iter().copied())).expect("the names are distinct")
    }

    /// The assembly that contigs belong to.
    ///
    /// The rule: at least one contig is named as a chromosome 1 to 22, X or Y, with or without `chr`, and every contig
    /// that is has exactly the length that it has in the assembly. Other contigs do not count, so that a file of one
    /// chromosome and a file with all patches are both recognised. A file whose chromosomes are cut short is not.
    ///
    /// ```
    /// use ciskit_core::Contigs;
    /// use ciskit_seqio::Assembly;
    ///
    /// let part = Contigs::new([("22", 51_304_566), ("GL000207.1", 4_262)])?;
    /// assert_eq!(Assembly::identify(&part), Some(Assembly::Hg19));
    /// let conflict = Contigs::new([("chr22", 51_304_566), ("chr21", 46_709_983)])?;
    /// assert_eq!(Assembly::identify(&conflict), None);
    /// # Ok::<(), ciskit_core::ContigError>(())
    /// ```
    #[must_use]
    pub fn identify(contigs: &Contigs) -> Option<Self> {
        Self::ALL.into_iter().find(|assembly| {
            let chromosomes = assembly.chromosomes();
            let mut fits = contigs.iter().filter_map(|contig| {
                chromosomes.resolve(&contig.name).ok().map(|known| known.length == contig.length)
            });
            fits.next() == Some(true) && fits.all(|fit| fit)
        })
    }

    const fn lengths(self) -> &'static [u64; 24] {
        match self {
            Self::Hg19 => &HG19,
            Self::Hg38 => &HG38,
        }
    }
}

impl fmt::Display for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What two lists of contigs that should be of one assembly say of the contigs that both have.
///
/// Names are compared as [`Contigs::resolve`] does.
///
/// ```
/// use ciskit_core::Contigs;
/// use ciskit_seqio::{Assembly, SharedContigs};
///
/// let header = Contigs::new([("1", 248_956_422), ("2", 242_193_529), ("MT", 16_569)])?;
/// let shared = SharedContigs::of(&header, &Assembly::Hg19.chromosomes());
/// assert_eq!((shared.equal, shared.differing.len()), (0, 2));
/// assert!(shared.contradict());
/// assert_eq!(shared.differing[0].1.length, 249_250_621);
/// # Ok::<(), ciskit_core::ContigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedContigs {
    /// How many have one length in both.
    pub equal: usize,
    /// Those of different lengths, as the first and as the second list has them.
    pub differing: Vec<(Contig, Contig)>,
}

impl SharedContigs {
    /// Compares two lists.
    #[must_use]
    pub fn of(first: &Contigs, second: &Contigs) -> Self {
        let mut shared = Self::default();
        for contig in first {
            match second.resolve(&contig.name) {
                Ok(other) if other.length == contig.length => shared.equal += 1,
                Ok(other) => shared.differing.push((contig.clone(), other.clone())),
                Err(_) => {}
            }
        }
        shared
    }

    /// Whether most lengths differ: the lists are of two assemblies then. One patched contig, or a mitochondrion of another
    /// reference, is no contradiction.
    #[must_use]
    pub fn contradict(&self) -> bool {
        self.differing.len() > self.equal
    }
}

/// A short text that tells assemblies apart: 64 bits of the names and lengths of their contigs.
///
/// Counted are the contigs named by a number, `X` or `Y`, with or without `chr`; where there is none, all contigs. The
/// order of the contigs and the prefix `chr` do not matter, nor do patches and unplaced pieces beside chromosomes.
///
/// The value is the FNV-1a hash of the lines `name TAB length LF`, names without `chr`, sorted by name (bytewise) and
/// length. It never changes, so that files may hold it.
///
/// ```
/// use ciskit_core::Contigs;
/// use ciskit_seqio::{Assembly, Fingerprint};
///
/// let hg19 = Fingerprint::of(&Assembly::Hg19.chromosomes());
/// assert_eq!(hg19.to_string(), "c2b927b39c7d7b08");
/// assert_ne!(hg19, Fingerprint::of(&Assembly::Hg38.chromosomes()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Fnv1a);

impl Fingerprint {
    /// The fingerprint of contigs.
    #[must_use]
    pub fn of(contigs: &Contigs) -> Self {
        let any = contigs.iter().any(|contig| is_chromosome(&contig.name));
        let counted = contigs.iter().filter(|contig| !any || is_chromosome(&contig.name));
        let mut lines: Vec<(&str, u64)> = counted.map(|contig| (bare(&contig.name), contig.length)).collect();
        lines.sort_unstable();
        let text: String = lines.iter().map(|(name, length)| format!("{name}\t{length}\n")).collect();
        Self(Fnv1a::of(text.as_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix("chr").unwrap_or(name)
}

/// Whether a contig is named by a number, `X` or `Y`.
fn is_chromosome(name: &str) -> bool {
    let name = bare(name);
    let is_number = name.bytes().all(|letter| letter.is_ascii_digit()) && !name.starts_with('0');
    matches!(name, "X" | "Y") || (is_number && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contigs(lengths: &[(&str, u64)]) -> Contigs {
        Contigs::new(lengths.iter().copied()).unwrap()
    }

    #[test]
    fn every_chromosome_alone_tells_the_assembly() {
        for assembly in Assembly::ALL {
            for contig in &assembly.chromosomes() {
                let alone = |name: &str| Assembly::identify(&contigs(&[(name, contig.length)]));
                assert_eq!(alone(&contig.name), Some(assembly));
                assert_eq!(alone(bare(&contig.name)), Some(assembly));
                assert_eq!(Assembly::identify(&contigs(&[(&contig.name, contig.length - 1)])), None);
            }
        }
    }

    #[test]
    fn names_that_are_no_chromosomes_do_not_count() {
        let chr1 = ("chr1", HG38[0]);
        assert_eq!(Assembly::identify(&contigs(&[chr1, ("chr1_alt", 7), ("chrM", 1)])), Some(Assembly::Hg38));
        assert_eq!(Assembly::identify(&contigs(&[chr1, ("chr23", 7)])), Some(Assembly::Hg38));
        assert_eq!(Assembly::identify(&contigs(&[("chr01", HG38[0])])), None);
        assert_eq!(Assembly::identify(&contigs(&[("chrM", 16_569)])), None);
        assert_eq!(Assembly::identify(&Contigs::default()), None);
    }

    #[test]
    fn names_lead_back_to_assemblies() {
        for assembly in Assembly::ALL {
            assert_eq!(Assembly::from_name(&assembly.to_string()), Some(assembly));
        }
    }

    #[test]
    fn lists_contradict_where_most_shared_lengths_differ() {
        let ours = contigs(&[("chr1", 100), ("chr2", 50), ("chrM", 16)]);
        let of = |lengths: &[(&str, u64)]| {
            let shared = SharedContigs::of(&contigs(lengths), &ours);
            (shared.equal, shared.differing.len(), shared.contradict())
        };
        assert_eq!(of(&[("1", 100), ("2", 50), ("chrM", 17)]), (2, 1, false));
        assert_eq!(of(&[("1", 101), ("2", 50)]), (1, 1, false));
        assert_eq!(of(&[("1", 101), ("2", 51), ("chrM", 16)]), (1, 2, true));
        assert_eq!(of(&[("chr2", 49)]), (0, 1, true));
        assert_eq!(of(&[("MT", 17), ("chr3", 5)]), (0, 0, false));
    }

    #[test]
    fn order_prefix_and_patches_leave_the_fingerprint_alone() {
        let expected = Fingerprint::of(&contigs(&[("chr1", 10), ("chr2", 20), ("chrX", 5)]));
        for same in [
            [("X", 5), ("2", 20), ("1", 10)].as_slice(),
            &[("chr1", 10), ("chr2", 20), ("chrUn_1", 3), ("chrM", 1), ("chrX", 5)],
        ] {
            assert_eq!(Fingerprint::of(&contigs(same)), expected);
        }
        for other in [
            [("chr1", 10), ("chr2", 20)].as_slice(),
            &[("chr1", 20), ("chr2", 10), ("chrX", 5)],
            &[("chr1", 10), ("chr2", 20), ("chrY", 5)],
        ] {
            assert_ne!(Fingerprint::of(&contigs(other)), expected);
        }
    }

    #[test]
    fn without_chromosomes_all_contigs_count() {
        let simulated = Fingerprint::of(&contigs(&[("sim_a", 10), ("sim_b", 20)]));
        assert_ne!(simulated, Fingerprint::of(&contigs(&[("sim_a", 10)])));
        assert_eq!(simulated, Fingerprint::of(&contigs(&[("sim_b", 20), ("chrsim_a", 10)])));
    }
}
