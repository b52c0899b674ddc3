//! Kendall's rank correlation in O(n log n).

use rayon::prelude::*;

use crate::correlation::{Correlation, check_pairs};
use crate::score::Score;
use crate::{MetricError, tail};

/// Kendall's rank correlation τ-b: τ = (C − D) / √((n₀ − n₁) (n₀ − n₂)).
///
/// C and D are the numbers of pairs of items that the two sides order alike and oppositely, n₀ = n (n − 1) /
/// 2 the number of all pairs, n₁ and n₂ the numbers of pairs tied in x and in y.
///
/// *Ties* in either side are neither C nor D and leave that side's factor of the denominator.
///
/// *Shapes*: two slices of one length, which may be of `f32` and `f64`. *Cost*: O(n log n): one sort by x,
/// one merge sort by y that counts exchanges.
///
/// # Errors
///
/// [`MetricError::Constant`] if a side is constant and [`MetricError::TooFew`] for one pair: undefined;
/// [`MetricError::LengthMismatch`], [`MetricError::Empty`], [`MetricError::NotFinite`].
///
/// *Source*: Knight, J. Am. Stat. Assoc. 61 (1966); Kendall, Rank Correlation Methods (1970).
///
/// ```
/// let tau = ciskit_metrics::kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0])?;
/// assert!((tau - 4.0 / 6.0).abs() < 1e-15); // five pairs alike, one opposite
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn kendall<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<f64, MetricError> {
    check_pairs(x, y)?;
    Ok(PairCounts::of(x, y).tau_b())
}

/// [`kendall`] with its p-value: the normal approximation of C − D with its variance corrected for ties, not
/// the exact distribution of small samples.
///
/// # Errors
///
/// Those of [`kendall`]; [`MetricError::TooFew`] for two pairs, whose variance is undefined.
///
/// *Source*: Kendall, Rank Correlation Methods (1970), chapter 4.
///
/// ```
/// let test = ciskit_metrics::kendall_test(&[1.0, 2.0, 3.0, 4.0], &[8.0, 6.0, 4.0, 2.0])?;
/// assert_eq!(test.coefficient, -1.0);
/// assert!((test.p_value - 0.041540).abs() < 1e-6);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
pub fn kendall_test<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Result<Correlation, MetricError> {
    check_pairs(x, y)?;
    if x.len() < 3 {
        return Err(MetricError::TooFew { what: "pairs", needed: 3, found: x.len() });
    }
    let counts = PairCounts::of(x, y);
    Ok(Correlation { coefficient: counts.tau_b(), p_value: tail::normal_two_sided(counts.z()) })
}

/// Sums over the groups of tied values of one side, each of a size t.
#[derive(Debug, Default, PartialEq)]
struct Ties {
    /// Σ t (t − 1) / 2, the number of tied pairs.
    pairs: u64,
    /// Σ t (t − 1) (t − 2)
    triples: f64,
    /// Σ t (t − 1) (2t + 5)
    variance: f64,
}

impl Ties {
    fn add(&mut self, size: usize) {
        self.pairs += pairs(size);
        let t = size as f64;
        self.triples += t * (t - 1.0) * (t - 2.0);
        self.variance += t * (t - 1.0) * (2.0 * t + 5.0);
    }
}

