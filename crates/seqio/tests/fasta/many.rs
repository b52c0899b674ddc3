//! Many ranges at once: those of one at a time, in the caller's order, for any number of threads.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::{Edge, GenomeError, ReferenceGenome};
use ciskit_seqio::FastaGenome;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Folder, Style, all_contigs, in_memory, spelled_contigs};

fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

type Wanted = (String, std::ops::Range<i64>);

/// The bases of every range, each written where it belongs.
fn fetch_each(genome: &FastaGenome, wanted: &[Wanted], edge: Edge) -> Result<Vec<Vec<u8>>, GenomeError> {
    let mut rows = vec![b"left over".to_vec(); wanted.len()];
    let ranges = wanted.iter().zip(&mut rows).map(|((name, range), row)| (&**name, range.clone(), row));
    genome.fetch_each(ranges, edge, |bases, row| *row = bases.to_vec())?;
    Ok(rows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn each_range_reads_as_alone(
        ranges in vec((0usize..3, -50i64..2_100, 0i64..700), 0..80),
        width in 1usize..90,
        block in prop_oneof![Just(None), (1usize..400).prop_map(Some)],
    ) {
        let (contigs, _) = spelled_contigs(&[2_000, 0, 1_234]);
        let truth = in_memory(&contigs);
        let folder = Folder::new();
        let path = folder.write("x.fa", Style { width, line_end: "\n", block }.fasta(&contigs));
        let genome = FastaGenome::open(path).unwrap();
        let wanted: Vec<Wanted> =
            ranges.into_iter().map(|(contig, start, size)| (contigs[contig].0.clone(), start..start + size)).collect();
        let expected: Vec<Vec<u8>> =
            wanted.iter().map(|(name, range)| truth.fetch(name, range.clone(), Edge::PadN).unwrap()).collect();
        for threads in [1, 3] {
            let found = on_threads(threads, || fetch_each(&genome, &wanted, Edge::PadN));
            prop_assert_eq!(&found.unwrap(), &expected);
        }
    }
}

#[test]
fn a_range_that_cannot_be_is_refused_before_anything_is_read() {
    let (contigs, _) = spelled_contigs(&[500]);
    let folder = Folder::new();
    let genome = FastaGenome::open(folder.write("x.fa", Style::BGZIP.fasta(&contigs))).unwrap();
    let visited = AtomicUsize::new(0);
    let refused = |ranges: [(&str, std::ops::Range<i64>); 3]| {
        let ranges = ranges.map(|(name, range)| (name, range, ()));
        let result = genome.fetch_each(ranges, Edge::Error, |_, ()| {
            visited.fetch_add(1, Ordering::Relaxed);
        });
        result.unwrap_err().to_string()
    };
    assert_eq!(
        refused([("chr1", 0..9), ("chr1", 490..501), ("chr7", 0..1)]),
        "chr1:490-501 leaves the contig, which has 500 bp"
    );
    assert_eq!(
        refused([("chr1", 0..9), ("chr7", 0..1), ("chr1", 490..501)]),
        r#"contig "chr7" is not in the genome, which has 1: chr1"#
    );
    assert_eq!(visited.into_inner(), 0);
}

#[test]
fn of_several_failures_the_first_of_the_file_is_told_for_any_number_of_threads() {
    let (contigs, _) = spelled_contigs(&[60_000]);
    let folder = Folder::new();
    let path = folder.write("x.fa", Style::PLAIN.fasta(&contigs));
    let genome = FastaGenome::open(&path).unwrap();
    // Behind the index's back.
    let mut text = fs::read(&path).unwrap();
    for place in [50_000, 20_000, 40_000] {
        text[place] = b'7';
    }
    fs::write(&path, text).unwrap();
    let wanted: Vec<Wanted> = (0..600).rev().map(|row| ("chr1".into(), row * 100..row * 100 + 100)).collect();
    for threads in [1, 2, 5] {
        let error = on_threads(threads, || fetch_each(&genome, &wanted, Edge::Error)).unwrap_err();
        assert_eq!(error.to_string(), "cannot read chr1:19600-19700", "{threads} threads");
    }
}

#[test]
fn what_is_wrong_between_dense_ranges_does_no_harm() {
    let (contigs, _) = spelled_contigs(&[60_000]);
    let folder = Folder::new();
    let path = folder.write("x.fa", Style::PLAIN.fasta(&contigs));
    let genome = FastaGenome::open(&path).unwrap();
    let mut text = fs::read(&path).unwrap();
    for place in [50_000, 20_000] {
        text[place] = b'7';
    }
    fs::write(&path, text).unwrap();
    let all = (0..600).map(|row| ("chr1".into(), row * 100..row * 100 + 100));
    let good = |(name, range): &Wanted| genome.fetch(name, range.clone(), Edge::Error).ok();
    let wanted: Vec<Wanted> = all.filter(|wanted| good(wanted).is_some()).collect();
    assert_eq!(wanted.len(), 598);
    let expected: Vec<Vec<u8>> = wanted.iter().filter_map(good).collect();
    for threads in [1, 2] {
        assert_eq!(on_threads(threads, || fetch_each(&genome, &wanted, Edge::Error)).unwrap(), expected);
    }
}

#[test]
fn dense_ranges_over_several_stretches_and_contigs() {
    let (contigs, _) = spelled_contigs(&[400_000, 150_000]);
    let truth = in_memory(&contigs);
    let starts = |length: i64| (0..length / 333).map(|row| row * 333 - 40);
    let mut wanted: Vec<Wanted> =
        starts(400_000).map(|start| ("chr1".into(), start..start + 1_000)).collect();
    wanted.extend(starts(150_000).map(|start| ("chr2".into(), start..start + 1_000)));
    wanted.reverse();
    let expected: Vec<Vec<u8>> =
        wanted.iter().map(|(name, range)| truth.fetch(name, range.clone(), Edge::PadN).unwrap()).collect();
    for style in [Style::PLAIN, Style { line_end: "\r\n", ..Style::PLAIN }, Style::BGZIP] {
        let folder = Folder::new();
        let genome = FastaGenome::open(folder.write("x.fa", style.fasta(&contigs))).unwrap();
        for threads in [1, 2] {
            assert_eq!(on_threads(threads, || fetch_each(&genome, &wanted, Edge::PadN)).unwrap(), expected);
        }
    }
}

#[test]
fn ranges_are_visited_in_the_order_of_the_file() {
    let (contigs, _) = spelled_contigs(&[3_000, 2_000]);
    let folder = Folder::new();
    let genome = FastaGenome::open(folder.write("x.fa", Style::BGZIP.fasta(&contigs))).unwrap();
    let wanted = (0..200).map(|row| (row * 7) % 200).map(|row| match row {
        0..120 => ("chr1", row * 20..row * 20 + 50, row),
        _ => ("chr2", (row - 120) * 20..(row - 120) * 20 + 50, row),
    });
    let visited = std::sync::Mutex::new(Vec::new());
    on_threads(1, || genome.fetch_each(wanted, Edge::Error, |_, row| visited.lock().unwrap().push(row)))
        .unwrap();
    assert_eq!(visited.into_inner().unwrap(), (0..200).collect::<Vec<i64>>());
}

#[test]
fn a_genome_in_memory_is_the_file() {
    // Pieces of 128 kbp: one contig ends on a border, one just behind, one is empty.
    let (contigs, _) = spelled_contigs(&[1 << 17, 0, (1 << 18) + 1, 77]);
    let folder = Folder::new();
    for (name, style) in [("x.fa", Style::PLAIN), ("x.fa.gz", Style { block: Some(60_000), ..Style::PLAIN })]
    {
        let genome = FastaGenome::open(folder.write(name, style.fasta(&contigs))).unwrap();
        for threads in [1, 3] {
            let whole = on_threads(threads, || genome.in_memory()).unwrap();
            assert_eq!(all_contigs(&whole).unwrap(), contigs, "{name}");
        }
    }
}

#[test]
fn a_file_that_is_no_longer_what_it_was_is_not_taken_into_memory() {
    let (contigs, _) = spelled_contigs(&[300_000]);
    let folder = Folder::new();
    let path = folder.write("x.fa", Style::PLAIN.fasta(&contigs));
    let genome = FastaGenome::open(&path).unwrap();
    let mut text = fs::read(&path).unwrap();
    text[250_000] = b'>';
    fs::write(&path, text).unwrap();
    let (letters, packed) = (genome.in_memory().unwrap_err(), genome.packed().unwrap_err());
    let message = folder.message(&letters);
    assert!(message.contains("chr1:") && message.contains("x.fa"), "{message}");
    assert_eq!(folder.message(&packed), message);
}
