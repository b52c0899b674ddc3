//! Language models of DNA: the reference's numbers, and what their adapters promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod language_models {
    pub(crate) mod adapters;
    pub(crate) mod bert;
    pub(crate) mod dnabert2;
    pub(crate) mod files;
    pub(crate) mod fine_tuning;
    pub(crate) mod fixture;
    pub(crate) mod hyenadna;
    pub(crate) mod hyenadna_million;
    pub(crate) mod likelihood;
    pub(crate) mod nucleotide_transformer;
    pub(crate) mod random;
    pub(crate) mod tokenizer;
}
