//! Seeds: one number from the user, an independent one for every fold and purpose.

use ciskit_core::random::Stream;

/// What randomness is used for. The numbers are part of every seed and never change.
///
/// ```
/// use ciskit_dataset::Purpose;
/// assert_eq!(Purpose::Jitter.number(), 2);
/// assert_eq!(Purpose::Jitter.name(), "jitter");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u64)]
pub enum Purpose {
    /// Which pairs form which fold (0).
    Split = 0,
    /// Which negatives are trained on (1).
    Negatives = 1,
    /// How far training windows are moved (2).
    Jitter = 2,
    /// A model's first weights (3).
    Initialisation = 3,
    /// The order of training examples (4).
    Shuffle = 4,
    /// Which units are dropped in training (5).
    Dropout = 5,
    /// Which negatives are evaluated on (6).
    TestNegatives = 6,
    /// Which training pairs form a bootstrap sample (7).
    Bootstrap = 7,
}

impl Purpose {
    /// The number that goes into the seed.
    #[must_use]
    pub const fn number(self) -> u64 {
        self as u64
    }

    /// The name, for logs and as the name of a stream.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Negatives => "negatives",
            Self::Jitter => "jitter",
            Self::Initialisation => "initialisation",
            Self::Shuffle => "shuffle",
            Self::Dropout => "dropout",
            Self::TestNegatives => "test negatives",
            Self::Bootstrap => "bootstrap",
        }
    }
}

/// The seeds of one fold, or of what belongs to no fold: a pure function of master seed, fold and purpose, so
/// that any fold can be repeated alone.
///
/// ```
/// use ciskit_dataset::{Purpose, Seeds};
///
/// let third = Seeds::of_fold(7, 3);
/// assert_eq!(third.seed(Purpose::Jitter), Seeds::of_fold(7, 3).seed(Purpose::Jitter));
/// assert_ne!(third.seed(Purpose::Jitter), third.seed(Purpose::Shuffle));
/// assert_ne!(third.seed(Purpose::Jitter), Seeds::of_fold(7, 4).seed(Purpose::Jitter));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds(Stream);

impl Seeds {
    /// The seeds of a fold.
    #[must_use]
    pub fn of_fold(master: u64, fold: usize) -> Self {
        Self(Stream::new(master, "fold").number(fold as u64))
    }

    /// The seeds of what is done once for all folds, such as splitting.
    ///
    /// ```
    /// use ciskit_dataset::{Purpose, Seeds};
    /// assert_ne!(Seeds::of_run(7).seed(Purpose::Split), Seeds::of_fold(7, 0).seed(Purpose::Split));
    /// ```
    #[must_use]
    pub fn of_run(master: u64) -> Self {
        Self(Stream::new(master, "run"))
    }

    /// The seed for a purpose.
    #[must_use]
    pub fn seed(self, purpose: Purpose) -> u64 {
        self.0.number(purpose.number()).draws().bits()
    }

    /// The upper half of [`seed`](Self::seed): a seed for [`row_hash`], which takes 32 bits.
    ///
    /// ```
    /// use ciskit_dataset::{Purpose, Seeds};
    /// let seeds = Seeds::of_fold(7, 3);
    /// assert_eq!(u64::from(seeds.row_seed(Purpose::Negatives)), seeds.seed(Purpose::Negatives) >> 32);
    /// ```
    #[must_use]
    pub fn row_seed(self, purpose: Purpose) -> u32 {
        (self.seed(purpose) >> 32) as u32
    }

    /// The stream of the seed for a purpose.
    ///
    /// ```
    /// use ciskit_core::random::Stream;
    /// use ciskit_dataset::{Purpose, Seeds};
    ///
    /// let seeds = Seeds::of_fold(7, 3);
    /// let stream = Stream::new(seeds.seed(Purpose::Shuffle), "shuffle");
    /// assert_eq!(seeds.stream(Purpose::Shuffle), stream);
    /// ```
    #[must_use]
    pub fn stream(self, purpose: Purpose) -> Stream {
        Stream::new(self.seed(purpose), purpose.name())
    }
}

/// The random number of a row of a table: `splitmix64((seed << 32) + row)`.
///
/// Simple enough to be written down in any language, so that splits and draws can be checked anywhere.
/// Different rows of one seed have different numbers. Meant for tables of fewer than 2³² rows: later rows
/// repeat the numbers of the next seed.
///
/// *Source*: splitmix64 of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014, <https://doi.org/10.1145/2660193.2660195>.
///
/// ```
/// assert_eq!(ciskit_dataset::row_hash(0, 0), 0xE220_A839_7B1D_CDAF);
/// ```
#[must_use]
pub const fn row_hash(seed: u32, row: u64) -> u64 {
    let z = ((seed as u64) << 32).wrapping_add(row).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 8] = [
        Purpose::Split,
        Purpose::Negatives,
        Purpose::Jitter,
        Purpose::Initialisation,
        Purpose::Shuffle,
        Purpose::Dropout,
        Purpose::TestNegatives,
        Purpose::Bootstrap,
    ];

    #[test]
    fn every_master_fold_and_purpose_has_its_own_seed() {
        let masters = [0, 1, 7, u64::MAX];
        let runs = masters.map(Seeds::of_run);
        let folds = masters.into_iter().flat_map(|master| (0..30).map(move |f| Seeds::of_fold(master, f)));
        let mut seeds: Vec<u64> =
            folds.chain(runs).flat_map(|seeds| PURPOSES.map(|purpose| seeds.seed(purpose))).collect();
        let drawn = seeds.len();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), drawn);
    }

    #[test]
    fn a_seed_is_pinned_for_ever() {
        // Computed by a second implementation in another language.
        assert_eq!(Seeds::of_fold(7, 3).seed(Purpose::Jitter), 14_513_902_799_141_296_212);
        assert_eq!(Seeds::of_run(7).seed(Purpose::Split), 4_213_627_975_800_540_495);
    }

    #[test]
    fn numbers_and_names_are_stable() {
        assert_eq!(PURPOSES.map(Purpose::number), [0, 1, 2, 3, 4, 5, 6, 7]);
        let mut names = PURPOSES.map(Purpose::name).to_vec();
        names.dedup();
        assert_eq!(names.len(), PURPOSES.len());
    }

    #[test]
    fn row_hashes_are_the_published_ones() {
        let known = [
            ((0, 0), 16_294_208_416_658_607_535),
            ((0, 1), 10_451_216_379_200_822_465),
            ((0, 12_345), 2_454_886_589_211_414_944),
            ((3, 7), 10_740_533_222_099_876_715),
        ];
        for ((seed, row), expected) in known {
            assert_eq!(row_hash(seed, row), expected);
        }
        assert_eq!(row_hash(u32::MAX, u64::MAX), row_hash(u32::MAX - 1, u64::from(u32::MAX)));
    }
}
