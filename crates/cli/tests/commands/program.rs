//! Drives the real binary, as scripts do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ciskit_models::{Model, ModelConfig};
use ciskit_nn::{DType, Device, PairModel, Parameters};

use crate::binary::{ciskit, refusal, succeed};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn write(path: PathBuf, text: &str) {
    std::fs::write(path, text).expect("the folder can be written");
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A small simulation and a run of one epoch on it, in `sim` and `run` of the folder.
const SIMULATE: [&str; 7] = ["simulate", "--out", "sim", "--seed", "5", "--pairs", "240"];
const TRAIN: [&str; 23] = [
    "train",
    "--preset",
    "chiapet",
    "--enhancer-len",
    "600",
    "--promoter-len",
    "600",
    "--pairs",
    "sim/pairs.bedpe",
    "--genome",
    "sim/genome.fa",
    "--folds",
    "0",
    "--epochs",
    "2",
    "--copies",
    "1",
    "--batch",
    "40",
    "--seed",
    "3",
    "--out",
    "run",
];

#[test]
fn every_command_shows_an_example() {
    let folder = folder();
    let commands: [&[&str]; 23] = [
        &["demo"],
        &["simulate"],
        &["pairs", "import"],
        &["pairs", "candidates"],
        &["pairs", "negatives"],
        &["pairs", "split"],
        &["pairs", "audit"],
        &["enhancers"],
        &["train"],
        &["compare"],
        &["predict"],
        &["evaluate"],
        &["variants", "score"],
        &["variants", "scores"],
        &["variants", "mutagenesis"],
        &["variants", "rank"],
        &["variants", "benchmark"],
        &["variants", "import"],
        &["bench", "model"],
        &["bench", "mutagenesis"],
        &["bench", "windows"],
        &["bench", "metrics"],
        &["completions"],
    ];
    for command in commands {
        let help = succeed(folder.path(), &[command, &["--help"]].concat());
        assert!(help.contains("Example"), "{command:?}");
        assert!(help.contains(&format!("ciskit {}", command.join(" "))), "{command:?}");
    }
    assert!(succeed(folder.path(), &["completions", "bash"]).contains("_ciskit"));
}

#[test]
fn benchmarks_print_the_names_of_their_peers() {
    let folder = folder();
    write(folder.path().join("g.fa"), &format!(">chr22\n{}\n", "ACGTTGCA".repeat(50)));
    let windows = ["bench", "windows", "g.fa", "--n", "300", "--width", "20", "--hold", "7", "--json"];
    let in_memory = [&windows[..], &["--in-memory"]].concat();
    let packed = [&windows[..], &["--packed", "--dtype", "u8"]].concat();
    let random = ["bench", "windows", "--bases", "70000", "--bgzip", "--n", "30", "--json"];
    let metrics = ["bench", "metrics", "--n", "1000", "--json"];
    let commands: [(&[&str], &[&str]); 5] = [
        (&windows, &["windows", "width", "windows_per_s"]),
        (&in_memory, &["windows", "width", "windows_per_s"]),
        (&packed, &["windows", "width", "windows_per_s"]),
        (&random, &["windows", "width", "windows_per_s"]),
        (&metrics, &["n", "auroc_s", "average_precision_s", "pearson_s"]),
    ];
    for (command, names) in commands {
        let json = succeed(folder.path(), command);
        let object: serde_json::Value = serde_json::from_str(&json).expect("one JSON object");
        assert_eq!(object["peer"], "ciskit");
        assert!(names.iter().all(|name| object[name].is_number()), "{command:?}: {json}");
    }
    let text = succeed(folder.path(), &["bench", "metrics", "--n", "1000"]);
    assert!(text.lines().any(|line| line.starts_with("auroc_s ")), "{text}");
    let short = refusal(folder.path(), &["bench", "windows", "g.fa", "--width", "400"]);
    assert_eq!(short, "ciskit: contig chr22 has 400 bp, too few for windows of 400 bp");
}

#[test]
fn failures_and_wrong_usage_are_told_apart() {
    let folder = folder();
    assert_eq!(ciskit(folder.path(), &["train"]).status.code(), Some(2));
    assert_eq!(ciskit(folder.path(), &["nonsense"]).status.code(), Some(2));
    assert!(refusal(folder.path(), &["evaluate", "none.tsv"]).starts_with("ciskit: cannot open none.tsv: "));
    write(folder.path().join("bad.tsv"), "label\tprobability\n1\t0.5\n2\t0.5\n");
    assert_eq!(
        refusal(folder.path(), &["evaluate", "bad.tsv"]),
        r#"ciskit: bad.tsv, line 3, column "label": expected 0, 1 or ., found "2""#
    );
    assert_eq!(
        refusal(folder.path(), &["evaluate", "bad.tsv", "--score", "logit"]),
        r#"ciskit: bad.tsv has no column "logit"; it has label, probability"#
    );
    let message = refusal(folder.path(), &["train", "--pairs", "x.bedpe", "--out", "run"]);
    assert!(message.contains("give --pairs with --genome"), "{message}");
}

#[test]
fn evaluation_is_one_json_object() {
    let folder = folder();
    write(
        folder.path().join("scores.tsv"),
        "##ciskit scores format=1\nname\tprobability\tlabel\na\t0.1\t0\nb\t0.4\t0\nc\t0.35\t1\nd\t0.8\t1\ne\t0.5\t.\n",
    );
    let json = succeed(folder.path(), &["evaluate", "scores.tsv", "--json", "--report", "e.html"]);
    let object: serde_json::Value = serde_json::from_str(&json).expect("one JSON object");
    assert_eq!((&object["n"], &object["positives"]), (&4.into(), &2.into()));
    assert_eq!((object["auroc"].as_f64(), object["auprc"].as_f64()), (Some(0.75), Some(0.8333333333333333)));
    assert_eq!(object["auroc_interval"].as_array().map(Vec::len), Some(2));
    assert!(read(folder.path().join("e.html")).contains("<svg"));
}

#[test]
fn candidates_are_enhancers_and_genes_within_the_distance() {
    let folder = folder();
    write(folder.path().join("peaks.bed"), "chr1\t10000\t10200\tpeak1\nchr2\t0\t100\tpeak2\n");
    let gene = |name: &str, start: u64, strand: &str| {
        format!(
            "chr1\tx\tgene\t{start}\t{}\t.\t{strand}\t.\tgene_id \"{name}\"; gene_type \"protein_coding\";\n",
            start + 999
        )
    };
    write(
        folder.path().join("genes.gtf"),
        &[gene("NEAR", 60_001, "+"), gene("BACK", 30_001, "-"), gene("FAR", 900_001, "+")].concat(),
    );
    let arguments = ["pairs", "candidates", "--enhancers", "peaks.bed", "--genes", "genes.gtf"];
    let said =
        succeed(folder.path(), &[&arguments[..], &["--max-distance", "100000", "-o", "c.bedpe"]].concat());
    assert_eq!(said.trim(), "2 candidate pairs of 2 enhancers and 3 promoters");
    let pairs = read(folder.path().join("c.bedpe"));
    let rows: Vec<Vec<&str>> = pairs.lines().skip(2).map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        (rows[0][4], rows[0][5]),
        ("30500", "32500"),
        "from 500 bp downstream of the last base to 1,500 bp upstream, on the reverse strand"
    );
    assert_eq!((rows[1][4], rows[1][5]), ("58500", "60500"));
    let none = succeed(folder.path(), &[&arguments[..], &["--max-distance", "10", "-o", "n.bedpe"]].concat());
    assert!(none.starts_with("0 candidate pairs"));
}

