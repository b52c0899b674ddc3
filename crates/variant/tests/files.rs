//! Windows of variants that come from files: FASTA plain and bgzip, VCF plain and bgzip.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use std::io::Write;
use std::path::Path;

use ciskit_core::*;
use ciskit_fixtures::{offset_of, spelled_base, spelling};
use ciskit_seqio::{FastaGenome, VcfReader};
use ciskit_variant::*;
use toys::{Got, Recorder};

const LENGTH: u64 = 3_000;
const ANCHOR: usize = 31;

/// Two contigs that spell their positions, partly in lower case, in lines of 61 letters.
fn fasta() -> Vec<u8> {
    let mut text = Vec::new();
    for (name, length) in [("chr1", LENGTH), ("chr2", 70)] {
        writeln!(text, ">{name} spelled").unwrap();
        for line in spelling(length).chunks(61) {
            let line = if line.len() % 2 == 0 { line.to_vec() } else { line.to_ascii_lowercase() };
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
    }
    text
}

/// At every seventh base an SNV, an insertion and a deletion of 3 bp, two of them on one line; then one of each fault.
fn vcf() -> Vec<u8> {
    let mut text = b"##fileformat=VCFv4.5\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".to_vec();
    let letters = |start: u64, length: u64| -> String {
        (start..start + length).map(|position| char::from(spelled_base(position))).collect()
    };
    for start in (0..LENGTH - 4).step_by(7) {
        let reference = letters(start, 1);
        let snv = if reference == "G" { "A" } else { "G" };
        writeln!(text, "chr1\t{}\t.\t{reference}\t{snv},{reference}CAT\t.\t.\t.", start + 1).unwrap();
        writeln!(text, "1\t{}\t.\t{}\t{reference}\t.\t.\t.", start + 1, letters(start, 4)).unwrap();
    }
    writeln!(text, "chr1\t{LENGTH}\t.\t{}AC\tA\t.\t.\t.", letters(LENGTH - 1, 1)).unwrap();
    writeln!(text, "chr3\t1\t.\tA\tC,<DEL>\t.\t.\t.").unwrap();
    text
}

fn bgzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = noodles_bgzf::io::Writer::new(Vec::new());
    for part in bytes.chunks(500) {
        writer.write_all(part).unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap()
}

/// Everything a model gets, and what became of every record.
fn windows(fasta: &Path, vcf: &Path, indels: IndelWindow) -> (Vec<Got>, String) {
    let input = InputWindow::fixed(64).anchored_at(ANCHOR);
    let recorder = Recorder::new(ScorerSpec::scalar(input, "o", Scale::Raw));
    let plan = WindowPlan::centred(input, None).unwrap().indels(indels);
    let engine = VariantScoring::new(&recorder).raw().plan(plan).max_unknown(1.0).chunk(100).build().unwrap();
    let genome = FastaGenome::open(fasta).unwrap();
    let records = VcfReader::open(vcf).unwrap();
    let mut scored = engine.score_records(&genome, records, |record| record.variants().collect());
    for record in scored.by_ref() {
        let (record, variants) = record.unwrap();
        assert_eq!(record.alternatives().len(), variants.len());
    }
    (recorder.take(), scored.summary().to_string())
}

#[test]
fn every_file_gives_the_same_windows() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let genomes = [write("plain.fa", fasta()), write("bgzip.fa.gz", bgzip(&fasta()))];
    let variants = [write("plain.vcf", vcf()), write("bgzip.vcf.gz", bgzip(&vcf()))];
    for indels in [IndelWindow::LeftPinned, IndelWindow::Centred] {
        let (found, summary) = windows(&genomes[0], &variants[0], indels);
        assert_eq!(
            summary,
            "1287 variants: 1284 scored, 1 out-of-bounds, 1 unknown-contig, 1 unsupported-allele"
        );
        for (genome, file) in [(0, 1), (1, 0), (1, 1)] {
            assert_eq!(windows(&genomes[genome], &variants[file], indels).0, found);
        }
        // The reference windows say themselves where they are from.
        let mut located = 0;
        for (index, got) in found.iter().enumerate() {
            let start = 7 * (index as u64 / 3);
            // The middle of a deletion of four bases is the third one.
            let on_anchor = if indels == IndelWindow::Centred && index % 3 == 2 { start + 2 } else { start };
            let expected = on_anchor.checked_sub(ANCHOR as u64);
            if let Some(expected) = expected.filter(|expected| expected + 64 <= LENGTH) {
                assert_eq!(offset_of(got.reference.as_bytes()), Some(expected));
                located += 1;
            }
        }
        assert!(located > 1200, "{located} windows were located");
    }
}
