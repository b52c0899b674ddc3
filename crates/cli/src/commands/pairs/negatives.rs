//! `ciskit pairs negatives`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use ciskit_core::random::Stream;
use ciskit_core::{Interval, Pair, Side};
use ciskit_dataset::{
    DegreeBalanced, DistanceMatched, GcBackground, IntervalIndex, NegativeSampler, PaperShift, PeakRule,
    RandomPartner, SamePromoter, Seeds, Shift, Universe, meeting_peaks,
};
use ciskit_seqio::{BedReader, FastaGenome, PairRecord, PairWriter, read_contigs};

use crate::pair_input::read_pairs;
use crate::progress::{print, say};

/// Draw negatives against the positives of a list, and say how well they match
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit pairs negatives loops.bedpe --scheme distance --per-positive 5 -o pairs.bedpe
  ciskit pairs negatives gm.bedpe --scheme background --genome hg19.fa.gz --avoid peaks.bed -o gm.background.bedpe
  ciskit pairs negatives contacts.bedpe --unlabelled-are-positive --peaks ctcf.bed --scheme shift -o ctcf.bedpe

All elements of the list may become negatives, also those of its negatives, which are replaced. Positives, pairs without
a label and duplicates are never drawn. Cells are drawn one by one. Each positive is followed by its negatives.

