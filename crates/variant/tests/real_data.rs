//! Real genomes and variants: windows as another program cuts them, and assemblies that do not fit.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod toys;

use std::fs::File;
use std::io::{BufRead, BufReader};

use ciskit_core::*;
use ciskit_fixtures::shared;
use ciskit_seqio::{FastaGenome, FastaOptions};
use ciskit_variant::*;
use toys::{Got, Recorder};

/// Borzoi's family reads 131,072 bp here, with the variant on the left one of the two middle bases.
fn borzoi() -> Recorder {
    let input = InputWindow::fixed(131_072).anchored_at(65_535);
    Recorder::new(ScorerSpec::scalar(input, "o", Scale::Raw))
}

fn open(path: &str) -> FastaGenome {
    FastaOptions::new().write_index(false).open(shared(path)).unwrap()
}

/// The windows of a VCF of the fixture, and the names of the statuses.
fn windows(vcf: &str, rule: OnMismatch) -> (Vec<Got>, Vec<&'static str>) {
    let recorder = borzoi();
    let engine = VariantScoring::new(&recorder).raw().on_mismatch(rule).build().unwrap();
    let genome = open("golden/zoo/baskerville_mini/hg38_1m.fa.gz");
    // Without the line of column names it is no VCF, so that it is read as lines of text.
    let text = std::fs::read_to_string(shared(&format!("golden/zoo/baskerville_mini/{vcf}"))).unwrap();
    let variant = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let start = fields[1].parse::<u64>().unwrap() - 1;
        Variant::new(fields[0], start, fields[3].as_bytes(), Allele::from_vcf(fields[4])).unwrap()
    };
    let variants: Vec<Variant> = text.lines().filter(|line| !line.starts_with('#')).map(variant).collect();
    let scored = engine.score(&genome, &variants).unwrap();
    (recorder.take(), scored.iter().map(|scored| scored.status.name()).collect())
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn windows_are_those_of_baskerville() {
    let (found, names) = windows("eqtl.vcf", OnMismatch::Skip);
    assert_eq!(names, ["scored"; 8]);
    let text = std::fs::read_to_string(shared("golden/zoo/baskerville_mini/variant_scores.json")).unwrap();
    let fixture: serde_json::Value = serde_json::from_str(&text).unwrap();
    let genome = open("golden/zoo/baskerville_mini/hg38_1m.fa.gz");
    for (got, variant) in found.iter().zip(fixture["variants"].as_array().unwrap()) {
        let start = variant["window_start0"].as_i64().unwrap();
        let bases = genome.fetch("chr1", start..start + 131_072, Edge::PadN).unwrap().to_ascii_uppercase();
        // No assert_eq, which would print two windows.
        assert!(got.reference.as_bytes() == bases, "{variant}");
        let place = variant["index_in_window"].as_u64().unwrap() as usize;
        assert_eq!(
            (&got.reference_range, &got.alternative_range),
            (&(place..place + 1), &(place..place + 1))
        );
        assert_eq!(got.reference[place..=place], *variant["ref"].as_str().unwrap());
        assert_eq!(got.alternative[place..=place], *variant["alt"].as_str().unwrap());
        let others = |sequence: &str| [&sequence[..place], &sequence[place + 1..]].concat();
        assert!(others(&got.reference) == others(&got.alternative), "{variant}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn flipped_alleles_exchange_their_windows() {
    let (found, _) = windows("eqtl.vcf", OnMismatch::Skip);
    let (flipped, names) = windows("eqtl_flip.vcf", OnMismatch::Swap);
    assert_eq!(names, ["alleles-swapped"; 8]);
    for (got, flipped) in found.iter().zip(&flipped) {
        assert!((&got.reference, &got.alternative) == (&flipped.alternative, &flipped.reference));
    }
}

/// The measured variants of hg19 that start in some range of a contig.
fn measured(places: &[(&str, std::ops::Range<u64>)]) -> Vec<Variant> {
    let file = File::open(shared("data/variants/variants.tsv.gz")).unwrap();
    let lines = BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
    let variants = lines.skip(1).filter_map(|line| {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split('\t').collect();
        let start = fields[3].parse::<u64>().unwrap() - 1;
        let wanted = places.iter().any(|(contig, range)| *contig == fields[2] && range.contains(&start));
        (wanted && fields[10] == "hg19").then(|| {
            Variant::new(fields[2], start, fields[4].as_bytes(), Allele::from_vcf(fields[5])).unwrap()
        })
    });
    variants.collect()
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn measured_variants_fit_their_own_assembly_alone() {
    let recorder = Recorder::new(ScorerSpec::scalar(InputWindow::fixed(1000), "o", Scale::Raw));
    let engine = VariantScoring::new(&recorder).raw().genome_description("hg38").build().unwrap();
    let known = [
        ("chr1", 10_000..1_000_000),
        ("chr17", 0..1_000_000),
        ("chr20", 60_500..2_000_000),
        ("chr20", 9_996_000..11_094_000),
        ("chr22", 16_051_000..22_000_000),
    ];
    let variants = measured(&known);
    let mut summary = Summary::default();
    let scored = engine.score(&open("data/genome/hg19_partial.fa.gz"), &variants).unwrap();
    scored.iter().for_each(|scored| summary.add(scored));
    assert!(summary.of("scored") > 100 && summary.of("ref-mismatch") == 0, "{summary}");

    let first = measured(&known[..1]);
    let error = engine.score(&open("data/genome/hg38_chr1_1-1000000.fa.gz"), &first).unwrap_err();
    assert!(matches!(error, VariantScoringError::WrongGenome { .. }), "{error}");
}
