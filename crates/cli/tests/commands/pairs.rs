//! Drives `ciskit pairs negatives` and `ciskit pairs split` as scripts do.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn ciskit(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// What a command that must succeed prints, and what it says.
fn succeed(folder: &Path, arguments: &str) -> (String, String) {
    let output = ciskit(folder, arguments);
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert!(output.status.success(), "{arguments} failed: {stderr}");
    (stdout, stderr)
}

/// The message of a command that must fail.
fn fail(folder: &Path, arguments: &str, code: i32) -> String {
    let output = ciskit(folder, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments}");
    String::from_utf8(output.stderr).expect("text")
}

fn simulated() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(folder.path(), "simulate --out sim --seed 5 --pairs 240");
    folder
}

/// Rows of a table of ours without comments and header.
fn rows(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.join(name)).expect("a table");
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

const LABEL: usize = 10;

#[test]
fn negatives_stand_behind_their_positives_and_repeat_none() {
    let folder = simulated();
    let positives: Vec<Vec<String>> =
        rows(folder.path(), "sim/pairs.bedpe").into_iter().filter(|row| row[LABEL] == "1").collect();
    for (scheme, each) in [
        ("distance --per-positive 2", 2),
        ("same-promoter", 1),
        ("random-partner --per-positive 3", 3),
        ("degree", 1),
        ("shift --offset 300", 4),
        ("paper --offset 300", 4),
        ("background --genome sim/genome.fa --tolerance 0.1", 1),
    ] {
        let arguments = format!("pairs negatives sim/pairs.bedpe --scheme {scheme} --seed 4 -o");
        let (report, _) = succeed(folder.path(), &format!("{arguments} a.bedpe"));
        succeed(folder.path(), &format!("{arguments} b.bedpe --threads 1"));
        let drawn = rows(folder.path(), "a.bedpe");
        assert_eq!(drawn, rows(folder.path(), "b.bedpe"), "{scheme}");
        let (old, new): (Vec<_>, Vec<_>) = drawn.iter().cloned().partition(|row| row[LABEL] == "1");
        assert_eq!(old, positives, "{scheme}: every positive as it was");
        let count = format!(": {} of {} negatives for {} positives", new.len(), each * old.len(), old.len());
        assert!(report.contains(&count) && report.contains("distance in bp: KS"), "{scheme}: {report}");
        assert!(new.len() * 2 > each * old.len(), "{scheme}: {report}");
        let places: HashSet<&[String]> = drawn.iter().map(|row| &row[..6]).collect();
        assert_eq!(places.len(), drawn.len(), "{scheme}: a pair occurs twice");
        assert_eq!(drawn[0][LABEL], "1", "a positive comes first");
    }
}

#[test]
fn contacts_without_labels_are_kept_where_they_meet_peaks() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("c.bedpe", "chr1\t5000\t6000\tchr1\t90000\t91000\nchr1\t20000\t21000\tchr1\t90000\t91000\n");
    write("p.bed", "1\t20999\t21200\n");
    let arguments = "pairs negatives c.bedpe --scheme shift -o o.bedpe";
    let message = fail(folder.path(), arguments, 1);
    assert!(message.contains("c.bedpe has no pair with the label 1 to draw negatives against"), "{message}");
    let filtered = format!("{arguments} --unlabelled-are-positive --peaks p.bed");
    let (report, _) = succeed(folder.path(), &filtered);
    assert!(report.starts_with("1 of 2 pairs meet a peak\nanchors shifted by 2000 bp: 4 of 4"), "{report}");
    let starts: Vec<(String, String)> =
        rows(folder.path(), "o.bedpe").into_iter().map(|row| (row[1].clone(), row[4].clone())).collect();
    let expected =
        [("20000", "90000"), ("22000", "92000"), ("18000", "88000"), ("20000", "92000"), ("18000", "90000")];
    assert_eq!(starts, expected.map(|(left, right)| (left.to_owned(), right.to_owned())));
    let both = fail(folder.path(), &format!("{filtered} --peak-rule both"), 1);
    assert!(both.contains("no pair with the label 1"), "{both}");
    let wrong = fail(folder.path(), &format!("{arguments} --per-positive 2"), 1);
    assert!(wrong.contains("shifts give four negatives for each positive, not 2"), "{wrong}");
}

