//! `ciskit variants score`: every variant comes back with its status, in every format.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, PairModel, Parameters};
use tempfile::TempDir;

const MODEL: &str = "model = \"epi\"\nenhancer_len = 40\npromoter_len = 40\nchannels = 4\nhidden = 4\nkernels = [5]\npools = [4]\n";

/// Bases 0 to 9 are N; then ACGT over and over, 200 in all. Position 11 (1-based) is A.
fn genome() -> String {
    format!(">chr1\n{}{}\n>chr2\n{}\n", "N".repeat(10), "ACGT".repeat(50), "A".repeat(100))
}

const PAIRS: &str = "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tname\tscore\tstrand1\tstrand2\tlabel\tcell\n\
                     chr1\t20\t60\tchr1\t120\t160\tnear\t.\t.\t.\t.\t.\nchr1\t40\t80\tchr1\t150\t190\tfar\t.\t.\t.\t.\t.\n";

/// A folder with a genome, two pairs whose enhancers overlap at 40 to 60, and a network drawn at random.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    write("g.fa", genome().as_bytes());
    write("pairs.bedpe", PAIRS.as_bytes());
    write("model.toml", MODEL.as_bytes());
    let config = ModelConfig::from_toml(MODEL).expect("a configuration");
    let load = |vb| Model::load(vb, &config);
    let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).expect("a model");
    write("w.safetensors", &parameters.to_safetensors(None).expect("bytes"));
    folder
}

pub(crate) const SCORE: [&str; 12] = [
    "variants",
    "score",
    "--model",
    "w.safetensors",
    "--config",
    "model.toml",
    "--pairs",
    "pairs.bedpe",
    "--side",
    "enhancer",
    "--genome",
    "g.fa",
];

fn ciskit(folder: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program ends")
}

