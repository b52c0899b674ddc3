//! The sizes that follow from EPIPAM's configuration, and the configurations from which none do.

use ciskit_core::Side;
use ciskit_encode::MAX_K;
use ciskit_nn::ops;

use super::{Config, KmerEmbedding};
use crate::ModelError;

/// The sizes that follow from a [`Config`].
///
/// ```
/// let sizes = ciskit_models::epipam::Config::chiapet().validate()?;
/// assert_eq!(sizes.enhancer, [122, 27, 5]);
/// assert_eq!(sizes.top, [148, 72, 25]);
/// assert_eq!((sizes.head1, sizes.head2), (640, Some(245)));
/// # Ok::<(), ciskit_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// Positions of the enhancer after each block.
    pub enhancer: Vec<usize>,
    /// Positions of the promoter after each block.
    pub promoter: Vec<usize>,
    /// Relations that each head of each block's attention hands to the second head: k of the paper; empty without
    /// attention.
    pub top: Vec<usize>,
    /// Inputs of the first head.
    pub head1: usize,
    /// Inputs of the second head, if there is one.
    pub head2: Option<usize>,
}

impl Config {
    /// Checks every value and computes the sizes that follow.
    ///
    /// # Errors
    ///
    /// [`ModelError::Value`] for a value that no network can have, [`ModelError::TooShort`] for a tower that runs out
    /// of positions, [`ModelError::NoRelation`] or [`ModelError::TooManyRelations`] for an attention that cannot be.
    ///
    /// ```
    /// use ciskit_models::epipam::Config;
    ///
    /// let error = Config { ratios: vec![0.01, 0.1, 0.1], ..Config::epi() }.validate().unwrap_err();
    /// assert_eq!(error.to_string(), "ratio 0.1 of block 3 keeps none of its 4 × 2 relations");
    /// ```
    pub fn validate(&self) -> Result<Sizes, ModelError> {
        self.check_values()?;
        let enhancer = self.lengths(Side::Enhancer)?;
        let promoter = self.lengths(Side::Promoter)?;
        let blocks = self.ratios.iter().zip(enhancer.iter().zip(&promoter)).enumerate();
        let top = blocks
            .map(|(index, (&ratio, (&enhancer, &promoter)))| relations(index + 1, enhancer, promoter, ratio))
            .collect::<Result<Vec<_>, _>>()?;
        let positions = |lengths: &[usize]| lengths.last().copied().unwrap_or_default();
        let head1 = self.channels * (positions(&enhancer) + positions(&promoter)) + self.covariates.len();
        let head2 = self.has_attention().then(|| self.heads * top.iter().sum::<usize>());
        if self.attend_before_pooling {
            self.check_relations_before_pooling(&enhancer, &promoter)?;
        }
        Ok(Sizes { enhancer, promoter, top, head1, head2 })
    }

    fn check_values(&self) -> Result<(), ModelError> {
        let blocks = self.kernels.len();
        if blocks == 0 {
            return Err(ModelError::value("kernels", "at least one block", "empty"));
        }
        let ratios = if self.has_attention() { self.ratios.len() } else { blocks };
        for (key, found) in [("pools", self.pools.len()), ("ratios", ratios)] {
            if found != blocks {
                let expected = format!("{blocks}, one for each of the kernels");
                return Err(ModelError::value(format!("the number of {key}"), expected, found));
            }
        }
        for (key, size) in [("channels", self.channels), ("hidden", self.hidden)] {
            if size == 0 {
                return Err(ModelError::value(key, "at least 1", size));
            }
        }
        for (key, sizes) in [("kernels", &self.kernels), ("pools", &self.pools)] {
            if let Some(index) = sizes.iter().position(|&size| size == 0) {
                return Err(ModelError::value(format!("value {} of {key}", index + 1), "at least 1", 0));
            }
        }
        // Written so that NaN is refused.
        let bad_ratio = self.ratios.iter().position(|&ratio| !(ratio > 0.0 && ratio <= 1.0));
        if let Some(index) = bad_ratio {
            let key = format!("value {} of ratios", index + 1);
            return Err(ModelError::value(key, "above 0 and at most 1", self.ratios[index]));
        }
        if let Some(KmerEmbedding { k, width, .. }) = &self.embedding {
            if !(1..=MAX_K).contains(k) {
                return Err(ModelError::value("k of embedding", format!("1 to {MAX_K}"), k));
            }
            if *width == 0 {
                return Err(ModelError::value("width of embedding", "at least 1", width));
            }
        }
        self.check_pretrained()?;
        for (key, rate) in [("block_dropout", self.block_dropout), ("head_dropout", self.head_dropout)] {
            if !(0.0..1.0).contains(&rate) {
                return Err(ModelError::value(key, "at least 0 and below 1", rate));
            }
        }
        self.check_options()
    }

