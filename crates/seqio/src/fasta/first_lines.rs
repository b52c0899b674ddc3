//! Names that may occur only once in a file.

use std::collections::HashMap;
use std::path::Path;

use ciskit_core::ContigName;

use crate::FastaError;

/// The names met so far and the lines that they were met in.
#[derive(Default)]
pub(crate) struct FirstLines(HashMap<ContigName, u64>);

impl FirstLines {
    /// Takes a name, unless it has been there before.
    pub(crate) fn insert(&mut self, path: &Path, line: u64, name: &ContigName) -> Result<(), FastaError> {
        match self.0.insert(name.clone(), line) {
            None => Ok(()),
            Some(first) => {
                Err(FastaError::Duplicate { path: path.to_owned(), line, name: name.to_string(), first })
            }
        }
    }
}
