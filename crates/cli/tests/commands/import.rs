//! `ciskit pairs import`, format by format.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn import(folder: &Path, format: &str, list: &str, out: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .args(["pairs", "import", "--from", format, list, "-o", out])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// What the import prints.
fn imported(folder: &Path, format: &str, list: &str, out: &str) -> String {
    let output = import(folder, format, list, out);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{format} {list}: {stderr}");
    String::from_utf8(output.stdout).expect("output is text").trim().to_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A list of each format, what its import says, and the row that the list's first pair becomes.
const LISTS: [[&str; 4]; 8] = [
    [
        "targetfinder",
        "enhancer_name,promoter_name,label,prediction\nA|chr1:10-20,A|chr1:30-40,1,0\n",
        "1 pairs: 1 positives, 0 negatives",
        "chr1 10 20 chr1 30 40 . . . . 1 A A|chr1:10-20 A|chr1:30-40 0",
    ],
    [
        "targetfinder-training",
        "enhancer_name,promoter_name,label,CTCF (window)\nA|chr1:10-20,A|chr1:30-40,0,0.50\n",
        "1 pairs: 0 positives, 1 negatives",
        "chr1 10 20 chr1 30 40 . . . . 0 A A|chr1:10-20 A|chr1:30-40 0.50",
    ],
    [
        "chiapet-epipam",
        "chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n\
         chr1,0,1000,chr1:3..900,chr1,5000,6000,chr1:5001..5999,1\n",
        "1 pairs: 1 positives, 0 negatives",
        "chr1 0 1000 chr1 5000 6000 . . . . 1 . chr1:3..900 chr1:5001..5999",
    ],
    [
        "bedpe",
        "chr22\t10\t20\tchr22\t30\t40\t35\n",
        "1 pairs: 0 positives, 0 negatives, 1 without label",
        "chr22 10 20 chr22 30 40 35 . . . . . . .",
    ],
    [
        "hiccups",
        "chr1\tx1\tx2\tchr2\ty1\ty2\to\tmotif_x1 \t motif_x2 \t orientation_1 \n10\t0\t99\t10\t500\t599\t7\t11\t31\tn\n",
        "1 pairs: 0 positives, 0 negatives, 1 without label",
        "10 0 99 10 500 599 . 7 - . . . . . 10 30 n",
    ],
    [
        "bengi",
        "1\t9.5\tchr4\t10\t20\tchr4:10-20|K|E\tchr4\t30\t40\tchr4:35-36|K|G|T|-\n",
        "1 pairs: 1 positives, 0 negatives",
        "chr4 10 20 chr4 30 40 . . . - 1 K chr4:10-20|K|E chr4:35-36|K|G|T|- 9.5",
    ],
    [
        "crispr",
        "chrom\tchromStart\tchromEnd\tname\tEffectSize\tchrTSS\tstartTSS\tendTSS\tmeasuredGeneSymbol\tValidConnection\t\
         CellType\tRegulated\n\
         chr1\t10\t20\tn1\t-0.3\tchr1\t30\t31\tMYC\tTRUE\tK562\tTRUE\n\
         chr1\t10\t20\tn2\t0.1\tchr1\t30\t31\tMYC\tPromoterElement\tK562\tFALSE\n\
         chr1\t10\t20\tn3\t0.1\tNA\tNA\tNA\tXYZ\tTRUE\tK562\tFALSE\n",
        "2 pairs: 1 positives, 0 negatives, 1 without label",
        "chr1 10 20 chr1 30 31 n1 -0.3 . . 1 K562 . MYC TRUE",
    ],
    [
        "cboep",
        "bag_id,label,enhancer_name,promoter_name,promoter_chrom,promoter_start,promoter_end\n\
         7,0,A|chr1:10-20,A|chr1:35-36,chr1,30,40\n",
        "1 pairs: 0 positives, 1 negatives",
        "chr1 10 20 chr1 30 40 . . . . 0 A A|chr1:10-20 A|chr1:35-36 7",
    ],
];

#[test]
fn every_format_becomes_pairs() {
    let folder = folder();
    for [format, list, said, row] in LISTS {
        std::fs::write(folder.path().join("list"), list).expect("the folder can be written");
        assert_eq!(imported(folder.path(), format, "list", "pairs.bedpe"), said, "{format}");
        let pairs = std::fs::read_to_string(folder.path().join("pairs.bedpe")).expect("pairs");
        let mut lines = pairs.lines();
        assert_eq!(lines.next(), Some("##ciskit pairs format=1"));
        assert!(lines.next().is_some_and(|line| line.starts_with("#chrom1\t")));
        assert_eq!(lines.next().map(|line| line.replace('\t', " ")).as_deref(), Some(row), "{format}");
        // What was written is the one format, which imports as itself.
        assert_eq!(imported(folder.path(), "bedpe", "pairs.bedpe", "again.bedpe"), said, "{format}");
        assert_eq!(std::fs::read_to_string(folder.path().join("again.bedpe")).expect("pairs"), pairs);
    }
}

#[test]
fn help_lists_every_format_in_one_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .args(["pairs", "import", "--help"])
        .output()
        .expect("it runs");
    let help = String::from_utf8(output.stdout).expect("help is text");
    for [format, ..] in LISTS {
        let lines = help.lines().filter(|line| line.trim_start().starts_with(&format!("- {format}:")));
        assert_eq!(lines.count(), 1, "{format} in {help}");
    }
}

