//! The line that says which format a file of ours has: `##ciskit pairs format=1`.

use crate::table_error::shown;
use crate::{Line, TableError};

/// The format that is written, and the newest that can be read.
const FORMAT: u32 = 1;

const MARK: &str = "##ciskit ";

/// The first line of a file of ours.
pub(crate) fn written(kind: &str) -> String {
    format!("{MARK}{kind} format={FORMAT}")
}

/// Refuses a format line of another kind or of a newer format; lines that are no format lines pass.
pub(crate) fn check(line: Line<'_>, kind: &'static str) -> Result<(), TableError> {
    let Some(stated) = line.text.strip_prefix(MARK) else { return Ok(()) };
    let format = stated.strip_prefix(kind).and_then(|rest| rest.strip_prefix(" format="));
    let path = line.path.to_path_buf();
    match format.and_then(|number| number.trim_end().parse().ok()) {
        Some(1..=FORMAT) => Ok(()),
        Some(found) if found > FORMAT => {
            Err(TableError::Newer { path, line: line.number, kind, found, known: FORMAT })
        }
        _ => Err(TableError::Line {
            path,
            line: line.number,
            expected: format!("\"{}\"", written(kind)),
            found: shown(line.text),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        let path: Arc<Path> = Path::new("a.bedpe").into();
        check(Line { path: &path, number: 1, text }, "pairs").map_err(|error| error.to_string())
    }

    #[test]
    fn formats_up_to_ours_are_read() {
        assert_eq!(checked(&written("pairs")), Ok(()));
        assert_eq!(checked("##made by hand"), Ok(()));
        assert_eq!(
            checked("##ciskit pairs format=2").unwrap_err(),
            "a.bedpe, line 1: pairs format 2 is newer than format 1, the newest known here"
        );
        for text in
            ["##ciskit elements format=1", "##ciskit pairs format=0", "##ciskit pairs format=", "##ciskit "]
        {
            let expected =
                format!(r###"a.bedpe, line 1: expected "##ciskit pairs format=1", found {text:?}"###);
            assert_eq!(checked(text).unwrap_err(), expected);
        }
    }
}
