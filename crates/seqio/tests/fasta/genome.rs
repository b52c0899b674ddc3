//! Bases of whole files, compared with the truth.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_fixtures::offset_of;
use ciskit_seqio::{FastaGenome, FastaOptions};

use super::{Folder, Style, all_contigs, in_memory, spelled_contigs};

const LENGTHS: [u64; 9] = [1, 59, 60, 61, 0, 119, 120, 121, 1_003];

fn styles() -> impl Iterator<Item = Style> {
    let blocks = [None, Some(64), Some(65_280)];
    [1, 2, 7, 60, 61, 5_000].into_iter().flat_map(move |width| {
        ["\n", "\r\n"]
            .into_iter()
            .flat_map(move |line_end| blocks.into_iter().map(move |block| Style { width, line_end, block }))
    })
}

#[test]
fn every_range_around_every_contig_edge_is_right() {
    let (contigs, _) = spelled_contigs(&LENGTHS);
    let truth = in_memory(&contigs);
    for style in styles() {
        let folder = Folder::new();
        let genome = FastaGenome::open(folder.write("x.fa", style.fasta(&contigs))).unwrap();
        assert_eq!(genome.contigs(), truth.contigs());
        for contig in truth.contigs() {
            let length = contig.length as i64;
            let places: Vec<i64> = (-3..=3).chain(length - 3..=length + 3).collect();
            for (&start, &end) in places.iter().flat_map(|start| places.iter().map(move |end| (start, end))) {
                for edge in [Edge::PadN, Edge::Error] {
                    let found =
                        genome.fetch(&contig.name, start..end, edge).map_err(|error| error.to_string());
                    let expected =
                        truth.fetch(&contig.name, start..end, edge).map_err(|error| error.to_string());
                    assert_eq!(found, expected, "{}:{start}-{end} {edge:?} {style:?}", contig.name);
                }
            }
        }
    }
}

#[test]
fn every_window_spells_where_it_is() {
    let (contigs, offsets) = spelled_contigs(&[2_000, 3_001]);
    for style in styles() {
        let folder = Folder::new();
        let genome = FastaGenome::open(folder.write("x.fa", style.fasta(&contigs))).unwrap();
        let mut window = Vec::new();
        for ((name, sequence), offset) in contigs.iter().zip(&offsets) {
            for (start, width) in (0..sequence.len() as i64 - 150).step_by(7).zip((31..151).cycle()) {
                genome.fetch_into(name, start..start + width, Edge::Error, &mut window).unwrap();
                assert_eq!(window.len() as i64, width);
                assert_eq!(offset_of(&window), Some(offset + start as u64), "{name}:{start} {style:?}");
            }
        }
    }
}

