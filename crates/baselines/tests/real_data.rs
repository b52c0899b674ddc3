//! The baselines on NHEK's elements and on its pair list, under the published folds.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that fails on data that read otherwise"
)]

use std::collections::HashMap;
use std::time::Instant;

use ciskit_baselines::Baselines;
use ciskit_core::{Pair, Side};
use ciskit_dataset::{
    ChromosomeFolds, DatasetError, ElementPairs, ElementSequences, Jitter, PairSource, RandomFolds, Splitter,
    Validation,
};
use ciskit_fixtures::shared;
use ciskit_metrics::{auroc, average_precision};
use ciskit_seqio::{ElementPairReader, TargetFinderReader, read_fasta};

/// The elements of a cell line, padded with N around their centres.
fn elements(cell: &str) -> ElementPairs {
    let sequences = |side, file: &str| {
        let records = read_fasta(shared(&format!("data/elements/{cell}.{file}.fa.gz"))).unwrap();
        let records = records.into_iter().map(|record| (record.name, record.sequence));
        ElementSequences::new(side, records).unwrap()
    };
    let rows = ElementPairReader::open(shared(&format!("data/elements/{cell}.pairs.tsv.gz"))).unwrap();
    let rows = rows.map(|row| row.map(|pair| (pair.enhancer, pair.promoter, pair.label)).unwrap());
    let (enhancers, promoters) =
        (sequences(Side::Enhancer, "enhancers"), sequences(Side::Promoter, "promoters"));
    ElementPairs::new(enhancers, 3000, promoters, 2000, rows).unwrap()
}

/// The pair list of a cell line, whose windows nobody reads.
struct Coordinates(Vec<Pair>);

impl PairSource for Coordinates {
    fn pairs(&self) -> &[Pair] {
        &self.0
    }

    fn window_len(&self, _: Side) -> usize {
        1
    }

    fn fetch(&self, pair: usize, _: Jitter, _: &mut Vec<u8>, _: &mut Vec<u8>) -> Result<(), DatasetError> {
        panic!("the window of pair {pair} was read")
    }
}

/// Mean AUROC and average precision over the folds of these baselines, validation pairs trained on.
fn means(
    source: &dyn PairSource,
    splitter: &dyn Splitter,
    names: &[&'static str],
) -> HashMap<&'static str, [f64; 2]> {
    let split = splitter.split(source.pairs()).unwrap();
    let of_baseline = |name: &&'static str| {
        let started = Instant::now();
        let baseline = Baselines::named(name).unwrap();
        let mut sums = [0.0; 2];
        for fold in &split.folds {
            let fitted = baseline.fit(source, &fold.train, 7).unwrap();
            let scores = fitted.score(source, &fold.test).unwrap();
            let labels: Vec<bool> =
                fold.test.iter().map(|row| source.pairs()[*row].label == Some(true)).collect();
            sums[0] += auroc(&labels, &scores).unwrap();
            sums[1] += average_precision(&labels, &scores).unwrap();
        }
        let means = sums.map(|sum| sum / split.folds.len() as f64);
        println!("{name:26} AUROC {:.3} AP {:.3} in {:.1?}", means[0], means[1], started.elapsed());
        (*name, means)
    };
    names.iter().map(of_baseline).collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn elements_under_chromosome_folds() {
    let source = elements("NHEK");
    assert_eq!(source.len(), 1283 + 910);
    let folds = ChromosomeFolds::eight().validation(Validation::None);
    let found = means(&source, &folds, Baselines::names());
    let auroc = |name: &str| found[name][0];
    assert!((0.80..0.90).contains(&auroc("distance")), "{}", auroc("distance"));
    assert!(auroc("trees") > auroc("distance"), "{}", auroc("trees"));
    // The words of the bare elements tell nothing of who is paired with whom.
    assert!((0.4..0.6).contains(&auroc("kmer")), "{}", auroc("kmer"));
    // No element is known again.
    for name in
        Baselines::names().iter().filter(|name| name.contains("propensity") || name.contains("degree"))
    {
        if !name.starts_with("trees") {
            assert_eq!(auroc(name), 0.5, "{name}");
        }
    }
    assert_eq!(auroc("prevalence"), 0.5);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn propensity_and_counts_have_the_published_scores() {
    let path = shared("data/targetfinder/NHEK.predictions-gbm.csv.gz");
    let pairs = TargetFinderReader::open(path).unwrap().map(|record| record.unwrap().pair);
    let source = Coordinates(pairs.collect());
    let three = |of: [f64; 2]| of.map(|mean| format!("{mean:.3}"));

    let random = RandomFolds::new(10, 0).validation(Validation::None);
    let found = means(&source, &random, &["propensity", "promoter-propensity"]);
    assert_eq!(three(found["propensity"]), ["0.959", "0.619"]);
    assert_eq!(three(found["promoter-propensity"]), ["0.957", "0.553"]);

    let folds = ChromosomeFolds::eight().validation(Validation::None);
    let found = means(&source, &folds, &["promoter-count", "propensity"]);
    assert_eq!(three(found["promoter-count"]), ["0.774", "0.175"]);
    assert_eq!(found["propensity"][0], 0.5);
}
