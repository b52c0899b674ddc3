//! The features that boosted trees read.

use std::fmt;

use ciskit_core::Side;
use ciskit_encode::{UNKNOWN, base_code};

use crate::KmerStrand;
use crate::spectrum::Spectrum;

/// Letters of the words that windows are compared by.
const SIMILARITY_K: usize = 6;

/// A number that says something simple about a pair.
///
/// ```
/// use ciskit_baselines::TreeFeature;
/// use ciskit_core::Side;
///
/// assert_eq!(TreeFeature::Cpg(Side::Promoter).to_string(), "promoter CpG");
/// assert_eq!(TreeFeature::OF_PAIRS.len(), 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TreeFeature {
    /// `log distance`: ln(1 + |signed distance| in bp); missing where the elements lie on different contigs.
    LogDistance,
    /// `enhancer length`, `promoter length`: of the element in bp.
    Length(Side),
    /// `enhancer GC`, `promoter GC`: share of G and C among the known bases of the window; missing where none is known.
    Gc(Side),
    /// `enhancer CpG`, `promoter CpG`: CG dinucleotides observed over expected, CG · known bases / (C · G), in the window;
    /// 0 where it has no C or no G, missing where no base is known.
    Cpg(Side),
    /// `enhancer N`, `promoter N`: share of unknown bases in the window.
    Unknown(Side),
    /// `similarity`: cosine of the angle between the canonical 6-mer counts of both windows; 0 where one has none.
    Similarity,
    /// `enhancer training degree`, `promoter training degree`: other training rows with the element. Under a split by
    /// chromosome test rows have none, and trees that lean on it fail there.
    TrainingDegree(Side),
}

impl TreeFeature {
    /// What a pair and its windows tell.
    pub const OF_PAIRS: [Self; 10] = [
        Self::LogDistance,
        Self::Length(Side::Enhancer),
        Self::Length(Side::Promoter),
        Self::Gc(Side::Enhancer),
        Self::Gc(Side::Promoter),
        Self::Cpg(Side::Enhancer),
        Self::Cpg(Side::Promoter),
        Self::Unknown(Side::Enhancer),
        Self::Unknown(Side::Promoter),
        Self::Similarity,
    ];
    /// What the training list tells.
    pub const OF_LIST: [Self; 2] =
        [Self::TrainingDegree(Side::Enhancer), Self::TrainingDegree(Side::Promoter)];
}

impl fmt::Display for TreeFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogDistance => f.pad("log distance"),
            Self::Length(side) => write!(f, "{side} length"),
            Self::Gc(side) => write!(f, "{side} GC"),
            Self::Cpg(side) => write!(f, "{side} CpG"),
            Self::Unknown(side) => write!(f, "{side} N"),
            Self::Similarity => f.pad("similarity"),
            Self::TrainingDegree(side) => write!(f, "{side} training degree"),
        }
    }
}

/// What is known of a pair beside its windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) signed_distance: Option<i64>,
    /// Of the enhancer and the promoter in bp.
    pub(crate) lengths: [f64; 2],
    pub(crate) degrees: [f64; 2],
}

/// What a window is made of.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    gc: f64,
    cpg: f64,
    unknown: f64,
    /// Shares of the words, brought to length 1.
    words: Vec<f32>,
}

/// Reads windows.
#[derive(Clone, Debug)]
pub(crate) struct Contents(Spectrum);

impl Contents {
    pub(crate) fn new() -> Self {
        Self(Spectrum::new(SIMILARITY_K, KmerStrand::Canonical))
    }

