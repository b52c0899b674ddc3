//! `ciskit variants mutagenesis`

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use ciskit_core::{ContigName, Edge, InputLength, Interval, PairScorer, ReferenceGenome, SequenceScorer};
use ciskit_dataset::pair_name;
#[cfg(feature = "onnx")]
use ciskit_onnx::OnnxScorer;
use ciskit_report::{MutagenesisChart, Panel};
use ciskit_seqio::{FastaGenome, Npz, TextWriter};
use ciskit_variant::{EffectScore, Mutagenesis, MutagenesisMap, TrackPattern, scores};

use super::score::SideArg;
use crate::model::{Ensemble, ModelArgs};
use crate::pair_input::read_pairs;
use crate::pair_windows::PairWindow;
use crate::progress::{bar, print, say};
use crate::tracks;

/// Score every change of one base in one side of an enhancer-promoter pair, or in a region
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants mutagenesis --model run/ --pairs one.bedpe --side enhancer --genome hg19.fa.gz \\
    --region chr1:1000-1200 --deletions -o map.tsv -o map.svg

Every base of the region is replaced by the three others. Mutants keep the window's length: behind a deleted base, the
bases move one to the left, and the base that follows the window on the contig fills its end. A table has a row for
each mutant and output (a deletion's alt is -); .npz is for NumPy (values of shape outputs, positions, letters); .svg is a
logo of what each base is worth over a heat map of all changes. `ciskit variants scores` lists the scores.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: Option<ModelArgs>,
    /// A model of one sequence as an ONNX file, with its description beside it (model.toml for model.onnx); its window lies
    /// around the middle of the region and holds all of it
    #[cfg(feature = "onnx")]
    #[arg(long, value_name = "ONNX", conflicts_with_all = ["model", "pairs"], requires = "region")]
    onnx: Option<PathBuf>,
    /// One pair (BEDPE)
    #[arg(long, value_name = "BEDPE", requires = "side")]
    pairs: Option<PathBuf>,
    /// The side whose bases are changed; the other one stays as it is
    #[arg(long, value_enum, requires = "pairs")]
    side: Option<SideArg>,
    /// Genome: FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA")]
    genome: PathBuf,
    /// Bases to change, 1-based and both ends included, as browsers write them [default: the whole window of the pair]
    #[arg(long, value_name = "CONTIG:FROM-TO")]
    region: Option<Region>,
    /// Delete each base, too
    #[arg(long)]
    deletions: bool,
    /// What is made of the scores before and after
    #[arg(long, default_value = "difference", value_name = "SCORE")]
    score: String,
    /// Outputs of the model: names or patterns with * and ?, set apart by commas [default: the logit of pairs, all of others]
    #[arg(long, value_name = "PATTERN")]
    outputs: Option<TrackPattern>,
    /// Accessibility along the windows of the pair (bedGraph or bigWig), once for each track that the model reads
    #[arg(long, value_name = "FILE", requires = "pairs")]
    track: Vec<PathBuf>,
    /// Map: .tsv (.gz), .npz or .svg; may be given several times
    #[arg(short, long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
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
    let genome = FastaGenome::open(&args.genome)?;
    #[cfg(feature = "onnx")]
    if let Some(path) = &args.onnx {
        let region = args.region.as_ref().context("--region says which bases are changed")?;
        return args.map(&Place::around(region, OnnxScorer::open(path)?, &genome)?, &*score, &genome);
    }
    let model = args.model.as_ref().context("no model is given: --model RUN, or --onnx FILE")?;
    let (Some(pairs), Some(side)) = (&args.pairs, args.side) else {
        bail!("a model of pairs needs --pairs and --side")
    };
    let model = Ensemble::new(model.load()?)?;
    tracks::check(&args.track, "the model", model.spec().tracks)?;
    let tracks = tracks::open(&args.track, genome.contigs())?;
    let (mut records, _) = read_pairs(pairs)?;
    ensure!(records.len() == 1, "{} holds {} pairs; give one", pairs.display(), records.len());
    let pair = records.remove(0).pair;
    let window = PairWindow::new(pair, side.into(), model.lengths(), &genome, &tracks)?;
    let place = Place {
        title: pair_name(&window.pair),
        positions: positions(args.region.as_ref(), &window, &genome)?,
        contig: window.contig().clone(),
        range: window.range(),
        sequence: window.sequence().to_vec(),
        scorer: Box::new(window.scorer(&model)?),
        outputs: TrackPattern::new("logit")?,
    };
    args.map(&place, &*score, &genome)
}

/// A window whose bases are changed, and the model that reads it.
struct Place<'a> {
    /// The pair or the region.
    title: String,
    contig: ContigName,
    /// 0-based, half-open; it may hang over the contig's ends.
    range: Range<i64>,
    sequence: Vec<u8>,
    /// Positions in the sequence that are changed.
    positions: Range<usize>,
    scorer: Box<dyn SequenceScorer + 'a>,
    /// Outputs where none are asked for.
    outputs: TrackPattern,
}

