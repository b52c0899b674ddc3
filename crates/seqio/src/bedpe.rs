//! BEDPE: enhancer-promoter pairs, one a line.
//!
//! # The pair format
//!
//! ```text
//! ##ciskit pairs format=1
//! #chrom1 start1 end1 chrom2 start2 end2 name score strand1 strand2 label cell enhancer_name promoter_name …
//! chr1    100    300  chr1   5000   7000 .    .     .       +       1     K562 .             MYC
//! ```
//!
//! separated by tabs. Element 1 is the enhancer, element 2 the promoter. `label` is 0, 1 or `.`; `.` stands for
//! whatever is unknown. The six places come first; the other columns are found by name in any order, each of them
//! may be missing, and columns of other names are kept as they are. Lines that start with `#` are comments.

mod layout;
mod reader;
mod writer;

use ciskit_core::Pair;

pub use reader::PairReader;
pub use writer::PairWriter;

/// What the format line calls the pair format.
const KIND: &str = "pairs";

/// The first columns of every BEDPE file.
const PLACES: [&str; 6] = ["chrom1", "start1", "end1", "chrom2", "start2", "end2"];

/// The columns of BEDPE behind the places, in its order.
const STANDARD: [&str; 4] = ["name", "score", "strand1", "strand2"];

/// The columns that the pair format adds.
const OURS: [&str; 4] = ["label", "cell", "enhancer_name", "promoter_name"];

/// One row of a pair table: a pair and the columns that are not part of it.
///
/// ```
/// use ciskit_core::{Interval, Pair};
///
/// let pair = Pair::new(Interval::new("chr1", 100, 300)?, Interval::new("chr1", 5_000, 7_000)?);
/// assert!(ciskit_seqio::PairRecord::from(pair).extra.is_empty());
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PairRecord {
    /// The pair.
    pub pair: Pair,
    /// Further columns as they are, in the order of the reader's `extra_columns`.
    pub extra: Vec<String>,
}

impl From<Pair> for PairRecord {
    fn from(pair: Pair) -> Self {
        Self { pair, extra: Vec::new() }
    }
}
