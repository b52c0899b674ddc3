//! The fast implementations against their definitions, evaluated pair by pair and threshold by threshold.

use ciskit_metrics::*;
use proptest::prelude::*;

/// Labels, scores and small whole weights. Half the scores are on a coarse grid with both zeros, so that ties
/// occur within and between the classes; the others spread over all magnitudes.
fn items() -> impl Strategy<Value = Vec<(bool, f64, u8)>> {
    let grid = (-4..=4).prop_map(|level| f64::from(level) * 0.25);
    let score = prop_oneof![4 => grid, 1 => Just(-0.0), 4 => -1e3..1e3, 1 => prop::num::f64::NORMAL];
    prop::collection::vec((any::<bool>(), score, 0..4_u8), 1..60)
}

fn unzip(items: &[(bool, f64, u8)]) -> (Vec<bool>, Vec<f64>, Vec<f64>) {
    let labels = items.iter().map(|item| item.0).collect();
    let scores = items.iter().map(|item| item.1).collect();
    let weights = items.iter().map(|item| f64::from(item.2)).collect();
    (labels, scores, weights)
}

/// Each item as often as its weight says.
fn repeated(items: &[(bool, f64, u8)]) -> (Vec<bool>, Vec<f64>) {
    items.iter().flat_map(|item| std::iter::repeat_n((item.0, item.1), item.2.into())).unzip()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs().max(1e-3)
}

/// 1 for a pair in order, one half for a tie.
fn wins(positive: f64, negative: f64) -> f64 {
    if positive > negative {
        1.0
    } else if positive == negative {
        0.5
    } else {
        0.0
    }
}

fn auroc_by_pairs(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let of = |class| labels.iter().zip(scores).filter(move |item| *item.0 == class).map(|item| *item.1);
    let pairs: Vec<f64> = of(true).flat_map(|p| of(false).map(move |n| wins(p, n))).collect();
    (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64)
}

/// Precision and recall at `score >= threshold`.
fn at(threshold: f64, labels: &[bool], scores: &[f64]) -> (f64, f64) {
    let called =
        |label| labels.iter().zip(scores).filter(|item| *item.0 == label && *item.1 >= threshold).count();
    let (tp, fp) = (called(true) as f64, called(false) as f64);
    (tp / (tp + fp), tp / labels.iter().filter(|&&label| label).count() as f64)
}

/// The mean over the positives of the precision at each one's score.
fn average_precision_by_positives(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let positives = labels.iter().zip(scores).filter(|item| *item.0);
    let precisions: Vec<f64> = positives.map(|item| at(*item.1, labels, scores).0).collect();
    (!precisions.is_empty()).then(|| precisions.iter().sum::<f64>() / precisions.len() as f64)
}

fn kendall_by_pairs(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mut excess, mut x_untied, mut y_untied) = (0.0, 0.0, 0.0);
    let sign = |a: f64, b: f64| f64::from(i8::from(a > b) - i8::from(a < b));
    for i in 0..x.len() {
        for j in 0..i {
            let (dx, dy) = (sign(x[i], x[j]), sign(y[i], y[j]));
            excess += dx * dy;
            x_untied += dx * dx;
            y_untied += dy * dy;
        }
    }
    (x_untied * y_untied > 0.0).then(|| excess / f64::sqrt(x_untied * y_untied))
}

/// One more than the number of smaller values, and half of the other equal ones.
fn rank_by_counting(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| 0.5 + values.iter().map(|other| wins(*value, *other)).sum::<f64>();
    values.iter().map(rank).collect()
}

/// Placements, variances and covariance as DeLong wrote them.
fn delong_by_pairs(labels: &[bool], a: &[f64], b: &[f64]) -> f64 {
    let of = |class| (0..labels.len()).filter(move |&i| labels[i] == class);
    let (m, n) = (of(true).count() as f64, of(false).count() as f64);
    let placements = |scores: &[f64]| {
        let positives: Vec<f64> =
            of(true).map(|i| of(false).map(|j| wins(scores[i], scores[j])).sum::<f64>() / n).collect();
        let negatives: Vec<f64> =
            of(false).map(|j| of(true).map(|i| wins(scores[i], scores[j])).sum::<f64>() / m).collect();
        (positives, negatives)
    };
    let covariance = |u: &[f64], v: &[f64]| {
        let (count, mean) = (u.len() as f64, |w: &[f64]| w.iter().sum::<f64>() / w.len() as f64);
        u.iter().zip(v).map(|(x, y)| (x - mean(u)) * (y - mean(v))).sum::<f64>() / (count - 1.0)
    };
    let ((pa, na), (pb, nb)) = (placements(a), placements(b));
    let s = |u: &[f64], v: &[f64], x: &[f64], y: &[f64]| covariance(u, v) / m + covariance(x, y) / n;
    s(&pa, &pa, &na, &na) + s(&pb, &pb, &nb, &nb) - 2.0 * s(&pa, &pb, &na, &nb)
}

