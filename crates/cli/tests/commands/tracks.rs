//! `--track`: accessibility for networks that read it, in every command that scores pairs.

use std::collections::BTreeMap;
use std::io::Write;

use tempfile::TempDir;

use crate::binary::{read, refusal, succeed};

const DEEPTACT: &str = r#"model = "deeptact"
preset = "original"
enhancer_len = 200
promoter_len = 200
filters = 4
units = 2
dense = 3
"#;

const EPI: &str = r#"model = "epi"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
"#;

/// A folder with a small simulation in `sim`, two networks, and tracks of open enhancers, plain and gzip.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("network.toml", DEEPTACT);
    write("epi.toml", EPI);
    succeed(folder.path(), &["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"]);
    let mut track = String::from("track type=bedGraph name=open\n");
    // In no order, and some without value.
    for (index, line) in read(folder.path(), "sim/enhancers.bed").lines().rev().enumerate() {
        let place: Vec<&str> = line.split('\t').take(3).collect();
        if index % 3 > 0 {
            track += &format!("{}\t{}\n", place.join("\t"), index % 7);
        }
    }
    write("open.bedgraph", &track);
    let file = std::fs::File::create(folder.path().join("open.gz")).expect("a file");
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gzip.write_all(track.as_bytes()).and_then(|()| gzip.finish().map(drop)).expect("a file");
    write("foreign.bedgraph", "scaffold_7\t10\t20\t1\n");
    write("broken.bedgraph", &format!("{track}{}", track.lines().nth(5).expect("a line")));
    folder
}

const PAIRS: [&str; 4] = ["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa"];

fn training<'a>(out: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let command = ["train", "--model-config", "network.toml", "--seed", "3", "--out", out];
    let short = ["--batch", "10", "--copies", "2", "--epochs", "1", "--folds", "1"];
    [&command[..], &short, &PAIRS, further].concat()
}

/// Two columns of a table, the second as numbers; rows without are left out.
fn columns(table: &str, names: [&str; 2]) -> Vec<(String, f64)> {
    let mut lines = table.lines().skip_while(|line| line.starts_with("##"));
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let [key, number] = names.map(|name| header.iter().position(|column| *column == name).expect("a column"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Some((cells[key].to_owned(), cells[number].parse().ok()?))
    };
    lines.filter_map(row).collect()
}

#[test]
fn a_network_with_a_track_is_trained_and_used_with_it() {
    let folder = folder();
    let folder = folder.path();
    succeed(folder, &training("run", &["--track", "open.bedgraph"]));
    let config = read(folder, "run/config.toml");
    assert!(
        config.contains(r#"tracks = ["open.bedgraph"]"#) && config.contains(", 1 tracks with hash "),
        "{config}"
    );
    // Where the file lies, and how it is packed, is no difference: the finished run is recognised.
    succeed(folder, &training("run", &["--track", "open.gz", "--resume"]));
    std::fs::remove_file(folder.join("run/report.html")).expect("a report");
    succeed(folder, &training("run", &["--track", "open.gz", "--resume"]));

    let predict = [&["predict", "--model", "run", "-o", "out.tsv"], &PAIRS[..]].concat();
    let missing = "ciskit: the model reads 1 accessibility track of each side: give --track FILE for each, in the order \
                   of its training";
    assert_eq!(refusal(folder, &predict), missing);
    succeed(folder, &[&predict[..], &["--track", "open.gz"]].concat());
    let logits: BTreeMap<String, f64> =
        columns(&read(folder, "out.tsv"), ["name", "logit"]).into_iter().collect();
    let tested = columns(&read(folder, "run/scores.tsv"), ["name", "logit"]);
    assert!(!tested.is_empty() && tested.iter().all(|(name, logit)| logits[name] == *logit));

    let score = ["variants", "score", "--model", "run", "--side", "enhancer", "--vcf", "sim/variants.vcf"];
    let score = [&score[..], &["-o", "variants.tsv"], &PAIRS].concat();
    assert_eq!(refusal(folder, &score), missing);
    succeed(folder, &[&score[..], &["--track", "open.bedgraph"]].concat());
    let references = columns(&read(folder, "variants.tsv"), ["pair", "logit_ref"]);
    assert!(
        references.len() > 10 && references.iter().all(|(pair, logit)| (logits[pair] - logit).abs() < 1e-5)
    );
}

#[test]
fn what_does_not_fit_is_refused_in_a_sentence() {
    let folder = folder();
    let folder = folder.path();
    let refused = |further: &[&str]| refusal(folder, &training("run", further));
    assert_eq!(
        refused(&["--track", "open.gz", "--track", "open.gz"]),
        "ciskit: deeptact reads 1 accessibility track of each side, and --track is given 2 times"
    );
    assert_eq!(
        refused(&["--track", "foreign.bedgraph"]),
        "ciskit: foreign.bedgraph does not fit the genome: the track has values on no contig of the genome, but on \
         scaffold_7"
    );
    let overlap = refused(&["--track", "broken.bedgraph"]);
    assert!(
        overlap.contains("expected an interval that does not overlap that of line 6, found"),
        "{overlap}"
    );
    assert!(refused(&["--track", "none.bedgraph"]).starts_with("ciskit: cannot open none.bedgraph"));
    assert!(!folder.join("run").exists());

    let epi = ["train", "--model-config", "epi.toml", "--track", "open.gz", "--out", "run"];
    let message = refusal(folder, &[&epi[..], &PAIRS].concat());
    assert_eq!(message, "ciskit: --track is given, but epi reads no tracks");
    let elements = ["train", "--model", "deeptact", "--track", "open.gz", "--out", "run"];
    let elements =
        [&elements[..], &["--enhancers", "e.fa", "--promoters", "p.fa", "--pairs", "t.tsv"]].concat();
    let message = refusal(folder, &elements);
    assert!(
        message.starts_with("ciskit: --track needs --pairs with --genome: tracks are read by place"),
        "{message}"
    );
}

#[test]
fn a_comparison_gives_tracks_to_those_that_read_them() {
    let folder = folder();
    let folder = folder.path();
    let mut arguments = vec!["compare", "--models", "with=network.toml,without=epi.toml", "--out", "cmp"];
    arguments.extend(["--folds", "0,1", "--epochs", "1", "--copies", "2", "--batch", "10", "--seed", "3"]);
    arguments.extend(["--resamples", "20", "--test-ratios", "all", "--reference", "with"]);
    arguments.extend(PAIRS);
    assert!(
        refusal(folder, &arguments)
            .starts_with("ciskit: with reads 1 accessibility track of each side: give")
    );
    let arguments = [&arguments[..], &["--track", "open.gz"]].concat();
    succeed(folder, &[&arguments[..], &["--dry-run"]].concat());
    succeed(folder, &arguments);
    assert!(read(folder, "cmp/with/config.toml").contains(r#"tracks = ["open.gz"]"#));
    assert!(!read(folder, "cmp/without/config.toml").contains("track"));
    let alone = ["compare", "--models", "without=epi.toml", "--track", "open.gz", "--out", "other"];
    let message = refusal(folder, &[&alone[..], &PAIRS].concat());
    assert_eq!(message, "ciskit: --track is given, but no network here reads tracks");
}
