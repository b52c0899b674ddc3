//! Values in order.

use super::Stream;

/// The values of a [`Stream`] taken in order.
///
/// ```
/// let mut draws = ciskit_core::random::Stream::new(1, "dice").draws();
/// let throws: Vec<u64> = (0..100).map(|_| 1 + draws.below(6)).collect();
/// assert!((1..=6).all(|face| throws.contains(&face)));
/// ```
#[derive(Clone, Debug)]
pub struct Draws {
    pub(super) stream: Stream,
    pub(super) next: u64,
}

impl Draws {
    /// The next 64 random bits.
    ///
    /// ```
    /// let mut draws = ciskit_core::random::Stream::new(1, "example").draws();
    /// assert_ne!(draws.bits(), draws.bits());
    /// ```
    pub fn bits(&mut self) -> u64 {
        self.next += 1;
        self.stream.word(self.next - 1)
    }

    /// The next number in [0, 1).
    ///
    /// ```
    /// let mut draws = ciskit_core::random::Stream::new(1, "example").draws();
    /// assert!((0.0..1.0).contains(&draws.uniform()));
    /// ```
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (-53f64).exp2()
    }

    /// The next integer in 0..`bound`, every one exactly as likely as the others.
    ///
    /// *Source*: the multiplication with rejection of Lemire, "Fast random integer generation in an interval",
    /// 2019, <https://doi.org/10.1145/3230636>.
    ///
    /// # Panics
    ///
    /// If `bound` is 0.
    ///
    /// ```
    /// let mut draws = ciskit_core::random::Stream::new(1, "example").draws();
    /// assert_eq!(draws.below(1), 0);
    /// assert!(draws.below(10) < 10);
    /// ```
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a random integer below 0 does not exist");
        let unfair = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            if product as u64 >= unfair {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts items into random order, every order exactly as likely as the others (Fisher and Yates).
    ///
    /// ```
    /// let mut bases = *b"ACGT";
    /// ciskit_core::random::Stream::new(1, "example").draws().shuffle(&mut bases);
    /// bases.sort();
    /// assert_eq!(&bases, b"ACGT");
    /// ```
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
