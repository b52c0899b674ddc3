//! Embeddings of windows on disk.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ciskit_core::{EmbeddingSpec, Fnv1a, SequenceEmbedder};

use super::index::{Index, unusable};
use super::key::key_of;
use super::whole::embed_windows;
use crate::DatasetError;

/// Embeddings that are written to one file: few enough that little is lost with a killed process.
const RECORDS: usize = 256;

/// The embeddings of windows by one model, kept in a folder so that each window is embedded once.
///
/// Embeddings are those of [`embed_windows`], `f32`: the same numbers with and without the cache. Letters are read in
/// either case. The folder may be shared by models, runs and processes: a model has a folder of its own in it, named after
/// its [`EmbeddingSpec`], and the files there get their names when they are whole. A file that is cut short or damaged is
/// removed and its windows are embedded again, which [`notes`](Self::notes) tells.
///
/// *Cost*: on disk 4 bytes × width × bins a window (a window of 3,000 bp, bins of 100 bp and 512 numbers: 61 kB) and 28 bytes
/// more; in memory about 100 bytes a window, and up to 256 embeddings that are not written yet.
///
/// ```
/// # use ciskit_core::{Embedding, Pooling, ScoreError, SequenceEmbedder};
/// use std::sync::Arc;
/// use ciskit_dataset::EmbeddingCache;
///
/// # struct Length;
/// # impl SequenceEmbedder for Length {
/// #     fn width(&self) -> usize { 1 }
/// #     fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
/// #         let of = |s: &&[u8]| Ok(Embedding::new(1, std::iter::once(0..s.len()).collect(), vec![s.len() as f32])?);
/// #         sequences.iter().map(of).collect()
/// #     }
/// # }
/// # let folder = tempfile::tempdir()?;
/// let cache = EmbeddingCache::open(folder.path(), Arc::new(Length), "length", "0", 2)?;
/// assert_eq!(cache.embed(&[b"GATTA", b"gatta", b"CAT"])?, 2);
/// let mut values = Vec::new();
/// cache.get(b"GATTA", &mut values)?;
/// assert_eq!(values, [5.0, 5.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EmbeddingCache {
    embedder: Arc<dyn SequenceEmbedder>,
    spec: EmbeddingSpec,
    folder: PathBuf,
    index: RwLock<Index>,
}

impl EmbeddingCache {
    /// The cache of a model in a folder, which is made if need be; `fingerprint` tells what decides the model's numbers, and
    /// bins have `bin` bp.
    ///
    /// # Errors
    ///
    /// [`DatasetError::EmbeddingFile`] if the folder cannot be made or read, [`DatasetError::EmbeddingFormat`] for a file of a
    /// later version.
    ///
    /// # Panics
    ///
    /// If `bin` is 0.
    pub fn open(
        folder: impl AsRef<Path>,
        embedder: Arc<dyn SequenceEmbedder>,
        model: &str,
        fingerprint: &str,
        bin: usize,
    ) -> Result<Self, DatasetError> {
        assert!(bin > 0, "bins of no base");
        let (model, fingerprint) = (model.to_owned(), fingerprint.to_owned());
        let spec = EmbeddingSpec { model, fingerprint, width: embedder.width(), bin };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = spec.model.chars().map(plain).collect();
        let folder = folder.as_ref().join(format!("{name}-{}", Fnv1a::of(spec.to_string().as_bytes())));
        std::fs::create_dir_all(&folder).map_err(unusable("make the folder", &folder))?;
        let cache = Self { embedder, spec, folder, index: RwLock::default() };
        cache.index_mut().refresh(&cache.folder, &cache.spec)?;
        Ok(cache)
    }

    /// Whose embeddings they are.
    #[must_use]
    pub fn spec(&self) -> &EmbeddingSpec {
        &self.spec
    }

    /// Where they are: the folder of this model.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Windows that are embedded already.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a window is embedded already.
    #[must_use]
    pub fn contains(&self, window: &[u8]) -> bool {
        self.index().contains(key_of(&window.to_ascii_uppercase()))
    }

    /// What there is to tell of files that are damaged or none of the cache's, a sentence each, since it was last asked.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.index_mut().notes()
    }

    /// Replaces the contents of `values` by the embedding of a window, (width, bins): embedded now if it is not in the cache.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Embedder`] if the model fails, [`DatasetError::EmbeddingFile`] if embeddings cannot be written.
    pub fn get(&self, window: &[u8], values: &mut Vec<f32>) -> Result<(), DatasetError> {
        let window = window.to_ascii_uppercase();
        let key = key_of(&window);
        if self.find(key, values) {
            return Ok(());
        }
        *values = embed_windows(&*self.embedder, &[&window], self.spec.bin)?.remove(0);
        self.insert([(key, values.clone())])
    }

    /// Embeds the windows that are not in the cache yet, each once, and gives their number. What other processes have written
    /// meanwhile is taken over.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`open`](Self::open).
    pub fn embed(&self, windows: &[&[u8]]) -> Result<usize, DatasetError> {
        self.index_mut().refresh(&self.folder, &self.spec)?;
        let (mut keys, mut missing) = (BTreeSet::new(), Vec::new());
        for window in windows.iter().map(|window| window.to_ascii_uppercase()) {
            let key = key_of(&window);
            if !self.index().contains(key) && keys.insert(key) {
                missing.push((key, window));
            }
        }
        if missing.is_empty() {
            return Ok(0);
        }
        let sequences: Vec<&[u8]> = missing.iter().map(|(_, window)| window.as_slice()).collect();
        let embeddings = embed_windows(&*self.embedder, &sequences, self.spec.bin)?;
        self.insert(missing.iter().map(|(key, _)| *key).zip(embeddings))?;
        Ok(missing.len())
    }

    /// Writes what is not written yet; it is also written when the cache is dropped.
    ///
    /// # Errors
    ///
    /// [`DatasetError::EmbeddingFile`].
    pub fn store(&self) -> Result<(), DatasetError> {
        self.index_mut().store(&self.folder, &self.spec)
    }

    fn insert(&self, embeddings: impl IntoIterator<Item = (u128, Vec<f32>)>) -> Result<(), DatasetError> {
        let mut index = self.index_mut();
        for (key, values) in embeddings {
            index.insert(key, values);
            if index.pending() >= RECORDS {
                index.store(&self.folder, &self.spec)?;
            }
        }
        Ok(())
    }

    /// Finds the embedding of a sequence; one that cannot be read any more is forgotten.
    fn find(&self, key: u128, values: &mut Vec<f32>) -> bool {
        let place = self.index().place(key);
        match place {
            None => false,
            Some(place) if place.read(values) => true,
            // Another thread may have replaced it by now.
            Some(place) => self.index_mut().read_or_forget(&place, values),
        }
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        // Each change is whole before anything can panic.
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EmbeddingCache {
    fn drop(&mut self) {
        // There is nobody left to tell, and what is not written is embedded again.
        self.store().ok();
    }
}

impl fmt::Debug for EmbeddingCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddingCache").field("spec", &self.spec).field("folder", &self.folder).finish()
    }
}
