//! Seeded randomness in which every value is a function of what it is for, and of nothing else.
//!
//! A [`Stream`] is named by a seed, a purpose and any further names and numbers (fold, epoch, layer …); value `i`
//! of a stream is a pure function of that name and `i`. Nothing is shared between streams and nothing advances,
//! so neither the order in which values are taken nor the number of threads that take them can change one.
//!
//! *Source*: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011, <https://doi.org/10.1145/2063384.2063405>.
//!
//! ```
//! use ciskit_core::random::Stream;
//!
//! let fold = Stream::new(7, "negatives").name("GM12878").number(3);
//! assert_eq!(fold.uniform(41), fold.uniform(41));
//! assert_ne!(fold.uniform(41), fold.number(4).uniform(41));
//!
//! let mut order: Vec<usize> = (0..5).collect();
//! fold.draws().shuffle(&mut order);
//! order.sort();
//! assert_eq!(order, [0, 1, 2, 3, 4]);
//! ```

mod draws;
mod philox;

pub use draws::Draws;
use philox::{philox, philox_lanes};

fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

fn joined(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// A named sequence of random values, each reached by its index.
///
/// The kinds of value ([`bits`](Self::bits), [`uniform`](Self::uniform), [`normal`](Self::normal),
/// [`draws`](Self::draws)) are cut from the same bits: take one kind from one stream, or name two streams.
///
/// *Cost*: 16 bytes, copied freely; a value costs one Philox block (about 20 multiplications).
///
/// ```
/// use ciskit_core::random::Stream;
///
/// let stream = Stream::new(1, "example");
/// assert_eq!(stream, Stream::new(1, "example"));
/// assert_ne!(stream, Stream::new(2, "example"));
/// assert_ne!(stream, Stream::new(1, "another"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    high: [u32; 2],
}

