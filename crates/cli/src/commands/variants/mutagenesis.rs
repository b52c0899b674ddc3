//! `ciskit variants mutagenesis`

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use ciskit_core::{Edge, Interval, ReferenceGenome};
use ciskit_dataset::pair_name;
use ciskit_report::{MutagenesisChart, Panel};
use ciskit_seqio::{FastaGenome, Npz, TextWriter};
use ciskit_variant::{Mutagenesis, MutagenesisMap, TrackPattern, scores};

use super::score::SideArg;
use crate::model::{Ensemble, ModelArgs};
use crate::pair_input::read_pairs;
use crate::pair_windows::PairWindow;
use crate::progress::{bar, print, say};

/// Score every change of one base in one side of an enhancer-promoter pair
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// One pair (BEDPE)
    #[arg(long, value_name = "BEDPE")]
    pairs: PathBuf,
    /// The side whose bases are changed; the other one stays as it is
    #[arg(long, value_enum)]
    side: SideArg,
    /// Genome: FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA")]
    genome: PathBuf,
    /// Bases to change, 1-based and both ends included, as browsers write them [default: the whole window]
    #[arg(long, value_name = "CONTIG:FROM-TO")]
    region: Option<Region>,
    /// Delete each base, too
    #[arg(long)]
    deletions: bool,
    /// What is made of the scores before and after
    #[arg(long, default_value = "difference", value_name = "SCORE")]
    score: String,
    /// Outputs of the model: names or patterns with * and ?, set apart by commas
    #[arg(long, default_value = "logit", value_name = "PATTERN")]
    outputs: TrackPattern,
    /// Map: .tsv (.gz), .npz or .svg; may be given several times
    #[arg(short, long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
}

fn after_help() -> String {
    let mut text = "Example:
  ciskit variants mutagenesis --model run/ --pairs one.bedpe --side enhancer --genome hg19.fa.gz \\
    --region chr1:1000-1200 --deletions -o map.tsv -o map.svg

Every base of the region is replaced by the three others. Mutants keep the window's length: behind a deleted base, the
bases move one to the left, and the base that follows the window on the contig fills its end. A table has a row for
each mutant and output (a deletion's alt is -); .npz is for NumPy (values of shape outputs, positions, letters); .svg is a
logo of what each base is worth over a heat map of all changes.

Scores:
"
    .to_owned();
    for score in scores::all() {
        text.push_str(&format!("  {:<17} {}\n", score.name, score.description));
        if !score.parameters.is_empty() {
            text.push_str(&format!("  {:<17} :{}\n", "", score.parameters));
        }
    }
    text
}

/// A region as browsers write it; inside, 0-based and half-open.
#[derive(Clone, Debug, PartialEq)]
struct Region(Interval);

impl std::str::FromStr for Region {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = || {
            let (contig, places) = text.rsplit_once(':')?;
            let (from, to) = places.split_once('-')?;
            let number = |text: &str| text.replace(',', "").parse::<u64>().ok();
            Some((contig, number(from)?.checked_sub(1)?, number(to)?)).filter(|(_, start, end)| start < end)
        };
        let (contig, start, end) =
            numbers().ok_or_else(|| anyhow!("expected contig:from-to as in chr1:1000-1200"))?;
        Ok(Self(Interval::new(contig, start, end)?))
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let score = scores::named(&args.score)?;
    args.out.iter().try_for_each(|path| Format::of(path).map(drop))?;
    let model = Ensemble::new(args.model.load()?)?;
    let genome = FastaGenome::open(&args.genome)?;
    let (mut records, _) = read_pairs(&args.pairs)?;
    ensure!(records.len() == 1, "{} holds {} pairs; give one", args.pairs.display(), records.len());
    let pair = records.remove(0).pair;
    let window = PairWindow::new(pair, args.side.into(), model.lengths(), &genome)?;
    let positions = positions(args.region.as_ref(), &window, &genome)?;

    let mut every = Mutagenesis::new(positions);
    if args.deletions {
        let end = window.range().end;
        let next = genome.fetch(window.contig(), end..end + 1, Edge::PadN)?;
        every = every.with_deletions(next.first().copied().unwrap_or(b'N'));
    }
    let scorer = window.scorer(&model)?;
    let select = args.outputs.select(ciskit_core::SequenceScorer::spec(&scorer))?;
    let sequence = window.sequence();
    let bar = bar(every.mutants(sequence) as u64, "mutants");
    let map = every.run(&scorer, sequence, &score, &select, |done, _| bar.set_position(done as u64))?;
    bar.finish_and_clear();

    let found = Found {
        map,
        contig: window.contig().to_string(),
        start: window.range().start,
        pair: pair_name(&window.pair),
    };
    for path in &args.out {
        match Format::of(path)? {
            Format::Table => found.write_table(path)?,
            Format::Npz => found.npz().write(path)?,
            Format::Svg => found.picture().write(path)?,
        }
        say(format!("written: {}", path.display()));
    }
    print(found.summary());
    Ok(())
}

/// The region as positions in the window.
fn positions(region: Option<&Region>, window: &PairWindow, genome: &FastaGenome) -> Result<Range<usize>> {
    let Range { start, end } = window.range();
    let Some(Region(region)) = region else { return Ok(0..window.sequence().len()) };
    let contig = genome.contigs().resolve(region.contig())?;
    let same = contig.name == genome.contigs().resolve(window.contig())?.name;
    let (from, to) = (region.start() as i64, region.end() as i64);
    ensure!(
        same && start <= from && to <= end,
        "the region {}:{}-{to} leaves the window {}:{}-{end}",
        region.contig(),
        from + 1,
        window.contig(),
        start + 1
    );
    Ok((from - start) as usize..(to - start) as usize)
}

/// What kind of file a name asks for.
enum Format {
    Table,
    Npz,
    Svg,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        let name = path.to_string_lossy();
        match () {
            () if name.ends_with(".tsv") || name.ends_with(".tsv.gz") => Ok(Self::Table),
            () if name.ends_with(".npz") => Ok(Self::Npz),
            () if name.ends_with(".svg") => Ok(Self::Svg),
            () => bail!("{name}: a map is written as .tsv, .tsv.gz, .npz or .svg"),
        }
    }
}

