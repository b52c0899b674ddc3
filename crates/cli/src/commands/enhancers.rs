//! `ciskit enhancers`

mod places;
mod write;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ciskit_core::ReferenceGenome;
use ciskit_dataset::{EnhancerConfig, EnhancerSet, EnhancerSources, GcWindow, IntervalSet};
use ciskit_report::{Cell, Column, Table};
use ciskit_seqio::FastaGenome;

use crate::files::{make_folder, write_whole};
use crate::progress::{print, say};

/// Make a set of enhancers and controls from peaks: DNase meeting H3K27ac, away from genes, and places of equal GC content
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit enhancers --dnase dnase.narrowPeak.gz --h3k27ac h3k27ac.bed.gz --genes genes.gtf.gz \\
      --blacklist blacklist.bed.gz --genome hg38.fa.gz --out set/

Written: enhancers.bed, controls.bed (the seventh column is the GC content), enhancers.fa, controls.fa, summary.tsv.

A window is laid around a peak's summit (tenth column of narrowPeak) or its middle. Windows that meet an exon, a promoter
or the blacklist, leave the contig or hold an N are left out; controls also stay away from all peaks and each other.")]
pub(crate) struct Args {
    /// Peaks of open chromatin (BED or narrowPeak)
    #[arg(long, value_name = "BED")]
    dnase: PathBuf,
    /// Peaks of H3K27ac (BED)
    #[arg(long, value_name = "BED")]
    h3k27ac: PathBuf,
    /// Genes (GTF), for exons and the transcription starts of all genes and transcripts
    #[arg(long, value_name = "GTF")]
    genes: PathBuf,
    /// Places to leave out (BED)
    #[arg(long, value_name = "BED")]
    blacklist: Option<PathBuf>,
    /// Genome (FASTA, plain or bgzip)
    #[arg(long, value_name = "FASTA")]
    genome: PathBuf,
    /// Folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Length of the windows, in bp
    #[arg(long, default_value_t = EnhancerConfig::default().length, value_name = "BP")]
    length: u64,
    /// Promoter: bp upstream and downstream of a transcription start; one number for both
    #[arg(long, default_value = "1000,1000", value_name = "BP[,BP]", value_parser = promoter_window)]
    promoter_window: (u64, u64),
    /// Fewest bp between a control and any peak
    #[arg(long, default_value_t = EnhancerConfig::default().control_distance, value_name = "BP")]
    control_distance: u64,
    /// Bins in which the controls' GC content is matched
    #[arg(long, default_value_t = EnhancerConfig::default().gc_bins, value_name = "N")]
    gc_bins: u32,
    /// Seed of the controls: the same seed gives the same bytes
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn promoter_window(text: &str) -> Result<(u64, u64), String> {
    let number = |text: &str| text.trim().parse().map_err(|_| format!("{text:?} is no number of bp"));
    match text.split_once(',') {
        Some((upstream, downstream)) => Ok((number(upstream)?, number(downstream)?)),
        None => number(text).map(|both| (both, both)),
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let &Args { length, control_distance, gc_bins, seed, .. } = args;
    let config = EnhancerConfig { length, gc_bins, control_distance, seed };
    config.validate()?;
    let genome = FastaGenome::open(&args.genome)?;
    let annotation = places::read_annotation(&args.genes, genome.contigs(), args.promoter_window)?;
    let sources = EnhancerSources {
        dnase: places::read_peaks(&args.dnase)?,
        h3k27ac: places::read_set(&args.h3k27ac)?,
        exons: annotation.exons,
        promoters: annotation.promoters,
        blacklist: args.blacklist.as_ref().map_or(Ok(IntervalSet::default()), places::read_set)?,
    };
    ensure!(!sources.h3k27ac.is_empty(), "{} has no peaks", args.h3k27ac.display());
    let set = EnhancerSet::new(&genome, &sources, &config)
        .with_context(|| format!("cannot make enhancers on {}", args.genome.display()))?;

    make_folder(&args.out)?;
    for (name, windows) in [("enhancers", &set.enhancers), ("controls", &set.controls)] {
        write::write_bed(&args.out.join(format!("{name}.bed")), windows)?;
        write::write_fasta(&args.out.join(format!("{name}.fa")), windows, &genome)?;
    }
    let summary = summary(&set);
    write_whole(&args.out.join("summary.tsv"), summary.to_tsv().as_bytes())?;
    print(summary.to_text());
    print(format!(
        "{} enhancers (GC {:.3}), controls for {} of {} (GC {:.3})",
        set.enhancers.len(),
        mean_gc(&set.enhancers),
        set.controls.len(),
        set.enhancers.len(),
        mean_gc(&set.controls)
    ));
    if set.unmatched() > 0 {
        say(format!("{} enhancers have no control: too few places have their GC content", set.unmatched()));
    }
    say(format!("written: {}", args.out.display()));
    Ok(())
}

/// What every step left, then the controls.
fn summary(set: &EnhancerSet) -> Table {
    let mut table = Table::new([
        Column::text("step").titled("Step"),
        Column::integer("left").titled("Left"),
        Column::integer("lost").titled("Lost"),
    ]);
    let mut before = None;
    for step in &set.steps {
        let lost = before.map_or(Cell::Missing, |before: usize| (before - step.left).into());
        table.push([step.name.into(), step.left.into(), lost]);
        before = Some(step.left);
    }
    table.push(["control_candidates".into(), set.candidates.into(), Cell::Missing]);
    table.push(["controls".into(), set.controls.len().into(), set.unmatched().into()]);
    table
}

fn mean_gc(windows: &[GcWindow]) -> f64 {
    windows.iter().map(|window| window.gc).sum::<f64>() / windows.len() as f64
}
