//! The spectrum of a window: which share of its k-mers is which.

use ciskit_encode::{kmer_ids, kmer_vocabulary};
use serde::{Deserialize, Serialize};

/// The longest k-mers that are counted: 32,896 canonical ones a window.
pub(crate) const LONGEST: usize = 8;

/// Whether a k-mer and its reverse complement are one word.
///
/// ```
/// use ciskit_baselines::KmerStrand;
/// assert_eq!(KmerStrand::default(), KmerStrand::Canonical);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KmerStrand {
    /// They are: an enhancer works in both directions, and a promoter's window is read on the forward strand whatever
    /// the strand of its gene.
    #[default]
    Canonical,
    /// They are two words.
    Stranded,
}

/// Counts k-mers.
#[derive(Clone, Debug)]
pub(crate) struct Spectrum {
    k: usize,
    /// Column of every k-mer by its alphabetical rank.
    column: Vec<u32>,
    /// The alphabetically first k-mer of every column.
    first: Vec<u32>,
}

impl Spectrum {
    /// Counts words of `k` letters, 1 to [`LONGEST`].
    pub(crate) fn new(k: usize, strand: KmerStrand) -> Self {
        debug_assert!((1..=LONGEST).contains(&k));
        let words = kmer_vocabulary(k).map_or(0, |rows| rows as u32 - 1);
        let (mut column, mut first) = (vec![0; words as usize], Vec::new());
        for word in 0..words {
            let other = match strand {
                KmerStrand::Canonical => opposite(word, k),
                KmerStrand::Stranded => word,
            };
            column[word as usize] = if other < word {
                column[other as usize]
            } else {
                first.push(word);
                first.len() as u32 - 1
            };
        }
        Self { k, column, first }
    }

    /// Number of different words.
    pub(crate) fn width(&self) -> usize {
        self.first.len()
    }

    /// The share of each word among the known k-mers of a window; all 0 where there are none. A k-mer with an unknown
    /// base is skipped. *Shapes*: `out` (width).
    pub(crate) fn shares(&self, window: &[u8], out: &mut [f32]) {
        out.fill(0.0);
        let ids = kmer_ids(window, self.k).unwrap_or_default();
        let mut known = 0_u32;
        for id in ids.into_iter().filter(|id| *id > 0) {
            out[self.column[id as usize - 1] as usize] += 1.0;
            known += 1;
        }
        let total = known.max(1) as f32;
        out.iter_mut().for_each(|count| *count /= total);
    }

    /// The letters of a column's word.
    pub(crate) fn word(&self, column: usize) -> String {
        let digit = |place: usize| self.first[column] >> (2 * (self.k - 1 - place)) & 3;
        (0..self.k).map(|place| char::from(b"ACGT"[digit(place) as usize])).collect()
    }
}

/// Rank of the reverse complement.
fn opposite(word: u32, k: usize) -> u32 {
    (0..k).fold(0, |opposite, place| opposite << 2 | (3 - (word >> (2 * place) & 3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_encode::reverse_complement;

    fn shares(spectrum: &Spectrum, window: &[u8]) -> Vec<f32> {
        let mut out = vec![9.0; spectrum.width()];
        spectrum.shares(window, &mut out);
        out
    }

    #[test]
    fn words_are_numbered_in_alphabetical_order() {
        let words = |strand| {
            let spectrum = Spectrum::new(2, strand);
            (0..spectrum.width()).map(|column| spectrum.word(column)).collect::<Vec<_>>()
        };
        assert_eq!(
            words(KmerStrand::Canonical),
            ["AA", "AC", "AG", "AT", "CA", "CC", "CG", "GA", "GC", "TA"]
        );
        assert_eq!(words(KmerStrand::Stranded).len(), 16);
        assert_eq!(Spectrum::new(6, KmerStrand::Canonical).width(), 2080);
    }

    #[test]
    fn shares_skip_unknown_bases_and_add_up_to_one() {
        let spectrum = Spectrum::new(2, KmerStrand::Stranded);
        let found = shares(&spectrum, b"AANaacn");
        let of = |word: &str| found[(0..16).find(|column| spectrum.word(*column) == word).unwrap()];
        assert_eq!((of("AA"), of("AC"), found.iter().sum::<f32>()), (2.0 / 3.0, 1.0 / 3.0, 1.0));
        for nothing in [&b"NNNN"[..], b"A", b""] {
            assert_eq!(shares(&spectrum, nothing), [0.0; 16]);
        }
    }

    #[test]
    fn both_strands_have_one_canonical_spectrum() {
        let window = b"ACGGTTACGATCGGCTANNAGCT";
        let turned = reverse_complement(window);
        for k in 1..=4 {
            let [canonical, stranded] =
                [KmerStrand::Canonical, KmerStrand::Stranded].map(|strand| Spectrum::new(k, strand));
            assert_eq!(shares(&canonical, window), shares(&canonical, &turned));
            assert_ne!(shares(&stranded, window), shares(&stranded, &turned));
        }
    }
}
