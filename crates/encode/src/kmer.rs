//! Ids of overlapping k-mers, the words that embedding models read.

use crate::{EncodeError, UNKNOWN, base_code};

/// The longest k-mer that has an id; its vocabulary is already 16,777,217 rows of an embedding matrix.
///
/// ```
/// assert!(ciskit_encode::kmer_ids(b"ACGT", ciskit_encode::MAX_K + 1).is_err());
/// ```
pub const MAX_K: usize = 12;

/// Number of different ids of k-mers, the rows of an embedding matrix: 4^k, and one for id 0.
///
/// # Errors
///
/// [`EncodeError::KmerLength`] if `k` is 0 or above [`MAX_K`].
///
/// ```
/// assert_eq!(ciskit_encode::kmer_vocabulary(6)?, 4097);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn kmer_vocabulary(k: usize) -> Result<usize, EncodeError> {
    check(k)?;
    Ok((1 << (2 * k)) + 1)
}

/// The ids of all k-mers of a sequence, one starting at every base that has k − 1 bases after it.
///
/// The id of a k-mer is 1 + its rank in alphabetical order: with the digits A 0, C 1, G 2, T 3 and the first
/// base most significant, 6-mers run from `AAAAAA` 1, `AAAAAC` 2 to `TTTTTT` 4096. Case is ignored. A k-mer
/// with any other letter has id 0 and keeps its place.
///
/// *Shapes*: `sequence` (L); ids (L − k + 1), none if L < k. *Cost*: O(L) for any `k`, one allocation.
///
/// # Errors
///
/// [`EncodeError::KmerLength`] if `k` is 0 or above [`MAX_K`].
///
/// # Differences from the paper
///
/// The published preparation for EPIVAN drops a k-mer that holds a lower-case `n` or an IUPAC code other than
/// `N`, which moves all earlier ids one to the right after padding.
///
/// ```
/// assert_eq!(ciskit_encode::kmer_ids(b"AACttNG", 3)?, [2, 8, 32, 0, 0]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn kmer_ids(sequence: &[u8], k: usize) -> Result<Vec<u32>, EncodeError> {
    check(k)?;
    kmer_ids_padded(sequence, k, kmer_count(sequence, k))
}

/// The k-mer ids of a sequence ([`kmer_ids`]), brought to `length` ids on their left side: padded with 0, or
/// cut so that the last `length` ids stay.
///
/// *Shapes*: `sequence` (L); ids (`length`). *Cost*: O(`length`), one allocation.
///
/// # Errors
///
/// [`EncodeError::KmerLength`] if `k` is 0 or above [`MAX_K`].
///
/// ```
/// use ciskit_encode::kmer_ids_padded;
///
/// assert_eq!(kmer_ids_padded(b"AAACA", 3, 5)?, [0, 0, 1, 2, 5]);
/// assert_eq!(kmer_ids_padded(b"AAACA", 3, 2)?, [2, 5]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn kmer_ids_padded(sequence: &[u8], k: usize, length: usize) -> Result<Vec<u32>, EncodeError> {
    check(k)?;
    let mut ids = vec![0; length];
    kmer_ids_padded_into(sequence, k, &mut ids)?;
    Ok(ids)
}

/// Writes the k-mer ids of a sequence into `out`, padded or cut on the left to its length
/// ([`kmer_ids_padded`]).
///
/// *Shapes*: `sequence` (L); `out` of any length. *Cost*: O(length of `out`), no allocation.
///
/// # Errors
///
/// [`EncodeError::KmerLength`] if `k` is 0 or above [`MAX_K`]; nothing is written then.
///
/// ```
/// let mut ids = [u32::MAX; 4];
/// ciskit_encode::kmer_ids_padded_into(b"TTT", 2, &mut ids)?;
/// assert_eq!(ids, [0, 0, 16, 16]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn kmer_ids_padded_into(sequence: &[u8], k: usize, out: &mut [u32]) -> Result<(), EncodeError> {
    check(k)?;
    fill(sequence, k, out, base_code);
    Ok(())
}

/// Writes the k-mer ids of base codes (0 to 3 = A, C, G, T; anything else is unknown) into `out`, padded or cut on the
/// left to its length: [`kmer_ids_padded_into`] for sequences that are codes already.
///
/// *Shapes*: `codes` (L); `out` of any length. *Cost*: O(length of `out`), no allocation.
///
/// # Errors
///
/// [`EncodeError::KmerLength`] if `k` is 0 or above [`MAX_K`]; nothing is written then.
///
/// ```
/// use ciskit_encode::{base_codes, kmer_ids_of_codes_into, kmer_ids_padded};
///
/// let mut ids = [0; 7];
/// kmer_ids_of_codes_into(&base_codes(b"AACttNG"), 3, &mut ids)?;
/// assert_eq!(ids, [0, 0, 2, 8, 32, 0, 0]);
/// assert_eq!(ids.to_vec(), kmer_ids_padded(b"AACttNG", 3, 7)?);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn kmer_ids_of_codes_into(codes: &[u8], k: usize, out: &mut [u32]) -> Result<(), EncodeError> {
    check(k)?;
    fill(codes, k, out, |code| code);
    Ok(())
}

