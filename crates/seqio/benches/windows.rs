//! Random 1,000-bp windows of an indexed FASTA file to one-hot, plain and bgzip, on one thread and on two.
//!
//! The bgzip file is 32 times as large as the cache, so that windows in random order unpack a block nearly every time;
//! in file order, neighbours share blocks.

#![expect(clippy::unwrap_used, reason = "a bench has no caller to report to")]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;

use ciskit_core::{Edge, ReferenceGenome};
use ciskit_encode::{ChannelOrder, Layout, one_hot_into};
use ciskit_seqio::{FastaGenome, FastaOptions, FastaWriter};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const LENGTH: usize = 64 << 20;
const CACHE: usize = 2 << 20;
const WIDTH: usize = 1_000;
const WINDOWS: usize = 2_000;

/// Numbers that look random (a linear congruential generator).
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|state| state >> 33)
}

fn write_genome(path: &Path, pack: bool) {
    let sequence: Vec<u8> = numbers(1).take(LENGTH).map(|number| b"ACGT"[number as usize % 4]).collect();
    let file = BufWriter::new(File::create(path).unwrap());
    if pack {
        let mut writer = FastaWriter::new(noodles_bgzf::io::Writer::new(file));
        writer.write_record("chr1", &sequence).unwrap();
        writer.into_inner().finish().unwrap().flush().unwrap();
    } else {
        let mut writer = FastaWriter::new(file);
        writer.write_record("chr1", &sequence).unwrap();
        writer.into_inner().flush().unwrap();
    }
}

/// Reads and encodes windows on several threads, each its share.
fn encode(genome: &FastaGenome, starts: &[i64], threads: usize) {
    std::thread::scope(|scope| {
        for share in starts.chunks(starts.len().div_ceil(threads)) {
            scope.spawn(move || {
                let (mut window, mut one_hot) = (Vec::new(), vec![0.0; 4 * WIDTH]);
                for &start in share {
                    genome.fetch_into("chr1", start..start + WIDTH as i64, Edge::Error, &mut window).unwrap();
                    one_hot_into(&window, ChannelOrder::Acgt, Layout::ChannelMajor, &mut one_hot).unwrap();
                    black_box(&one_hot);
                }
            });
        }
    });
}

fn windows(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let [plain, bgzip] = [("plain.fa", false), ("bgzip.fa.gz", true)].map(|(name, pack)| {
        let path = folder.path().join(name);
        write_genome(&path, pack);
        FastaOptions::new().cache_bytes(CACHE).open(path).unwrap()
    });
    let starts: Vec<i64> =
        numbers(7).take(WINDOWS).map(|number| (number % (LENGTH - WIDTH) as u64) as i64).collect();
    let mut in_order = starts.clone();
    in_order.sort_unstable();

    let mut group = criterion.benchmark_group("windows");
    group.throughput(Throughput::Elements(WINDOWS as u64)).sample_size(10);
    for threads in [1, 2] {
        for (name, genome, starts) in [
            ("plain", &plain, &starts),
            ("bgzip", &bgzip, &starts),
            ("bgzip in file order", &bgzip, &in_order),
        ] {
            group.bench_with_input(BenchmarkId::new(name, threads), &threads, |bencher, &threads| {
                bencher.iter(|| encode(genome, starts, threads));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, windows);
criterion_main!(benches);
