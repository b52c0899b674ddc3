//! Position weight matrices: sites drawn from them and found by them.

use ciskit_core::Strand;
use ciskit_core::random::Draws;
use ciskit_encode::base_code;

use crate::background::{LETTERS, composition};

/// A position weight matrix: at each position of a site, how often each base occurs.
///
/// Scores are log-odds in bits against the [background's composition](crate::composition); columns are in the order
/// A, C, G, T.
///
/// ```
/// use ciskit_core::Strand;
/// use ciskit_simulate::Pwm;
///
/// let tata = Pwm::from_counts(&[[0, 0, 0, 9], [9, 0, 0, 0], [0, 0, 0, 9], [9, 0, 0, 0]]);
/// assert_eq!(tata.consensus(), b"TATA");
/// assert_eq!(tata.log_odds(b"TATA"), Some(tata.highest_log_odds()));
/// assert!(tata.log_odds(b"tatc") < tata.log_odds(b"TATA"));
/// assert_eq!(tata.log_odds(b"TANA"), None);
///
/// let hits = tata.hits(b"CCTATACC", tata.highest_log_odds() - 1.0);
/// assert_eq!((hits[0].start, hits[0].strand), (2, Strand::Forward));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pwm {
    probabilities: Vec<[f64; 4]>,
    log_odds: Vec<[f64; 4]>,
    /// The highest log-odds that the positions from each one on can still give.
    attainable: Vec<f64>,
}

/// A place where a sequence scores at least as high as asked for; see [`Pwm::hits`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its first base on the forward strand, 0-based.
    pub start: usize,
    /// The strand on which the site reads.
    pub strand: Strand,
    /// Log-odds in bits.
    pub log_odds: f64,
}

impl Pwm {
    /// The matrix of a count matrix, one added to every count.
    ///
    /// # Panics
    ///
    /// If there are no positions.
    #[must_use]
    pub fn from_counts(counts: &[[u32; 4]]) -> Self {
        assert!(!counts.is_empty(), "a motif without positions has no sites");
        let share = |column: &[u32; 4]| {
            let total = f64::from(column.iter().sum::<u32>() + 4);
            column.map(|count| f64::from(count + 1) / total)
        };
        Self::new(counts.iter().map(share).collect())
    }

    fn new(probabilities: Vec<[f64; 4]>) -> Self {
        let background = composition();
        let bits = |column: &[f64; 4]| std::array::from_fn(|base| (column[base] / background[base]).log2());
        let log_odds: Vec<[f64; 4]> = probabilities.iter().map(bits).collect();
        let mut attainable = vec![0.0; log_odds.len() + 1];
        for (position, column) in log_odds.iter().enumerate().rev() {
            attainable[position] = attainable[position + 1] + column.iter().copied().fold(f64::MIN, f64::max);
        }
        Self { probabilities, log_odds, attainable }
    }

    /// Length of a site in bp.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a motif has at least one position")]
    pub fn len(&self) -> usize {
        self.probabilities.len()
    }

    /// Probability of each base at each position.
    #[must_use]
    pub fn probabilities(&self) -> &[[f64; 4]] {
        &self.probabilities
    }

    /// Log-odds of each base at each position, in bits.
    #[must_use]
    pub fn weights(&self) -> &[[f64; 4]] {
        &self.log_odds
    }

    /// The likeliest site.
    #[must_use]
    pub fn consensus(&self) -> Vec<u8> {
        let likeliest = |column: &[f64; 4]| {
            let best = (0..4).max_by(|&a, &b| column[a].total_cmp(&column[b]).then(b.cmp(&a)));
            LETTERS[best.unwrap_or(0)]
        };
        self.probabilities.iter().map(likeliest).collect()
    }

    /// Log-odds of the best site that there is, in bits.
    #[must_use]
    pub fn highest_log_odds(&self) -> f64 {
        self.attainable[0]
    }

    /// Log-odds of a site read forward, in bits; `None` unless it consists of [`len`](Self::len) letters A, C, G or
    /// T in either case.
    #[must_use]
    pub fn log_odds(&self, site: &[u8]) -> Option<f64> {
        if site.len() != self.len() {
            return None;
        }
        let weight =
            |(column, &letter): (&[f64; 4], &u8)| column.get(usize::from(base_code(letter))).copied();
        self.log_odds.iter().zip(site).map(weight).sum()
    }

