//! Blocks of variants in linkage.

use std::collections::{BTreeMap, BTreeSet};

/// A variant of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockVariant {
    /// Its identifier.
    pub id: String,
    /// Whether it is the one to be found.
    pub causal: bool,
    /// A score, or none, of each model.
    pub scores: Vec<Option<f64>>,
}

/// Variants in linkage with each other, the causal ones marked.
#[derive(Clone, Debug, PartialEq)]
pub struct RankBlock {
    /// The block's name.
    pub name: String,
    /// Its variants.
    pub variants: Vec<BlockVariant>,
}

/// Two variants in linkage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LdPair<'a> {
    /// The variant that was asked for.
    pub first: &'a str,
    /// A neighbour.
    pub second: &'a str,
    /// Squared correlation of their alleles.
    pub r2: f64,
}

impl RankBlock {
    /// A block of variants.
    #[must_use]
    pub fn new(name: impl Into<String>, variants: impl IntoIterator<Item = BlockVariant>) -> Self {
        Self { name: name.into(), variants: variants.into_iter().collect() }
    }

    /// A block for each causal variant of a list of linked pairs: the variant and its neighbours of at least this r².
    ///
    /// Without `causal`, the first of each pair is (as with `plink --r2 --ld-snp-list`); with it, pairs count in both
    /// directions, because plink lists each once. A variant paired with itself is in its block anyway. Blocks are in
    /// the order of their names.
    ///
    /// ```
    /// use ciskit_variant::rank::{LdPair, RankBlock};
    ///
    /// let pair = |first, second, r2| LdPair { first, second, r2 };
    /// let pairs = [pair("a", "b", 0.9), pair("a", "c", 0.5), pair("b", "d", 0.95)];
    /// let scores = |id: &str| vec![(id != "d").then_some(0.5)];
    /// let sizes = |blocks: Vec<RankBlock>| -> Vec<(String, usize)> {
    ///     blocks.into_iter().map(|block| (block.name, block.variants.len())).collect()
    /// };
    /// let blocks = RankBlock::from_ld(pairs, 0.8, None, scores);
    /// assert_eq!(sizes(blocks), [("a".into(), 2), ("b".into(), 2)]);
    /// let blocks = RankBlock::from_ld(pairs, 0.8, Some(&["b".to_owned()].into()), scores);
    /// assert_eq!(sizes(blocks), [("b".into(), 3)]);
    /// ```
    #[must_use]
    pub fn from_ld<'a>(
        pairs: impl IntoIterator<Item = LdPair<'a>>,
        least_r2: f64,
        causal: Option<&BTreeSet<String>>,
        scores: impl Fn(&str) -> Vec<Option<f64>>,
    ) -> Vec<Self> {
        let mut neighbours: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        // A causal variant without neighbours has a block too.
        for id in causal.into_iter().flatten() {
            neighbours.entry(id.clone()).or_default();
        }
        for LdPair { first, second, r2 } in pairs {
            let both = [(first, second), (second, first)];
            let directions = if causal.is_some() { &both[..] } else { &both[..1] };
            for (own, other) in directions {
                if causal.is_some_and(|causal| !causal.contains(*own)) {
                    continue;
                }
                let block = neighbours.entry((*own).to_owned()).or_default();
                if own != other && r2 >= least_r2 {
                    block.insert((*other).to_owned());
                }
            }
        }
        let variant = |id: String, causal| BlockVariant { scores: scores(&id), id, causal };
        neighbours
            .into_iter()
            .map(|(name, others)| {
                let others = others.into_iter().map(|id| variant(id, false));
                Self { variants: std::iter::once(variant(name.clone(), true)).chain(others).collect(), name }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_given_twice_and_with_themselves_count_once() {
        let pair = |first, second| LdPair { first, second, r2: 1.0 };
        let pairs = [pair("a", "a"), pair("a", "b"), pair("b", "a"), pair("a", "b")];
        let causal = ["a".to_owned(), "lonely".to_owned()].into();
        let blocks = RankBlock::from_ld(pairs, 0.8, Some(&causal), |_| vec![None]);
        let ids: Vec<Vec<&str>> = blocks
            .iter()
            .map(|block| block.variants.iter().map(|variant| variant.id.as_str()).collect())
            .collect();
        assert_eq!(ids, [&["a", "b"][..], &["lonely"]]);
        assert!(blocks[0].variants[0].causal && !blocks[0].variants[1].causal);
        // The limit itself counts.
        let near = LdPair { first: "a", second: "b", r2: 0.8 };
        assert_eq!(RankBlock::from_ld([near], 0.8, None, |_| vec![])[0].variants.len(), 2);
    }
}
