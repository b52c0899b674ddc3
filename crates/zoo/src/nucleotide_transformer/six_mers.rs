//! Six-mers as tokens.

use super::Config;
use crate::ZooError;
use crate::transformer::{Tokenizer, Tokens};

/// Bases of a token.
const K: usize = 6;
/// Bases in the order of their codes; nothing else in this crate orders them so.
const BASES: &[u8; 4] = b"ATCG";
/// Six-mers that there are.
const SIX_MERS: u32 = 4096;

/// Cuts a sequence into six-mers from the left.
///
/// The sequence is cut at every letter that is none of `A`, `C`, `G` and `T`. Within a piece six-mers are taken from the left, and
/// what remains is single letters. Each `N` is a token of its own, and each run of other letters one unknown token; white space
/// is none. `<cls>` comes first. A changed base changes one token, an inserted one all tokens behind it.
///
/// ```
/// use ciskit_zoo::nucleotide_transformer::{Config, SixMers};
/// use ciskit_zoo::transformer::Tokenizer;
///
/// let six_mers = SixMers::of(&Config::named("nucleotide-transformer-500m-human-ref")?)?;
/// let tokens = six_mers.encode(b"ATTCCGAN").unwrap();
/// assert_eq!(tokens.ids, [3, 367, 4100, 4104]); // <cls>, ATTCCG, A, N
/// assert_eq!(tokens.bases, [0..0, 0..6, 6..7, 7..8]);
/// # Ok::<(), ciskit_zoo::ZooError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SixMers {
    /// Id of AAAAAA.
    first: u32,
    mask: u32,
}

impl SixMers {
    const UNKNOWN: u32 = 0;
    const CLS: u32 = 3;

    /// The tokenizer of a network, told by the number of ids that it knows.
    ///
    /// # Errors
    ///
    /// [`ZooError::Config`] if that is neither version 1's nor version 2's.
    pub fn of(config: &Config) -> Result<Self, ZooError> {
        let first = match config.vocab_size {
            4105 => 4,
            4107 => 6,
            other => {
                let problem =
                    format!("a vocab_size of {other} is that of no six-mers, expected 4105 or 4107");
                return Err(ZooError::Config { path: "config.json".into(), problem });
            }
        };
        Ok(Self { first, mask: config.mask_token_id })
    }

    /// Six-mers and single letters of a piece that starts at `start`.
    fn piece(self, piece: &[u8], start: usize, tokens: &mut Tokens) {
        let code = |base: u8| BASES.iter().position(|&known| known == base).unwrap_or_default() as u32;
        let (six_mers, rest) = piece.as_chunks::<K>();
        for (at, six_mer) in six_mers.iter().enumerate() {
            let id = six_mer.iter().fold(0, |id, &base| 4 * id + code(base));
            let start = start + at * K;
            tokens.push(self.first + id, start..start + K);
        }
        for (&base, at) in rest.iter().zip(start + six_mers.len() * K..) {
            tokens.push(self.first + SIX_MERS + code(base), at..at + 1);
        }
    }
}

impl Tokenizer for SixMers {
    fn encode(&self, sequence: &[u8]) -> Result<Tokens, String> {
        let mut tokens = Tokens::default();
        tokens.push(Self::CLS, 0..0);
        let mut start = 0;
        for run in sequence.chunk_by(|&a, &b| kind(a) == kind(b)) {
            match kind(run[0]) {
                Kind::Base => self.piece(run, start, &mut tokens),
                Kind::N => {
                    let n = self.first + SIX_MERS + BASES.len() as u32;
                    (start..start + run.len()).for_each(|at| tokens.push(n, at..at + 1));
                }
                Kind::Space => {}
                Kind::Other => tokens.push(Self::UNKNOWN, start..start + run.len()),
            }
            start += run.len();
        }
        Ok(tokens)
    }

    fn mask(&self) -> Option<u32> {
        Some(self.mask)
    }
}

#[derive(PartialEq)]
enum Kind {
    Base,
    N,
    Space,
    Other,
}

fn kind(letter: u8) -> Kind {
    match letter {
        b'A' | b'C' | b'G' | b'T' => Kind::Base,
        b'N' => Kind::N,
        letter if letter.is_ascii_whitespace() => Kind::Space,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str) -> SixMers {
        SixMers::of(&Config::named(name).unwrap()).unwrap()
    }

    #[test]
    fn letters_of_no_six_mer() {
        let six_mers = version("nucleotide-transformer-v2-50m-multi-species");
        let ids = |sequence: &str| six_mers.encode(sequence.as_bytes()).unwrap().ids;
        assert_eq!(ids(""), [3]);
        assert_eq!(ids("ACGT\nACG"), [3, 4102, 4104, 4105, 4103, 4102, 4104, 4105]);
        assert_eq!(ids("ARYgtN"), [3, 4102, 0, 4106]);
        assert_eq!(ids("NX N"), [3, 4106, 0, 4106]);
    }

    #[test]
    fn the_last_of_the_ids_is_n() {
        for (name, last) in [
            ("nucleotide-transformer-2.5b-1000g", 4104),
            ("nucleotide-transformer-v2-500m-multi-species", 4106),
        ] {
            let six_mers = version(name);
            assert_eq!(six_mers.encode(b"GGGGGGN").unwrap().ids, [3, last - 5, last]);
            assert_eq!(Config::named(name).unwrap().vocab_size, last as usize + 1);
        }
        let other = Config { vocab_size: 33, ..Config::named("nucleotide-transformer-2.5b-1000g").unwrap() };
        assert!(SixMers::of(&other).unwrap_err().to_string().contains("vocab_size of 33"));
    }
}
