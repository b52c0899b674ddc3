//! `ciskit compare`: networks trained on the same folds, score tables as they are, and killed runs that go on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A network so small that a fold takes a moment.
const SMALL: &str = r#"model = "epipam"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
ratios = [0.1, 1.0]
block_dropout = 0.1
head_dropout = 0.1
"#;

/// A folder with a small simulation in `sim` and two networks, which read windows of different lengths.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    write("small.toml", SMALL.to_owned());
    write("other.toml", SMALL.replace("200", "300").replace("channels = 4", "channels = 6"));
    let simulate = ["simulate", "--out", "sim", "--seed", "5", "--pairs", "200"];
    assert!(command(folder.path(), &simulate).status().expect("the program starts").success());
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ciskit"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// A comparison of the two networks on five folds, into `out`.
fn comparing(folder: &Path, out: &str, further: &[&str]) -> Command {
    let mut arguments = vec!["compare", "--models", "small=small.toml,distance,propensity,other=other.toml"];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--folds", "0,1,2,3,4"]);
    arguments.extend(["--epochs", "1", "--copies", "2", "--batch", "20", "--seed", "3"]);
    arguments.extend(["--checkpoint-every", "1", "--test-ratios", "1,all", "--resamples", "50"]);
    arguments.extend(["--reference", "small", "--out", out]);
    arguments.extend(further);
    command(folder, &arguments)
}

fn output(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("the program starts")
}

/// What a command that succeeds prints and says.
fn succeed(command: Command) -> (String, String) {
    let output = output(command);
    let [printed, said] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{said}");
    (printed, said)
}

