//! Bringing features to one scale.

use crate::logistic::Block;

/// Mean 0 and standard deviation 1 / √(number of varying features), over the pairs that a block was fitted on.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    pub(crate) means: Vec<f64>,
    /// What the distance from the mean is multiplied by; 0 for a feature that does not vary.
    pub(crate) factors: Vec<f64>,
    /// √(number of varying features).
    pub(crate) root: f64,
}

impl Standard {
    /// The standard of a block of shares, whose windows it brings there. Windows whose shares are all 0 are not counted
    /// and stay 0.
    ///
    /// *Cost*: three passes.
    pub(crate) fn bring(block: &mut Block) -> Self {
        let width = block.width;
        let mut pairs = vec![0.0_f64; block.values.len() / width];
        block.of.iter().for_each(|window| pairs[*window] += 1.0);
        for (window, pairs) in block.values.chunks(width).zip(&mut pairs) {
            if window.iter().all(|share| *share == 0.0) {
                *pairs = 0.0;
            }
        }
        let total = pairs.iter().sum::<f64>().max(1.0);
        let average = |of: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; width];
            for (window, pairs) in block.values.chunks(width).zip(&pairs).filter(|(_, pairs)| **pairs > 0.0) {
                for (column, (sum, share)) in sums.iter_mut().zip(window).enumerate() {
                    *sum += pairs * of(column, f64::from(*share));
                }
            }
            sums.iter_mut().for_each(|sum| *sum /= total);
            sums
        };
        let means = average(&|_, share| share);
        let variances = average(&|column, share| (share - means[column]).powi(2));
        // Shares are f32: what their rounding alone makes of a constant is no variance.
        let varies = |column: usize| variances[column].sqrt() > 1e-6 * means[column];
        let root = ((0..width).filter(|column| varies(*column)).count() as f64).sqrt();
        let factor =
            |column: usize| if varies(column) { 1.0 / (variances[column].sqrt() * root) } else { 0.0 };
        let factors: Vec<f64> = (0..width).map(factor).collect();
        for (window, _) in block.values.chunks_mut(width).zip(&pairs).filter(|(_, pairs)| **pairs > 0.0) {
            for ((share, mean), factor) in window.iter_mut().zip(&means).zip(&factors) {
                *share = ((f64::from(*share) - mean) * factor) as f32;
            }
        }
        Self { means, factors, root }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_count_windows_and_empty_windows_stay_empty() {
        let values = vec![0.1, 0.5, 0.3, 0.5, 0.0, 0.0];
        let mut block = Block { width: 2, values, of: vec![0, 0, 0, 1, 2] };
        let standard = Standard::bring(&mut block);
        let near =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}, {expected}");
        near(standard.means[0], 0.15);
        // sd √(3/4 · 0.05² + 1/4 · 0.15²), one varying feature
        let sd = (0.75 * 0.0025_f64 + 0.25 * 0.0225).sqrt();
        near(standard.factors[0] * sd, 1.0);
        assert_eq!((standard.factors[1], standard.root), (0.0, 1.0));
        near(f64::from(block.values[0]), -0.05 / sd);
        near(f64::from(block.values[2]), 0.15 / sd);
        assert_eq!(block.values[1..], [0.0, block.values[2], 0.0, 0.0, 0.0]);
    }
}
