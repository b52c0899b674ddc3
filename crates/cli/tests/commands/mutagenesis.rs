//! `ciskit variants mutagenesis`, driven as scripts do.

use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, PairModel, Parameters};

use crate::binary::{refusal, succeed};

/// A genome, one pair on it whose enhancer window starts at 700 (0-based), and a small random network.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).expect("the folder can be written");
    };
    let genome = ciskit_fixtures::spelling(3000);
    write("g.fa", format!(">chr1\n{}\n", String::from_utf8_lossy(&genome)).as_bytes());
    write("one.bedpe", b"chr1\t900\t1100\tchr1\t2000\t2200\te|p\t.\t.\t.\n");
    write("two.bedpe", b"chr1\t900\t1100\tchr1\t2000\t2200\nchr1\t900\t1100\tchr1\t2300\t2400\n");
    let text = "model = \"epipam\"\npreset = \"chiapet\"\nenhancer_len = 600\npromoter_len = 600\n";
    write("model.toml", text.as_bytes());
    let config = ModelConfig::from_toml(text).expect("a configuration");
    let load = |vb| Model::load(vb, &config);
    let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).expect("a model");
    write("w.safetensors", &parameters.to_safetensors(None).expect("bytes"));
    folder
}

/// Model and genome of every command.
const GIVEN: [&str; 8] =
    ["--model", "w.safetensors", "--config", "model.toml", "--genome", "g.fa", "--side", "enhancer"];

fn command(arguments: &[&'static str]) -> Vec<&'static str> {
    [&["variants", "mutagenesis"], &GIVEN[..], arguments].concat()
}

#[test]
fn a_map_agrees_with_variants_scored_one_by_one_and_comes_in_every_format() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let one = ["--pairs", "one.bedpe", "--region", "chr1:991-1010", "--deletions"];
    let files = ["-o", "map.tsv", "-o", "map.npz", "-o", "map.svg"];
    let said = succeed(folder.path(), &command(&[&one[..], &files].concat()));
    assert!(said.starts_with("80 mutants; the strongest is chr1:"), "{said}");

    let table = std::fs::read_to_string(path("map.tsv")).expect("a table");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0][0], "##ciskit mutagenesis format=1 score=difference of=e|p");
    assert_eq!(rows[1], ["chrom", "pos", "ref", "alt", "output", "value"]);
    assert_eq!(rows.len(), 2 + 80);
    let genome = ciskit_fixtures::spelling(3000);
    for (index, row) in rows[2..].iter().enumerate() {
        let place = 991 + index / 4;
        assert_eq!(row[1], place.to_string());
        assert_eq!(row[2].as_bytes(), [genome[place - 1]]);
        assert_eq!(row[3] == "-", index % 4 == 3);
    }

    // The same substitutions as variants.
    let substitutions: Vec<&Vec<&str>> = rows[2..].iter().filter(|row| row[3] != "-").collect();
    let mut vcf = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".to_owned();
    for row in &substitutions {
        vcf.push_str(&format!("chr1\t{}\t.\t{}\t{}\t.\t.\t.\n", row[1], row[2], row[3]));
    }
    std::fs::write(path("v.vcf"), vcf).expect("the folder can be written");
    let score = ["--pairs", "one.bedpe", "--vcf", "v.vcf", "-o", "scored.tsv"];
    succeed(folder.path(), &[&["variants", "score"], &GIVEN[..], &score].concat());
    let scored = std::fs::read_to_string(path("scored.tsv")).expect("a table");
    let header = scored.lines().find(|line| line.starts_with("chrom")).expect("a header");
    let column = header.split('\t').position(|name| name == "logit_difference").expect("a column");
    let differences: Vec<f64> = scored
        .lines()
        .filter(|line| line.starts_with("chr1"))
        .map(|line| line.split('\t').nth(column).and_then(|text| text.parse().ok()).expect("a number"))
        .collect();
    assert_eq!(differences.len(), substitutions.len());
    for (row, difference) in substitutions.iter().zip(differences) {
        assert_eq!(row[5].parse::<f64>().expect("a number"), difference, "{row:?}");
    }
    assert!(substitutions.iter().any(|row| row[5] != "0"));

    let svg = std::fs::read_to_string(path("map.svg")).expect("a picture");
    assert!(svg.contains(">del</text>") && svg.contains(">difference of logit</text>"));
    assert!(std::fs::read(path("map.npz")).expect("arrays").starts_with(b"PK"));

    // Nothing depends on the number of threads.
    let threads = command(&[&one[..], &["--threads", "1", "-o", "again.tsv", "-o", "again.npz"]].concat());
    succeed(folder.path(), &threads);
    for (first, second) in [("map.tsv", "again.tsv"), ("map.npz", "again.npz")] {
        assert!(std::fs::read(path(first)).expect("a file") == std::fs::read(path(second)).expect("a file"));
    }
}

#[test]
fn scores_and_outputs_are_chosen_by_name() {
    let folder = folder();
    let arguments = ["--pairs", "one.bedpe", "--region", "chr1:1000-1001", "--outputs", "*", "-o", "m.tsv"];
    succeed(folder.path(), &command(&[&arguments[..], &["--score", "log2-ratio", "-o", "m.svg"]].concat()));
    let table = std::fs::read_to_string(folder.path().join("m.tsv")).expect("a table");
    let rows: Vec<Vec<&str>> = table.lines().skip(2).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 2 * 3 * 2);
    // The log2 ratio of a logit is that of its probability.
    for pair in rows.chunks(2) {
        let [logit, probability] = [0, 1].map(|row| pair[row][5].parse::<f64>().expect("a number"));
        assert_eq!((pair[0][4], pair[1][4]), ("logit", "probability"));
        assert!((logit - probability).abs() < 1e-5, "{pair:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let folder = folder();
    let said = |arguments: &[&'static str]| refusal(folder.path(), &command(arguments));
    let one = |arguments: &[&'static str]| said(&[&["--pairs", "one.bedpe"], arguments].concat());
    assert!(one(&["-o", "map.png"]).contains("a map is written as .tsv, .tsv.gz, .npz or .svg"));
    assert!(one(&["--score", "diference", "-o", "m.tsv"]).contains("the nearest name is difference"));
    let outside = one(&["--region", "chr1:600-800", "-o", "m.tsv"]);
    assert!(outside.contains("the region chr1:600-800 leaves the window chr1:701-1300"), "{outside}");
    assert!(one(&["--outputs", "DNASE*", "-o", "m.tsv"]).contains("no output matches \"DNASE*\""));
    assert!(said(&["--pairs", "two.bedpe", "-o", "m.tsv"]).contains("holds 2 pairs; give one"));
    assert!(!folder.path().join("m.tsv").exists());
}