impl Stream {
    /// The stream of a seed and a purpose.
    ///
    /// ```
    /// use ciskit_core::random::Stream;
    ///
    /// assert_eq!(Stream::new(7, "init").bits(0), 0x06b6_51a0);
    /// ```
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self { key: [0; 2], high: [0; 2] }.number(seed).name(purpose)
    }

    /// The stream within this one that carries a name.
    ///
    /// ```
    /// use ciskit_core::random::Stream;
    ///
    /// let init = Stream::new(7, "init");
    /// // A path is not a concatenation.
    /// assert_ne!(init.name("ab").name("c"), init.name("a").name("bc"));
    /// ```
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        const NAME: u64 = 1 << 63;
        let length = self.absorb(NAME | name.len() as u64);
        name.as_bytes().chunks(8).fold(length, |stream, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            stream.absorb(u64::from_le_bytes(word))
        })
    }

    /// The stream within this one that carries a number.
    ///
    /// ```
    /// use ciskit_core::random::Stream;
    ///
    /// let epochs = Stream::new(7, "shuffle");
    /// assert_ne!(epochs.number(0), epochs.number(1));
    /// ```
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.absorb(0).absorb(number)
    }

    /// One step of a hash (Davies–Meyer on Philox): the 128 bits of a stream are its path's digest.
    fn absorb(self, word: u64) -> Self {
        let state = [self.key[0], self.key[1], self.high[0], self.high[1]];
        let mixed = philox(state, halves(word));
        Self {
            key: [mixed[0] ^ state[0], mixed[1] ^ state[1]],
            high: [mixed[2] ^ state[2], mixed[3] ^ state[3]],
        }
    }

    fn block(self, index: u64) -> [u32; 4] {
        let [low, middle] = halves(index);
        philox([low, middle, self.high[0], self.high[1]], self.key)
    }

    fn word(self, index: u64) -> u64 {
        let block = self.block(index / 2);
        if index.is_multiple_of(2) { joined(block[0], block[1]) } else { joined(block[2], block[3]) }
    }

    /// 32 random bits at an index.
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// assert_ne!(stream.bits(0), stream.bits(1));
    /// ```
    #[must_use]
    pub fn bits(self, index: u64) -> u32 {
        self.block(index / 4)[(index % 4) as usize]
    }

    /// Writes the [`bits`](Self::bits) of the indices from `start` on.
    ///
    /// *Cost*: one Philox block for four values, a quarter of what as many calls of `bits` cost.
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// let mut bits = [0; 7];
    /// stream.fill_bits(3, &mut bits);
    /// assert_eq!(bits, [3, 4, 5, 6, 7, 8, 9].map(|index| stream.bits(index)));
    /// ```
    // Inlined, so that a caller compiled for wide vectors gets wide vectors.
    #[inline(always)]
    pub fn fill_bits(self, start: u64, out: &mut [u32]) {
        /// Blocks computed side by side.
        const SIDE: usize = 16;
        let skip = (start % 4) as usize;
        let head = out.len().min((4 - skip) % 4);
        let (head, body) = out.split_at_mut(head);
        head.copy_from_slice(&self.block(start / 4)[skip..][..head.len()]);
        let mut index = start.div_ceil(4);
        let (wide, rest) = body.as_chunks_mut::<{ 4 * SIDE }>();
        for out in wide {
            let places: [u64; SIDE] = std::array::from_fn(|lane| index.wrapping_add(lane as u64));
            let [low, middle] = [places.map(|place| place as u32), places.map(|place| (place >> 32) as u32)];
            let counter = [low, middle, [self.high[0]; SIDE], [self.high[1]; SIDE]];
            let words = philox_lanes(counter, self.key);
            for (lane, out) in out.chunks_exact_mut(4).enumerate() {
                for (out, word) in out.iter_mut().zip(&words) {
                    *out = word[lane];
                }
            }
            index = index.wrapping_add(SIDE as u64);
        }
        for (index, chunk) in (index..).zip(rest.chunks_mut(4)) {
            chunk.copy_from_slice(&self.block(index)[..chunk.len()]);
        }
    }

    /// A number in [0, 1) at an index, a multiple of 2⁻⁵³.
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// assert!((0..100).all(|index| (0.0..1.0).contains(&stream.uniform(index))));
    /// ```
    #[must_use]
    pub fn uniform(self, index: u64) -> f64 {
        (self.word(index) >> 11) as f64 * (-53f64).exp2()
    }

    /// A number in [0, 1) at an index, a multiple of 2⁻²⁴.
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// assert!((0..100).all(|index| (0.0..1.0).contains(&stream.uniform_f32(index))));
    /// ```
    #[must_use]
    pub fn uniform_f32(self, index: u64) -> f32 {
        (self.bits(index) >> 8) as f32 * (-24f32).exp2()
    }

    /// A standard normal number at an index (Box and Muller's cosine half).
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// let mean = (0..1000).map(|index| stream.normal(index)).sum::<f64>() / 1000.0;
    /// assert!(mean.abs() < 0.1);
    /// ```
    #[must_use]
    pub fn normal(self, index: u64) -> f64 {
        let (first, second) = (self.word(2 * index), self.word(2 * index + 1));
        let above_zero = ((first >> 11) + 1) as f64 * (-53f64).exp2();
        let turn = (second >> 11) as f64 * (-53f64).exp2();
        (-2.0 * above_zero.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }

    /// The stream's values one after another, for what has no natural index.
    ///
    /// ```
    /// let stream = ciskit_core::random::Stream::new(1, "example");
    /// let mut draws = stream.draws();
    /// assert_eq!([draws.uniform(), draws.uniform()], [stream.uniform(0), stream.uniform(1)]);
    /// ```
    #[must_use]
    pub fn draws(self) -> Draws {
        Draws { stream: self, next: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_known_answers() {
        // kat_vectors of the paper's reference implementation, philox4x32 with 10 rounds.
        let known = [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0],
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ];
        for (counter, key, expected) in known {
            assert_eq!(philox(counter, key), expected);
        }
    }

    #[test]
    fn a_value_is_pinned_for_ever() {
        let stream = Stream::new(20_293, "pinned").name("layer").number(5);
        // Computed by a second implementation in another language.
        assert_eq!(stream.bits(9), 0x5654_e67c);
        assert_eq!(stream.uniform(9), 0.8942069872767046);
        assert_eq!(stream.draws().below(1_000_000), 584_499);
    }

    #[test]
    fn every_step_of_the_path_and_every_index_matters() {
        let root = Stream::new(1, "a");
        let paths = [
            root,
            Stream::new(2, "a"),
            Stream::new(1, "b"),
            Stream::new(1, ""),
            Stream::new(1, "a\0"),
            root.name(""),
            root.name("longer than eight bytes"),
            root.name("longer than eight bytez"),
            root.number(0),
            root.number(1),
            root.number(1 << 32),
            root.number(0).number(1),
            root.number(1).number(0),
        ];
        let mut seen: Vec<u32> =
            paths.iter().flat_map(|path| (0..64).map(|index| path.bits(index))).collect();
        seen.extend([1 << 34, 1 << 62, u64::MAX].map(|index| root.bits(index)));
        let drawn = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), drawn, "two paths or indices share a value");
    }

    #[test]
    fn fill_bits_agrees_with_single_values_at_any_start_and_length() {
        let stream = Stream::new(3, "fill");
        for start in 0..6 {
            for length in (0..10).chain([63, 64, 65, 200]) {
                let mut filled = vec![0; length];
                stream.fill_bits(start, &mut filled);
                let single: Vec<u32> = (start..).take(length).map(|index| stream.bits(index)).collect();
                assert_eq!(filled, single, "start {start}, length {length}");
            }
        }
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let stream = Stream::new(4, "moments");
        let n = 100_000u64;
        let mean = |value: &dyn Fn(u64) -> f64| (0..n).map(value).sum::<f64>() / n as f64;
        // Four standard errors of each mean.
        let close = |found: f64, expected: f64, deviation: f64| {
            assert!((found - expected).abs() < 4.0 * deviation / (n as f64).sqrt(), "{found} {expected}");
        };
        close(mean(&|i| stream.uniform(i)), 0.5, (1.0f64 / 12.0).sqrt());
        close(mean(&|i| f64::from(stream.uniform_f32(i))), 0.5, (1.0f64 / 12.0).sqrt());
        close(mean(&|i| stream.uniform(i) * stream.uniform(i + 1)), 0.25, 0.25);
        close(mean(&|i| stream.normal(i)), 0.0, 1.0);
        close(mean(&|i| stream.normal(i).powi(2)), 1.0, 2f64.sqrt());
        close(mean(&|i| stream.normal(i).powi(4)), 3.0, 96f64.sqrt());
        close(mean(&|i| stream.normal(i) * stream.normal(i + 1)), 0.0, 1.0);
    }

    #[test]
    fn bounded_integers_are_uniform_and_shuffles_reach_every_order() {
        let mut draws = Stream::new(5, "bounded").draws();
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[draws.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)), "{counts:?}");

        let mut orders = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            draws.shuffle(&mut items);
            *orders.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(orders.len(), 24);
        assert!(orders.values().all(|count| (850..1_150).contains(count)), "{orders:?}");
    }

    #[test]
    fn a_bound_that_does_not_divide_the_range_is_not_biased() {
        // Without rejection a bound of 3·2⁶² makes multiples of 3 twice as likely as the numbers between them.
        let bound = 3u64 << 62;
        let mut draws = Stream::new(6, "rejection").draws();
        let n = 40_000;
        let multiples = (0..n).filter(|_| draws.below(bound).is_multiple_of(3)).count() as f64;
        assert!((multiples / n as f64 - 1.0 / 3.0).abs() < 0.01);
    }
}
