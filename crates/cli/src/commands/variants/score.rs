//! `ciskit variants score`

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use ciskit_core::{
    Edge, Pair, PairInput, PairScorer, ReferenceAlternative, ReferenceGenome, Scale, Selection, Side,
    SignalTrack, Tracks, Variant,
};
use ciskit_dataset::{WindowRule, pair_name};
use ciskit_nn::LOGIT;
use ciskit_seqio::{FastaGenome, TextWriter, VcfHeader, VcfReader, VcfRecord, VcfWriter};
use ciskit_variant::{Effect, Status, Summary, VariantScoring, WindowPlan};

use crate::model::{Ensemble, ModelArgs};
use crate::pair_input::read_pairs;
use crate::progress::{bar, print, say};
use crate::score_table::sigmoid;
use crate::tracks;

/// Score the variants of a VCF by what they change in enhancer-promoter pairs
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit variants score --model run/ --pairs one.bedpe --side enhancer --genome hg19.fa.gz --vcf in.vcf.gz -o out.vcf.gz

Each variant is put into the window of every pair that it lies in; the other side stays as it is. Every variant comes
back with a status; a reference allele that does not match the genome is reported and never replaced. An output named
.vcf or .vcf.gz is the input with INFO fields (of the pair with the largest effect), any other name is a table with a
row for each variant and pair.")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Pairs (BEDPE) whose windows are scored
    #[arg(long, value_name = "BEDPE")]
    pairs: PathBuf,
    /// The side that the variants are put into
    #[arg(long, value_enum)]
    side: SideArg,
    /// Genome: FASTA, plain or bgzip
    #[arg(long, value_name = "FASTA")]
    genome: PathBuf,
    /// Accessibility along the windows (bedGraph, plain or gzip, or bigWig), once for each track that the model reads; a variant does
    /// not change it
    #[arg(long = "track", value_name = "FILE")]
    tracks: Vec<PathBuf>,
    /// Variants (VCF, plain or gzip)
    #[arg(long, value_name = "VCF")]
    vcf: PathBuf,
    /// Scored variants: .vcf, .vcf.gz, or a table (.tsv, .tsv.gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

/// Which side.
#[derive(Clone, Copy, clap::ValueEnum)]
enum SideArg {
    /// The enhancer
    Enhancer,
    /// The promoter
    Promoter,
}

impl From<SideArg> for Side {
    fn from(side: SideArg) -> Self {
        match side {
            SideArg::Enhancer => Self::Enhancer,
            SideArg::Promoter => Self::Promoter,
        }
    }
}

/// A pair and where the window of its varying side lies.
pub(crate) struct PairWindow {
    pub(crate) pair: Pair,
    side: Side,
    range: Range<i64>,
    enhancer: Vec<u8>,
    promoter: Vec<u8>,
    /// Tracks along the window of the enhancer and of the promoter, row by row.
    tracks: [Vec<f32>; 2],
}

impl PairWindow {
    /// Places both windows of a pair and reads them, with the tracks along them.
    pub(crate) fn new(
        pair: Pair,
        side: Side,
        lengths: (usize, usize),
        genome: &dyn ReferenceGenome,
        tracks: &[Arc<dyn SignalTrack>],
    ) -> Result<Self> {
        let window = |side: Side, length: usize| -> Result<(Range<i64>, Vec<u8>, Vec<f32>)> {
            let interval = &pair.element(side).interval;
            let contig = genome.contigs().resolve(interval.contig())?;
            let range = WindowRule::new(length).padded().place(interval, contig.length, 0)?;
            let sequence = genome.fetch(interval.contig(), range.clone(), Edge::PadN)?;
            let (mut values, mut row) = (Vec::new(), Vec::new());
            for track in tracks {
                track.fetch_into(interval.contig(), range.clone(), &mut row)?;
                values.append(&mut row);
            }
            Ok((range, sequence, values))
        };
        let in_pair = || format!("the windows of pair {}", pair_name(&pair));
        let (enhancer_range, enhancer, of_enhancer) =
            window(Side::Enhancer, lengths.0).with_context(in_pair)?;
        let (promoter_range, promoter, of_promoter) =
            window(Side::Promoter, lengths.1).with_context(in_pair)?;
        let range = match side {
            Side::Enhancer => enhancer_range,
            Side::Promoter => promoter_range,
        };
        Ok(Self { pair, side, range, enhancer, promoter, tracks: [of_enhancer, of_promoter] })
    }

    fn holds(&self, variant: &Variant) -> bool {
        let contig = self.pair.element(self.side).interval.contig();
        let same = contig == variant.contig() || contig.alias().as_ref() == Some(variant.contig());
        same && self.range.contains(&(variant.start() as i64))
    }
}

/// What a variant does in one pair.
pub(crate) struct VariantEffect {
    /// Index of the variant.
    pub(crate) variant: usize,
    /// Index of the pair's window; `None` for a variant in no window.
    pub(crate) window: Option<usize>,
    pub(crate) status: Status,
    /// Effect on the logit; `None` unless scored.
    pub(crate) effect: Option<Effect>,
}

