//! Tables as tab-separated values.

use super::{Cell, Table};
use crate::{escape, number};

impl Table {
    /// Tab-separated values: a line of names, then one line a row.
    ///
    /// Numbers have all their digits, an interval fills two columns, what is missing is `NA`. Inside a field, tab,
    /// line feed, carriage return and backslash are `\t`, `\n`, `\r` and `\\`, so that `cut` and `awk` see the rows
    /// as they are; quotes mean nothing.
    ///
    /// ```
    /// use ciskit_report::{Cell, Column, Table};
    ///
    /// let mut table = Table::new([Column::text("name"), Column::float("score", 1)]);
    /// table.push(["a\tb".into(), f64::NAN.into()]);
    /// table.push([Cell::Missing, 1e-300.into()]);
    /// assert_eq!(table.to_tsv(), "name\tscore\na\\tb\tNaN\nNA\t1e-300\n");
    /// ```
    #[must_use]
    pub fn to_tsv(&self) -> String {
        let names = self.columns.iter().flat_map(|column| column.tsv_names());
        let mut tsv = line(names.map(|name| escape::tsv(&name)));
        for row in &self.rows {
            let fields = row.iter().zip(&self.columns).flat_map(|(cell, column)| {
                let mut fields = fields(cell);
                fields.resize(column.tsv_names().len(), "NA".into());
                fields
            });
            tsv.push_str(&line(fields));
        }
        tsv
    }
}

fn fields(cell: &Cell) -> Vec<String> {
    match cell {
        Cell::Missing => vec!["NA".into()],
        Cell::Text(text) => vec![escape::tsv(text)],
        Cell::Integer(value) => vec![value.to_string()],
        Cell::Float(value) => vec![number::exact(*value)],
        Cell::Interval(bounds) => bounds.map(number::exact).to_vec(),
    }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join("\t");
    line.push('\n');
    line
}
