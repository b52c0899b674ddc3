//! The distribution of a motif's score over random sites.

/// Probability of each score, from the lowest one on, and the lowest one.
fn distribution(weights: &[[i32; 4]], background: &[f64; 4]) -> (i32, Vec<f64>) {
    let extreme = |pick: fn(i32, i32) -> i32, start: i32| {
        weights.iter().map(|column| column.iter().copied().fold(start, pick)).sum::<i32>()
    };
    let (lowest, highest) = (extreme(i32::min, i32::MAX), extreme(i32::max, i32::MIN));
    let mut now = vec![0.0; (highest - lowest) as usize + 1];
    now[0] = 1.0;
    // Scores so far, counted from the lowest so far, are at most this.
    let mut reach = 0;
    for column in weights {
        let least = column.iter().copied().fold(i32::MAX, i32::min);
        let mut next = vec![0.0; now.len()];
        for (score, probability) in now[..=reach].iter().enumerate().filter(|(_, p)| **p > 0.0) {
            for (weight, share) in column.iter().zip(background) {
                next[score + (weight - least) as usize] += probability * share;
            }
        }
        reach += (column.iter().copied().fold(i32::MIN, i32::max) - least) as usize;
        now = next;
    }
    (lowest, now)
}

/// The probability of a score of at least `score`.
pub(super) fn p_value(weights: &[[i32; 4]], background: &[f64; 4], score: i32) -> f64 {
    let (lowest, probabilities) = distribution(weights, background);
    let from = (i64::from(score) - i64::from(lowest)).max(0) as usize;
    // From the rare end, so that small numbers are not lost beside large ones.
    if from == 0 { 1.0 } else { probabilities.iter().skip(from).rev().sum() }
}

/// The lowest score that is reached with a probability of at most `p`.
pub(super) fn threshold(weights: &[[i32; 4]], background: &[f64; 4], p: f64) -> i32 {
    let (lowest, probabilities) = distribution(weights, background);
    let mut sum = 0.0;
    let mut threshold = lowest + probabilities.len() as i32;
    for (score, probability) in probabilities.iter().enumerate().rev().filter(|(_, p)| **p > 0.0) {
        sum += probability;
        if sum > p * (1.0 + 1e-9) {
            break;
        }
        threshold = lowest + score as i32;
    }
    threshold
}

#[cfg(test)]
mod tests {
    use crate::Motif;

    /// All words of a length with their probability.
    fn words(length: u32, background: [f64; 4]) -> Vec<(Vec<u8>, f64)> {
        let word = |number: usize| {
            let digits: Vec<usize> = (0..length).map(|place| number >> (2 * place) & 3).collect();
            let probability = digits.iter().map(|&digit| background[digit]).product();
            (digits.iter().map(|&digit| b"ACGT"[digit]).collect(), probability)
        };
        (0..1 << (2 * length)).map(word).collect()
    }

    #[test]
    fn it_is_what_counting_all_words_gives() {
        let counts =
            [[9., 1., 0., 3.], [0., 7., 2., 1.], [1., 1., 4., 4.], [5., 0., 0., 5.], [2., 3., 2., 2.]];
        for background in [Motif::UNIFORM, [0.3, 0.2, 0.2, 0.3]] {
            let motif = Motif::from_counts(&counts, 1.0, background).unwrap();
            let words = words(5, background);
            let reaching = |score: f64| -> f64 {
                words
                    .iter()
                    .filter(|(word, _)| motif.score(word).unwrap() >= score - 1e-9)
                    .map(|(_, p)| p)
                    .sum()
            };
            for (word, _) in words.iter().step_by(37) {
                let score = motif.score(word).unwrap();
                assert!((motif.p_value(score) - reaching(score)).abs() < 1e-12);
            }
            for p in [1.0, 0.3, 0.05, 0.01, 0.001] {
                let threshold = motif.threshold(p);
                assert!(reaching(threshold) <= p * (1.0 + 1e-9), "{p}");
                // The next lower score that there is is too common.
                let lower = words.iter().map(|(word, _)| motif.score(word).unwrap());
                let lower = lower.filter(|score| *score < threshold - 1e-9).fold(f64::MIN, f64::max);
                assert!(lower == f64::MIN || reaching(lower) > p, "{p}: {threshold} {lower}");
            }
            assert!(motif.threshold(1e-9) > motif.highest());
        }
    }
}
