//! Pairs whose windows come with embeddings.

use std::sync::Arc;

use ciskit_core::{EmbeddingSpec, Pair, ReferenceGenome, Side};

use super::cache::EmbeddingCache;
use crate::{DatasetError, Jitter, PairSource, pair_name};

/// Windows that are embedded in one call of the model.
const CHUNK: usize = 32;

/// A source whose windows come with what a pretrained model makes of them.
///
/// [`fill`](Self::fill) embeds all centred windows before anything reads them. A window that is moved by a [`Jitter`] is
/// another sequence with another embedding: it is embedded when it is met first, which costs a run of the model and
/// room in the cache for each.
///
/// ```
/// # use ciskit_core::{Embedding, InMemoryGenome, Interval, Pair, Pooling, ScoreError, SequenceEmbedder};
/// use std::sync::Arc;
/// use ciskit_dataset::{EmbeddedPairs, EmbeddingCache, GenomePairs, Jitter, PairSource, WindowRule};
///
/// /// Tells of each base whether it is an A.
/// struct IsA;
/// # impl SequenceEmbedder for IsA {
/// #     fn width(&self) -> usize { 1 }
/// #     fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
/// #         let of = |s: &&[u8]| {
/// #             let values = s.iter().map(|base| f32::from(u8::from(*base == b'A'))).collect();
/// #             Ok(Embedding::new(1, (0..s.len()).map(|base| base..base + 1).collect(), values)?)
/// #         };
/// #         sequences.iter().map(of).collect()
/// #     }
/// # }
///
/// let genome = InMemoryGenome::new([("chr1", b"AAAACACACCCCAACC".to_vec())])?;
/// let pairs = vec![Pair::new(Interval::new("chr1", 2, 6)?, Interval::new("chr1", 10, 14)?)];
/// let source = GenomePairs::new(genome, pairs, WindowRule::new(4), WindowRule::new(6))?;
///
/// let folder = tempfile::tempdir()?;
/// let cache = Arc::new(EmbeddingCache::open(folder.path(), Arc::new(IsA), "is-a", "0", 2)?);
/// let source = EmbeddedPairs::new(source, cache.clone());
/// assert_eq!(source.fill(&mut |_, _| ())?, 2);
/// let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
/// source.fetch_embeddings(0, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
/// assert_eq!((&enhancer[..], &promoter[..]), (&[1.0, 0.5][..], &[0.0, 0.5, 0.5][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct EmbeddedPairs<S> {
    source: S,
    cache: Arc<EmbeddingCache>,
}

impl<S: PairSource> EmbeddedPairs<S> {
    /// Joins a source and the cache of its windows' embeddings.
    #[must_use]
    pub fn new(source: S, cache: Arc<EmbeddingCache>) -> Self {
        Self { source, cache }
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &EmbeddingCache {
        &self.cache
    }

    /// Embeds the centred windows of all pairs that are not in the cache yet, and gives their number. `progress` is told
    /// how many pairs of how many are done.
    ///
    /// # Errors
    ///
    /// As [`PairSource::fetch`] and [`EmbeddingCache::embed`].
    pub fn fill(&self, progress: &mut dyn FnMut(usize, usize)) -> Result<usize, DatasetError> {
        let (mut embedded, mut waiting) = (0, Vec::<Vec<u8>>::new());
        let (mut enhancer, mut promoter) = (Vec::new(), Vec::new());
        for pair in 0..self.source.len() {
            self.source.fetch(pair, Jitter::CENTRED, &mut enhancer, &mut promoter)?;
            for window in [&enhancer, &promoter] {
                if !self.cache.contains(window) && !waiting.contains(window) {
                    waiting.push(window.clone());
                }
            }
            if waiting.len() >= CHUNK || pair + 1 == self.source.len() {
                let windows: Vec<&[u8]> = waiting.iter().map(Vec::as_slice).collect();
                embedded += self.cache.embed(&windows)?;
                waiting.clear();
                progress(pair + 1, self.source.len());
            }
        }
        self.cache.store()?;
        Ok(embedded)
    }
}

impl<S: PairSource> PairSource for EmbeddedPairs<S> {
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

    fn covariate_names(&self) -> &[String] {
        self.source.covariate_names()
    }

    fn covariates(&self, pair: usize) -> &[f32] {
        self.source.covariates(pair)
    }

    fn tracks(&self) -> usize {
        self.source.tracks()
    }

    fn fetch_tracks(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        self.source.fetch_tracks(pair, jitter, enhancer, promoter)
    }

    fn embedding(&self) -> Option<&EmbeddingSpec> {
        Some(self.cache.spec())
    }

    fn fetch_embeddings(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<f32>,
        promoter: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        let (mut enhancer_window, mut promoter_window) = (Vec::new(), Vec::new());
        self.source.fetch(pair, jitter, &mut enhancer_window, &mut promoter_window)?;
        for (side, window, values) in
            [(Side::Enhancer, &enhancer_window, enhancer), (Side::Promoter, &promoter_window, promoter)]
        {
            self.cache.get(window, values).map_err(|cause| {
                let name = pair_name(&self.source.pairs()[pair]);
                DatasetError::Embed { pair, name, side, source: Box::new(cause) }
            })?;
        }
        Ok(())
    }

    fn reference(&self) -> Option<&dyn ReferenceGenome> {
        self.source.reference()
    }
}
