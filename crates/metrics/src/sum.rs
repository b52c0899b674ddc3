//! Sums that are accurate and the same for any number of threads.
//!
//! Terms are added in blocks of a fixed size, every addition compensated, and the blocks' sums in order: the
//! order of additions depends on the number of terms only, never on how the threads share the blocks.

use rayon::prelude::*;

/// Terms a block: large enough to hide the cost of scheduling, part of the definition of the result.
const BLOCK: usize = 1 << 14;

/// A running sum that keeps what its additions round off.
///
/// Source: Ogita, Rump & Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005), algorithm
/// 4.4.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    rounded_off: f64,
}

impl Sum {
    /// Adds one term.
    #[inline]
    pub(crate) fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        let added = sum - self.sum;
        self.rounded_off += (self.sum - (sum - added)) + (term - added);
        self.sum = sum;
    }

    /// The sum so far.
    #[inline]
    pub(crate) fn total(self) -> f64 {
        self.sum + self.rounded_off
    }
}

/// Sums of `K` series at once: `terms(i)` holds their `i`th terms, for `i` in `0..n`.
pub(crate) fn sums<const K: usize>(n: usize, terms: impl Fn(usize) -> [f64; K] + Sync) -> [f64; K] {
    let block = |index: usize| {
        let mut sums = [Sum::default(); K];
        for i in index * BLOCK..n.min((index + 1) * BLOCK) {
            for (sum, term) in sums.iter_mut().zip(terms(i)) {
                sum.add(term);
            }
        }
        sums
    };
    let blocks: Vec<[Sum; K]> = (0..n.div_ceil(BLOCK)).into_par_iter().map(block).collect();
    let mut totals = [Sum::default(); K];
    for block in blocks {
        for (total, sum) in totals.iter_mut().zip(block) {
            total.add(sum.sum);
            total.add(sum.rounded_off);
        }
    }
    totals.map(Sum::total)
}

/// Sum of `term(i)` for `i` in `0..n`.
pub(crate) fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    let [total] = sums(n, |i| [term(i)]);
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_a_large_one() {
        let mut sum = Sum::default();
        for term in [1.0, 1e100, 1.0, -1e100] {
            sum.add(term);
        }
        assert_eq!(sum.total(), 2.0);
    }

    #[test]
    fn blocks_are_joined_without_loss() {
        // 0.1 is not a binary fraction: naive summation of a million is off in the 11th digit.
        let n = 1_000_003;
        assert_eq!(sum(n, |_| 0.1), 0.1 * n as f64);
        let [ones, indices] = sums(n, |i| [1.0, i as f64]);
        assert_eq!((ones, indices), (n as f64, (n * (n - 1) / 2) as f64));
        assert_eq!(sum(0, |_| 1.0), 0.0);
    }
}
