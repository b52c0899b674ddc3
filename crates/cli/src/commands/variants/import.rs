//! `ciskit variants import`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, ensure};
use ciskit_seqio::{
    EffectScale, EqtlMpraReader, Gse68331Reader, Gse87711Reader, LineReader, MeasuredColumns, MeasuredEffect,
    MeasuredTableReader, MeasuredWriter, RaqtlReader, SaturationReader, TableError,
};

use crate::progress::{print, say};

/// Read measured effects of variants as they were published and write one table
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ciskit variants import --from raqtl hepg2.sign.id.LP190708.txt.gz -o hepg2.tsv.gz
  ciskit variants import --from saturation SORT1.csv --cell hepg2 --build hg38 -o sort1.tsv
  ciskit variants import --from table Hela_PPARG.csv --columns 'chrom=chromosome (hg19),pos=coordinate (hg19),\\
    ref=Reference,alt=Substitution,effect=HeLa effect size,p=HeLa P-Value' --cell hela --build hg19 -o pparg.tsv

The table has the columns dataset, row, chrom, pos (1-based), ref, alt, id, measured_log2, p, cell and build; effects are
log2 of the alternative's activity over the reference's. Lines of the source may end in LF, CRLF or CR. Keys of --columns:
chrom, pos, ref, alt, effect, p, id, dataset, row, cell, build, label.")]
pub(crate) struct Args {
    /// Format of the source
    #[arg(long, value_enum)]
    from: Format,
    /// The source (plain or gzip)
    input: PathBuf,
    /// What the columns of a table are called, where they are not called as in the one written
    #[arg(long, value_name = "KEY=NAME,…")]
    columns: Option<MeasuredColumns>,
    /// Scale of a table's effects
    #[arg(long, value_enum, value_name = "SCALE")]
    effect_scale: Option<Scale>,
    /// Name of the data set [default: the source's]
    #[arg(long, value_name = "NAME")]
    dataset: Option<Arc<str>>,
    /// Cell line [default: the source's]
    #[arg(long, value_name = "NAME")]
    cell: Option<Arc<str>>,
    /// Build of the genome [default: the source's]
    #[arg(long, value_name = "NAME")]
    build: Option<Arc<str>>,
    /// Measured effects (TSV; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Format {
    /// Reporter assay QTLs (SuRE): hepg2.sign.id.LP190708.txt, k562.sign.id.LP190708.txt
    Raqtl,
    /// Saturation mutagenesis by MPRA: SORT1.csv, the elements of GSE126550
    Saturation,
    /// The eQTL-MPRA challenge of CAGI4: eqtl_mpra_sequences.csv
    EqtlMpra,
    /// GSE87711.csv, one record a construct, signed by the medians of its alleles
    Gse87711,
    /// GSE87711.csv as a published benchmark takes it: two rows a construct, log2 of the unsigned log2 fold change
    Gse87711Benchmark,
    /// GSE68331_SNP.csv
    Gse68331,
    /// Any table with a header: see --columns
    Table,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Scale {
    /// log2 of alternative over reference
    Log2,
    /// Natural logarithm
    Ln,
    /// Alternative over reference
    Ratio,
}

impl From<Scale> for EffectScale {
    fn from(scale: Scale) -> Self {
        match scale {
            Scale::Log2 => Self::Log2,
            Scale::Ln => Self::Ln,
            Scale::Ratio => Self::Ratio,
        }
    }
}

type Effects = Box<dyn Iterator<Item = Result<MeasuredEffect, TableError>>>;

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut writer = None;
    let mut counts = Counts::default();
    for effect in open(args)? {
        let mut effect = effect?;
        effect.cell = args.cell.clone().or(effect.cell);
        effect.build = args.build.clone().or(effect.build);
        if let Some(dataset) = &args.dataset {
            effect.dataset = dataset.clone();
        }
        counts.count(&effect);
        // Started with the first row, so that a source of another format leaves nothing.
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(MeasuredWriter::create(&args.out)?),
        };
        writer.write(&effect)?;
    }
    match writer {
        Some(writer) => writer.finish()?,
        None => MeasuredWriter::create(&args.out)?.finish()?,
    }
    print(counts.summary());
    say(format!("written: {}", args.out.display()));
    Ok(())
}

fn open(args: &Args) -> Result<Effects> {
    let input: &Path = &args.input;
    let mapped = args.columns.is_some() || args.effect_scale.is_some();
    ensure!(args.from == Format::Table || !mapped, "--columns and --effect-scale belong to --from table");
    Ok(match args.from {
        Format::Raqtl => Box::new(RaqtlReader::open(input)?),
        Format::Saturation => Box::new(SaturationReader::open(input)?),
        Format::EqtlMpra => {
            Box::new(EqtlMpraReader::open(input)?.map(|record| record.map(|record| record.effect)))
        }
        Format::Gse87711 => Box::new(Gse87711Reader::open(input)?),
        Format::Gse87711Benchmark => Box::new(Gse87711Reader::open(input)?.as_benchmarked()),
        Format::Gse68331 => Box::new(Gse68331Reader::open(input)?),
        Format::Table => {
            let columns = args.columns.clone().unwrap_or_default();
            let scale = args.effect_scale.map(EffectScale::from).unwrap_or_default();
            Box::new(MeasuredTableReader::with_columns(LineReader::open(input)?, &columns, scale)?)
        }
    })
}

/// What was read.
#[derive(Default)]
struct Counts {
    effects: u64,
    finite: u64,
    infinite: u64,
    p: u64,
}

impl Counts {
    fn count(&mut self, effect: &MeasuredEffect) {
        self.effects += 1;
        self.finite += u64::from(effect.effect_log2.is_some_and(f64::is_finite));
        self.infinite += u64::from(effect.effect_log2.is_some_and(f64::is_infinite));
        self.p += u64::from(effect.p.is_some());
    }

    fn summary(&self) -> String {
        let Self { effects, finite, infinite, p } = self;
        let missing = effects - finite - infinite;
        format!(
            "{effects} effects: {finite} finite, {infinite} infinite, {missing} missing; {p} with a p-value"
        )
    }
}
