//! Letters to two bits a base.

use std::ops::Range;

use multiversion::multiversion;

use super::BASES_A_WORD;
use crate::columns::letter_column;
use crate::{EncodeError, base_code};

/// Bases that are packed before anybody asks whether one of them was unknown; they fit a processor's first cache.
const STRETCH: usize = 64 * BASES_A_WORD;

/// Packs letters into words of 64 bases each, as a [`PackedSequence`](crate::PackedSequence) has them, and gives the
/// runs of unknown bases: those of every letter but A, C, G, T (in either case).
///
/// Bits of unknown bases, and those behind the last base, are zero.
///
/// *Shapes*: `sequence` (L), `words` (⌈L / 64⌉). *Cost*: O(L), an allocation only for unknown bases.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `words` does not have exactly ⌈L / 64⌉ words; nothing is written then.
///
/// ```
/// let mut words = [[0; 2]; 1];
/// let unknown = ciskit_encode::pack_into(b"ACGTNC", &mut words)?;
/// assert_eq!(words, [[0b101010, 0b001100]]); // low and high bits of 0, 1, 2, 3, none and 1, from the right
/// assert_eq!(unknown, [4..5]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn pack_into(sequence: &[u8], words: &mut [[u64; 2]]) -> Result<Vec<Range<usize>>, EncodeError> {
    let expected = sequence.len().div_ceil(BASES_A_WORD);
    EncodeError::check_output("packing", sequence.len(), expected, words.len())?;
    let mut unknown = Vec::new();
    let stretches = sequence.chunks(STRETCH).zip(words.chunks_mut(STRETCH / BASES_A_WORD));
    for ((stretch, words), start) in stretches.zip((0..).step_by(STRETCH)) {
        if !pack_stretch(stretch, words) {
            blank_unknown(stretch, words, start, &mut unknown);
        }
    }
    Ok(unknown)
}

/// Adds a run behind the last one, or to it if they touch.
pub(super) fn push_run(runs: &mut Vec<Range<usize>>, run: Range<usize>) {
    match runs.last_mut() {
        Some(last) if last.end == run.start => last.end = run.end,
        _ if run.is_empty() => {}
        _ => runs.push(run),
    }
}

/// Packs letters as if all were bases, and tells whether that was so.
///
/// Compiled for wide registers too, of which the ones that the CPU has are used: the words are the same.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn pack_stretch(stretch: &[u8], words: &mut [[u64; 2]]) -> bool {
    let (mut low, mut high) = ([0; STRETCH / 8], [0; STRETCH / 8]);
    let (eights, rest) = stretch.as_chunks::<8>();
    for ((low, high), &letters) in low.iter_mut().zip(&mut high).zip(eights) {
        (*low, *high) = pack_eight(letters);
    }
    if !rest.is_empty() {
        let mut letters = [b'A'; 8];
        letters[..rest.len()].copy_from_slice(rest);
        (low[eights.len()], high[eights.len()]) = pack_eight(letters);
    }
    let (low, high) = (low.as_chunks().0.iter(), high.as_chunks().0.iter());
    for ((word, &low), &high) in words.iter_mut().zip(low).zip(high) {
        *word = [u64::from_le_bytes(low), u64::from_le_bytes(high)];
    }
    stretch.iter().fold(true, |known, &letter| known & is_known(letter))
}

#[inline(always)]
fn is_known(letter: u8) -> bool {
    letter_column(letter).into_iter().fold(false, |known, hot: u8| known | (hot == 1))
}

/// Low and high bits of the codes of eight letters, worked on as one number.
#[inline(always)]
fn pack_eight(letters: [u8; 8]) -> (u8, u8) {
    // A, C, G and T are …000., …001., …011. and …010.: the second of these bits is the high bit of the code, and the low
    // one says whether the two differ.
    let letters = u64::from_le_bytes(letters);
    (gather(letters >> 1 ^ letters >> 2), gather(letters >> 2))
}

/// The lowest bits of eight bytes in one.
#[inline(always)]
fn gather(bytes: u64) -> u8 {
    // The factor moves the bit of byte j, at 8j, to 56 + j, and no two of the others to one place.
    ((bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Notes the unknown bases of a stretch, which begins at `start`, and sets their bits to zero.
#[cold]
fn blank_unknown(stretch: &[u8], words: &mut [[u64; 2]], start: usize, unknown: &mut Vec<Range<usize>>) {
    for ((letters, word), start) in
        stretch.chunks(BASES_A_WORD).zip(words).zip((start..).step_by(BASES_A_WORD))
    {
        let bit = |(place, &letter): (usize, &u8)| u64::from(base_code(letter) == crate::UNKNOWN) << place;
        let mut bits = letters.iter().enumerate().map(bit).fold(0, |all, bit| all | bit);
        *word = word.map(|known| known & !bits);
        let mut from = 0;
        while bits != 0 {
            from += bits.trailing_zeros();
            let count = (bits >> bits.trailing_zeros()).trailing_ones();
            push_run(unknown, start + from as usize..start + (from + count) as usize);
            (from, bits) = (from + count, bits.checked_shr(bits.trailing_zeros() + count).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UNKNOWN;

    #[test]
    fn every_byte_has_the_bits_of_its_code() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut words = [[u64::MAX; 2]; 4];
        let unknown = pack_into(&bytes, &mut words).unwrap();
        for (place, &byte) in bytes.iter().enumerate() {
            let [low, high] = words[place / 64].map(|bits| bits >> (place % 64) & 1);
            let listed = unknown.iter().any(|run| run.contains(&place));
            let code = base_code(byte);
            assert_eq!((listed, low + 2 * high), (code == UNKNOWN, u64::from(code % UNKNOWN)), "byte {byte}");
        }
    }

    #[test]
    fn runs_are_whole_over_words_and_stretches() {
        let mut sequence = vec![b'c'; 3 * STRETCH + 5];
        let runs = [
            0..1,
            3..5,
            60..70,
            127..128,
            129..321,
            STRETCH - 1..2 * STRETCH + 1,
            3 * STRETCH + 4..3 * STRETCH + 5,
        ];
        for run in runs.clone() {
            sequence[run].fill(b'N');
        }
        let mut words = vec![[7; 2]; sequence.len().div_ceil(64)];
        assert_eq!(pack_into(&sequence, &mut words).unwrap(), runs);
        assert_eq!(words[3], [0, 0]);
        assert_eq!(words.last(), Some(&[0b1111, 0]), "behind the last base");
    }

    #[test]
    fn words_of_another_number_are_refused_untouched() {
        for found in [1, 3] {
            let mut words = vec![[7; 2]; found];
            let error = pack_into(&[b'A'; 65], &mut words).unwrap_err();
            assert_eq!(
                error,
                EncodeError::OutputLength { encoding: "packing", bases: 65, expected: 2, found }
            );
            assert!(words.iter().all(|&word| word == [7; 2]));
        }
        assert_eq!(pack_into(b"", &mut []), Ok(vec![]));
    }
}
