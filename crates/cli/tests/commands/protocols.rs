//! `ciskit train` with listed settings, and under the published protocol: what is chosen, and what the report says of it.

use std::path::Path;

use tempfile::TempDir;

use crate::binary::{ciskit, read};

const NETWORK: &str = r#"model = "epipam"
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

/// A folder with a small simulation in `sim` and the network in `network.toml`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("network.toml"), NETWORK).expect("a file");
    let simulated = ciskit(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    assert!(simulated.status.success());
    folder
}

/// Trains two folds into a folder: what is printed, and what is said.
fn train(folder: &Path, out: &str, further: &[&str]) -> (String, String) {
    let output = ciskit(folder, &arguments(out, further));
    let text = |bytes| String::from_utf8(bytes).expect("messages are text");
    let (printed, said) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{further:?} failed: {said}");
    (printed, said)
}

fn refusal(folder: &Path, further: &[&str]) -> String {
    let output = ciskit(folder, &arguments("refused", further));
    assert!(!output.status.success(), "{further:?}");
    assert!(!folder.join("refused").exists());
    let said = String::from_utf8(output.stderr).expect("messages are text");
    said.lines().last().expect("a failure says why").to_owned()
}

fn arguments<'a>(out: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--model-config", "network.toml", "--out", out];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--seed", "3"]);
    arguments.extend(["--batch", "10", "--folds", "0,1", "--copies", "2", "--epochs", "2"]);
    arguments.extend(further);
    arguments
}

fn selection(folder: &Path, run: &str) -> serde_json::Value {
    let metrics = read(folder, &format!("{run}/metrics.json"));
    let mut metrics: serde_json::Value = serde_json::from_str(&metrics).expect("metrics are JSON");
    metrics["selection"].take()
}

#[test]
fn the_published_protocol_is_announced_and_says_what_it_adds() {
    let folder = folder();
    let folder = folder.path();
    let (printed, said) = train(folder, "paper", &["--protocol", "paper"]);
    assert!(said.contains("warning: protocol paper chooses every fold's model on the fold's own test pairs"));
    // Five α and two epochs.
    assert!(printed.contains("epipam, best of 10 on the test pairs themselves"), "{printed}");
    assert!(printed.contains("random scores, the best on the test pairs"), "{printed}");
    let config = read(folder, "paper/config.toml");
    for line in ["protocol = \"paper\"", "alphas = [1.0, 0.8, 0.6, 0.4, 0.2]", "kind = \"paper\""] {
        assert!(config.contains(line), "{config}");
    }
    assert!(config.contains("test_negatives_per_positive = 1"), "{config}");

    let table = read(folder, "paper/candidates.tsv");
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(rows.len(), 2 * 10);
    assert_eq!(
        rows.iter().filter(|row| row.ends_with("\ttest") || row.ends_with("\ttest,validation")).count(),
        2
    );

    let selection = selection(folder, "paper");
    assert_eq!((selection["chosen_on"].as_str(), selection["candidates"].as_u64()), (Some("test"), Some(10)));
    let choices = selection["choices"].as_array().expect("choices");
    let chosen_on: Vec<&str> = choices.iter().filter_map(|choice| choice["chosen_on"].as_str()).collect();
    assert_eq!(chosen_on, ["test", "validation", "none", "test"]);
    assert!(choices[3]["auroc"].as_f64() > Some(0.55), "random scores, chosen: {selection}");
    assert!(choices[0]["auroc"].as_f64().is_some() && selection.get("absent").is_none());
    let report = read(folder, "paper/report.html");
    assert!(report.contains("<section id=\"selection\">"));
    assert!(report.contains("chosen among 10 candidates on its test pairs"));

    // With the validation pairs trained on, their choice is absent, and the report says why.
    train(folder, "all", &["--protocol", "paper", "--paper-train-all", "--alpha", "0.6"]);
    let selection = self::selection(folder, "all");
    assert_eq!(selection["choices"].as_array().map(Vec::len), Some(3));
    assert!(selection["absent"][0].as_str().is_some_and(|why| why.ends_with("these were trained on.")));
    assert!(read(folder, "all/report.html").contains("absent, these were trained on."));
}

#[test]
fn listed_settings_are_tried_and_the_chosen_model_is_written() {
    let folder = folder();
    let folder = folder.path();
    let tuned = ["--tune", "learning-rate=1e-3,5e-3", "--tune", "channels=3,4", "--restarts", "2"];
    let (_, said) = train(folder, "tuned", &tuned);
    assert!(!said.contains("warning: protocol"));
    assert!(
        said.contains(
            "fold 0 of 8, α 0.6, model.channels 4, optimiser.learning_rate 0.005, restart 1: up to"
        ),
        "{said}"
    );
    let history = read(folder, "tuned/history.tsv");
    let header = "fold\talpha\tmodel.channels\toptimiser.learning_rate\trestart\tepoch\tstep\t";
    assert!(history.lines().nth(1).is_some_and(|line| line.starts_with(header)), "{history}");
    assert_eq!(history.lines().count(), 2 + 2 * 8 * 2);
    let selection = selection(folder, "tuned");
    assert_eq!(selection.to_string(), r#"{"candidates":16,"chosen_on":"validation"}"#);
    assert!(
        read(folder, "tuned/report.html").contains("16 candidates (α × tuned settings × restart × epoch)")
    );
    assert!(!folder.join("tuned/candidates.tsv").exists());
    let config = read(folder, "tuned/config.toml");
    assert!(config.contains("restarts = 2") && config.contains("model.channels"), "{config}");

    // The weights of each fold carry the configuration that was chosen for it.
    let scored = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "-o", "scores.tsv"];
    let model = ["predict", "--model", "tuned"];
    let output = ciskit(folder, &[&model[..], &scored].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // The same again goes on with nothing; one value more is another training.
    let resumed = [&tuned[..], &["--resume"]].concat();
    assert!(train(folder, "tuned", &resumed).1.starts_with("this run is finished"));
    std::fs::remove_file(folder.join("tuned/report.html")).expect("a report");
    let (_, said) = train(folder, "tuned", &resumed);
    assert!(said.contains("fold 1 of 8: done already"), "{said}");
    let more = ["--tune", "learning-rate=1e-3,5e-3", "--tune", "channels=3,4", "--restarts", "3", "--resume"];
    let output = ciskit(folder, &arguments("tuned", &more));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("training.restarts is 2 there and 3 here"), "{said}");
}

#[test]
fn what_cannot_be_tuned_is_refused_before_anything_is_written() {
    let folder = folder();
    let refused = |tune: &str| refusal(folder.path(), &["--tune", tune]);
    assert!(
        refused("dropout=0,1").contains("cannot tune dropout: there is no such setting, expected one of: ")
    );
    assert!(refused("epochs=1,2").contains("cannot tune epochs: there is no such setting"));
    assert!(refused("block-dropout=0,1.5").contains("cannot tune model.block_dropout: it cannot be 1.5 ("));
    assert!(refused("batch=10,1").contains("batch must be at least 2, found 1"));
    assert!(refused("batch=10,10").contains("cannot tune batch: it is to be 10 twice"));
    let message = refusal(folder.path(), &["--paper-train-all"]);
    assert_eq!(message, "ciskit: --paper-train-all goes with --protocol paper");
    assert!(refusal(folder.path(), &["--restarts", "0"]).contains("restarts must be at least 1, found 0"));
}
