//! `--embed`: networks on what a published model makes of windows.

use std::collections::BTreeMap;
use std::path::Path;

use ciskit_nn::weights::to_safetensors;
use ciskit_nn::{DType, Device, Parameters, Tensor};
use ciskit_zoo::nucleotide_transformer::{Config, NucleotideTransformer};
use ciskit_zoo::transformer::Heads;
use tempfile::TempDir;

use crate::binary::{read, refusal, succeed, told};

const MODEL: &str = "nucleotide-transformer-v2-50m-multi-species";

const NETWORK: &str = r#"model = "epipam"
enhancer_len = 200
promoter_len = 150
channels = 4
hidden = 8
kernels = [1, 3]
pools = [1, 2]
ratios = [0.1, 0.5]
"#;

/// A folder with a small simulation in `sim`, a network, and two language models of random weights in `nt` and `other`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("network.toml"), NETWORK).expect("a file");
    let published = Config::named(MODEL).expect("a published model");
    let sizes = (2, 1, 12);
    let (num_attention_heads, num_hidden_layers, hidden_size) = sizes;
    let config =
        Config { hidden_size, num_attention_heads, num_hidden_layers, intermediate_size: 10, ..published };
    for (seed, name) in [(1, "nt"), (2, "other")] {
        let load = |vb| NucleotideTransformer::load(vb, &config, Heads { tokens: true, classes: None });
        let (parameters, _) =
            Parameters::initialise(seed, DType::F32, &Device::Cpu, load).expect("random weights");
        let tensors: BTreeMap<String, Tensor> =
            parameters.named().map(|(name, var)| (name.to_owned(), var.as_tensor().clone())).collect();
        let place = folder.path().join(name);
        std::fs::create_dir(&place).expect("a folder");
        std::fs::write(place.join("model.safetensors"), to_safetensors(&tensors, None).expect("bytes"))
            .expect("a file");
        std::fs::write(place.join("config.json"), serde_json::to_string(&config).expect("JSON"))
            .expect("a file");
    }
    succeed(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    folder
}

const PAIRS: [&str; 4] = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa"];
const EMBED: [&str; 6] = ["--embed", MODEL, "--weights", "nt/model.safetensors", "--embed-bin", "20"];
const SHORT: [&str; 10] = ["--batch", "10", "--copies", "2", "--epochs", "1", "--folds", "1", "--seed", "3"];

fn training<'a>(out: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--model-config", "network.toml", "--out", out][..], &SHORT, &PAIRS, further].concat()
}

fn same(one: &Path, two: &Path, files: &[&str]) {
    for file in files {
        let [one, two] = [one, two].map(|run| std::fs::read(run.join(file)).expect(file));
        assert!(one == two, "{file} differs");
    }
}

/// Logits by name.
fn logits(table: &str) -> BTreeMap<String, String> {
    let lines = table.lines().skip_while(|line| line.starts_with("##")).skip(1);
    let row = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        (cells.next().expect("a name"), cells.next().expect("a logit"))
    };
    lines.map(row).collect()
}