#[test]
fn a_list_of_another_format_is_refused_and_nothing_written() {
    let folder = folder();
    for [format, list, ..] in LISTS {
        std::fs::write(folder.path().join("list"), list).expect("the folder can be written");
        for [other, ..] in LISTS {
            // These are read by the same columns; what holds a header is no BEDPE without one.
            let kin = |name: &str| name.starts_with("targetfinder") || name == "cboep";
            if other == format || (kin(other) && kin(format)) {
                continue;
            }
            let output = import(folder.path(), other, "list", "none.bedpe");
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{format} as {other}");
            assert!(message.starts_with("ciskit: list, line 1"), "{format} as {other}: {message}");
            assert!(!folder.path().join("none.bedpe").exists());
        }
    }
}

#[test]
fn a_column_that_pairs_have_themselves_gets_another_name() {
    let folder = folder();
    let list = ",label,enhancer_name,promoter_name,score\n0,1,A|1:5-9,A|1:20-30,high\n";
    std::fs::write(folder.path().join("list"), list).expect("the folder can be written");
    assert_eq!(imported(folder.path(), "cboep", "list", "p.bedpe"), "1 pairs: 1 positives, 0 negatives");
    let pairs = std::fs::read_to_string(folder.path().join("p.bedpe")).expect("pairs");
    let rows: Vec<&str> = pairs.lines().skip(1).collect();
    assert!(rows[0].ends_with("\tpromoter_name\t\tlist_score"), "{pairs}");
    assert!(rows[1].ends_with("\tA|1:20-30\t0\thigh"), "{pairs}");
    assert_eq!(imported(folder.path(), "bedpe", "p.bedpe", "q.bedpe"), "1 pairs: 1 positives, 0 negatives");
}

#[test]
fn rows_that_are_left_out_are_counted() {
    let folder = folder();
    let [format, list, ..] = LISTS[6];
    std::fs::write(folder.path().join("list"), list).expect("the folder can be written");
    let output = import(folder.path(), format, "list", "pairs.bedpe");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("left out: 1 rows whose gene has no start of transcription"), "{said}");
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn published_lists_have_the_published_counts() {
    let folder = folder();
    for (format, list, [positives, negatives, unlabelled]) in [
        ("targetfinder", "targetfinder/GM12878.predictions-gbm.csv.gz", [2_113, 42_200, 0]),
        ("targetfinder", "targetfinder/K562.predictions-gbm.csv.gz", [1_977, 39_500, 0]),
        ("targetfinder", "targetfinder/NHEK.predictions-gbm.csv.gz", [1_291, 25_600, 0]),
        ("targetfinder", "targetfinder/HUVEC.predictions-gbm.csv.gz", [1_524, 30_400, 0]),
        ("targetfinder-training", "targetfinder/NHEK.training.csv.gz", [1_291, 25_600, 0]),
        ("chiapet-epipam", "chiapet/HelaS3_Pol2.pair_intra.csv.gz", [2_590, 10_360, 0]),
        ("bedpe", "chiapet/GM12878_CTCF.chr22.bedpe.gz", [0, 0, 675]),
        ("hiccups", "loops/GM12878.HiCCUPS_looplist_with_motifs.txt.gz", [0, 0, 9_448]),
        ("hiccups", "loops/NHEK.HiCCUPS_looplist_with_motifs.txt.gz", [0, 0, 4_929]),
        ("bengi", "bengi/HeLa.CTCF-ChIAPET-Benchmark.v3.tsv.gz", [1_346, 10_789, 0]),
        ("bengi", "bengi/K562-crispr.v1.tsv", [218, 1_022, 0]),
        ("crispr", "crispr/K562.training.GRCh38.tsv.gz", [471, 9_885, 0]),
        ("cboep", "elements/NHEK.pairs.tsv.gz", [1_283, 910, 0]),
        ("cboep", "elements/IMR90.pairs.tsv.gz", [1_242, 1_003, 0]),
        ("cboep", "elements/GM12878.pairs.tsv.gz", [568, 263, 0]),
        ("cboep", "elements/K562.pairs.tsv.gz", [397, 197, 0]),
    ] {
        let path = ciskit_fixtures::shared(&format!("data/{list}")).canonicalize().expect("a path");
        let said = imported(folder.path(), format, path.to_str().expect("a path of text"), "pairs.bedpe.gz");
        let total = positives + negatives + unlabelled;
        let more = if unlabelled > 0 { format!(", {unlabelled} without label") } else { String::new() };
        let expected = format!("{total} pairs: {positives} positives, {negatives} negatives{more}");
        assert_eq!(said, expected, "{list}");
    }
}
