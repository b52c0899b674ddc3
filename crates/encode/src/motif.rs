//! Motifs as position weight matrices: where a sequence has sites of them.

mod distribution;

use crate::{EncodeError, base_code};

/// Steps of a score in a bit. Weights are rounded to them once, so that a sum is exact in any order and its
/// distribution can be computed exactly.
const STEPS: f64 = 1000.0;

/// The most positions of a motif.
const LONGEST: usize = 100;

/// A position weight matrix: log-odds of each base at each position against a background, in bits.
///
/// Columns are in the order A, C, G, T. A site's score is the sum of its bases' weights, each rounded to a thousandth of
/// a bit; a site with an unknown base has none.
///
/// *Source*: Staden, "Methods for calculating the probabilities of finding patterns in sequences", CABIOS 5:89 (1989),
/// for the scores' distribution; Touzet and Varré, Algorithms Mol Biol 2:15 (2007), doi 10.1186/1748-7188-2-15, for what
/// rounding of weights does to it.
///
/// ```
/// use ciskit_encode::Motif;
///
/// let counts = [[0., 0., 0., 9.], [9., 0., 0., 0.], [0., 0., 9., 0.]]; // TAG
/// let motif = Motif::from_counts(&counts, 1.0, Motif::UNIFORM)?;
/// let threshold = motif.threshold(1.0 / 64.0);
/// assert_eq!(threshold, motif.highest());
///
/// let hits: Vec<(usize, bool)> =
///     motif.hits(b"ggTAGaaCTAaaTANtag", threshold).map(|hit| (hit.start, hit.reverse)).collect();
/// assert_eq!(hits, [(2, false), (7, true), (15, false)]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Motif {
    /// Steps, by position.
    weights: Vec<[i32; 4]>,
    background: [f64; 4],
    forward: Search,
    reverse: Search,
}

/// A place where a sequence scores at least as high as asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MotifHit {
    /// Its first base on the strand that the sequence gives, 0-based.
    pub start: usize,
    /// Whether the site reads on the other strand.
    pub reverse: bool,
    /// Log-odds in bits.
    pub score: f64,
}

impl Motif {
    /// All four bases alike.
    pub const UNIFORM: [f64; 4] = [0.25; 4];

    /// The matrix of how often each base was found at each position.
    ///
    /// `pseudocount` is added to every position, shared out by `background`; log-odds are against the background.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Motif`] for no position or more than 100, a count that is negative or not finite, a pseudocount
    /// that is not above 0, or a background that is no distribution over all four bases.
    ///
    /// ```
    /// let error = ciskit_encode::Motif::from_counts(&[], 1.0, ciskit_encode::Motif::UNIFORM).unwrap_err();
    /// assert_eq!(error.to_string(), "no motif: it has 0 positions, expected 1 to 100");
    /// ```
    pub fn from_counts(
        counts: &[[f64; 4]],
        pseudocount: f64,
        background: [f64; 4],
    ) -> Result<Self, EncodeError> {
        let refuse = |problem: String| Err(EncodeError::Motif { problem });
        if !(1..=LONGEST).contains(&counts.len()) {
            return refuse(format!("it has {} positions, expected 1 to {LONGEST}", counts.len()));
        }
        // Written so that NaN is refused.
        if !(pseudocount > 0.0 && pseudocount.is_finite()) {
            return refuse(format!("its pseudocount is {pseudocount}, expected more than 0"));
        }
        let whole: f64 = background.iter().sum();
        let is_background = background.iter().all(|share| *share > 0.0) && (whole - 1.0).abs() < 0.01;
        if !is_background {
            return refuse(format!(
                "its background is {background:?}, expected four shares of 1, none of them 0"
            ));
        }
        let background = background.map(|share| share / whole);
        let mut weights = Vec::with_capacity(counts.len());
        for (position, column) in counts.iter().enumerate() {
            if let Some(count) = column.iter().find(|count| !(**count >= 0.0 && count.is_finite())) {
                return refuse(format!("position {position} has count {count}, expected 0 or more"));
            }
            let total: f64 = column.iter().sum::<f64>() + pseudocount;
            weights.push(std::array::from_fn(|base| {
                let share = (column[base] + pseudocount * background[base]) / total;
                ((share / background[base]).log2() * STEPS).round() as i32
            }));
        }
        let turned: Vec<[i32; 4]> = weights.iter().rev().map(|&[a, c, g, t]| [t, g, c, a]).collect();
        let (forward, reverse) = (Search::new(&weights), Search::new(&turned));
        Ok(Self { weights, background, forward, reverse })
    }

