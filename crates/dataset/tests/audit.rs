//! The audit against the reference: every published number of the pair lists comes out.

#![allow(clippy::unwrap_used, reason = "a golden file or a table that reads otherwise fails the test")]

use std::io::Read;

use ciskit_core::{Interval, Pair, Side};
use ciskit_dataset::{
    Audit, AuditBaseline, AuditConfig, ChromosomeFolds, ElementPairs, ElementSequences, PairSource,
    RandomFolds, Splitter, Validation, Verdict,
};
use ciskit_fixtures::shared;
use serde_json::Value;

const CELLS: [&str; 4] = ["GM12878", "HUVEC", "K562", "NHEK"];

fn golden() -> Value {
    let path = shared("golden/epi/dataset_baselines.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn gunzipped(path: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(shared(path)).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn rows(table: &str, separator: char) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(move |line| line.split(separator).collect())
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
    rows(&table, ',').map(pair).collect()
}

/// The audit under the published chromosome folds.
fn audit(pairs: &[Pair], sequences: Option<&dyn PairSource>) -> Audit {
    let split = ChromosomeFolds::eight().split(pairs).unwrap();
    Audit::of(pairs, &split, &AuditConfig::default(), sequences).unwrap()
}

#[track_caller]
fn same(found: Option<f64>, expected: &Value, what: &str) {
    let (found, expected) = (found.expect(what), expected.as_f64().expect(what));
    assert!((found - expected).abs() < 1e-9, "{what}: {found}, expected {expected}");
}

/// Three decimals, as the published table has them.
#[track_caller]
fn published(baseline: &AuditBaseline, auroc: &str, average_precision: &str, cell: &str) {
    let shown = |value: Option<f64>| format!("{:.3}", value.unwrap());
    let found = [shown(baseline.auroc), shown(baseline.average_precision)];
    assert_eq!(found, [auroc, average_precision], "{cell} {} {}", baseline.name, baseline.list());
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn counts_have_the_published_scores_in_every_fold() {
    let golden = golden();
    for cell in CELLS {
        let audit = audit(&target_finder(cell), None);
        for side in ["promoter", "enhancer"] {
            for (list, ratio) in [("1:1", Some(1)), ("1:10", Some(10)), ("all", None)] {
                let key = format!("{side}_count_chromosome_8_fold");
                let expected = &golden["cell_lines"][cell][key][list];
                let what = format!("{cell} {side} count {list}");
                let found = audit.baseline(&format!("{side} count"), ratio).unwrap();
                assert!(found.transductive, "{what}");
                assert_eq!(found.draws.len(), if ratio.is_some() { 5 } else { 1 }, "{what}");
                same(found.auroc, &expected["auroc"], &what);
                same(found.average_precision, &expected["average_precision"], &what);
                let folds = expected["first_seed_auroc_folds"].as_array().unwrap();
                assert_eq!(found.draws[0].folds.len(), folds.len());
                for (fold, expected) in found.draws[0].folds.iter().zip(folds) {
                    same(fold.auroc, expected, &format!("{what} fold {}", fold.fold));
                }
            }
        }
        let one = audit.baseline("promoter count", Some(1)).unwrap();
        let ten = audit.baseline("promoter count", Some(10)).unwrap();
        let all = audit.baseline("promoter count", None).unwrap();
        let published_counts = match cell {
            "GM12878" => [("0.885", "0.860"), ("0.749", "0.289"), ("0.664", "0.129")],
            "HUVEC" => [("0.885", "0.864"), ("0.777", "0.324"), ("0.696", "0.134")],
            "K562" => [("0.892", "0.872"), ("0.768", "0.328"), ("0.689", "0.154")],
            _ => [("0.939", "0.919"), ("0.855", "0.430"), ("0.774", "0.175")],
        };
        for (baseline, (auroc, precision)) in [one, ten, all].into_iter().zip(published_counts) {
            published(baseline, auroc, precision, cell);
        }
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn propensity_and_distance_have_the_published_scores() {
    let golden = golden();
    for cell in CELLS {
        let pairs = target_finder(cell);
        let expected = &golden["cell_lines"][cell];
        let audit = audit(&pairs, None);
        let [both, promoter] = ["propensity", "promoter propensity"]
            .map(|name| audit.at_random.iter().find(|baseline| baseline.name == name).unwrap());
        let of_both = &expected["propensity_random_10_fold"];
        same(both.auroc, &of_both["auroc"], cell);
        same(both.average_precision, &of_both["average_precision"], cell);
        let folds = of_both["auroc_folds"].as_array().unwrap();
        for (fold, expected) in both.draws[0].folds.iter().zip(folds) {
            same(fold.auroc, expected, &format!("{cell} {}", fold.fold));
        }
        for (fold, size) in both.draws[0].folds.iter().zip(of_both["fold_sizes"].as_array().unwrap()) {
            assert_eq!(Some(fold.pairs as u64), size.as_u64());
        }
        let of_promoter = &expected["promoter_propensity_only_random_10_fold"];
        same(promoter.auroc, &of_promoter["auroc"], cell);
        same(promoter.average_precision, &of_promoter["average_precision"], cell);
        let (both_published, promoter_published) = match cell {
            "GM12878" => (("0.927", "0.546"), ("0.915", "0.430")),
            "HUVEC" => (("0.925", "0.552"), ("0.917", "0.445")),
            "K562" => (("0.933", "0.584"), ("0.927", "0.465")),
            _ => (("0.959", "0.619"), ("0.957", "0.553")),
        };
        published(both, both_published.0, both_published.1, cell);
        published(promoter, promoter_published.0, promoter_published.1, cell);

        let distance = audit.baseline("distance", None).unwrap().whole_list.as_ref().unwrap();
        assert_eq!(distance.pairs, pairs.len());
        same(distance.auroc, &expected["distance"]["auroc"], cell);
        same(distance.average_precision, &expected["distance"]["average_precision"], cell);

        // Whole chromosomes: what training knows of an element says nothing about any test pair.
        let chromosome = audit.baseline("propensity", None).unwrap();
        assert!(chromosome.draws[0].folds.iter().all(|fold| fold.auroc == Some(0.5)), "{cell}");
    }
}

/// Whatever validates, training labels of a random split give the test away.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn a_random_split_is_solved_by_training_labels() {
    let pairs = target_finder("NHEK");
    let splitter = RandomFolds::new(10, 0);
    let audits = [Validation::None, Validation::NextFold].map(|validation| {
        let split = splitter.validation(validation).split(&pairs).unwrap();
        Audit::of(&pairs, &split, &AuditConfig::default(), None).unwrap()
    });
    assert_eq!(audits[0].baselines, audits[1].baselines);
    assert_eq!(audits[0].sharing, audits[1].sharing);
    let under_the_split = audits[0].baseline("propensity", None).unwrap();
    assert_eq!(Some(under_the_split), audits[0].at_random.iter().find(|b| b.name == "propensity"));
    let finding = audits[0].findings.iter().find(|finding| finding.check == "propensity").unwrap();
    assert_eq!(finding.verdict, Verdict::Solved);
    assert!(audits[0].sharing.iter().all(|fold| fold.touched() > 0.9));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn elements_have_the_published_counts_and_overlaps() {
    let golden = golden();
    for cell in CELLS {
        let expected = &golden["cell_lines"][cell];
        let audit = audit(&target_finder(cell), None);
        let composition = &audit.composition;
        let number = |value: &Value| value.as_u64().unwrap() as usize;
        assert_eq!(composition.pairs, number(&expected["pairs"]));
        assert_eq!(composition.positives, number(&expected["positives"]));
        assert_eq!(composition.trans, number(&expected["chromosomes_differ"]));
        let (unique, negatives) = (&expected["unique"], &expected["negatives"]);
        assert_eq!(composition.enhancers.elements, number(&unique["enhancers_all"]));
        assert_eq!(composition.promoters.elements, number(&unique["promoters_all"]));
        assert_eq!(composition.enhancers.of_positives, number(&unique["enhancers_of_positives"]));
        assert_eq!(composition.promoters.of_positives, number(&unique["promoters_of_positives"]));
        let found = [
            composition.negatives_with_enhancer_of_positive,
            composition.negatives_with_promoter_of_positive,
            composition.negatives_with_both,
        ];
        let keys = ["with_an_enhancer_of_a_positive", "with_a_promoter_of_a_positive", "with_both"];
        assert_eq!(found, keys.map(|key| number(&negatives[key])), "{cell}");
        assert_eq!((composition.repeated_rows, composition.contradictory_pairs), (0, 0), "{cell}");

        let (overlap, figure) = (&audit.promoter_overlap, &expected["enhancer_overlap_ratio"]);
        assert_eq!(overlap.overlapping, number(&figure["overlapping"]), "{cell}");
        assert_eq!(overlap.positives, number(&figure["total"]), "{cell}");
        assert_eq!(overlap.promoters, number(&figure["promoters"]), "{cell}");
        assert_eq!(overlap.promoters_with_one_enhancer, number(&figure["promoters_with_one_enhancer"]));
        same(overlap.ratio(), &figure["ratio"], cell);
        let percent = format!("{:.0}", 100.0 * overlap.ratio().unwrap());
        let in_the_paper = match cell {
            "GM12878" => "79",
            "HUVEC" => "57",
            "K562" => "71",
            _ => "81",
        };
        assert_eq!(percent, in_the_paper, "{cell}");

        assert!(audit.moved_negatives.share() < 0.01, "{cell}");
        let finding = audit.findings.iter().find(|finding| finding.check == "recombined negatives").unwrap();
        assert_eq!(finding.verdict, Verdict::Caution, "{cell}: {finding}");
        assert_eq!(audit.verdict, Verdict::Solved, "{cell}");
        assert!(audit.sharing.iter().all(|fold| fold.touched_pairs == 0), "{cell}");
    }
}

/// The windows of the published ChIA-PET list: shifted negatives, so that their places alone are the labels.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn shifted_negatives_are_found_by_their_windows() {
    let table = gunzipped("data/chiapet/HelaS3_Pol2.pair_intra.csv.gz");
    let pair = |row: Vec<&str>| {
        let at = |i: usize| Interval::new(row[i], row[i + 1].parse().unwrap(), row[i + 2].parse().unwrap());
        Pair::new(at(0).unwrap(), at(4).unwrap()).with_label(row[8] == "1")
    };
    let pairs: Vec<Pair> = rows(&table, ',').map(pair).collect();
    let (audit, golden) = (audit(&pairs, None), golden());
    let expected = &golden["chiapet"]["Helas3Pol2"];
    assert_eq!(Some(audit.composition.pairs as u64), expected["pairs"].as_u64());
    let positives = expected["fold_positives"].as_array().unwrap();
    for (name, key) in [("window count", "window_count"), ("window neighbours", "window_neighbours")] {
        let found = audit.baseline(name, None).unwrap();
        same(found.auroc, &expected[key]["auroc"], name);
        same(found.average_precision, &expected[key]["average_precision"], name);
        let of_folds = found.draws[0].folds.iter().map(|fold| fold.positives as u64);
        assert!(of_folds.eq(positives.iter().map(|count| count.as_u64().unwrap())));
    }
    published(audit.baseline("window count", None).unwrap(), "0.748", "0.332", "HeLa-S3");
    published(audit.baseline("window neighbours", None).unwrap(), "1.000", "1.000", "HeLa-S3");
    let distance = &audit.classes[0].positives;
    let median = expected["distance_of_positives"]["median"].as_f64();
    assert_eq!((audit.classes[0].feature.as_str(), distance.median), ("distance", median));
    assert_eq!(audit.findings[0].check, "window neighbours");
    assert_eq!((audit.moved_negatives.distance, audit.moved_negatives.shift), (Some(2_000), 2_000));
    assert_eq!(audit.moved_negatives.share(), 1.0);
    assert_eq!(audit.verdict, Verdict::Solved);
}

fn elements(cell: &str) -> ElementPairs {
    let sequences = |side: Side| {
        let fasta = gunzipped(&format!("data/elements/{cell}.{side}s.fa.gz"));
        let records = fasta.split('>').skip(1).map(|record| {
            let (name, bases) = record.split_once('\n').unwrap();
            (name.to_owned(), bases.bytes().filter(|base| !base.is_ascii_whitespace()).collect())
        });
        ElementSequences::new(side, records).unwrap()
    };
    let table = gunzipped(&format!("data/elements/{cell}.pairs.tsv.gz"));
    let rows = rows(&table, '\t').map(|row| (row[1], row[2], Some(row[3] == "1")));
    ElementPairs::new(sequences(Side::Enhancer), 3_000, sequences(Side::Promoter), 2_000, rows).unwrap()
}

/// K562's elements differ in length between the classes, so that unknown bases tell something of the label.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn padding_tells_labels_where_lengths_are_not_matched() {
    let source = elements("K562");
    let audit = audit(source.pairs(), Some(&source));
    // AUROC over the whole list, computed by a second implementation in another language.
    for (name, expected) in [("padding", 0.643_915_661_880_346), ("distance", 0.537_163_242_082_113)] {
        let found = audit.baseline(name, None).unwrap().whole_list.as_ref().unwrap().auroc.unwrap();
        assert!((found - expected).abs() < 1e-9, "{name}: {found}");
    }
    for side in ["enhancer", "promoter"] {
        let check = format!("matching of {side} padding");
        let finding = audit.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!(finding.verdict, Verdict::Caution, "{finding}");
    }
}

/// Where distance was not matched, it gives the labels away; unknown bases show an element's length, but these lists
/// are matched in length.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn element_lists_are_solved_by_distance_and_matched_in_padding() {
    // AUROC over the whole list, computed by a second implementation in another language.
    let expected = [
        ("NHEK", 0.8501147722114207, 0.5014868996942262, 315),
        ("IMR90", 0.8910675381263616, 0.5044664717602426, 331),
        ("GM12878", 0.872416055266963, 0.5341435495099877, 93),
    ];
    for (cell, distance, padding, repeated) in expected {
        let source = elements(cell);
        let audit = audit(source.pairs(), Some(&source));
        for (name, expected) in [("distance", distance), ("padding", padding)] {
            let found = audit.baseline(name, None).unwrap().whole_list.as_ref().unwrap().auroc.unwrap();
            assert!((found - expected).abs() < 1e-9, "{cell} {name}: {found}");
        }
        let verdict = |check: &str| audit.findings.iter().find(|f| f.check == check).unwrap().verdict;
        assert_eq!(verdict("distance"), Verdict::Solved, "{cell}");
        assert_eq!(verdict("matching of distance"), Verdict::Caution, "{cell}");
        assert_eq!(verdict("padding"), Verdict::Ok, "{cell}");
        assert_eq!(audit.composition.repeated_rows, repeated, "{cell}");
        assert!(audit.skipped.is_empty() && audit.similarity.is_some());
    }
}
