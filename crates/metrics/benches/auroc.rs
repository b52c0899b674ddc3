//! Five million scores, half of them tied: one in ten is a positive and 0.3 higher on average, and every
//! other score is rounded to three decimals.

use ciskit_metrics::{Ranking, auroc, average_precision, pearson};
use criterion::{Criterion, criterion_group, criterion_main};

const ITEMS: usize = 5_000_000;

/// A uniform number in [0, 1) for each counter value (SplitMix64).
fn uniform(counter: u64) -> f64 {
    let mut bits = counter.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn five_million() -> (Vec<bool>, Vec<f64>) {
    let labels: Vec<bool> = (0..ITEMS).map(|i| uniform(2 * i as u64) < 0.1).collect();
    let score = |(i, &label): (usize, &bool)| {
        let score = uniform(2 * i as u64 + 1) + if label { 0.3 } else { 0.0 };
        if i % 2 == 0 { (score * 1000.0).round() / 1000.0 } else { score }
    };
    let scores = labels.iter().enumerate().map(score).collect();
    (labels, scores)
}

fn five_million_scores(criterion: &mut Criterion) {
    let (labels, scores) = five_million();
    let narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
    let reversed: Vec<f64> = scores.iter().rev().copied().collect();
    let weights = vec![0.5; ITEMS];
    let mut group = criterion.benchmark_group("five million scores");
    group.sample_size(20);
    group.bench_function("auroc f64", |bencher| bencher.iter(|| auroc(&labels, &scores)));
    group.bench_function("auroc f32", |bencher| bencher.iter(|| auroc(&labels, &narrow)));
    group.bench_function("average precision f64", |bencher| {
        bencher.iter(|| average_precision(&labels, &scores))
    });
    group.bench_function("pearson f64", |bencher| bencher.iter(|| pearson(&scores, &reversed)));
    group.sample_size(10);
    group.bench_function("auroc weighted", |bencher| {
        bencher.iter(|| Ranking::weighted(&labels, &scores, &weights).and_then(|ranking| ranking.auroc()));
    });
    group.finish();
}

criterion_group!(benches, five_million_scores);
criterion_main!(benches);
