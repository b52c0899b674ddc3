//! Text files, line by line, in and out.
//!
//! In: plain, gzip or bgzip as their first bytes say ([`LineReader`]). Out: to a temporary name that is renamed
//! at the end ([`TextWriter`]).

mod line_ends;
mod lines;
mod output;

pub use lines::{Line, LineReader};
pub use output::TextWriter;
#[cfg(feature = "parquet")]
pub(crate) use output::{Destination, failed};

/// What stands for standard input or standard output where a path is asked for; a file of this name is `./-`.
const DASH: &str = "-";
