//! A digest of bytes that is the same for ever, so that files may hold it.

use std::fmt;

/// FNV-1a of 64 bits: the same for every platform and version of the compiler, which the standard library's hash is not.
///
/// It tells apart what nobody made alike on purpose; it is no protection against somebody who does.
///
/// *Cost*: one multiplication a byte. *Source*: Fowler, Noll, Vo, Eastlake, Hansen: The FNV Non-Cryptographic Hash
/// Algorithm, RFC 9923.
///
/// ```
/// use ciskit_core::Fnv1a;
///
/// assert_eq!(Fnv1a::default().with(b"foobar").to_string(), "85944171f73967e8");
/// // Parts are joined without a mark between them.
/// assert_eq!(Fnv1a::default().with(b"foo").with(b"bar"), Fnv1a::of(b"foobar"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fnv1a(u64);

impl Default for Fnv1a {
    /// The digest of no bytes.
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::default().with(bytes)
    }

    /// The digest of the bytes so far and of these.
    #[must_use]
    pub fn with(self, bytes: &[u8]) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(bytes.iter().fold(self.0, step))
    }

    /// The digest as a number.
    ///
    /// ```
    /// assert_eq!(ciskit_core::Fnv1a::of(b"a").value(), 0xaf63_dc4c_8601_ec8c);
    /// ```
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fnv1a {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_of_the_authors_and_have_sixteen_digits() {
        for (bytes, expected) in
            [(&b""[..], "cbf29ce484222325"), (b"a", "af63dc4c8601ec8c"), (b"foobar", "85944171f73967e8")]
        {
            assert_eq!(Fnv1a::of(bytes).to_string(), expected);
        }
        assert_eq!(Fnv1a(0xab).to_string(), "00000000000000ab");
    }
}