/// Scores each variant in every window that holds it: by variant, then window. A variant in no window has one entry.
pub(crate) fn score_in_pairs(
    model: &Ensemble,
    genome: &dyn ReferenceGenome,
    windows: &[PairWindow],
    variants: &[Variant],
) -> Result<Vec<VariantEffect>> {
    let mut effects = Vec::new();
    for (index, window) in windows.iter().enumerate() {
        let held: Vec<usize> =
            (0..variants.len()).filter(|&variant| window.holds(&variants[variant])).collect();
        if held.is_empty() {
            continue;
        }
        let pair = PairInput::new(&window.enhancer, &window.promoter);
        let distance = window.pair.signed_distance();
        let pair = distance.map_or(pair, |distance| pair.with_signed_distance(distance));
        let [enhancer, promoter] = &window.tracks;
        let rows = enhancer.len() / window.enhancer.len().max(1);
        let pair = if rows > 0 { pair.with_tracks(Tracks { rows, enhancer, promoter }) } else { pair };
        let scorer = ReferenceAlternative(ciskit_core::FixedSide::new(model, window.side, &pair)?);
        let contig = window.pair.element(window.side).interval.contig().clone();
        let plan = WindowPlan::fixed(contig, window.range.clone());
        let of_window: Vec<Variant> = held.iter().map(|&variant| variants[variant].clone()).collect();
        let select = Selection::all().with_outputs(vec![LOGIT]);
        let engine = VariantScoring::new(&scorer).plan(plan).select(select).raw().build()?;
        let scored = engine.score(genome, &of_window)?;
        effects.extend(held.into_iter().zip(scored).map(|(variant, scored)| VariantEffect {
            variant,
            window: Some(index),
            status: scored.status,
            effect: match scored.values[..] {
                [reference, alternative] => {
                    Some(Effect::new(Scale::Logit, reference as f32, alternative as f32))
                }
                _ => None,
            },
        }));
    }
    let mut in_some = vec![false; variants.len()];
    effects.iter().for_each(|effect| in_some[effect.variant] = true);
    effects.extend((0..variants.len()).filter(|&variant| !in_some[variant]).map(|variant| {
        let known = genome.contigs().resolve(variants[variant].contig()).is_ok();
        let status = if known { Status::OutOfBounds } else { Status::UnknownContig };
        VariantEffect { variant, window: None, status, effect: None }
    }));
    effects.sort_by_key(|effect| (effect.variant, effect.window));
    Ok(effects)
}

/// Records read and scored at a time.
const CHUNK: usize = 10_000;

pub(crate) fn run(args: &Args) -> Result<()> {
    let model = Ensemble::new(args.model.load()?)?;
    tracks::check(&args.tracks, "the model", model.spec().tracks)?;
    let genome = FastaGenome::open(&args.genome)?;
    let tracks = tracks::open(&args.tracks, genome.contigs())?;
    let (records, _) = read_pairs(&args.pairs)?;
    let windows: Vec<PairWindow> = records
        .into_iter()
        .map(|record| PairWindow::new(record.pair, args.side.into(), model.lengths(), &genome, &tracks))
        .collect::<Result<_>>()?;
    let mut reader = VcfReader::open(&args.vcf)?;
    let mut output = Output::create(&args.out, reader.header())?;
    let (mut summary, bar) = (Summary::default(), bar(0, "variants"));
    loop {
        let records: Vec<VcfRecord> = reader.by_ref().take(CHUNK).collect::<Result<_, _>>()?;
        if records.is_empty() {
            break;
        }
        let mut variants = Vec::new();
        let mut of_record = Vec::with_capacity(records.len());
        for record in &records {
            let first = variants.len();
            for variant in record.variants() {
                variants.push(variant?);
            }
            of_record.push(first..variants.len());
        }
        let effects = score_in_pairs(&model, &genome, &windows, &variants)?;
        let mut start = 0;
        for (record, range) in records.iter().zip(of_record) {
            let end = start + effects[start..].partition_point(|effect| effect.variant < range.end);
            output.write(record, &variants[range.clone()], range.start, &effects[start..end], &windows)?;
            start = end;
        }
        let mut last = None;
        for effect in &effects {
            if last != Some(effect.variant) {
                summary.count(&effect.status);
            }
            last = Some(effect.variant);
        }
        bar.inc(records.len() as u64);
    }
    output.finish()?;
    bar.finish_and_clear();
    print(format!("{summary}"));
    say(format!("written: {}", args.out.display()));
    Ok(())
}

/// Where scored variants go.
enum Output {
    Vcf(Box<VcfWriter>),
    Table(TextWriter),
}

