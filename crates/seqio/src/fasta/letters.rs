//! Which bytes may stand in a sequence, and how others are shown.

use multiversion::multiversion;

/// Whether a byte may stand for a base: a letter of either case, `*`, `-` or `.`.
///
/// Everything else (line ends, `>`, blanks, digits) is a sign of a damaged file or of a wrong index.
#[inline(always)]
fn is_base(byte: u8) -> bool {
    byte.is_ascii_alphabetic() | (byte == b'*') | (byte == b'-') | (byte == b'.')
}

/// Index of the first byte that stands for no base.
///
/// The bytes are nearly always good, so they are first judged all together without a branch.
pub(crate) fn first_stranger(bytes: &[u8]) -> Option<usize> {
    if all_bases(bytes) { None } else { bytes.iter().position(|&byte| !is_base(byte)) }
}

/// Compiled for wide registers too, of which the ones that the CPU has are used.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn all_bases(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |good, &byte| good & is_base(byte))
}

/// The beginning of some bytes for a message, with control characters escaped.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 24;
    let start = bytes[..bytes.len().min(SHOWN)].escape_ascii();
    if bytes.len() > SHOWN { format!("{start}…") } else { start.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged() {
        let good = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*-.";
        for byte in 0..=u8::MAX {
            let stranger = first_stranger(&[b'A', b'c', byte, b'N']);
            assert_eq!(stranger.is_none(), good.contains(&byte), "{byte}");
            assert!(stranger.is_none_or(|index| index == 2));
        }
        assert_eq!(first_stranger(b""), None);
    }

    #[test]
    fn excerpts_are_short_and_printable() {
        assert_eq!(excerpt(b"a\r\x00\xff"), r"a\r\x00\xff");
        assert_eq!(excerpt(&[b'A'; 100]), format!("{}…", "A".repeat(24)));
    }
}
