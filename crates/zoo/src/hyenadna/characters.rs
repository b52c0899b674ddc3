//! Single bases as tokens.

use crate::transformer::{Tokenizer, Tokens};

/// Makes a token of every letter: `A` 7, `C` 8, `G` 9, `T` 10, `N` 11, any other 6 (`[UNK]`), and `[SEP]` 1 behind the last.
///
/// Lower-case letters are unknown here, as published; a [`LanguageModel`](crate::transformer::LanguageModel) reads letters in
/// either case. There is a `[MASK]`, but no model was trained to predict what it hides.
///
/// ```
/// use ciskit_zoo::hyenadna::Characters;
/// use ciskit_zoo::transformer::Tokenizer;
///
/// let tokens = Characters.encode(b"GATN").unwrap();
/// assert_eq!(tokens.ids, [9, 7, 10, 11, 1]);
/// assert_eq!(tokens.bases, [0..1, 1..2, 2..3, 3..4, 0..0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Characters;

const SEP: u32 = 1;

impl Tokenizer for Characters {
    fn encode(&self, sequence: &[u8]) -> Result<Tokens, String> {
        let room = sequence.len() + 1;
        let mut tokens = Tokens { ids: Vec::with_capacity(room), bases: Vec::with_capacity(room) };
        for (at, letter) in sequence.iter().enumerate() {
            let id = match letter {
                b'A' => 7,
                b'C' => 8,
                b'G' => 9,
                b'T' => 10,
                b'N' => 11,
                _ => 6,
            };
            tokens.push(id, at..at + 1);
        }
        tokens.push(SEP, 0..0);
        Ok(tokens)
    }

    fn mask(&self) -> Option<u32> {
        None
    }

    fn most_bases(&self, tokens: usize) -> Option<usize> {
        Some(tokens.saturating_sub(1))
    }
}
