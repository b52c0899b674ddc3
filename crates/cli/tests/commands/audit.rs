//! Drives `ciskit pairs audit` as scripts do.

use std::fmt::Write;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::binary::ciskit;

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What stderr says last.
fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
}

fn json(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("audit/audit.json")).expect("audit.json is written");
    serde_json::from_str(&text).expect("it is JSON")
}

fn verdict_of<'a>(audit: &'a Value, check: &str) -> Option<&'a str> {
    let findings = audit["findings"].as_array().expect("findings are a list");
    findings.iter().find(|finding| finding["check"] == check)?["verdict"].as_str()
}

/// Pairs of one contig each, matched in distance, every element of its own; or all positives of a contig with one
/// promoter.
fn write_pairs(folder: &Path, leaky: bool) {
    let mut text =
        String::from("#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tname\tscore\tstrand1\tstrand2\tlabel\n");
    for contig in 1..=4 {
        for n in 0..60_u64 {
            let (enhancer, positive) = (3_000 * n + 100 + n * n * 37 % 401, n % 2 == 0);
            let promoter = if leaky && positive { 190_000 } else { enhancer + 1_000 + 2 * (n / 2) };
            let (enhancer_end, promoter_end) = (enhancer + 200, promoter + 200);
            let label = u8::from(positive);
            writeln!(
                text,
                "c{contig}\t{enhancer}\t{enhancer_end}\tc{contig}\t{promoter}\t{promoter_end}\t.\t.\t.\t.\t{label}"
            )
            .expect("text grows");
        }
    }
    std::fs::write(folder.join("pairs.bedpe"), text).expect("the folder can be written");
}

fn write_genome(folder: &Path) {
    let mut state = 1_u64;
    let mut base = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"ACGT"[(state >> 62) as usize])
    };
    let contig = |name: u8| format!(">c{name}\n{}\n", (0..200_000).map(|_| base()).collect::<String>());
    let genome: String = (1..=4).map(contig).collect();
    std::fs::write(folder.join("genome.fa"), genome).expect("the folder can be written");
}

const AUDIT: [&str; 5] = ["pairs", "audit", "pairs.bedpe", "--out", "audit"];

#[test]
fn an_honest_list_passes_whatever_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pairs(folder.path(), false);
    let output = ciskit(folder.path(), &[&AUDIT[..], &["--fail-on", "caution"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", message(&output));
    let said = stdout(&output);
    assert!(said.starts_with("verdict: ok: no check found a way"), "{said}");
    assert!(said.contains("not checked: near-identical sequences: needs sequences"), "{said}");
    let audit = json(folder.path());
    assert_eq!((&audit["format"], &audit["verdict"]), (&1.into(), &"ok".into()));
    assert_eq!(audit["splitter"], "4 chromosome folds balanced by positives");
    assert!(audit["similarity"].is_null());
    let page = std::fs::read_to_string(folder.path().join("audit/audit.html")).expect("the page is written");
    assert!(page.contains("<h1>Audit of pairs.bedpe</h1>") && page.contains("<svg"));
    assert!(page.contains("Passed.") && !page.contains("Failed."));
}

#[test]
fn a_leak_fails_on_request_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pairs(folder.path(), true);
    let plain = ciskit(folder.path(), &AUDIT);
    assert_eq!(plain.status.code(), Some(0), "a bad list is no failure of the program");
    for worst in ["caution", "solved"] {
        std::fs::remove_dir_all(folder.path().join("audit")).expect("it was written");
        let output = ciskit(folder.path(), &[&AUDIT[..], &["--fail-on", worst]].concat());
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            message(&output),
            r#"ciskit: the verdict is "solved without biology", which --fail-on does not let pass"#
        );
        assert_eq!(stdout(&output), stdout(&plain), "the result is told all the same");
        assert_eq!(verdict_of(&json(folder.path()), "promoter count"), Some("solved"));
    }
    let page = std::fs::read_to_string(folder.path().join("audit/audit.html")).expect("the page is written");
    assert!(page.contains("<strong>Failed.</strong>"));
}

