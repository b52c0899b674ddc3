//! `ciskit enhancers` on a simulated genome, checked against a second computation of what it promises.

#![allow(clippy::unwrap_used, reason = "a test fails where it stops")]

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use ciskit_seqio::{LineReader, TextWriter, read_fasta};

use crate::binary::{ciskit, refusal, succeed};

const LENGTH: usize = 200;
const UPSTREAM: usize = 300;
const DOWNSTREAM: usize = 100;

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).expect("the file is there")
}

fn write(path: impl AsRef<Path>, text: &str) {
    std::fs::write(path, text).expect("the folder can be written");
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

type Place = (String, Range<usize>);

fn places(path: impl AsRef<Path>) -> Vec<Place> {
    let place = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), number(fields[1])..number(fields[2]))
    };
    read(path).lines().map(place).collect()
}

fn overlap(one: &Place, other: &Place) -> bool {
    one.0 == other.0 && one.1.start < other.1.end && other.1.start < one.1.end
}

fn meets(place: &Place, others: &[Place]) -> bool {
    others.iter().any(|other| overlap(place, other))
}

/// A simulation beside which peaks, marks, a blacklist and genes lie; what the command must find.
struct Input {
    folder: tempfile::TempDir,
    genome: HashMap<String, Vec<u8>>,
    peaks: Vec<Place>,
    marks: Vec<Place>,
    /// Exons, promoters and blacklist.
    excluded: [Vec<Place>; 3],
}

const ARGUMENTS: [&str; 17] = [
    "enhancers",
    "--dnase",
    "dnase.narrowPeak.gz",
    "--h3k27ac",
    "marks.bed",
    "--genes",
    "genes.gtf",
    "--blacklist",
    "blacklist.bed",
    "--genome",
    "sim/genome.fa",
    "--length",
    "200",
    "--promoter-window",
    "300,100",
    "--gc-bins",
    "20",
];

impl Input {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        succeed(path, &["simulate", "--out", "sim", "--seed", "5", "--pairs", "240"]);
        let records = read_fasta(path.join("sim/genome.fa")).expect("a genome");
        let genome = records.into_iter().map(|record| (record.name, record.sequence)).collect();
        let mut peaks = places(path.join("sim/enhancers.bed"));
        peaks.extend(places(path.join("sim/promoters.bed")));
        // Windows that leave the contig, with and without a mark.
        peaks.extend(["chr1", "chr2"].map(|contig| (contig.to_owned(), 10..90)));
        // Each fourth peak has no mark, the others one that shares a single base.
        let marked = peaks.iter().enumerate().filter(|(index, _)| index % 4 > 0);
        let marks: Vec<Place> =
            marked.map(|(_, (contig, at))| (contig.clone(), at.end - 1..at.end + 9)).collect();
        let blacklist = vec![(peaks[5].0.clone(), peaks[5].1.clone()), ("chrPatch".to_owned(), 0..5)];
        let mut writer = TextWriter::create(path.join("dnase.narrowPeak.gz")).expect("a file");
        for (contig, at) in &peaks {
            let summit = at.len() / 3;
            writer
                .line(&format!("{contig}\t{}\t{}\t.\t0\t.\t5.5\t-1\t-1\t{summit}", at.start, at.end))
                .expect("the folder can be written");
        }
        writer.finish().expect("the folder can be written");
        let bed = |places: &[Place]| -> String {
            places.iter().map(|(contig, at)| format!("{contig}\t{}\t{}\n", at.start, at.end)).collect()
        };
        write(path.join("marks.bed"), &bed(&marks));
        write(path.join("blacklist.bed"), &bed(&blacklist));

