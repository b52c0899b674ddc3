//! The transcription factors whose sites are planted.

use crate::Pwm;
use crate::background::LETTERS;

/// Length of every factor's site in bp.
pub(crate) const SITE_LENGTH: usize = CTCF.len();

/// Largest number of factors.
pub(crate) const MOST_FACTORS: usize = 1 + ORDERS.len();

/// CTCF's binding site: matrix MA0139.1 of JASPAR, counts by position in the order A, C, G, T.
///
/// *Source*: JASPAR, <https://jaspar.elixir.no/matrix/MA0139.1/>; Castro-Mondragon et al., "JASPAR 2022: the 9th
/// release of the open-access database of transcription factor binding profiles", Nucleic Acids Research 2022,
/// <https://doi.org/10.1093/nar/gkab1113>.
///
/// ```
/// use ciskit_simulate::{CTCF, Pwm};
///
/// assert_eq!(Pwm::from_counts(&CTCF).consensus(), b"TGGCCACCAGGGGGCGCTA");
/// ```
pub const CTCF: [[u32; 4]; 19] = [
    [87, 291, 76, 459],
    [167, 145, 414, 187],
    [281, 49, 449, 134],
    [56, 800, 21, 36],
    [8, 903, 0, 2],
    [744, 13, 65, 91],
    [40, 528, 334, 11],
    [107, 433, 48, 324],
    [851, 11, 32, 18],
    [5, 0, 903, 3],
    [333, 3, 566, 9],
    [54, 12, 504, 341],
    [12, 0, 890, 8],
    [56, 8, 775, 71],
    [104, 733, 5, 67],
    [372, 13, 507, 17],
    [82, 482, 307, 37],
    [117, 322, 73, 396],
    [402, 181, 266, 59],
];

/// The made-up factors: CTCF's positions in other orders.
///
/// All factors are thus equally specific and equal in composition, so that nothing but the order of the bases tells
/// them apart: not G+C content, and not how often each base occurs. Among thousands of random orders these
/// resemble each other, and their own reverse complements, least.
const ORDERS: [[usize; 19]; 5] = [
    [12, 1, 17, 0, 18, 9, 8, 4, 11, 16, 15, 3, 13, 6, 2, 10, 7, 5, 14],
    [11, 0, 4, 13, 9, 16, 10, 6, 8, 2, 1, 18, 15, 3, 14, 7, 5, 17, 12],
    [1, 10, 4, 15, 6, 3, 2, 18, 17, 9, 8, 5, 11, 7, 16, 0, 13, 12, 14],
    [3, 0, 18, 13, 15, 2, 4, 16, 9, 1, 10, 8, 12, 14, 5, 11, 7, 6, 17],
    [9, 6, 5, 2, 4, 18, 14, 15, 16, 17, 8, 3, 11, 1, 7, 0, 13, 12, 10],
];

/// Share of the highest log-odds from which on a place counts as a site: 23 of CTCF's 29 bits, met by chance
/// about once in a hundred million places.
const SITE: f64 = 0.8;

/// Another base at a position of a site, as the factor reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Substitution {
    pub(crate) position: usize,
    pub(crate) base: u8,
    /// Change of the log-odds in bits.
    pub(crate) change: f64,
}

/// Least change of the log-odds, in bits, that breaks or makes a site beyond doubt: a sixteenth of the odds.
const CLEAR: f64 = 4.0;

/// Largest change of the log-odds, in bits, that keeps a site as it is.
const HARMLESS: f64 = 0.5;

/// A transcription factor: a motif and what counts as its site.
///
/// ```
/// let factors = ciskit_simulate::Factor::first(2);
/// assert_eq!((factors[0].name(), factors[1].name()), ("CTCF", "made-up-1"));
/// assert!(factors[0].is_site(b"TGGCCACCAGGGGGCGCTA"));
/// assert!(!factors[1].is_site(b"TGGCCACCAGGGGGCGCTA"));
/// assert!(!factors[0].is_site(b"TGGCTACCAGGGGGCGCTA"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    name: String,
    pwm: Pwm,
    threshold: f64,
}

