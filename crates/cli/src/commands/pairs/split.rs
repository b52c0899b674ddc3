//! `ciskit pairs split`

use std::path::PathBuf;

use anyhow::{Result, ensure};
use ciskit_core::Pair;
use ciskit_dataset::{Balance, Components};

use crate::pair_input::read_pairs;
use crate::progress::{print, say};
use crate::split::{SplitKind, SplitSettings, write_pinned};

/// Split pairs into folds and write down which pair is where
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit pairs split gm.bedpe --by chromosome -o folds.tsv.gz
  ciskit pairs split gm.bedpe --by component --gap 1000 --folds 5 -o folds.tsv.gz
  ciskit pairs split cells.bedpe --by cell-chromosome -o folds.tsv.gz

Then: ciskit train --pairs gm.bedpe --genome hg19.fa.gz --split folds.tsv.gz --out run/

Every fold has pairs to train on, to choose the model by (validation) and to test. The file has a row for each pair and
fold, says how the split was made and whether it leaks, and can be handed on, so that others score the same test pairs.")]
pub(crate) struct Args {
    /// Pairs (BEDPE, plain or gzip)
    pairs: PathBuf,
    /// What is kept whole
    #[arg(long, value_enum, default_value = "chromosome")]
    by: SplitKind,
    /// Number of folds [default: 8]; with it, chromosomes are balanced by positives instead of taken by threes
    #[arg(long, value_name = "N")]
    folds: Option<usize>,
    /// Components: elements are neighbours if at most so many bp lie between them [default: 0]
    #[arg(long, value_name = "BP")]
    gap: Option<u64>,
    /// Seed of the random split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folds (TSV; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let Args { by, folds, gap, seed, .. } = *args;
    ensure!(gap.is_none() || by == SplitKind::Component, "--gap belongs to --by component");
    let one_each = matches!(by, SplitKind::LeaveOneOut | SplitKind::Cell);
    ensure!(folds.is_none() || !one_each, "--folds does not go with a fold for each chromosome or cell");
    let (records, _) = read_pairs(&args.pairs)?;
    let pairs: Vec<Pair> = records.into_iter().map(|record| record.pair).collect();
    let settings = SplitSettings { kind: by, folds, gap: gap.unwrap_or(0) };
    if by == SplitKind::Component {
        let components = Components::of(&pairs, settings.gap);
        print(&components);
        if components.largest_share() > GIANT {
            say(
                "warning: a component this large is a fold by itself; a smaller --gap, or --by chromosome, is more even",
            );
        }
    }
    let split = settings.split(&pairs, seed)?;
    write_pinned(&args.out, &pairs, &split)?;
    let balance = Balance::of(&pairs, &split);
    print(format!("{}\n{balance}", split.splitter));
    for warning in balance.warnings() {
        say(format!("warning: {warning}"));
    }
    say(format!("written: {}", args.out.display()));
    Ok(())
}

/// Share of the pairs from which on a component is too large for folds of about one size.
const GIANT: f64 = 0.25;
