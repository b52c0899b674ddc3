//! Tables whose elements carry names of the form `CELL|contig:start-end`.

use std::sync::Arc;

use ciskit_core::{ContigName, Element, Pair, Side, Strand};

use crate::element_name::FORM;
use crate::extra_columns::ExtraColumns;
use crate::{ElementName, Header, LastName, PairRecord, Row, Table, TableError};

/// What the place in an element's name has to do with the columns that place the element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NamedPlace {
    /// It is the element.
    Element,
    /// It is the element or a part of it, such as the start of transcription in a promoter's window.
    Inside,
}

/// Reads pairs from the columns `enhancer_name`, `promoter_name` and `label`, found by name.
#[derive(Debug)]
pub(crate) struct NamedPairs {
    table: Table,
    enhancer: ElementColumns,
    promoter: ElementColumns,
    label: usize,
    cells: LastName<Arc<str>>,
    contigs: LastName<ContigName>,
    extra: ExtraColumns,
}

impl NamedPairs {
    pub(crate) fn new(table: Table, named: NamedPlace) -> Result<Self, TableError> {
        let header = table.header();
        let enhancer = ElementColumns::new(header, Side::Enhancer, named)?;
        let promoter = ElementColumns::new(header, Side::Promoter, named)?;
        let label = header.require("label")?;
        let used = enhancer.used().chain(promoter.used()).chain([label]);
        let extra = ExtraColumns::new(header, used);
        Ok(Self {
            extra,
            table,
            enhancer,
            promoter,
            label,
            cells: LastName::default(),
            contigs: LastName::default(),
        })
    }

    /// The columns that pairs are not made of.
    pub(crate) fn extra(&self) -> &ExtraColumns {
        &self.extra
    }

    pub(crate) fn header(&self) -> &Header {
        self.table.header()
    }

    /// The next pair.
    pub(crate) fn next_pair(&mut self) -> Result<Option<PairRecord>, TableError> {
        Ok(self.next_row()?.map(|(record, _)| record))
    }

    /// The next pair, and the row that it is from.
    pub(crate) fn next_row(&mut self) -> Result<Option<(PairRecord, Row<'_>)>, TableError> {
        let Self { table, enhancer, promoter, label, cells, contigs, extra } = self;
        let Some(row) = table.next_row()? else { return Ok(None) };
        let (enhancer, cell) = enhancer.element(&row, cells, contigs)?;
        let (element, other_cell) = promoter.element(&row, cells, contigs)?;
        if cell != other_cell {
            let expected = format!("an element of {cell}, as the enhancer is");
            return Err(row.refuse(promoter.name, &promoter.names[0], expected));
        }
        let label = row.label(*label, "label")?;
        let pair = Pair { label, cell: Some(cell), ..Pair::new(enhancer, element) };
        Ok(Some((PairRecord { pair, extra: extra.values(&row) }, row)))
    }
}

/// The columns of one element.
#[derive(Debug)]
struct ElementColumns {
    name: usize,
    /// Contig, start and end, where the table has all three.
    place: Option<[usize; 3]>,
    /// Names of the columns, the element's name first.
    names: [String; 4],
    named: NamedPlace,
}

impl ElementColumns {
    fn new(header: &Header, side: Side, named: NamedPlace) -> Result<Self, TableError> {
        let mut names = ["name", "chrom", "start", "end"].map(|what| format!("{side}_{what}"));
        let place = match [1, 2, 3].map(|index: usize| header.find(&names[index])) {
            [Some(contig), Some(start), Some(end)] => Some([contig, start, end]),
            _ => None,
        };
        // Lists of the second kind also occur without places, and then call the name `enhancer`.
        let short = side.to_string();
        let name = match header.find(&short) {
            Some(column) if named == NamedPlace::Inside && header.find(&names[0]).is_none() => {
                names[0] = short;
                column
            }
            _ => header.require(&names[0])?,
        };
        Ok(Self { name, place, names, named })
    }

    fn used(&self) -> impl Iterator<Item = usize> {
        self.place.into_iter().flatten().chain([self.name])
    }

    /// The element and its cell line.
    fn element(
        &self,
        row: &Row<'_>,
        cells: &mut LastName<Arc<str>>,
        contigs: &mut LastName<ContigName>,
    ) -> Result<(Element, Arc<str>), TableError> {
        let text = row.text(self.name)?;
        let parsed: Result<ElementName, _> = text.parse();
        let ElementName { cell, interval: named } =
            parsed.map_err(|_| row.refuse(self.name, &self.names[0], FORM))?;
        let interval = match self.place {
            None => named,
            Some(columns) => {
                let [_, contig, start, end] = &self.names;
                let placed = row.interval_at(columns, [contig, start, end], contigs)?;
                let agree = match self.named {
                    NamedPlace::Element => named == placed,
                    NamedPlace::Inside => {
                        let inside = placed.start() <= named.start() && named.end() <= placed.end();
                        named.contig() == placed.contig() && inside
                    }
                };
                if !agree {
                    let what = match self.named {
                        NamedPlace::Element => "the name of",
                        NamedPlace::Inside => "a name with a place in",
                    };
                    let expected = format!("{what} {placed}, where the columns place the element");
                    return Err(row.refuse(self.name, &self.names[0], expected));
                }
                placed
            }
        };
        Ok((Element { interval, name: Some(text.into()), strand: Strand::Unknown }, cells.get(&cell)))
    }
}
