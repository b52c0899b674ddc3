//! HiCCUPS loop lists, with the CTCF motifs of their anchors.

mod motif;

use std::path::Path;

use ciskit_core::{ContigName, Pair};

pub use motif::CtcfMotif;
use motif::MotifColumns;

use crate::extra_columns::ExtraColumns;
use crate::{LastName, LineReader, PairRecord, Separator, Table, TableError};

const PLACES: [[&str; 3]; 2] = [["chr1", "x1", "x2"], ["chr2", "y1", "y2"]];

/// The column of observed contacts.
const OBSERVED: &str = "o";

/// One row of [`HiccupsReader`].
///
/// ```
/// use ciskit_core::{Interval, Pair};
/// use ciskit_seqio::LoopRecord;
///
/// let anchors = Pair::new(Interval::new("1", 5_000, 10_000)?, Interval::new("1", 95_000, 100_000)?);
/// let record = LoopRecord { record: anchors.into(), motifs: [None, None] };
/// assert!(!record.is_convergent());
/// # Ok::<(), ciskit_core::IntervalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LoopRecord {
    /// The anchors, and all columns that are not part of them.
    pub record: PairRecord,
    /// The CTCF motif of each anchor, where one was found.
    pub motifs: [Option<CtcfMotif>; 2],
}

impl LoopRecord {
    /// Whether both anchors have a motif and the two point at each other, as in most loops.
    ///
    /// ```
    /// use ciskit_seqio::{HiccupsReader, LineReader};
    ///
    /// let list = "chr1\tx1\tx2\tchr2\ty1\ty2\tmotif_x1\tmotif_x2\torientation_1\tmotif_y1\tmotif_y2\torientation_2\n\
    ///             10\t0\t99\t10\t500\t599\t11\t31\tp\t511\t531\tn\n\
    ///             10\t0\t99\t10\t500\t599\t11\t31\tn\t511\t531\tn\n";
    /// let loops = HiccupsReader::from_lines(LineReader::new(list.as_bytes(), "loops.txt")?)?;
    /// let convergent: Result<Vec<bool>, _> = loops.map(|row| Ok(row?.is_convergent())).collect();
    /// assert_eq!(convergent?, [true, false]);
    /// # Ok::<(), ciskit_seqio::TableError>(())
    /// ```
    #[must_use]
    pub fn is_convergent(&self) -> bool {
        use ciskit_core::Strand::{Forward, Reverse};
        let [one, two] =
            [&self.motifs[0], &self.motifs[1]].map(|motif| motif.as_ref().map(|motif| motif.strand));
        let (left, right) = (&self.record.pair.enhancer.interval, &self.record.pair.promoter.interval);
        match left.start() <= right.start() {
            _ if left.contig() != right.contig() => false,
            true => one == Some(Forward) && two == Some(Reverse),
            false => one == Some(Reverse) && two == Some(Forward),
        }
    }
}

