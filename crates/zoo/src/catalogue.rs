//! What there is: names, sizes, licences, and where weights are published.

use crate::error::ZooError;
use crate::registry::{LoadOptions, Reads, ZooModel};
#[cfg(feature = "transformer")]
use crate::transformer::Published;

/// How many parameters a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// This many, as published; a test builds the model's shapes and counts.
    Exactly(u64),
    /// The published file decides.
    OfFile,
}

/// A published model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Name, as the command line takes it (`nucleotide-transformer-v2-50m-multi-species`).
    pub name: &'static str,
    /// Family: the module of this crate and the feature that brings it.
    pub family: &'static str,
    /// Architecture in a few words.
    pub architecture: &'static str,
    /// What it reads (`4,096 bp`, `up to 512 tokens`).
    pub input: &'static str,
    /// Number of parameters.
    pub parameters: Parameters,
    /// Licence of the published code.
    pub code_licence: &'static str,
    /// Licence of the published weights.
    pub weights_licence: &'static str,
    /// Where the weights are published.
    pub published: &'static str,
    /// The paper.
    pub paper: &'static str,
}

/// Reads the files of a language model by its name in the catalogue.
#[cfg(feature = "transformer")]
pub(crate) type ReadPublished = fn(&'static Entry, &LoadOptions) -> Result<Published, ZooError>;

/// The models of a module, what they are loaded from besides weights and configuration, and how.
pub(crate) struct Family {
    pub(crate) entries: &'static [Entry],
    pub(crate) reads: Reads,
    /// The files of one of them, of a family of language models.
    #[cfg(feature = "transformer")]
    pub(crate) published: Option<ReadPublished>,
    pub(crate) load: fn(&'static Entry, &LoadOptions) -> Result<ZooModel, ZooError>,
}

macro_rules! family {
    ($module:ident) => {
        family!(@$module, None)
    };
    ($module:ident, published) => {
        family!(@$module, Some(crate::$module::published_by_name))
    };
    (@$module:ident, $published:expr) => {
        Family {
            entries: crate::$module::ENTRIES,
            reads: crate::$module::READS,
            #[cfg(feature = "transformer")]
            published: $published,
            load: crate::$module::load,
        }
    };
}

/// Family by family, in the order of the catalogue.
pub(crate) const FAMILIES: &[Family] = &[
    #[cfg(feature = "trednet")]
    family!(trednet),
    #[cfg(feature = "sei")]
    family!(sei),
    #[cfg(feature = "enformer")]
    family!(enformer),
    #[cfg(feature = "borzoi")]
    family!(borzoi),
    #[cfg(feature = "nucleotide-transformer")]
    family!(nucleotide_transformer, published),
    #[cfg(feature = "dnabert2")]
    family!(dnabert2, published),
    #[cfg(feature = "gena-lm")]
    family!(gena_lm, published),
    #[cfg(feature = "geneformer")]
    family!(geneformer, published),
    #[cfg(feature = "hyenadna")]
    family!(hyenadna),
];

/// All published models that this build loads, family by family.
///
/// ```
/// let names: Vec<&str> = ciskit_zoo::catalogue().map(|entry| entry.name).collect();
/// assert!(names.iter().all(|name| !name.contains(' ')));
/// ```
pub fn catalogue() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().flat_map(|family| family.entries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_model_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = catalogue().map(|entry| entry.name).collect();
        assert_eq!(names.len(), catalogue().count());
        let plain =
            |name: &&str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        assert!(names.iter().all(plain), "{names:?}");
    }
}
