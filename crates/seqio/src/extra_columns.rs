//! Columns that a reader has no meaning for.

use crate::{Header, Row};

/// Columns that are kept as they are.
#[derive(Debug)]
pub(crate) struct ExtraColumns {
    columns: Vec<usize>,
    names: Vec<String>,
}

impl ExtraColumns {
    /// All columns but those that the reader uses.
    pub(crate) fn new(header: &Header, used: impl IntoIterator<Item = usize>) -> Self {
        let columns = header.without(&used.into_iter().collect::<Vec<_>>());
        let names = columns.iter().map(|&column| header.names()[column].clone()).collect();
        Self { columns, names }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Their place in rows.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Their values in a row, which has as many columns as the header.
    pub(crate) fn values(&self, row: &Row<'_>) -> Vec<String> {
        self.columns.iter().map(|&column| row.fields()[column].to_owned()).collect()
    }
}
