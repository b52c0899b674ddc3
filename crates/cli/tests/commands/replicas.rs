//! `--replicas`: several networks of a fold, which every command takes the mean probability of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::binary::{ciskit, read, told};

/// A network so small that a fold takes a moment.
const NETWORK: &str = r#"model = "epipam"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
ratios = [0.1, 1.0]
"#;

/// A folder with a small simulation in `sim` and the network in `network.toml`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("network.toml"), NETWORK).expect("a file");
    told(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    folder
}

/// What is said by a command that must fail, with whichever code.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = ciskit(folder, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).expect("messages are text")
}

fn training<'a>(further: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--model-config", "network.toml", "--out", "run"];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--seed", "3"]);
    arguments.extend(["--batch", "10", "--copies", "2", "--epochs", "1"]);
    arguments.extend(further);
    arguments
}

/// Two columns of a table.
fn columns(table: &str, names: [&str; 2]) -> Vec<(String, String)> {
    let mut lines = table.lines().skip_while(|line| line.starts_with("##"));
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let [first, second] =
        names.map(|name| header.iter().position(|column| *column == name).expect("a column"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[first].to_owned(), cells[second].to_owned())
    };
    lines.map(row).collect()
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

/// The logits that a model gives to the simulated pairs, by name.
fn predicted(folder: &Path, model: &str) -> BTreeMap<String, f64> {
    let data = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "-o", "out"];
    told(folder, &[&["predict", "--model", model], &data[..]].concat());
    let number = |(name, logit): (String, String)| (name, logit.parse().expect("a logit"));
    columns(&read(folder, "out"), ["name", "logit"]).into_iter().map(number).collect()
}

/// The logit of the mean probability.
fn mean(logits: [f64; 2]) -> f64 {
    let probability = logits.map(|logit| 1.0 / (1.0 + (-logit).exp())).iter().sum::<f64>() / 2.0;
    (probability / (1.0 - probability)).ln()
}

#[test]
fn a_run_of_several_networks_is_their_mean_wherever_it_is_used() {
    let folder = folder();
    let folder = folder.path();
    let several = training(&["--replicas", "2", "--folds", "1,3"]);
    let (_, said) = told(folder, &several);
    assert!(said.contains("\nfold 3 of 8, α 0.6, replica 1: up to 1 epochs of "), "{said}");
    assert!(said.contains("\n  fold 3, network 1 alone, test: AUROC "), "{said}");
    let config = read(folder, "run/config.toml");
    assert!(config.contains("replicas = 2\nbootstrap = true\n"), "{config}");
    let report = read(folder, "run/report.html");
    let sentence =
        "A score is the mean probability of a fold&#39;s 2 networks, each trained on a bootstrap sample";
    assert!(report.contains(sentence) || report.contains(&sentence.replace("&#39;", "'")), "{report}");

    let whole = predicted(folder, "run");
    let of_network =
        |fold, replica| predicted(folder, &format!("run/fold-{fold}/replica-{replica}/model.safetensors"));
    let networks = [1, 3].map(|fold| [0, 1].map(|replica| of_network(fold, replica)));
    for (name, found) in &whole {
        let of_fold = |fold: usize| mean([networks[fold][0][name], networks[fold][1][name]]);
        let expected = (of_fold(0) + of_fold(1)) / 2.0;
        assert!((found - expected).abs() < 1e-5, "{name}: {found}, expected {expected}");
    }
    assert!(networks[0][0] != networks[0][1] && networks[0] != networks[1]);
    // Test pairs have the scores of their fold's networks.
    let folds: BTreeMap<String, String> =
        columns(&read(folder, "run/scores.tsv"), ["name", "fold"]).into_iter().collect();
    for (name, logit) in columns(&read(folder, "run/scores.tsv"), ["name", "logit"]) {
        let fold = usize::from(folds[&name] == "3");
        let logit: f64 = logit.parse().expect("a logit");
        assert!((logit - mean([networks[fold][0][&name], networks[fold][1][&name]])).abs() < 1e-5);
    }

    let scoring = ["--pairs", "sim/pairs.bedpe", "--side", "enhancer", "--genome", "sim/genome.fa"];
    let scoring = [&scoring[..], &["--vcf", "sim/variants.vcf", "-o", "variants.tsv"]].concat();
    told(folder, &[&["variants", "score", "--model", "run"], &scoring[..]].concat());
    let references = columns(&read(folder, "variants.tsv"), ["pair", "logit_ref"]);
    let mut scored = 0;
    for (pair, logit) in references.into_iter().filter(|(_, logit)| logit != "NA") {
        let logit: f64 = logit.parse().expect("a logit");
        assert!((logit - whole[&pair]).abs() < 1e-5);
        scored += 1;
    }
    assert!(scored > 10, "{scored} variants lie in windows");

    // One lost network is trained again, and everything is as it was.
    let before = files(&folder.join("run"));
    for lost in ["report.html", "fold-3-replica-1.outcome", "fold-3/replica-1/model.safetensors"] {
        std::fs::remove_file(folder.join("run").join(lost)).expect(lost);
    }
    let missing = Path::new("run").join("fold-3").join("replica-1").join("model.safetensors");
    let expected = format!("run is no finished run: it has no {}", missing.display());
    let data = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "-o", "out"];
    let said = refusal(folder, &[&["predict", "--model", "run"], &data[..]].concat());
    assert!(said.contains(&expected), "{said}");
    let (_, said) = told(folder, &[&several[..], &["--resume", "--threads", "1"]].concat());
    assert!(said.contains("\nfold 3 of 8, network 0: done already\n"), "{said}");
    assert!(said.contains("\nfold 3 of 8, α 0.6, replica 1: goes on after 1 epochs"), "{said}");
    assert!(files(&folder.join("run")) == before);
    let other = refusal(folder, &training(&["--replicas", "3", "--folds", "1,3", "--resume"]));
    assert!(other.contains("run holds another training: training.replicas is 2 there and 3 here"), "{other}");
}