    /// Length of a site in bp.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a motif has at least one position")]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Score of the best site that there is, in bits.
    #[must_use]
    pub fn highest(&self) -> f64 {
        f64::from(self.forward.attainable[0]) / STEPS
    }

    /// Score of a site read forward, in bits; `None` unless it consists of [`len`](Self::len) bases A, C, G or T in
    /// either case.
    ///
    /// ```
    /// use ciskit_encode::Motif;
    ///
    /// let motif = Motif::from_counts(&[[3., 0., 0., 0.]], 1.0, Motif::UNIFORM)?;
    /// assert_eq!(motif.score(b"a"), Some(1.7)); // log2(3.25 / 4 / 0.25), to a thousandth
    /// assert_eq!((motif.score(b"N"), motif.score(b"AA")), (None, None));
    /// # Ok::<(), ciskit_encode::EncodeError>(())
    /// ```
    #[must_use]
    pub fn score(&self, site: &[u8]) -> Option<f64> {
        if site.len() != self.len() {
            return None;
        }
        let steps = self.forward.reaches(i32::MIN, site)?;
        Some(f64::from(steps) / STEPS)
    }

    /// The lowest score that a random site of the background's composition reaches with a probability of at most `p`:
    /// a threshold for [`hits`](Self::hits), in bits. Above [`highest`](Self::highest) if no score is as rare as that.
    ///
    /// The probability is exact for the rounded weights, for one place and one strand. *Cost*: a thousand steps a bit of
    /// every position, some milliseconds for 20 positions.
    #[must_use]
    pub fn threshold(&self, p: f64) -> f64 {
        f64::from(distribution::threshold(&self.weights, &self.background, p)) / STEPS
    }

    /// The probability that a random site of the background's composition reaches a score in bits: the p-value of a
    /// hit, for one place and one strand.
    ///
    /// ```
    /// use ciskit_encode::Motif;
    ///
    /// let motif = Motif::from_counts(&[[3., 0., 0., 0.]; 2], 1.0, Motif::UNIFORM)?;
    /// assert_eq!(motif.p_value(motif.highest()), 1.0 / 16.0);
    /// assert_eq!(motif.p_value(0.0), 1.0 / 16.0); // one base that is not A costs more than the other gives
    /// assert_eq!(motif.p_value(-9.0), 1.0);
    /// # Ok::<(), ciskit_encode::EncodeError>(())
    /// ```
    #[must_use]
    pub fn p_value(&self, score: f64) -> f64 {
        distribution::p_value(&self.weights, &self.background, steps(score))
    }

    /// The places on both strands that reach a threshold in bits, by start, forward strand first. Palindromic sites are
    /// found on both.
    ///
    /// *Cost*: a few look-ups at each position and strand, because a place is left as soon as it cannot reach the
    /// threshold, and the positions that tell most are looked at first. No allocation.
    pub fn hits<'a>(&'a self, sequence: &'a [u8], threshold: f64) -> impl Iterator<Item = MotifHit> + 'a {
        let threshold = steps(threshold);
        sequence.windows(self.len()).enumerate().flat_map(move |(start, site)| {
            [(&self.forward, false), (&self.reverse, true)].into_iter().filter_map(
                move |(search, reverse)| {
                    let score = f64::from(search.reaches(threshold, site)?) / STEPS;
                    Some(MotifHit { start, reverse, score })
                },
            )
        })
    }
}

/// A score in whole steps.
fn steps(score: f64) -> i32 {
    (score * STEPS).round() as i32
}

/// The columns of one strand in the order in which they are looked at.
#[derive(Clone, Debug, PartialEq)]
struct Search {
    columns: Vec<(usize, [i32; 4])>,
    /// What the columns from each one on can still give, at most.
    attainable: Vec<i32>,
}

