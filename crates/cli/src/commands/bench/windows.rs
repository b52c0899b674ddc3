//! `ciskit bench windows`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ciskit_core::random::Stream;
use ciskit_core::{Edge, ReferenceGenome};
use ciskit_encode::{
    BASES_A_WORD, ChannelOrder, EncodeError, Layout, OneHotValue, PackedBases, one_hot_into,
    one_hot_packed_into,
};
use ciskit_seqio::FastaGenome;
use rayon::prelude::*;

use super::genome::TemporaryGenome;
use super::machine;
use super::outcome::Outcome;
use crate::progress::say;

/// Random windows per second of an indexed FASTA, read and one-hot encoded
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit bench windows genome.fa --n 1000000 --width 1000 --contig chr22 --json

From opening the file to one-hot (4, width) in memory, in the order asked for. A gigabyte of windows is held at a
time and overwritten by the next; with more windows than that, the file is gone through as often. With --in-memory the
whole file is read first, within the time, and --hold need not be large: 1000 is a few batches, as training has them.
--packed is --in-memory with two bits a base.
Without a genome, a random one is written to the temporary folder and removed at the end (not if interrupted).")]
pub(crate) struct Args {
    /// Indexed FASTA, plain or bgzip [default: a random genome]
    genome: Option<PathBuf>,
    /// Number of windows
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    n: u32,
    /// Bases in a window
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..10_000_000))]
    width: u32,
    /// Contig that the windows lie on
    #[arg(long, default_value = "chr22")]
    contig: String,
    /// Size of the random genome in bases
    #[arg(long, default_value_t = 300_000_000, conflicts_with = "genome")]
    bases: u32,
    /// Pack the random genome with bgzip
    #[arg(long, conflicts_with = "genome")]
    bgzip: bool,
    /// Windows to hold in memory at a time [default: a gigabyte of them]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    hold: Option<u32>,
    /// Read the whole genome into memory first
    #[arg(long)]
    in_memory: bool,
    /// Read the whole genome into memory first, in two bits a base
    #[arg(long, conflicts_with = "in_memory")]
    packed: bool,
    /// Type of the one-hot values: u8 takes a quarter of the memory
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Dtype,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Bytes of one-hot values that are held at a time.
const BYTES: usize = 1 << 30;

/// Type of the one-hot values.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Dtype {
    F32,
    U8,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut temporary = None;
    let path = match &args.genome {
        Some(path) => path,
        None => {
            say(format!("writing a random genome of {} bp", args.bases));
            &temporary.insert(TemporaryGenome::write(&args.contig, args.bases as usize, args.bgzip)?).path
        }
    };
    let width = args.width as usize;
    // Opened once before the clock starts, so that an index is there, as it is for the next one.
    let length = FastaGenome::open(path)?.contigs().resolve(&args.contig)?.length;
    let starts = starts(args, length)?;

    let (took, held, ones) = match args.dtype {
        Dtype::F32 => measure(path, args, &starts, 1f32)?,
        Dtype::U8 => measure(path, args, &starts, 1u8)?,
    };
    ensure!(ones > 0, "no window of {} holds a base", path.display());

    Outcome::new()
        .with("windows", starts.len())
        .with("width", width)
        .measured("windows_per_s", Some(starts.len() as f64 / took.as_secs_f64()), 0)
        .with("threads", rayon::current_num_threads())
        .with("windows_held", held)
        .measured("peak_rss_mb", machine::peak_rss_mb(), 0)
        .print(args.json);
    Ok(())
}

/// Uniform starts on the contig, behind the unknown bases at the start of human chromosome 22.
fn starts(args: &Args, length: u64) -> Result<Vec<i64>> {
    let width = u64::from(args.width);
    ensure!(length > width, "contig {} has {length} bp, too few for windows of {width} bp", args.contig);
    let first = (17_000_000 % length).min(length - width - 1);
    let mut draws = Stream::new(0, "bench windows").draws();
    Ok((0..args.n).map(|_| (first + draws.below(length - width - first)) as i64).collect())
}

