//! `ciskit pairs import`

use std::path::PathBuf;

use anyhow::Result;
use ciskit_seqio::{PairReader, PairRecord, PairWriter, TableError, TargetFinderReader};

use crate::progress::{print, say};

/// Read a published pair list and write pairs (BEDPE)
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit pairs import --from targetfinder GM12878.predictions-gbm.csv.gz -o gm.bedpe
  ciskit pairs import --from bedpe loops.bedpe.gz -o loops.pairs.bedpe")]
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
    /// TargetFinder: predictions-*.csv, pairs.csv or training.csv
    Targetfinder,
    /// Any BEDPE, with or without header
    Bedpe,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let counts = match args.from {
        Format::Targetfinder => {
            let reader = TargetFinderReader::open(&args.input)?;
            let extra = reader.extra_columns().to_vec();
            copy(reader, PairWriter::create(&args.out, &extra)?)?
        }
        Format::Bedpe => {
            let reader = PairReader::open(&args.input)?;
            let extra = reader.extra_columns().to_vec();
            copy(reader, PairWriter::create(&args.out, &extra)?)?
        }
    };
    let [negatives, positives, unlabelled] = counts;
    let total: usize = counts.iter().sum();
    let more = if unlabelled > 0 { format!(", {unlabelled} without label") } else { String::new() };
    print(format!("{total} pairs: {positives} positives, {negatives} negatives{more}"));
    say(format!("written: {}", args.out.display()));
    Ok(())
}

/// Copies every record; counts negatives, positives and unlabelled pairs.
fn copy(
    records: impl Iterator<Item = Result<PairRecord, TableError>>,
    mut writer: PairWriter,
) -> Result<[usize; 3]> {
    let mut counts = [0; 3];
    for record in records {
        let record = record?;
        counts[record.pair.label.map_or(2, usize::from)] += 1;
        writer.write(&record)?;
    }
    writer.finish()?;
    Ok(counts)
}