/// Columns of the table and INFO fields of the VCF: both raw scores, their difference, the log2 ratio.
const COLUMNS: [&str; 14] = [
    "chrom",
    "pos",
    "id",
    "ref",
    "alt",
    "pair",
    "status",
    "logit_ref",
    "logit_alt",
    "logit_difference",
    "probability_ref",
    "probability_alt",
    "log2_ratio",
    "genome_base",
];
const INFO: [(&str, &str, &str); 6] = [
    ("CISKIT_STATUS", "String", "What became of the allele: scored, ref-mismatch, out-of-bounds, ..."),
    ("CISKIT_PAIR", "String", "Enhancer-promoter pair with the largest absolute effect"),
    ("CISKIT_REF", "Float", "Logit of the pair with the reference allele"),
    ("CISKIT_ALT", "Float", "Logit of the pair with the alternative allele"),
    ("CISKIT_DIFF", "Float", "Logit difference, alternative minus reference"),
    (
        "CISKIT_LOG2",
        "Float",
        "log2 ratio of the probabilities, alternative over reference, through the logits",
    ),
];

impl Output {
    fn create(path: &Path, header: &VcfHeader) -> Result<Self> {
        let name = path.to_string_lossy();
        if name.ends_with(".vcf") || name.ends_with(".vcf.gz") {
            let mut header = header.clone();
            for (id, kind, description) in INFO {
                header.add_info(id, "A", kind, description);
            }
            return Ok(Self::Vcf(Box::new(VcfWriter::create(path, &header)?)));
        }
        let mut table = TextWriter::create(path)?;
        table.line("##ciskit variant-scores format=1")?;
        table.row(COLUMNS)?;
        Ok(Self::Table(table))
    }

    fn write(
        &mut self,
        record: &VcfRecord,
        variants: &[Variant],
        first: usize,
        effects: &[VariantEffect],
        windows: &[PairWindow],
    ) -> Result<()> {
        let pair = |effect: &VariantEffect| {
            effect.window.map_or(".".to_owned(), |window| pair_name(&windows[window].pair))
        };
        match self {
            Self::Table(table) => {
                for effect in effects {
                    table.row(table_row(&variants[effect.variant - first], &pair(effect), effect))?;
                }
            }
            Self::Vcf(writer) if variants.is_empty() => writer.write(record)?,
            Self::Vcf(writer) => {
                let mut values: [Vec<String>; 6] = Default::default();
                for variant in first..first + variants.len() {
                    let of_variant = effects.iter().filter(|effect| effect.variant == variant);
                    let size = |effect: &&VariantEffect| {
                        effect.effect.map_or(-1.0, |effect| effect.difference.abs())
                    };
                    // The first of equal ones, so that the choice does not depend on anything else.
                    let strongest = of_variant.reduce(|a, b| if size(&b) > size(&a) { b } else { a });
                    let strongest = strongest.context("every variant has an entry")?;
                    for (column, value) in values.iter_mut().zip(info_values(strongest, &pair(strongest))) {
                        column.push(value);
                    }
                }
                let joined = values.map(|values| values.join(","));
                let entries: Vec<(&str, &str)> =
                    INFO.iter().zip(&joined).map(|((id, _, _), value)| (*id, value.as_str())).collect();
                writer.write_with_info(record, &entries)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Vcf(writer) => Ok(writer.finish()?),
            Self::Table(table) => Ok(table.finish()?),
        }
    }
}

fn table_row(variant: &Variant, pair: &str, effect: &VariantEffect) -> Vec<String> {
    let number = |value: Option<String>| value.unwrap_or_else(|| "NA".to_owned());
    let of = |value: fn(&Effect) -> String| number(effect.effect.as_ref().map(value));
    vec![
        variant.contig().to_string(),
        (variant.start() + 1).to_string(),
        variant.id.as_deref().unwrap_or(".").to_owned(),
        String::from_utf8_lossy(variant.reference()).into_owned(),
        variant.alternative().to_string(),
        pair.to_owned(),
        effect.status.name().to_owned(),
        of(|effect| effect.reference.to_string()),
        of(|effect| effect.alternative.to_string()),
        of(|effect| effect.difference.to_string()),
        of(|effect| sigmoid(effect.reference).to_string()),
        of(|effect| sigmoid(effect.alternative).to_string()),
        number(effect.effect.and_then(|effect| effect.log2_ratio).map(|ratio| ratio.to_string())),
        match &effect.status {
            Status::ReferenceMismatch { genome } => genome.clone(),
            _ => ".".to_owned(),
        },
    ]
}

fn info_values(effect: &VariantEffect, pair: &str) -> [String; 6] {
    let number = |value: Option<f64>| value.map_or_else(|| ".".to_owned(), |value| value.to_string());
    let of = effect.effect.as_ref();
    // INFO has no place for these letters in a value.
    let pair = pair.replace([' ', ';', '=', ','], "_");
    [
        effect.status.name().to_owned(),
        pair,
        of.map_or_else(|| ".".to_owned(), |effect| effect.reference.to_string()),
        of.map_or_else(|| ".".to_owned(), |effect| effect.alternative.to_string()),
        number(of.map(|effect| effect.difference)),
        number(of.and_then(|effect| effect.log2_ratio)),
    ]
}
