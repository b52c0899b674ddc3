//! Reliability curves, Platt scaling and isotonic regression, against scikit-learn and against the definitions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_metrics::*;
use proptest::prelude::*;

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }
}

const PROBABILITIES: [f64; 12] = [0.05, 0.1, 0.2, 0.2, 0.35, 0.4, 0.45, 0.6, 0.6, 0.75, 0.8, 0.95];
const LABELS: [u8; 12] = [0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1];

fn columns(curve: &Reliability) -> (Vec<f64>, Vec<f64>) {
    curve.bins().iter().map(|bin| (bin.positive_fraction, bin.mean_probability)).unzip()
}

/// `calibration_curve(y, p, n_bins=5)` and `calibration_curve(y, p, n_bins=4, strategy="quantile")` of scikit-learn.
#[test]
fn curves_are_those_of_scikit_learn() {
    let labels = labels_from(&LABELS).unwrap();
    let (fractions, means) =
        columns(&Reliability::new(&labels, &PROBABILITIES, Bins::EqualWidth(5)).unwrap());
    close(&fractions, &[0.25, 0.5, 1.0 / 3.0, 1.0, 1.0], 1e-15);
    close(&means, &[0.1375, 0.375, 0.55, 0.775, 0.95], 1e-15);
    let (fractions, means) =
        columns(&Reliability::new(&labels, &PROBABILITIES, Bins::EqualCount(4)).unwrap());
    close(&fractions, &[0.25, 0.5, 1.0 / 3.0, 1.0], 1e-15);
    close(&means, &[0.1375, 0.375, 0.55, 0.8333333333333334], 1e-15);
}

proptest! {
    #[test]
    fn bins_and_errors_are_those_of_the_definition(
        items in prop::collection::vec((any::<bool>(), 0..=40_u8), 1..60),
        count in 1..12_usize,
    ) {
        let labels: Vec<bool> = items.iter().map(|item| item.0).collect();
        let probabilities: Vec<f64> = items.iter().map(|item| f64::from(item.1) / 40.0).collect();
        let n = items.len();
        let curve = |bins| Reliability::new(&labels, &probabilities, bins).unwrap();
        let width_bin = |p: f64| (0..count).find(|&bin| p <= (bin + 1) as f64 / count as f64).unwrap_or(count - 1);
        let count_bin = |p: f64| probabilities.iter().filter(|&&other| other < p).count() * count / n;
        for (found, bin_of) in [
            (curve(Bins::EqualWidth(count)), &width_bin as &dyn Fn(f64) -> usize),
            (curve(Bins::EqualCount(count)), &count_bin),
        ] {
            let (mut expected_error, mut maximum_error, mut bins) = (0.0, 0.0_f64, 0);
            for bin in 0..count {
                let members: Vec<usize> = (0..n).filter(|&i| bin_of(probabilities[i]) == bin).collect();
                if members.is_empty() {
                    continue;
                }
                let size = members.len() as f64;
                let mean = members.iter().map(|&i| probabilities[i]).sum::<f64>() / size;
                let fraction = members.iter().filter(|&&i| labels[i]).count() as f64 / size;
                prop_assert_eq!(found.bins()[bins].items, members.len());
                prop_assert!((found.bins()[bins].mean_probability - mean).abs() < 1e-14);
                prop_assert_eq!(found.bins()[bins].positive_fraction, fraction);
                bins += 1;
                expected_error += size / n as f64 * (fraction - mean).abs();
                maximum_error = maximum_error.max((fraction - mean).abs());
            }
            prop_assert_eq!(found.bins().len(), bins);
            prop_assert!((found.expected_error() - expected_error).abs() < 1e-14);
            prop_assert!((found.maximum_error() - maximum_error).abs() < 1e-14);
        }
    }

    /// The curve of means over an interval: max over starts of the min over ends.
    #[test]
    fn isotonic_regression_is_the_max_min_of_the_means(
        items in prop::collection::vec((any::<bool>(), -10..10_i8), 1..40),
    ) {
        let labels: Vec<bool> = items.iter().map(|item| item.0).collect();
        let scores: Vec<f64> = items.iter().map(|item| f64::from(item.1)).collect();
        let fit = IsotonicRegression::fit(&labels, &scores).unwrap();
        let mean = |low: f64, high: f64| {
            let inside = |i: &usize| (low..=high).contains(&scores[*i]);
            let members: Vec<usize> = (0..labels.len()).filter(inside).collect();
            members.iter().filter(|&&i| labels[i]).count() as f64 / members.len() as f64
        };
        for &score in &scores {
            let starts = scores.iter().filter(|&&start| start <= score);
            let expected = starts
                .map(|&start| {
                    let ends = scores.iter().filter(|&&end| end >= score);
                    ends.map(|&end| mean(start, end)).fold(f64::INFINITY, f64::min)
                })
                .fold(0.0, f64::max);
            prop_assert!((fit.probability(score) - expected).abs() < 1e-15, "{} at {score}", fit.probability(score));
        }
    }
}

const SCORES: [f64; 10] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 3.0];
const CLASSES: [bool; 10] = [false, false, true, false, false, true, false, true, true, true];

