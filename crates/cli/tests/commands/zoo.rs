//! `ciskit zoo`: the catalogue, and variants scored with a published architecture.

use std::path::Path;

use ciskit_core::random::Stream;
use ciskit_core::{Selection, SequenceScorer};
use ciskit_nn::{DType, Device, Parameters, Tensor, parameter_shapes};
use ciskit_zoo::sei::{Config, Sei, SeiScorer};
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{ciskit, read, refusal, succeed};

const CONFIG: Config = Config { channels: [2, 3, 4], profiles: 3, length: 256, splines: 5 };

fn sequence(length: usize) -> Vec<u8> {
    (0..length).map(|base| b"ACGT"[(base * base / 3 + base) % 4]).collect()
}

/// A folder with a small Sei of random weights, a genome and two variants, the second of another genome.
pub(crate) fn folder() -> (TempDir, Sei) {
    folder_of(CONFIG, 600, 299)
}

/// The same with a genome of so many bases and variants at this one (0-based).
fn folder_of(config: Config, length: usize, place: usize) -> (TempDir, Sei) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    // Where a published model starts from does not matter, so that its own first values are zeros.
    let shapes = parameter_shapes(|vb| Sei::load(vb, &config)).expect("shapes");
    let drawn = shapes.into_iter().map(|(name, shape)| {
        let stream = Stream::new(1, "test weights").name(&name);
        let count = shape.iter().product::<usize>() as u64;
        let values: Vec<f32> = (0..count).map(|index| 0.5 * (stream.uniform_f32(index) - 0.45)).collect();
        (name, Tensor::from_vec(values, shape, &Device::Cpu).expect("as many values"))
    });
    let (parameters, model) =
        Parameters::load(drawn.collect(), DType::F32, &Device::Cpu, |vb| Sei::load(vb, &config))
            .expect("a model");
    write("sei.safetensors", &parameters.to_safetensors(None).expect("bytes"));
    write("config.json", serde_json::to_string(&config).expect("JSON").as_bytes());
    write("target.names", b"K562 | DNase\nK562 | CTCF\nHepG2 | CTCF\n");
    write("g.fa", format!(">chr1\n{}\n", String::from_utf8_lossy(&sequence(length))).as_bytes());
    let base = char::from(sequence(length)[place]);
    let others: Vec<char> = "ACGT".chars().filter(|&other| other != base).collect();
    let (alternative, wrong) = (others[0], others[1]);
    let header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let variant = |id: &str, reference: char| {
        format!("chr1\t{}\t{id}\t{reference}\t{alternative}\t.\t.\t.\n", place + 1)
    };
    write("in.vcf", format!("{header}{}{}", variant("right", base), variant("wrong", wrong)).as_bytes());
    (folder, model)
}

const SCORE: [&str; 12] = [
    "zoo",
    "score",
    "sei",
    "--weights",
    "sei.safetensors",
    "--config",
    "config.json",
    "--genome",
    "g.fa",
    "--max-mismatches",
    "1",
    "--out",
];

#[test]
fn the_catalogue_is_a_table_and_json() {
    let here = Path::new(".");
    let table = succeed(here, &["zoo", "list"]);
    assert!(table.starts_with("model "), "{table}");
    assert!(table.lines().any(|line| line.starts_with("sei ") && line.contains("889.98 M")), "{table}");
    let list: Value = serde_json::from_str(&succeed(here, &["zoo", "list", "--json"])).expect("JSON");
    let list = list.as_array().expect("a list");
    assert_eq!(list.len() + 1, table.lines().count());
    let sei = list.iter().find(|model| model["name"] == "sei").expect("sei is there");
    assert_eq!(sei["parameters"], 889_979_983);
}

#[test]
fn variants_are_scored_by_the_profiles_asked_for() {
    let (folder, model) = folder();
    let more = ["-", "--vcf", "in.vcf", "--file", "target-names=target.names", "--outputs", "*CTCF"];
    let table = succeed(folder.path(), &[&SCORE[..], &more, &["--score", "difference"]].concat());
    let mut lines = table.lines().filter(|line| !line.starts_with("##"));
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let status = header.iter().position(|name| *name == "status").expect("a status");
    assert_eq!([rows[0][status], rows[1][status]], ["scored", "ref-mismatch"]);

    let start = 299 - 127; // the anchor is one before the middle
    let genome = sequence(600);
    let reference = &genome[start..start + 256];
    let mut alternative = reference.to_vec();
    let (_, alleles) = rows[0].split_at(3);
    alternative[127] = alleles[1].as_bytes()[0];
    assert_eq!(reference[127], alleles[0].as_bytes()[0]);
    let scorer = SeiScorer::new(model, Device::Cpu, None).expect("a scorer");
    let scores = scorer.score(&[reference, &alternative], &Selection::all()).expect("scores");
    let expected = f64::from(scores.get(1, 0, 1)) - f64::from(scores.get(0, 0, 1));
    assert!(expected != 0.0, "a network whose last units are all dead tells nothing");
    let found = |name: &str| {
        let column = header.iter().position(|column| column.contains(name) && column.contains("difference"));
        rows[0][column.unwrap_or_else(|| panic!("{name} in {header:?}"))].parse::<f64>().expect("a number")
    };
    assert!((found("K562 | CTCF") - expected).abs() < 1e-6, "{expected}: {table}");
    assert!(!header.iter().any(|column| column.contains("DNase")), "{header:?}");
    // One strand gives another number.
    let forward = [&SCORE[..], &more, &["--score", "difference", "--choice", "strands=forward"]].concat();
    assert_ne!(succeed(folder.path(), &forward), table);
}

