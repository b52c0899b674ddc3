//! Which embeddings a cache has, and where.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ciskit_core::EmbeddingSpec;

use super::part::{self, Entry, Found};
use crate::DatasetError;

/// The embeddings in a folder, and those that are still to be written.
#[derive(Default)]
pub(super) struct Index {
    places: HashMap<u128, Place>,
    /// Files that were looked into.
    seen: BTreeSet<PathBuf>,
    /// What is not written yet.
    pending: Vec<u128>,
    notes: Vec<String>,
}

/// Where an embedding is.
#[derive(Clone)]
pub(super) enum Place {
    Stored(Arc<Path>, Entry),
    Pending(Arc<[f32]>),
}

impl Place {
    /// Replaces the contents of `values`; `false` if the file has gone or is not as it was written.
    pub(super) fn read(&self, values: &mut Vec<f32>) -> bool {
        match self {
            Self::Pending(found) => {
                values.clear();
                values.extend_from_slice(found);
                true
            }
            Self::Stored(path, entry) => part::read(path, entry, values).unwrap_or(false),
        }
    }
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn contains(&self, key: u128) -> bool {
        self.places.contains_key(&key)
    }

    pub(super) fn place(&self, key: u128) -> Option<Place> {
        self.places.get(&key).cloned()
    }

    /// Embeddings that are not written yet.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What there is to tell, once.
    pub(super) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Adds an embedding, unless it is there already.
    pub(super) fn insert(&mut self, key: u128, values: Vec<f32>) {
        if !self.contains(key) {
            self.places.insert(key, Place::Pending(values.into()));
            self.pending.push(key);
        }
    }

    /// Writes what is not written yet.
    pub(super) fn store(&mut self, folder: &Path, spec: &EmbeddingSpec) -> Result<(), DatasetError> {
        let of = |key: &u128| match self.places.get(key) {
            Some(Place::Pending(values)) => Some((*key, &**values)),
            _ => None,
        };
        let records: Vec<(u128, &[f32])> = self.pending.iter().filter_map(of).collect();
        if records.is_empty() {
            return Ok(());
        }
        let written = part::write(folder, spec, &records);
        let (name, entries) = written.map_err(unusable("write a file of embeddings in", folder))?;
        self.pending.clear();
        let path = folder.join(name);
        self.places.extend(of_file(&path, entries));
        self.seen.insert(path);
        Ok(())
    }

    /// Looks into files that are new in the folder.
    pub(super) fn refresh(&mut self, folder: &Path, spec: &EmbeddingSpec) -> Result<(), DatasetError> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unusable("read", folder))? {
            let path = entry.map_err(unusable("read", folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(part::SUFFIX) && !self.seen.contains(&path) {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let found = match part::look_into(&path, spec) {
                // Another process has found it damaged.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found.map_err(unusable("read", &path))?,
            };
            let alone = match found {
                Found::Ours(entries) => {
                    for (key, place) in of_file(&path, entries) {
                        self.places.entry(key).or_insert(place);
                    }
                    None
                }
                Found::Damaged => {
                    self.drop_damaged(&path);
                    continue;
                }
                Found::Newer(found) => return Err(DatasetError::EmbeddingFormat { path, found }),
                Found::Others(whose) => Some(format!("embeddings by {whose}, not by {spec}")),
                Found::Foreign => Some("no embeddings".to_owned()),
            };
            if let Some(what) = alone {
                self.notes.push(format!("{} holds {what}: it is left alone", path.display()));
            }
            self.seen.insert(path);
        }
        Ok(())
    }

    /// Reads an embedding that could not be read before, or forgets its file.
    pub(super) fn read_or_forget(&mut self, place: &Place, values: &mut Vec<f32>) -> bool {
        let Place::Stored(path, _) = place else { return place.read(values) };
        let is_there = place.read(values);
        if !is_there {
            self.drop_damaged(path);
        }
        is_there
    }

    /// Removes a file: its embeddings are made again.
    fn drop_damaged(&mut self, path: &Path) {
        self.places.retain(|_, place| !matches!(place, Place::Stored(of, _) if **of == *path));
        if std::fs::remove_file(path).is_ok() {
            // Another may come in its place.
            self.seen.remove(path);
        } else {
            self.seen.insert(path.to_owned());
        }
        let note =
            format!("{} is cut short, damaged or gone: its windows are embedded again", path.display());
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

fn of_file(path: &Path, entries: Vec<Entry>) -> impl Iterator<Item = (u128, Place)> {
    let path: Arc<Path> = path.into();
    entries.into_iter().map(move |entry| (entry.key, Place::Stored(path.clone(), entry)))
}

/// The error of something that cannot be done to a file or folder.
pub(super) fn unusable(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> DatasetError {
    move |source| DatasetError::EmbeddingFile { doing, path: path.into(), source }
}
