//! Intervals of resampled items and blocks: against the theory, the definition, and themselves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_metrics::*;

fn noise(i: u64) -> f64 {
    let mut bits = i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Labels, and a score that knows something of them.
fn items(n: u64, shift: f64) -> (Vec<bool>, Vec<f64>) {
    let labels: Vec<bool> = (0..n).map(|i| noise(2 * i) < 0.3).collect();
    let scores = (0..n).map(|i| noise(2 * i + 1) + if labels[i as usize] { shift } else { 0.0 }).collect();
    (labels, scores)
}

fn mean(_: &[bool], scores: &[f64]) -> Result<f64, MetricError> {
    Ok(scores.iter().sum::<f64>() / scores.len() as f64)
}

#[test]
fn an_interval_of_items_is_as_wide_as_delong_says() {
    let (labels, scores) = items(1000, 0.2);
    let theory = delong(&labels, &scores).unwrap();
    let found = Bootstrap::new(3).resamples(2000).interval(&labels, &scores, auroc).unwrap();
    assert!((found.estimate - theory.auroc).abs() < 1e-15);
    assert_eq!((found.used, found.left_out), (2000, 0));
    for (limit, side) in [(found.lower, -1.0), (found.upper, 1.0)] {
        let expected = theory.auroc + side * 1.96 * theory.standard_error;
        assert!((limit - expected).abs() < 0.25 * theory.standard_error, "{found:?}, {theory:?}");
    }
    let wider = Bootstrap::new(3).resamples(2000).confidence(0.99).interval(&labels, &scores, auroc).unwrap();
    assert!(wider.lower < found.lower && found.upper < wider.upper);
}

#[test]
fn classes_keep_their_sizes_and_blocks_their_items() {
    let (labels, scores) = items(90, 0.2);
    let positives = labels.iter().filter(|&&label| label).count();
    let sizes = |labels: &[bool], scores: &[f64]| {
        assert_eq!((labels.len(), scores.len()), (90, 90));
        assert_eq!(labels.iter().filter(|&&label| label).count(), positives);
        mean(labels, scores)
    };
    Bootstrap::new(0).resamples(50).interval(&labels, &scores, sizes).unwrap();

    // Each item's score is its number, each block nine items that are not neighbours.
    let numbers: Vec<f64> = (0..90).map(f64::from).collect();
    let blocks: Vec<usize> = (0..90).map(|i| i % 10).collect();
    let whole = |_: &[bool], scores: &[f64]| {
        for block in 0..10 {
            let counts: Vec<usize> = (0..9)
                .map(|i| scores.iter().filter(|&&score| score as usize == 10 * i + block).count())
                .collect();
            assert!(counts.iter().all(|&count| count == counts[0]), "block {block}: {counts:?}");
        }
        mean(&[], scores)
    };
    Bootstrap::new(0).resamples(50).block_interval(&labels, &numbers, &blocks, whole).unwrap();
}

#[test]
fn blocks_of_dependent_items_make_wider_intervals() {
    let block_means: Vec<f64> = (0..40).map(noise).collect();
    let scores: Vec<f64> = (0..1000).map(|i| block_means[i / 25]).collect();
    let (labels, blocks) = (vec![true; 1000], (0..1000).map(|i| i / 25).collect::<Vec<usize>>());
    let width = |found: BootstrapInterval| found.upper - found.lower;
    let by_items = width(Bootstrap::new(1).interval(&labels, &scores, mean).unwrap());
    let by_blocks = width(Bootstrap::new(1).block_interval(&labels, &scores, &blocks, mean).unwrap());
    // 25 items that are the same count as one: five times as wide.
    assert!((by_blocks / by_items - 5.0).abs() < 0.6, "{by_blocks} and {by_items}");
}

#[test]
fn limits_are_the_quantiles_of_all_resamples() {
    // Two blocks: the mean of a resample is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4.
    let found = |confidence| {
        let bootstrap = Bootstrap::new(9).resamples(4000).confidence(confidence);
        let found = bootstrap.block_interval(&[true; 2], &[0.0, 1.0], &["a", "b"], mean).unwrap();
        (found.lower, found.upper)
    };
    assert_eq!(found(0.6), (0.0, 1.0));
    assert_eq!(found(0.4), (0.5, 0.5));
}

#[test]
fn two_scores_get_the_same_items() {
    let (labels, scores) = items(400, 0.3);
    let blocks: Vec<u64> = (0..400).map(|i| i / 10).collect();
    let bootstrap = Bootstrap::new(5);
    let same = bootstrap.block_difference(&labels, &scores, &scores, &blocks, auroc).unwrap();
    let (lower, upper) = (same.difference.lower, same.difference.upper);
    assert_eq!((same.difference.estimate, lower, upper, same.p_value), (0.0, 0.0, 0.0, 1.0));

    let noisy: Vec<f64> =
        scores.iter().enumerate().map(|(i, score)| score + noise(7000 + i as u64)).collect();
    let better = bootstrap.block_difference(&labels, &scores, &noisy, &blocks, auroc).unwrap();
    let worse = bootstrap.block_difference(&labels, &noisy, &scores, &blocks, auroc).unwrap();
    assert_eq!((better.first, better.second), (worse.second, worse.first));
    assert!((better.difference.lower + worse.difference.upper).abs() < 1e-12);
    assert_eq!(better.p_value, worse.p_value);
    assert!(better.difference.lower > 0.0 && better.p_value <= 0.05, "{better:?}");
    // No resample is on the other side: the smallest p-value that 1,000 resamples can give.
    let none: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(!label))).collect();
    let certain = bootstrap.block_difference(&labels, &scores, &none, &blocks, auroc).unwrap();
    assert_eq!(certain.p_value, 2.0 / 1001.0);
}

