//! The rules on a published list, against the protocol's table of what needs no biology.

#![allow(clippy::unwrap_used, reason = "a table that reads otherwise fails the test")]

use std::io::Read;

use ciskit_compare::{CompareConfig, Comparison, TestRatio};
use ciskit_core::{Interval, Pair};
use ciskit_dataset::{Audit, AuditConfig, ChromosomeFolds, Splitter, Verdict};

fn interval(name: &str) -> Interval {
    let (contig, positions) = name.split_once('|').unwrap().1.split_once(':').unwrap();
    let (start, end) = positions.split_once('-').unwrap();
    Interval::new(contig, start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn nhek() -> Vec<Pair> {
    let path = ciskit_fixtures::shared("data/targetfinder/NHEK.predictions-gbm.csv.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let pair = |line: &str| {
        let row: Vec<&str> = line.split(',').collect();
        let mut pair = Pair::new(interval(row[0]), interval(row[1])).with_label(row[2] == "1");
        (pair.enhancer.name, pair.promoter.name) = (Some(row[0].into()), Some(row[1].into()));
        pair
    };
    text.lines().skip(1).map(pair).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn rules_reach_what_the_protocol_says() {
    let pairs = nhek();
    let split = ChromosomeFolds::eight().split(&pairs).unwrap();
    let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None).unwrap();
    let config = CompareConfig { reference: "prevalence".into(), ..CompareConfig::default() };
    let comparison = Comparison::of(&pairs, &split, &audit, &[], &config).unwrap();
    let close = |found: Option<f64>, expected: f64, by: f64| {
        assert!((found.unwrap() - expected).abs() <= by, "{found:?}, expected {expected}");
    };
    let measured = |model, ratio| &comparison.result(model, ratio).unwrap().measured;
    // All negatives: no draw is involved.
    let count = measured("promoter-count", TestRatio::All);
    close(count.auroc.mean, 0.774, 0.0005);
    close(count.average_precision.mean, 0.175, 0.0005);
    let distance = measured("distance", TestRatio::All);
    close(distance.auroc.pooled, 0.508, 0.0005);
    close(distance.average_precision.pooled, 0.046, 0.0005);
    // Another draw of the negatives than the table's.
    for (ratio, auroc, average_precision) in [(1, 0.939, 0.919), (10, 0.855, 0.430)] {
        let count = measured("promoter-count", TestRatio::PerPositive(ratio));
        close(count.auroc.mean, auroc, 0.01);
        close(count.average_precision.mean, average_precision, 0.03);
        let [low, high] = count.auroc.interval.unwrap();
        assert!(low > 0.5 && low < count.auroc.mean.unwrap() && count.auroc.mean.unwrap() < high);
    }
    assert_eq!(comparison.findings[0].verdict, Verdict::Solved);
    assert!(comparison.shortages.is_empty());
    println!("{}", comparison.ranking_table(TestRatio::PerPositive(1)).to_text());
}
