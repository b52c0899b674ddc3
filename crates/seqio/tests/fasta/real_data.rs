//! Real files of the shared folder.

use std::fs;
use std::io::Read;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_fixtures::shared;
use ciskit_seqio::{Assembly, FastaError, FastaGenome, FastaOptions, Fingerprint, read_contigs, read_fasta};
use flate2::read::MultiGzDecoder;

use super::Folder;

const HG19_PARTIAL: &str = "data/genome/hg19_partial.fa.gz";

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn built_indexes_are_those_of_samtools() {
    let folder = Folder::new();
    let path = folder.path("x.fa.gz");
    fs::copy(shared(HG19_PARTIAL), &path).unwrap();
    FastaGenome::open(&path).unwrap();
    for ending in [".fai", ".gzi"] {
        let built = fs::read(folder.path(&format!("x.fa.gz{ending}"))).unwrap();
        assert!(built == fs::read(shared(&format!("{HG19_PARTIAL}{ending}"))).unwrap(), "{ending}");
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn bases_are_those_of_the_unpacked_file() {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(shared(HG19_PARTIAL)).unwrap()).read_to_string(&mut text).unwrap();
    // A shipped index is read, so that nothing is written into the shared folder.
    let genome = FastaOptions::new().cache_bytes(0).open(shared(HG19_PARTIAL)).unwrap();
    let mut contigs = 0;
    for record in text.split('>').skip(1) {
        let (header, lines) = record.split_once('\n').unwrap();
        let sequence = lines.replace('\n', "");
        let name = header.split_whitespace().next().unwrap();
        assert_eq!(genome.contigs().get(name).unwrap().length, sequence.len() as u64);
        for start in (0..sequence.len().saturating_sub(3_000)).step_by(9_973) {
            let window = genome.fetch(name, start as i64..start as i64 + 3_000, Edge::Error).unwrap();
            assert!(window == sequence.as_bytes()[start..start + 3_000], "{name}:{start}");
        }
        contigs += 1;
    }
    assert_eq!(contigs, 4);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn hg19_is_known_by_its_lengths() {
    let hg19 = read_contigs(shared("data/genome/hg19.chrom.sizes")).unwrap();
    assert_eq!(Assembly::identify(&hg19), Some(Assembly::Hg19));
    assert_eq!(Fingerprint::of(&hg19), Fingerprint::of(&Assembly::Hg19.chromosomes()));
    // Its contigs end at the last known base, so it is not recognised.
    let partial = read_contigs(shared(&format!("{HG19_PARTIAL}.fai"))).unwrap();
    assert_eq!(Assembly::identify(&partial), None);
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn the_first_megabase_of_hg38_is_read() {
    let path = shared("data/genome/hg38_chr1_1-1000000.fa.gz");
    let records = read_fasta(&path).unwrap();
    assert_eq!(records.len(), 1);
    match FastaOptions::new().write_index(false).open(&path) {
        Ok(genome) => {
            let contig = &genome.contigs().as_slice()[0];
            let fetched = genome.fetch(&contig.name, 0..contig.length as i64, Edge::Error).unwrap();
            assert!(fetched == records[0].sequence);
        }
        Err(error) => assert!(matches!(error, FastaError::Gzip { .. }), "{error}"),
    }
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn element_files_are_read_whole() {
    let records = read_fasta(shared("data/elements/NHEK.enhancers.fa.gz")).unwrap();
    assert_eq!(records.len(), 1_211);
    assert!(records.iter().all(|record| record.name.starts_with("NHEK|chr")));
    assert_eq!(records[0].name, "NHEK|chr1:3408600-3408800");
    assert!(records[0].sequence.starts_with(b"CACTGGCACGCACAGG"));
    assert_eq!(records[0].sequence.len(), 200);
}