/// `scipy.optimize.root` of the gradient of Platt's likelihood with a tolerance of 1e-15;
/// `sklearn.calibration._sigmoid_calibration` gives (-0.7058416, 0.0643253).
#[test]
fn platt_scaling_finds_the_maximum_on_any_scale() {
    let fit = PlattScaling::fit(&CLASSES, &SCORES).unwrap();
    close(&[fit.a, fit.b], &[-0.7058416318352063, 0.06432529774497228], 1e-14);
    assert!((fit.probability(0.3) - 1.0 / (1.0 + (fit.a * 0.3 + fit.b).exp())).abs() < 1e-15);
    for scale in [1e-300, 1e-5, 1e6, 1e300] {
        let scaled = PlattScaling::fit(&CLASSES, &SCORES.map(|score| score * scale)).unwrap();
        for score in SCORES {
            let (found, expected) = (scaled.probability(score * scale), fit.probability(score));
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected} at {scale}");
        }
    }
    let shifted = PlattScaling::fit(&CLASSES, &SCORES.map(|score| score + 1000.0)).unwrap();
    assert!((shifted.probability(1000.5) - fit.probability(0.5)).abs() < 1e-9);
}

#[test]
fn platt_scaling_of_extreme_cases_is_finite() {
    let separate = PlattScaling::fit(&[false, false, true, true], &[0.0, 0.1, 0.9, 1.0]).unwrap();
    let (low, high) = (separate.probability(0.0), separate.probability(1.0));
    assert!((low - 0.25).abs() < 0.05 && (high - 0.75).abs() < 0.05, "{separate:?}");
    let constant = PlattScaling::fit(&[true, false, false], &[7.0; 3]).unwrap();
    // The mean of the softened labels: (2/3 + 1/4 + 1/4) / 3.
    assert!((constant.probability(7.0) - 7.0 / 18.0).abs() < 1e-9, "{constant:?}");
    let outlier = PlattScaling::fit(&[true, false, true, false], &[f64::MAX, 0.0, 1.0, -1.0]).unwrap();
    assert!(outlier.a.is_finite() && outlier.b.is_finite());
    assert!(separate.probability(f64::MAX) == 1.0 && separate.probability(f64::MIN) == 0.0);
}

/// `IsotonicRegression(out_of_bounds="clip").fit(f, z).predict(...)` of scikit-learn.
#[test]
fn isotonic_regression_is_that_of_scikit_learn() {
    let fit = IsotonicRegression::fit(&CLASSES, &SCORES).unwrap();
    let found = [-3.0, -1.75, -1.0, -0.25, 0.3, 0.75, 1.2, 9.0].map(|score| fit.probability(score));
    close(&found, &[0.0, 0.0, 1.0 / 3.0, 1.0 / 3.0, 0.5, 0.75, 1.0, 1.0], 1e-15);
    let fit = IsotonicRegression::fit(&labels_from(&LABELS).unwrap(), &PROBABILITIES).unwrap();
    let third = 1.0 / 3.0;
    let expected = [0.0, 0.0, third, third, third, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0];
    close(&PROBABILITIES.map(|p| fit.probability(p)), &expected, 1e-15);
    close(&[0.15, 0.5, 0.7].map(|p| fit.probability(p)), &[1.0 / 6.0, 0.5, 5.0 / 6.0], 1e-15);
}

#[test]
fn one_class_ties_and_bad_input() {
    let level = IsotonicRegression::fit(&[true, true], &[0.1, 0.9]).unwrap();
    assert_eq!([-1.0, 0.5, 2.0].map(|score| level.probability(score)), [1.0; 3]);
    let tied = IsotonicRegression::fit(&[true, false, true], &[0.0, -0.0, 0.0_f64]).unwrap();
    close(&[tied.probability(0.0)], &[2.0 / 3.0], 1e-15);
    assert!(tied.probability(f64::NAN).is_nan());
    let far = IsotonicRegression::fit(&[false, true], &[f64::MIN, f64::MAX]).unwrap();
    assert_eq!(far.probability(0.0), 0.5);
    assert_eq!(PlattScaling::fit(&[true, true], &[0.1, 0.9]), Err(MetricError::NoNegatives { items: 2 }));
    assert_eq!(PlattScaling::fit(&[false], &[0.1]), Err(MetricError::NoPositives { items: 1 }));
    assert_eq!(PlattScaling::fit::<f64>(&[], &[]), Err(MetricError::Empty));
    assert_eq!(IsotonicRegression::fit::<f64>(&[], &[]), Err(MetricError::Empty));
    assert!(matches!(IsotonicRegression::fit(&[true], &[f64::NAN]), Err(MetricError::NotFinite { .. })));

    let curve = |labels: &[bool], probabilities: &[f64], bins| Reliability::new(labels, probabilities, bins);
    let one_class = curve(&[true, true], &[0.0, 1.0], Bins::EqualWidth(10)).unwrap();
    assert_eq!(
        (one_class.bins().len(), one_class.expected_error(), one_class.maximum_error()),
        (2, 0.5, 1.0)
    );
    assert_eq!(curve(&[true; 4], &[0.5; 4], Bins::EqualCount(3)).unwrap().bins().len(), 1);
    assert_eq!(curve(&[], &[], Bins::EqualWidth(3)), Err(MetricError::Empty));
    let expected = MetricError::Probability { index: 0, value: 1.5 };
    assert_eq!(curve(&[true], &[1.5], Bins::EqualWidth(3)), Err(expected));
    assert!(matches!(curve(&[true], &[f64::NAN], Bins::EqualWidth(3)), Err(MetricError::NotFinite { .. })));
    assert!(matches!(curve(&[true], &[0.5], Bins::EqualCount(0)), Err(MetricError::Parameter { .. })));
}