fn same_files(one: &Path, two: &Path) {
    assert_eq!(names(one), names(two));
    for name in names(one) {
        let (a, b) = (std::fs::read(one.join(&name)), std::fs::read(two.join(&name)));
        assert!(a.expect("a file") == b.expect("a file"), "{name} differs");
    }
}

#[test]
fn a_run_predicts_scores_variants_and_does_not_depend_on_threads() {
    let (one, two) = (folder(), folder());
    for (folder, threads) in [(&one, "1"), (&two, "2")] {
        succeed(folder.path(), &[&SIMULATE[..], &["--threads", threads]].concat());
        succeed(folder.path(), &[&TRAIN[..], &["--threads", threads]].concat());
    }
    same_files(&one.path().join("sim"), &two.path().join("sim"));
    same_files(&one.path().join("run"), &two.path().join("run"));

    // The run's model gives the test pairs the scores that the run wrote down.
    let predict = [
        "predict",
        "--model",
        "run",
        "--pairs",
        "sim/pairs.bedpe",
        "--genome",
        "sim/genome.fa",
        "-o",
        "p.tsv",
    ];
    succeed(one.path(), &predict);
    let table = |name: &str| -> std::collections::BTreeMap<String, String> {
        let text = read(one.path().join(name));
        let rows = text.lines().skip(2).map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
        rows.map(|row| (row[0].clone(), row[1].clone())).collect()
    };
    let (tested, predicted) = (table("run/scores.tsv"), table("p.tsv"));
    assert_eq!(predicted.len(), 240);
    assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| predicted.get(name) == Some(logit)));

    // Variants: every row comes back; a wrong reference allele is reported, not replaced.
    let vcf = read(one.path().join("sim/variants.vcf"));
    let first = vcf.lines().find(|line| line.contains("SIDE=enhancer")).expect("a variant");
    let fields: Vec<&str> = first.split('\t').collect();
    let wrong = ["A", "C"].into_iter().find(|base| *base != fields[3]).expect("another base");
    let other = ["G", "T"].into_iter().find(|base| *base != wrong).expect("another base");
    let mismatch = [&fields[..3], &[wrong, other], &fields[5..]].concat().join("\t");
    write(one.path().join("v.vcf"), &format!("{vcf}{mismatch}\nchr1\t1\t.\tN\t<DEL>\t.\t.\t.\n"));
    let score = |out| {
        let arguments = [
            "variants",
            "score",
            "--model",
            "run",
            "--pairs",
            "sim/pairs.bedpe",
            "--side",
            "enhancer",
            "--genome",
            "sim/genome.fa",
            "--vcf",
            "v.vcf",
            "-o",
            out,
        ];
        succeed(one.path(), &arguments)
    };
    assert!(score("v.tsv").contains("1 ref-mismatch"));
    score("v.out.vcf");
    let scored = read(one.path().join("v.out.vcf"));
    let records = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(records(&scored), records(&vcf) + 2);
    assert!(scored.contains("##INFO=<ID=CISKIT_LOGIT_DIFFERENCE,Number=A,Type=Float"));
    assert!(scored.contains("CISKIT_STATUS=scored;") && scored.contains("CISKIT_STATUS=ref-mismatch;"));
}

