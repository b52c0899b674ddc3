//! `ciskit variants import`, `benchmark` and `rank`.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn ciskit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .arg("variants")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// What a command that succeeds prints and says.
fn succeed(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = ciskit(folder, arguments);
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("output is text"));
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    (stdout, stderr)
}

/// What a command that fails says, in one line.
fn fail(folder: &Path, arguments: &[&str]) -> String {
    let output = ciskit(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let message = String::from_utf8(output.stderr).expect("output is text");
    assert_eq!(message.lines().count(), 1, "{message}");
    message.trim().to_owned()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("a file")
}

/// A source of each format, what its import says, and its first row.
const SOURCES: [[&str; 4]; 6] = [
    [
        "raqtl",
        "chr\tSNP_ID\tSNPabspos\tk562.ref.mean\tk562.alt.mean\tk562.wilcox.p.value\tref\talt\n\
         chr3\trs1\t100\t1\t4\t0.01\tA\tG\nchr3\trs2\t101\t0\t4\t0.01\tA\tG\n",
        "2 effects: 1 finite, 1 infinite, 0 missing; 2 with a p-value",
        "raQTL_k562 0 chr3 100 A G rs1 2.0 0.01 k562 hg19 NA",
    ],
    [
        "saturation",
        "Chrom\tPos\tRef\tAlt\tCoefficient\tpValue\tElement\tRelease\nX\t5\tG\tA\t-0.25\t0.5\tF9\tGRCh38\n",
        "1 effects: 1 finite, 0 infinite, 0 missing; 1 with a p-value",
        "F9 0 chrX 5 G A NA -0.25 0.5 NA hg38 NA",
    ],
    [
        "eqtl-mpra",
        "ID,chr,pos,RefAllele,AltAllele,LogSkew.Comb,C.Skew.logP,ref_sequence,alt_sequence\nx,1,7,G,GAT,0.5,,C,T\n",
        "1 effects: 1 finite, 0 infinite, 0 missing; 0 with a p-value",
        "eQTL_MPRA 0 chr1 7 G GAT x 0.5 NA LCL hg19 NA",
    ],
    [
        "gse87711",
        "dbSNP,chr,pos,ref,alt,type,bot,top,CTRL.median,CTRL.mut.p,CTRL.fc(log2)\r\n\
         rs1,1,9,T,C,Mut,1/3,2/3,0.25,0.125,0.5\r\nrs1,1,9,T,C,Ref,1/3,2/3,0.75,0.125,0.5\r\n",
        "1 effects: 1 finite, 0 infinite, 0 missing; 1 with a p-value",
        "GSE87711 0 chr1 9 T C rs1 -0.5 0.125 k562 hg19 NA",
    ],
    [
        "gse68331",
        "\u{feff}id,chr3,Pos,Allele0,Allele1,P,effect\r\n.,chr3,9,T,C,0.25,0.5\r\n",
        "1 effects: 1 finite, 0 infinite, 0 missing; 1 with a p-value",
        "GSE68331 0 chr3 9 T C NA -1.0 0.25 hepg2 hg19 NA",
    ],
    [
        "table",
        "chrom\tpos\tref\talt\tmeasured_log2\nchr1\t3\tA\tC\tNA\n",
        "1 effects: 0 finite, 0 infinite, 1 missing; 0 with a p-value",
        "source 0 chr1 3 A C NA NA NA NA NA NA",
    ],
];

#[test]
fn every_source_becomes_the_unified_table() {
    for [format, source, said, row] in SOURCES {
        let folder = folder(&[("source.txt", source)]);
        let (printed, _) = succeed(folder.path(), &["import", "--from", format, "source.txt", "-o", "m.tsv"]);
        assert_eq!(printed.trim(), said, "{format}");
        let table = read(folder.path(), "m.tsv");
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("##ciskit measured-effects format=1"));
        assert_eq!(
            lines.next(),
            Some("dataset\trow\tchrom\tpos\tref\talt\tid\tmeasured_log2\tp\tcell\tbuild\tlabel")
        );
        assert_eq!(lines.next().map(|line| line.replace('\t', " ")).as_deref(), Some(row), "{format}");
        // What was written is read as it is.
        succeed(folder.path(), &["import", "--from", "table", "m.tsv", "-o", "again.tsv"]);
        assert_eq!(read(folder.path(), "again.tsv"), table, "{format}");
    }
}

