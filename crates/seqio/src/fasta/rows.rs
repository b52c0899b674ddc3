//! Rows of small tables whose columns are separated by tabs.

use std::path::Path;
use std::str::FromStr;

use super::letters::excerpt;
use crate::FastaError;

/// One row and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    path: &'a Path,
    pub(crate) line: u64,
    pub(crate) text: &'a str,
}

impl<'a> Row<'a> {
    /// Exactly `N` columns, which `expected` names for the message.
    pub(crate) fn fields<const N: usize>(self, expected: &str) -> Result<[&'a str; N], FastaError> {
        let fields: Vec<&str> = self.text.split('\t').collect();
        fields.try_into().map_err(|_| self.bad(expected, self.text))
    }

    /// The number in a column, which `expected` names for the message.
    pub(crate) fn number<T: FromStr>(self, field: &str, expected: &str) -> Result<T, FastaError> {
        field.parse().map_err(|_| self.bad(expected, field))
    }

    pub(crate) fn bad(self, expected: &str, found: &str) -> FastaError {
        FastaError::BadIndex {
            path: self.path.to_owned(),
            line: self.line,
            expected: expected.to_owned(),
            found: excerpt(found.as_bytes()),
        }
    }
}

/// The rows of a table, blank lines left out; at least one.
pub(crate) fn rows<'a>(
    path: &'a Path,
    text: &'a [u8],
) -> Result<impl Iterator<Item = Result<Row<'a>, FastaError>>, FastaError> {
    let bad = |line, expected: &str, found: &[u8]| FastaError::BadIndex {
        path: path.to_owned(),
        line,
        expected: expected.to_owned(),
        found: excerpt(found),
    };
    let lines = text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty()).peekable();
    if lines.peek().is_none() {
        return Err(bad(1, "a contig", b""));
    }
    Ok(lines.map(move |(line, bytes)| {
        let text = std::str::from_utf8(bytes).map_err(|_| bad(line, "text in UTF-8", bytes))?;
        Ok(Row { path, line, text })
    }))
}
