//! VCF: variants, with every line kept so that it can be written again.
//!
//! The header and the records are split here, not by noodles-vcf: its records know no line numbers, and its strict
//! header refuses whole files over details that no scorer needs, while a file has to come out as it went in.

mod header;
mod reader;
mod record;
mod writer;

pub use header::VcfHeader;
pub use reader::VcfReader;
pub use record::VcfRecord;
pub use writer::VcfWriter;

/// The columns that every VCF file has.
const FIXED: [&str; 8] = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];

/// Index of the column `INFO`.
const INFO: usize = 7;