#[test]
fn the_benchmark_s_reading_of_gse87711_is_another() {
    let folder = folder(&[("g.csv", SOURCES[3][1])]);
    succeed(folder.path(), &["import", "--from", "gse87711-benchmark", "g.csv", "-o", "m.tsv"]);
    let table = read(folder.path(), "m.tsv");
    assert_eq!(table.lines().filter(|line| line.contains("\t-1.0\t0.125\t")).count(), 2, "{table}");
}

#[test]
fn any_table_is_read_by_the_names_of_its_columns() {
    let csv = "Chromosome,Where (hg19),From,To,Ratio\rchr3,12447119,G,A,0.25\r";
    let folder = folder(&[("PPARG.csv", csv)]);
    let columns = "chrom=Chromosome,pos=Where (hg19),ref=From,alt=To,effect=Ratio";
    let arguments =
        ["import", "--from", "table", "PPARG.csv", "--columns", columns, "--effect-scale", "ratio"];
    let named = ["--cell", "hela", "--build", "hg19", "-o", "m.tsv"];
    succeed(folder.path(), &[&arguments[..], &named].concat());
    let table = read(folder.path(), "m.tsv").replace('\t', " ");
    assert_eq!(table.lines().last(), Some("PPARG 0 chr3 12447119 G A NA -2.0 NA hela hg19 NA"));
    // Names for a format that has its own.
    let message =
        fail(folder.path(), &["import", "--from", "raqtl", "PPARG.csv", "--columns", columns, "-o", "n.tsv"]);
    assert_eq!(message, "ciskit: --columns and --effect-scale belong to --from table");
}

#[test]
fn a_source_of_another_format_leaves_nothing() {
    for [format, source, ..] in SOURCES {
        let folder = folder(&[("source.txt", source)]);
        for [other, ..] in SOURCES {
            if other == format {
                continue;
            }
            let message = fail(folder.path(), &["import", "--from", other, "source.txt", "-o", "none.tsv"]);
            assert!(
                message.starts_with("ciskit: source.txt, line 1: expected a column"),
                "{other}: {message}"
            );
            assert!(!folder.path().join("none.tsv").exists());
        }
    }
}

/// Twelve measurements of two data sets and cell lines; one is infinite.
fn measured() -> String {
    let mut table = "dataset\trow\tchrom\tpos\tref\talt\tid\tmeasured_log2\tp\tcell\tbuild\n".to_owned();
    for row in 0..12 {
        let (dataset, cell) = if row < 6 { ("a", "k562") } else { ("b", "hepg2") };
        let effect = if row == 3 { "inf".to_owned() } else { format!("{}", (row * 5 % 12) as f64 - 4.0) };
        let p = f64::from(row) / 24.0;
        table += &format!(
            "{dataset}\t{}\tchr1\t{}\tA\tC\trs{row}\t{effect}\t{p}\t{cell}\thg19\n",
            row % 6,
            row + 1
        );
    }
    table
}

/// Predictions of two models, by data set and row; `half` is right but for the scale.
fn predicted(rows: std::ops::Range<i32>) -> String {
    let mut table = "dataset\trow\thalf\tother\n".to_owned();
    for row in rows {
        let dataset = if row < 6 { "a" } else { "b" };
        let value = (f64::from(row * 5 % 12) - 4.0) / 2.0;
        let other = if row == 5 { "NA".to_owned() } else { format!("{}", row * 7 % 5) };
        table += &format!("{dataset}\t{}\t{value}\t{other}\n", row % 6);
    }
    table
}

const BENCHMARK: [&str; 5] = ["benchmark", "--measured", "m.tsv", "--predicted", "p.tsv"];

