//! Windows, folds and draws against the reference, on the TargetFinder pair lists and the element sequences.

#![allow(clippy::unwrap_used, reason = "a golden file or a table that reads otherwise fails the test")]

use std::collections::HashMap;
use std::io::Read;

use ciskit_core::{Interval, Pair, Side};
use ciskit_dataset::{
    Augmentation, Balance, ChromosomeFolds, DatasetError, ElementPairs, ElementSequences, Jitter, PairSource,
    RandomFolds, Seeds, Splitter, Validation, Warning, WindowRule, row_hash, subsample_negatives,
};
use ciskit_fixtures::shared;
use ciskit_metrics::{auroc, average_precision};
use serde_json::Value;

const CELLS: [&str; 4] = ["GM12878", "HUVEC", "K562", "NHEK"];

fn json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(shared(path)).unwrap()).unwrap()
}

fn gunzipped(path: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(shared(path)).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// The columns of a table with a header line, without it.
fn rows(table: &str, separator: char) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|line| line.split(separator).collect()).collect()
}

fn interval(name: &str) -> Interval {
    let (contig, positions) = name.split_once('|').unwrap().1.split_once(':').unwrap();
    let (start, end) = positions.split_once('-').unwrap();
    Interval::new(contig, start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn target_finder(cell: &str) -> Vec<Pair> {
    let table = gunzipped(&format!("data/targetfinder/{cell}.predictions-gbm.csv.gz"));
    let pair = |row: Vec<&str>| {
        let mut pair = Pair::new(interval(row[0]), interval(row[1])).with_label(row[2] == "1");
        pair.enhancer.name = Some(row[0].into());
        pair.promoter.name = Some(row[1].into());
        pair
    };
    rows(&table, ',').into_iter().map(pair).collect()
}

fn elements(cell: &str, enhancer_len: usize, promoter_len: usize) -> ElementPairs {
    let sequences = |side: Side| {
        let fasta = gunzipped(&format!("data/elements/{cell}.{side}s.fa.gz"));
        let records = fasta.split('>').skip(1).map(|record| {
            let (name, bases) = record.split_once('\n').unwrap();
            (name.to_owned(), bases.bytes().filter(|base| !base.is_ascii_whitespace()).collect())
        });
        ElementSequences::new(side, records).unwrap()
    };
    let table = gunzipped(&format!("data/elements/{cell}.pairs.tsv.gz"));
    let rows = rows(&table, '\t').into_iter().map(|row| (row[1], row[2], Some(row[3] == "1")));
    let (enhancers, promoters) = (sequences(Side::Enhancer), sequences(Side::Promoter));
    ElementPairs::new(enhancers, enhancer_len, promoters, promoter_len, rows).unwrap()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn windows_are_the_published_ones() {
    let golden = json("golden/epi/windows.json");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 45);
    for case in cases {
        let element =
            Interval::new("chr1", case["start"].as_u64().unwrap(), case["end"].as_u64().unwrap()).unwrap();
        let rule = WindowRule::new(case["length"].as_u64().unwrap() as usize);
        let jitter = case["jitter"].as_i64().unwrap_or(0);
        let window = rule.place(&element, case["chrom_size"].as_u64().unwrap(), jitter).unwrap();
        let bounds = case["window"].as_array().unwrap();
        let expected = bounds[0].as_i64().unwrap()..bounds[1].as_i64().unwrap();
        assert_eq!(window, expected, "{case}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn row_hashes_are_the_published_ones() {
    let golden = json("golden/epi/dataset_baselines.json");
    let examples = golden["splitmix_examples"].as_object().unwrap();
    assert_eq!(examples.len(), 4);
    for (call, expected) in examples {
        let (seed, row) = call[2..call.len() - 1].split_once(',').unwrap();
        let found = row_hash(seed.parse().unwrap(), row.parse().unwrap());
        assert_eq!(Some(found.to_string().as_str()), expected.as_str(), "{call}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn chromosome_folds_hold_the_published_numbers_of_pairs() {
    let golden = json("golden/epi/dataset_baselines.json");
    for cell in CELLS {
        let pairs = target_finder(cell);
        let split = ChromosomeFolds::eight().split(&pairs).unwrap();
        let balance = Balance::of(&pairs, &split);
        assert_eq!(balance.warnings(), [], "{cell}");
        balance.check().unwrap();
        let tests: Vec<_> = balance.rows.iter().skip(2).step_by(3).collect();
        let counts = |key: &str| -> Vec<usize> {
            let counts = golden["cell_lines"][cell][key].as_array().unwrap();
            counts.iter().map(|count| count.as_u64().unwrap() as usize).collect()
        };
        let found: Vec<usize> = tests.iter().map(|row| row.positives).collect();
        assert_eq!(found, counts("fold_positives"), "{cell}");
        let found: Vec<usize> = tests.iter().map(|row| row.negatives).collect();
        assert_eq!(found, counts("fold_negatives"), "{cell}");
        // Whole chromosomes: no element occurs in two folds.
        let unique = &golden["cell_lines"][cell]["unique"];
        let enhancers: usize = tests.iter().map(|row| row.enhancers).sum();
        let promoters: usize = tests.iter().map(|row| row.promoters).sum();
        assert_eq!(Some(enhancers as u64), unique["enhancers_all"].as_u64(), "{cell}");
        assert_eq!(Some(promoters as u64), unique["promoters_all"].as_u64(), "{cell}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn random_folds_hold_the_published_numbers_of_pairs() {
    let golden = json("golden/epi/dataset_baselines.json");
    for cell in CELLS {
        let pairs = target_finder(cell);
        let split = RandomFolds::new(10, 0).validation(Validation::None).split(&pairs).unwrap();
        let sizes = golden["cell_lines"][cell]["propensity_random_10_fold"]["fold_sizes"].as_array().unwrap();
        let expected: Vec<u64> = sizes.iter().map(|size| size.as_u64().unwrap()).collect();
        let found: Vec<u64> = split.folds.iter().map(|fold| fold.test.len() as u64).collect();
        assert_eq!(found, expected, "{cell}");
        assert!(matches!(Balance::of(&pairs, &split).warnings()[..], [Warning::Leaky { .. }]));
    }
}

/// How often a pair's promoter occurs in the subsampled test set separates the classes; the figures hold for
/// these folds and these negatives only.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn subsampled_test_sets_give_the_published_promoter_counts() {
    let golden = json("golden/epi/dataset_baselines.json");
    for cell in CELLS {
        let pairs = target_finder(cell);
        let split = ChromosomeFolds::eight().split(&pairs).unwrap();
        for (ratio, per_positive) in [("1:1", 1), ("1:10", 10), ("all", usize::MAX)] {
            let expected = &golden["cell_lines"][cell]["promoter_count_chromosome_8_fold"][ratio];
            let (mut sums, mut draws) = ([0.0, 0.0], 0.0);
            for seed in 0..5 {
                for fold in &split.folds {
                    let test = subsample_negatives(&pairs, &fold.test, per_positive, seed);
                    let mut counts = HashMap::new();
                    let promoter = |pair: &usize| pairs[*pair].promoter.key();
                    test.iter().for_each(|pair| *counts.entry(promoter(pair)).or_insert(0.0) += 1.0);
                    let scores: Vec<f64> = test.iter().map(|pair| counts[&promoter(pair)]).collect();
                    let labels: Vec<bool> = test.iter().map(|pair| pairs[*pair].label.unwrap()).collect();
                    sums[0] += auroc(&labels, &scores).unwrap();
                    sums[1] += average_precision(&labels, &scores).unwrap();
                    draws += 1.0;
                }
            }
            for (sum, key) in sums.into_iter().zip(["auroc", "average_precision"]) {
                let expected = expected[key].as_f64().unwrap();
                assert!(
                    (sum / draws - expected).abs() < 1e-12,
                    "{cell} {ratio} {key}: {} {expected}",
                    sum / draws
                );
            }
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_published_training_set_is_about_balanced() {
    let pairs = target_finder("GM12878");
    let split = ChromosomeFolds::eight().validation(Validation::None).split(&pairs).unwrap();
    let fold = &split.folds[0];
    let examples = Augmentation::paper().examples(&pairs, fold, Seeds::of_fold(1234, 0), 0).unwrap();
    let positives = examples.iter().filter(|example| pairs[example.pair].label == Some(true)).count();
    assert_eq!((positives, examples.len()), (10 * (2_113 - 437), 20 * (2_113 - 437)));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn element_sequences_train_on_all_eight_folds() {
    let source = elements("NHEK", 3_000, 2_000);
    let labels: Vec<bool> = source.pairs().iter().map(|pair| pair.label.unwrap()).collect();
    let positives = labels.iter().filter(|label| **label).count();
    assert_eq!((positives, labels.len() - positives), (1_283, 910));
    let split = ChromosomeFolds::eight().split(source.pairs()).unwrap();
    Balance::of(source.pairs(), &split).check().unwrap();

    let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
    for pair in 0..source.len() {
        source.fetch(pair, Jitter { enhancer: -100, promoter: 99 }, &mut enhancer, &mut promoter).unwrap();
        assert_eq!((enhancer.len(), promoter.len()), (3_000, 2_000));
        assert!(enhancer.iter().any(|base| *base != b'N') && promoter.iter().any(|base| *base != b'N'));
    }
    // The first row: an enhancer of 200 bp, 1,400 unknown bases on either side.
    source.fetch(0, Jitter::CENTRED, &mut enhancer, &mut promoter).unwrap();
    let known = enhancer.iter().position(|base| *base != b'N').unwrap()..;
    assert_eq!(known.start, 1_400);
    assert_eq!(enhancer[1_400..1_420], *b"CACTGGCACGCACAGGTGCC");
    assert_eq!(enhancer[1_600..], [b'N'; 1_400]);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_small_line_has_folds_that_cannot_be_trained_on_alone() {
    let source = elements("K562", 1_000, 1_000);
    let single = ChromosomeFolds::new((1..=22).map(|n| [format!("chr{n}")])).unwrap();
    let balance = Balance::of(source.pairs(), &single.split(source.pairs()).unwrap());
    assert!(balance.warnings().iter().any(|warning| matches!(warning, Warning::NoNegatives { .. })));
    assert!(matches!(
        balance.check(),
        Err(DatasetError::NoNegatives { .. } | DatasetError::NoPositives { .. })
    ));
}
