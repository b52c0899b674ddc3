//! `--embed`: what a published model makes of windows, for networks that read it in the place of bases.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use ciskit_core::EmbeddingSpec;
use ciskit_dataset::{EmbeddedPairs, EmbeddingCache};
use ciskit_models::ModelConfig;
use ciskit_zoo::load;

use crate::pair_input::PairInput;
use crate::progress::{bar, say};
use crate::zoo_model::ZooFileArgs;

/// Embeddings to train on.
#[derive(clap::Args, Clone)]
#[command(mut_arg("weights", |arg| arg.required(false)), mut_arg("zoo_config", |arg| arg.long("zoo-config")))]
pub(crate) struct EmbedArgs {
    /// Published model (a name of `ciskit zoo list`) whose embeddings of the windows epipam or epi reads in the place of bases;
    /// with --weights
    #[arg(long, value_name = "MODEL", requires = "weights")]
    embed: Option<String>,
    #[command(flatten)]
    published: ZooFileArgs,
    /// Bases a bin: the model's embeddings are averaged over so many
    #[arg(long, default_value_t = 100, value_name = "BP", requires = "embed", value_parser = clap::value_parser!(u32).range(1..))]
    embed_bin: u32,
    #[command(flatten)]
    cache: CacheArgs,
}

/// Where embeddings are kept.
#[derive(clap::Args, Clone)]
pub(crate) struct CacheArgs {
    /// Folder of embeddings, so that each window is embedded once; runs, models and processes may share it [default: embeddings,
    /// beside the run folder]
    #[arg(long, value_name = "FOLDER", requires = "weights")]
    embedding_cache: Option<PathBuf>,
}

impl CacheArgs {
    /// The folder, by default beside a run.
    fn folder(&self, run: &Path) -> PathBuf {
        self.embedding_cache.clone().unwrap_or_else(|| run.with_file_name("embeddings"))
    }
}

impl EmbedArgs {
    /// Whether a network is to read embeddings.
    pub(crate) fn is_given(&self) -> bool {
        self.embed.is_some()
    }

    /// The model whose embeddings are asked for, with those that the cache beside `run` has.
    pub(crate) fn open(&self, run: &Path) -> Result<Option<Embedded>> {
        let Some(name) = &self.embed else {
            ensure!(!self.published.are_given(), "--weights goes with --embed, the name of the model");
            return Ok(None);
        };
        let bin = self.embed_bin as usize;
        Embedded::open(name, &self.published, bin, &self.cache.folder(run), |_| Ok(())).map(Some)
    }
}

/// The files of a model whose embeddings a trained network reads, which knows its name.
#[derive(clap::Args, Clone)]
#[command(mut_arg("weights", |arg| arg.required(false)), mut_arg("zoo_config", |arg| arg.long("zoo-config")))]
pub(crate) struct TrainedOnArgs {
    #[command(flatten)]
    published: ZooFileArgs,
    #[command(flatten)]
    cache: CacheArgs,
}

impl TrainedOnArgs {
    /// The model whose embeddings a network reads, if it reads any, with those that the cache beside `run` has.
    pub(crate) fn open(&self, reads: Option<&EmbeddingSpec>, run: &Path) -> Result<Option<Embedded>> {
        let Some(spec) = reads else {
            ensure!(!self.published.are_given(), "--weights is given, but the model reads no embeddings");
            return Ok(None);
        };
        ensure!(
            !self.published.weights.is_empty(),
            "the model reads embeddings by {spec}: give --weights FILE, and what else it was trained with"
        );
        let check = |fingerprint: &str| {
            ensure!(
                fingerprint == spec.fingerprint,
                "the model reads embeddings by {spec}, and these files and choices have the fingerprint {fingerprint}"
            );
            Ok(())
        };
        Embedded::open(&spec.model, &self.published, spec.bin, &self.cache.folder(run), check).map(Some)
    }
}

/// A published model and the embeddings that it has made.
pub(crate) struct Embedded {
    cache: Arc<EmbeddingCache>,
    weights: Vec<PathBuf>,
}

impl Embedded {
    fn open(
        name: &str,
        published: &ZooFileArgs,
        bin: usize,
        folder: &Path,
        check: impl Fn(&str) -> Result<()>,
    ) -> Result<Self> {
        let options = published.options();
        let fingerprint = options.fingerprint(name)?;
        check(&fingerprint)?;
        let model = load(name, &options)?;
        let embedder = model.embedder().with_context(|| format!("{name} gives no embeddings"))?.clone();
        let cache = EmbeddingCache::open(folder, embedder, name, &fingerprint, bin)?;
        let embedded = Self { cache: Arc::new(cache), weights: published.weights.clone() };
        embedded.tell();
        Ok(embedded)
    }

    /// Says what there is to say of the cache's files.
    fn tell(&self) {
        for note in self.cache.notes() {
            say(format!("warning: {note}"));
        }
    }

    /// The network on these embeddings; one that names embeddings already must name these.
    pub(crate) fn read_by(&self, config: ModelConfig) -> Result<ModelConfig> {
        let ours = self.cache.spec();
        if let Some(theirs) = config.pretrained() {
            let theirs = EmbeddingSpec::from(theirs.clone());
            ensure!(
                theirs == *ours,
                "the configuration reads embeddings by {theirs}, and --embed gives those by {ours}"
            );
            return Ok(config);
        }
        let config = config.with_pretrained(ours.clone().into())?;
        config.validate().with_context(|| format!("{} on embeddings by {ours}", config.name()))?;
        Ok(config)
    }

    /// The same pairs with the embeddings of their windows, which are made now if they are not there yet.
    pub(crate) fn of(&self, input: PairInput) -> Result<PairInput> {
        let PairInput { source, columns, rows, mut description } = input;
        let source = EmbeddedPairs::new(source, self.cache.clone());
        let bar = bar(0, "pairs");
        bar.set_message("embedding");
        let made = source.fill(&mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        self.tell();
        let (made, folder) = (made.context("embedding the windows of all pairs")?, self.cache.folder());
        say(format!("{made} windows embedded, {} there: {}", self.cache.len(), folder.display()));
        description.embed_weights.clone_from(&self.weights);
        Ok(PairInput { source: Box::new(source), columns, rows, description })
    }
}

/// Refuses a configuration that reads embeddings where none are given.
pub(crate) fn check_given(config: &ModelConfig, is_given: bool) -> Result<()> {
    if let (Some(pretrained), false) = (config.pretrained(), is_given) {
        let spec = EmbeddingSpec::from(pretrained.clone());
        bail!("{} reads embeddings by {spec}: give --embed {} and --weights FILE", config.name(), spec.model);
    }
    Ok(())
}
