//! What a sequence is called in a cache.

/// FNV-1a of 128 bits. Among 10^12 windows, two of one digest are as likely as 10^-15.
///
/// *Source*: Fowler, Noll, Vo, Eastlake, Hansen: The FNV Non-Cryptographic Hash Algorithm, RFC 9923.
pub(super) fn key_of(sequence: &[u8]) -> u128 {
    let step = |hash: u128, letter: &u8| {
        (hash ^ u128::from(*letter)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    };
    sequence.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}

/// A digest of numbers, in which each of them counts with every bit.
pub(super) fn checksum(values: &[f32]) -> u64 {
    let step =
        |hash: u64, value: &f32| (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3);
    values.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_authors() {
        assert_eq!(key_of(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(key_of(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(key_of(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn any_bit_of_any_number_counts() {
        let values = [0.5f32, -1.0, 0.0, 3.25];
        for index in 0..4 {
            for bit in 0..32 {
                let mut other = values;
                other[index] = f32::from_bits(values[index].to_bits() ^ 1 << bit);
                assert_ne!(checksum(&other), checksum(&values));
            }
        }
        assert_ne!(checksum(&[0.0]), checksum(&[]));
    }
}
