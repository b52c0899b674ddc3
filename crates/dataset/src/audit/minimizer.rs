//! Minimizers: few k-mers of a sequence that any near-identical sequence keeps too.
//!
//! *Source*: Roberts et al., "Reducing storage requirements for biological sequence comparison", Bioinformatics 2004,
//! <https://doi.org/10.1093/bioinformatics/bth408>. K-mers are canonical (the smaller of both strands), so that a
//! reversed copy is found; they are compared by a hash, so that poly-A is no favourite.

use std::collections::VecDeque;

use ciskit_encode::base_code;

/// A hash that different k-mers never share (splitmix64's finaliser is invertible).
fn mixed(kmer: u64) -> u64 {
    let z = kmer.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// The smallest hash of every `window` neighbouring k-mers, distinct and ascending. A k-mer with an unknown base is
/// none; fewer k-mers than a window in a stretch of known bases still give their smallest. `k` is 1 to 31.
pub(super) fn minimizers(sequence: &[u8], k: usize, window: usize) -> Vec<u64> {
    let mask = (1_u64 << (2 * k)) - 1;
    let (mut forward, mut reverse, mut known) = (0_u64, 0_u64, 0_usize);
    // Hashes of the current window that may still be its smallest: ascending, the first is.
    let mut candidates: VecDeque<(usize, u64)> = VecDeque::new();
    let mut found = Vec::new();
    // The bases after the last give the last stretch its end.
    for (end, &base) in sequence.iter().chain(b"N").enumerate() {
        let code = u64::from(base_code(base));
        if code > 3 {
            // A stretch shorter than a window.
            if known >= k && known - k + 1 < window {
                found.extend(candidates.front().map(|(_, hash)| *hash));
            }
            candidates.clear();
            known = 0;
            continue;
        }
        forward = (forward << 2 | code) & mask;
        reverse = reverse >> 2 | (3 - code) << (2 * (k - 1));
        known += 1;
        if known < k {
            continue;
        }
        let hash = mixed(forward.min(reverse));
        while candidates.back().is_some_and(|(_, last)| *last >= hash) {
            candidates.pop_back();
        }
        candidates.push_back((end, hash));
        while candidates.front().is_some_and(|(place, _)| place + window <= end) {
            candidates.pop_front();
        }
        if known - k + 1 >= window {
            found.extend(candidates.front().map(|(_, hash)| *hash));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// How many numbers two ascending lists have in common.
pub(super) fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, count) = (i + 1, j + 1, count + 1),
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_encode::reverse_complement;
    use proptest::prelude::*;

    /// By the definition, window after window.
    fn slowly(sequence: &[u8], k: usize, window: usize) -> Vec<u64> {
        let mut found = Vec::new();
        for stretch in sequence.split(|base| base_code(*base) > 3).filter(|stretch| stretch.len() >= k) {
            let hash = |kmer: &[u8]| {
                let number =
                    |kmer: &[u8]| kmer.iter().fold(0, |n, base| n << 2 | u64::from(base_code(*base)));
                mixed(number(kmer).min(number(&reverse_complement(kmer))))
            };
            let hashes: Vec<u64> = stretch.windows(k).map(hash).collect();
            found.extend(hashes.windows(window.min(hashes.len())).filter_map(|w| w.iter().min()));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    proptest! {
        #[test]
        fn the_queue_agrees_with_the_definition(
            sequence in prop::collection::vec(prop::sample::select(b"ACGTacgtN".to_vec()), 0..80),
            k in 1usize..8,
            window in 1usize..7,
        ) {
            prop_assert_eq!(minimizers(&sequence, k, window), slowly(&sequence, k, window));
        }

        #[test]
        fn both_strands_have_the_same_minimizers(
            sequence in prop::collection::vec(prop::sample::select(b"ACGT".to_vec()), 0..120),
        ) {
            let other = reverse_complement(&sequence);
            prop_assert_eq!(minimizers(&sequence, 21, 11), minimizers(&other, 21, 11));
        }
    }

    #[test]
    fn the_longest_k_does_not_overflow() {
        let sequence = b"ACGTTGCA".repeat(10);
        assert_eq!(minimizers(&sequence, 31, 5), slowly(&sequence, 31, 5));
        assert!(minimizers(&sequence[..30], 31, 5).is_empty());
    }

    #[test]
    fn common_numbers_are_counted_once_each() {
        assert_eq!(common(&[1, 3, 5, 9], &[0, 3, 9, 10]), 2);
        assert_eq!(common(&[], &[1]), 0);
    }
}