const TRAIN: &str = "train --preset chiapet --enhancer-len 600 --promoter-len 600 --pairs sim/pairs.bedpe \
                     --genome sim/genome.fa --folds 0 --epochs 1 --copies 1 --batch 40";

#[test]
fn a_written_split_trains_as_the_split_itself() {
    let folder = simulated();
    let (table, _) = succeed(folder.path(), "pairs split sim/pairs.bedpe -o folds.tsv.gz");
    assert!(table.contains("chromosome folds") && table.contains("validation"), "{table}");
    succeed(folder.path(), &format!("{TRAIN} --split chromosome --out named"));
    succeed(folder.path(), &format!("{TRAIN} --split folds.tsv.gz --out pinned"));
    assert_eq!(rows(folder.path(), "named/scores.tsv"), rows(folder.path(), "pinned/scores.tsv"));
    let config = std::fs::read_to_string(folder.path().join("pinned/config.toml")).expect("a file");
    assert!(config.contains("pinned as"), "{config}");

    // A pair that the file does not know, and names that are none.
    succeed(folder.path(), "pairs split sim/pairs.bedpe -o all.tsv");
    let text = std::fs::read_to_string(folder.path().join("all.tsv")).expect("a file");
    let one = rows(folder.path(), "all.tsv")[0][..6].join("\t");
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(&one)).collect();
    std::fs::write(folder.path().join("less.tsv"), kept.join("\n")).expect("a file");
    let message = fail(folder.path(), &format!("{TRAIN} --split less.tsv --out other"), 1);
    assert!(message.contains("less.tsv does not fit the pairs"), "{message}");
    assert!(message.contains("is not among the pairs whose folds are pinned"), "{message}");
    let message = fail(folder.path(), &format!("{TRAIN} --split nonsense --out other"), 2);
    assert!(message.contains("neither a file nor one of chromosome, random, leave-one-out"), "{message}");
}

#[test]
fn every_split_puts_every_pair_into_one_test_part() {
    let folder = simulated();
    let pairs = rows(folder.path(), "sim/pairs.bedpe");
    // Two cells, on the same places.
    let cells = ["A", "B"].map(|cell| {
        let row = |row: &Vec<String>| [&row[..11], &[cell.to_owned()][..]].concat().join("\t") + "\n";
        pairs.iter().map(row).collect::<String>()
    });
    let header = "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tname\tscore\tstrand1\tstrand2\tlabel\tcell\n";
    std::fs::write(folder.path().join("two.bedpe"), header.to_owned() + &cells.concat()).expect("a file");
    for (by, of, leaky) in [
        ("random --folds 4", "sim/pairs.bedpe", true),
        ("chromosome --folds 3", "sim/pairs.bedpe", false),
        ("leave-one-out", "sim/pairs.bedpe", false),
        ("component --folds 3 --gap 10", "sim/pairs.bedpe", false),
        ("cell-chromosome --folds 3", "two.bedpe", false),
    ] {
        let (printed, said) = succeed(folder.path(), &format!("pairs split {of} --by {by} -o folds.tsv"));
        let count = if of == "two.bedpe" { 2 * pairs.len() } else { pairs.len() };
        let placed = rows(folder.path(), "folds.tsv");
        let tests: Vec<&Vec<String>> = placed.iter().filter(|row| row[9] == "test").collect();
        assert_eq!(tests.len(), count, "{by}");
        let text = std::fs::read_to_string(folder.path().join("folds.tsv")).expect("a file");
        assert_eq!((text.contains("\n##leak "), said.contains("leak")), (leaky, leaky), "{by}: {said}");
        assert_eq!(printed.contains("the largest holds"), by.starts_with("component"), "{printed}");
    }
    let message = fail(folder.path(), "pairs split two.bedpe --by cell -o folds.tsv", 1);
    assert!(message.contains("takes at least 3"), "{message}");
    let message = fail(folder.path(), "pairs split two.bedpe --gap 5 -o folds.tsv", 1);
    assert!(message.contains("--gap belongs to --by component"), "{message}");
}
