//! Tables as JSON.

use serde_json::Value;

use super::{Cell, Table};

impl Table {
    /// A JSON array of objects, one row a line, keys in the order of the columns.
    ///
    /// Numbers are numbers with all their digits; missing, NaN and infinite are `null`; an interval is `[low, high]`.
    ///
    /// ```
    /// use ciskit_report::{Column, Table};
    ///
    /// let mut table = Table::new([Column::text("name"), Column::interval("ci", 1), Column::integer("n")]);
    /// table.push(["a \"b\"".into(), [0.25, f64::INFINITY].into(), 7.into()]);
    /// assert_eq!(table.to_json(), "[\n  {\"name\": \"a \\\"b\\\"\", \"ci\": [0.25, null], \"n\": 7}\n]\n");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let object = |row: &Vec<Cell>| {
            let entry = |(column, cell): (&super::Column, &Cell)| {
                format!("{}: {}", Value::from(column.name()), value(cell))
            };
            let entries: Vec<String> = self.columns.iter().zip(row).map(entry).collect();
            format!("  {{{}}}", entries.join(", "))
        };
        let objects: Vec<String> = self.rows.iter().map(object).collect();
        if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
    }
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Missing => Value::Null.to_string(),
        Cell::Text(text) => Value::from(text.as_str()).to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) => Value::from(*value).to_string(),
        Cell::Interval([low, high]) => format!("[{}, {}]", Value::from(*low), Value::from(*high)),
    }
}