        // Genes of the simulation with one exon of 150 bp.
        let (mut exons, mut promoters, mut gtf) = (Vec::new(), Vec::new(), String::new());
        for line in read(path.join("sim/genes.gtf")).lines() {
            let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let (start, end) = (number(&fields[3]) - 1, number(&fields[4]));
            if fields[2] == "exon" {
                exons.push((fields[0].clone(), start..start + 150));
                fields[4] = (start + 150).to_string();
                let promoter = match fields[6].as_str() {
                    "+" => start.saturating_sub(UPSTREAM)..start + DOWNSTREAM,
                    _ => end - DOWNSTREAM..end + UPSTREAM,
                };
                promoters.push((fields[0].clone(), promoter));
            }
            gtf += &(fields.join("\t") + "\n");
        }
        write(path.join("genes.gtf"), &gtf);
        Self { folder, genome, peaks, marks, excluded: [exons, promoters, blacklist] }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, more: &[&str]) -> String {
        succeed(self.path(), &[&ARGUMENTS, more].concat())
    }

    fn bases(&self, (contig, at): &Place) -> &[u8] {
        &self.genome[contig][at.clone()]
    }

    fn gc(&self, place: &Place) -> usize {
        self.bases(place).iter().filter(|base| b"GCgc".contains(base)).count()
    }

    /// The enhancers, and how many windows each step leaves.
    fn expected(&self) -> (Vec<Place>, Vec<usize>) {
        let mut left = vec![self.peaks.len()];
        let peaks: Vec<&Place> = self.peaks.iter().filter(|peak| meets(peak, &self.marks)).collect();
        left.push(peaks.len());
        let start = |at: &Range<usize>| (at.start + at.len() / 3).checked_sub(LENGTH / 2);
        let window = |(contig, at): &&Place| Some((contig.clone(), start(at)?..start(at)? + LENGTH));
        let mut windows: Vec<Place> = peaks.iter().filter_map(window).collect();
        windows.sort_by_key(|(contig, at)| (contig.clone(), at.start));
        left.extend([windows.len(), windows.len()]);
        for excluded in &self.excluded {
            windows.retain(|window| !meets(window, excluded));
            left.push(windows.len());
        }
        windows.retain(|window| !self.bases(window).contains(&b'N'));
        left.push(windows.len());
        (windows, left)
    }
}

#[test]
fn a_set_is_what_a_second_computation_finds() {
    let input = Input::new();
    let said = input.run(&["--out", "set", "--seed", "4"]);
    let out = input.path().join("set");
    let (expected, left) = input.expected();
    assert!(left.is_sorted_by(|one, next| one >= next) && expected.len() > 20, "{left:?}");
    // Every step has something to do, but that no two windows are the same and that no base is unknown.
    let lost = left.windows(2).map(|pair| pair[0] - pair[1]);
    assert_eq!(lost.map(|lost| lost > 0).collect::<Vec<_>>(), [true, true, false, true, true, true, false]);
    assert_eq!(places(out.join("enhancers.bed")), expected);

    let controls = places(out.join("controls.bed"));
    // Planted sites make enhancers richer in G and C than what is left of so small a genome.
    let some = expected.len() / 2..expected.len();
    assert!(some.contains(&controls.len()), "{} of {}", controls.len(), expected.len());
    for (index, control) in controls.iter().enumerate() {
        let all = [&input.peaks, &input.marks, &expected].into_iter().chain(&input.excluded);
        assert_eq!(control.1.len(), LENGTH);
        assert!(!input.bases(control).contains(&b'N'), "{control:?}");
        assert!(!all.into_iter().any(|places| meets(control, places)), "{control:?}");
        assert!(!meets(control, &controls[..index]), "{control:?}");
    }
    for bin in 0..20 {
        let count =
            |places: &[Place]| places.iter().filter(|place| input.gc(place) * 20 / LENGTH == bin).count();
        assert!(count(&controls) <= count(&expected), "GC bin {bin}");
    }

    for (name, windows) in [("enhancers", &expected), ("controls", &controls)] {
        let records = read_fasta(out.join(format!("{name}.fa"))).unwrap();
        let bed = read(out.join(format!("{name}.bed")));
        assert_eq!(records.len(), windows.len());
        for ((record, line), place) in records.iter().zip(bed.lines()).zip(windows) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(record.sequence, input.bases(place));
            assert_eq!(record.name, fields[3]);
            assert_eq!(fields[6], (input.gc(place) as f64 / LENGTH as f64).to_string());
        }
    }

    let summary = read(out.join("summary.tsv"));
    let rows: Vec<Vec<&str>> = summary.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let found: Vec<usize> = rows.iter().map(|row| number(row[1])).collect();
    assert_eq!(found[..left.len()], left);
    assert_eq!((rows[1][0], rows[1][2]), ("meets_h3k27ac", &*(left[0] - left[1]).to_string()));
    let unmatched = (expected.len() - controls.len()).to_string();
    assert_eq!((rows[9][0], found[9], rows[9][2]), ("controls", controls.len(), &*unmatched));
    let sentence = format!("controls for {} of {}", controls.len(), expected.len());
    assert!(said.contains(&sentence), "{said}");
}