/// Weights drawn at random of a small network, and its configuration, in `w.safetensors` and `model.toml`.
fn random_model(folder: &Path) {
    let text = "model = \"epipam\"\npreset = \"chiapet\"\nenhancer_len = 600\npromoter_len = 600\n";
    write(folder.join("model.toml"), text);
    let config = ModelConfig::from_toml(text).expect("a configuration");
    let load = |vb| Model::load(vb, &config);
    let (parameters, _) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).expect("a model");
    // The weights alone, as other programs write them.
    let bytes = parameters.to_safetensors(None).expect("bytes");
    std::fs::write(folder.join("w.safetensors"), bytes).expect("the folder can be written");
}

const PREDICT: [&str; 9] = [
    "predict",
    "--model",
    "w.safetensors",
    "--config",
    "model.toml",
    "--enhancers",
    "e.fa",
    "--promoters",
    "p.fa",
];

/// Elements of any names; pairs 1 and 3 are the same two sequences.
fn elements(folder: &Path) {
    let (one, two) = ("ACGTTGCA".repeat(70), "GATTACAT".repeat(80));
    write(folder.join("e.fa"), &format!(">peak_1\n{one}\n>peak_2\n{two}\n>peak_1\n{one}\n"));
    write(folder.join("p.fa"), &format!(">MYC\n{two}\n>TP53 tumour\n{one}\n>MYC\n{two}\n"));
}

