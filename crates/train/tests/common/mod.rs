//! Data with a rule that a network can learn, small enough to be learnt in seconds.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::random::Stream;
use ciskit_core::{InMemoryGenome, Interval, Pair, Side};
use ciskit_dataset::{
    Augmentation, ChromosomeFolds, DatasetError, GenomePairs, Jitter, PairSource, Split, Splitter, WindowRule,
};
use ciskit_models::{Model, ModelConfig, epipam};
use ciskit_nn::weights::to_safetensors;
use ciskit_train::{
    CrossValidation, Event, FoldOutcome, Placement, TrainConfig, TrainError, cross_validate, history_tsv,
};

pub(crate) const ENHANCER_LEN: usize = 120;
pub(crate) const PROMOTER_LEN: usize = 100;

/// Four contigs of pairs whose label is a rule about both elements: the enhancer holds `GATAAGGC` *and* the promoter
/// holds `TTCCGGAA`. Half the negatives lack the one, half the other; what is missing is there in scrambled form.
pub(crate) fn learnable(pairs_per_contig: u64) -> GenomePairs<InMemoryGenome> {
    let (mut contigs, mut pairs) = (Vec::new(), Vec::new());
    for contig in 0..4 {
        let name = format!("c{contig}");
        let stream = Stream::new(1, "learnable").number(contig);
        let length = pairs_per_contig * 300 + 100;
        let mut dna: Vec<u8> = (0..length).map(|i| b"ACGT"[stream.bits(i) as usize % 4]).collect();
        for pair in 0..pairs_per_contig {
            let mut draws = stream.name("pair").number(pair).draws();
            let label = pair % 2 == 0;
            let lacking = (!label).then(|| draws.below(2));
            let (enhancer, promoter) = (50 + pair * 300, 200 + pair * 300);
            let mut plant = |start: u64, motif: &[u8; 8]| {
                let place = (start + draws.below(60)) as usize;
                dna[place..place + 8].copy_from_slice(motif);
            };
            plant(enhancer + 10, if lacking == Some(0) { b"AGCGATGA" } else { b"GATAAGGC" });
            plant(promoter + 10, if lacking == Some(1) { b"CATGCATG" } else { b"TTCCGGAA" });
            let at =
                |start, length: usize| Interval::new(name.as_str(), start, start + length as u64).unwrap();
            pairs.push(Pair::new(at(enhancer, ENHANCER_LEN), at(promoter, PROMOTER_LEN)).with_label(label));
        }
        contigs.push((name, dna));
    }
    let genome = InMemoryGenome::new(contigs).unwrap();
    GenomePairs::new(genome, pairs, WindowRule::new(ENHANCER_LEN), WindowRule::new(PROMOTER_LEN)).unwrap()
}

/// One fold a contig.
pub(crate) fn split(source: &dyn PairSource) -> Split {
    ChromosomeFolds::balanced(4).split(source.pairs()).unwrap()
}

/// EPIPAM with few channels and short windows.
pub(crate) fn small_network() -> epipam::Config {
    epipam::Config {
        kernels: vec![8, 5, 3],
        pools: vec![4, 4, 2],
        channels: 8,
        hidden: 16,
        ratios: vec![0.05, 0.2, 1.0],
        block_dropout: 0.1,
        head_dropout: 0.1,
        ..epipam::Config::epi().with_lengths(ENHANCER_LEN, PROMOTER_LEN)
    }
}

pub(crate) fn small_model() -> ModelConfig {
    ModelConfig::Epipam(small_network())
}

/// Three epochs of a few steps: enough to tell runs apart, not to learn.
pub(crate) fn quick_config() -> TrainConfig {
    TrainConfig {
        seed: 3,
        epochs: 3,
        batch: 20,
        augmentation: Augmentation::Both { copies: 2, jitter: 5 },
        ..TrainConfig::default()
    }
}

/// Trains and tests one fold.
pub(crate) fn one_fold(
    source: &dyn PairSource,
    fold: usize,
    config: &TrainConfig,
) -> Result<FoldOutcome, TrainError> {
    let placement = Placement { folds: Some(vec![fold]), ..Placement::default() };
    train(source, config, &placement).0.map(|mut all| all.folds.remove(0))
}

/// Trains the small model, and what its observer was told.
pub(crate) fn train(
    source: &dyn PairSource,
    config: &TrainConfig,
    placement: &Placement,
) -> (Result<CrossValidation, TrainError>, Vec<Event>) {
    let mut events = Vec::new();
    let mut observer = |event| events.push(event);
    let outcome =
        cross_validate::<Model>(source, &split(source), &small_model(), config, placement, &mut observer);
    (outcome, events)
}

/// All that a fold's training comes to, as bytes.
pub(crate) fn bytes(fold: &FoldOutcome) -> Vec<u8> {
    let logits = fold.logits.iter().flat_map(|logit| logit.to_le_bytes());
    let text = format!("{:?} {:?}\n{}", fold.chosen, fold.test, history_tsv(&fold.history));
    [to_safetensors(&fold.weights, None).unwrap(), logits.collect(), text.into_bytes()].concat()
}

/// A source that counts how often each pair is read, and may have other labels or sequences.
pub(crate) struct Watched<S> {
    pub(crate) source: S,
    pub(crate) pairs: Vec<Pair>,
    /// Pairs whose sequences are all unknown.
    pub(crate) blank: Vec<usize>,
    reads: Vec<AtomicUsize>,
}

impl<S: PairSource> Watched<S> {
    pub(crate) fn new(source: S) -> Self {
        let (pairs, reads) = (source.pairs().to_vec(), source.pairs().iter().map(|_| AtomicUsize::new(0)));
        Self { pairs, blank: Vec::new(), reads: reads.collect(), source }
    }

    pub(crate) fn reads(&self, pair: usize) -> usize {
        self.reads[pair].load(Ordering::Relaxed)
    }
}

impl<S: PairSource> PairSource for Watched<S> {
    fn pairs(&self) -> &[Pair] {
        &self.pairs
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
        self.reads[pair].fetch_add(1, Ordering::Relaxed);
        self.source.fetch(pair, jitter, enhancer, promoter)?;
        if self.blank.contains(&pair) {
            enhancer.fill(b'N');
            promoter.fill(b'N');
        }
        Ok(())
    }
}
