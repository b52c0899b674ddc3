//! The minimum of a smooth convex function, by limited-memory BFGS.
//!
//! *Source*: Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 35 (1980),
//! <https://doi.org/10.1090/S0025-5718-1980-0572855-7>. Steps are halved until they descend enough (Armijo); the
//! curvature condition, which a search by Wolfe's rules is for, holds by itself where the function is strictly convex.

/// Steps that the curvature is estimated from.
const MEMORY: usize = 10;
/// Share of the descent that the slope promises which a step must bring.
const ENOUGH: f64 = 1e-4;
/// A step that has been halved so often moves nothing any more.
const MOST_HALVINGS: usize = 60;
/// What rounding may add to a value, relative to it.
const ROUNDING: f64 = 1e-14;

/// Where a minimisation came to.
#[derive(Clone, Debug)]
pub(crate) struct Minimum {
    pub(crate) point: Vec<f64>,
    pub(crate) iterations: usize,
    /// Length of the gradient relative to that at the start.
    pub(crate) left: f64,
}

/// One step: how far the point moved, and how much the gradient changed by it.
struct Step {
    moved: Vec<f64>,
    change: Vec<f64>,
    curvature: f64,
}

/// Minimises a function that gives its value and gradient, until the gradient's length is `tolerance` of what it was at
/// the start, no step descends any more, or `most` iterations are made.
pub(crate) fn minimise(
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Minimum {
    let mut point = start;
    let (mut value, mut gradient) = function(&point);
    let first = length(&gradient);
    let mut steps: Vec<Step> = Vec::new();
    let mut iterations = 0;
    while iterations < most && length(&gradient) > tolerance * first {
        let direction = descent(&gradient, &steps);
        let slope = dot(&gradient, &direction);
        // Before curvature is known, a step of length 1.
        let mut size = if steps.is_empty() { 1.0 / length(&gradient) } else { 1.0 };
        let accepted = (0..MOST_HALVINGS).find_map(|_| {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + size * d).collect();
            let (found, gradient) = function(&next);
            let descends = found <= value + ENOUGH * size * slope + ROUNDING * value.abs();
            size /= 2.0;
            descends.then_some((next, found, gradient))
        });
        let Some((next, found, changed)) = accepted else { break };
        let moved: Vec<f64> = next.iter().zip(&point).map(|(to, from)| to - from).collect();
        let change: Vec<f64> = changed.iter().zip(&gradient).map(|(to, from)| to - from).collect();
        let curvature = dot(&moved, &change);
        if curvature > 0.0 {
            if steps.len() == MEMORY {
                steps.remove(0);
            }
            steps.push(Step { moved, change, curvature });
        }
        (point, value, gradient) = (next, found, changed);
        iterations += 1;
    }
    let left = if first > 0.0 { length(&gradient) / first } else { 0.0 };
    Minimum { point, iterations, left }
}

/// Minus the inverse curvature of the last steps times the gradient (the two-loop recursion).
fn descent(gradient: &[f64], steps: &[Step]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = dot(&step.moved, &direction) / step.curvature;
        add(&mut direction, -share, &step.change);
        shares.push(share);
    }
    if let Some(last) = steps.last() {
        let scale = last.curvature / dot(&last.change, &last.change);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (step, share) in steps.iter().zip(shares.into_iter().rev()) {
        let back = dot(&step.change, &direction) / step.curvature;
        add(&mut direction, share - back, &step.moved);
    }
    direction
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ill_conditioned_bowl_is_solved() {
        // Σ ½ c (x − i)², curvatures from 1 to 10,000
        let curvature = |i: usize| 10_f64.powf(4.0 * i as f64 / 19.0);
        let bowl = |x: &[f64]| {
            let off = |i: usize| x[i] - i as f64;
            let value = (0..20).map(|i| 0.5 * curvature(i) * off(i).powi(2)).sum();
            (value, (0..20).map(|i| curvature(i) * off(i)).collect())
        };
        // SciPy's L-BFGS-B takes 206 iterations.
        let found = minimise(vec![0.0; 20], 1e-6, 250, bowl);
        assert!(found.left <= 1e-6, "{found:?}");
        let found = minimise(vec![0.0; 20], 1e-12, 700, bowl);
        assert!(found.left <= 1e-12, "{found:?}");
        for (i, x) in found.point.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-6, "{i}: {x}");
        }
    }

    #[test]
    fn a_start_at_the_minimum_stays_there() {
        let found = minimise(vec![3.0], 1e-9, 10, |x| ((x[0] - 3.0).powi(2), vec![2.0 * (x[0] - 3.0)]));
        assert_eq!((found.point, found.iterations, found.left), (vec![3.0], 0, 0.0));
    }

    #[test]
    fn what_has_no_minimum_says_what_is_left() {
        // Descends for ever.
        let found = minimise(vec![0.0], 1e-9, 25, |x| ((-x[0]).exp(), vec![-(-x[0]).exp()]));
        assert!(found.iterations <= 25 && found.left > 1e-9 && found.point[0] > 1.0, "{found:?}");
    }
}
