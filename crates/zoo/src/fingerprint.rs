//! What decides a published model's numbers, in a few letters.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ciskit_core::Fnv1a;

use crate::error::ZooError;
use crate::registry::LoadOptions;

impl LoadOptions {
    /// A digest of all that decides what the model says: its name, the contents of all files, and the choices. Where files lie,
    /// the batch and the device are not among it.
    ///
    /// Of a folder, all files in it count; beside a weight file `config.json` and `tokenizer.json` do, unless others are named.
    ///
    /// *Cost*: all files are read once.
    ///
    /// # Errors
    ///
    /// [`ZooError::File`] for one that cannot be read.
    ///
    /// ```
    /// use ciskit_zoo::LoadOptions;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let (one, same) = (folder.path().join("one.pth"), folder.path().join("same.pth"));
    /// std::fs::write(&one, "weights")?;
    /// std::fs::copy(&one, &same)?;
    /// let fingerprint = LoadOptions::new(&one).fingerprint("sei")?;
    /// assert_eq!(LoadOptions::new(&same).fingerprint("sei")?, fingerprint);
    /// assert_ne!(LoadOptions::new(&one).with_choice("unknown", "zero").fingerprint("sei")?, fingerprint);
    /// std::fs::write(&one, "others")?;
    /// assert_ne!(LoadOptions::new(&one).fingerprint("sei")?, fingerprint);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fingerprint(&self, model: &str) -> Result<String, ZooError> {
        let mut hash = text(Fnv1a::default(), model);
        for path in &self.weights {
            hash = contents(text(hash, "weights"), path)?;
        }
        // What models read beside their weights where nobody names others.
        let named = [("config.json", &self.config), ("tokenizer.json", &self.tokenizer)];
        for (name, path) in named {
            match path {
                Some(path) => hash = contents(text(hash, name), path)?,
                // In a folder they have counted.
                None => {
                    let files = self.weights.iter().filter(|path| !path.is_dir());
                    let mut near = files.map(|path| path.with_file_name(name)).filter(|path| path.is_file());
                    if let Some(path) = near.next() {
                        hash = contents(text(hash, name), &path)?;
                    }
                }
            }
        }
        for (name, path) in &self.files {
            hash = contents(text(text(hash, "file"), name), path)?;
        }
        for (name, value) in &self.choices {
            hash = text(text(text(hash, "choice"), name), value);
        }
        Ok(hash.to_string())
    }
}

/// The length before each text keeps neighbours apart.
fn text(hash: Fnv1a, text: &str) -> Fnv1a {
    hash.with(&(text.len() as u64).to_le_bytes()).with(text.as_bytes())
}

/// With what a file holds, or all files of a folder by name.
fn contents(mut hash: Fnv1a, path: &Path) -> Result<Fnv1a, ZooError> {
    let unreadable = |error: std::io::Error| ZooError::File {
        what: "the file",
        path: path.to_path_buf(),
        problem: error.to_string(),
    };
    if path.is_dir() {
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        for path in paths.iter().filter(|path| path.is_file()) {
            hash = contents(text(hash, &path.file_name().unwrap_or_default().to_string_lossy()), path)?;
        }
        return Ok(hash);
    }
    let mut file = File::open(path).map_err(unreadable)?;
    hash = hash.with(&file.metadata().map_err(unreadable)?.len().to_le_bytes());
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(hash),
            read => hash = hash.with(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_and_choice_counts() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["w", "v", "other.json"] {
            std::fs::write(at(name), name).unwrap();
        }
        let of = |options: &LoadOptions| options.fingerprint("m").unwrap();
        let plain = LoadOptions::new(at("w"));
        let mut all = vec![of(&plain), plain.fingerprint("n").unwrap()];
        all.push(of(&plain.clone().with_weights(at("v"))));
        all.push(of(&LoadOptions::new(at("v")).with_weights(at("w"))));
        all.push(of(&plain.clone().with_tokenizer(at("other.json"))));
        all.push(of(&plain.clone().with_config(at("other.json"))));
        all.push(of(&plain.clone().with_file("names", at("other.json"))));
        all.push(of(&plain.clone().with_choice("names", "other.json")));
        // The batch does not.
        assert_eq!(of(&plain.clone().with_batch(7)), all[0]);
        std::fs::write(at("config.json"), "{}").unwrap();
        all.push(of(&plain));
        std::fs::write(at("tokenizer.json"), "{}").unwrap();
        all.push(of(&plain));
        all.push(of(&LoadOptions::new(folder.path())));
        std::fs::write(at("more"), "").unwrap();
        all.push(of(&LoadOptions::new(folder.path())));
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
        let missing = LoadOptions::new(at("none")).fingerprint("m").unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the file "), "{missing}");
    }
}