#[test]
fn thresholds_come_from_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pairs(folder.path(), true);
    let config = "ratios = [1]\nseeds = [7]\n[thresholds]\nauroc_caution = 1.0\nauroc_solved = 1.0\nstandard_errors = 99.0\n";
    std::fs::write(folder.path().join("audit.toml"), config).expect("the folder can be written");
    let configured = [&AUDIT[..], &["--config", "audit.toml", "--fail-on", "solved"]].concat();
    let output = ciskit(folder.path(), &configured);
    assert_eq!(output.status.code(), Some(0), "{}", message(&output));
    let audit = json(folder.path());
    assert_eq!(verdict_of(&audit, "promoter count"), Some("ok"));
    assert_eq!(audit["config"]["seeds"], serde_json::json!([7]));

    std::fs::write(folder.path().join("audit.toml"), "seed = [7]\n").expect("the folder can be written");
    let output = ciskit(folder.path(), &configured);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.starts_with("ciskit: audit.toml: ") && stderr.contains("seed"), "{stderr}");
    std::fs::write(folder.path().join("audit.toml"), "seeds = []\n").expect("the folder can be written");
    assert_eq!(
        message(&ciskit(folder.path(), &configured)),
        "ciskit: audit.toml: audit setting seeds: at least one is needed"
    );
}

#[test]
fn a_genome_adds_what_sequences_give_away() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pairs(folder.path(), false);
    write_genome(folder.path());
    let windows = ["--genome", "genome.fa", "--enhancer-len", "200", "--promoter-len", "200"];
    let audit = |more: &[&str]| {
        let output = ciskit(folder.path(), &[&AUDIT[..], &windows, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", message(&output));
        (stdout(&output), std::fs::read(folder.path().join("audit/audit.json")).expect("it is written"))
    };
    let (said, bytes) = audit(&[]);
    assert!(said.contains("enhancer GC") && !said.contains("not checked"), "{said}");
    let found = json(folder.path());
    assert_eq!(found["similarity"].as_array().map(Vec::len), Some(4));
    assert_eq!(verdict_of(&found, "similar sequences"), Some("ok"));
    assert_eq!(audit(&["--threads", "1"]).1, bytes, "threads do not matter");
}

#[test]
fn a_random_split_is_named_leaky() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pairs(folder.path(), true);
    let output = ciskit(folder.path(), &[&AUDIT[..], &["--split", "random", "--seed", "3"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let audit = json(folder.path());
    assert!(audit["leak"].is_string());
    assert_eq!(verdict_of(&audit, "promoter propensity"), Some("solved"));
    assert_eq!(verdict_of(&audit, "shared elements"), Some("caution"));
}

#[test]
fn broken_input_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(ciskit(folder.path(), &["pairs", "audit"]).status.code(), Some(2));
    let output = ciskit(folder.path(), &AUDIT);
    assert_eq!(output.status.code(), Some(1));
    assert!(message(&output).starts_with("ciskit: cannot open pairs.bedpe: "), "{}", message(&output));
    std::fs::write(folder.path().join("pairs.bedpe"), "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tlabel\n")
        .expect("the folder can be written");
    assert_eq!(message(&ciskit(folder.path(), &AUDIT)), "ciskit: pairs.bedpe holds no pairs");
    assert!(!folder.path().join("audit").exists());
    let help = ciskit(folder.path(), &["pairs", "audit", "--help"]);
    assert!(
        stdout(&help).contains("Examples:\n  ciskit pairs audit gm.bedpe --split chromosome --out audit/")
    );
}

/// The published lists: which are solved without biology, and by what.
#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn published_lists_are_solved_without_biology() {
    let folder = tempfile::tempdir().expect("a folder");
    for cell in ["GM12878", "HUVEC", "K562", "NHEK"] {
        let list = ciskit_fixtures::shared(&format!("data/targetfinder/{cell}.predictions-gbm.csv.gz"));
        let list = list.to_str().expect("a readable path");
        let imported = ["pairs", "import", "--from", "targetfinder", list, "-o", "pairs.bedpe"];
        assert!(ciskit(folder.path(), &imported).status.success());
        let output =
            ciskit(folder.path(), &[&AUDIT[..], &["--split", "chromosome", "--fail-on", "solved"]].concat());
        assert_eq!(output.status.code(), Some(3), "{cell}");
        let audit = json(folder.path());
        assert_eq!(audit["findings"][0]["check"], "promoter count", "{cell}");
        assert_eq!(audit["splitter"], "8 chromosome folds");
    }
    let elements = |side: &str| {
        let path = ciskit_fixtures::shared(&format!("data/elements/NHEK.{side}"));
        path.to_str().expect("a readable path").to_owned()
    };
    let (pairs, enhancers, promoters) =
        (elements("pairs.tsv.gz"), elements("enhancers.fa.gz"), elements("promoters.fa.gz"));
    let arguments =
        ["pairs", "audit", &pairs, "--enhancers", &enhancers, "--promoters", &promoters, "--out", "audit"];
    assert!(ciskit(folder.path(), &arguments).status.success());
    let audit = json(folder.path());
    assert_eq!(verdict_of(&audit, "distance"), Some("solved"));
    assert_eq!(verdict_of(&audit, "padding"), Some("ok"));
    assert!(audit["similarity"].is_array());
}
