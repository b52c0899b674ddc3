//! EPIPAM's ChIA-PET lists.

use std::path::Path;

use ciskit_core::{ContigName, Element, Interval, Pair};

use crate::extra_columns::ExtraColumns;
use crate::{Header, LastName, LineReader, PairRecord, Row, Separator, Table, TableError};

/// Reads the ChIA-PET pairs as the authors of EPIPAM ship them (`pair_intra.csv`), record by record.
///
/// Columns are found by name: `chr_r1`, `start_r1`, `end_r1`, `name_r1`, likewise `…_r2`, and `label`; all others are
/// kept as they are. Region 1, the left one, becomes the pair's element 1 (enhancer), region 2 its element 2 (promoter).
/// No cell is named. Each positive is followed by its four negatives, windows shifted by 2,000 bp: coordinates alone
/// tell the classes apart, so a score on these lists says nothing about pairing.
///
/// # Units
///
/// The columns are 0-based half-open, as core is: positions are taken over unchanged. Windows have 1,000 bp; a name
/// (`chr1:935135..936219`) holds the anchor that the window was made from.
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
/// Lists at <https://github.com/turningpoint1988/EPIPAM>.
///
/// ```
/// use ciskit_seqio::{ChiaPetReader, LineReader};
///
/// let csv = "chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n\
///            chr1,935177,936177,chr1:935135..936219,chr1,45196171,45197171,chr1:45196260..45197083,1\n";
/// let mut pairs = ChiaPetReader::from_lines(LineReader::new(csv.as_bytes(), "pair_intra.csv")?)?;
/// let pair = pairs.next().unwrap()?.pair;
/// assert_eq!((pair.enhancer.interval.to_string().as_str(), pair.label), ("chr1:935177-936177", Some(true)));
/// assert_eq!(pair.promoter.name.as_deref(), Some("chr1:45196260..45197083"));
/// # Ok::<(), ciskit_seqio::TableError>(())
/// ```
#[derive(Debug)]
pub struct ChiaPetReader {
    table: Table,
    regions: [Region; 2],
    label: usize,
    extra: ExtraColumns,
}

impl ChiaPetReader {
    /// Opens a list, plain or gzip, and reads its header.
    ///
    /// # Errors
    ///
    /// As [`Table::open`]; [`TableError::MissingColumn`] without one of the nine columns.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::from_lines(LineReader::open(path)?)
    }

    /// Reads from lines.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_lines(lines: LineReader) -> Result<Self, TableError> {
        let table = Table::from_lines(lines, Separator::Comma)?;
        let header = table.header();
        let regions = [
            Region::new(header, ["chr_r1", "start_r1", "end_r1"], "name_r1")?,
            Region::new(header, ["chr_r2", "start_r2", "end_r2"], "name_r2")?,
        ];
        let label = header.require("label")?;
        let used = regions.iter().flat_map(|region| region.place.into_iter().chain([region.name]));
        let extra = ExtraColumns::new(header, used.chain([label]));
        Ok(Self { table, regions, label, extra })
    }

    /// Names of the columns that are kept in [`PairRecord::extra`].
    #[must_use]
    pub fn extra_columns(&self) -> &[String] {
        self.extra.names()
    }

    fn read(&mut self) -> Result<Option<PairRecord>, TableError> {
        let Self { table, regions: [one, two], label, extra } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        let label = row.label(*label, "label")?;
        let pair = Pair { label, ..Pair::new(one.element(&row)?, two.element(&row)?) };
        Ok(Some(PairRecord { pair, extra: extra.values(&row) }))
    }
}

impl Iterator for ChiaPetReader {
    type Item = Result<PairRecord, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// The columns of one region.
#[derive(Debug)]
struct Region {
    place: [usize; 3],
    name: usize,
    names: [&'static str; 3],
    contigs: LastName<ContigName>,
}

impl Region {
    fn new(header: &Header, names: [&'static str; 3], name: &str) -> Result<Self, TableError> {
        let [contig, start, end] = names.map(|name| header.require(name));
        let (place, name) = ([contig?, start?, end?], header.require(name)?);
        Ok(Self { place, name, names, contigs: LastName::default() })
    }

    fn element(&mut self, row: &Row<'_>) -> Result<Element, TableError> {
        let interval: Interval = row.interval_at(self.place, self.names, &mut self.contigs)?;
        let name = row.optional(self.name).map(Into::into);
        Ok(Element { name, ..interval.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<PairRecord>, String> {
        let lines = LineReader::new(text.as_bytes(), "t.csv").unwrap();
        ChiaPetReader::from_lines(lines).and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_by_name() {
        let records = read(
            "label,pets,name_r2,end_r2,start_r2,chr_r2,name_r1,end_r1,start_r1,chr_r1\n0,12,b,40,30,2,a,20,10,1\n",
        )
        .unwrap();
        let PairRecord { pair, extra } = &records[0];
        assert_eq!((pair.enhancer.interval.to_string(), pair.enhancer.key()), ("1:10-20".into(), "a".into()));
        assert_eq!((pair.promoter.interval.to_string(), pair.promoter.key()), ("2:30-40".into(), "b".into()));
        assert_eq!((pair.label, &extra[..]), (Some(false), &["12".to_owned()][..]));
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(
            read("chr_r1,start_r1,end_r1,name_r1,label\n").unwrap_err(),
            "t.csv, line 1: expected a column named \"chr_r2\", found chr_r1, start_r1, end_r1, name_r1, label"
        );
        assert_eq!(
            read(
                "chr_r1,start_r1,end_r1,name_r1,chr_r2,start_r2,end_r2,name_r2,label\n1,0,9,a,1,20,-1,b,1\n"
            )
            .unwrap_err(),
            "t.csv, line 2, column 7 (end_r2): expected a position, a whole number of 0 or more, found \"-1\""
        );
    }
}
