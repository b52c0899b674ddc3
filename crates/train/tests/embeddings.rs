//! Embeddings by a pretrained model reach the network in the place of bases: what they tell is learnt, and nothing else is.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::path::Path;
use std::sync::Arc;

use ciskit_core::random::Stream;
use ciskit_core::{
    Embedding, EmbeddingSpec, InMemoryGenome, Pair, Pooling, ScoreError, SequenceEmbedder, Side,
};
use ciskit_dataset::{
    Augmentation, DatasetError, EmbeddedPairs, EmbeddingCache, GenomePairs, Jitter, PairSource,
};
use ciskit_models::{Model, ModelConfig, epipam};
use ciskit_nn::{DType, Device, PairModel, Parameters};
use ciskit_train::{
    CrossValidation, FoldOutcome, Placement, Silent, TrainConfig, TrainError, cross_validate, fingerprint,
    logits,
};
use common::*;

const BIN: usize = 10;

/// Rows of four bases: how well one of two motifs fits there, times a factor, and a third number of no meaning.
struct Motifs(f32);

impl SequenceEmbedder for Motifs {
    fn width(&self) -> usize {
        3
    }
    fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        let of = |sequence: &&[u8]| {
            let fit = |motif: &[u8], start: usize| {
                let same = sequence[start..].iter().zip(motif).filter(|(base, of)| base == of);
                (same.count() == motif.len()).into()
            };
            let best = |motif: &[u8], row: usize| -> f32 {
                (row * 4..sequence.len().min(row * 4 + 4)).map(|start| fit(motif, start)).fold(0.0, f32::max)
            };
            let rows = 0..sequence.len().div_ceil(4);
            let positions = rows.clone().map(|row| row * 4..sequence.len().min(row * 4 + 4)).collect();
            let values = rows
                .flat_map(|row| {
                    [best(b"GATAAGGC", row), best(b"TTCCGGAA", row), f32::from(sequence[row * 4] % 4) / 4.0]
                })
                .map(|value| self.0 * value)
                .collect();
            Ok(Embedding::new(3, positions, values)?)
        };
        sequences.iter().map(of).collect()
    }
}

type Embedded = EmbeddedPairs<GenomePairs<InMemoryGenome>>;

fn embedded(folder: &Path, pairs_per_contig: u64, factor: f32) -> Embedded {
    let cache = EmbeddingCache::open(folder, Arc::new(Motifs(factor)), "motifs", "1", BIN).unwrap();
    EmbeddedPairs::new(learnable(pairs_per_contig), Arc::new(cache))
}

fn network(fingerprint: &str) -> ModelConfig {
    let spec = EmbeddingSpec { model: "motifs".into(), fingerprint: fingerprint.into(), width: 3, bin: BIN };
    let blocks =
        epipam::Config { kernels: vec![1, 3], pools: vec![1, 2], ratios: vec![0.1, 0.5], ..small_network() };
    ModelConfig::Epipam(blocks.with_pretrained(spec.into()))
}

fn config() -> TrainConfig {
    let augmentation = Augmentation::Both { copies: 2, jitter: 0 };
    let config = TrainConfig { epochs: 10, augmentation, ..quick_config() };
    TrainConfig { optimiser: ciskit_nn::AdamConfig::l2(5e-3, 0.0), ..config }
}

fn trained(
    source: &dyn PairSource,
    model: &ModelConfig,
    config: &TrainConfig,
    placement: &Placement,
) -> Result<CrossValidation, TrainError> {
    let placement = Placement { folds: Some(vec![0]), ..placement.clone() };
    cross_validate::<Model>(source, &split(source), model, config, &placement, &mut Silent)
}

fn fold_of(source: &dyn PairSource, config: &TrainConfig) -> FoldOutcome {
    trained(source, &network("1"), config, &Placement::default()).unwrap().folds.remove(0)
}

/// The embeddings of other pairs' windows.
struct Shuffled<'a> {
    source: &'a Embedded,
    order: Vec<usize>,
}

impl PairSource for Shuffled<'_> {
    fn pairs(&self) -> &[Pair] {
        self.source.pairs()
    }
    fn window_len(&self, side: Side) -> usize {
        self.source.window_len(side)
    }
    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        self.source.fetch(pair, jitter, enhancer, promoter)
    }
    fn embedding(&self) -> Option<&EmbeddingSpec> {
        self.source.embedding()
    }
    fn fetch_embeddings(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        self.source.fetch_embeddings(self.order[pair], jitter, enhancer, promoter)
    }
}

