//! Sequence without signal: the composition of the human genome, drawn base by base.

use ciskit_core::random::Draws;

/// Letters of base codes.
pub(crate) const LETTERS: [u8; 4] = *b"ACGT";

/// Occurrences of two bases in a row in 10,002, first base by row, both in the order A, C, G, T.
///
/// Made for simulation, rounded to what is known of the human genome: 41 % G+C, CpG at a quarter of what its bases
/// would give, TpG and CpA (what a methylated CpG decays to) in surplus. A word and its reverse complement are
/// equally frequent, so the strands look alike, and every base opens as many words as it closes, so the
/// composition stays the same along the chain.
const PAIRS: [[u32; 4]; 4] =
    [[980, 503, 700, 772], [726, 520, 100, 700], [593, 430, 520, 503], [656, 593, 726, 980]];

/// Share of each base, in the order A, C, G, T.
///
/// ```
/// let composition = ciskit_simulate::composition();
/// assert!((composition.iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// assert!((composition[1] + composition[2] - 0.409).abs() < 1e-3); // G+C
/// ```
#[must_use]
pub fn composition() -> [f64; 4] {
    let total: u32 = PAIRS.iter().flatten().sum();
    PAIRS.map(|row| f64::from(row.iter().sum::<u32>()) / f64::from(total))
}

/// Appends bases of a first-order Markov chain that starts from [`composition`] until there are `length` in all.
pub(crate) fn fill_background(sequence: &mut Vec<u8>, length: u64, draws: &mut Draws) {
    let rows = PAIRS.map(|row| row.iter().sum::<u32>());
    let mut weights = rows;
    for _ in sequence.len() as u64..length {
        let base = weighted(&weights, draws);
        sequence.push(LETTERS[base]);
        weights = PAIRS[base];
    }
}

/// A base code drawn in proportion to whole-number weights.
fn weighted(weights: &[u32; 4], draws: &mut Draws) -> usize {
    let mut rest = draws.below(u64::from(weights.iter().sum::<u32>())) as u32;
    for (code, &weight) in weights.iter().enumerate() {
        match rest.checked_sub(weight) {
            Some(left) => rest = left,
            None => return code,
        }
    }
    unreachable!("the draw lies below the sum of the weights")
}

/// Turns stretches into lower case, as repeats are masked: 100 to 500 bp each, `share` of the sequence in all.
pub(crate) fn mask_softly(sequence: &mut [u8], share: f64, draws: &mut Draws) {
    const MEAN: f64 = 300.0;
    if share <= 0.0 {
        return;
    }
    let between = MEAN * (1.0 - share) / share;
    let mut position = 0;
    while position < sequence.len() {
        position += (2.0 * between * draws.uniform()) as usize;
        let end = (position + 100 + draws.below(401) as usize).min(sequence.len());
        if let Some(masked) = sequence.get_mut(position..end) {
            masked.make_ascii_lowercase();
        }
        position = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::random::Stream;

    fn background() -> Vec<u8> {
        let mut sequence = Vec::new();
        fill_background(&mut sequence, 400_000, &mut Stream::new(1, "test").draws());
        sequence
    }

    #[test]
    fn the_table_is_strand_symmetric_and_balanced() {
        for first in 0..4 {
            for second in 0..4 {
                assert_eq!(PAIRS[first][second], PAIRS[3 - second][3 - first]);
            }
            let closed: u32 = PAIRS.iter().map(|row| row[first]).sum();
            assert_eq!(PAIRS[first].iter().sum::<u32>(), closed);
        }
    }

    #[test]
    fn composition_and_cpg_are_those_of_the_table() {
        let sequence = background();
        let share = |base: u8| sequence.iter().filter(|&&b| b == base).count() as f64 / sequence.len() as f64;
        for (base, expected) in LETTERS.into_iter().zip(composition()) {
            assert!((share(base) - expected).abs() < 0.005, "{}", char::from(base));
        }
        let cpg = sequence.windows(2).filter(|pair| pair == b"CG").count() as f64 / sequence.len() as f64;
        let depletion = cpg / (share(b'C') * share(b'G'));
        assert!((depletion - 0.239).abs() < 0.02, "{depletion}");
    }

    #[test]
    fn masking_changes_the_case_of_a_share_and_nothing_else() {
        let upper = background();
        let mut masked = upper.clone();
        mask_softly(&mut masked, 0.1, &mut Stream::new(2, "test").draws());
        let lower = masked.iter().filter(|base| base.is_ascii_lowercase()).count() as f64;
        assert!((lower / masked.len() as f64 - 0.1).abs() < 0.02);
        assert_eq!(masked.to_ascii_uppercase(), upper);
    }
}
