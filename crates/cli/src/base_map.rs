//! The effect of every change of one base in a window, for any model of one sequence.

mod found;

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, ensure};
use ciskit_core::{ContigName, Edge, InputLength, Interval, ReferenceGenome, SequenceScorer};
use ciskit_seqio::FastaGenome;
use ciskit_variant::{Mutagenesis, TrackPattern, scores};

use crate::progress::{bar, print, say};
use found::{Format, Found};

/// What is mapped, and the files of it.
#[derive(clap::Args)]
pub(crate) struct MapArgs {
    /// Genome: FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA")]
    pub(crate) genome: PathBuf,
    /// Bases to change, 1-based and both ends included, as browsers write them [default: the whole window of the pair]
    #[arg(long, value_name = "CONTIG:FROM-TO")]
    pub(crate) region: Option<Region>,
    /// Delete each base, too
    #[arg(long)]
    deletions: bool,
    /// What is made of the scores before and after
    #[arg(long, default_value = "difference", value_name = "SCORE")]
    score: String,
    /// Outputs of the model: names or patterns with * and ?, set apart by commas [default: the logit of pairs, all of others]
    #[arg(long, value_name = "PATTERN")]
    outputs: Option<TrackPattern>,
    /// Map: .tsv (.gz), .npz or .svg; may be given several times
    #[arg(short, long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
}

/// A region as browsers write it; inside, 0-based and half-open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Region(pub(crate) Interval);

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

/// A window whose bases are changed, and the model that reads it.
pub(crate) struct Place<'a> {
    /// The pair or the region.
    pub(crate) title: String,
    pub(crate) contig: ContigName,
    /// 0-based, half-open; it may hang over the contig's ends.
    pub(crate) range: Range<i64>,
    pub(crate) sequence: Vec<u8>,
    /// Positions in the sequence that are changed.
    pub(crate) positions: Range<usize>,
    pub(crate) scorer: Box<dyn SequenceScorer + 'a>,
    /// Outputs where none are asked for.
    pub(crate) outputs: TrackPattern,
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

impl MapArgs {
    /// Refuses a score or a file of a kind that there is not, before anything is read.
    pub(crate) fn check(&self) -> Result<()> {
        scores::named(&self.score)?;
        self.out.iter().try_for_each(|path| Format::of(path).map(drop))
    }

    /// Maps the region of a model of one sequence.
    pub(crate) fn map_region(
        &self,
        scorer: impl SequenceScorer + 'static,
        genome: &FastaGenome,
    ) -> Result<()> {
        let region = self.region.as_ref().context("--region says which bases are changed")?;
        self.map(&Place::around(region, scorer, genome)?, genome)
    }

    /// Maps a place and writes the files.
    pub(crate) fn map(&self, place: &Place<'_>, genome: &FastaGenome) -> Result<()> {
        let score = scores::named(&self.score)?;
        let mut every = Mutagenesis::new(place.positions.clone());
        if self.deletions {
            let end = place.range.end;
            let next = genome.fetch(&place.contig, end..end + 1, Edge::PadN)?;
            every = every.with_deletions(next.first().copied().unwrap_or(b'N'));
        }
        let select = self.outputs.as_ref().unwrap_or(&place.outputs).select(place.scorer.spec())?;
        let bar = bar(every.mutants(&place.sequence) as u64, "mutants");
        let map = every.run(&*place.scorer, &place.sequence, &*score, &select, |done, _| {
            bar.set_position(done as u64)
        })?;
        bar.finish_and_clear();

        let found = Found {
            map,
            contig: place.contig.to_string(),
            start: place.range.start,
            title: place.title.clone(),
        };
        for path in &self.out {
            found.write(path)?;
            say(format!("written: {}", path.display()));
        }
        print(found.summary());
        Ok(())
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