#[test]
fn a_benchmark_writes_its_numbers_and_pictures() {
    let folder = folder(&[("m.tsv", &measured()), ("p.tsv", &predicted(0..12))]);
    let arguments = [&BENCHMARK[..], &["--out", "bench"]].concat();
    let (printed, _) = succeed(folder.path(), &arguments);
    assert!(printed.contains("half") && printed.contains("a: 5 of 6 measurements used"), "{printed}");

    let table = read(folder.path(), "bench/benchmark.tsv");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).expect(name);
    let of = |model: &str, group: &str, below: &str| {
        let wanted = [(column("model"), model), (column("group"), group), (column("p_below"), below)];
        rows.iter().find(|row| wanted.iter().all(|(index, value)| row[*index] == *value)).expect("a row")
    };
    let half = of("half", "a", "NA");
    assert_eq!((half[column("pearson")], half[column("used")], half[column("no_effect")]), ("1.0", "5", "1"));
    assert_eq!(of("other", "k562", "NA")[column("no_prediction")], "1");
    // p is row / 24: rows 0 to 2 are below 0.1, row 2 being 1 / 12.
    assert_eq!(of("half", "a", "0.1")[column("rows")], "3");
    // Two models, four groups, all rows and five thresholds.
    assert_eq!(rows.len(), 1 + 2 * 4 * 6);

    let html = read(folder.path(), "bench/report.html");
    assert!(html.contains("conditions on the outcome") && html.matches("<svg").count() >= 6);
    assert!(read(folder.path(), "bench/benchmark.md").contains("| half"));
    assert!(read(folder.path(), "bench/benchmark.svg").starts_with("<svg"));
    assert!(read(folder.path(), "bench/benchmark.json").contains("\"model\": \"half\""));
    let detection = read(folder.path(), "bench/detection.tsv");
    assert!(detection.lines().any(|line| line.starts_with("half\tdataset\ta\tp<0.05\t")), "{detection}");
    // The same bytes again, with any number of threads.
    let again = Command::new(env!("CARGO_BIN_EXE_ciskit"))
        .arg("variants")
        .args([&BENCHMARK[..], &["--out", "again"]].concat())
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(again.success());
    for name in ["benchmark.tsv", "detection.tsv", "report.html"] {
        assert_eq!(
            read(folder.path(), &format!("again/{name}")),
            read(folder.path(), &format!("bench/{name}"))
        );
    }
}

#[test]
fn tables_are_joined_by_key_and_missing_keys_are_named() {
    let swapped = "chrom\tpos\tref\talt\tplaced\n1\t12\ta\tc\t1\n1\t11\ta\tc\t2\n";
    let files = [("m.tsv", &*measured()), ("p.tsv", &predicted(0..11)), ("q.tsv", swapped)];
    let folder = folder(&files);
    let arguments = [&BENCHMARK[..], &["--out", "bench"]].concat();
    assert_eq!(
        fail(folder.path(), &arguments),
        "ciskit: p.tsv has no row for 1 of 12 measurements, the first of which is b, row 5 (chr1:12:A>C)"
    );
    assert!(!folder.path().join("bench").exists());
    let further = ["--predicted", "q.tsv", "--partial", "--models", "half,placed"];
    succeed(folder.path(), &[&arguments[..], &further].concat());
    let table = read(folder.path(), "bench/benchmark.tsv");
    assert!(table.contains("placed\tdataset\tb\tNA\t") && !table.contains("other"), "{table}");

    let message = fail(folder.path(), &[&arguments[..], &["--partial", "--models", "third"]].concat());
    assert_eq!(message, "ciskit: no table has a model third: there are half, other");
    let twice = [&arguments[..], &["--partial", "--predicted", "p.tsv"]].concat();
    assert!(fail(folder.path(), &twice).ends_with("two models are called half"));
    let message = fail(folder.path(), &[&arguments[..], &["--p-thresholds", "0"]].concat());
    assert_eq!(message, "ciskit: a p threshold of 0 is not above 0 and at most 1");
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder =
        folder(&[("m.tsv", &measured()), ("p.tsv", &predicted(0..12)), ("config.toml", "format = 1\n")]);
    let message = fail(folder.path(), &[&BENCHMARK[..], &["--out", "."]].concat());
    assert!(message.contains("holds a training or a comparison"), "{message}");
    assert!(!folder.path().join("report.html").exists());
}

const BLOCKS: &str = "block,variant,causal,good,bad\n1,a,1,-3,0.5\n1,b,0,1,0.5\n1,c,0,0.5,2\n\
                      2,d,1,2,NA\n2,e,0,-1,1\n2,f,0,NA,3\n";

