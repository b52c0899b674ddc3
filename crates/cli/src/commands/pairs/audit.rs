//! `ciskit pairs audit`

mod page;
mod tables;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ciskit_core::Pair;
use ciskit_dataset::{Audit, AuditConfig, PairSource, Verdict};

use crate::exit::BadVerdict;
use crate::files::{make_folder, write_whole};
use crate::pair_input::{PairInputArgs, To, read_pairs};
use crate::progress::{print, say};
use crate::split::SplitChoice;

/// Say whether a labelled pair list can be solved without biology, before anyone trains on it
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit pairs audit gm.bedpe --split chromosome --out audit/
  ciskit pairs audit gm.bedpe --genome hg19.fa.gz --out audit/
  ciskit pairs audit nhek.pairs.tsv.gz --enhancers E.fa.gz --promoters P.fa.gz --out audit/
  ciskit pairs audit gm.bedpe --fail-on solved --out audit/

Writes audit.json (every number) and audit.html (to be read), and prints a summary. With sequences it also compares GC
and unknown bases of the windows and looks for near-identical sequences across folds.

--config takes TOML; every key may be left out: ratios, seeds, random_folds, shift, overlap_window,
[similarity] k, window, containment, frequent, and [thresholds] auroc_caution, auroc_solved, standard_errors, shared,
similar, ks, duplicates, overlap, moved, expected_recombinations.

Exit code: 0, or 3 if the verdict is as bad as --fail-on says (the files are written all the same); 1 and 2 as ever:
failed, wrong usage.")]
pub(crate) struct Args {
    /// Pairs: BEDPE, or with --enhancers and --promoters a table with columns enhancer, promoter and label
    pairs: PathBuf,
    /// How pairs are split: as train does with the same --split and --seed
    #[arg(long, default_value = "chromosome", value_name = "NAME|FILE")]
    split: SplitChoice,
    /// Seed of the random split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Genome: FASTA, plain or bgzip, for what sequences give away
    #[arg(long, value_name = "FASTA", conflicts_with_all = ["enhancers", "promoters"])]
    genome: Option<PathBuf>,
    /// Enhancer sequences
    #[arg(long, value_name = "FASTA", requires = "promoters")]
    enhancers: Option<PathBuf>,
    /// Promoter sequences
    #[arg(long, value_name = "FASTA", requires = "enhancers")]
    promoters: Option<PathBuf>,
    /// Length of the enhancer windows in bp
    #[arg(long, default_value_t = 3_000, value_name = "BP")]
    enhancer_len: usize,
    /// Length of the promoter windows in bp
    #[arg(long, default_value_t = 2_000, value_name = "BP")]
    promoter_len: usize,
    /// Settings and thresholds
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,
    /// Exit with code 3 if the verdict is this bad or worse
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<FailOn>,
    /// Folder of audit.json and audit.html
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FailOn {
    /// Anything to be known when results are read
    Caution,
    /// A rule without biology separates the classes
    Solved,
}

impl From<FailOn> for Verdict {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Caution => Self::Caution,
            FailOn::Solved => Self::Solved,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = config(args)?;
    let Input { pairs, sequences } = Input::open(args)?;
    ensure!(!pairs.is_empty(), "{} holds no pairs", args.pairs.display());
    let split = args.split.split(&pairs, args.seed)?;
    let audit = Audit::of(&pairs, &split, &config, sequences.as_deref())
        .with_context(|| format!("cannot audit {}", args.pairs.display()))?;

    make_folder(&args.out)?;
    let mut json = serde_json::to_string_pretty(&audit)?;
    json.push('\n');
    write_whole(&args.out.join("audit.json"), json.as_bytes())?;
    let name = args.pairs.file_name().unwrap_or(args.pairs.as_os_str()).to_string_lossy();
    page::page(&name, &audit, &pairs).write(args.out.join("audit.html"))?;
    print(tables::summary(&audit));
    say(format!("written: {} and audit.html", args.out.join("audit.json").display()));

    match args.fail_on.map(Verdict::from).filter(|worst| audit.verdict >= *worst) {
        Some(_) => Err(BadVerdict(audit.verdict).into()),
        None => Ok(()),
    }
}

fn config(args: &Args) -> Result<AuditConfig> {
    let Some(path) = &args.config else { return Ok(AuditConfig::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot open {}", path.display()))?;
    let config: AuditConfig = toml::from_str(&text).with_context(|| path.display().to_string())?;
    config.check().with_context(|| path.display().to_string())?;
    Ok(config)
}

/// Pairs, and their sequences if there are any.
struct Input {
    pairs: Vec<Pair>,
    sequences: Option<Box<dyn PairSource>>,
}

impl Input {
    fn open(args: &Args) -> Result<Self> {
        if args.genome.is_none() && args.enhancers.is_none() {
            let (records, _) = read_pairs(&args.pairs)?;
            let pairs = records.into_iter().map(|record| record.pair).collect();
            return Ok(Self { pairs, sequences: None });
        }
        let input = PairInputArgs {
            pairs: Some(args.pairs.clone()),
            genome: args.genome.clone(),
            enhancers: args.enhancers.clone(),
            promoters: args.promoters.clone(),
            tracks: Vec::new(),
        };
        let source = input.open(args.enhancer_len, args.promoter_len, To::Split)?.source;
        Ok(Self { pairs: source.pairs().to_vec(), sequences: Some(source) })
    }
}
