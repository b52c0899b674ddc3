//! Ridge logistic regression on the windows of both sides.
//!
//! A pair's logit is the sum of what its enhancer's window and its promoter's window say, so that each different window is
//! multiplied once, however many pairs share it.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::lbfgs::{Minimum, minimise};

/// Windows whose gradient is added up in one go. A constant: the order of additions must not depend on threads.
const WINDOWS_AT_A_TIME: usize = 256;

/// The features of the different windows of one side.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) width: usize,
    /// (windows, width).
    pub(crate) values: Vec<f32>,
    /// Each pair's window.
    pub(crate) of: Vec<usize>,
}

impl Block {
    /// What each window says under these weights.
    fn products(&self, weights: &[f64]) -> Vec<f64> {
        self.values.par_chunks(self.width.max(1)).map(|window| dot(window, weights)).collect()
    }

    /// Σ over the pairs of `residual` · their window.
    fn gradient(&self, residuals: &[f64]) -> Vec<f64> {
        let windows = self.values.len() / self.width.max(1);
        let mut of_window = vec![0.0; windows];
        self.of.iter().zip(residuals).for_each(|(window, residual)| of_window[*window] += residual);
        let part = |(windows, residuals): (&[f32], &[f64])| {
            let mut sum = vec![0.0; self.width];
            for (window, residual) in windows.chunks(self.width).zip(residuals) {
                add(&mut sum, *residual, window);
            }
            sum
        };
        let parts: Vec<Vec<f64>> = self
            .values
            .par_chunks((WINDOWS_AT_A_TIME * self.width).max(1))
            .zip(of_window.par_chunks(WINDOWS_AT_A_TIME))
            .map(part)
            .collect();
        let mut gradient = vec![0.0; self.width];
        for part in parts {
            gradient.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        gradient
    }
}

/// A sum in eight lanes, the same ones whatever the processor adds at a time: wider vectors change no bit.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(crate) fn dot(values: &[f32], weights: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (values, values_left) = values.as_chunks::<8>();
    let (weights, weights_left) = weights.as_chunks::<8>();
    for (values, weights) in values.iter().zip(weights) {
        for lane in 0..8 {
            lanes[lane] += f64::from(values[lane]) * weights[lane];
        }
    }
    let left: f64 =
        values_left.iter().zip(weights_left).map(|(value, weight)| f64::from(*value) * weight).sum();
    lanes.iter().sum::<f64>() + left
}

/// Adds `times` · `values` to a sum.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add(sum: &mut [f64], times: f64, values: &[f32]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += times * f64::from(*value));
}

/// What is minimised: Σ wᵢ log(1 + exp(−yᵢ zᵢ)) + ½ ridge ‖weights‖², y = ±1, the intercept without penalty.
pub(crate) struct Regression<'a> {
    pub(crate) blocks: &'a [Block; 2],
    pub(crate) labels: &'a [bool],
    /// Of each pair.
    pub(crate) weights: &'a [f64],
    pub(crate) ridge: f64,
}

/// Fitted weights.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) sides: [Vec<f64>; 2],
    pub(crate) intercept: f64,
}

impl Regression<'_> {
    /// The weights at the minimum, and how the minimisation ended.
    pub(crate) fn fit(&self, tolerance: f64, most: usize) -> (Weights, Minimum) {
        let [enhancer, promoter] = self.blocks.each_ref().map(|block| block.width);
        let start = vec![0.0; enhancer + promoter + 1];
        let minimum = minimise(start, tolerance, most, |point| self.value_and_gradient(point));
        let (sides, intercept) = minimum.point.split_at(enhancer + promoter);
        let (first, second) = sides.split_at(enhancer);
        (Weights { sides: [first.to_vec(), second.to_vec()], intercept: intercept[0] }, minimum)
    }

    /// At the weights of the enhancer's features, the promoter's, and the intercept.
    fn value_and_gradient(&self, point: &[f64]) -> (f64, Vec<f64>) {
        let [first, second] = self.blocks;
        let (weights, intercept) = point.split_at(first.width + second.width);
        let (of_first, of_second) = weights.split_at(first.width);
        let products = [first.products(of_first), second.products(of_second)];
        let mut loss = 0.0;
        let residuals: Vec<f64> = (0..self.labels.len())
            .map(|pair| {
                let logit = products[0][first.of[pair]] + products[1][second.of[pair]] + intercept[0];
                let sign = if self.labels[pair] { 1.0 } else { -1.0 };
                loss += self.weights[pair] * softplus(-sign * logit);
                -sign * self.weights[pair] * sigmoid(-sign * logit)
            })
            .collect();
        let mut gradient = first.gradient(&residuals);
        gradient.extend(second.gradient(&residuals));
        let mut squares = 0.0;
        for (slope, weight) in gradient.iter_mut().zip(weights) {
            *slope += self.ridge * weight;
            squares += weight * weight;
        }
        gradient.push(residuals.iter().sum());
        (loss + 0.5 * self.ridge * squares, gradient)
    }
}

