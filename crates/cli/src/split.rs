//! `--split`: the splits by name, and those that a file holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ciskit_core::Pair;
use ciskit_dataset::{
    CellFolds, ChromosomeFolds, ComponentFolds, Part, Pin, PinnedFolds, Purpose, RandomFolds, Seeds, Split,
    Splitter, Validation,
};
use ciskit_seqio::{FoldReader, FoldRecord, FoldWriter};
use clap::ValueEnum;

/// How pairs are split.
#[derive(Clone, Copy, Debug, Default, PartialEq, clap::ValueEnum)]
pub(crate) enum SplitKind {
    /// The eight folds of human chromosomes; contigs balanced by positives in other genomes, or with --folds
    #[default]
    Chromosome,
    /// Pairs at random: leaky, for comparison only
    Random,
    /// One fold a chromosome
    LeaveOneOut,
    /// Whole components of pairs with shared or neighbouring elements
    Component,
    /// One fold a cell: train on some cells, test on another; leaky where cells share elements
    Cell,
    /// One fold a cell and group of chromosomes: neither the cell nor the chromosomes are trained on
    CellChromosome,
}

/// A split by name, with its settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SplitSettings {
    pub(crate) kind: SplitKind,
    pub(crate) folds: Option<usize>,
    /// Of components, in bp.
    pub(crate) gap: u64,
}

/// Folds where nothing else is asked for.
const FOLDS: usize = 8;

impl SplitSettings {
    pub(crate) fn split(self, pairs: &[Pair], seed: u64) -> Result<Split> {
        let folds = self.folds.unwrap_or(FOLDS);
        let splitter: Box<dyn Splitter> = match self.kind {
            SplitKind::Chromosome => Box::new(self.chromosomes(pairs)?),
            SplitKind::Random => {
                Box::new(RandomFolds::new(folds, Seeds::of_run(seed).row_seed(Purpose::Split)))
            }
            SplitKind::LeaveOneOut => Box::new(ChromosomeFolds::leave_one_out()),
            SplitKind::Component => Box::new(ComponentFolds::new(folds, self.gap)),
            SplitKind::Cell => Box::new(CellFolds::new()),
            SplitKind::CellChromosome => {
                Box::new(CellFolds::on_disjoint_chromosomes(self.chromosomes(pairs)?))
            }
        };
        Ok(splitter.split(pairs)?)
    }

    /// The paper's eight folds where the pairs lie on human chromosomes, otherwise contigs balanced by positives.
    fn chromosomes(self, pairs: &[Pair]) -> Result<ChromosomeFolds> {
        if let Some(folds) = self.folds {
            return Ok(ChromosomeFolds::balanced(folds));
        }
        let eight = ChromosomeFolds::eight().split(pairs)?;
        let every_fold_tests = eight.folds.iter().all(|fold| !fold.test.is_empty());
        if every_fold_tests && eight.untested.is_empty() {
            return Ok(ChromosomeFolds::eight());
        }
        let contigs: BTreeSet<_> = pairs.iter().map(|pair| pair.enhancer.interval.contig()).collect();
        match contigs.len() {
            0 => bail!("there are no pairs to split"),
            1 => bail!(
                "all pairs lie on one contig, which cannot be split by chromosome: use --split random (leaky)"
            ),
            2 => Ok(ChromosomeFolds::balanced(2).validation(Validation::None)),
            contigs => Ok(ChromosomeFolds::balanced(contigs.min(FOLDS))),
        }
    }
}

/// Which pairs are trained on, and which are tested.
#[derive(clap::Args, Clone)]
pub(crate) struct FoldArgs {
    /// How pairs are split: chromosome, random (which leaks), leave-one-out, component, cell or cell-chromosome, each
    /// as pairs split makes it by default; or a file that pairs split wrote
    #[arg(long, default_value = "chromosome", value_name = "NAME|FILE")]
    pub(crate) split: SplitChoice,
    /// Folds to train and test, from 0 [default: all]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub(crate) folds: Option<Vec<usize>>,
}

/// A split by name, or a file that holds one.
#[derive(Clone, Debug)]
pub(crate) enum SplitChoice {
    Named(SplitKind),
    File(PathBuf),
}

impl std::str::FromStr for SplitChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(kind) = SplitKind::from_str(text, false) {
            return Ok(Self::Named(kind));
        }
        let path = PathBuf::from(text);
        if path.exists() {
            return Ok(Self::File(path));
        }
        let names: Vec<String> = SplitKind::value_variants()
            .iter()
            .filter_map(|kind| Some(kind.to_possible_value()?.get_name().to_owned()))
            .collect();
        Err(format!("neither a file nor one of {}", names.join(", ")))
    }
}

impl SplitChoice {
    pub(crate) fn split(&self, pairs: &[Pair], seed: u64) -> Result<Split> {
        match self {
            Self::Named(kind) => SplitSettings { kind: *kind, ..SplitSettings::default() }.split(pairs, seed),
            Self::File(path) => {
                let pinned = read_pinned(path)?;
                pinned.split(pairs).with_context(|| format!("{} does not fit the pairs", path.display()))
            }
        }
    }
}

fn read_pinned(path: &Path) -> Result<PinnedFolds> {
    let mut reader = FoldReader::open(path)?;
    let made_by = reader.splitter().unwrap_or("folds of unknown origin").to_owned();
    let leak = reader.leak().map(str::to_owned);
    let mut pins = Vec::new();
    for record in &mut reader {
        let FoldRecord { enhancer, promoter, name, cell, place } = record?;
        let place = place.map(|(fold, part)| part.parse::<Part>().map(|part| (fold, part))).transpose()?;
        pins.push(Pin { name, enhancer, promoter, cell, place });
    }
    PinnedFolds::new(&made_by, leak, pins).with_context(|| path.display().to_string())
}

/// Writes a split so that it reads back the same, after a look whether it does.
pub(crate) fn write_pinned(path: &Path, pairs: &[Pair], split: &Split) -> Result<()> {
    let pins = Pin::of_split(pairs, split);
    PinnedFolds::new(&split.splitter, split.leak.clone(), pins.iter().cloned())
        .context("a pair that occurs twice cannot be pinned: give the pairs names")?;
    let mut writer = FoldWriter::create(path, &split.splitter, split.leak.as_deref())?;
    for Pin { name, enhancer, promoter, cell, place } in pins {
        let place = place.map(|(fold, part)| (fold, part.to_string().into()));
        writer.write(&FoldRecord { enhancer, promoter, name, cell, place })?;
    }
    Ok(writer.finish()?)
}
