//! `ciskit zoo score`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ciskit_core::VariantScorer;
use ciskit_zoo::{LoadOptions, load};

use crate::variant_scoring::{OutputArgs, ScoringArgs, SourceArgs, score_with};

/// Score variants with a published model
#[derive(clap::Args)]
#[command(after_help = "Example:
  ciskit zoo score sei --weights sei.pth --file target-names=target.names --outputs '*H3K27ac*' \\
      --genome hg38.fa.gz --vcf in.vcf.gz --score log2-ratio -o out.tsv
  ciskit zoo score trednet-v1 --weights phase_one.hdf5 --weights phase_two_HepG2.hdf5 --genome hg19.fa --vcf in.vcf -o out.tsv
  ciskit zoo score sei --weights sei.pth --file projection=projvec_targets.npy --file histone-indices=histone_inds.npy \\
      --genome hg38.fa --vcf in.vcf -o classes.tsv
  ciskit zoo score borzoi-replicate-0 --weights model.safetensors --file targets=targets_human.txt --outputs '*ENCFF136DBS*' \\
      --genome hg38.fa --vcf in.vcf --score sum --score strand-merged:of=log-sum -o out.tsv

`ciskit zoo list` tells the models. The model reads a window around each variant, or with masked language models the
likelihood of both alleles in it. Every variant comes back with a status, as from `ciskit variants score`.")]
pub(crate) struct Args {
    /// Name of the model, as `ciskit zoo list` has it
    #[arg(value_name = "MODEL")]
    name: String,
    /// Weight file or folder as published; TREDNet has two, phase one and then phase two
    #[arg(long, value_name = "FILE")]
    weights: Vec<PathBuf>,
    /// Tokenizer, if it is not beside the weights
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// Configuration, if the weight file does not hold it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Further file of the model (sei: target-names, projection, histone-indices; trednet: target-names, phase-two-config;
    /// enformer, borzoi: targets; enformer: gammas); may be repeated
    #[arg(long = "file", value_name = "NAME=FILE", value_parser = named)]
    files: Vec<(String, String)>,
    /// Choice that the model offers (sei: strands=mean|forward, unknown=quarter|zero; language models:
    /// variants=classes|masked|pseudo, or causal for hyenadna, truncation=TOKENS|none; enformer, borzoi: head=human|mouse,
    /// names=identifier|description; borzoi: scale=raw|untransformed, squash=old|new; enformer: gamma=position|feature); may be
    /// repeated
    #[arg(long = "choice", value_name = "NAME=VALUE", value_parser = named)]
    choices: Vec<(String, String)>,
    /// Sequences that the network sees at once [default: as many as 0.5 GB of activations have room for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
    /// Genome: FASTA, plain or bgzip; sequences need none
    #[arg(long, value_name = "FASTA", required_unless_present = "sequences")]
    genome: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    scoring: ScoringArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn named(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Args {
    fn options(&self) -> Result<LoadOptions> {
        let Some((first, rest)) = self.weights.split_first() else {
            bail!("no weights are given: --weights FILE; `ciskit zoo list` tells where they are published")
        };
        let mut options = rest.iter().fold(LoadOptions::new(first), LoadOptions::with_weights);
        options.tokenizer.clone_from(&self.tokenizer);
        options.config.clone_from(&self.config);
        options.batch = self.batch.map(|sequences| sequences as usize);
        for (name, path) in &self.files {
            options = options.with_file(name, path);
        }
        for (name, value) in &self.choices {
            options = options.with_choice(name, value);
        }
        Ok(options)
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let model = load(&args.name, &args.options()?)?;
    let scorer: &dyn VariantScorer = model.variant_scorer().context("this model scores no variants")?;
    score_with(vec![scorer], args.genome.as_deref(), &args.scoring, &args.source, &args.output.out)
}