/// log(1 + exp(x)) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClassWeights;

    /// Eight pairs of three enhancer windows (2 features) and four promoter windows (3 features).
    fn tiny() -> ([Block; 2], Vec<bool>) {
        let enhancers = vec![0.5, -1.0, 2.0, 0.25, -0.75, 1.5];
        let promoters = vec![1.0, 0.0, -0.5, 0.25, 2.0, 0.75, -1.5, 0.5, 1.0, 0.0, -1.25, 0.5];
        let blocks = [
            Block { width: 2, values: enhancers, of: vec![0, 1, 2, 0, 1, 2, 0, 1] },
            Block { width: 3, values: promoters, of: vec![0, 1, 2, 3, 3, 1, 2, 0] },
        ];
        (blocks, vec![true, true, false, false, true, false, false, false])
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let (blocks, labels) = tiny();
        let weights = ClassWeights::Equal.rows(&labels);
        let weights: Vec<f64> = weights.iter().enumerate().map(|(i, w)| w * (1.0 + i as f64)).collect();
        let regression = Regression { blocks: &blocks, labels: &labels, weights: &weights, ridge: 0.3 };
        let point = [0.4, -0.2, 0.9, -1.1, 0.3, 0.7];
        let (_, gradient) = regression.value_and_gradient(&point);
        let step = 1e-5;
        for (i, slope) in gradient.iter().enumerate() {
            let value = |by: f64| {
                let mut moved = point;
                moved[i] += by;
                regression.value_and_gradient(&moved).0
            };
            let difference = (value(step) - value(-step)) / (2.0 * step);
            assert!((slope - difference).abs() < 1e-8, "{i}: {slope}, by differences {difference}");
        }
    }

    #[test]
    fn the_optimum_is_that_of_scikit_learn() {
        // scikit-learn 1.9.1, X the rows of `tiny` with both sides side by side:
        // LogisticRegression(C=1 / ridge, class_weight=…, solver='newton-cholesky', tol=1e-12, max_iter=1000).fit(X, y)
        let expected: [(f64, ClassWeights, [f64; 6]); 2] = [
            (
                1.0,
                ClassWeights::Equal,
                [
                    0.6674858043097583,
                    -0.24044446947634027,
                    0.4249660420784389,
                    0.10455527729401541,
                    0.001504138236586289,
                    -1.1482847077227756,
                ],
            ),
            (
                0.25,
                ClassWeights::Balanced,
                [
                    1.066286758150512,
                    -0.5300440645570977,
                    0.8676348353181401,
                    0.18350711410207257,
                    0.26996409955745615,
                    -1.3369392750558833,
                ],
            ),
        ];
        let (blocks, labels) = tiny();
        for (ridge, weighting, expected) in expected {
            let weights = weighting.rows(&labels);
            let regression = Regression { blocks: &blocks, labels: &labels, weights: &weights, ridge };
            let (fitted, minimum) = regression.fit(1e-10, 500);
            assert!(minimum.left <= 1e-10, "{minimum:?}");
            let found = fitted.sides.concat().into_iter().chain([fitted.intercept]);
            for (found, expected) in found.zip(expected) {
                assert!((found - expected).abs() < 1e-7, "ridge {ridge}: {found}, expected {expected}");
            }
        }
    }

    #[test]
    fn one_and_two_threads_give_the_same_bits() {
        let stream = ciskit_core::random::Stream::new(3, "test");
        let width = 37;
        let block = |name: &str, windows: usize| {
            let stream = stream.name(name);
            Block {
                width,
                values: (0..windows * width).map(|i| stream.uniform(i as u64) as f32 - 0.5).collect(),
                of: (0..1_000).map(|pair| pair * 7 % windows).collect(),
            }
        };
        let blocks = [block("enhancer", 900), block("promoter", 300)];
        let labels: Vec<bool> = (0..1_000).map(|pair| stream.name("label").uniform(pair) < 0.3).collect();
        let weights = ClassWeights::Balanced.rows(&labels);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let regression = Regression { blocks: &blocks, labels: &labels, weights: &weights, ridge: 1.0 };
            pool.install(|| regression.fit(1e-6, 200).1.point)
        };
        assert_eq!(fit(1), fit(2));
    }

    #[test]
    fn extreme_logits_have_a_loss_and_a_slope() {
        for x in [-1e4, -40.0, 0.0, 40.0, 1e4] {
            assert!((softplus(x) - softplus(-x) - x).abs() <= 1e-12 * x.abs());
            assert_eq!(sigmoid(x) + sigmoid(-x), 1.0);
        }
    }
}