#[test]
fn a_network_on_embeddings_is_trained_and_used_with_the_same_model() {
    let folder = folder();
    let folder = folder.path();
    let (_, said) = told(folder, &training("runs/one", &EMBED));
    assert!(said.contains(" windows embedded, ") && !said.contains("\n0 windows embedded"), "{said}");
    let config = read(folder, "runs/one/config.toml");
    let pretrained = "[model.pretrained]\nbin = 20\nfingerprint = \"";
    assert!(
        config.contains(pretrained) && config.contains(MODEL) && config.contains("width = 12"),
        "{config}"
    );
    assert!(config.contains(r#"embed_weights = ["nt/model.safetensors"]"#), "{config}");
    assert!(config.contains("jitter = 0"), "{config}");
    assert!(config.contains(&format!(", embeddings by {MODEL} (fingerprint ")), "{config}");

    // The next run finds the embeddings, and ends with the same bytes on one thread.
    let (_, said) = told(folder, &training("runs/two", &[&EMBED[..], &["--threads", "1"]].concat()));
    assert!(said.contains("\n0 windows embedded") || said.starts_with("0 windows embedded"), "{said}");
    let elsewhere = [&EMBED[..], &["--embedding-cache", "elsewhere"]].concat();
    let (_, said) = told(folder, &training("runs/three", &elsewhere));
    assert!(!said.contains("\n0 windows embedded"), "{said}");
    let files = ["config.toml", "model.safetensors", "scores.tsv", "metrics.json", "history.tsv"];
    for other in ["runs/two", "runs/three"] {
        same(&folder.join("runs/one"), &folder.join(other), &files);
    }
    // Where files lie is no difference; other weights are.
    std::fs::create_dir(folder.join("copy")).expect("a folder");
    for file in ["model.safetensors", "config.json"] {
        std::fs::copy(folder.join("nt").join(file), folder.join("copy").join(file)).expect("a copy");
    }
    let resumed = |weights| {
        training("runs/one", &["--resume", "--embed", MODEL, "--weights", weights, "--embed-bin", "20"])
    };
    let (_, said) = told(folder, &resumed("copy/model.safetensors"));
    assert!(said.contains("this run is finished"), "{said}");
    let message = refusal(folder, &resumed("other/model.safetensors"));
    assert!(message.starts_with("ciskit: runs/one holds another training: "), "{message}");
    assert!(message.contains("model.pretrained.fingerprint is "), "{message}");

    let predict = |weights: &[&str]| {
        let out = [&["predict", "--model", "runs/one", "-o", "out.tsv"], &PAIRS[..], weights].concat();
        out.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = |weights: &[&str]| {
        let arguments = predict(weights);
        refusal(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let missing = refused(&[]);
    assert!(missing.starts_with(&format!("ciskit: the model reads embeddings by {MODEL} (fingerprint ")));
    assert!(missing.ends_with("give --weights FILE, and what else it was trained with"), "{missing}");
    let other = refused(&["--weights", "other/model.safetensors"]);
    assert!(other.contains(", and these files and choices have the fingerprint "), "{other}");
    let arguments = predict(&["--weights", "copy/model.safetensors"]);
    let (_, said) = told(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.starts_with("0 windows embedded"), "{said}");
    let (predicted, tested) =
        (logits(&read(folder, "out.tsv")), logits(&read(folder, "runs/one/scores.tsv")));
    assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| predicted[name] == *logit));

    let score =
        ["variants", "score", "--model", "runs/one", "--side", "enhancer", "--vcf", "sim/variants.vcf"];
    let message = refusal(folder, &[&score[..], &["-o", "v.tsv"], &PAIRS].concat());
    assert!(
        message.contains("ciskit predict scores pairs with it, and nothing else can give it embeddings yet")
    );
}

#[test]
fn what_does_not_fit_is_refused_in_a_sentence() {
    let folder = folder();
    let folder = folder.path();
    let refused =
        |further: &[&str]| refusal(folder, &[&["train", "--out", "run"][..], &PAIRS, further].concat());
    assert_eq!(
        refused(&["--weights", "nt/model.safetensors"]),
        "ciskit: --weights goes with --embed, the name of the model"
    );
    let message = refused(&[&["--model", "epivan"][..], &EMBED].concat());
    assert_eq!(message, "ciskit: the model that reads embeddings is epivan, expected epipam or epi");
    let message = refused(&["--embed", "say", "--weights", "nt/model.safetensors"]);
    assert!(message.starts_with("ciskit: there is no model \"say\", expected one of: "), "{message}");
    // 1,000 bp are 10 bins.
    let message = refused(&["--preset", "chiapet", "--embed", MODEL, "--weights", "nt"]);
    assert!(message.contains("block 3 of the enhancer tower leaves no position: length 3"), "{message}");
    let table =
        format!("{NETWORK}[pretrained]\nmodel = \"sei\"\nfingerprint = \"f\"\nwidth = 960\nbin = 20\n");
    std::fs::write(folder.join("sei.toml"), table).expect("a file");
    let message = refused(&["--model-config", "sei.toml"]);
    let named = "sei (fingerprint f, 960 numbers for each 20 bp)";
    assert_eq!(
        message,
        format!("ciskit: epipam reads embeddings by {named}: give --embed sei and --weights FILE")
    );
    let message = refused(&[&["--model-config", "sei.toml"][..], &EMBED].concat());
    let other =
        format!("ciskit: the configuration reads embeddings by {named}, and --embed gives those by {MODEL}");
    assert!(message.starts_with(&other), "{message}");
    assert!(!folder.join("run").exists());
    let predict = ["predict", "--model", "nowhere", "-o", "out.tsv", "--embedding-cache", "here"];
    let output = crate::binary::ciskit(folder, &[&predict[..], &PAIRS].concat());
    assert_eq!(output.status.code(), Some(2), "a cache is of no use without weights");
}

#[test]
fn a_comparison_has_the_same_network_on_bases_and_on_embeddings() {
    let folder = folder();
    let folder = folder.path();
    let models = ["compare", "--models", "epi,epi+embed", "--out", "cmp/out", "--preset", "chiapet"];
    let lengths =
        ["--enhancer-len", "600", "--promoter-len", "600", "--resamples", "20", "--test-ratios", "all"];
    let arguments = [&models[..], &lengths, &SHORT, &PAIRS].concat();
    let message = refusal(folder, &arguments);
    assert_eq!(message, "ciskit: epi+embed reads embeddings: give --embed MODEL and --weights FILE");
    let refused = [
        &["compare", "--models", "epi", "--out", "cmp/out", "--preset", "chiapet"][..],
        &lengths,
        &SHORT,
        &PAIRS,
        &EMBED,
    ];
    let message = refusal(folder, &refused.concat());
    assert!(
        message.starts_with("ciskit: --embed is given, but no network here reads embeddings"),
        "{message}"
    );
    let arguments = [&arguments[..], &EMBED].concat();
    succeed(folder, &[&arguments[..], &["--dry-run"]].concat());
    let printed = succeed(folder, &arguments);
    assert!(printed.contains("epi+embed"), "{printed}");
    let config = read(folder, "cmp/out/epi+embed/config.toml");
    assert!(config.contains("[model.pretrained]") && config.contains("jitter = 0"), "{config}");
    let config = read(folder, "cmp/out/epi/config.toml");
    assert!(!config.contains("pretrained") && config.contains("jitter = 100"), "{config}");
    assert!(folder.join("cmp/embeddings").is_dir());

    // A window that is moved is embedded by itself.
    let moved = [&EMBED[..], &["--jitter", "2", "--embedding-cache", "cmp/embeddings"]].concat();
    let (_, said) = told(folder, &training("moved", &moved));
    assert!(said.contains("warning: --jitter moves windows"), "{said}");
    assert!(read(folder, "moved/config.toml").contains("jitter = 2"));
}

#[test]
fn a_model_of_a_fixed_length_reads_longer_windows_in_pieces() {
    let (folder, _) = crate::zoo::folder();
    let folder = folder.path();
    std::fs::write(folder.join("network.toml"), NETWORK.replace("200", "300")).expect("a file");
    succeed(folder, &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    let sei = ["--embed", "sei", "--weights", "sei.safetensors", "--zoo-config", "config.json"];
    succeed(folder, &training("run", &[&sei[..], &["--embed-bin", "20"]].concat()));
    let config = read(folder, "run/config.toml");
    assert!(config.contains("width = 4\n") && config.contains("model = \"sei\""), "{config}");
    let predict = ["predict", "--model", "run", "--weights", "sei.safetensors", "-o", "out.tsv"];
    // The configuration belongs to the model: without it, the file is another one.
    std::fs::rename(folder.join("config.json"), folder.join("sei.json")).expect("a file");
    let refused = refusal(folder, &[&predict[..], &PAIRS].concat());
    assert!(refused.contains("and these files and choices have the fingerprint"), "{refused}");
    let predict = [&predict[..], &["--zoo-config", "sei.json"], &PAIRS].concat();
    succeed(folder, &predict);
    let (predicted, tested) = (logits(&read(folder, "out.tsv")), logits(&read(folder, "run/scores.tsv")));
    assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| predicted[name] == *logit));
}
