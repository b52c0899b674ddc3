//! What must not change a metric, to the last bit: the order of the items, the scale of the scores, the
//! precision they are stored in, the number of threads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_metrics::*;
use proptest::prelude::*;

/// A label, a single-precision score on a grid (so that ties occur) and a weight.
type Item = (bool, f32, f64);

fn items() -> impl Strategy<Value = Vec<Item>> {
    let score = (-40..=40_i8).prop_map(|level| f32::from(level) / 8.0);
    prop::collection::vec((any::<bool>(), score, 0.01..10.0), 2..80)
}

fn shuffled() -> impl Strategy<Value = (Vec<Item>, Vec<Item>)> {
    items().prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle()))
}

fn ranking(items: &[Item]) -> Ranking {
    let (labels, scores): (Vec<bool>, Vec<f32>) = items.iter().map(|item| (item.0, item.1)).unzip();
    Ranking::new(&labels, &scores).unwrap()
}

fn weighted(items: &[Item]) -> Ranking {
    let labels: Vec<bool> = items.iter().map(|item| item.0).collect();
    let scores: Vec<f32> = items.iter().map(|item| item.1).collect();
    let weights: Vec<f64> = items.iter().map(|item| item.2).collect();
    Ranking::weighted(&labels, &scores, &weights).unwrap()
}

proptest! {
    #[test]
    fn the_order_of_the_items((items, reordered) in shuffled()) {
        prop_assert_eq!(ranking(&items), ranking(&reordered));
        prop_assert_eq!(weighted(&items), weighted(&reordered));
    }

    #[test]
    fn an_increasing_transform(items in items()) {
        let cube = |&(label, score, weight): &Item| (label, 2.0 * score.powi(3) - 7.0, weight);
        let transformed: Vec<Item> = items.iter().map(cube).collect();
        prop_assert_eq!(ranking(&items).auroc(), ranking(&transformed).auroc());
        prop_assert_eq!(ranking(&items).average_precision(), ranking(&transformed).average_precision());
        prop_assert_eq!(weighted(&items).auroc(), weighted(&transformed).auroc());
        let x: Vec<f32> = items.iter().map(|item| item.1).collect();
        let transformed: Vec<f32> = transformed.iter().map(|item| item.1).collect();
        let y: Vec<f64> = items.iter().map(|item| item.2).collect();
        prop_assert_eq!(spearman(&x, &y).ok(), spearman(&transformed, &y).ok());
        prop_assert_eq!(kendall(&x, &y).ok(), kendall(&transformed, &y).ok());
    }

    #[test]
    fn precision_of_the_scores(items in items()) {
        let (labels, scores): (Vec<bool>, Vec<f32>) = items.iter().map(|item| (item.0, item.1)).unzip();
        let wide: Vec<f64> = scores.iter().copied().map(f64::from).collect();
        prop_assert_eq!(ranking(&items), Ranking::new(&labels, &wide).unwrap());
        prop_assert_eq!(Confusion::at(0.5, &labels, &scores), Confusion::at(0.5, &labels, &wide));
        prop_assert_eq!(delong(&labels, &scores), delong(&labels, &wide));
    }

    #[test]
    fn flipped_labels_complement_the_auroc(items in items()) {
        let flipped: Vec<_> = items.iter().map(|&(label, score, weight)| (!label, score, weight)).collect();
        let negated: Vec<_> = flipped.iter().map(|&(label, score, weight)| (label, -score, weight)).collect();
        match ranking(&items).auroc() {
            Ok(auroc) => {
                prop_assert!((auroc + ranking(&flipped).auroc().unwrap() - 1.0).abs() < 1e-15);
                prop_assert!((auroc - ranking(&negated).auroc().unwrap()).abs() < 1e-15);
            }
            Err(_) => prop_assert!(ranking(&flipped).auroc().is_err()),
        }
    }

    #[test]
    fn the_scale_of_the_weights(items in items(), exponent in -60..60) {
        let scale = 2_f64.powi(exponent);
        let scaled: Vec<Item> =
            items.iter().map(|&(label, score, weight)| (label, score, weight * scale)).collect();
        prop_assert_eq!(weighted(&items).auroc(), weighted(&scaled).auroc());
        prop_assert_eq!(weighted(&items).average_precision(), weighted(&scaled).average_precision());
    }

    #[test]
    fn correlations_are_symmetric_and_change_sign(items in items()) {
        let x: Vec<f64> = items.iter().map(|item| item.1.into()).collect();
        let y: Vec<f64> = items.iter().map(|item| item.2).collect();
        let negated: Vec<f64> = x.iter().map(|value| -value).collect();
        for correlation in [pearson, spearman, kendall] {
            let Ok(found) = correlation(&x, &y) else { continue };
            prop_assert!((correlation(&y, &x).unwrap() - found).abs() < 1e-14);
            prop_assert!((correlation(&negated, &y).unwrap() + found).abs() < 1e-14);
        }
    }
}

#[test]
fn the_number_of_threads() {
    let n = 200_000_u64;
    let noise = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1_u64 << 53) as f64;
    let labels: Vec<bool> = (0..n).map(|i| noise(3 * i) < 0.1).collect();
    let scores: Vec<f64> =
        (0..n).map(|i| noise(3 * i + 1) + if labels[i as usize] { 0.1 } else { 0.0 }).collect();
    let scores: Vec<f64> =
        scores.iter().map(|score| if *score < 0.5 { (score * 100.0).round() } else { *score }).collect();
    let probabilities: Vec<f64> = scores.iter().map(|score| score / 100.0).collect();
    let weights: Vec<f64> = (0..n).map(|i| noise(3 * i + 2)).collect();
    let all = || {
        let ranking = Ranking::new(&labels, &scores).unwrap();
        let weighted = Ranking::weighted(&labels, &scores, &weights).unwrap();
        [
            ranking.auroc().unwrap(),
            ranking.average_precision().unwrap(),
            weighted.auroc().unwrap(),
            weighted.average_precision().unwrap(),
            brier(&labels, &probabilities).unwrap(),
            log_loss(&labels, &probabilities).unwrap(),
            weighted_log_loss(&labels, &probabilities, &weights).unwrap(),
            pearson(&scores, &weights).unwrap(),
            spearman(&scores, &weights).unwrap(),
            kendall(&scores, &weights).unwrap(),
            delong(&labels, &scores).unwrap().standard_error,
        ]
        .map(f64::to_bits)
    };
    let with_threads =
        |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all);
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        assert_eq!(with_threads(threads), one, "{threads} threads");
    }
}