impl Search {
    fn new(weights: &[[i32; 4]]) -> Self {
        let best = |column: &[i32; 4]| column.iter().copied().fold(i32::MIN, i32::max);
        // What the average base loses against the best one.
        let loss = |column: &[i32; 4]| {
            4 * i64::from(best(column)) - column.iter().map(|&w| i64::from(w)).sum::<i64>()
        };
        let mut columns: Vec<(usize, [i32; 4])> = weights.iter().copied().enumerate().collect();
        columns.sort_by_key(|(_, column)| std::cmp::Reverse(loss(column)));
        let mut attainable = vec![0; columns.len() + 1];
        for (at, (_, column)) in columns.iter().enumerate().rev() {
            attainable[at] = attainable[at + 1] + best(column);
        }
        Self { columns, attainable }
    }

    /// The score of a site of the motif's length, if it reaches the threshold.
    fn reaches(&self, threshold: i32, site: &[u8]) -> Option<i32> {
        let mut score = 0;
        for ((position, column), attainable) in self.columns.iter().zip(&self.attainable[1..]) {
            score += column.get(usize::from(base_code(site[*position])))?;
            if score + attainable < threshold {
                return None;
            }
        }
        Some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reverse_complement;

    fn motif() -> Motif {
        let counts =
            [[9., 0., 0., 0.], [0., 9., 0., 1.], [0., 0., 4., 4.], [0., 9., 0., 0.], [2., 3., 2., 2.]];
        Motif::from_counts(&counts, 1.0, [0.3, 0.2, 0.2, 0.3]).unwrap()
    }

    fn sequence() -> Vec<u8> {
        let mut state = 1u32;
        let mut letter = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"ACGTacgtACGTACGTACGTACGTACGTACGN"[(state >> 27) as usize]
        };
        (0..3_000).map(|_| letter()).collect()
    }

    #[test]
    fn hits_are_all_places_that_score_high_enough_on_both_strands() {
        let (motif, sequence) = (motif(), sequence());
        for threshold in [-30.0, 0.0, 2.5, motif.highest()] {
            let mut expected = Vec::new();
            for (start, site) in sequence.windows(motif.len()).enumerate() {
                for (reverse, site) in [(false, site.to_vec()), (true, reverse_complement(site))] {
                    let score = motif.score(&site).filter(|score| *score >= threshold);
                    expected.extend(score.map(|score| MotifHit { start, reverse, score }));
                }
            }
            let found: Vec<MotifHit> = motif.hits(&sequence, threshold).collect();
            assert_eq!(found, expected);
            assert!(!found.is_empty());
        }
        assert_eq!(motif.hits(b"ACGT", -99.0).count(), 0, "shorter than a site");
    }

    #[test]
    fn scores_are_log_odds() {
        let motif = motif();
        let weight = |count: f64, total: f64, share: f64| ((count + share) / (total + 1.0) / share).log2();
        // A C G C A: 9 of 9, 9 of 10, 4 of 8, 9 of 9, 2 of 9.
        let shares = [(9.0, 9.0, 0.3), (9.0, 10.0, 0.2), (4.0, 8.0, 0.2), (9.0, 9.0, 0.2), (2.0, 9.0, 0.3)];
        let expected: f64 = shares.iter().map(|&(count, total, share)| weight(count, total, share)).sum();
        assert!((motif.score(b"AcGCA").unwrap() - expected).abs() < 3e-3);
        let other = expected - weight(9.0, 10.0, 0.2) + weight(1.0, 10.0, 0.3);
        assert!((motif.score(b"ATGCA").unwrap() - other).abs() < 3e-3);
    }

    #[test]
    fn what_is_no_motif_is_refused() {
        let refused = |counts: &[[f64; 4]], pseudocount, background| {
            Motif::from_counts(counts, pseudocount, background).unwrap_err().to_string()
        };
        let one = [[1.0; 4]];
        assert!(refused(&vec![[1.0; 4]; 101], 1.0, Motif::UNIFORM).contains("101 positions"));
        assert!(refused(&[[1., -1., 0., 0.]], 1.0, Motif::UNIFORM).contains("position 0 has count -1"));
        assert!(refused(&[[1., f64::NAN, 0., 0.]], 1.0, Motif::UNIFORM).contains("count NaN"));
        for pseudocount in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(refused(&one, pseudocount, Motif::UNIFORM).contains("pseudocount"));
        }
        for background in [[0.5, 0.5, 0.0, 0.0], [0.3; 4], [f64::NAN, 0.3, 0.3, 0.3]] {
            assert!(refused(&one, 1.0, background).contains("background"));
        }
    }
}
