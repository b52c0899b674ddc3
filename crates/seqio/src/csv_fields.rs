//! Fields separated by commas.

use std::fmt;

use csv_core::{ReadRecordResult, Reader};

use crate::table_error::shown;
use crate::{Line, Row, TableError};

/// Splits lines at commas, with quotes as in RFC 4180.
///
/// One line is one row: a field whose quotes hold a line end is refused, so that a stray quote cannot swallow the
/// rest of a file, and the line in a message is always the one that an editor shows.
pub(crate) struct CsvFields {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl CsvFields {
    pub(crate) fn new() -> Self {
        Self { reader: Reader::new(), text: Vec::new(), ends: Vec::new() }
    }

    /// The fields of a line that is not empty.
    pub(crate) fn split<'a>(&'a mut self, line: Line<'a>) -> Result<Row<'a>, TableError> {
        let Self { reader, text, ends } = self;
        // Unquoting only shortens; a line of commas alone has one field more than bytes; neither buffer may be full
        // when the line's end comes.
        text.resize(text.len().max(line.text.len() + 1), 0);
        ends.resize(ends.len().max(line.text.len() + 2), 0);
        let (_, _, written, fields) = reader.read_record(line.text.as_bytes(), text, ends);
        let (end, _, more_written, more_fields) =
            reader.read_record(b"\n", &mut text[written..], &mut ends[fields..]);
        let fields = std::str::from_utf8(&text[..written + more_written])
            .ok()
            .filter(|_| end == ReadRecordResult::Record)
            .and_then(|text| {
                let ends = &ends[..fields + more_fields];
                let starts = std::iter::once(&0).chain(ends);
                starts.zip(ends).map(|(&start, &end)| text.get(start..end)).collect()
            });
        match fields {
            Some(fields) => Ok(Row::new(line.path, line.number, fields)),
            None => {
                reader.reset();
                let (path, found) = (line.path.to_path_buf(), shown(line.text));
                let expected = "every quote closed in its line".into();
                Err(TableError::Line { path, line: line.number, expected, found })
            }
        }
    }
}

impl fmt::Debug for CsvFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsvFields")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn fields(text: &str) -> Result<Vec<String>, TableError> {
        let path: Arc<Path> = Path::new("t.csv").into();
        let mut csv = CsvFields::new();
        let row = csv.split(Line { path: &path, number: 3, text })?;
        Ok(row.fields().iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn quotes() {
        for (text, expected) in [
            ("a", &["a"][..]),
            ("a,b", &["a", "b"]),
            (",", &["", ""]),
            ("a,,", &["a", "", ""]),
            (r#""(1, 2]",x"#, &["(1, 2]", "x"]),
            (r#"x,"say ""ä""""#, &["x", "say \"ä\""]),
            (r#""",b"#, &["", "b"]),
            (r#"a"b,c"#, &["a\"b", "c"]),
        ] {
            assert_eq!(fields(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn an_open_quote_is_refused() {
        assert_eq!(
            fields("a,\"b,c").unwrap_err().to_string(),
            r#"t.csv, line 3: expected every quote closed in its line, found "a,\"b,c""#
        );
    }

    #[test]
    fn one_splitter_reads_lines_of_any_length() {
        let path: Arc<Path> = Path::new("t.csv").into();
        let mut csv = CsvFields::new();
        for length in [3, 100, 0, 50] {
            let text = ["x"].repeat(length + 1).join(",");
            let row = csv.split(Line { path: &path, number: 1, text: &text }).unwrap();
            assert_eq!(row.fields(), ["x"].repeat(length + 1));
        }
    }
}