/// Reads the loop lists of HiCCUPS, with or without CTCF motifs (`HiCCUPS_looplist_with_motifs.txt`), record by
/// record.
///
/// Columns are found by name, blanks around the names aside: `chr1 x1 x2 chr2 y1 y2` are the anchors, the first of
/// which becomes the pair's element 1 (enhancer) and the second its element 2 (promoter); `o`, the observed contacts,
/// becomes the score. `motif_x1 motif_x2 orientation_1` and `motif_y1 motif_y2 orientation_2` become
/// [`LoopRecord::motifs`]; orientation `p` makes an anchor's strand forward, `n` reverse, and without a motif (`NA`) it
/// is unknown. All columns but places and score are kept as well. Lists have no label and name no cell, and contigs
/// mostly lack `chr`, which genomes here accept in either spelling. The BEDPE that newer versions of Juicer write is
/// [`PairReader`](crate::PairReader)'s.
///
/// # Units
///
/// Anchors are 0-based half-open, as core is: positions are taken over unchanged. Motifs are not: `motif_x1` is 1-based
/// and `motif_x2` the start plus the length, so both are one base too far to the right for core. They are turned, in
/// [`LoopRecord::motifs`] and in the columns that are kept. (Held against hg19 in the tests of this crate: in the list
/// of GM12878, all motifs within the known bases have their sequence there; in that of NHEK two do not.)
///
/// # Errors
///
/// Each row gives [`TableError::ColumnCount`] or [`TableError::Value`] if it is malformed; the next call reads the
/// next row.
///
/// # Cost
///
/// Memory of one row; one to two seconds for a million pairs (`tests/million.rs`, 2 cores).
///
/// # Source
///
/// Rao et al. 2014, <https://doi.org/10.1016/j.cell.2014.11.021>; lists at GEO, GSE63525.
///
/// ```
/// use ciskit_core::Strand;
/// use ciskit_seqio::{HiccupsReader, LineReader};
///
/// let list = "chr1\tx1\tx2\tchr2\ty1\ty2\to\tmotif_x1 \t motif_x2 \t sequence_1 \t orientation_1\n\
///             10\t100225000\t100230000\t10\t100420000\t100425000\t95\t100227364\t100227384\tGGGGCCACTAGAGGTCACTC\tp\n";
/// let mut loops = HiccupsReader::from_lines(LineReader::new(list.as_bytes(), "loops.txt")?)?;
/// let row = loops.next().unwrap()?;
/// let motif = row.motifs[0].as_ref().unwrap();
/// assert_eq!((motif.interval.to_string().as_str(), motif.strand), ("10:100227363-100227383", Strand::Forward));
/// let pair = &row.record.pair;
/// assert_eq!((pair.enhancer.strand, pair.promoter.strand), (Strand::Forward, Strand::Unknown));
/// assert_eq!((pair.score, row.record.extra[0].as_str()), (Some(95.0), "100227363"));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct HiccupsReader {
    table: Table,
    places: [[usize; 3]; 2],
    observed: Option<usize>,
    motifs: [Option<MotifColumns>; 2],
    extra: ExtraColumns,
    contigs: [LastName<ContigName>; 2],
}

impl HiccupsReader {
    /// Opens a list, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without one of the six places, or with a part of a motif's
    /// columns.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::from_lines(lines, Separator::Tab)?.with_trimmed_names()?;
        let header = table.header();
        let mut places = [[0; 3]; 2];
        for (columns, names) in places.iter_mut().zip(PLACES) {
            for (column, name) in columns.iter_mut().zip(names) {
                *column = header.require(name)?;
            }
        }
        let observed = header.find(OBSERVED);
        let motifs = [MotifColumns::find(header, 0)?, MotifColumns::find(header, 1)?];
        let extra = ExtraColumns::new(header, places.as_flattened().iter().copied().chain(observed));
        Ok(Self { table, places, observed, motifs, extra, contigs: Default::default() })
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.extra.names()
    }

    fn read(&mut self) -> Result<Option<LoopRecord>, TableError> {
        let Self { table, places, observed, motifs: columns, extra, contigs } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        let [one, two] = contigs;
        let mut pair = Pair::new(
            row.interval_at(places[0], PLACES[0], one)?,
            row.interval_at(places[1], PLACES[1], two)?,
        );
        pair.score = observed.map_or(Ok(None), |column| row.known_number(column, OBSERVED))?;
        let mut kept = extra.values(&row);
        let mut motifs = [None, None];
        for ((motif, columns), anchor) in
            motifs.iter_mut().zip(columns).zip([&mut pair.enhancer, &mut pair.promoter])
        {
            let Some(columns) = columns else { continue };
            *motif = columns.motif(&row, anchor.interval.contig())?;
            if let Some(motif) = motif {
                anchor.strand = motif.strand;
                for (place, position) in
                    columns.place.iter().zip([motif.interval.start(), motif.interval.end()])
                {
                    if let Some(index) = extra.columns().iter().position(|column| column == place) {
                        kept[index] = position.to_string();
                    }
                }
            }
        }
        Ok(Some(LoopRecord { record: PairRecord { pair, extra: kept }, motifs }))
    }
}

impl Iterator for HiccupsReader {
    type Item = Result<LoopRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "chr1\tx1\tx2\tchr2\ty1\ty2\to\tmotif_x1\tmotif_x2\torientation_1\tuniqueness_1\n";