    /// The places on both strands with at least the log-odds of `threshold`, by start, forward strand first.
    ///
    /// # Cost
    ///
    /// A few look-ups at each position and strand: a place is left as soon as it cannot reach the threshold.
    #[must_use]
    pub fn hits(&self, sequence: &[u8], threshold: f64) -> Vec<Hit> {
        let codes: Vec<usize> = sequence.iter().map(|&letter| usize::from(base_code(letter))).collect();
        let mut hits = Vec::new();
        for (start, window) in codes.windows(self.len()).enumerate() {
            let forward = self.reaches(threshold, window.iter().copied());
            // Codes of complementary bases add up to 3; a letter that is no base stays none.
            let complement = |&code: &usize| 3usize.checked_sub(code).unwrap_or(code);
            let reverse = self.reaches(threshold, window.iter().rev().map(complement));
            for (strand, log_odds) in [(Strand::Forward, forward), (Strand::Reverse, reverse)] {
                hits.extend(log_odds.map(|log_odds| Hit { start, strand, log_odds }));
            }
        }
        hits
    }

    /// The log-odds of a site of base codes if it reaches the threshold.
    fn reaches(&self, threshold: f64, codes: impl Iterator<Item = usize>) -> Option<f64> {
        let mut score = 0.0;
        for ((column, code), attainable) in self.log_odds.iter().zip(codes).zip(&self.attainable[1..]) {
            score += column.get(code)?;
            // A sum rounds by its order; the comparison below decides.
            if score + attainable < threshold - 1e-6 {
                return None;
            }
        }
        (score >= threshold).then_some(score)
    }

    /// The matrix with every probability taken to a power: more than 1 makes its sites closer to the consensus.
    pub(crate) fn sharper(&self, sharpness: f64) -> Self {
        let column = |column: &[f64; 4]| {
            let powers = column.map(|probability| probability.powf(sharpness));
            powers.map(|power| power / powers.iter().sum::<f64>())
        };
        Self::new(self.probabilities.iter().map(column).collect())
    }

    /// Draws a site.
    pub(crate) fn draw(&self, draws: &mut Draws) -> Vec<u8> {
        let base = |column: &[f64; 4]| {
            let mut rest = draws.uniform();
            let code = column.iter().position(|probability| {
                rest -= probability;
                rest < 0.0
            });
            // Rounding may leave a remainder behind the last base.
            LETTERS[code.unwrap_or(3)]
        };
        self.probabilities.iter().map(base).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::random::Stream;
    use ciskit_encode::reverse_complement;

    fn motif() -> Pwm {
        Pwm::from_counts(&[[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 4, 4], [0, 9, 0, 0], [2, 2, 2, 2]])
    }

    #[test]
    fn log_odds_by_hand() {
        let [a, c, ..] = composition();
        let expected = (10.0 / 13.0 / a).log2() + (1.0 / 13.0 / c).log2();
        let pwm = Pwm::from_counts(&[[9, 0, 0, 0], [0, 0, 0, 9]]);
        assert!((pwm.log_odds(b"aC").unwrap() - expected).abs() < 1e-12);
        assert_eq!(pwm.log_odds(b"ACG"), None);
        assert_eq!(pwm.log_odds(b"AN"), None);
    }

    #[test]
    fn hits_are_all_windows_that_score_high_enough() {
        let pwm = motif();
        let mut sequence = Vec::new();
        crate::background::fill_background(&mut sequence, 3_000, &mut Stream::new(3, "test").draws());
        sequence[100] = b'N';
        sequence[200..210].make_ascii_lowercase();
        let threshold = 0.0;
        let mut expected = Vec::new();
        for (start, window) in sequence.windows(pwm.len()).enumerate() {
            let reverse = reverse_complement(window);
            for (strand, site) in [(Strand::Forward, window), (Strand::Reverse, &reverse[..])] {
                if pwm.log_odds(site).is_some_and(|score| score >= threshold) {
                    expected.push((start, strand));
                }
            }
        }
        let hits = pwm.hits(&sequence, threshold);
        assert!(expected.len() > 10);
        assert_eq!(hits.iter().map(|hit| (hit.start, hit.strand)).collect::<Vec<_>>(), expected);
        assert!(pwm.hits(b"ACG", f64::MIN).is_empty());
    }

    #[test]
    fn drawn_sites_follow_the_matrix() {
        let (pwm, mut draws) = (motif(), Stream::new(4, "test").draws());
        let sites: Vec<Vec<u8>> = (0..20_000).map(|_| pwm.draw(&mut draws)).collect();
        for (position, column) in pwm.probabilities().iter().enumerate() {
            for (&letter, probability) in LETTERS.iter().zip(column) {
                let count = sites.iter().filter(|site| site[position] == letter).count();
                assert!((count as f64 / sites.len() as f64 - probability).abs() < 0.015);
            }
        }
        let sharp = pwm.sharper(50.0).draw(&mut draws);
        assert_eq!(sharp[..2], *b"AC");
    }
}
