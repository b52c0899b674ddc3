//! Files, with their place in the error.

use std::path::Path;

use crate::ReportError;

/// Writes a file, whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    let written = ciskit_file::write(path, text.as_bytes());
    written.map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("nowhere").join("report.html");
        let error = write(&missing, "text").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", missing.display()));
    }
}
