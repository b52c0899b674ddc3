//! `ciskit evaluate`: what is told beside one number for the whole list.

use crate::binary::{ciskit, read, refusal, succeed};

const SCORES: &str = "##ciskit scores format=1\nname\tprobability\tlabel\tchrom2\tstart2\n\
                      a\t0.9\t1\tchr1\t5\nb\t0.5\t0\tchr1\t5\nc\t0.1\t0\tchr1\t5\n\
                      d\t0.8\t0\tchr1\t7\ne\t0.6\t1\tchr1\t7\nf\t0.7\t0\tchr2\t5\n";

#[test]
fn rows_are_ranked_within_their_groups_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("s.tsv"), SCORES).expect("a file");
    let arguments = ["evaluate", "s.tsv", "--group", "chrom2,start2", "--report", "e.html"];
    let printed = succeed(folder.path(), &arguments);
    let value = |measure: &str| {
        let behind = printed.split("Within groups").nth(1).expect("a second table");
        let line = behind.lines().find(|line| line.starts_with(measure)).expect("a row");
        line[measure.len()..].split_whitespace().next().expect("a value").to_owned()
    };
    // Of chr1:5 the positive is first, of chr1:7 it is second; chr2:5 has none.
    assert_eq!(["AUROC", "Top 1", "Reciprocal rank"].map(value), ["0.500", "0.500", "0.750"]);
    let caption =
        "By chrom2, start2: 2 groups with both classes, each counted alike; 1 of one class are left out.";
    assert!(printed.contains(caption), "{printed}");
    let page = read(folder.path(), "e.html");
    assert!(page.contains("Within groups") && page.contains("<title>Calibration</title>"));
    // One column tells other groups apart: four of 5, two of 7 as before.
    let other = succeed(folder.path(), &["evaluate", "s.tsv", "--group", "start2"]);
    assert!(other.contains("By start2: 2 groups with both classes, each counted alike; 0 of one class"));

    let missing = refusal(folder.path(), &["evaluate", "s.tsv", "--group", "promoter"]);
    assert!(missing.contains("s.tsv has no column \"promoter\""), "{missing}");
    let alone = refusal(folder.path(), &["evaluate", "s.tsv", "--group", "name"]);
    assert!(alone.contains("nothing is ranked by name"), "{alone}");
    assert_eq!(
        ciskit(folder.path(), &["evaluate", "s.tsv", "--group", "name", "--json"]).status.code(),
        Some(2)
    );
}