#[test]
fn eight_threads_read_the_truth_at_once() {
    const WINDOWS: usize = 1_500;
    let lengths = [700_000, 300_000, 123_457];
    let (contigs, offsets) = spelled_contigs(&lengths);
    // The cache holds 2 of about 18 blocks, so that the threads push out each other's blocks all the time.
    for (style, cache_bytes) in [
        (Style::PLAIN, 0),
        (Style { block: Some(65_280), ..Style::PLAIN }, 2 << 16),
        (Style { block: Some(65_280), line_end: "\r\n", ..Style::PLAIN }, 64 << 20),
    ] {
        let folder = Folder::new();
        let path = folder.write("x.fa", style.fasta(&contigs));
        let genome = FastaOptions::new().cache_bytes(cache_bytes).open(path).unwrap();
        let right = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for seed in 0..8u64 {
                let (genome, right, offsets) = (&genome, &right, &offsets);
                scope.spawn(move || {
                    let mut random = seed;
                    let mut below = |limit: u64| {
                        random = random
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        (random >> 33) % limit
                    };
                    let mut window = Vec::new();
                    for _ in 0..WINDOWS {
                        let contig = below(3) as usize;
                        let width = 31 + below(2_000);
                        let start = below(lengths[contig] - width);
                        let range = start as i64..(start + width) as i64;
                        genome
                            .fetch_into(&format!("chr{}", contig + 1), range, Edge::Error, &mut window)
                            .unwrap();
                        assert_eq!(window.len() as u64, width);
                        assert_eq!(offset_of(&window), Some(offsets[contig] + start));
                        right.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(right.into_inner(), 8 * WINDOWS);
    }
}

#[test]
fn contigs_are_found_with_and_without_chr() {
    let folder = Folder::new();
    let genome = FastaGenome::open(folder.write("x.fa", ">1\nACGT\n>chrX\nGG\n")).unwrap();
    assert_eq!(genome.fetch("chr1", 1..3, Edge::Error).unwrap(), b"CG");
    assert_eq!(genome.fetch("X", 0..2, Edge::Error).unwrap(), b"GG");
    assert_eq!(
        genome.fetch("chr2", 0..1, Edge::Error).unwrap_err().to_string(),
        r#"contig "chr2" is not in the genome, which has 2: 1, chrX"#
    );
}

#[test]
fn bases_come_as_stored() {
    let folder = Folder::new();
    let genome = FastaGenome::open(folder.write("x.fa", ">a\nacgtnNRYK*-.\n")).unwrap();
    assert_eq!(genome.fetch("a", 0..12, Edge::Error).unwrap(), b"acgtnNRYK*-.");
}

#[test]
fn an_index_is_built_once_and_then_read() {
    let (contigs, _) = spelled_contigs(&LENGTHS);
    for style in [Style::PLAIN, Style::BGZIP] {
        let folder = Folder::new();
        let path = folder.write("x.fa", style.fasta(&contigs));
        assert_eq!(all_contigs(&FastaGenome::open(&path).unwrap()).unwrap(), contigs);
        let (fai, gzi) = (folder.path("x.fa.fai"), folder.path("x.fa.gzi"));
        assert!(fai.exists());
        assert_eq!(gzi.exists(), style.block.is_some());
        // Read, not built again: an index of fewer contigs is believed.
        let lines = fs::read_to_string(&fai).unwrap();
        let fewer: Vec<&str> = lines.lines().skip(1).collect();
        fs::write(&fai, fewer.join("\n")).unwrap();
        assert_eq!(all_contigs(&FastaGenome::open(&path).unwrap()).unwrap(), contigs[1..]);
        assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 2 + usize::from(style.block.is_some()));
    }
}

#[test]
fn an_index_is_not_written_where_that_is_not_wanted() {
    let folder = Folder::new();
    let path = folder.write("x.fa", Style::BGZIP.fasta(&spelled_contigs(&[100]).0));
    let genome = FastaOptions::new().write_index(false).open(&path).unwrap();
    assert_eq!(genome.contigs().len(), 1);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

/// `/proc/self/fd` is a folder that nobody can write, be it root.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_no_error() {
    use std::os::fd::AsRawFd;

    let (contigs, _) = spelled_contigs(&LENGTHS);
    for style in [Style::PLAIN, Style::BGZIP] {
        let folder = Folder::new();
        let file = fs::File::open(folder.write("x.fa", style.fasta(&contigs))).unwrap();
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        assert!(fs::write(format!("{path}.fai"), "").is_err());
        assert_eq!(all_contigs(&FastaGenome::open(path).unwrap()).unwrap(), contigs);
    }
}

#[test]
fn content_decides_and_not_the_name() {
    let (contigs, _) = spelled_contigs(&[300]);
    for (name, style) in [("plain.fa.gz", Style::PLAIN), ("packed.fa", Style::BGZIP)] {
        let folder = Folder::new();
        let genome = FastaGenome::open(folder.write(name, style.fasta(&contigs))).unwrap();
        assert_eq!(all_contigs(&genome).unwrap(), contigs);
    }
}

#[test]
fn joined_bgzip_files_are_one() {
    let (contigs, _) = spelled_contigs(&[300, 400]);
    let joined = [Style::BGZIP.fasta(&contigs[..1]), Style::BGZIP.fasta(&contigs[1..])].concat();
    let folder = Folder::new();
    let path = folder.write("x.fa.gz", joined);
    for _ in 0..2 {
        assert_eq!(all_contigs(&FastaGenome::open(&path).unwrap()).unwrap(), contigs);
    }
    assert!(folder.path("x.fa.gz.gzi").exists());
}
