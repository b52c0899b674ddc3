//! The options of `ciskit variants score`, and where its tables go: each does what its help says, or is refused.

use super::variants::{SCORE, column, fail, folder, succeed, vcf};
use crate::binary::ciskit;

/// The usage error of a command, with exit code 2.
fn misused(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = ciskit(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn what_lies_at_the_telomere_is_out_of_bounds_in_every_file_and_counted() {
    let folder = folder();
    let input = vcf(&["chr1 51 a A G", "2 0 t N <DUP>,A", "chr1 0 u N A"]);
    let files = ["--vcf", "-", "-o", "o.tsv", "-o", "o.vcf", "--training-chromosomes", "chr2"];
    let summary = succeed(folder.path(), &[&SCORE[..], &files].concat(), &input);
    assert_eq!(summary.trim(), "4 variants: 1 scored, 3 out-of-bounds; 2 in the training data");
    let table = std::fs::read_to_string(folder.path().join("o.tsv")).expect("a table");
    assert_eq!(column(&table, "pos"), ["51", "51", "0", "0", "0"]);
    assert_eq!(column(&table, "status")[2..], ["out-of-bounds"; 3]);
    assert_eq!(column(&table, "in_training"), ["0", "0", "1", "1", "0"]);
    let written = std::fs::read_to_string(folder.path().join("o.vcf")).expect("a VCF");
    let lines: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines[1].contains("\tCISKIT_STATUS=out-of-bounds,out-of-bounds;"), "{}", lines[1]);
    assert!(lines[1].ends_with("CISKIT_IN_TRAINING=1,1") && lines[2].ends_with("CISKIT_IN_TRAINING=0"));
    assert!(lines[2].contains("\tCISKIT_STATUS=out-of-bounds;"), "{written}");
}

#[test]
fn elements_that_the_model_was_trained_on_are_told() {
    let folder = folder();
    std::fs::write(folder.path().join("t.bed"), "chr1\t45\t55\n1\t70\t75\n").expect("a file");
    // Bases 45 and 54 (0-based) are the first and the last of the first element.
    let input = vcf(&["chr1 46 a T C", "chr1 45 b G C", "1 55 c A G", "chr1 56 d C G", "chr1 72 e C A"]);
    let files = ["--vcf", "-", "-o", "o.tsv", "--training-elements", "t.bed"];
    let summary = succeed(folder.path(), &[&SCORE[..], &files].concat(), &input);
    assert!(summary.trim().ends_with("; 3 in the training data"), "{summary}");
    let table = std::fs::read_to_string(folder.path().join("o.tsv")).expect("a table");
    let (ids, inside) = (column(&table, "id"), column(&table, "in_training"));
    for (id, inside) in ids.iter().zip(&inside) {
        assert_eq!(inside, if ["a", "c", "e"].contains(&id.as_str()) { "1" } else { "0" }, "{id}");
    }
}

#[test]
fn limits_and_scores_that_cannot_be_are_refused_before_anything_is_written() {
    let folder = folder();
    let input = vcf(&["chr1 51 x A G"]);
    std::fs::write(folder.path().join("b.tsv"), "sei\n0.5\n1\n").expect("a file");
    for (more, message) in [
        (&["--max-mismatches", "2"][..], "the limit of mismatches must be between 0 and 1, found 2"),
        (&["--score", "llr"], "the score llr has no value here: logit is a logit, not a logarithm"),
        (&["--score", "two-class"], "it needs two outputs and one bin, found 1 and 1"),
        (&["--score", "log2-fold-change:bins=1-2"], "there are no bins 1 to 2 among 1"),
        (
            &["--score", "quantile:background=b.tsv,of=difference"],
            "the background lacks 1 of 1 columns, the first of which is logit",
        ),
    ] {
        let arguments = [&SCORE[..], &["--vcf", "-", "-o", "o.tsv"], more].concat();
        let found = fail(folder.path(), &arguments, &input);
        assert!(found.contains(message), "{more:?}: {found}");
        assert!(!folder.path().join("o.tsv").exists());
    }
}

#[test]
fn scored_variants_are_the_background_of_others() {
    let folder = folder();
    let common = ["chr1 31 a A G", "chr1 41 b C G", "chr1 51 c A G", "chr1 51 c A G", "chr1 91 d A G"];
    let common = vcf(&common).replace("\t41\tb\tC", "\t41\tb\tG").replace("G\tG", "G\tA");
    let table =
        succeed(folder.path(), &[&SCORE[..], &["--vcf", "-", "-o", "-", "-o", "b.tsv.gz"]].concat(), &common);
    let background: Vec<f64> = column(&table, "logit_difference")
        .iter()
        .zip(column(&table, "status"))
        .filter(|(_, status)| status == "scored")
        .map(|(value, _)| value.parse().expect("a number"))
        .collect();
    assert!(background.len() >= 4, "{table}");
    let quantile = ["--score", "quantile:background=b.tsv.gz,of=difference", "--score", "difference"];
    let arguments = [&SCORE[..], &["--vcf", "-", "-o", "-"], &quantile].concat();
    let scored = succeed(folder.path(), &arguments, &vcf(&["chr1 51 c A G"]));
    let number = |name: &str| column(&scored, name)[0].parse::<f64>().expect("a number");
    let value = number("logit_difference");
    let below = background.iter().filter(|other| **other < value).count() as f64;
    let equal = background.iter().filter(|other| **other == value).count() as f64;
    let share = (below + equal / 2.0) / background.len() as f64;
    assert!(equal > 0.0);
    assert_eq!(number("logit_quantile_of_difference"), (2.0 * share - 1.0).clamp(-0.99999, 0.99999));
}

#[test]
fn a_header_of_another_assembly_is_refused() {
    let folder = folder();
    let declared = |contigs: &str| vcf(&["chr1 51 x A G"]).replace("#CHROM", &format!("{contigs}#CHROM"));
    let arguments = [&SCORE[..], &["--vcf", "-", "-o", "o.tsv"]].concat();
    let hg38 = "##contig=<ID=1,length=248956422>\n##contig=<ID=2,length=242193529>\n";
    assert_eq!(
        fail(folder.path(), &arguments, &declared(hg38)),
        "ciskit: the variants are of another assembly: 1 has 248956422 bp in the header of the variants (hg38), and 210 bp \
         in g.fa"
    );
    assert!(!folder.path().join("o.tsv").exists());
    // One contig that was patched is worth a word, and others are none of the genome's.
    let patched =
        "##contig=<ID=chr1,length=210>\n##contig=<ID=chr2,length=101>\n##contig=<ID=chr3,length=5>\n";
    succeed(folder.path(), &arguments, &declared(patched));
}

#[test]
fn without_variants_genome_or_output_it_is_a_misuse() {
    let folder = folder();
    assert!(misused(folder.path(), &SCORE).contains("--vcf <VCF>"));
    assert!(misused(folder.path(), &[&SCORE[..], &["--vcf", "x.vcf"]].concat()).contains("--out <FILE>"));
    let here = misused(folder.path(), &[&SCORE[..10], &["--vcf", "x.vcf", "-o", "o.tsv"]].concat());
    assert!(here.contains("--genome <FASTA>"), "{here}");
    let zoo = ["zoo", "score", "sei", "--weights", "w", "-o", "o.tsv", "--genome", "g.fa"];
    assert!(misused(folder.path(), &zoo).contains("--vcf <VCF>"));
}

#[test]
fn bcftools_reads_what_is_written() {
    if let Err(missing) = std::process::Command::new("bcftools").arg("--version").output() {
        // Past the harness, which shows what a test that passes prints to nobody.
        let say = |text: String| std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
        say(format!("bcftools is not tested: {missing}\n")).expect("standard error");
        return;
    }
    let folder = folder();
    let input = vcf(&["chr1 31 a A G", "chr1 51 b A G,T", "chr1 53 c A C", "chr2 0 t N A"]);
    succeed(folder.path(), &[&SCORE[..], &["--vcf", "-", "-o", "o.vcf.gz", "-o", "o.tsv"]].concat(), &input);
    let bcftools = |arguments: &[&str]| {
        let mut run = std::process::Command::new("bcftools");
        let run = run.args(arguments).arg("o.vcf.gz").current_dir(folder.path()).output();
        let output = run.expect("it was there a moment ago");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    };
    let viewed = bcftools(&["view", "--no-version", "-H"]);
    assert_eq!(viewed.lines().count(), 4, "{viewed}");
    let statuses = bcftools(&["query", "-f", "%ID %INFO/CISKIT_STATUS\\n"]);
    assert_eq!(statuses, "a scored\nb scored,scored\nc ref-mismatch\nt out-of-bounds\n");
    let table = std::fs::read_to_string(folder.path().join("o.tsv")).expect("a table");
    let difference: f64 = column(&table, "logit_difference")[0].parse().expect("a number");
    let queried: f64 = bcftools(&["query", "-f", "%INFO/CISKIT_LOGIT_DIFFERENCE\\n", "-i", "ID=\"a\""])
        .trim()
        .parse()
        .expect("a number");
    assert!((queried / difference - 1.0).abs() < 1e-4, "{queried} {difference}");
}

#[cfg(feature = "onnx")]
mod onnx {
    use std::path::Path;

    use super::*;
    use crate::variants::onnx::folder_with_onnx;

    /// Scores of a reference and an alternative sequence of 24 bp, as the table has them.
    fn of_sequences(folder: &Path, pairs: &[(&str, &str)]) -> Vec<[f64; 2]> {
        let rows: String = pairs.iter().map(|(from, to)| format!("x\t{from}\t{to}\n")).collect();
        std::fs::write(folder.join("s.tsv"), format!("name\tref_sequence\talt_sequence\n{rows}"))
            .expect("a file");
        let arguments = ["variants", "score", "--onnx", "a.onnx", "--sequences", "s.tsv", "-o", "-"];
        values(&succeed(folder, &arguments, ""))
    }

    fn values(table: &str) -> Vec<[f64; 2]> {
        let [from, to] = ["hepg2_ref", "hepg2_alt"].map(|name| column(table, name));
        let number = |text: &String| text.parse::<f64>().expect("a number");
        from.iter().zip(&to).map(|(from, to)| [number(from), number(to)]).collect()
    }

    fn close(found: [f64; 2], expected: [f64; 2]) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");
        }
    }

    /// Base `at` (0-based) of chr1.
    fn bases(range: std::ops::Range<usize>) -> String {
        let base = |at: usize| if at < 10 { 'N' } else { char::from(b"ACGT"[(at - 10) % 4]) };
        range.map(|at| if at < 210 { base(at) } else { 'N' }).collect()
    }

    #[test]
    fn windows_lie_where_the_options_say() {
        let folder = folder_with_onnx();
        let score = |line: &str, more: &[&'static str]| {
            let one = ["variants", "score", "--onnx", "a.onnx", "--genome", "g.fa", "--vcf", "-", "-o", "-"];
            values(&succeed(folder.path(), &[&one[..], more].concat(), &vcf(&[line])))[0]
        };
        let of = |from: &str, to: &str| of_sequences(folder.path(), &[(from, to)])[0];
        // The variant lies on base 12 of 24. An insertion at base 100, a G, of two bases:
        let reference = bases(88..112);
        let (insertion, two) = ("chr1 101 i G GAA", "AA");
        let pinned = of(&reference, &format!("{}{two}{}", bases(88..101), bases(101..110)));
        close(score(insertion, &[]), pinned);
        close(score(insertion, &["--indel", "stitch"]), pinned);
        // GAA has its middle where G has it, so that a base more is seen at the left end.
        let centred = of(&reference, &format!("{}{two}{}", bases(89..101), bases(101..111)));
        close(score(insertion, &["--indel", "centred"]), centred);
        assert!((pinned[1] - centred[1]).abs() > 1e-6, "the rules differ");

        // Base 205, a T, 5 bases in front of the contig's end.
        let (edge, edited) = ("chr1 206 e T A", |start: usize| {
            (bases(start..start + 24), format!("{}A{}", bases(start..205), bases(206..start + 24)))
        });
        let (padded, moved) = (edited(193), edited(186));
        close(score(edge, &[]), of(&padded.0, &padded.1));
        close(score(edge, &["--at-edge", "shift"]), of(&moved.0, &moved.1));
        assert!((of(&padded.0, &padded.1)[0] - of(&moved.0, &moved.1)[0]).abs() > 1e-6, "the rules differ");

        // All of a window of 24 bp lies within 1,000 bp; another length is none of the model's.
        close(score(edge, &["--window", "24", "--paper-1kb"]), of(&padded.0, &padded.1));
        let other =
            ["variants", "score", "--onnx", "a.onnx", "--genome", "g.fa", "--vcf", "-", "-o", "x.tsv"];
        let message = fail(folder.path(), &[&other[..], &["--window", "25"]].concat(), &vcf(&[edge]));
        assert_eq!(message, "ciskit: a window of 25 bp was asked for, but the model reads 24 bp");
    }

    #[test]
    fn both_strands_are_averaged() {
        let folder = folder_with_onnx();
        let turned = |text: &str| -> String {
            let other = |base| match base {
                'A' => 'T',
                'C' => 'G',
                'G' => 'C',
                'T' => 'A',
                other => other,
            };
            text.chars().rev().map(other).collect()
        };
        // Base 16 of a contig that begins with Ns, so that the strands differ; it lies on base 12 of either strand's window.
        let [reference, back] = [4..28, 5..29].map(&bases);
        let edited = |text: &str, at: usize| format!("{}A{}", &text[..at], &text[at + 1..]);
        let (alternative, back_alternative) = (edited(&reference, 12), turned(&edited(&back, 11)));
        let back = turned(&back);
        let both = of_sequences(folder.path(), &[(&reference, &alternative), (&back, &back_alternative)]);
        assert!((both[0][1] - both[1][1]).abs() > 1e-3, "the strands differ: {both:?}");
        let arguments =
            ["variants", "score", "--onnx", "a.onnx", "--genome", "g.fa", "--vcf", "-", "-o", "-"];
        let arguments = [&arguments[..], &["--reverse-complement"]].concat();
        let table = succeed(folder.path(), &arguments, &vcf(&["chr1 17 x G A"]));
        let mean = [0, 1].map(|allele| (both[0][allele] + both[1][allele]) / 2.0);
        close(values(&table)[0], mean);
    }

    #[test]
    fn sequences_know_nothing_of_a_genome() {
        let folder = folder_with_onnx();
        std::fs::write(folder.path().join("t.bed"), "chr1\t45\t55\n").expect("a file");
        let arguments = ["variants", "score", "--onnx", "a.onnx", "--sequences", "s.tsv", "-o", "o.tsv"];
        for more in [
            ["--genome", "g.fa"],
            ["--on-ref-mismatch", "swap"],
            ["--max-mismatches", "1"],
            ["--indel", "centred"],
            ["--at-edge", "shift"],
            ["--window", "24"],
            ["--training-elements", "t.bed"],
            ["--training-chromosomes", "chr1"],
        ] {
            let message = misused(folder.path(), &[&arguments[..], &more].concat());
            assert!(message.contains("cannot be used with") && message.contains(more[0]), "{message}");
        }
        let pairs = [&SCORE[..10], &["--sequences", "s.tsv", "-o", "o.tsv"]].concat();
        assert!(misused(folder.path(), &pairs).contains("--pairs"));
    }

    #[test]
    fn a_table_of_scores_is_benchmarked_and_ranked() {
        let folder = folder_with_onnx();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        // One place of each phase of ACGT, so that no two have one score.
        let places = [31usize, 42, 53, 64];
        let base = |place: usize| bases(place - 1..place);
        let other = |place: usize| if base(place) == "A" { "C" } else { "A" };
        let lines: Vec<String> = places
            .iter()
            .map(|&place| format!("chr1 {place} rs{place} {} {}", base(place), other(place)))
            .collect();
        let input = vcf(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let score =
            ["variants", "score", "--onnx", "a.onnx", "--genome", "g.fa", "--vcf", "-", "-o", "p.tsv"];
        succeed(folder.path(), &score, &input);
        let table = std::fs::read_to_string(folder.path().join("p.tsv")).expect("a table");
        let ratio = column(&table, "hepg2_log2_ratio");

        // What is measured is what was predicted, twice as large.
        let mut measured =
            "dataset\trow\tchrom\tpos\tref\talt\tid\tmeasured_log2\tp\tcell\tbuild\n".to_owned();
        for ((row, &place), ratio) in places.iter().enumerate().zip(&ratio) {
            let effect = 2.0 * ratio.parse::<f64>().expect("a number");
            let alleles = format!("{}\t{}", base(place), other(place));
            measured += &format!("a\t{row}\t1\t{place}\t{alleles}\tNA\t{effect}\tNA\tNA\tNA\n");
        }
        file("m.tsv", &measured);
        let benchmark =
            ["variants", "benchmark", "--measured", "m.tsv", "--predicted", "p.tsv", "--out", "bench"];
        succeed(folder.path(), &[&benchmark[..], &["--models", "hepg2_log2_ratio"]].concat(), "");
        let numbers = std::fs::read_to_string(folder.path().join("bench/benchmark.tsv")).expect("a table");
        let (model, pearson) = (column(&numbers, "model"), column(&numbers, "pearson"));
        assert_eq!(model[0], "hepg2_log2_ratio");
        assert!((pearson[0].parse::<f64>().expect("a number") - 1.0).abs() < 1e-9, "{}", pearson[0]);
        assert_eq!(column(&numbers, "used")[0], "4");

        // The causal variant is the one of the largest score, linked with all others.
        let size = |text: &String| text.parse::<f64>().expect("a number").abs();
        let first = (0..4).max_by(|&a, &b| size(&ratio[a]).total_cmp(&size(&ratio[b]))).expect("four");
        let linked = (0..4).filter(|&at| at != first).map(|at| {
            format!("1 {} rs{} 1 {} rs{} 0.9\n", places[first], places[first], places[at], places[at])
        });
        file("p.ld", &format!("CHR_A BP_A SNP_A CHR_B BP_B SNP_B R2\n{}", linked.collect::<String>()));
        file("causal.txt", &format!("rs{}\n", places[first]));
        let rank = [
            "variants",
            "rank",
            "--ld",
            "p.ld",
            "--causal",
            "causal.txt",
            "--scores",
            "p.tsv",
            "-o",
            "r.tsv",
        ];
        succeed(folder.path(), &rank, "");
        let ranked = std::fs::read_to_string(folder.path().join("r.tsv")).expect("a table");
        let row = ranked.lines().find(|line| line.starts_with("hepg2_log2_ratio\tmagnitude\t1\tall\t"));
        let header: Vec<&str> = ranked.lines().next().expect("a header").split('\t').collect();
        let accuracy = header.iter().position(|name| *name == "accuracy").expect("a column");
        assert_eq!(row.expect("the model is ranked").split('\t').nth(accuracy), Some("1.0"), "{ranked}");
    }
}