proptest! {
    #[test]
    fn auroc_counts_pairs(items in items()) {
        let (labels, scores, _) = unzip(&items);
        match auroc_by_pairs(&labels, &scores) {
            Some(expected) => prop_assert!(close(auroc(&labels, &scores).unwrap(), expected)),
            None => prop_assert!(auroc(&labels, &scores).is_err()),
        }
    }

    #[test]
    fn average_precision_is_the_mean_precision_at_the_positives(items in items()) {
        let (labels, scores, _) = unzip(&items);
        match average_precision_by_positives(&labels, &scores) {
            Some(expected) => prop_assert!(close(average_precision(&labels, &scores).unwrap(), expected)),
            None => prop_assert!(average_precision(&labels, &scores).is_err()),
        }
    }

    #[test]
    fn curves_and_operating_points_hold_at_every_threshold(items in items(), wanted in 0.0..=1.0) {
        let (labels, scores, _) = unzip(&items);
        let ranking = Ranking::new(&labels, &scores).unwrap();
        prop_assume!(labels.contains(&true));
        let mut thresholds = scores.clone();
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let expected: Vec<(f64, f64)> = thresholds.iter().map(|&t| at(t, &labels, &scores)).collect();

        let curve = ranking.pr_curve().unwrap();
        prop_assert_eq!(curve.len(), thresholds.len() + 1);
        for ((point, &threshold), &expected) in curve.iter().zip(&thresholds).zip(&expected) {
            prop_assert_eq!(point.threshold, threshold);
            prop_assert_eq!((point.precision, point.recall), expected);
        }
        let reaching = || expected.iter().filter(|point| point.1 >= wanted);
        let first = ranking.precision_at_recall(wanted).unwrap();
        prop_assert_eq!(first.precision, reaching().next_back().unwrap().0);
        let best = ranking.best_precision_at_recall(wanted).unwrap();
        prop_assert_eq!(best.precision, reaching().map(|point| point.0).fold(0.0, f64::max));
        let precise = expected.iter().filter(|point| point.0 >= wanted).map(|point| point.1).reduce(f64::max);
        prop_assert_eq!(ranking.recall_at_precision(wanted).ok().map(|point| point.recall), precise);
        let f1 = |&threshold: &f64| Confusion::at(threshold, &labels, &scores).unwrap().f1();
        let best = ranking.best_f1().unwrap();
        prop_assert_eq!(best.f1, thresholds.iter().map(f1).fold(0.0, f64::max));
        let largest = thresholds.iter().rev().find(|&threshold| f1(threshold) == best.f1);
        prop_assert_eq!(Some(&best.threshold), largest);
    }

    #[test]
    fn whole_weights_are_repeats(items in items()) {
        let (labels, scores, weights) = unzip(&items);
        let (repeated_labels, repeated_scores) = repeated(&items);
        prop_assume!(!repeated_labels.is_empty());
        let weighted = Ranking::weighted(&labels, &scores, &weights).unwrap();
        let plain = Ranking::new(&repeated_labels, &repeated_scores).unwrap();
        prop_assert_eq!(weighted.levels(), plain.levels());
        if let Ok(expected) = plain.auroc() {
            prop_assert_eq!(weighted.auroc().unwrap(), expected);
        }

        let probability = |score: &f64| 1.0 / (1.0 + (-score).exp());
        let p: Vec<f64> = scores.iter().map(probability).collect();
        let repeated_p: Vec<f64> = repeated_scores.iter().map(probability).collect();
        let expected = brier(&repeated_labels, &repeated_p).unwrap();
        prop_assert!(close(weighted_brier(&labels, &p, &weights).unwrap(), expected));
        match log_loss(&repeated_labels, &repeated_p) {
            Ok(expected) => prop_assert!(close(weighted_log_loss(&labels, &p, &weights).unwrap(), expected)),
            Err(_) => prop_assert!(weighted_log_loss(&labels, &p, &weights).is_err()),
        }
    }

    #[test]
    fn kendall_counts_pairs(items in items()) {
        let (_, x, y) = unzip(&items);
        match kendall_by_pairs(&x, &y) {
            Some(expected) => prop_assert!(close(kendall(&x, &y).unwrap(), expected)),
            None => prop_assert!(kendall(&x, &y).is_err()),
        }
    }

    #[test]
    fn spearman_is_pearson_of_ranks(items in items()) {
        let (_, x, y) = unzip(&items);
        let (rank_x, rank_y) = (rank_by_counting(&x), rank_by_counting(&y));
        match pearson(&rank_x, &rank_y) {
            Ok(expected) => prop_assert!(close(spearman(&x, &y).unwrap(), expected)),
            Err(_) => prop_assert!(spearman(&x, &y).is_err()),
        }
    }

    #[test]
    fn pearson_follows_its_formula(pairs in prop::collection::vec((-1e3..1e3, -1e3..1e3), 3..60)) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let n = x.len() as f64;
        let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let moment = |u: &[f64], v: &[f64], mu: f64, mv: f64| -> f64 {
            u.iter().zip(v).map(|(a, b)| (a - mu) * (b - mv)).sum()
        };
        let expected = moment(&x, &y, mx, my) / (moment(&x, &x, mx, mx) * moment(&y, &y, my, my)).sqrt();
        prop_assert!((pearson(&x, &y).unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn delong_follows_its_definition(items in items()) {
        let (labels, a, b) = unzip(&items);
        let positives = labels.iter().filter(|&&label| label).count();
        if positives < 2 || labels.len() - positives < 2 {
            let refused = matches!(delong_test(&labels, &a, &b), Err(MetricError::TooFew { .. }));
            prop_assert!(refused);
            return Ok(());
        }
        let test = delong_test(&labels, &a, &b).unwrap();
        prop_assert!(close(test.first, auroc(&labels, &a).unwrap()));
        prop_assert!(close(test.second, auroc(&labels, &b).unwrap()));
        let variance = delong_by_pairs(&labels, &a, &b);
        prop_assert!((test.standard_error.powi(2) - variance).abs() < 1e-14);
        let alone = delong(&labels, &a).unwrap().standard_error;
        let against_constant = delong_test(&labels, &a, &vec![0.0; a.len()]).unwrap().standard_error;
        prop_assert!((alone - against_constant).abs() < 1e-14);
    }
}
