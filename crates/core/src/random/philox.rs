//! The generator.

/// Philox4x32-10: ten rounds of a keyed bijection on 128 bits.
pub(super) fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    philox_lanes(counter.map(|word| [word]), key).map(|[word]| word)
}

/// [`philox`] of many counters side by side, `counter[word][lane]`, so that a compiler can make vectors of the lanes.
#[inline(always)]
pub(super) fn philox_lanes<const LANES: usize>(
    mut counter: [[u32; LANES]; 4],
    mut key: [u32; 2],
) -> [[u32; LANES]; 4] {
    for _ in 0..10 {
        let mut next = [[0; LANES]; 4];
        for lane in 0..LANES {
            let even = u64::from(counter[0][lane]) * 0xD251_1F53;
            let odd = u64::from(counter[2][lane]) * 0xCD9E_8D57;
            next[0][lane] = (odd >> 32) as u32 ^ counter[1][lane] ^ key[0];
            next[1][lane] = odd as u32;
            next[2][lane] = (even >> 32) as u32 ^ counter[3][lane] ^ key[1];
            next[3][lane] = even as u32;
        }
        counter = next;
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}