    fn read(text: &str) -> Result<Vec<LoopRecord>, String> {
        let lines = LineReader::new(std::io::Cursor::new(text.to_owned()), "t.txt").unwrap();
        HiccupsReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_without_motifs() {
        let loops = read("chr1\tx1\tx2\tchr2\ty1\ty2\tcolor\to\nX\t0\t9\tX\t20\t29\t0,255,255\t7\n").unwrap();
        let LoopRecord { record, motifs } = &loops[0];
        assert_eq!((record.pair.score, record.pair.label), (Some(7.0), None));
        assert_eq!((&record.extra[..], motifs), (&["0,255,255".to_owned()][..], &[None, None]));
    }

    #[test]
    fn a_missing_motif_is_kept_as_it_stands() {
        let loops = read(&format!("{HEAD}X\t0\t9\tX\t20\t29\tNA\tNA\tNA\tNA\tNA\n")).unwrap();
        assert_eq!((loops[0].record.pair.score, &loops[0].motifs[0]), (None, &None));
        assert_eq!(loops[0].record.extra, ["NA", "NA", "NA", "NA"]);
    }

    #[test]
    fn kept_columns_tell_the_motifs_place_as_core_does() {
        let loops = read(&format!("{HEAD}X\t0\t9\tX\t20\t29\t3\t5\t25\tn\ti\n")).unwrap();
        assert_eq!(loops[0].record.extra, ["4", "24", "n", "i"]);
        let motif = loops[0].motifs[0].as_ref().unwrap();
        assert_eq!((motif.interval.to_string().as_str(), motif.unique), ("X:4-24", Some(false)));
    }

    #[test]
    fn motifs_that_point_at_each_other_converge_whichever_anchor_comes_first() {
        let head = HEAD.trim_end().to_owned() + "\tmotif_y1\tmotif_y2\torientation_2\n";
        for (one, two, strands, converge) in [
            ("0\t99", "500\t599", ["p", "n"], true),
            ("500\t599", "0\t99", ["p", "n"], false),
            ("500\t599", "0\t99", ["n", "p"], true),
            ("0\t99", "500\t599", ["p", "p"], false),
        ] {
            let row = format!("1\t{one}\t1\t{two}\t5\t11\t31\t{}\tu\t511\t531\t{}\n", strands[0], strands[1]);
            assert_eq!(read(&(head.clone() + &row)).unwrap()[0].is_convergent(), converge, "{row}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            (
                "chr1\tx1\tx2\tchr2\ty1\n".to_owned(),
                "t.txt, line 1: expected a column named \"y2\", found chr1, x1, x2, chr2, y1",
            ),
            (
                "chr1\tx1\tx2\tchr2\ty1\ty2\tmotif_x1\tmotif_x2\n".into(),
                "t.txt, line 1: expected a column named \"orientation_1\", found chr1, x1, x2, chr2, y1, y2, motif_x1, \
                 motif_x2",
            ),
            ("chr1\tx1\tx2\tchr2\ty1\ty2\to\t o \n".into(), "t.txt, line 1: column \"o\" occurs twice"),
            (
                format!("{HEAD}X\t0\t9\tX\t20\t29\t5\t3\t23\tforward\tu\n"),
                "t.txt, line 2, column 10 (orientation_1): expected p, n or NA, found \"forward\"",
            ),
            (
                format!("{HEAD}X\t0\t9\tX\t20\t29\t5\t0\t20\tp\tu\n"),
                "t.txt, line 2, column 8 (motif_x1): expected a position of 1 or more, found \"0\"",
            ),
            (
                format!("{HEAD}X\t0\t9\tX\t20\t29\t5\t30\t20\tp\tu\n"),
                "t.txt, line 2, column 9 (motif_x2): expected a position not before the start, 30, found \"20\"",
            ),
            (
                format!("{HEAD}X\t0\t9\tX\t20\t29\t5\tNA\t20\tp\tu\n"),
                "t.txt, line 2, column 9 (motif_x2): expected NA, as in the motif's other columns, found \"20\"",
            ),
            (
                format!("{HEAD}X\t0\t9\tX\t20\t29\tmany\tNA\tNA\tNA\tNA\n"),
                "t.txt, line 2, column 7 (o): expected a number or NA, found \"many\"",
            ),
        ] {
            assert_eq!(read(&text).unwrap_err(), message);
        }
    }
}
