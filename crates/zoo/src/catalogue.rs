//! What there is: names, sizes, licences, and where weights are published.

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

/// All published models that this build loads, family by family.
///
/// ```
/// let names: Vec<&str> = ciskit_zoo::catalogue().map(|entry| entry.name).collect();
/// assert!(names.iter().all(|name| !name.contains(' ')));
/// ```
pub fn catalogue() -> impl Iterator<Item = &'static Entry> {
    let families: [&'static [Entry]; 0] = [];
    families.into_iter().flatten()
}
