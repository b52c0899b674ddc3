//! Tables: named, typed columns and rows of cells, written the same way everywhere.

mod cell;
mod html;
mod json;
mod markdown;
mod text;
mod tsv;

use std::collections::BTreeSet;

pub use cell::{Cell, Column};

/// Rows of typed cells under named columns: one source for every format.
///
/// [`Table::to_tsv`] and [`Table::to_json`] are for programs: names as keys, all digits, one row a line.
/// [`Table::to_markdown`], [`Table::to_html`] and [`Table::to_text`] are for people: titles, rounded numbers, aligned.
/// Equal tables give equal bytes.
///
/// ```
/// use ciskit_report::{Column, Table};
///
/// let mut table = Table::new([
///     Column::text("model").titled("Model"),
///     Column::integer("n"),
///     Column::float("auroc", 3).titled("AUROC"),
///     Column::interval("auroc_interval", 2).titled("95 %"),
/// ]);
/// table.push(["epipam".into(), 2000.into(), 0.91234.into(), [0.875, 0.94].into()]);
/// table.push(["distance".into(), 2000.into(), 0.5.into(), None::<[f64; 2]>.into()]);
///
/// assert_eq!(
///     table.to_tsv(),
///     "model\tn\tauroc\tauroc_interval_low\tauroc_interval_high\n\
///      epipam\t2000\t0.91234\t0.875\t0.94\n\
///      distance\t2000\t0.5\tNA\tNA\n"
/// );
/// assert_eq!(
///     table.to_text(),
///     "Model         n  AUROC          95 %\n\
///      ────────  ─────  ─────  ────────────\n\
///      epipam    2,000  0.912  [0.88, 0.94]\n\
///      distance  2,000  0.500             –\n"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    caption: Option<String>,
}

impl Table {
    /// A table without rows.
    ///
    /// # Panics
    ///
    /// If two columns have one name, those included that an interval column has in TSV (`name_low` and `name_high`).
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    /// assert!(Table::new([Column::text("name")]).is_empty());
    /// ```
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let columns: Vec<Column> = columns.into_iter().collect();
        let mut names = BTreeSet::new();
        for name in columns.iter().flat_map(Column::tsv_names) {
            assert!(names.insert(name.clone()), "two columns are called {name}");
        }
        Self { columns, rows: Vec::new(), caption: None }
    }

    /// Says what the table shows; appears in the formats for people.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    /// let table = Table::new([Column::text("name")]).captioned("Names");
    /// assert!(table.to_markdown().starts_with("**Names**\n"));
    /// ```
    #[must_use]
    pub fn captioned(mut self, caption: impl Into<String>) -> Self {
        self.caption = Some(caption.into());
        self
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If there are not as many cells as columns, or a cell is neither missing nor of its column's type.
    ///
    /// ```
    /// use ciskit_report::{Cell, Column, Table};
    ///
    /// let mut table = Table::new([Column::text("fold"), Column::float("auroc", 3)]);
    /// table.push(["chr1".into(), 0.75.into()]);
    /// table.push(["chr2".into(), Cell::Missing]);
    /// assert_eq!(table.len(), 2);
    /// ```
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) {
        let row: Vec<Cell> = row.into_iter().collect();
        assert_eq!(row.len(), self.columns.len(), "as many cells as columns: {row:?}");
        for (cell, column) in row.iter().zip(&self.columns) {
            assert!(column.takes(cell), "column {} takes no {cell:?}", column.name());
        }
        self.rows.push(row);
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows: one cell for each column.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// What the table shows.
    #[must_use]
    pub fn caption(&self) -> Option<&str> {
        self.caption.as_deref()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Lines of padded fields: what a terminal and a Markdown source have in common.
struct Aligned {
    /// Fields of the header, then of every row.
    lines: Vec<Vec<String>>,
    /// Width of each column in characters.
    widths: Vec<usize>,
    /// Whether each column is set flush right.
    right: Vec<bool>,
}

impl Aligned {
    /// Titles and cells as people read them, each escaped, and no column narrower than `narrowest`.
    fn of(table: &Table, escape: impl Fn(&str) -> String, narrowest: usize) -> Self {
        let titles = table.columns.iter().map(|column| escape(column.title())).collect();
        let cells = |row: &Vec<Cell>| {
            row.iter().zip(&table.columns).map(|(cell, c)| escape(&c.shown(cell))).collect()
        };
        let lines: Vec<Vec<String>> = std::iter::once(titles).chain(table.rows.iter().map(cells)).collect();
        let width =
            |i: usize| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0).max(narrowest);
        let widths = (0..table.columns.len()).map(width).collect();
        Self { lines, widths, right: table.columns.iter().map(Column::is_numeric).collect() }
    }

    /// The fields of a line, padded.
    fn padded(&self, line: &[String]) -> Vec<String> {
        let pad = |(i, field): (usize, &String)| {
            let width = self.widths[i];
            if self.right[i] { format!("{field:>width$}") } else { format!("{field:<width$}") }
        };
        line.iter().enumerate().map(pad).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "two columns are called b_low")]
    fn names_are_distinct_in_every_format() {
        let _ = Table::new([Column::text("b_low"), Column::interval("b", 2)]);
    }

    #[test]
    #[should_panic(expected = "column n takes no Float(0.5)")]
    fn a_cell_is_of_its_column_s_type() {
        Table::new([Column::integer("n")]).push([0.5.into()]);
    }

    #[test]
    #[should_panic(expected = "as many cells as columns")]
    fn a_row_fills_every_column() {
        Table::new([Column::integer("n")]).push([]);
    }
}
