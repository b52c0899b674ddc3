//! What can go wrong in a simulation.

use std::path::PathBuf;

use ciskit_core::{GenomeError, IntervalError, VariantError};
use ciskit_seqio::{FastaError, TableError};

/// Why there is no simulation, or why it was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A field of the configuration is impossible.
    #[error("{field} is {found}: expected {expected}")]
    Config {
        /// Its name.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it can be.
        expected: String,
    },
    /// The elements do not fit on the contigs.
    #[error(
        "the contigs have room for {room} times four pairs, not for {needed}: lengthen contig_lengths or lower pairs"
    )]
    ShortContigs {
        /// How many groups of four pairs fit.
        room: u64,
        /// How many were asked for.
        needed: u64,
    },
    /// An element could not be given its sites and no others.
    #[error(
        "no sequence with {sites} sites of {factor} and no other was found in {attempts} attempts: change sites, sharpness or spacing"
    )]
    Crowded {
        /// Number of sites.
        sites: usize,
        /// The element's factor.
        factor: String,
        /// Number of sequences that were drawn.
        attempts: u64,
    },
    /// A coordinate is impossible.
    #[error("cannot place an element")]
    Interval(#[from] IntervalError),
    /// The contigs are impossible.
    #[error("cannot put the genome together")]
    Genome(#[from] GenomeError),
    /// A variant is impossible.
    #[error("cannot place a variant")]
    Variant(#[from] VariantError),
    /// The folder cannot be made.
    #[error("cannot create the folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The genome cannot be written.
    #[error(transparent)]
    Fasta(#[from] FastaError),
    /// The truth cannot be written as JSON.
    #[error("cannot write {path} as JSON")]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}
