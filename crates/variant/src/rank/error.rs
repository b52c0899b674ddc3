//! Why blocks cannot be ranked.

/// Why blocks cannot be ranked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RankError {
    /// Nothing to rank.
    #[error("no block has a causal variant")]
    NoCausal,
    /// Nothing to rank by.
    #[error("no scores to rank by")]
    NoModels,
    /// A variant with another number of scores than there are models.
    #[error("variant {id} of block {block} has {found} scores for {expected} models")]
    Scores {
        /// The block.
        block: String,
        /// The variant.
        id: String,
        /// Number of models.
        expected: usize,
        /// Number of scores.
        found: usize,
    },
    /// A place that is none.
    #[error("the first 0 variants of a block hold none: places are counted from 1")]
    Place,
}