impl Factor {
    /// CTCF and made-up factors, `count` in all.
    ///
    /// # Panics
    ///
    /// If there are not so many; a [validated](crate::SimulationConfig::validate) configuration asks for no more.
    #[must_use]
    pub fn first(count: usize) -> Vec<Self> {
        assert!(count <= MOST_FACTORS, "there are {MOST_FACTORS} factors, not {count}");
        let new = |name: String, counts: &[[u32; 4]]| {
            let pwm = Pwm::from_counts(counts);
            Self { name, threshold: SITE * pwm.highest_log_odds(), pwm }
        };
        let made_up = ORDERS.iter().enumerate().map(|(index, order)| {
            let counts: Vec<[u32; 4]> = order.iter().map(|&position| CTCF[position]).collect();
            new(format!("made-up-{}", index + 1), &counts)
        });
        std::iter::once(new("CTCF".into(), &CTCF)).chain(made_up).take(count).collect()
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Motif.
    #[must_use]
    pub fn pwm(&self) -> &Pwm {
        &self.pwm
    }

    /// Log-odds in bits from which on a place is a site.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Whether bases, read forward, are a site.
    #[must_use]
    pub fn is_site(&self, bases: &[u8]) -> bool {
        self.pwm.log_odds(bases).is_some_and(|log_odds| log_odds >= self.threshold)
    }

    /// The substitutions that change bases by so many bits that `wanted` holds of the new log-odds and of the
    /// change.
    fn substitutions(&self, bases: &[u8], wanted: impl Fn(f64, f64) -> bool) -> Vec<Substitution> {
        let Some(before) = self.pwm.log_odds(bases) else { return Vec::new() };
        let mut found = Vec::new();
        for position in 0..bases.len() {
            for base in LETTERS.into_iter().filter(|base| !base.eq_ignore_ascii_case(&bases[position])) {
                let mut changed = bases.to_vec();
                changed[position] = base;
                let log_odds = self.pwm.log_odds(&changed).filter(|after| wanted(*after, after - before));
                found.extend(log_odds.map(|after| Substitution { position, base, change: after - before }));
            }
        }
        found
    }

    /// The substitutions that clearly take a site away.
    pub(crate) fn breaking(&self, site: &[u8]) -> Vec<Substitution> {
        self.substitutions(site, |after, change| after < self.threshold && change <= -CLEAR)
    }

    /// The substitutions that clearly make a site.
    pub(crate) fn mending(&self, near_miss: &[u8]) -> Vec<Substitution> {
        self.substitutions(near_miss, |after, change| after >= self.threshold && change >= CLEAR)
    }

    /// The substitutions that hardly change a site.
    pub(crate) fn keeping(&self, site: &[u8]) -> Vec<Substitution> {
        self.substitutions(site, |after, change| after >= self.threshold && change.abs() <= HARMLESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::random::Stream;

    #[test]
    fn made_up_factors_reorder_ctcf() {
        for order in ORDERS {
            let mut positions = order;
            positions.sort_unstable();
            assert!(positions.into_iter().eq(0..19));
        }
    }

    #[test]
    fn sites_of_one_factor_are_no_sites_of_another() {
        let factors = Factor::first(MOST_FACTORS);
        let mut draws = Stream::new(5, "test").draws();
        for (index, factor) in factors.iter().enumerate() {
            for _ in 0..200 {
                let padded =
                    [b"NNNNNNNNNN", &factor.pwm.sharper(2.0).draw(&mut draws)[..], b"NNNNNNNNNN"].concat();
                for (other, wrong) in factors.iter().enumerate().filter(|(other, _)| *other != index) {
                    let hits = wrong.pwm.hits(&padded, wrong.threshold);
                    assert!(hits.is_empty(), "{index} {other}");
                }
            }
        }
    }

    #[test]
    #[ignore = "needs the shared folder (CISKIT_SHARED)"]
    fn ctcf_is_jaspars() {
        let text =
            std::fs::read_to_string(ciskit_fixtures::shared("data/motif/MA0139.1_CTCF.jaspar")).unwrap();
        let rows: Vec<Vec<u32>> = text
            .lines()
            .skip(1)
            .map(|line| line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect())
            .collect();
        for (base, row) in rows.iter().enumerate() {
            assert_eq!(*row, CTCF.map(|column| column[base]), "row {base}");
        }
    }
}