#[test]
fn weights_with_a_configuration_score_elements_by_order() {
    let folder = folder();
    random_model(folder.path());
    elements(folder.path());
    succeed(folder.path(), &[&PREDICT[..], &["-o", "s.tsv"]].concat());
    let table = read(folder.path().join("s.tsv"));
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["name", "logit", "probability", "unknown", "enhancer", "promoter", "label"]);
    assert_eq!((rows.len(), &rows[2][4..]), (4, &["peak_2", "TP53", "."][..]));
    assert!(rows[1] == rows[3] && rows[1][1] != rows[2][1], "{table}");

    // A table of names in another order gives the same scores.
    write(folder.path().join("pairs.tsv"), "enhancer\tpromoter\tlabel\npeak_2\tTP53\t1\npeak_1\tMYC\t0\n");
    succeed(folder.path(), &[&PREDICT[..], &["--pairs", "pairs.tsv", "-o", "t.tsv"]].concat());
    let other = read(folder.path().join("t.tsv"));
    let logits: Vec<&str> = other.lines().skip(2).filter_map(|line| line.split('\t').nth(1)).collect();
    assert_eq!(logits, [rows[2][1], rows[1][1]]);

    // The label column makes it a table that can be evaluated.
    let json = succeed(folder.path(), &["evaluate", "t.tsv", "--label", "label", "--json"]);
    assert!(json.contains("\"n\": 2") || json.contains("\"n\":2"), "{json}");
}

/// What is left in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_read_only_folder_say_so_and_leave_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    random_model(folder.path());
    elements(folder.path());
    let said = refusal(folder.path(), &[&PREDICT[..], &["-o", "/dev/full"]].concat());
    assert_eq!(said, "ciskit: cannot write /dev/full: No space left on device (os error 28)");

    // A disk with room for a few hundred bytes: no file may be larger.
    let cramped = |arguments: &[&str]| {
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_ciskit")])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).lines().last().expect("a message").to_owned()
    };
    let said = cramped(&["simulate", "--out", "sim", "--pairs", "40"]);
    assert_eq!(said, "ciskit: cannot write sim/genome.fa: File too large (os error 27)");
    assert_eq!(names(&folder.path().join("sim")), [] as [&str; 0]);
    succeed(folder.path(), &SIMULATE);
    let said = cramped(&TRAIN);
    assert!(said.starts_with("ciskit: cannot write run/"), "{said}");
    assert_eq!(names(&folder.path().join("run")), [] as [&str; 0]);

    // Root may write anywhere but into /proc.
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).expect("a folder");
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o555)).expect("it is ours");
    let root = std::fs::write(closed.join("probe"), "").is_ok();
    let place = if root { "/proc/s.tsv" } else { "closed/s.tsv" };
    let said = refusal(folder.path(), &[&PREDICT[..], &["-o", place]].concat());
    assert!(said.starts_with(&format!("ciskit: cannot write {place}: ")), "{said}");
    let run = if root { "/proc/run" } else { "closed/run" };
    let last = TRAIN.len() - 1;
    let said = refusal(folder.path(), &[&TRAIN[..last], &[run]].concat());
    assert!(said.starts_with(&format!("ciskit: cannot make the folder {run}: ")), "{said}");
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o755)).expect("it is ours");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_file() {
    let folder = folder();
    succeed(folder.path(), &SIMULATE);
    random_model(folder.path());
    let mut arguments = PREDICT.to_vec();
    arguments.splice(5.., ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "-o", "out/s.tsv"]);
    std::fs::create_dir(folder.path().join("out")).expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .args(&arguments)
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    // Interrupt it while the table is unfinished.
    while names(&folder.path().join("out")).is_empty() && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    assert_eq!(names(&folder.path().join("out")), [] as [&str; 0]);
}