    fn check_options(&self) -> Result<(), ModelError> {
        if self.heads == 0 || !self.channels.is_multiple_of(self.heads) {
            let expected = format!("a divisor of the {} channels", self.channels);
            return Err(ModelError::value("heads", expected, self.heads));
        }
        if !self.has_attention() && (self.heads > 1 || self.attend_before_pooling) {
            let key = if self.heads > 1 { "heads" } else { "attend_before_pooling" };
            let found = if self.heads > 1 { self.heads.to_string() } else { "true".to_owned() };
            return Err(ModelError::value(key, "nothing of the kind without attention", found));
        }
        for (index, name) in self.covariates.iter().enumerate() {
            if name.is_empty() || self.covariates[..index].contains(name) {
                let key = format!("value {} of covariates", index + 1);
                return Err(ModelError::value(key, "a name that occurs once", format!("{name:?}")));
            }
        }
        Ok(())
    }

    /// Refuses more relations of unpooled positions than can be counted.
    fn check_relations_before_pooling(
        &self,
        enhancer: &[usize],
        promoter: &[usize],
    ) -> Result<(), ModelError> {
        let unpooled = |block: usize, whole: usize, pooled: &[usize]| {
            let length = if block == 0 { whole } else { pooled[block - 1] };
            length + 1 - self.kernels[block]
        };
        for (block, &ratio) in self.ratios.iter().enumerate() {
            let [whole_e, whole_p] = [Side::Enhancer, Side::Promoter].map(|side| self.input_positions(side));
            let e = unpooled(block, whole_e, enhancer);
            relations(block + 1, e, unpooled(block, whole_p, promoter), ratio)?;
        }
        Ok(())
    }

    /// Positions after each block of a tower.
    fn lengths(&self, side: Side) -> Result<Vec<usize>, ModelError> {
        let mut length = self.input_positions(side);
        let blocks = self.kernels.iter().zip(&self.pools).enumerate();
        blocks
            .map(|(index, (&kernel, &pool))| {
                let too_short = ModelError::TooShort { block: index + 1, side, length, kernel, pool };
                length = ops::pooled_length(length, kernel, pool).ok_or(too_short)?;
                Ok(length)
            })
            .collect()
    }
}

