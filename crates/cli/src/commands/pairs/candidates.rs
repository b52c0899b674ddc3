//! `ciskit pairs candidates`

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ciskit_core::{Contigs, Element};
use ciskit_dataset::{Promoter, candidates};
use ciskit_seqio::{BedReader, PairRecord, PairWriter, read_contigs, read_genes};

use crate::progress::{print, say};

/// Pair every enhancer with every gene whose transcription start lies within a distance
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit pairs candidates --enhancers peaks.bed --genes genes.gtf.gz --max-distance 1000000 -o candidates.bedpe

Then: ciskit predict --model run/ --pairs candidates.bedpe --genome hg19.fa.gz -o scores.tsv")]
pub(crate) struct Args {
    /// Enhancers (BED)
    #[arg(long, value_name = "BED")]
    enhancers: PathBuf,
    /// Genes (GTF); the promoter is placed around each gene's transcription start
    #[arg(long, value_name = "GTF")]
    genes: PathBuf,
    /// Only genes of this type, such as protein_coding
    #[arg(long, value_name = "TYPE")]
    gene_type: Option<String>,
    /// Largest distance of enhancer centre and transcription start, in bp
    #[arg(long, default_value_t = 1_000_000, value_name = "BP")]
    max_distance: u64,
    /// Smallest distance, in bp
    #[arg(long, default_value_t = 0, value_name = "BP")]
    min_distance: u64,
    /// Promoter: bp upstream of the transcription start
    #[arg(long, default_value_t = 1_500, value_name = "BP")]
    upstream: u64,
    /// Promoter: bp downstream of the transcription start
    #[arg(long, default_value_t = 500, value_name = "BP")]
    downstream: u64,
    /// Contig lengths (chrom.sizes or .fai), so that no promoter leaves its contig
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// Pairs (BEDPE; bgzip if it ends in .gz)
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(args.min_distance <= args.max_distance, "--min-distance is larger than --max-distance");
    let sizes: Option<Contigs> = args.sizes.as_ref().map(read_contigs).transpose()?;
    let enhancers: Vec<Element> = BedReader::open(&args.enhancers)?
        .map(|record| record.map(|record| record.element))
        .collect::<Result<_, _>>()?;
    let genes = read_genes(&args.genes)?;
    let wanted = |kind: Option<&str>| args.gene_type.is_none() || kind == args.gene_type.as_deref();
    let mut promoters = Vec::new();
    for gene in genes.iter().filter(|gene| wanted(gene.biotype.as_deref())) {
        let Some(tss) = gene.tss() else { continue };
        let contig = gene.interval.contig();
        let length =
            sizes.as_ref().map(|sizes| sizes.resolve(contig)).transpose()?.map(|contig| contig.length);
        let promoter =
            Promoter::around(contig.clone(), tss, gene.strand, args.upstream, args.downstream, length);
        let promoter = promoter.with_context(|| format!("the promoter of gene {}", gene.id))?;
        promoters.push(promoter.named(gene.name.as_deref().unwrap_or(&gene.id)));
    }
    ensure!(
        !promoters.is_empty(),
        "{} has no gene with a known transcription start{}",
        args.genes.display(),
        args.gene_type.as_ref().map_or_else(String::new, |kind| format!(" of type {kind:?}"))
    );
    let mut writer = PairWriter::create(&args.out, &["tss_distance"])?;
    let mut count = 0usize;
    for (pair, promoter) in candidates(&enhancers, &promoters, args.min_distance, args.max_distance) {
        let distance = pair.enhancer.interval.center() as i64 - promoter.tss as i64;
        writer.write(&PairRecord { pair, extra: vec![distance.to_string()] })?;
        count += 1;
    }
    writer.finish()?;
    print(format!(
        "{count} candidate pairs of {} enhancers and {} promoters",
        enhancers.len(),
        promoters.len()
    ));
    if count == 0 {
        say("no pair lies within the distance: are both files of one assembly, with the same contig names?");
    }
    say(format!("written: {}", args.out.display()));
    Ok(())
}