pub(crate) fn succeed(folder: &Path, arguments: &[&str], stdin: &str) -> String {
    let output = ciskit(folder, arguments, stdin);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

pub(crate) fn fail(folder: &Path, arguments: &[&str], stdin: &str) -> String {
    let output = ciskit(folder, arguments, stdin);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text").lines().last().expect("a reason").to_owned()
}

pub(crate) fn vcf(lines: &[&str]) -> String {
    let head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let lines = lines.iter().map(|line| format!("{}\t.\t.\t.\n", line.replace(' ', "\t")));
    head.to_owned() + &lines.collect::<String>()
}

/// The values of a column by name, in order.
pub(crate) fn column(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines().filter(|line| !line.starts_with("##"));
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let at = header.iter().position(|column| *column == name);
    let at = at.unwrap_or_else(|| panic!("no column {name} in {header:?}"));
    lines.map(|line| line.split('\t').nth(at).expect("as many columns").to_owned()).collect()
}

#[test]
fn every_variant_has_a_row_and_a_status_in_the_order_of_the_input() {
    let folder = folder();
    let input = vcf(&[
        "chr1 31 snv A G",      // base 30: in `near` only
        "chr1 51 both A G,T,*", // in both pairs; the last allele is none
        "1 51 again A G",       // the same variant by another name of its contig
        "chr1 52 deletion CGT C",
        "chr1 53 wrong A G", // the genome has G
        "chr1 91 outside A G",
        "chr9 1 unknown A G",
        "chr1 0 telomere N <DUP>",
        "chr1 58 over TACGTACGT T", // leaves the window of `near`
    ]);
    let table = succeed(folder.path(), &[&SCORE[..], &["--vcf", "-", "-o", "-"]].concat(), &input);
    assert_eq!(
        column(&table, "status").join(" "),
        "scored scored scored scored scored unsupported-allele unsupported-allele duplicate duplicate scored scored \
         ref-mismatch ref-mismatch out-of-bounds unknown-contig out-of-bounds out-of-bounds scored"
    );
    assert_eq!(column(&table, "pair")[..3], ["near", "near", "far"]);
    assert_eq!(column(&table, "id")[1..7], ["both"; 6]);
    let difference = column(&table, "logit_difference");
    assert_eq!(
        (&difference[1], &difference[2]),
        (&difference[7], &difference[8]),
        "a duplicate has the same score"
    );
    assert!(difference[9] != "NA" && difference[11] == "NA");
    assert_eq!(column(&table, "genome_allele")[11..13], ["G", "G"]);
    let (from, to) = (column(&table, "probability_ref"), column(&table, "probability_alt"));
    let ratio = column(&table, "logit_log2_ratio");
    let value = |text: &String| text.parse::<f64>().expect("a number");
    assert!(((value(&to[0]) / value(&from[0])).log2() - value(&ratio[0])).abs() < 1e-6);
}

#[test]
fn files_of_several_formats_are_written_at_once() {
    let folder = folder();
    let input = vcf(&["chr1 51 a A G,T", "chr1 91 b A G", "chr1 53 c A C"]);
    let outputs = ["--vcf", "-", "-o", "out.tsv.gz", "-o", "out.vcf", "--training-chromosomes", "chr2"];
    let summary = succeed(folder.path(), &[&SCORE[..], &outputs].concat(), &input);
    assert_eq!(
        summary.trim(),
        "4 variants: 2 scored, 1 out-of-bounds, 1 ref-mismatch; 0 in the training data"
    );
    let text = std::fs::read_to_string(folder.path().join("out.vcf")).expect("a VCF");
    for declared in [
        "##contig=<ID=chr1,length=210>",
        "##INFO=<ID=CISKIT_STATUS,Number=A,Type=String",
        "##INFO=<ID=CISKIT_LOGIT_DIFFERENCE,Number=A,Type=Float",
        "##INFO=<ID=CISKIT_IN_TRAINING,Number=A,Type=Integer",
    ] {
        assert!(text.contains(declared), "{declared}\n{text}");
    }
    assert!(text.contains("CISKIT_STATUS=scored,scored;CISKIT_PAIR="));
    assert!(text.contains("CISKIT_STATUS=ref-mismatch;CISKIT_PAIR="));
    // Read again, what was added is replaced and not doubled.
    let again =
        [&SCORE[..], &["--vcf", "out.vcf", "-o", "again.vcf", "--training-chromosomes", "chr2"]].concat();
    succeed(folder.path(), &again, "");
    assert_eq!(std::fs::read_to_string(folder.path().join("again.vcf")).expect("a VCF"), text);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_written_whole() {
    let folder = folder();
    succeed(
        folder.path(),
        &[&SCORE[..], &["--vcf", "-", "-o", "o.parquet"]].concat(),
        &vcf(&["chr1 51 a A G,*"]),
    );
    let bytes = std::fs::read(folder.path().join("o.parquet")).expect("a file");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    for name in ["logit_difference", "in_training", "genome_allele"] {
        let found = bytes.windows(name.len()).any(|window| window == name.as_bytes());
        assert_eq!(found, name != "in_training", "{name}");
    }
}

#[test]
fn a_table_keeps_its_own_columns() {
    let folder = folder();
    let table = "rsid\tCHR\tposition\tref\talt\tbeta\tstatus\nrs1\tchr1\t51\tA\tG\t0.5\told\n";
    std::fs::write(folder.path().join("in.tsv"), table).expect("a file");
    let arguments =
        [&SCORE[..], &["--variants", "in.tsv", "-o", "-", "--score", "d2", "--score", "difference"]];
    let scored = succeed(folder.path(), &arguments.concat(), "");
    assert_eq!(column(&scored, "beta"), ["0.5", "0.5"]);
    assert_eq!(column(&scored, "rsid"), ["rs1", "rs1"]);
    assert_eq!(column(&scored, "status"), ["scored", "scored"]);
    let (d2, difference) = (column(&scored, "logit_d2"), column(&scored, "logit_difference"));
    for (d2, difference) in d2.iter().zip(&difference) {
        let difference: f64 = difference.parse().expect("a number");
        assert!((d2.parse::<f64>().expect("a number") - difference.abs()).abs() < 1e-9);
    }
    // As a VCF it is a file that never was one.
    succeed(folder.path(), &[&SCORE[..], &["--variants", "in.tsv", "-o", "o.vcf"]].concat(), "");
    let vcf = std::fs::read_to_string(folder.path().join("o.vcf")).expect("a VCF");
    assert!(vcf.contains("chr1\t51\trs1\tA\tG\t.\t.\tCISKIT_STATUS=scored;"), "{vcf}");
}

#[test]
fn swapped_alleles_and_variants_of_another_assembly() {
    let folder = folder();
    let swapped = vcf(&["chr1 51 x G A"]); // the genome has A
    let score =
        |rule: &'static str| [&SCORE[..], &["--vcf", "-", "-o", "-", "--on-ref-mismatch", rule]].concat();
    let there = succeed(folder.path(), &score("skip"), &vcf(&["chr1 51 x A G"]));
    let back = succeed(folder.path(), &score("swap"), &swapped);
    assert_eq!(column(&back, "status"), ["alleles-swapped", "alleles-swapped"]);
    for (there, back) in column(&there, "logit_difference").iter().zip(column(&back, "logit_difference")) {
        assert_eq!(there.parse::<f64>().expect("a number"), -back.parse::<f64>().expect("a number"));
    }
    let message = fail(folder.path(), &score("fail"), &swapped);
    assert!(message.contains("chr1:51:G>A") && message.contains("genome has"), "{message}");

    let other: Vec<String> = (31..51).map(|position| format!("chr1 {position} . T A")).collect();
    let other = vcf(&other.iter().map(String::as_str).collect::<Vec<_>>());
    let message = fail(folder.path(), &[&SCORE[..], &["--vcf", "-", "-o", "o.tsv"]].concat(), &other);
    assert!(message.contains("probably of another assembly than g.fa"), "{message}");
    assert!(!folder.path().join("o.tsv").exists(), "no half file stays");
    succeed(
        folder.path(),
        &[&SCORE[..], &["--vcf", "-", "-o", "o.tsv", "--max-mismatches", "1"]].concat(),
        &other,
    );
}

#[test]
fn what_cannot_be_is_said_in_one_sentence() {
    let folder = folder();
    let input = vcf(&["chr1 51 x A G"]);
    let with = |more: &[&'static str]| [&SCORE[..], &["--vcf", "-", "-o", "o.tsv"], more].concat();
    for (more, message) in [
        (&["--score", "diference"][..], "the nearest name is difference"),
        (&["--reverse-complement"], "the two sides are never turned round"),
        (&["--paper-1kb"], "not for models of pairs"),
        (&["--shifts", "-50,0"], "moves the variant out of a window of 40 bp"),
        (&["--max-n", "2"], "must be between 0 and 1, found 2"),
    ] {
        let found = fail(folder.path(), &with(more), &input);
        assert!(found.contains(message), "{more:?}: {found}");
    }
    let listing = succeed(folder.path(), &["variants", "scores"], "");
    assert!(listing.contains("log2-ratio") && listing.contains("jensen-shannon"));
    let both = [&SCORE[..], &["--vcf", "-", "--variants", "x.tsv", "-o", "o.tsv"]].concat();
    assert_eq!(ciskit(folder.path(), &both, "").status.code(), Some(2));
}

#[test]
fn the_table_does_not_depend_on_threads_and_shifts_are_averages() {
    let folder = folder();
    let lines: Vec<String> =
        (25..80).map(|at| format!("chr1 {at} . {} N", b"ACGT"[(at - 11) % 4] as char)).collect();
    let lines: Vec<String> = lines.iter().map(|line| line.replace(" N", " GA")).collect();
    let input = vcf(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let score = |more: &[&'static str]| {
        succeed(folder.path(), &[&SCORE[..], &["--vcf", "-", "-o", "-"], more].concat(), &input)
    };
    assert_eq!(score(&["--threads", "1"]), score(&["--threads", "2"]));
    let value = |table: &str| -> Vec<f64> {
        column(table, "logit_alt").iter().map(|text| text.parse().unwrap_or(f64::NAN)).collect()
    };
    let [left, right, both] =
        [&["--shifts", "-1"][..], &["--shifts", "1"], &["--shifts", "-1,1"]].map(|more| value(&score(more)));
    let mut compared = 0;
    for ((left, right), both) in left.iter().zip(&right).zip(&both) {
        // At the ends of the window, one of the shifted ones does not hold the variant.
        compared += usize::from(both.is_finite());
        assert!(!both.is_finite() || ((left + right) / 2.0 - both).abs() < 1e-6);
    }
    assert!(compared > 50, "{compared}");
}

#[cfg(feature = "onnx")]
pub(crate) mod onnx {
    use super::*;

    /// The tiny network of the crate `onnx`, twice, with its description.
    pub(crate) fn folder_with_onnx() -> TempDir {
        let folder = folder();
        let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/data/tiny.onnx");
        for name in ["a.onnx", "b.onnx"] {
            std::fs::copy(tiny, folder.path().join(name)).expect("the project's ONNX file");
            let description = folder.path().join(name).with_extension("toml");
            std::fs::write(description, "format = 1\nscale = \"logit\"\noutputs = [\"hepg2\", \"k562\"]\n")
                .expect("a file");
        }
        folder
    }

    #[test]
    fn a_model_from_elsewhere_scores_places_and_sequences() {
        let folder = folder_with_onnx();
        let one = ["variants", "score", "--onnx", "a.onnx", "--genome", "g.fa", "--vcf", "-", "-o", "-"];
        let input = vcf(&["chr1 51 x A G", "chr1 101 i G GC"]);
        let table = succeed(folder.path(), &one, &input);
        assert_eq!(column(&table, "status"), ["scored", "scored"]);
        for name in ["hepg2_ref", "k562_alt", "hepg2_difference", "k562_log2_ratio"] {
            assert!(column(&table, name)[0].parse::<f64>().is_ok(), "{name}");
        }
        // Two equal models: the same mean, no deviation.
        let two = [&one[..4], &["--onnx", "b.onnx"], &one[4..]].concat();
        let both = succeed(folder.path(), &two, &input);
        assert_eq!(column(&both, "hepg2_difference"), column(&table, "hepg2_difference"));
        assert_eq!(column(&both, "hepg2_difference_sd"), ["0", "0"]);
        // One track.
        let track = succeed(folder.path(), &[&one[..], &["--outputs", "K5*"]].concat(), &input);
        assert!(!track.contains("hepg2") && column(&track, "k562_alt") == column(&table, "k562_alt"));
    }

    #[test]
    fn sequences_are_scored_without_a_genome() {
        let folder = folder_with_onnx();
        let sequence = "ACGTACGTACGTACGTACGTACGT";
        let changed = "ACGTACGTACGTGCGTACGTACGT";
        let table = format!(
            "name\tref_sequence\talt_sequence\tbeta\none\t{sequence}\t{changed}\t1\nsame\t{sequence}\t{sequence}\t2\nshort\tACGT\tACGA\t3\n"
        );
        std::fs::write(folder.path().join("s.tsv"), table).expect("a file");
        let arguments = ["variants", "score", "--onnx", "a.onnx", "--sequences", "s.tsv", "-o", "-"];
        let table = succeed(folder.path(), &arguments, "");
        assert_eq!(column(&table, "status"), ["scored", "scored", "wrong-length"]);
        assert_eq!(column(&table, "beta"), ["1", "2", "3"]);
        assert_eq!(column(&table, "hepg2_difference")[1], "0");
        let vcf = [&arguments[..6], &["-o", "s.vcf"]].concat();
        assert!(fail(folder.path(), &vcf, "").contains("sequences have no place in a VCF"));
    }
}
