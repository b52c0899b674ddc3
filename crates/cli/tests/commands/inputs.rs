//! `ciskit train` with vectors of k-mers and with features, and what uses such a model.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::{DType, Device, Tensor};
use tempfile::TempDir;

use crate::binary::{refusal, succeed};

const NETWORK: &str = r#"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
"#;

/// Vectors of single bases, and others.
const VECTORS: &str = "4 2\nA 1 2\nC 3 4\nG 5 6\nT 7 8\n";
const OTHERS: &str = "4 2\nA 1 2\nC 3 4\nG 5 6\nT 7 9\n";

/// A motif of eight bases, rare enough to be worth counting.
const MOTIF: &str =
    ">M1 TEST\nA [9 0 0 9 9 0 0 0]\nC [0 0 0 0 0 9 0 0]\nG [0 9 0 0 0 0 0 9]\nT [0 0 9 0 0 0 9 0]\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("plain.toml", &format!("model = 'epi'\n{NETWORK}"));
    write("words.toml", &format!("model = 'epi-embed'\n{NETWORK}[embedding]\nk = 1\nwidth = 9\n"));
    write("vectors.w2v", VECTORS);
    write("others.w2v", OTHERS);
    write("test.jaspar", MOTIF);
    write("other.jaspar", &MOTIF.replace("M1", "M2"));
    succeed(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    folder
}

/// The arguments of a training of fold 0.
fn training<'a>(config: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--seed", "3", "--folds", "0"];
    let short = ["--epochs", "1", "--copies", "1", "--batch", "40", "--out", "run"];
    [&["train", "--model-config", config], &fixed[..], &short, further].concat()
}

fn weights(folder: &Path) -> BTreeMap<String, Tensor> {
    let bytes = std::fs::read(folder.join("run/model.safetensors")).expect("a model");
    ciskit_nn::weights::from_safetensors(&bytes, &Device::Cpu).expect("weights").tensors
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_dtype(DType::F64).and_then(|tensor| tensor.flatten_all());
    flat.and_then(|flat| flat.to_vec1()).expect("numbers")
}

/// Column `logit` by name.
fn logits(folder: &Path, name: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join(name)).expect("a table");
    let rows = text.lines().skip(2).map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[test]
fn vectors_go_into_both_towers_and_stay_there_if_frozen() {
    let expected: Vec<f64> = [0., 0., 1., 2., 3., 4., 5., 6., 7., 8.].into();
    for frozen in [false, true] {
        let folder = folder();
        let freeze: &[&str] = if frozen { &["--freeze-embedding"] } else { &[] };
        let arguments = training("words.toml", &[&["--embedding", "vectors.w2v"], freeze].concat());
        succeed(folder.path(), &arguments);
        let weights = weights(folder.path());
        for table in ["embed_layer_en.weight", "embed_layer_pr.weight"] {
            let found = values(&weights[table]);
            assert_eq!(weights[table].dims(), [5, 2], "the file's width, not the configuration's");
            assert_eq!(found == expected, frozen);
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.2), "{found:?}");
        }
        let config = std::fs::read_to_string(folder.path().join("run/config.toml")).expect("a file");
        assert!(config.contains("embedding = \"vectors.w2v\""), "{config}");
        let fingerprint = config.lines().find(|line| line.starts_with("embedding_fingerprint = "));
        assert_eq!(fingerprint.expect("a fingerprint").len(), "embedding_fingerprint = ''".len() + 16);

        let other = [&["--resume", "--embedding", "others.w2v"], freeze].concat();
        let message = refusal(folder.path(), &training("words.toml", &other));
        assert!(message.contains("data.embedding_fingerprint is "), "{message}");

        let predict = [
            "predict",
            "--model",
            "run",
            "--pairs",
            "sim/pairs.bedpe",
            "--genome",
            "sim/genome.fa",
            "-o",
            "p",
        ];
        succeed(folder.path(), &predict);
        let (tested, predicted) = (logits(folder.path(), "run/scores.tsv"), logits(folder.path(), "p"));
        assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| predicted.get(name) == Some(logit)));
    }
    let folder = folder();
    let message = refusal(folder.path(), &training("plain.toml", &["--embedding", "vectors.w2v"]));
    assert_eq!(
        message,
        "ciskit: --embedding needs a model of embedded k-mers, such as epipam-embed; this one is epi"
    );
}

#[test]
fn features_are_standardised_named_and_needed_again() {
    let folder = folder();
    let features = ["--features", "distance,ctcf", "--motif", "test.jaspar", "--motif-p", "0.001"];
    succeed(folder.path(), &training("plain.toml", &features));
    let config = std::fs::read_to_string(folder.path().join("run/config.toml")).expect("a file");
    for name in ["\"distance\"", "\"M1@0.001:convergent\"", "\"M1@0.001:between\""] {
        assert!(config.contains(name), "{name}: {config}");
    }
    let weights = weights(folder.path());
    let (mean, deviation) = (values(&weights["covariates.mean"]), values(&weights["covariates.deviation"]));
    assert_eq!((mean.len(), deviation.len()), (7, 7));
    assert!(mean[0] > 2.0 && mean[0] < 7.0, "a logarithm of bp: {mean:?}");
    // Each orientation is 0 or 1, and at most one of them holds.
    assert!(
        mean[3..6].iter().all(|share| (0.0..=1.0).contains(share)) && mean[3..6].iter().sum::<f64>() <= 1.0
    );
    assert!(deviation.iter().all(|deviation| *deviation > 0.0));

    let predict = |further: &[&'static str]| {
        let fixed = [
            "predict",
            "--model",
            "run",
            "--pairs",
            "sim/pairs.bedpe",
            "--genome",
            "sim/genome.fa",
            "-o",
            "p",
        ];
        [&fixed[..], further].concat()
    };
    succeed(folder.path(), &predict(&["--motif", "test.jaspar"]));
    let (tested, predicted) = (logits(folder.path(), "run/scores.tsv"), logits(folder.path(), "p"));
    assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| predicted.get(name) == Some(logit)));

    assert_eq!(
        refusal(folder.path(), &predict(&[])),
        "ciskit: the model reads sites of motif M1: give --motif FILE"
    );
    assert_eq!(
        refusal(folder.path(), &predict(&["--motif", "other.jaspar"])),
        "ciskit: other.jaspar holds motif M2, the model reads M1"
    );
    let message = refusal(folder.path(), &training("plain.toml", &["--features", "ctcf"]));
    assert_eq!(message, "ciskit: the feature ctcf needs --motif FILE");
}

#[test]
fn a_motif_that_nothing_reads_is_refused() {
    let folder = folder();
    let unread = "ciskit: --motif is given, but no model here reads sites of a motif";
    let motif = ["--motif", "test.jaspar"];
    assert_eq!(refusal(folder.path(), &training("plain.toml", &motif)), unread);
    let distance = [&["--features", "distance"], &motif[..]].concat();
    assert_eq!(refusal(folder.path(), &training("plain.toml", &distance)), unread);
    assert!(!folder.path().join("run").exists());
    succeed(folder.path(), &training("plain.toml", &["--features", "distance"]));
    let mut predict = vec!["predict", "--model", "run", "--pairs", "sim/pairs.bedpe", "-o", "p"];
    predict.extend(["--genome", "sim/genome.fa"]);
    succeed(folder.path(), &predict);
    predict.extend(motif);
    assert_eq!(refusal(folder.path(), &predict), unread);
}