    pub(crate) fn of(&self, window: &[u8]) -> Content {
        let mut counts = [0_u32; 5];
        let mut last = UNKNOWN;
        let mut islands = 0_u32;
        for code in window.iter().map(|base| base_code(*base)) {
            counts[usize::from(code)] += 1;
            islands += u32::from(last == 1 && code == 2);
            last = code;
        }
        let [a, c, g, t, unknown] = counts.map(f64::from);
        let known = a + c + g + t;
        // 0 / 0, a missing value, where no base is known
        let cpg = if known > 0.0 && c * g == 0.0 { 0.0 } else { f64::from(islands) * known / (c * g) };
        let mut words = vec![0.0; self.0.width()];
        self.0.shares(window, &mut words);
        let length = words.iter().map(|share| share * share).sum::<f32>().sqrt();
        if length > 0.0 {
            words.iter_mut().for_each(|share| *share /= length);
        }
        Content { gc: (c + g) / known, cpg, unknown: unknown / (known + unknown).max(1.0), words }
    }
}

/// A feature's value; NaN where it is missing.
pub(crate) fn value(feature: TreeFeature, place: &Place, contents: [&Content; 2]) -> f64 {
    let index = |side: Side| usize::from(side == Side::Promoter);
    match feature {
        TreeFeature::LogDistance => {
            place.signed_distance.map_or(f64::NAN, |bp| (bp.unsigned_abs() as f64).ln_1p())
        }
        TreeFeature::Length(side) => place.lengths[index(side)],
        TreeFeature::Gc(side) => contents[index(side)].gc,
        TreeFeature::Cpg(side) => contents[index(side)].cpg,
        TreeFeature::Unknown(side) => contents[index(side)].unknown,
        TreeFeature::Similarity => {
            let [enhancer, promoter] = contents.map(|content| &content.words);
            enhancer.iter().zip(promoter).map(|(a, b)| f64::from(a * b)).sum()
        }
        TreeFeature::TrainingDegree(side) => place.degrees[index(side)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Place = Place { signed_distance: None, lengths: [300.0, 900.0], degrees: [1.0, 4.0] };

    #[test]
    fn composition_is_counted_among_known_bases() {
        let contents = Contents::new();
        let (enhancer, promoter) = (contents.of(b"acgcgNNTTA"), contents.of(b"NNNN"));
        let of = |feature| value(feature, &BARE, [&enhancer, &promoter]);
        assert_eq!(of(TreeFeature::Gc(Side::Enhancer)), 0.5);
        assert_eq!(of(TreeFeature::Cpg(Side::Enhancer)), 2.0 * 8.0 / 4.0);
        assert_eq!(of(TreeFeature::Unknown(Side::Enhancer)), 0.2);
        assert!(
            of(TreeFeature::Gc(Side::Promoter)).is_nan() && of(TreeFeature::Cpg(Side::Promoter)).is_nan()
        );
        assert_eq!(of(TreeFeature::Unknown(Side::Promoter)), 1.0);
        assert_eq!(contents.of(b"AATT").cpg, 0.0);
        // A C and a G on both sides of an unknown base are no CpG.
        assert_eq!(contents.of(b"CNG").cpg, 0.0);
    }

    #[test]
    fn similarity_is_that_of_the_words_of_both_strands() {
        let contents = Contents::new();
        let [window, turned, other, empty] =
            [&b"ACGGATTACAGG"[..], b"CCTGTAATCCGT", b"TTTTTTTTTT", b"N"].map(|window| contents.of(window));
        let similarity = |other| value(TreeFeature::Similarity, &BARE, [&window, other]);
        assert!((similarity(&turned) - 1.0).abs() < 1e-6);
        assert_eq!((similarity(&other), similarity(&empty)), (0.0, 0.0));
    }

    #[test]
    fn places_are_read_by_side() {
        let content = Contents::new().of(b"ACGT");
        let near = Place { signed_distance: Some(-99), ..BARE };
        let of = |feature, place| value(feature, place, [&content, &content]);
        assert_eq!(of(TreeFeature::LogDistance, &near), 100_f64.ln());
        assert!(of(TreeFeature::LogDistance, &BARE).is_nan());
        assert_eq!(of(TreeFeature::Length(Side::Promoter), &near), 900.0);
        assert_eq!(of(TreeFeature::TrainingDegree(Side::Promoter), &near), 4.0);
    }
}
