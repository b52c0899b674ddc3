//! Names of a model's outputs.

use std::path::Path;

use ciskit_core::{Output, Scale};

use crate::error::ZooError;

/// So many outputs: by their names as far as there are names, then by their numbers, from 1 on.
pub(crate) fn outputs(count: usize, names: Option<Vec<String>>, scale: Scale) -> Vec<Output> {
    let names = names.unwrap_or_default();
    let named = names.into_iter().map(Some).chain(std::iter::repeat(None)).take(count).enumerate();
    named.map(|(index, name)| Output::new(name.unwrap_or_else(|| (index + 1).to_string()), scale)).collect()
}

/// Reads a list of exactly `count` names, one a line; empty lines at the end do not count, and what is the same name twice
/// gets its number behind it (published lists repeat themselves: one experiment, two replicates).
pub(crate) fn read(path: &Path, count: usize) -> Result<Vec<String>, ZooError> {
    let wrong =
        |problem: String| ZooError::File { what: "the list of targets", path: path.to_path_buf(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let names: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
    if names.len() != count {
        return Err(wrong(format!("it has {} names, the model has {count} outputs", names.len())));
    }
    let mut seen = std::collections::HashSet::new();
    let unique = names.iter().enumerate().map(|(index, name)| {
        let name = if seen.insert(*name) { (*name).to_owned() } else { format!("{name} | {}", index + 1) };
        if name.is_empty() { (index + 1).to_string() } else { name }
    });
    Ok(unique.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_names_or_numbers() {
        let names = |names: Option<Vec<String>>| {
            outputs(3, names, Scale::Raw).into_iter().map(|output| output.name).collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["1", "2", "3"]);
        assert_eq!(names(Some(vec!["a".into()])), ["a", "2", "3"]);
    }

    #[test]
    fn a_list_has_as_many_names_as_the_model_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.names");
        std::fs::write(&path, "DNase\r\nCTCF\nDNase\n\n").unwrap();
        assert_eq!(read(&path, 3).unwrap(), ["DNase", "CTCF", "DNase | 3"]);
        let message = read(&path, 4).unwrap_err().to_string();
        assert!(message.ends_with("it has 3 names, the model has 4 outputs"), "{message}");
        assert!(read(&folder.path().join("none"), 4).is_err());
    }
}
