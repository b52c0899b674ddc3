//! Which embeddings a network reads.

use std::fmt;

/// Embeddings of windows, as data bring them and networks read them: by which model, and in bins of how many bases.
///
/// Numbers of two models mean different things, and so do those of one model with other weights: the fingerprint tells.
///
/// ```
/// use ciskit_core::EmbeddingSpec;
///
/// let spec = EmbeddingSpec { model: "sei".into(), fingerprint: "85944171f73967e8".into(), width: 960, bin: 100 };
/// assert_eq!(spec.bins(2_950), 30);
/// assert_eq!(spec.to_string(), "sei (fingerprint 85944171f73967e8, 960 numbers for each 100 bp)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmbeddingSpec {
    /// Name of the model.
    pub model: String,
    /// Digest of all that decides its numbers: weights, tokenizer, configuration, choices.
    pub fingerprint: String,
    /// Numbers a bin.
    pub width: usize,
    /// Bases a bin, in bp.
    pub bin: usize,
}

impl EmbeddingSpec {
    /// Bins of a window of `length` bp; the last one may be shorter.
    ///
    /// # Panics
    ///
    /// If bins have no base.
    #[must_use]
    pub fn bins(&self, length: usize) -> usize {
        length.div_ceil(self.bin)
    }
}

impl fmt::Display for EmbeddingSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, fingerprint, width, bin } = self;
        write!(f, "{model} (fingerprint {fingerprint}, {width} numbers for each {bin} bp)")
    }
}
