//! `ciskit variants rank`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ciskit_report::Table;
use ciskit_seqio::{BlockReader, BlockRecord, LdReader, LdRecord, LineReader, PredictionTable};
use ciskit_variant::rank::{BlockVariant, LdPair, RankBlock, RankConfig, RankReport};

use crate::files::write_whole;
use crate::progress::{print, say};

/// Ask whether the causal variant of each block of linkage stands out by its score
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit variants rank --blocks blocks.tsv -o rank.tsv
  ciskit variants rank --ld plink.ld --scores scores.tsv -o rank.tsv
  ciskit variants rank --ld plink.ld --causal causal.txt --r2 0.9 --scores scores.tsv -o rank.md

--blocks is a table with the columns block, variant, causal (1 or 0) and a column of scores for each model. --ld is what
plink --r2 writes; blocks are the neighbours of each SNP_A, or of each variant of --causal (one name a line). --scores has
a column id (or variant) and a column for each model.

Found at k: among the k largest |score| of the block (magnitude); among the k largest or the k smallest scores (two-sided,
twice the chance); the same with ties counted as found and, from k = 2 on, blocks of at most k + 1 counted as missed
(published, the rule of Manzo et al. 2025). Every accuracy stands beside its chance for the blocks at hand, with ties
broken by chance, for and against the causal variant, and by block size.")]
pub(crate) struct Args {
    /// Scored variants in blocks (TSV or CSV, plain or gzip)
    #[arg(long, value_name = "TSV", conflicts_with_all = ["ld", "scores"], required_unless_present = "ld")]
    blocks: Option<PathBuf>,
    /// Linked variants, as plink --r2 writes them
    #[arg(long, value_name = "FILE", requires = "scores")]
    ld: Option<PathBuf>,
    /// Scores of the linked variants by identifier (TSV or CSV, plain or gzip)
    #[arg(long, value_name = "TSV", requires = "ld")]
    scores: Option<PathBuf>,
    /// Causal variants, one identifier a line [default: every SNP_A]
    #[arg(long, value_name = "FILE", requires = "ld")]
    causal: Option<PathBuf>,
    /// Least r2 of a neighbour
    #[arg(long, default_value_t = 0.8, value_name = "R2")]
    r2: f64,
    /// How many first variants count
    #[arg(long, value_delimiter = ',', default_value = "1,2,3", value_name = "LIST")]
    top: Vec<usize>,
    /// How often blocks are resampled for intervals
    #[arg(long, default_value_t = RankConfig::default().resamples, value_name = "N")]
    resamples: usize,
    /// Seed of the resampling
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Every number: .tsv, .json or .md
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let format = args.out.as_deref().map(Format::of).transpose()?;
    ensure!((0.0..=1.0).contains(&args.r2), "--r2 {} does not lie between 0 and 1", args.r2);
    let (models, blocks) = match (&args.blocks, &args.ld, &args.scores) {
        (Some(blocks), ..) => from_table(blocks)?,
        (None, Some(ld), Some(scores)) => from_ld(ld, scores, args)?,
        _ => bail!("give --blocks, or --ld and --scores"),
    };
    let config = RankConfig { places: args.top.clone(), resamples: args.resamples, seed: args.seed };
    let report = RankReport::of(&models, &blocks, &config)?;
    print(report.summary().to_text());
    say(format!("{} blocks", report.blocks));
    if report.several_causal > 0 {
        say(format!(
            "{} of them have several causal variants, each ranked among all others",
            report.several_causal
        ));
    }
    for ((model, causal), others) in
        report.models.iter().zip(&report.unscored_causal).zip(&report.unscored_others)
    {
        if causal + others > 0 {
            say(format!(
                "{model}: {causal} causal variants without score are not ranked; {others} others without score are \
                 left out, which makes their blocks easier"
            ));
        }
    }
    if let (Some(out), Some(format)) = (&args.out, format) {
        write_whole(out, format.text(&report.table()).as_bytes())?;
        say(format!("written: {}", out.display()));
    }
    Ok(())
}

/// How a table is written.
enum Format {
    Tsv,
    Json,
    Markdown,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("tsv") => Ok(Self::Tsv),
            Some("json") => Ok(Self::Json),
            Some("md") => Ok(Self::Markdown),
            _ => bail!("{} ends in neither .tsv, .json nor .md", path.display()),
        }
    }

    fn text(&self, table: &Table) -> String {
        match self {
            Self::Tsv => table.to_tsv(),
            Self::Json => table.to_json(),
            Self::Markdown => table.to_markdown(),
        }
    }
}

/// Blocks of a table, in the order of their names.
fn from_table(path: &Path) -> Result<(Vec<String>, Vec<RankBlock>)> {
    let mut reader = BlockReader::open(path)?;
    let mut blocks: BTreeMap<String, (BTreeSet<String>, Vec<BlockVariant>)> = BTreeMap::new();
    for record in reader.by_ref() {
        let BlockRecord { block, variant, causal, scores } = record?;
        let (names, variants) = blocks.entry(block.clone()).or_default();
        ensure!(
            names.insert(variant.clone()),
            "{}: variant {variant} occurs twice in block {block}",
            path.display()
        );
        variants.push(BlockVariant { id: variant, causal, scores });
    }
    let blocks = blocks.into_iter().map(|(name, (_, variants))| RankBlock::new(name, variants)).collect();
    Ok((reader.models().to_vec(), blocks))
}

fn from_ld(ld: &Path, scores: &Path, args: &Args) -> Result<(Vec<String>, Vec<RankBlock>)> {
    let table = PredictionTable::open_by_id(scores)?;
    let pairs: Vec<LdRecord> = LdReader::open(ld)?.collect::<Result<_, _>>()?;
    let causal = args.causal.as_deref().map(names).transpose()?;
    let pairs = pairs.iter().map(|pair| LdPair { first: &pair.first, second: &pair.second, r2: pair.r2 });
    let none = vec![None; table.models().len()];
    let scores_of = |id: &str| table.of_id(id).map_or_else(|| none.clone(), <[_]>::to_vec);
    let blocks = RankBlock::from_ld(pairs, args.r2, causal.as_ref(), scores_of);
    Ok((table.models().to_vec(), blocks))
}

/// The names of a file, one a line.
fn names(path: &Path) -> Result<BTreeSet<String>> {
    let mut lines = LineReader::open(path)?;
    let mut names = BTreeSet::new();
    while let Some(line) = lines.next_line()? {
        names.extend(Some(line.text.trim()).filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names.first().with_context(|| format!("{} names no variant", path.display()))?;
    Ok(names)
}