/// Number of pairs of `n` items.
fn pairs(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

/// What τ-b and its variance are made of.
struct PairCounts {
    items: usize,
    /// C − D
    excess: i64,
    x_ties: Ties,
    y_ties: Ties,
}

impl PairCounts {
    fn of<X: Score, Y: Score>(x: &[X], y: &[Y]) -> Self {
        let mut items: Vec<(X::Key, Y::Key)> = x.iter().zip(y).map(|(x, y)| (x.key(), y.key())).collect();
        items.par_sort_unstable();

        let mut x_ties = Ties::default();
        items.chunk_by(|a, b| a.0 == b.0).for_each(|tied| x_ties.add(tied.len()));
        let both_tied: u64 = items.chunk_by(|a, b| a == b).map(|tied| pairs(tied.len())).sum();

        // With x in order, and y in order within tied x, the opposite pairs are the inversions of y.
        let mut keys: Vec<Y::Key> = items.into_iter().map(|(_, y)| y).collect();
        let opposite = sort_counting_inversions(&mut keys);
        let mut y_ties = Ties::default();
        keys.chunk_by(|a, b| a == b).for_each(|tied| y_ties.add(tied.len()));

        let untied = pairs(keys.len()) + both_tied - x_ties.pairs - y_ties.pairs;
        Self { items: keys.len(), excess: untied as i64 - 2 * opposite as i64, x_ties, y_ties }
    }

    fn tau_b(&self) -> f64 {
        let all = pairs(self.items);
        let (x, y) = ((all - self.x_ties.pairs) as f64, (all - self.y_ties.pairs) as f64);
        // One root of the product where that is exact: a perfect order then gives exactly ±1.
        (self.excess as f64 / (x * y).sqrt()).clamp(-1.0, 1.0)
    }

    /// C − D in standard deviations, for three items and more.
    fn z(&self) -> f64 {
        let n = self.items as f64;
        let (x, y) = (&self.x_ties, &self.y_ties);
        let ordered_pairs = n * (n - 1.0);
        let variance = (ordered_pairs * (2.0 * n + 5.0) - x.variance - y.variance) / 18.0
            + 2.0 * x.pairs as f64 * y.pairs as f64 / ordered_pairs
            + x.triples * y.triples / (9.0 * ordered_pairs * (n - 2.0));
        self.excess as f64 / variance.sqrt()
    }
}

/// Sorts keys and returns the number of pairs that were in descending order, by a bottom-up merge sort.
fn sort_counting_inversions<K: Copy + Ord>(keys: &mut Vec<K>) -> u64 {
    let mut inversions = 0;
    let mut merged = Vec::with_capacity(keys.len());
    let mut run = 1;
    while run < keys.len() {
        for pair in keys.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (Some(&l), Some(&r)) = (left.first(), right.first()) {
                if l <= r {
                    merged.push(l);
                    left = &left[1..];
                } else {
                    merged.push(r);
                    right = &right[1..];
                    inversions += left.len() as u64; // everything left over is larger and stood before
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(keys, &mut merged);
        merged.clear();
        run *= 2;
    }
    inversions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted_and_ties_are_none() {
        for (keys, expected) in
            [(vec![], 0), (vec![1], 0), (vec![3, 2, 1], 3), (vec![2, 2, 2], 0), (vec![2, 3, 1, 2, 1], 6)]
        {
            let mut sorted = keys.clone();
            assert_eq!(sort_counting_inversions(&mut sorted), expected, "{keys:?}");
            assert!(sorted.is_sorted() && sorted.len() == keys.len());
        }
    }

    #[test]
    fn perfect_orders_are_exactly_one() {
        for n in [2, 3, 5, 17, 1000] {
            let up: Vec<f64> = (0..n).map(f64::from).collect();
            let down: Vec<f64> = up.iter().map(|value| -value).collect();
            assert_eq!(kendall(&up, &up), Ok(1.0));
            assert_eq!(kendall(&up, &down), Ok(-1.0));
        }
    }

    #[test]
    fn ties_leave_their_sides_denominator() {
        // Pairs: three alike, one opposite, one tied in x, one tied in y.
        let tau = kendall(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 2.0]).unwrap();
        assert!((tau - 2.0 / 5.0).abs() < 1e-15, "{tau}");
        // Items tied in both sides are tied once in each.
        let tau = kendall(&[1.0, 1.0, 2.0], &[1.0, 1.0, 2.0]).unwrap();
        assert_eq!(tau, 1.0);
    }

    #[test]
    fn undefined_and_bad_input_is_refused() {
        assert_eq!(kendall(&[1.0, 2.0], &[5.0, 1.0]), Ok(-1.0));
        let few = MetricError::TooFew { what: "pairs", needed: 3, found: 2 };
        assert_eq!(kendall_test(&[1.0, 2.0], &[5.0, 1.0]), Err(few));
        let few = MetricError::TooFew { what: "pairs", needed: 2, found: 1 };
        assert_eq!(kendall(&[1.0], &[5.0]), Err(few));
        assert_eq!(
            kendall(&[1.0, 2.0, 3.0], &[4.0; 3]),
            Err(MetricError::Constant { what: "y", value: 4.0 })
        );
        assert!(matches!(kendall(&[1.0, f64::NAN], &[1.0, 2.0]), Err(MetricError::NotFinite { .. })));
    }
}