#[test]
fn the_seed_decides_and_threads_do_not() {
    let input = Input::new();
    input.run(&["--out", "a", "--threads", "1"]);
    input.run(&["--out", "b", "--threads", "3"]);
    input.run(&["--out", "c", "--seed", "1"]);
    let file = |folder: &str, name: &str| read(input.path().join(folder).join(name));
    for name in ["enhancers.bed", "enhancers.fa", "controls.bed", "controls.fa", "summary.tsv"] {
        assert_eq!(file("a", name), file("b", name), "{name}");
    }
    assert_eq!(file("a", "enhancers.bed"), file("c", "enhancers.bed"));
    assert_ne!(file("a", "controls.bed"), file("c", "controls.bed"));
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    let input = Input::new();
    let arguments = [&ARGUMENTS[..], &["--out", "set"]].concat();
    let with = |option: &str, value: &'static str| {
        let place = arguments.iter().position(|argument| *argument == option).unwrap() + 1;
        let mut arguments = arguments.clone();
        arguments[place] = value;
        refusal(input.path(), &arguments)
    };
    let write = |name: &str, text: &str| write(input.path().join(name), text);
    write("other.bed", "chr77\t0\t100\n");
    assert_eq!(
        with("--dnase", "other.bed"),
        "ciskit: cannot make enhancers on sim/genome.fa: the DNase peaks do not fit the genome: contig \"chr77\" is \
         not in the genome, which has 8: chr1, chr2, chr3, chr4, chr5, …"
    );
    write("long.bed", "chr8\t36000\t37001\n");
    assert_eq!(
        with("--h3k27ac", "long.bed"),
        "ciskit: cannot make enhancers on sim/genome.fa: the H3K27ac peaks do not fit the genome: element \
         chr8:36000-37001 leaves its contig, which has 37000 bp"
    );
    write("summit.bed", "chr8\t30\t40\t.\t0\t.\t1\t1\t1\t10\n");
    assert_eq!(
        with("--dnase", "summit.bed"),
        "ciskit: summit.bed: the summit of peak chr8:30-40, 10 bp behind its start, lies outside of it"
    );
    // The marks cover the genome: nowhere is a control.
    let all: String =
        (1..=8).map(|n| format!("chr{n}\t0\t{}\n", input.genome[&format!("chr{n}")].len())).collect();
    write("all.bed", &all);
    let none = with("--h3k27ac", "all.bed");
    assert!(
        none.contains("no control of 200 bp has the GC content of any of ")
            && none.ends_with(": 0 candidates")
    );
    assert!(with("--blacklist", "all.bed").ends_with("the step not_blacklisted leaves none"));
    write("none.bed", "# none\n");
    assert_eq!(with("--h3k27ac", "none.bed"), "ciskit: none.bed has no peaks");
    assert!(with("--length", "0").ends_with("length is 0, but must be from 1 to 4294967295"));
    assert!(!input.path().join("set").exists());
    assert_eq!(
        ciskit(input.path(), &[&arguments[..], &["--promoter-window", "x"]].concat()).status.code(),
        Some(2)
    );
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn real_places_are_matched_in_gc_content_and_have_no_unknown_bases() {
    let folder = tempfile::tempdir().expect("a folder");
    let genome = ciskit_fixtures::shared("data/genome/hg19_partial.fa.gz");
    let pairs = ciskit_fixtures::shared("data/genome/pairs_in_hg19_partial.tsv.gz");
    let mut lines = LineReader::open(&pairs).expect("pairs");
    let (mut peaks, mut genes) = (String::new(), String::new());
    let mut header = true;
    while let Some(line) = lines.next_line().expect("a line") {
        let fields: Vec<&str> = line.text.split('\t').collect();
        if !std::mem::take(&mut header) {
            peaks += &format!("{}\t{}\t{}\n", fields[3], fields[4], fields[5]);
            let (contig, start, end) = (fields[6], number(fields[7]) + 1, fields[8]);
            for feature in ["transcript", "exon"] {
                let ids = format!("gene_id \"{start}\"; transcript_id \"{start}\";");
                genes += &format!("{contig}\tx\t{feature}\t{start}\t{end}\t.\t-\t.\t{ids}\n");
            }
        }
    }
    write(folder.path().join("peaks.bed"), &peaks);
    write(folder.path().join("genes.gtf"), &genes);
    let arguments = ["enhancers", "--dnase", "peaks.bed", "--h3k27ac", "peaks.bed", "--genes", "genes.gtf"];
    let genome = genome.to_str().unwrap();
    succeed(
        folder.path(),
        &[&arguments[..], &["--genome", genome, "--gc-bins", "25", "--out", "set"]].concat(),
    );
    let [enhancers, controls] = ["enhancers", "controls"]
        .map(|name| read_fasta(folder.path().join(format!("set/{name}.fa"))).expect("records"));
    assert!(enhancers.len() > 100 && controls.len() * 10 > enhancers.len() * 9, "{}", controls.len());
    for record in enhancers.iter().chain(&controls) {
        assert_eq!(record.sequence.len(), 1_000);
        assert!(record.sequence.iter().all(|base| b"ACGTacgt".contains(base)), "{}", record.name);
    }
}