/// A map and where it lies.
struct Found {
    map: MutagenesisMap,
    contig: String,
    /// 0-based place of the window's first base.
    start: i64,
    pair: String,
}

impl Found {
    /// 1-based place of a position of the window.
    fn place(&self, position: usize) -> i64 {
        self.start + position as i64 + 1
    }

    fn write_table(&self, path: &Path) -> Result<()> {
        let mut table = TextWriter::create(path)?;
        table.line(&format!(
            "##ciskit mutagenesis format=1 score={} pair={}",
            self.map.score(),
            self.pair
        ))?;
        table.row(["chrom", "pos", "ref", "alt", "output", "value"])?;
        for change in self.map.changes() {
            let [reference, alternative] =
                [change.reference, change.alternative].map(|base| char::from(base).to_string());
            for (value, output) in change.values.iter().zip(self.map.columns()) {
                let value = if value.is_nan() { "NA".to_owned() } else { value.to_string() };
                let place = self.place(change.position).to_string();
                table.row([&self.contig, &place, &reference, &alternative, output, &value])?;
            }
        }
        Ok(table.finish()?)
    }

    fn npz(&self) -> Npz {
        let letters: Vec<String> =
            self.map.letters().iter().map(|letter| char::from(*letter).to_string()).collect();
        let bases: Vec<String> = self.map.bases().iter().map(|base| char::from(*base).to_string()).collect();
        let places: Vec<i64> = self.map.positions().map(|position| self.place(position)).collect();
        Npz::new()
            .floats("values", &self.map.shape(), self.map.values())
            .texts("outputs", self.map.columns())
            .texts("letters", &letters)
            .texts("bases", &bases)
            .integers("positions", &[places.len()], &places)
            .texts("contig", &[&self.contig])
            .texts("score", &[self.map.score()])
    }

    fn picture(&self) -> ciskit_report::Svg {
        let charts: Vec<_> =
            (0..self.map.columns().len()).map(|column| self.chart(column).to_svg()).collect();
        match <[_; 1]>::try_from(charts) {
            Ok([chart]) => chart,
            Err(charts) => {
                charts.into_iter().fold(Panel::new(&self.pair), |panel, chart| panel.row([chart])).to_svg()
            }
        }
    }

    fn chart(&self, column: usize) -> MutagenesisChart {
        let (map, letters) = (&self.map, self.map.letters());
        let first = self.place(map.positions().start);
        let value = format!("{} of {}", map.score(), map.columns()[column]);
        let chart = MutagenesisChart::new(&self.pair, first, map.bases())
            .importance(map.importance(column))
            .named(value, format!("position on {}", self.contig));
        letters.iter().enumerate().fold(chart, |chart, (letter, name)| {
            let name = if *name == b'-' { "del".to_owned() } else { char::from(*name).to_string() };
            chart.row(name, map.column(column).iter().skip(letter).step_by(letters.len()).copied())
        })
    }

    /// How many mutants there are, and the one that changes most.
    fn summary(&self) -> String {
        let changes =
            self.map.changes().filter(|change| change.values.first().is_some_and(|value| value.is_finite()));
        let strongest = changes.reduce(|a, b| if b.values[0].abs() > a.values[0].abs() { b } else { a });
        let count = self.map.changes().count();
        match strongest {
            Some(change) => format!(
                "{count} mutants; the strongest is {}:{}:{}>{} ({:.4})",
                self.contig,
                self.place(change.position),
                char::from(change.reference),
                char::from(change.alternative),
                change.values[0]
            ),
            None => format!("{count} mutants"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_of_browsers() {
        let region = |text: &str| text.parse::<Region>().map(|region| region.0.to_string());
        assert_eq!(region("chr1:1000-1200").unwrap(), "chr1:999-1200");
        assert_eq!(region("chr1:1,000-1,000").unwrap(), "chr1:999-1000");
        assert_eq!(region("HLA-A*01:01:5-9").unwrap(), "HLA-A*01:01:4-9");
        for text in ["", "chr1", "chr1:5", "chr1:0-5", "chr1:6-5", "chr1:-5-6", "chr1:a-b"] {
            assert!(region(text).is_err(), "{text}");
        }
    }
}
