//! `ciskit zoo score` with a small trained model of coverage tracks: the published scores of eight variants.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ciskit_nn::{DType, weights};
use tempfile::TempDir;

use crate::binary::{read, succeed};

/// Names of the statistics here and in the fixture.
const STATISTICS: [(&str, &str); 9] = [
    ("sum", "SUM"),
    ("log-sum", "logSUM"),
    ("sqrt-sum", "sqrtSUM"),
    ("log-sed", "logSED"),
    ("d1", "D1"),
    ("d2", "D2"),
    ("log-d1", "logD1"),
    ("log-d2", "logD2"),
    ("sax", "SAX"),
];
const SIZES: [&str; 4] = ["d1", "d2", "log-d1", "log-d2"];

fn file(name: &str) -> PathBuf {
    ciskit_fixtures::shared(&format!("golden/zoo/baskerville_mini/{name}"))
}

/// Fields of a published table of targets, a row a track.
fn targets(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file(name)).expect(name);
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Columns of numbers by name.
type Columns = BTreeMap<String, Vec<f64>>;

/// The published variants scored by all statistics, of each track and with strands merged.
fn score(folder: &TempDir, vcf: &str, more: &[&str]) -> Columns {
    let [weights, genome, vcf] =
        ["model.h5", "hg38_1m.fa.gz", vcf].map(|name| file(name).display().to_string());
    let table = format!("targets={}", file("targets.tsv").display());
    let mut arguments = vec!["zoo", "score", "baskerville-mini", "--weights", &weights, "--file", &table];
    arguments.extend(["--genome", &genome, "--vcf", &vcf, "-o", "out.tsv"]);
    let merged = STATISTICS.map(|(name, _)| format!("strand-merged:of={name}"));
    for (name, merged) in STATISTICS.iter().zip(&merged) {
        arguments.extend(["--score", name.0, "--score", merged]);
    }
    arguments.extend(more);
    succeed(folder.path(), &arguments);
    let text = read(folder.path(), "out.tsv");
    let mut lines = text.lines().filter(|line| !line.starts_with("##"));
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 8);
    let numbers = header.iter().enumerate().filter_map(|(column, name)| {
        let numbers: Result<Vec<f64>, _> = rows.iter().map(|row| row[column].parse()).collect();
        Some(((*name).to_owned(), numbers.ok()?))
    });
    numbers.collect()
}

fn column<'a>(columns: &'a Columns, track: &str, score: &str) -> &'a [f64] {
    let name = format!("{track}_{}", score.replace(['-', ':', '='], "_"));
    columns.get(&name).unwrap_or_else(|| panic!("no column {name}"))
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn eight_variants_have_their_published_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let columns = score(&folder, "eqtl.vcf", &[]);
    let expected =
        weights::read(file("variant_scores.safetensors"), Some(DType::F32)).expect("scores").tensors;
    let (tracks, merged) = (targets("targets.tsv"), targets("targets_strand_merged.tsv"));
    for (name, stored) in STATISTICS {
        let expected = expected[&format!("fixture.output.{stored}")].to_vec2::<f32>().expect("scores");
        let most = expected.iter().flatten().fold(0f32, |most, value| most.max(value.abs()));
        let (mut largest, mut apart) = (0f64, 0f64);
        for (at, target) in merged.iter().enumerate() {
            let found = column(&columns, &target[1], &format!("strand-merged:of={name}"));
            // What the two strands have by themselves is what is merged.
            let own = column(&columns, &target[1], name);
            let partner = &tracks[target[6].parse::<usize>().expect("a number")][1];
            for variant in 0..8 {
                largest = largest.max((found[variant] - f64::from(expected[variant][at])).abs());
                let by_hand = match (partner == &target[1], name) {
                    (true, _) => own[variant],
                    (false, "d2" | "log-d2") => own[variant].hypot(column(&columns, partner, name)[variant]),
                    (false, _) => own[variant] + column(&columns, partner, name)[variant],
                };
                apart = apart.max((by_hand - found[variant]).abs());
            }
        }
        println!("{name}: {largest:e} of {most}, strands {apart:e}");
        assert!(largest <= 5e-5 * f64::from(most), "{name}: {largest} of {most}");
        assert!(apart <= 1e-5 * f64::from(most), "{name}: {apart}");
    }
    assert_eq!(columns.keys().filter(|name| name.ends_with("_strand_merged_of_sum")).count(), 47);

    // Where the file has REF and ALT the other way round, so have the scores their sign.
    let flipped = score(&folder, "eqtl_flip.vcf", &["--on-ref-mismatch", "swap", "--max-mismatches", "1"]);
    for (name, _) in STATISTICS {
        let sign = if SIZES.contains(&name) { 1.0 } else { -1.0 };
        for target in &tracks {
            let pairs = column(&columns, &target[1], name).iter().zip(column(&flipped, &target[1], name));
            for (there, back) in pairs {
                assert_eq!(*there, sign * back, "{name} of {}", target[1]);
            }
        }
    }
}
