//! Base codes: one small number a base, the rank of its letter.

use crate::EncodeError;

/// Code of every letter that is not a base: one more than the code of `T`.
///
/// ```
/// assert_eq!(ciskit_encode::base_code(b'N'), ciskit_encode::UNKNOWN);
/// ```
pub const UNKNOWN: u8 = 4;

static CODES: [u8; 256] = {
    let mut table = [UNKNOWN; 256];
    let mut code = 0;
    while code < 4 {
        let letter = b"ACGT"[code as usize];
        table[letter as usize] = code;
        table[letter.to_ascii_lowercase() as usize] = code;
        code += 1;
    }
    table
};

/// The code of one letter: `A` 0, `C` 1, `G` 2, `T` 3 in either case, [`UNKNOWN`] (4) for any other byte.
///
/// *Cost*: one table look-up.
///
/// ```
/// use ciskit_encode::base_code;
///
/// assert_eq!(b"ACGTacgtNRU".map(base_code), [0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 4]);
/// ```
#[must_use]
pub fn base_code(letter: u8) -> u8 {
    CODES[usize::from(letter)]
}

/// The codes of a sequence ([`base_code`]).
///
/// *Shapes*: `sequence` (L), codes (L). *Cost*: O(L), one allocation.
///
/// ```
/// assert_eq!(ciskit_encode::base_codes(b"GATnaca"), [2, 0, 3, 4, 0, 1, 0]);
/// ```
#[must_use]
pub fn base_codes(sequence: &[u8]) -> Vec<u8> {
    sequence.iter().map(|&letter| base_code(letter)).collect()
}

/// Writes the codes of a sequence ([`base_code`]) into `out`.
///
/// *Shapes*: `sequence` (L), `out` (L). *Cost*: O(L), no allocation.
///
/// # Errors
///
/// [`EncodeError::OutputLength`] if `out` does not have the length of `sequence`; nothing is written then.
///
/// ```
/// let mut codes = [0; 4];
/// ciskit_encode::base_codes_into(b"TGCN", &mut codes)?;
/// assert_eq!(codes, [3, 2, 1, 4]);
/// # Ok::<(), ciskit_encode::EncodeError>(())
/// ```
pub fn base_codes_into(sequence: &[u8], out: &mut [u8]) -> Result<(), EncodeError> {
    EncodeError::check_output("base codes", sequence.len(), sequence.len(), out.len())?;
    for (code, &letter) in out.iter_mut().zip(sequence) {
        *code = base_code(letter);
    }
    Ok(())
}

/// The codes of the opposite strand, read in its own direction: order reversed, 0 ↔ 3, 1 ↔ 2, others kept.
///
/// Equals the codes of [`reverse_complement`](crate::reverse_complement) of the letters.
///
/// *Shapes*: `codes` (L), result (L). *Cost*: O(L), one allocation.
///
/// ```
/// use ciskit_encode::{base_codes, reverse_complement_codes};
///
/// assert_eq!(reverse_complement_codes(&base_codes(b"AACGN")), base_codes(b"NCGTT"));
/// ```
#[must_use]
pub fn reverse_complement_codes(codes: &[u8]) -> Vec<u8> {
    codes.iter().rev().map(|&code| complement_code(code)).collect()
}

/// Turns codes into those of the opposite strand in place ([`reverse_complement_codes`]).
///
/// *Shapes*: `codes` (L). *Cost*: O(L), no allocation.
///
/// ```
/// let mut codes = [0, 0, 1, 4];
/// ciskit_encode::reverse_complement_codes_in_place(&mut codes);
/// assert_eq!(codes, [4, 2, 3, 3]);
/// ```
pub fn reverse_complement_codes_in_place(codes: &mut [u8]) {
    codes.reverse();
    for code in codes {
        *code = complement_code(*code);
    }
}

fn complement_code(code: u8) -> u8 {
    if code < UNKNOWN { 3 - code } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_the_code_of_its_upper_case_letter() {
        for byte in 0..=u8::MAX {
            let rank = b"ACGT".iter().position(|&letter| letter == byte.to_ascii_uppercase());
            assert_eq!(base_code(byte), rank.map_or(UNKNOWN, |rank| rank as u8), "byte {byte}");
        }
    }

    #[test]
    fn a_slice_of_another_length_is_refused_untouched() {
        let mut out = [9; 3];
        let error = base_codes_into(b"ACGT", &mut out).unwrap_err();
        assert_eq!(error.to_string(), "base codes of 4 bp needs an output slice of length 4, found 3");
        assert_eq!(out, [9; 3]);
    }

    #[test]
    fn in_place_and_copying_agree() {
        for length in 0..6 {
            let codes: Vec<u8> = (0..length).collect();
            let mut turned = codes.clone();
            reverse_complement_codes_in_place(&mut turned);
            assert_eq!(turned, reverse_complement_codes(&codes));
        }
    }
}
