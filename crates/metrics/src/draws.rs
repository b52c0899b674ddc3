//! Pseudorandom draws that depend on a seed and a number only.

/// A stream of draws: the streams of a seed and of different numbers are independent for all purposes here.
///
/// *Source*: SplitMix64, Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    state: u64,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Draws {
    /// The stream of a seed with this number.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self { state: mix(mix(seed.wrapping_add(STEP)) ^ number.wrapping_mul(STEP)) }
    }

    /// A number in `0..n`, for n >= 1; no one is more likely than another by more than n / 2^64.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(STEP);
        ((u128::from(mix(self.state)) * n as u128) >> 64) as usize
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_drawn_about_equally_often_in_every_stream() {
        for (seed, number) in [(0, 0), (0, 1), (1, 0), (u64::MAX, 999)] {
            let mut draws = Draws::new(seed, number);
            let mut counts = [0; 7];
            (0..70_000).for_each(|_| counts[draws.below(7)] += 1);
            assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        }
        assert_eq!(Draws::new(5, 5).below(1), 0);
    }

    #[test]
    fn neighbouring_streams_share_no_draws() {
        let first = |seed, number| Draws::new(seed, number).below(1 << 60);
        let mut firsts: Vec<usize> = (0..100).flat_map(|a| (0..100).map(move |b| first(a, b))).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 10_000);
    }
}
