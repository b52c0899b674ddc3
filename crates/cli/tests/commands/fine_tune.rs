//! `ciskit zoo fine-tune`: a small model, from files to files.

use std::path::Path;

use ciskit_nn::{DType, Device, Parameters};
use ciskit_zoo::nucleotide_transformer::{Config, NucleotideTransformer};
use ciskit_zoo::transformer::Heads;
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{read, refusal, succeed, told};

const MODEL: &str = "nucleotide-transformer-v2-50m-multi-species";

/// A simulation, a model of random weights that predicts tokens, and measured effects.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(folder.path(), &["simulate", "--out", "sim", "--pairs", "400", "--seed", "3"]);
    let config = Config {
        hidden_size: 32,
        num_attention_heads: 2,
        num_hidden_layers: 1,
        intermediate_size: 32,
        ..Config::named(MODEL).expect("published")
    };
    let load = |vb| NucleotideTransformer::load(vb, &config, Heads { tokens: true, classes: None });
    let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).expect("a network");
    let pretrained = folder.path().join("pretrained");
    std::fs::create_dir(&pretrained).expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(pretrained.join(name), bytes).expect("a file");
    write("model.safetensors", &parameters.to_safetensors(None).expect("bytes"));
    write("config.json", serde_json::to_string(&config).expect("JSON").as_bytes());
    let mut table = String::from("chrom\tpos\tref\talt\tmeasured_log2\n");
    for line in read(folder.path(), "sim/variants.vcf").lines().filter(|line| !line.starts_with('#')).take(30)
    {
        let fields: Vec<&str> = line.split('\t').collect();
        let delta =
            fields[7].split(';').find_map(|field| field.strip_prefix("LOGODDS=")).expect("its effect");
        table += &format!("{}\t{}\t{}\t{}\t{delta}\n", fields[0], fields[1], fields[3], fields[4]);
    }
    std::fs::write(folder.path().join("measured.tsv"), table).expect("a file");
    folder
}

fn fine_tune<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start = ["zoo", "fine-tune", MODEL, "--weights", "pretrained", "--genome", "sim/genome.fa"];
    let data = ["--positives", "sim/enhancers.bed", "--negatives", "sim/controls.bed", "--window", "300"];
    let split = ["--validation-chromosomes", "chr2", "--test-chromosomes", "chr1,chr3", "--out", out];
    [&start[..], &data, &split, more].concat()
}

fn metrics(folder: &Path, out: &str) -> Value {
    serde_json::from_str(&read(folder, &format!("{out}/metrics.json"))).expect("JSON")
}

#[test]
fn a_model_is_tuned_reported_and_scored_by_its_name() {
    let folder = folder();
    let more = ["--epochs", "4", "--learning-rate", "3e-3", "--measured", "measured.tsv"];
    let (table, said) = told(folder.path(), &fine_tune("tuned", &more));
    assert!(said.contains("training: ") && said.contains("epoch 4"), "{said}");
    assert!(table.contains("one-shot") && table.contains("fine-tuned"), "{table}");
    let rows = metrics(folder.path(), "tuned");
    let auroc = |row: usize| rows[row]["auroc"].as_f64().expect("a number");
    assert!(auroc(1) > 0.8 && auroc(0) < 0.7, "{rows}");
    assert_eq!(rows[1]["variants"], 30);
    let scores = read(folder.path(), "tuned/scores.tsv");
    assert_eq!(scores.lines().nth(1), Some("chrom\tstart\tlabel\tone_shot\tfine_tuned"));
    assert!(scores.lines().skip(2).all(|line| line.starts_with("chr1\t") || line.starts_with("chr3\t")));
    assert!(read(folder.path(), "tuned/history.tsv").lines().count() > 3);

    // The folder is a model like the published one.
    let score = ["zoo", "score", MODEL, "--weights", "tuned", "--genome", "sim/genome.fa", "--window", "300"];
    succeed(folder.path(), &[&score[..], &["--vcf", "sim/variants.vcf", "-o", "out.tsv"]].concat());
    assert!(read(folder.path(), "out.tsv").lines().any(|line| line.contains("\tscored\t")));

    // Same seed, same bytes.
    succeed(folder.path(), &fine_tune("again", &more));
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).expect(name);
    assert!(bytes("tuned/model.safetensors") == bytes("again/model.safetensors"));
    let message = refusal(folder.path(), &fine_tune("tuned", &[]));
    assert_eq!(message, "ciskit: tuned holds a model already: take another --out");
}

#[test]
fn a_frozen_body_is_kept() {
    let folder = folder();
    succeed(folder.path(), &fine_tune("tuned", &["--epochs", "2", "--frozen", "--learning-rate", "1e-2"]));
    let tensors = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name).join("model.safetensors")).expect(name);
        ciskit_nn::weights::from_safetensors(&bytes, &Device::Cpu).expect("tensors").tensors
    };
    let (before, after) = (tensors("pretrained"), tensors("tuned"));
    let values = |tensor: &ciskit_nn::Tensor| -> Vec<f32> {
        tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).expect("numbers")
    };
    for (name, tensor) in after.iter().filter(|(name, _)| !name.starts_with("classifier.")) {
        assert!(values(tensor) == values(&before[name]), "{name}");
    }
    assert!(metrics(folder.path(), "tuned")[0]["pearson"].is_null());
}

#[test]
fn what_cannot_be_tuned_is_told() {
    let folder = folder();
    let mut same = fine_tune("tuned", &[]);
    let at = same.iter().position(|argument| *argument == "chr2").expect("it is there");
    same[at] = "chr3";
    assert_eq!(
        refusal(folder.path(), &same),
        "ciskit: chr3 is validated on and tested on: it must be one of the two"
    );
    same[at] = "chr77";
    let message = refusal(folder.path(), &same);
    assert!(message.starts_with("ciskit: no window lies on the validation chromosomes (chr77)"), "{message}");
    let mut other = fine_tune("tuned", &[]);
    other[2] = "sei";
    let message = refusal(folder.path(), &other);
    assert_eq!(message, "ciskit: model sei: its weights cannot be trained here");
    assert!(!folder.path().join("tuned").exists());
}