#[test]
fn causal_variants_are_ranked_in_their_blocks() {
    let folder = folder(&[("b.csv", BLOCKS)]);
    let (printed, said) = succeed(folder.path(), &["rank", "--blocks", "b.csv", "-o", "rank.tsv"]);
    assert!(printed.contains("magnitude") && printed.contains("two-sided") && printed.contains("published"));
    assert!(said.contains("2 blocks"), "{said}");
    assert!(said.contains("good: 0 causal variants without score are not ranked; 1 others"), "{said}");
    assert!(said.contains("bad: 1 causal variants without score"), "{said}");
    let table = read(folder.path(), "rank.tsv");
    let header: Vec<&str> = table.lines().next().expect("a header").split('\t').collect();
    let value = |prefix: &str, column: &str| {
        let row = table
            .lines()
            .find(|line| line.starts_with(prefix))
            .unwrap_or_else(|| panic!("{prefix} in {table}"));
        let index = header.iter().position(|name| *name == column).expect(column);
        row.split('\t').nth(index).expect("a value").to_owned()
    };
    assert_eq!(value("good\tmagnitude\t1\tall\t", "accuracy"), "1.0");
    // A block of three and, as f has no score, one of two.
    let chance: f64 = value("good\tmagnitude\t1\tall\t", "chance").parse().expect("a number");
    assert!((chance - (1.0 / 3.0 + 1.0 / 2.0) / 2.0).abs() < 1e-15);
    // 0.5 ties with 0.5 below 2.
    let bad = "bad\tmagnitude\t2\tall\t";
    let found = ["accuracy", "optimistic", "pessimistic", "tied"].map(|column| value(bad, column));
    assert_eq!(found, ["0.5", "1.0", "0.0", "1"]);
    assert_eq!(value("good\tmagnitude\t1\t2\t", "causal"), "1");
}

#[test]
fn plink_s_linkage_makes_blocks() {
    let ld = " CHR_A  BP_A SNP_A CHR_B BP_B SNP_B   R2 \n 1 10 a 1 20 b 0.9 \n 1 10 a 1 30 c 0.5 \n 1 20 b 1 40 d 0.85\n";
    let files = [("p.ld", ld), ("s.tsv", "id\tm\na\t1\nb\t-2\nc\t9\nd\t0\n"), ("causal.txt", "b\n\n")];
    let folder = folder(&files);
    let base = ["rank", "--ld", "p.ld", "--scores", "s.tsv"];
    let accuracy = |further: &[&str]| {
        succeed(folder.path(), &[&base[..], further, &["-o", "r.json"]].concat());
        let json = read(folder.path(), "r.json");
        let row = json
            .lines()
            .find(|line| line.contains("\"magnitude\", \"k\": 1, \"block_size\": \"all\""))
            .expect("a row");
        let number = |key: &str| {
            row.split(&format!("\"{key}\": "))
                .nth(1)
                .and_then(|rest| rest.split([',', '}']).next())
                .expect(key)
                .to_owned()
        };
        (number("causal"), number("accuracy"))
    };
    // a loses to b; b wins over d.
    assert_eq!(accuracy(&[]), ("2".into(), "0.5".into()));
    // b among a and d.
    assert_eq!(accuracy(&["--causal", "causal.txt"]), ("1".into(), "1.0".into()));
    assert_eq!(accuracy(&["--r2", "0.4"]), ("2".into(), "0.5".into()));

    assert!(
        fail(folder.path(), &[&base[..], &["-o", "r.csv"]].concat())
            .contains("ends in neither .tsv, .json nor .md")
    );
    assert!(
        fail(folder.path(), &[&base[..], &["--r2", "2"]].concat()).contains("--r2 2 does not lie between")
    );
    assert!(
        fail(folder.path(), &[&base[..], &["--top", "0"]].concat()).contains("places are counted from 1")
    );
    let output = ciskit(folder.path(), &["rank", "--scores", "s.tsv"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_published_tables_are_imported_and_benchmarked() {
    let shared = |name: &str| ciskit_fixtures::shared(name).display().to_string();
    let folder = folder(&[]);
    let source = shared("data/variants/hepg2.sign.id.LP190708.txt.gz");
    let (printed, _) = succeed(
        folder.path(),
        &["import", "--from", "raqtl", &source, "--dataset", "2_raQTL_HepG2", "-o", "h.tsv.gz"],
    );
    assert_eq!(printed.trim(), "14183 effects: 14063 finite, 120 infinite, 0 missing; 14183 with a p-value");
    let predictions = shared("data/variants/predictions_log2.tsv.gz");
    let arguments = ["benchmark", "--measured", "h.tsv.gz", "--predicted", &predictions, "--out", "bench"];
    succeed(folder.path(), &arguments);
    let table = read(folder.path(), "bench/benchmark.tsv");
    let row =
        table.lines().find(|line| line.starts_with("sei\tdataset\t2_raQTL_HepG2\tNA\t0.29812")).expect("SEI");
    assert!(row.contains("\t14183\t14063\t120\t"), "{row}");
}