#[test]
fn one_network_leaves_no_trace_of_several() {
    let folder = folder();
    let folder = folder.path();
    told(folder, &training(&["--folds", "1", "--replicas", "1"]));
    assert!(folder.join("run/model.safetensors").exists());
    let config = read(folder, "run/config.toml");
    assert!(!config.contains("replicas") && !config.contains("bootstrap"), "{config}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = folder();
    let folder = folder.path();
    let paper = refusal(folder, &training(&["--replicas", "2", "--protocol", "paper"]));
    assert!(paper.contains("replicas must be 1 under protocol paper, found 2"), "{paper}");
    let alone = refusal(folder, &training(&["--no-bootstrap"]));
    assert!(alone.contains("--replicas <N>"), "{alone}");
    assert!(!folder.join("run").exists());
}

#[test]
fn a_comparison_trains_several_networks_too() {
    let folder = folder();
    let folder = folder.path();
    let mut arguments = vec!["compare", "--models", "small=network.toml", "--pairs", "sim/pairs.bedpe"];
    arguments.extend(["--genome", "sim/genome.fa", "--folds", "0,1", "--epochs", "1", "--copies", "2"]);
    arguments.extend(["--batch", "10", "--seed", "3", "--resamples", "20", "--test-ratios", "all"]);
    arguments.extend(["--replicas", "2", "--no-bootstrap", "--out", "cmp"]);
    let (planned, _) = told(folder, &[&arguments[..], &["--dry-run"]].concat());
    let row = planned.lines().find(|line| line.starts_with("small")).expect("a row");
    assert_eq!(row.split_whitespace().nth(4), Some("2"), "two networks of one epoch: {planned}");
    told(folder, &arguments);
    let config = read(folder, "cmp/small/config.toml");
    assert!(config.contains("replicas = 2\n") && !config.contains("bootstrap"), "{config}");
    let before = files(&folder.join("cmp"));
    std::fs::remove_file(folder.join("cmp/small/report.html")).expect("a report");
    std::fs::remove_file(folder.join("cmp/small/fold-1-replica-1.outcome")).expect("an outcome");
    told(folder, &[&arguments[..], &["--resume"]].concat());
    assert!(files(&folder.join("cmp")) == before);
}