#[test]
fn with_1_kb_all_else_is_unknown() {
    let (folder, model) = folder_of(Config { length: 1536, ..CONFIG }, 3000, 1499);
    let more = ["-", "--vcf", "in.vcf", "--file", "target-names=target.names", "--score", "difference"];
    let scored = |more: &[&str]| {
        let table = succeed(folder.path(), &[&SCORE[..], more].concat());
        let mut lines = table.lines().filter(|line| !line.starts_with("##"));
        let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
        let row: Vec<String> = lines.next().expect("a row").split('\t').map(str::to_owned).collect();
        let value = |allele: &str| {
            let wanted = format!("HepG2 | CTCF_{allele}");
            let column = header.iter().position(|name| *name == wanted).expect("a column");
            row[column].parse::<f64>().expect("a number")
        };
        (row[3].as_bytes()[0], row[4].as_bytes()[0], [value("ref"), value("alt")])
    };
    let (from, to, found) = scored(&[&more[..], &["--paper-1kb"]].concat());

    // The variant is base 500 of the 1,000 that are real, and base 767 of the window.
    let start = 1499 - 767;
    let mut reference = sequence(3000)[start..start + 1536].to_vec();
    assert_eq!(reference[767], from);
    reference[..267].fill(b'N');
    reference[1267..].fill(b'N');
    let mut alternative = reference.clone();
    alternative[767] = to;
    let scorer = SeiScorer::new(model, Device::Cpu, None).expect("a scorer");
    let scores = scorer.score(&[&reference, &alternative], &Selection::all()).expect("scores");
    let expected = [0, 1].map(|item| f64::from(scores.get(item, 0, 2)));
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?}");
    assert_ne!(found[0], found[1]);
    assert_ne!(scored(&more).2[0], found[0], "the rest of the window matters");
}

#[test]
fn a_region_is_mapped_base_by_base() {
    let (folder, model) = folder();
    let model_files = ["--weights", "sei.safetensors", "--config", "config.json", "--genome", "g.fa"];
    let map = ["zoo", "mutagenesis", "sei", "--region", "chr1:296-305", "-o", "map.tsv", "-o", "map.svg"];
    let printed = succeed(folder.path(), &[&map[..], &model_files].concat());
    assert!(printed.starts_with("30 mutants; the strongest is chr1:"), "{printed}");
    let table = read(folder.path(), "map.tsv");
    let rows: Vec<Vec<&str>> = table.lines().skip(2).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 10 * 3 * CONFIG.profiles);

    // The middle of the region, base 300, lies on the anchor.
    let start = 300 - 127;
    let reference = &sequence(600)[start..start + 256];
    let mut mutant = reference.to_vec();
    let row = &rows[0];
    mutant[295 - start] = row[3].as_bytes()[0];
    assert_eq!((row[0], row[1], row[2].as_bytes()[0]), ("chr1", "296", reference[295 - start]));
    let scorer = SeiScorer::new(model, Device::Cpu, None).expect("a scorer");
    let scores = scorer.score(&[reference, &mutant], &Selection::all()).expect("scores");
    let expected = f64::from(scores.get(1, 0, 0)) - f64::from(scores.get(0, 0, 0));
    assert!((row[5].parse::<f64>().expect("a number") - expected).abs() < 1e-6, "{row:?}, {expected}");
    assert!(read(folder.path(), "map.svg").starts_with("<svg"));

    let nowhere = ["zoo", "mutagenesis", "sei", "-o", "map.tsv"];
    let message = refusal(folder.path(), &[&nowhere[..], &model_files].concat());
    assert_eq!(message, "ciskit: --region says which bases are changed");
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let (folder, _) = folder();
    let vcf = ["x.tsv", "--vcf", "in.vcf"];
    let said = |arguments: &[&str]| refusal(folder.path(), arguments);
    let other = said(&[
        "zoo",
        "score",
        "say",
        "--weights",
        "w",
        "--genome",
        "g.fa",
        "--vcf",
        "in.vcf",
        "-o",
        "x.tsv",
    ]);
    assert!(other.contains("there is no model \"say\", expected one of: trednet-2001bp"), "{other}");
    let none = ["zoo", "score", "sei", "--genome", "g.fa", "--vcf", "in.vcf", "-o", "x.tsv"];
    let none = ciskit(folder.path(), &none);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("--weights <FILE>"));
    let choice = said(&[&SCORE[..], &vcf, &["--choice", "strands=both"]].concat());
    assert!(choice.contains("strands is one of mean, forward, not \"both\""), "{choice}");
    let file = said(&[&SCORE[..], &vcf, &["--file", "names=x"]].concat());
    assert!(file.contains("it has no file \"names\""), "{file}");
    // The published sizes, which these weights do not have.
    let mut arguments = [&SCORE[..], &vcf].concat();
    std::fs::write(
        folder.path().join("published.json"),
        serde_json::to_string(&Config::published()).expect("JSON"),
    )
    .expect("a file");
    arguments[6] = "published.json";
    let misfit = said(&arguments);
    assert!(misfit.contains("lconv1.0.weight has shape [2, 4, 9], expected [480, 4, 9]"), "{misfit}");
}
