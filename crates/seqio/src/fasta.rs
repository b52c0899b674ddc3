//! FASTA files: random access through an index, and streaming of whole records.

mod ahead;
mod bgzf;
mod block_cache;
mod check;
mod fai;
mod fetch_each;
mod first_lines;
mod forward;
mod genome;
mod in_memory;
mod index_file;
mod indexer;
mod letters;
mod lines;
mod options;
mod packed;
mod positioned;
mod reader;
mod rows;
mod source;
mod writer;

pub(crate) use first_lines::FirstLines;
pub(crate) use rows::rows;

pub use genome::FastaGenome;
pub use options::FastaOptions;
pub use reader::{FastaReader, FastaRecord, read_fasta};
pub use writer::FastaWriter;
