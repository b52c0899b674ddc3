//! What attention sees of how far apart two positions are.

use std::f64::consts::{LN_2, PI};

use super::GammaNormalisation;

/// Features of the distances −(T − 1) to T − 1 of T positions: exponentials, masks and gamma densities of their sizes, and then
/// all of these with the distance's sign; (2T − 1, `features`), a multiple of 6.
///
/// `gammas` are gamma features of the sizes 0, 1, … to use instead of computed ones, a row each.
///
/// *Source*: Avsec et al., Nature Methods 18, 1196 (2021), supplementary methods.
///
/// ```
/// use ciskit_zoo::enformer::{GammaNormalisation, distance_features};
///
/// let features = distance_features(4, 6, GammaNormalisation::Position, None);
/// assert_eq!(features.len(), 7 * 6);
/// let (left, right) = (&features[..6], &features[36..]); // distances −3 and 3
/// assert_eq!(left[..3], right[..3]);
/// assert_eq!(left[3], -right[3]);
/// ```
#[must_use]
pub fn distance_features(
    positions: usize,
    features: usize,
    gamma: GammaNormalisation,
    gammas: Option<&[Vec<f32>]>,
) -> Vec<f32> {
    let (n, count) = (positions as f64, features / 6);
    let far = (n.log2() - 3.0) / (count.max(2) - 1) as f64;
    let half_life = |index: usize| (3.0 + far * index as f64).exp2();
    let computed;
    let gammas = match gammas {
        Some(gammas) => gammas,
        None => {
            computed = gamma_features(positions, count, gamma);
            &computed
        }
    };
    let of_size = |size: usize| -> Vec<f32> {
        let a = size as f64;
        let exponentials = (0..count).map(|index| (-LN_2 / half_life(index) * a).exp() as f32);
        let masks = (1..=count as i32).map(|power| f32::from(u8::from(f64::from(power).exp2() - 1.0 > a)));
        exponentials.chain(masks).chain(gammas[size].iter().copied()).collect()
    };
    let sizes: Vec<Vec<f32>> = (0..positions).map(of_size).collect();
    let last = positions as i64 - 1;
    let row = |distance: i64| {
        let plain = &sizes[distance.unsigned_abs() as usize];
        let sign = distance.signum() as f32;
        plain.iter().copied().chain(plain.iter().map(move |value| value * sign)).collect::<Vec<f32>>()
    };
    (-last..=last).flat_map(row).collect()
}

/// Gamma densities of the sizes 0 to `positions` − 1, normalised: a row a size.
fn gamma_features(positions: usize, count: usize, gamma: GammaNormalisation) -> Vec<Vec<f32>> {
    /// Added to every density.
    const FLOOR: f64 = 1e-8;
    let n = positions as f64;
    let deviation = n / (2.0 * count as f64);
    let density = |size: usize, index: usize| {
        let mean = n / count as f64 * (index + 1) as f64;
        let (concentration, rate) = ((mean / deviation).powi(2), mean / deviation.powi(2));
        let a = size as f64;
        let normaliser = ln_gamma(concentration) - concentration * rate.ln();
        let density =
            if size == 0 { 0.0 } else { ((concentration - 1.0) * a.ln() - rate * a - normaliser).exp() };
        density + FLOOR
    };
    let densities: Vec<Vec<f64>> =
        (0..positions).map(|size| (0..count).map(|index| density(size, index)).collect()).collect();
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0f64, f64::max);
    let by_feature: Vec<f64> =
        (0..count).map(|index| most(&mut densities.iter().map(|row| row[index]))).collect();
    let normalised = |row: &Vec<f64>| {
        let by_position = most(&mut row.iter().copied());
        let divided = row.iter().zip(&by_feature).map(|(density, most)| match gamma {
            GammaNormalisation::Position => density / most,
            GammaNormalisation::Feature => density / by_position,
        });
        divided.map(|value| value as f32).collect()
    };
    densities.iter().map(normalised).collect()
}

/// ln Γ(x) of x ≥ 1, by Stirling's series above 10.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_of_whole_numbers_is_a_factorial() {
        let mut factorial = 0.0;
        for n in 1..200 {
            let found = ln_gamma(f64::from(n));
            assert!((found - factorial).abs() <= 1e-12 * (1.0 + factorial), "{n}: {found}, not {factorial}");
            factorial += f64::from(n).ln();
        }
    }

    #[test]
    fn each_feature_or_each_position_reaches_one() {
        let most = |values: Vec<f32>| values.into_iter().fold(0f32, f32::max);
        let rows = gamma_features(64, 4, GammaNormalisation::Position);
        for index in 0..4 {
            assert_eq!(most(rows.iter().map(|row| row[index]).collect()), 1.0);
        }
        for row in gamma_features(64, 4, GammaNormalisation::Feature) {
            assert_eq!(most(row), 1.0);
        }
    }
}
