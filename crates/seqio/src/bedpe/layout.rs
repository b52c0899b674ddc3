//! Which column of a BEDPE file holds what.

use std::sync::Arc;

use ciskit_core::{ContigName, Element, Interval, Pair, Strand};

use super::{OURS, PLACES, STANDARD};
use crate::{Header, LastName, PairRecord, Row, TableError};

#[derive(Debug)]
pub(super) struct Layout {
    /// Number of columns of every row.
    columns: usize,
    /// Places of [`STANDARD`].
    standard: [Option<usize>; STANDARD.len()],
    /// Places of [`OURS`].
    ours: [Option<usize>; OURS.len()],
    extra: Vec<usize>,
    pub(super) extra_names: Vec<String>,
}

impl Layout {
    /// The layout that a header line states.
    pub(super) fn named(row: &Row<'_>) -> Result<Self, TableError> {
        let header = Header::new(row)?;
        for (column, name) in PLACES.into_iter().enumerate() {
            if header.require(name)? != column {
                return Err(row.refuse(column, name, "the column of this name"));
            }
        }
        let standard = STANDARD.map(|name| header.find(name));
        let ours = OURS.map(|name| header.find(name));
        let used: Vec<usize> =
            standard.iter().chain(&ours).flatten().copied().chain(0..PLACES.len()).collect();
        let extra = header.without(&used);
        let extra_names = extra.iter().map(|&column| header.names()[column].clone()).collect();
        Ok(Self { columns: header.names().len(), standard, ours, extra, extra_names })
    }

    /// The layout of a file without header, which the first row shows: the standard's ten columns as far as they
    /// are there, and others that have no names.
    pub(super) fn nameless(first: &Row<'_>) -> Result<Self, TableError> {
        first.expect_at_least(PLACES.len())?;
        let columns = first.fields().len();
        let standard = [6, 7, 8, 9].map(|column| Some(column).filter(|&column| column < columns));
        let extra: Vec<usize> = (PLACES.len() + STANDARD.len()..columns).collect();
        let extra_names = extra.iter().map(|column| format!("column{}", column + 1)).collect();
        Ok(Self { columns, standard, ours: [None; OURS.len()], extra, extra_names })
    }

    pub(super) fn record(&self, row: &Row<'_>, names: &mut Names) -> Result<PairRecord, TableError> {
        row.expect_columns(self.columns)?;
        let [name, score, strand1, strand2] = self.standard;
        let [label, cell, enhancer_name, promoter_name] = self.ours;
        let text = |column: Option<usize>| column.and_then(|column| row.optional(column));
        let strand =
            |column: Option<usize>, name| column.map_or(Ok(Strand::Unknown), |c| row.strand(c, name));
        let pair = Pair {
            enhancer: Element {
                interval: end(row, 0, &mut names.contigs[0])?,
                name: text(enhancer_name).map(Into::into),
                strand: strand(strand1, STANDARD[2])?,
            },
            promoter: Element {
                interval: end(row, 3, &mut names.contigs[1])?,
                name: text(promoter_name).map(Into::into),
                strand: strand(strand2, STANDARD[3])?,
            },
            label: label.map_or(Ok(None), |column| row.label(column, OURS[0]))?,
            name: text(name).map(Into::into),
            score: score.map_or(Ok(None), |column| row.number(column, STANDARD[1]))?,
            cell: text(cell).map(|cell| names.cell.get(cell)),
        };
        let extra = self.extra.iter().map(|&column| row.fields()[column].to_owned()).collect();
        Ok(PairRecord { pair, extra })
    }
}

/// Names that neighbouring rows share.
#[derive(Debug, Default)]
pub(super) struct Names {
    contigs: [LastName<ContigName>; 2],
    cell: LastName<Arc<str>>,
}

/// One end of a pair. BEDPE also allows an unknown one, `.` and -1, which is no place.
fn end(row: &Row<'_>, first: usize, contigs: &mut LastName<ContigName>) -> Result<Interval, TableError> {
    let unknown =
        [".", "-1", "-1"].iter().zip(first..).find(|(unknown, column)| row.fields()[*column] == **unknown);
    match unknown {
        Some((_, column)) => Err(row.refuse(column, PLACES[column], "a pair of which both ends are known")),
        None => row.interval(first, [PLACES[first], PLACES[first + 1], PLACES[first + 2]], contigs),
    }
}
