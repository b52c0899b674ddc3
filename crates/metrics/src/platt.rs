//! Scores turned into probabilities by a logistic curve.

use crate::score::Score;
use crate::sum::sums;
use crate::{MetricError, check};

/// Platt scaling: P(positive | score) = 1 / (1 + exp(a · score + b)), fitted by maximum likelihood.
///
/// As published, the labels are softened: a positive counts as (P + 1) / (P + 2) and a negative as 1 / (N + 2), with P
/// positives and N negatives, so that scores which separate the classes do not make probabilities of 0 and 1. Fit it to
/// other items than those that the model was trained on, and than those that it is measured on.
///
/// *Source*: Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers (1999);
/// fitted by the stable Newton method of Lin, Lin & Weng, Machine Learning 68 (2007), on scores brought to one scale.
///
/// ```
/// use ciskit_metrics::PlattScaling;
///
/// let labels = [false, false, true, false, true, true];
/// let scaling = PlattScaling::fit(&labels, &[-2.0, -1.0, -0.5, 0.5, 1.0, 3.0])?;
/// assert!(scaling.a < 0.0); // higher scores, higher probabilities
/// assert!(scaling.probability(3.0) > 0.7 && scaling.probability(-2.0) < 0.3);
/// # Ok::<(), ciskit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PlattScaling {
    /// Slope: negative where positives score higher.
    pub a: f64,
    /// Offset.
    pub b: f64,
}

impl PlattScaling {
    /// Fits the curve.
    ///
    /// *Shapes*: one label and one score for each item. A constant score has the slope 0. *Cost*: O(n) a step, of which
    /// there are about ten.
    ///
    /// # Errors
    ///
    /// [`MetricError::NoPositives`], [`MetricError::NoNegatives`], [`MetricError::LengthMismatch`],
    /// [`MetricError::Empty`], [`MetricError::NotFinite`].
    pub fn fit<S: Score>(labels: &[bool], scores: &[S]) -> Result<Self, MetricError> {
        check::scored(labels, scores)?;
        let n = labels.len();
        let positives = labels.iter().filter(|&&label| label).count();
        let negatives = n - positives;
        if positives == 0 {
            return Err(MetricError::NoPositives { items: n });
        }
        if negatives == 0 {
            return Err(MetricError::NoNegatives { items: n });
        }
        let (positives, negatives) = (positives as f64, negatives as f64);
        // Newton's steps do not depend on the scale of the scores, but the range of numbers does.
        let largest = or_one(scores.iter().fold(0.0, |largest, &score| score.into().abs().max(largest)));
        let [total] = sums(n, |i| [scores[i].into() / largest]);
        let centre = total / n as f64;
        let width =
            or_one(scores.iter().fold(0.0, |width, &s| (s.into() / largest - centre).abs().max(width)));
        let problem = Problem {
            labels,
            score: |i: usize| (scores[i].into() / largest - centre) / width,
            targets: [1.0 / (negatives + 2.0), (positives + 1.0) / (positives + 2.0)],
        };
        let (slope, offset) = problem.solve((0.0, ((negatives + 1.0) / (positives + 1.0)).ln()));
        Ok(Self { a: slope / width / largest, b: offset - slope * centre / width })
    }

    /// The probability that an item with this score is positive; NaN for NaN.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        sigmoid_of_minus(self.a * score + self.b)
    }
}

fn or_one(size: f64) -> f64 {
    if size > 0.0 { size } else { 1.0 }
}

/// 1 / (1 + exp(x)), without overflow.
fn sigmoid_of_minus(x: f64) -> f64 {
    if x >= 0.0 { (-x).exp() / (1.0 + (-x).exp()) } else { 1.0 / (1.0 + x.exp()) }
}

/// The negative log likelihood to be made small, as a function of slope and offset.
struct Problem<'a, F> {
    labels: &'a [bool],
    score: F,
    /// What a negative and a positive count as.
    targets: [f64; 2],
}

impl<F: Fn(usize) -> f64 + Sync> Problem<'_, F> {
    fn target(&self, i: usize) -> f64 {
        self.targets[usize::from(self.labels[i])]
    }

    fn loss(&self, (a, b): (f64, f64)) -> f64 {
        let [loss] = sums(self.labels.len(), |i| {
            let x = a * (self.score)(i) + b;
            let t = self.target(i);
            [if x >= 0.0 { t * x + (-x).exp().ln_1p() } else { (t - 1.0) * x + x.exp().ln_1p() }]
        });
        loss
    }

    /// Newton's method with backtracking.
    fn solve(&self, start: (f64, f64)) -> (f64, f64) {
        /// Keeps the matrix regular where all scores are equal.
        const RIDGE: f64 = 1e-12;
        const STEPS: usize = 100;
        let n = self.labels.len();
        let (mut at, mut loss) = (start, self.loss(start));
        for _ in 0..STEPS {
            let [haa, hab, hbb, ga, gb] = sums(n, |i| {
                let score = (self.score)(i);
                let p = sigmoid_of_minus(at.0 * score + at.1);
                let (curvature, slope) = (p * (1.0 - p), self.target(i) - p);
                [score * score * curvature, score * curvature, curvature, score * slope, slope]
            });
            if ga.abs().max(gb.abs()) < 1e-12 * n as f64 {
                break;
            }
            let (haa, hbb) = (haa + RIDGE, hbb + RIDGE);
            let determinant = haa * hbb - hab * hab;
            let step = (-(hbb * ga - hab * gb) / determinant, -(haa * gb - hab * ga) / determinant);
            let downhill = ga * step.0 + gb * step.1;
            let mut size = 1.0;
            loop {
                let next = (at.0 + size * step.0, at.1 + size * step.1);
                let next_loss = self.loss(next);
                // Near the end losses differ by their rounding only, and the step is still an improvement.
                if next_loss < loss * (1.0 + 1e-14) + 1e-4 * size * downhill {
                    (at, loss) = (next, next_loss);
                    break;
                }
                size /= 2.0;
                if size < 1e-10 {
                    return at; // as near as rounding lets it come
                }
            }
        }
        at
    }
}