#[test]
fn what_embeddings_tell_is_learnt_and_shuffled_ones_tell_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = embedded(folder.path(), 100, 1.0);
    source.fill(&mut |_, _| ()).unwrap();
    let mut order: Vec<usize> = (0..source.len()).collect();
    Stream::new(5, "order").draws().shuffle(&mut order);
    let with = fold_of(&source, &config()).test.auroc;
    let shuffled = fold_of(&Shuffled { source: &source, order }, &config()).test.auroc;
    println!("held-out AUROC with embeddings {with}, with those of other pairs {shuffled}");
    assert!(with > 0.9, "{with}");
    assert!(shuffled < 0.65, "{shuffled}");
}

#[test]
fn the_cache_and_threads_do_not_change_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let short = TrainConfig { epochs: 2, ..config() };
    // Moved windows are embedded while training, by several threads.
    let moved = TrainConfig { augmentation: Augmentation::Both { copies: 2, jitter: 5 }, ..short.clone() };
    let run = |threads, place: &str, config: &TrainConfig, fills| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let source = embedded(&folder.path().join(place), 20, 1.0);
        if fills {
            source.fill(&mut |_, _| ()).unwrap();
        }
        pool.install(|| bytes(&fold_of(&source, config)))
    };
    for (name, config) in [("centred", &short), ("moved", &moved)] {
        let empty = run(1, name, config, false);
        assert!(run(2, name, config, false) == empty, "{name}, full cache");
        assert!(run(2, &format!("{name} again"), config, true) == empty, "{name}, filled cache");
    }
    assert!(run(1, "centred", &moved, false) != run(1, "centred", &short, false));
}

#[test]
fn a_run_goes_on_with_the_same_embeddings_only() {
    let (folder, caches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let placement = Placement { checkpoints: Some(folder.path().to_owned()), ..Placement::default() };
    let source = |place: &str, factor| embedded(&caches.path().join(place), 20, factor);
    let longer = TrainConfig { epochs: 3, ..config() };
    let started = TrainConfig { epochs: 1, ..longer.clone() };
    trained(&source("a", 1.0), &network("1"), &started, &placement).unwrap();
    // As if it had been killed after an epoch: what it had is a checkpoint, and the outcome is still to come.
    std::fs::remove_file(folder.path().join("fold-0.outcome")).unwrap();

    let refused = |source: &dyn PairSource, model: &ModelConfig| {
        trained(source, model, &longer, &placement).unwrap_err().to_string()
    };
    // Another model, the same model with other numbers, and none.
    let message = refused(&source("b", 2.0), &network("1"));
    let name = "embeddings is embeddings by motifs (fingerprint 1, 3 numbers for each 10 bp) with hash ";
    assert!(message.contains(name), "{message}");
    let message = refused(&source("a", 1.0), &network("2"));
    assert_eq!(
        message,
        "the model reads embeddings by motifs (fingerprint 2, 3 numbers for each 10 bp), the data have embeddings by \
         motifs (fingerprint 1, 3 numbers for each 10 bp)"
    );
    let message = refused(&learnable(20), &network("1"));
    assert!(message.ends_with("the data have no embeddings"), "{message}");
    let message = refused(&source("a", 1.0), &small_model());
    assert!(
        message.starts_with("the model reads no embeddings, the data have embeddings by motifs"),
        "{message}"
    );

    let source = source("another place", 1.0);
    let resumed = trained(&source, &network("1"), &longer, &placement).unwrap().folds.remove(0);
    assert!(bytes(&resumed) == bytes(&fold_of(&source, &longer)));

    let (plain, with) = (fingerprint(&learnable(20)).unwrap(), fingerprint(&source).unwrap());
    assert!(with.starts_with(&plain) && with.contains(", embeddings by motifs (fingerprint 1"), "{with}");
    // Scores are those of the model on the same windows, in batches of any size.
    let load = |vb| <Model as PairModel>::load(vb, &network("1"));
    let (_, model) = Parameters::load(resumed.weights.clone(), DType::F32, &Device::Cpu, load).unwrap();
    assert_eq!(logits(&model, &source, &resumed.rows, 3, &Device::Cpu).unwrap(), resumed.logits);
}