/// Why a command fails, with exit code 1.
fn refusal(command: Command) -> String {
    let output = output(command);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().last().expect("a failure says why").to_owned()
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files under a folder by their names.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = PathBuf::from(path.file_name().expect("a name"));
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (name.join(inner), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

/// Checks that two folders hold the same files with the same bytes, and nothing else.
fn same(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(two[name] == *bytes, "{} differs", name.display());
    }
}

#[test]
fn a_killed_comparison_goes_on_and_ends_with_the_same_bytes() {
    let folder = folder();
    let (printed, said) = succeed(comparing(folder.path(), "whole", &["--threads", "1"]));
    for name in ["small", "other", "propensity", "distance", "promoter-count", "enhancer-count", "prevalence"]
    {
        assert!(printed.contains(name), "{name}: {printed}");
    }
    assert!(said.contains("model 1 of 2 (small), fold 1 of 5\n"), "{said}");
    assert!(said.contains("model 2 of 2 (other), fold 5 of 5: about "), "{said}");

    // Killed in the middle of the second network's second fold, then gone on with on two threads.
    let mut child = comparing(folder.path(), "killed", &["--threads", "2"]).spawn().expect("a child");
    let second = folder.path().join("killed/other/fold-1-alpha-0.6.checkpoint");
    while child.try_wait().expect("a child").is_none() && !second.exists() {
        std::hint::spin_loop();
    }
    assert!(child.try_wait().expect("a child").is_none());
    child.kill().expect("a child");
    child.wait().expect("a child");
    assert!(!folder.path().join("killed/report.html").exists());
    let half = folder.path().join("killed/.ciskit-comparison.json-a1B2c3.part");
    std::fs::write(&half, "half of").expect("a file");

    let (_, said) = succeed(comparing(folder.path(), "killed", &["--threads", "2", "--resume"]));
    assert!(said.contains("model 1 of 2 (small): finished"), "{said}");
    assert!(said.contains("fold 0 of 8: done already"), "{said}");
    assert!(said.contains("model 2 of 2 (other), fold 2 of 5"), "{said}");
    same(&folder.path().join("whole"), &folder.path().join("killed"));

    // Once more: nothing is trained, everything is as it was.
    let (_, said) = succeed(comparing(folder.path(), "killed", &["--resume"]));
    assert!(said.contains("model 2 of 2 (other): finished") && !said.contains("epoch 1"), "{said}");
    same(&folder.path().join("whole"), &folder.path().join("killed"));

    // The same scores as tables: the same numbers.
    let mut tables = vec!["compare", "--pairs", "sim/pairs.bedpe", "--folds", "0,1,2,3,4", "--seed", "3"];
    tables.extend(["--scores", "small=whole/small/scores.tsv", "--scores", "other=whole/other/scores.tsv"]);
    tables.extend(["--test-ratios", "1,all", "--resamples", "50", "--reference", "small", "--out", "tables"]);
    tables.extend(["--models", "propensity", "--genome", "sim/genome.fa"]);
    succeed(command(folder.path(), &tables));
    let of = |out: &str, name: &str| read(folder.path().join(out).join(name));
    let sorted = |text: String| {
        let mut lines: Vec<String> =
            text.lines().map(|line| line.replace("\ttable\t", "\tnetwork\t")).collect();
        lines.sort();
        lines
    };
    for name in ["differences.tsv", "comparison.tsv"] {
        assert!(sorted(of("whole", name)) == sorted(of("tables", name)), "{name} differs");
    }

    // Every row of the tidy table, and what each rendering must hold.
    let tidy = of("whole", "comparison.tsv");
    assert_eq!(
        tidy.lines().filter(|line| line.starts_with("other\tnetwork\t1:1\tNA\tNA\tauroc\t")).count(),
        1
    );
    let json: serde_json::Value = serde_json::from_str(&of("whole", "comparison.json")).expect("JSON");
    assert_eq!(json["config"]["reference"], "small");
    assert_eq!(json["lists"][1]["ratio"], "all");
    assert!(json["findings"].is_array());
    let bounds = &json["differences"][0]["interval"];
    assert!(bounds[0].as_f64() < bounds[1].as_f64(), "five chromosomes are resampled: {bounds}");
    assert!(of("whole", "comparison.md").contains("## Against small"));
    assert!(of("whole", "report.html").contains("<h2>What this list gives away</h2>"));
    assert!(of("whole", "comparison.svg").starts_with("<svg "));

    // A score that is missing is named, and so is a table of another split.
    let scores = of("whole", "small/scores.tsv");
    let (kept, lost) = scores.trim_end().rsplit_once('\n').expect("lines");
    let name = lost.split('\t').next().expect("a name");
    let refused = |table: &str, further: &[&str]| {
        std::fs::write(folder.path().join("bad.tsv"), table).expect("a file");
        let mut bad =
            vec!["compare", "--pairs", "sim/pairs.bedpe", "--folds", "0,1,2,3,4", "--scores", "m=bad.tsv"];
        bad.extend(["--out", "bad"]);
        bad.extend(further);
        refusal(command(folder.path(), &bad))
    };
    let missing = refused(kept, &[]);
    assert!(
        missing.starts_with(&format!("ciskit: bad.tsv has no score of the pair {name} (row ")),
        "{missing}"
    );
    let moved = refused(&scores, &["--split", "random"]);
    assert!(moved.contains("as under another split"), "{moved}");
    assert!(!folder.path().join("bad").exists());
}

#[test]
fn what_cannot_be_compared_is_refused_before_anything_is_trained() {
    let folder = folder();
    let refused = |further: &[&str]| refusal(comparing(folder.path(), "none", further));
    for protocol in ["honest", "paper"] {
        let message = refused(&["--test-ratio", "1", "--protocol", protocol]);
        assert!(message.contains("--test-ratios chooses among all scores"), "{message}");
    }
    let (help, _) = succeed(command(folder.path(), &["compare", "--help"]));
    assert!(help.contains("--test-ratios <LIST>") && !help.contains("--test-ratio <N>"), "{help}");
    let words = refused(&["--embedding", "vectors.w2v"]);
    assert!(words.ends_with("such as epipam-embed; these are epipam, epipam"), "{words}");
    let motif = refused(&["--motif", "test.jaspar"]);
    assert_eq!(motif, "ciskit: --motif is given, but no model here reads sites of a motif");
    assert!(refused(&["--learning-rate", "0"]).contains("learning_rate must be above 0"));
    let twice =
        command(folder.path(), &["compare", "--models", "epipam,epipam", "--pairs", "x", "--out", "none"]);
    assert_eq!(refusal(twice), "ciskit: two models are called epipam");
    let reference = ["compare", "--models", "epi", "--pairs", "x", "--reference", "epivan", "--out", "none"];
    let reference = refusal(command(folder.path(), &reference));
    assert!(
        reference.ends_with("compared: epi, distance, promoter-count, enhancer-count, prevalence"),
        "{reference}"
    );
    let usage = ["compare", "--models", "nothing", "--pairs", "x", "--out", "none"];
    assert_eq!(output(command(folder.path(), &usage)).status.code(), Some(2));
    assert!(!folder.path().join("none").exists());
}

#[test]
fn vectors_and_features_go_to_the_networks_that_read_them() {
    let folder = folder();
    let words = SMALL.replace("\"epipam\"", "\"epipam-embed\"") + "[embedding]\nk = 1\nwidth = 9\n";
    std::fs::write(folder.path().join("words.toml"), words).expect("a file");
    std::fs::write(folder.path().join("vectors.w2v"), "4 2\nA 1 2\nC 3 4\nG 5 6\nT 7 8\n").expect("a file");
    let mut arguments = vec!["compare", "--models", "small=small.toml,words=words.toml,other=other.toml"];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--folds", "0"]);
    arguments.extend(["--epochs", "1", "--copies", "1", "--batch", "40", "--out", "out"]);
    arguments.extend(["--embedding", "vectors.w2v", "--freeze-embedding", "--features", "distance"]);
    succeed(command(folder.path(), &arguments));
    let config = |name: &str| read(folder.path().join("out").join(name).join("config.toml"));
    for (name, reads_words) in [("small", false), ("words", true), ("other", false)] {
        let config = config(name);
        assert_eq!(config.contains("embedding = \"vectors.w2v\""), reads_words, "{config}");
        assert_eq!(config.contains("width = 2"), reads_words, "{config}");
        assert!(config.contains("covariates = [\"distance\"]"), "{config}");
    }

    // The same by train: the same network, the same bytes.
    let mut train =
        vec!["train", "--model-config", "words.toml", "--pairs", "sim/pairs.bedpe", "--folds", "0"];
    train.extend(["--genome", "sim/genome.fa", "--epochs", "1", "--copies", "1", "--batch", "40"]);
    train.extend([
        "--embedding",
        "vectors.w2v",
        "--freeze-embedding",
        "--features",
        "distance",
        "--out",
        "run",
    ]);
    succeed(command(folder.path(), &train));
    same(&folder.path().join("out/words"), &folder.path().join("run"));
}

#[test]
fn a_dry_run_says_how_long_it_takes_and_writes_nothing() {
    let folder = folder();
    let (printed, _) = succeed(comparing(folder.path(), "dry", &["--dry-run"]));
    let rows: Vec<&str> =
        printed.lines().filter(|line| line.starts_with("small ") || line.starts_with("other ")).collect();
    assert_eq!(rows.len(), 10, "{printed}");
    assert!(printed.lines().any(|line| line.starts_with("all ")), "{printed}");
    assert!(!folder.path().join("dry").exists());
}

#[test]
fn rules_alone_are_compared_without_any_model() {
    let folder = folder();
    let rules = ["compare", "--models", "distance", "--pairs", "sim/pairs.bedpe", "--out", "rules"];
    let (printed, said) = succeed(command(folder.path(), &rules));
    assert!(printed.contains("promoter-count") && said.contains("the audit says: "), "{said}");
    let fitted = ["compare", "--models", "kmer", "--pairs", "sim/pairs.bedpe", "--out", "fitted"];
    let fitted = refusal(command(folder.path(), &fitted));
    assert_eq!(fitted, "ciskit: kmer needs --genome, or --enhancers and --promoters");
    let again = refusal(command(folder.path(), &rules));
    assert!(again.starts_with("ciskit: rules holds a comparison already (comparison.tsv)"), "{again}");

    // Gone on with: only the same comparison, whose models may be more; those that are missing are named.
    let resumed = |further: &[&str]| command(folder.path(), &[&rules[..], &["--resume"], further].concat());
    let seed = refusal(resumed(&["--seed", "4"]));
    assert_eq!(seed, "ciskit: rules holds another comparison: seed is 0 there and 4 here");
    let split = refusal(resumed(&["--split", "random"]));
    assert!(
        split.starts_with("ciskit: rules holds another comparison: ") && split.contains("split is "),
        "{split}"
    );
    let pairs = read(folder.path().join("sim/pairs.bedpe"));
    let (fewer, _) = pairs.trim_end().rsplit_once('\n').expect("lines");
    std::fs::write(folder.path().join("fewer.bedpe"), fewer).expect("a file");
    let mut other = vec!["compare", "--models", "distance", "--pairs", "fewer.bedpe", "--out", "rules"];
    other.push("--resume");
    let other = refusal(command(folder.path(), &other));
    assert!(other.starts_with("ciskit: rules holds another comparison: data.content is \""), "{other}");
    let mut more = vec!["compare", "--models", "propensity", "--pairs", "sim/pairs.bedpe", "--out", "rules"];
    more.extend(["--genome", "sim/genome.fa", "--resume"]);
    succeed(command(folder.path(), &more));
    let report = read(folder.path().join("rules/comparison.md"));
    assert!(report.contains("read windows of 3000 bp for enhancers and 2000 bp for promoters"), "{report}");
    let (_, said) = succeed(resumed(&[]));
    let left_out = "compared in this folder before, and left out now: propensity";
    assert!(said.contains(&format!("warning: {left_out}")), "{said}");
    assert!(read(folder.path().join("rules/comparison.md")).contains(left_out));
}
