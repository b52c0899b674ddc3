//! Embedded k-mers as the input of EPIPAM* and EPI*.

use ciskit_core::Side;
use serde::{Deserialize, Serialize};

/// Input as embedded overlapping k-mers, with a table of vectors for each tower.
///
/// A window becomes as many ids as it has bases, those of its overlapping k-mers with zeros in front
/// ([`ciskit_nn::ops::kmer_ids`]); row 0 of a table belongs to k-mers with an unknown base and to the padding, and is
/// trained like any other. The tables are the parameters `embed_layer_en.weight` and `embed_layer_pr.weight`.
///
/// ```
/// use ciskit_models::epipam::KmerEmbedding;
///
/// let embedding = KmerEmbedding::default();
/// assert_eq!((embedding.k, embedding.width, embedding.frozen), (6, 100, false));
/// assert_eq!(embedding.words(), 4097);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KmerEmbedding {
    /// Length of a k-mer in bp.
    pub k: usize,
    /// Numbers in a vector.
    pub width: usize,
    /// Whether the vectors stay as they are: no gradient, no decay.
    pub frozen: bool,
}

impl Default for KmerEmbedding {
    /// Trained 6-mer vectors of 100 numbers, as published.
    fn default() -> Self {
        Self { k: 6, width: 100, frozen: false }
    }
}

impl KmerEmbedding {
    /// Rows of a table: 4^k, and one for id 0; 0 for a k that has no ids.
    #[must_use]
    pub fn words(&self) -> usize {
        ciskit_encode::kmer_vocabulary(self.k).unwrap_or(0)
    }
}

/// The published name of a tower's table.
pub(super) fn layer(side: Side) -> &'static str {
    match side {
        Side::Enhancer => "embed_layer_en",
        Side::Promoter => "embed_layer_pr",
    }
}
