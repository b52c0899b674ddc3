//! The CTCF motif of a loop's anchor.

use ciskit_core::{ContigName, Interval, Strand};

use crate::{Header, Row, TableError};

/// The CTCF motif that a loop list names for an anchor.
///
/// ```
/// use ciskit_core::{Interval, Strand};
/// use ciskit_seqio::CtcfMotif;
///
/// let interval = Interval::new("10", 100_227_363, 100_227_383)?;
/// let motif = CtcfMotif { interval, strand: Strand::Forward, sequence: None, unique: Some(true) };
/// assert_eq!(motif.interval.len(), 20);
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CtcfMotif {
    /// Where it lies.
    pub interval: Interval,
    /// Forward for `p`, reverse for `n`.
    pub strand: Strand,
    /// Its bases, read on its own strand; `None` if the list does not give them.
    pub sequence: Option<String>,
    /// Whether it is the anchor's only motif (`u`); `false` if it was inferred among several (`i`), `None` if the list
    /// does not say.
    pub unique: Option<bool>,
}

/// Names of an anchor's columns: start, end, orientation, sequence, uniqueness.
const NAMES: [[&str; 5]; 2] = [
    ["motif_x1", "motif_x2", "orientation_1", "sequence_1", "uniqueness_1"],
    ["motif_y1", "motif_y2", "orientation_2", "sequence2", "uniqueness_2"],
];

/// The columns of one anchor's motif.
#[derive(Debug)]
pub(super) struct MotifColumns {
    /// Start and end.
    pub(super) place: [usize; 2],
    orientation: usize,
    sequence: Option<usize>,
    uniqueness: Option<usize>,
    names: [&'static str; 5],
}

impl MotifColumns {
    /// The columns of an anchor, 0 or 1; `None` if the list has no motifs.
    pub(super) fn find(header: &Header, anchor: usize) -> Result<Option<Self>, TableError> {
        let names = NAMES[anchor];
        let [start, end, orientation, sequence, uniqueness] = names.map(|name| header.find(name));
        if [start, end, orientation].iter().all(Option::is_none) {
            return Ok(None);
        }
        let [start, end, orientation] = [names[0], names[1], names[2]].map(|name| header.require(name));
        Ok(Some(Self { place: [start?, end?], orientation: orientation?, sequence, uniqueness, names }))
    }

    /// The motif of a row, or `None` where it has none.
    pub(super) fn motif(&self, row: &Row<'_>, contig: &ContigName) -> Result<Option<CtcfMotif>, TableError> {
        let [start_name, end_name, orientation_name, _, uniqueness_name] = self.names;
        let [start, end] = self.place;
        let columns = [(start, start_name), (end, end_name), (self.orientation, orientation_name)];
        if columns.iter().any(|&(column, _)| row.known(column).is_none()) {
            return match columns.iter().find(|&&(column, _)| row.known(column).is_some()) {
                Some(&(column, name)) => Err(row.refuse(column, name, "NA, as in the motif's other columns")),
                None => Ok(None),
            };
        }
        let strand = match row.text(self.orientation)? {
            "p" => Strand::Forward,
            "n" => Strand::Reverse,
            _ => return Err(row.refuse(self.orientation, orientation_name, "p, n or NA")),
        };
        // Both positions lie one base too far to the right; see the reader's units.
        let (first, stop) = (row.position(start, start_name)?, row.position(end, end_name)?);
        if first == 0 {
            return Err(row.refuse(start, start_name, "a position of 1 or more"));
        }
        let stated = row.interval_of(contig.clone(), first, stop, end, end_name)?;
        let interval =
            row.interval_of(contig.clone(), stated.start() - 1, stated.end() - 1, end, end_name)?;
        let sequence = self.sequence.and_then(|column| row.known(column)).map(str::to_owned);
        let unique = match self.uniqueness.and_then(|column| Some((column, row.known(column)?))) {
            None => None,
            Some((_, "u")) => Some(true),
            Some((_, "i")) => Some(false),
            Some((column, _)) => return Err(row.refuse(column, uniqueness_name, "u, i or NA")),
        };
        Ok(Some(CtcfMotif { interval, strand, sequence, unique }))
    }
}