/// How many relations one attention keeps.
fn relations(block: usize, enhancer: usize, promoter: usize, ratio: f64) -> Result<usize, ModelError> {
    if enhancer.checked_mul(promoter).is_none_or(|relations| relations > u32::MAX as usize) {
        return Err(ModelError::TooManyRelations { block, enhancer, promoter });
    }
    let none = ModelError::NoRelation { block, enhancer, promoter, ratio };
    ops::top_count(enhancer, promoter, ratio).map_err(|_| none)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(config: Config) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn sizes_follow_from_lengths() {
        let sizes = Config::epi().validate().unwrap();
        assert_eq!((sizes.enhancer, sizes.promoter), (vec![297, 28, 4], vec![197, 18, 2]));
        assert_eq!((sizes.top, sizes.head1, sizes.head2), (vec![585, 50, 8], 384, Some(643)));

        let sizes = Config::epi().with_lengths(2500, 1500).validate().unwrap();
        assert_eq!((sizes.enhancer, sizes.promoter), (vec![247, 23, 3], vec![147, 13, 1]));
        assert_eq!((sizes.top, sizes.head1, sizes.head2), (vec![363, 29, 3], 256, Some(395)));

        let sizes = Config::chiapet().without_attention().validate().unwrap();
        assert_eq!((sizes.top, sizes.head1, sizes.head2), (vec![], 640, None));
    }

    #[test]
    fn any_number_of_blocks_is_a_network() {
        let config = Config { kernels: vec![5], pools: vec![4], ratios: vec![0.5], ..Config::epi() };
        let sizes = config.with_lengths(12, 8).validate().unwrap();
        assert_eq!((sizes.top, sizes.head1), (vec![1], 64 * 3));
    }

    #[test]
    fn options_change_the_heads_alone() {
        let paper = Config::epi().validate().unwrap();
        let sizes = Config { heads: 4, ..Config::epi() }.validate().unwrap();
        assert_eq!((&sizes.top, sizes.head1, sizes.head2), (&paper.top, paper.head1, Some(4 * 643)));
        let sizes = Config { attend_before_pooling: true, ..Config::epi() }.validate().unwrap();
        assert_eq!(sizes, paper);
        let sizes = Config::epi().with_covariates(["a", "b"]).validate().unwrap();
        assert_eq!((sizes.head1, sizes.head2), (386, Some(643)));

        assert_eq!(
            refused(Config { heads: 3, ..Config::epi() }),
            "heads is 3, expected a divisor of the 64 channels"
        );
        assert_eq!(
            refused(Config { heads: 0, ..Config::epi() }),
            "heads is 0, expected a divisor of the 64 channels"
        );
        assert_eq!(
            refused(Config { heads: 2, ..Config::epi().without_attention() }),
            "heads is 2, expected nothing of the kind without attention"
        );
        assert_eq!(
            refused(Config::epi().with_covariates(["a", "a"])),
            "value 2 of covariates is \"a\", expected a name that occurs once"
        );
    }

    #[test]
    fn the_shortest_windows_are_just_long_enough() {
        assert!(Config::epi().with_lengths(1244, 1244).validate().is_ok());
        assert_eq!(
            refused(Config::epi().with_lengths(1244, 1243)),
            "block 3 of the promoter tower leaves no position: length 10, kernel 7, pool 5 (needs a length of at least 11)"
        );
        assert_eq!(
            refused(Config::epi().with_lengths(0, 1244)),
            "block 1 of the enhancer tower leaves no position: length 0, kernel 25, pool 10 (needs a length of at least 34)"
        );
    }

    #[test]
    fn impossible_values_are_refused_by_name() {
        let epi = Config::epi;
        assert_eq!(
            refused(Config { ratios: vec![0.01, 0.1, 0.05], ..epi() }),
            "ratio 0.05 of block 3 keeps none of its 4 × 2 relations"
        );
        for ratio in [0.0, -0.1, 1.0001, f64::NAN] {
            assert_eq!(
                refused(Config { ratios: vec![0.01, ratio, 1.0], ..epi() }),
                format!("value 2 of ratios is {ratio}, expected above 0 and at most 1")
            );
        }
        assert_eq!(
            refused(Config { pools: vec![10, 10], ..epi() }),
            "the number of pools is 2, expected 3, one for each of the kernels"
        );
        assert_eq!(
            refused(Config { ratios: vec![1.0], ..epi() }),
            "the number of ratios is 1, expected 3, one for each of the kernels"
        );
        assert_eq!(
            refused(Config { kernels: vec![], ..epi() }),
            "kernels is empty, expected at least one block"
        );
        assert_eq!(
            refused(Config { pools: vec![10, 0, 5], ..epi() }),
            "value 2 of pools is 0, expected at least 1"
        );
        assert_eq!(refused(Config { channels: 0, ..epi() }), "channels is 0, expected at least 1");
        assert_eq!(refused(Config { hidden: 0, ..epi() }), "hidden is 0, expected at least 1");
        assert_eq!(
            refused(Config { head_dropout: 1.0, ..epi() }),
            "head_dropout is 1, expected at least 0 and below 1"
        );
        let embedded = |k, width| {
            let embedding = Some(KmerEmbedding { k, width, frozen: false });
            refused(Config { embedding, ..epi() })
        };
        assert_eq!(embedded(0, 100), "k of embedding is 0, expected 1 to 12");
        assert_eq!(embedded(13, 100), "k of embedding is 13, expected 1 to 12");
        assert_eq!(embedded(6, 0), "width of embedding is 0, expected at least 1");
        assert_eq!(
            refused(
                Config { kernels: vec![1], pools: vec![1], ratios: vec![1e-9], ..epi() }
                    .with_lengths(1 << 20, 1 << 20)
            ),
            "block 1 relates 1048576 × 1048576 positions, which is more than 2^32"
        );
    }
}
