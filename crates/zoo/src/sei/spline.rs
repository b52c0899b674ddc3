//! The basis of cubic splines that positions are summed by.

/// The values of `functions` cubic B-splines at the positions 0, 1, …, `positions` − 1: (positions, functions), row by row.
///
/// Inner knots lie at equally spaced quantiles of the positions; the last interval is closed, so that every row sums to 1.
/// Computed in f64 and rounded once.
///
/// *Source*: Cox and de Boor's recursion.
///
/// # Panics
///
/// If there are fewer than 4 functions or fewer than 2 positions.
///
/// ```
/// use ciskit_zoo::sei::spline_basis;
///
/// let basis = spline_basis(256, 16);
/// assert_eq!((basis[0], basis[255 * 16 + 15]), (1.0, 1.0));
/// assert!(basis.chunks(16).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6));
/// ```
#[must_use]
pub fn spline_basis(positions: usize, functions: usize) -> Vec<f32> {
    const DEGREE: usize = 3;
    assert!(functions > DEGREE && positions > 1, "no cubic basis of {functions} functions on {positions}");
    let last = (positions - 1) as f64;
    let inner = functions - DEGREE - 1;
    let mut knots = vec![0.0; DEGREE + 1];
    knots.extend((1..=inner).map(|knot| last * knot as f64 / (inner + 1) as f64));
    knots.extend([last; DEGREE + 1]);

    let mut basis = Vec::with_capacity(positions * functions);
    for position in 0..positions {
        let x = position as f64;
        // Degree 0: the interval that holds x, the last one of which has both its ends.
        let holds = |interval: &usize| knots[*interval] <= x && x < knots[*interval + 1];
        let interval = (DEGREE..functions).find(holds).unwrap_or(functions - 1);
        let mut values = vec![0.0; functions + DEGREE];
        values[interval] = 1.0;
        for degree in 1..=DEGREE {
            for j in 0..functions + DEGREE - degree {
                let share =
                    |from: f64, to: f64, value: f64| if to > from { value / (to - from) } else { 0.0 };
                let rising = share(knots[j], knots[j + degree], (x - knots[j]) * values[j]);
                let (from, to) = (knots[j + 1], knots[j + degree + 1]);
                values[j] = rising + share(from, to, (to - x) * values[j + 1]);
            }
        }
        basis.extend(values[..functions].iter().map(|&value| value as f32));
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_sum_to_one_and_reach_four_functions() {
        for (positions, functions) in [(256, 16), (33, 5), (2, 4), (100, 10), (5, 9)] {
            let basis = spline_basis(positions, functions);
            for row in basis.chunks(functions) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{positions} {functions} {row:?}");
                assert!(row.iter().all(|&value| value >= 0.0));
                assert!(row.iter().filter(|&&value| value > 0.0).count() <= 4);
            }
        }
    }

    #[test]
    fn without_inner_knots_it_is_bernsteins() {
        let basis = spline_basis(5, 4);
        let t = 0.25f32;
        let expected = [(1.0 - t).powi(3), 3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
        for (found, expected) in basis[4..8].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-7);
        }
    }
}