#[test]
fn resamples_of_one_class_are_left_out_and_counted() {
    // One block of three holds the positives: it is missing from 8 of 27 resamples.
    let labels = [true, true, false, false, false, false];
    let scores = [0.9, 0.2, 0.5, 0.1, 0.3, 0.4];
    let blocks = [0, 0, 1, 1, 2, 2];
    let bootstrap = Bootstrap::new(2).resamples(2700);
    let found = bootstrap.block_interval(&labels, &scores, &blocks, average_precision).unwrap();
    assert!((700..900).contains(&found.left_out), "{found:?}");
    assert_eq!(found.used + found.left_out, 2700);

    // With two blocks of one class each, half of the resamples lack one, and a few more or less.
    let (labels, blocks) = ([true, false, false, false], [0, 1, 2, 3]);
    let strict = |labels: &[bool], scores: &[f64]| {
        if labels.iter().filter(|&&label| label).count() == 1 { mean(labels, scores) } else { Ok(f64::NAN) }
    };
    let error = Bootstrap::new(2).block_interval(&labels, &scores[..4], &blocks, strict).unwrap_err();
    let what = "resamples for which the statistic is defined";
    assert!(matches!(error, MetricError::TooFew { what: w, needed: 500, .. } if w == what), "{error}");
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_others_for_another_seed() {
    let (labels, scores) = items(300, 0.2);
    let blocks: Vec<u64> = (0..300).map(|i| i / 12).collect();
    let all = |seed| {
        let bootstrap = Bootstrap::new(seed).resamples(200);
        let narrow: Vec<f64> = scores.iter().map(|score| score.powi(2).round()).collect();
        (
            bootstrap.interval(&labels, &scores, average_precision).unwrap(),
            bootstrap.block_interval(&labels, &scores, &blocks, auroc).unwrap(),
            bootstrap.block_difference(&labels, &scores, &narrow, &blocks, auroc).unwrap(),
        )
    };
    let with_threads =
        |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| all(4));
    let one = with_threads(1);
    assert_eq!(with_threads(2), one);
    assert_eq!(with_threads(5), one);
    assert_ne!(all(5).0, one.0);
}

#[test]
fn bad_input_is_refused() {
    let bootstrap = Bootstrap::new(0);
    let labels = [true, false];
    assert_eq!(bootstrap.interval::<f64>(&[], &[], auroc), Err(MetricError::Empty));
    let nan = bootstrap.interval(&labels, &[0.1, f64::NAN], auroc);
    assert!(matches!(nan, Err(MetricError::NotFinite { what: "score", index: 1, .. })));
    let one_class = bootstrap.interval(&[true, true], &[0.1, 0.2], auroc);
    assert_eq!(one_class, Err(MetricError::NoNegatives { items: 2 }));
    let lengths = MetricError::LengthMismatch { what: "blocks", expected: 2, found: 1 };
    assert_eq!(bootstrap.block_interval(&labels, &[0.1, 0.2], &[1], auroc), Err(lengths));
    let one_block = MetricError::TooFew { what: "blocks", needed: 2, found: 1 };
    assert_eq!(bootstrap.block_interval(&labels, &[0.1, 0.2], &[1, 1], auroc), Err(one_block));
    let lengths = MetricError::LengthMismatch { what: "second scores", expected: 2, found: 1 };
    assert_eq!(bootstrap.block_difference(&labels, &[0.1, 0.2], &[0.1], &[1, 2], auroc), Err(lengths));
    for bootstrap in [bootstrap.resamples(0), bootstrap.confidence(1.0), bootstrap.confidence(f64::NAN)] {
        let found = bootstrap.interval(&labels, &[0.1, 0.2], mean);
        assert!(matches!(found, Err(MetricError::Parameter { .. })), "{found:?}");
    }
    let nothing = |_: &[bool], _: &[f64]| Ok(f64::NAN);
    let found = bootstrap.interval(&labels, &[0.1, 0.2], nothing);
    assert!(matches!(found, Err(MetricError::NotFinite { what: "statistic", .. })));
}

#[test]
fn single_precision_gives_the_same_numbers() {
    let (labels, scores) = items(100, 0.2);
    let narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
    let wide: Vec<f64> = narrow.iter().copied().map(f64::from).collect();
    let bootstrap = Bootstrap::new(8).resamples(100);
    assert_eq!(bootstrap.interval(&labels, &narrow, auroc), bootstrap.interval(&labels, &wide, auroc));
}