impl Place<'static> {
    /// The window of a model with the middle of a region on its anchor, or moved so far that it holds all of the region.
    fn around(
        Region(region): &Region,
        scorer: impl SequenceScorer + 'static,
        genome: &FastaGenome,
    ) -> Result<Self> {
        let contig = genome.contigs().resolve(region.contig())?.name.clone();
        let input = scorer.spec().input;
        let (start, end) = (region.start() as i64, region.end() as i64);
        let length = match input.length() {
            InputLength::Fixed(length) => length,
            InputLength::Between { min, max } => ((end - start) as usize).clamp(min, max),
            InputLength::Any => (end - start) as usize,
        };
        ensure!(
            end - start <= length as i64,
            "the region of {} bp leaves the model's window of {length} bp: map it in pieces",
            end - start
        );
        let first = start + (end - start) / 2 - input.anchor(length) as i64;
        let first = first.clamp(end - length as i64, start);
        let range = first..first + length as i64;
        Ok(Self {
            title: format!("{contig}:{}-{end}", start + 1),
            sequence: genome.fetch(&contig, range.clone(), Edge::PadN)?,
            contig,
            positions: (start - range.start) as usize..(end - range.start) as usize,
            range,
            scorer: Box::new(scorer),
            outputs: TrackPattern::new("*")?,
        })
    }
}

impl Args {
    /// Maps a place and writes the files.
    fn map(&self, place: &Place<'_>, score: &dyn EffectScore, genome: &FastaGenome) -> Result<()> {
        let mut every = Mutagenesis::new(place.positions.clone());
        if self.deletions {
            let end = place.range.end;
            let next = genome.fetch(&place.contig, end..end + 1, Edge::PadN)?;
            every = every.with_deletions(next.first().copied().unwrap_or(b'N'));
        }
        let select = self.outputs.as_ref().unwrap_or(&place.outputs).select(place.scorer.spec())?;
        let bar = bar(every.mutants(&place.sequence) as u64, "mutants");
        let map = every
            .run(&*place.scorer, &place.sequence, score, &select, |done, _| bar.set_position(done as u64))?;
        bar.finish_and_clear();

        let found = Found {
            map,
            contig: place.contig.to_string(),
            start: place.range.start,
            title: place.title.clone(),
        };
        for path in &self.out {
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
    /// The pair or the region.
    title: String,
}

impl Found {
    /// 1-based place of a position of the window.
    fn place(&self, position: usize) -> i64 {
        self.start + position as i64 + 1
    }

    fn write_table(&self, path: &Path) -> Result<()> {
        let mut table = TextWriter::create(path)?;
        table.line(&format!("##ciskit mutagenesis format=1 score={} of={}", self.map.score(), self.title))?;
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
                charts.into_iter().fold(Panel::new(&self.title), |panel, chart| panel.row([chart])).to_svg()
            }
        }
    }

    fn chart(&self, column: usize) -> MutagenesisChart {
        let (map, letters) = (&self.map, self.map.letters());
        let first = self.place(map.positions().start);
        let value = format!("{} of {}", map.score(), map.columns()[column]);
        let chart = MutagenesisChart::new(&self.title, first, map.bases())
            .importance(map.importance(column))
            .named(value, format!("position on {}", self.contig));
        letters.iter().enumerate().fold(chart, |chart, (letter, name)| {
            let name = if *name == b'-' { "del".to_owned() } else { char::from(*name).to_string() };
            chart.row(name, map.column(column).iter().skip(letter).step_by(letters.len()).copied())
        })
    }

    /// How many mutants there are, and the one that changes the first output most.
    fn summary(&self) -> String {
        let changes =
            self.map.changes().filter(|change| change.values.first().is_some_and(|value| value.is_finite()));
        let strongest = changes.reduce(|a, b| if b.values[0].abs() > a.values[0].abs() { b } else { a });
        let count = self.map.changes().count();
        match strongest {
            Some(change) => format!(
                "{count} mutants; the strongest is {}:{}:{}>{} ({} {:.4})",
                self.contig,
                self.place(change.position),
                char::from(change.reference),
                char::from(change.alternative),
                self.map.columns()[0],
                change.values[0]
            ),
            None => format!("{count} mutants"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ciskit_core::{InputWindow, Scale, ScoreError, ScorerSpec, Scores, Selection};

    use super::*;

    /// A window and nothing else.
    struct Window(ScorerSpec);

    impl SequenceScorer for Window {
        fn spec(&self) -> &ScorerSpec {
            &self.0
        }
        fn score(&self, sequences: &[&[u8]], select: &Selection) -> Result<Scores, ScoreError> {
            Scores::scalar(vec![0.0; sequences.len()]).select(select)
        }
    }

    #[test]
    fn a_window_holds_its_whole_region() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.fa");
        std::fs::write(&path, format!(">chr1\n{}\n", "ACGT".repeat(10))).unwrap();
        let genome = FastaGenome::open(&path).unwrap();
        let around = |region: &str, anchor| {
            let input = InputWindow::fixed(8).anchored_at(anchor);
            let place = Place::around(
                &region.parse().unwrap(),
                Window(ScorerSpec::scalar(input, "x", Scale::Raw)),
                &genome,
            );
            place.map(|place| (place.range, place.positions)).map_err(|error| error.to_string())
        };
        // The middle of bases 10 to 14 (0-based) is base 12, which lies on the anchor.
        assert_eq!(around("chr1:11-14", 4), Ok((8..16, 2..6)));
        assert_eq!(around("chr1:11-14", 3), Ok((9..17, 1..5)));
        // A region as long as the window is the window, wherever the anchor lies.
        for anchor in [0, 3, 4, 7] {
            assert_eq!(around("chr1:11-18", anchor), Ok((10..18, 0..8)), "{anchor}");
        }
        assert_eq!(around("chr1:11-17", 0), Ok((10..18, 0..7)));
        assert_eq!(around("chr1:11-17", 7), Ok((9..17, 1..8)));
        let refused = around("chr1:11-19", 4).unwrap_err();
        assert!(refused.starts_with("the region of 9 bp leaves the model's window of 8 bp"), "{refused}");
    }

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