The report compares distances and degrees of both classes (smallest value, quartiles, largest value; the statistic of
Kolmogorov and Smirnov and its p-value): what differs there gives negatives away without any sequence.")]
pub(crate) struct Args {
    /// Pairs (BEDPE, plain or gzip); positives have the label 1
    pairs: PathBuf,
    /// How negatives are drawn
    #[arg(long, value_enum)]
    scheme: Scheme,
    /// Negatives for each positive; shifts give four [default: 1]
    #[arg(long, value_name = "N")]
    per_positive: Option<usize>,
    /// Take pairs without a label as positives, for lists of contacts
    #[arg(long)]
    unlabelled_are_positive: bool,
    /// Only contacts whose anchors meet one of these peaks (BED)
    #[arg(long, value_name = "BED")]
    peaks: Option<PathBuf>,
    /// Which anchors have to meet a peak
    #[arg(long, value_enum, default_value = "any", requires = "peaks")]
    peak_rule: Anchors,
    /// distance: bins of the positives' distances
    #[arg(long, default_value_t = 20, value_name = "N")]
    bins: usize,
    /// degree: largest distance of midpoints, in bp [default: any]
    #[arg(long, value_name = "BP")]
    max_distance: Option<u64>,
    /// shift, paper: how far anchors are moved, in bp
    #[arg(long, default_value_t = 2_000, value_name = "BP")]
    offset: u64,
    /// shift, paper: contig lengths (chrom.sizes or .fai), so that no anchor leaves its contig
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// background: the genome (FASTA, plain or bgzip)
    #[arg(long, value_name = "FASTA")]
    genome: Option<PathBuf>,
    /// background: the side that is replaced
    #[arg(long, value_enum, default_value = "enhancer")]
    side: Replaced,
    /// background: largest difference of the shares of G and C
    #[arg(long, default_value_t = 0.02, value_name = "SHARE")]
    tolerance: f64,
    /// background: places to stay away from, beside the list's elements (BED)
    #[arg(long, value_name = "BED")]
    avoid: Option<PathBuf>,
    /// Seed: the same seed gives the same negatives
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Positives and negatives (BEDPE; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Scheme {
    /// Any enhancer and promoter of a contig, at the positives' distances
    Distance,
    /// The positive's promoter with other enhancers within the positives' distances
    SamePromoter,
    /// One side of the positive with any element of its contig
    RandomPartner,
    /// Elements of positives, each as often as in the positives
    Degree,
    /// Both anchors moved right, both left, one right, one left: the published ChIA-PET lists
    Shift,
    /// Both anchors moved left, both right, one drawn, the other drawn: the text of the ChIA-PET paper
    Paper,
    /// One side replaced by a window of the genome with the same share of G and C
    Background,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Anchors {
    /// At least one
    Any,
    /// Both
    Both,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Replaced {
    /// The enhancer
    Enhancer,
    /// The promoter
    Promoter,
}

impl Args {
    fn sampler(&self) -> Result<Box<dyn NegativeSampler>> {
        let shifts = matches!(self.scheme, Scheme::Shift | Scheme::Paper);
        ensure!(
            !(shifts && self.per_positive.is_some_and(|n| n != 4)),
            "shifts give four negatives for each positive, not {}",
            self.per_positive.unwrap_or(4)
        );
        let n = self.per_positive.unwrap_or(1);
        let sizes = self.sizes.as_ref().map(read_contigs).transpose()?;
        Ok(match self.scheme {
            Scheme::Distance => Box::new(DistanceMatched::new(n, self.bins)),
            Scheme::SamePromoter => Box::new(SamePromoter::new(n)),
            Scheme::RandomPartner => Box::new(RandomPartner::new(n)),
            Scheme::Degree => Box::new(DegreeBalanced::new(n).within(self.max_distance.unwrap_or(u64::MAX))),
            Scheme::Shift => {
                let shift = Shift::new(self.offset);
                Box::new(sizes.into_iter().fold(shift, Shift::on))
            }
            Scheme::Paper => {
                let shift = PaperShift::new(self.offset);
                Box::new(sizes.into_iter().fold(shift, PaperShift::on))
            }
            Scheme::Background => {
                let genome = self.genome.as_ref().context("--scheme background needs --genome")?;
                let side = match self.side {
                    Replaced::Enhancer => Side::Enhancer,
                    Replaced::Promoter => Side::Promoter,
                };
                let avoid = self.avoid.as_ref().map(read_places).transpose()?.unwrap_or_default();
                let background = GcBackground::new(FastaGenome::open(genome)?, side, n);
                Box::new(background.tolerance(self.tolerance).avoiding(avoid))
            }
        })
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let sampler = args.sampler()?;
    let (mut records, extra) = read_pairs(&args.pairs)?;
    if args.unlabelled_are_positive {
        for record in &mut records {
            record.pair.label = record.pair.label.or(Some(true));
        }
    }
    if let Some(peaks) = &args.peaks {
        let rule = match args.peak_rule {
            Anchors::Any => PeakRule::Any,
            Anchors::Both => PeakRule::Both,
        };
        let pairs: Vec<Pair> = records.iter().map(|record| record.pair.clone()).collect();
        let kept = meeting_peaks(&pairs, &IntervalIndex::new(&read_places(peaks)?), rule);
        print(format!("{} of {} pairs meet a peak", kept.len(), records.len()));
        records = kept.into_iter().map(|row| records[row].clone()).collect();
    }

    let mut by_cell: BTreeMap<Option<Arc<str>>, Vec<usize>> = BTreeMap::new();
    for (row, record) in records.iter().enumerate() {
        by_cell.entry(record.pair.cell.clone()).or_default().push(row);
    }
    // Rows of the list by the positives that are kept, each with its negatives.
    let mut drawn: BTreeMap<usize, Vec<Pair>> = BTreeMap::new();
    for (cell, rows) in by_cell {
        let pairs: Vec<Pair> = rows.iter().map(|row| records[*row].pair.clone()).collect();
        let universe = Universe::of(&pairs);
        let name = cell.as_deref().unwrap_or_default();
        if universe.positives().is_empty() {
            say(format!("warning: {} pairs of cell {name:?} hold no positive and are left out", rows.len()));
            continue;
        }
        let master = Stream::new(args.seed, "negatives of a cell").name(name).draws().bits();
        let negatives = sampler.sample(&universe, Seeds::of_run(master))?;
        let of_cell = cell.map_or_else(String::new, |cell| format!("{cell}, "));
        print(format!("{of_cell}{}", negatives.matching));
        let places: Vec<usize> = universe.rows().iter().map(|row| rows[*row]).collect();
        drawn.extend(places.iter().map(|row| (*row, Vec::new())));
        for (negative, positive) in negatives.pairs.into_iter().zip(negatives.positive) {
            drawn.entry(places[positive]).or_default().push(negative);
        }
    }

    ensure!(
        !drawn.is_empty(),
        "{} has no pair with the label 1 to draw negatives against (see --unlabelled-are-positive)",
        args.pairs.display()
    );
    let mut writer = PairWriter::create(&args.out, &extra)?;
    for (row, negatives) in drawn {
        writer.write(&records[row])?;
        for pair in negatives {
            writer.write(&PairRecord { pair, extra: vec![".".to_owned(); extra.len()] })?;
        }
    }
    writer.finish()?;
    say(format!("written: {}", args.out.display()));
    Ok(())
}

fn read_places(path: &PathBuf) -> Result<Vec<Interval>> {
    let records = BedReader::open(path)?.map(|record| record.map(|record| record.element.interval));
    Ok(records.collect::<Result<_, _>>()?)
}
