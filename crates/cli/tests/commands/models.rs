//! `ciskit train` with models of one head or with tracks, and `ciskit predict` with the networks of several folds.

use std::path::Path;

use tempfile::TempDir;

use crate::binary::{read, refusal, succeed};

const EPIPAM: &str = r#"model = "epipam"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
ratios = [0.1, 1.0]
"#;

const EPIVAN: &str = r#"model = "epivan"
enhancer_len = 200
promoter_len = 200
width = 4
filters = 4
kernel = 9
pool = 16
units = 2
attention = 2
"#;

const WITH_TRACKS: &str = r#"model = "deeptact"
preset = "original"
enhancer_len = 200
promoter_len = 200
filters = 4
units = 2
dense = 3
"#;

/// A folder with a small simulation in `sim` and the network in `network.toml`.
fn folder(network: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("network.toml"), network).expect("a file");
    succeed(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    folder
}

fn training<'a>(further: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--model-config", "network.toml", "--out", "run"];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--seed", "3"]);
    arguments.extend(["--batch", "10", "--copies", "2"]);
    arguments.extend(further);
    arguments
}

#[test]
fn a_model_of_one_head_is_chosen_among_its_restarts_as_published() {
    let folder = folder(EPIVAN);
    let folder = folder.path();
    let several = ["--protocol", "paper", "--epochs", "2", "--folds", "0", "--alpha", "1,0.5"];
    assert_eq!(
        refusal(folder, &training(&several)),
        "ciskit: model epivan has one head, so that all values of --alpha train the same network: give one, or none"
    );
    assert!(!folder.join("run").exists());

    let printed = succeed(folder, &training(&several[..6]));
    // Five restarts and two epochs.
    assert!(printed.contains("epivan, best of 10 on the test pairs themselves"), "{printed}");
    let config = read(folder, "run/config.toml");
    assert!(config.contains("alphas = [1.0]") && config.contains("restarts = 5"), "{config}");
    assert!(
        read(folder, "run/report.html").contains("among 10 candidates (restart × epoch) on the same test")
    );
}

#[test]
fn a_model_with_tracks_is_refused_before_the_run_folder_is_made() {
    let folder = folder(WITH_TRACKS);
    let expected = "ciskit: deeptact reads 1 accessibility track of each side: give --track FILE for each, in the order \
                    of its training";
    assert_eq!(refusal(folder.path(), &training(&[])), expected);
    assert!(!folder.path().join("run").exists());
}

fn predict(model: &str) -> [&str; 9] {
    ["predict", "--model", model, "--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "-o", "out"]
}

#[test]
fn every_network_of_a_run_scores_whichever_folds_it_trained() {
    let folder = folder(EPIPAM);
    let folder = folder.path();
    succeed(folder, &training(&["--folds", "1,3", "--epochs", "1"]));
    let logits = |model: &str| -> Vec<f64> {
        succeed(folder, &predict(model));
        let table = read(folder, "out");
        let mut lines = table.lines().skip_while(|line| line.starts_with("##"));
        let column = lines.next().and_then(|names| names.split('\t').position(|name| name == "logit"));
        let column = column.expect("a column of logits");
        lines
            .map(|line| line.split('\t').nth(column).and_then(|cell| cell.parse().ok()).expect("a logit"))
            .collect()
    };
    let whole = logits("run");
    let [one, three] = ["run/fold-1/model.safetensors", "run/fold-3/model.safetensors"].map(logits);
    assert!(!whole.is_empty() && one != three);
    for (index, found) in whole.into_iter().enumerate() {
        assert!((found - (one[index] + three[index]) / 2.0).abs() < 1e-6, "{index}");
    }

    std::fs::remove_file(folder.join("run/fold-3/model.safetensors")).expect("a model");
    let missing = Path::new("run").join("fold-3").join("model.safetensors");
    let expected = format!("ciskit: run is no finished run: it has no {}", missing.display());
    assert_eq!(refusal(folder, &predict("run")), expected);
    let expected = "ciskit: sim is no run folder: it holds neither model.safetensors nor config.toml";
    assert_eq!(refusal(folder, &predict("sim")), expected);
}
