//! `ciskit pairs import`

use std::path::{Path, PathBuf};

use anyhow::Result;
use ciskit_seqio::{
    BengiReader, CboepReader, ChiaPetReader, CrisprReader, HiccupsReader, PairReader, PairRecord, PairWriter,
    TableError, TargetFinderFeatureReader, TargetFinderReader,
};

use crate::progress::{print, say};

/// Read a published pair list and write pairs (BEDPE)
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit pairs import --from targetfinder GM12878.predictions-gbm.csv.gz -o gm.bedpe
  ciskit pairs import --from hiccups GSE63525_NHEK_HiCCUPS_looplist_with_motifs.txt.gz -o loops.bedpe
  ciskit pairs import --from bedpe clusters.bedpe.gz -o clusters.pairs.bedpe")]
pub(crate) struct Args {
    /// Format of the list
    #[arg(long, value_enum)]
    from: Format,
    /// The list (plain or gzip)
    input: PathBuf,
    /// Pairs (BEDPE; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// TargetFinder: predictions-*.csv or pairs.csv, and the copies of EPIVAN and EPIPAM
    Targetfinder,
    /// TargetFinder: training.csv, features checked to be numbers and kept
    TargetfinderTraining,
    /// EPIPAM's ChIA-PET lists: pair_intra.csv
    ChiapetEpipam,
    /// Any BEDPE (ChIA-PET clusters, loops), with or without header
    Bedpe,
    /// HiCCUPS loop lists; orientation of CTCF motifs becomes the anchors' strand
    Hiccups,
    /// BENGI's benchmarks with places, as TransEPI ships them
    Bengi,
    /// CRISPR benchmark of elements and genes: EPCrisprBenchmark_*.tsv
    Crispr,
    /// CBOEP's lists: TargetFinder's or BENGI's positives with CBMF or CBGS negatives
    Cboep,
}

/// Pairs by label: negatives, positives, unlabelled.
type Counts = [usize; 3];

pub(crate) fn run(args: &Args) -> Result<()> {
    let (input, mut left_out) = (&args.input, 0);
    let counts = match args.from {
        Format::Targetfinder => {
            let reader = TargetFinderReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader, writer)?
        }
        Format::TargetfinderTraining => {
            let reader = TargetFinderFeatureReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader.map(|row| Ok(row?.record)), writer)?
        }
        Format::ChiapetEpipam => {
            let reader = ChiaPetReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader, writer)?
        }
        Format::Bedpe => {
            let reader = PairReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader, writer)?
        }
        Format::Hiccups => {
            let reader = HiccupsReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader.map(|row| Ok(row?.record)), writer)?
        }
        Format::Bengi => {
            let reader = BengiReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader, writer)?
        }
        Format::Crispr => {
            let mut reader = CrisprReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            let counts = copy(reader.by_ref(), writer)?;
            left_out = reader.unplaced();
            counts
        }
        Format::Cboep => {
            let reader = CboepReader::open(input)?;
            let writer = pair_writer(&args.out, reader.extra_columns())?;
            copy(reader, writer)?
        }
    };
    print(summary(counts));
    if left_out > 0 {
        say(format!("left out: {left_out} rows whose gene has no start of transcription"));
    }
    say(format!("written: {}", args.out.display()));
    Ok(())
}

fn summary(counts: Counts) -> String {
    let [negatives, positives, unlabelled] = counts;
    let total: usize = counts.iter().sum();
    let more = if unlabelled > 0 { format!(", {unlabelled} without label") } else { String::new() };
    format!("{total} pairs: {positives} positives, {negatives} negatives{more}")
}

/// A writer whose further columns are the list's, those aside that the pair format has itself.
fn pair_writer(out: &Path, columns: &[String]) -> Result<PairWriter> {
    let mut names = columns.to_vec();
    for name in names.iter_mut().filter(|name| PairWriter::has_column(name)) {
        let own = std::mem::replace(name, format!("list_{name}"));
        say(format!("the list's column {own} becomes {name}: pairs have a column {own} of their own"));
    }
    Ok(PairWriter::create(out, &names)?)
}

/// Copies every record, one at a time, and counts them.
fn copy(
    records: impl Iterator<Item = Result<PairRecord, TableError>>,
    mut writer: PairWriter,
) -> Result<Counts> {
    let mut counts = [0; 3];
    for record in records {
        let record = record?;
        counts[record.pair.label.map_or(2, usize::from)] += 1;
        writer.write(&record)?;
    }
    writer.finish()?;
    Ok(counts)
}
