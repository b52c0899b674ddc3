//! The opposite strand of a sequence of letters.

static COMPLEMENTS: [u8; 256] = {
    // Each letter of the first row pairs with the one below it; S, W and N pair with themselves.
    let (letters, partners) = (b"ACGTRYKMBVDH", b"TGCAYRMKVBHD");
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte as u8;
        byte += 1;
    }
    let mut pair = 0;
    while pair < letters.len() {
        let (letter, partner) = (letters[pair], partners[pair]);
        table[letter as usize] = partner;
        table[letter.to_ascii_lowercase() as usize] = partner.to_ascii_lowercase();
        pair += 1;
    }
    table
};

/// The letter that pairs with `letter`, case kept: A–T, C–G and the IUPAC codes R–Y, K–M, B–V, D–H; S, W and N
/// pair with themselves.
///
/// Any other byte is returned as it is, `U` too: the sequences are DNA, and complementing twice gives back
/// every byte.
///
/// *Cost*: one table look-up.
///
/// *Source*: Nomenclature Committee of the IUB, doi:10.1093/nar/13.9.3021.
///
/// ```
/// use ciskit_encode::complement;
///
/// assert_eq!(b"ACGTRYKMSWBDHVN".map(complement), *b"TGCAYRMKSWVHDBN");
/// assert_eq!(complement(b'a'), b't');
/// ```
#[must_use]
pub fn complement(letter: u8) -> u8 {
    COMPLEMENTS[usize::from(letter)]
}

/// The opposite strand, read in its own direction: every letter's [`complement`], in reversed order.
///
/// *Shapes*: `sequence` (L), result (L). *Cost*: O(L), one allocation.
///
/// ```
/// assert_eq!(ciskit_encode::reverse_complement(b"AACRn"), b"nYGTT");
/// ```
#[must_use]
pub fn reverse_complement(sequence: &[u8]) -> Vec<u8> {
    sequence.iter().rev().map(|&letter| complement(letter)).collect()
}

/// Turns a sequence into its opposite strand in place ([`reverse_complement`]).
///
/// *Shapes*: `sequence` (L). *Cost*: O(L), no allocation.
///
/// ```
/// let mut window = *b"TTGca";
/// ciskit_encode::reverse_complement_in_place(&mut window);
/// assert_eq!(window, *b"tgCAA");
/// ```
pub fn reverse_complement_in_place(sequence: &mut [u8]) {
    sequence.reverse();
    for letter in sequence {
        *letter = complement(*letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complementing_twice_gives_back_every_byte_and_its_case() {
        for byte in 0..=u8::MAX {
            assert_eq!(complement(complement(byte)), byte);
            assert_eq!(complement(byte).is_ascii_lowercase(), byte.is_ascii_lowercase());
        }
    }

    #[test]
    fn the_complement_of_an_iupac_code_stands_for_the_complements_of_its_bases() {
        let meanings: [(u8, &[u8]); 15] = [
            (b'A', b"A"),
            (b'C', b"C"),
            (b'G', b"G"),
            (b'T', b"T"),
            (b'R', b"AG"),
            (b'Y', b"CT"),
            (b'K', b"GT"),
            (b'M', b"AC"),
            (b'S', b"CG"),
            (b'W', b"AT"),
            (b'B', b"CGT"),
            (b'D', b"AGT"),
            (b'H', b"ACT"),
            (b'V', b"ACG"),
            (b'N', b"ACGT"),
        ];
        for (code, bases) in meanings {
            let mut paired: Vec<u8> = bases.iter().map(|&base| complement(base)).collect();
            paired.sort_unstable();
            let expected = meanings.iter().find(|(_, bases)| *bases == paired).unwrap().0;
            assert_eq!(char::from(complement(code)), char::from(expected));
        }
    }

    #[test]
    fn bytes_that_are_no_dna_letters_stay() {
        for byte in (0..=u8::MAX).filter(|byte| !b"ACGTRYKMBVDH".contains(&byte.to_ascii_uppercase())) {
            assert_eq!(complement(byte), byte);
        }
    }
}