/// The ids of the last k-mers, as many as fit behind the padding; `code` makes a letter a base code.
fn fill(sequence: &[u8], k: usize, out: &mut [u32], code: impl Fn(u8) -> u8) {
    let kept = kmer_count(sequence, k).min(out.len());
    let (padding, ids) = out.split_at_mut(out.len() - kept);
    padding.fill(0);
    if kept > 0 {
        // A k-mer's id depends on its own bases only, so those that are cut away need not be read.
        let last_kmers = &sequence[sequence.len() - (kept + k - 1)..];
        for (id, rolled) in ids.iter_mut().zip(rolling_ids(last_kmers, k, code)) {
            *id = rolled;
        }
    }
}

fn check(k: usize) -> Result<(), EncodeError> {
    if (1..=MAX_K).contains(&k) { Ok(()) } else { Err(EncodeError::KmerLength { k }) }
}

fn kmer_count(sequence: &[u8], k: usize) -> usize {
    (sequence.len() + 1).saturating_sub(k)
}

fn rolling_ids(sequence: &[u8], k: usize, code: impl Fn(u8) -> u8) -> impl Iterator<Item = u32> {
    let mask = (1u32 << (2 * k)) - 1;
    let mut rank = 0;
    let mut known = 0; // bases since the last letter that is none
    let ends = sequence.iter().map(move |&letter| {
        let code = code(letter);
        known = if code >= UNKNOWN { 0 } else { known + 1 };
        // An unknown letter leaves two wrong bits that have left the mask before `known` reaches k again.
        rank = (rank << 2 | u32::from(code & 3)) & mask;
        if known >= k { 1 + rank } else { 0 }
    });
    ends.skip(k - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k_outside_its_range_is_refused_by_every_function() {
        for k in [0, MAX_K + 1, usize::MAX] {
            let error = EncodeError::KmerLength { k };
            let mut out = [7; 3];
            assert_eq!(kmer_vocabulary(k), Err(error.clone()));
            assert_eq!(kmer_ids(b"ACGTACGTACGTACGT", k), Err(error.clone()));
            assert_eq!(kmer_ids_padded(b"ACGTACGTACGTACGT", k, 3), Err(error.clone()));
            assert_eq!(kmer_ids_padded_into(b"ACGTACGTACGTACGT", k, &mut out), Err(error.clone()));
            assert_eq!(kmer_ids_of_codes_into(&[0; 16], k, &mut out), Err(error));
            assert_eq!(out, [7; 3]);
        }
    }

    #[test]
    fn ids_run_from_1_to_the_end_of_the_vocabulary() {
        for k in 1..=MAX_K {
            let last = kmer_vocabulary(k).unwrap() as u32 - 1;
            assert_eq!(kmer_ids(&vec![b'A'; k], k).unwrap(), [1]);
            assert_eq!(kmer_ids(&vec![b't'; k], k).unwrap(), [last]);
        }
    }

    #[test]
    fn an_unknown_letter_zeroes_exactly_the_k_mers_that_hold_it() {
        let k = 4;
        let clean = kmer_ids(b"ACGTACGTACGT", k).unwrap();
        for hole in 0..12 {
            let mut sequence = *b"ACGTACGTACGT";
            sequence[hole] = b'R';
            for (start, (&id, &whole)) in kmer_ids(&sequence, k).unwrap().iter().zip(&clean).enumerate() {
                let expected = if (start..start + k).contains(&hole) { 0 } else { whole };
                assert_eq!(id, expected, "hole {hole}, start {start}");
            }
        }
    }

    #[test]
    fn sequences_shorter_than_k_have_no_ids() {
        for sequence in [b"".as_slice(), b"A", b"ACG"] {
            assert!(kmer_ids(sequence, 4).unwrap().is_empty());
            assert_eq!(kmer_ids_padded(sequence, 4, 2).unwrap(), [0, 0]);
        }
    }

    #[test]
    fn a_used_slice_is_overwritten_entirely() {
        for length in 0..8 {
            let mut ids = vec![u32::MAX; length];
            kmer_ids_padded_into(b"ACGNT", 2, &mut ids).unwrap();
            assert_eq!(ids, kmer_ids_padded(b"ACGNT", 2, length).unwrap());
            ids.fill(u32::MAX);
            // Any code above 3 is unknown.
            kmer_ids_of_codes_into(&[0, 1, 2, 200, 3], 2, &mut ids).unwrap();
            assert_eq!(ids, kmer_ids_padded(b"ACGNT", 2, length).unwrap());
        }
    }
}