/// The time, how many windows were held at a time, and the bases of the last of them: what was asked for must have been
/// done.
fn measure<T: OneHotValue + Send + Sync + PartialEq>(
    path: &std::path::Path,
    args: &Args,
    starts: &[i64],
    one: T,
) -> Result<(Duration, usize, usize)> {
    let width = args.width as usize;
    let fitting = BYTES / (4 * width * size_of::<T>());
    let held = args.hold.map_or(fitting, |hold| hold as usize).clamp(1, starts.len());
    // Written once, so that the memory is there when the clock starts, as it is from the second gigabyte on.
    let mut one_hot = vec![one; 4 * width * held];
    let encode = |bases: &[u8], values: &mut [T]| {
        written(one_hot_into(bases, ChannelOrder::Acgt, Layout::ChannelMajor, values));
    };
    let encode_packed = |bases: PackedBases<'_>, values: &mut [T]| {
        written(one_hot_packed_into(bases, ChannelOrder::Acgt, Layout::ChannelMajor, values));
    };
    let started = Instant::now();
    let genome = FastaGenome::open(path)?;
    if args.packed {
        let genome = genome.packed()?;
        let bases = genome.bases(genome.contigs().resolve_index(&args.contig)?);
        let window = |start: i64| bases.window(start as usize..start as usize + width);
        visit(starts, held, width, &mut one_hot, window, touch_packed, encode_packed);
        return Ok((started.elapsed(), held, ones(&one_hot, one)));
    }
    if args.in_memory {
        let genome = genome.in_memory()?;
        let bases = genome.bases(genome.contigs().resolve_index(&args.contig)?);
        let window = |start: i64| &bases[start as usize..][..width];
        visit(starts, held, width, &mut one_hot, window, touch, encode);
        return Ok((started.elapsed(), held, ones(&one_hot, one)));
    }
    for starts in starts.chunks(held) {
        let rows = one_hot.chunks_exact_mut(4 * width);
        let windows =
            starts.iter().zip(rows).map(|(&start, row)| (&*args.contig, start..start + width as i64, row));
        genome.fetch_each(windows, Edge::Error, encode).with_context(|| path.display().to_string())?;
    }
    let took = started.elapsed();
    Ok((took, held, ones(&one_hot, one)))
}

fn written(encoded: Result<(), EncodeError>) {
    encoded.unwrap_or_else(|error| unreachable!("a window has its width: {error}"));
}

/// Windows that a thread takes at a time, and of these, how many are on their way from memory at once.
const SHARE: usize = 50;
const AHEAD: usize = 10;

/// Encodes the windows of a genome in memory, as many at a time as are held; those that come next are touched first.
fn visit<T: Send, W>(
    starts: &[i64],
    held: usize,
    width: usize,
    one_hot: &mut [T],
    window: impl Fn(i64) -> W + Sync,
    touch: impl Fn(W) + Sync,
    encode: impl Fn(W, &mut [T]) + Sync,
) {
    for starts in starts.chunks(held) {
        let rows = one_hot.par_chunks_mut(4 * width * SHARE).zip(starts.par_chunks(SHARE));
        rows.for_each(|(rows, starts)| {
            starts.iter().take(AHEAD).for_each(|&start| touch(window(start)));
            let rows = rows.chunks_mut(4 * width * AHEAD);
            for (index, (rows, now)) in rows.zip(starts.chunks(AHEAD)).enumerate() {
                starts.iter().skip((index + 1) * AHEAD).take(AHEAD).for_each(|&start| touch(window(start)));
                for (row, &start) in rows.chunks_exact_mut(4 * width).zip(now) {
                    encode(window(start), row);
                }
            }
        });
    }
}

/// Has the bases on their way from memory when they are needed: one of each line of the cache is read.
///
/// How many are read depends on the width alone: a branch that is foreseen wrong costs more than a line read twice.
fn touch(bases: &[u8]) {
    let lines = bases.len() / 64 + 1;
    let of_line = |line: usize| bases[(64 * line).min(bases.len() - 1)];
    std::hint::black_box((0..=lines).map(of_line).fold(0, |all, base| all ^ base));
}

/// [`touch`] for packed bases, four words to a line.
fn touch_packed(bases: PackedBases<'_>) {
    let (words, lines) = (bases.words(), bases.len() / (4 * BASES_A_WORD) + 1);
    let of_line = |line: usize| words[(4 * line).min(words.len() - 1)][0];
    std::hint::black_box((0..=lines).map(of_line).fold(0, |all, bits| all ^ bits));
}

fn ones<T: PartialEq>(one_hot: &[T], one: T) -> usize {
    one_hot.iter().filter(|&value| *value == one).count()
}
