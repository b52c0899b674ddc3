//! One file of a cache: embeddings of some windows, written once.
//!
//! ```text
//! ##ciskit embeddings format=1
//! model=sei
//! fingerprint=85944171f73967e8
//! width=960
//! bin=100
//! records=256
//! index=9c3f…          digest of the index
//! (an empty line)
//! 28 bytes a record: digest of the sequence, number of values, checksum of the values
//! 4 bytes a value, record after record
//! ```
//!
//! Numbers are little-endian. The sizes tell the length of the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ciskit_core::{EmbeddingSpec, Fnv1a};
use ciskit_file::WholeFile;

use super::key::checksum;

/// How names of these files end.
pub(super) const SUFFIX: &str = ".embeddings";

const FIRST_LINE: &str = "##ciskit embeddings format=";
/// Bytes of a record in the index.
const ENTRY: usize = 28;
/// No line of a header is longer.
const LINE: u64 = 4096;

/// One record: where its values lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: u128,
    values: u32,
    checksum: u64,
    offset: u64,
}

/// What a file is.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// Embeddings of this cache.
    Ours(Vec<Entry>),
    /// Those of another model, or with other bins, as a text.
    Others(String),
    /// No file of embeddings.
    Foreign,
    /// A file of a later version.
    Newer(u32),
    /// Cut short, or with another index than it was written with.
    Damaged,
}

/// Writes a file of some embeddings, whole or not at all, and gives its name, which its content decides, and its records.
pub(super) fn write(
    folder: &Path,
    spec: &EmbeddingSpec,
    records: &[(u128, &[f32])],
) -> io::Result<(String, Vec<Entry>)> {
    let (mut index, mut entries) = (Vec::with_capacity(ENTRY * records.len()), Vec::new());
    for (key, values) in records {
        let (number, checksum) = (u32::try_from(values.len()).map_err(io::Error::other)?, checksum(values));
        index.extend_from_slice(&key.to_le_bytes());
        index.extend_from_slice(&number.to_le_bytes());
        index.extend_from_slice(&checksum.to_le_bytes());
        entries.push(Entry { key: *key, values: number, checksum, offset: 0 });
    }
    let digest = Fnv1a::of(&index);
    let EmbeddingSpec { model, fingerprint, width, bin } = spec;
    let header = format!(
        "{FIRST_LINE}1\nmodel={model}\nfingerprint={fingerprint}\nwidth={width}\nbin={bin}\nrecords={}\nindex={digest}\n\n",
        records.len()
    );
    place(&mut entries, (header.len() + index.len()) as u64);
    let name = format!("{digest}{SUFFIX}");
    let mut file = WholeFile::create(folder.join(&name))?;
    file.write_all(header.as_bytes())?;
    file.write_all(&index)?;
    for (_, values) in records {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        file.write_all(&bytes)?;
    }
    file.finish()?;
    Ok((name, entries))
}

/// Says where records lie, the first of them at `offset`; gives the file's length.
fn place(entries: &mut [Entry], mut offset: u64) -> u64 {
    for entry in entries {
        entry.offset = offset;
        offset += 4 * u64::from(entry.values);
    }
    offset
}

/// Reads what a file says of itself.
pub(super) fn look_into(path: &Path, spec: &EmbeddingSpec) -> io::Result<Found> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = || -> io::Result<Option<String>> {
        let mut line = Vec::new();
        file.by_ref().take(LINE).read_until(b'\n', &mut line)?;
        Ok(String::from_utf8(line).ok().and_then(|line| Some(line.strip_suffix('\n')?.to_owned())))
    };
    match line()?.as_deref().and_then(|line| line.strip_prefix(FIRST_LINE)).map(str::parse) {
        None | Some(Err(_)) => return Ok(Found::Foreign),
        Some(Ok(1)) => (),
        Some(Ok(newer)) => return Ok(Found::Newer(newer)),
    }
    let mut keys = BTreeMap::new();
    loop {
        match line()? {
            Some(line) if line.is_empty() => break,
            Some(line) => match line.split_once('=') {
                Some((key, value)) => drop(keys.insert(key.to_owned(), value.to_owned())),
                None => return Ok(Found::Damaged),
            },
            None => return Ok(Found::Damaged),
        }
    }
    let number = |key: &str| keys.get(key).and_then(|value| value.parse::<usize>().ok());
    let text = |key: &str| keys.get(key).cloned();
    let theirs = || {
        let (width, bin) = (number("width")?, number("bin")?);
        Some(EmbeddingSpec { model: text("model")?, fingerprint: text("fingerprint")?, width, bin })
    };
    let (Some(theirs), Some(records), Some(digest)) = (theirs(), number("records"), text("index")) else {
        return Ok(Found::Damaged);
    };
    if theirs != *spec {
        return Ok(Found::Others(theirs.to_string()));
    }
    let mut index = Vec::new();
    file.by_ref().take((records as u64).saturating_mul(ENTRY as u64)).read_to_end(&mut index)?;
    if records.checked_mul(ENTRY) != Some(index.len()) || Fnv1a::of(&index).to_string() != digest {
        return Ok(Found::Damaged);
    }
    let mut entries: Vec<Entry> = index.chunks_exact(ENTRY).map(entry).collect();
    let end = place(&mut entries, file.stream_position()?);
    let is_whole = file.get_ref().metadata()?.len() == end;
    Ok(if is_whole { Found::Ours(entries) } else { Found::Damaged })
}

fn entry(bytes: &[u8]) -> Entry {
    fn take<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
        std::array::from_fn(|byte| bytes[from + byte])
    }
    let (key, values) = (u128::from_le_bytes(take(bytes, 0)), u32::from_le_bytes(take(bytes, 16)));
    Entry { key, values, checksum: u64::from_le_bytes(take(bytes, 20)), offset: 0 }
}

/// Replaces the contents of `values` by those of a record; `false` if they are not what was written.
pub(super) fn read(path: &Path, entry: &Entry, values: &mut Vec<f32>) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(entry.offset))?;
    let mut bytes = vec![0; 4 * entry.values as usize];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        done => done?,
    }
    values.clear();
    values.extend(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    Ok(checksum(values) == entry.checksum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> EmbeddingSpec {
        EmbeddingSpec { model: "toy".into(), fingerprint: "f".into(), width: 2, bin: 10 }
    }

    fn written(folder: &Path) -> (std::path::PathBuf, Vec<Entry>) {
        let records: [(u128, &[f32]); 3] =
            [(7, &[1.0, -2.5]), (1 << 100, &[]), (3, &[0.1, 0.2, 0.3, f32::MAX])];
        let (name, entries) = write(folder, &spec(), &records).unwrap();
        (folder.join(name), entries)
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, entries) = written(folder.path());
        assert_eq!(look_into(&path, &spec()).unwrap(), Found::Ours(entries.clone()));
        let mut values = vec![9.0];
        for (entry, expected) in entries.iter().zip([&[1.0, -2.5][..], &[], &[0.1, 0.2, 0.3, f32::MAX]]) {
            assert!(read(&path, entry, &mut values).unwrap());
            assert_eq!(values, expected);
        }
        // The same embeddings have the same name.
        assert_eq!(written(folder.path()).0, path);
    }

    #[test]
    fn every_byte_that_is_cut_or_changed_shows() {
        let folder = tempfile::tempdir().unwrap();
        let (path, entries) = written(folder.path());
        let bytes = std::fs::read(&path).unwrap();
        let is_whole = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            match look_into(&path, &spec()).unwrap() {
                Found::Ours(found) => {
                    let mut values = Vec::new();
                    found == entries && found.iter().all(|entry| read(&path, entry, &mut values).unwrap())
                }
                _ => false,
            }
        };
        assert!(is_whole(&bytes));
        for at in 0..bytes.len() {
            assert!(!is_whole(&bytes[..at]), "cut to {at} bytes");
            let mut other = bytes.clone();
            other[at] ^= 4;
            assert!(!is_whole(&other), "byte {at}");
        }
        assert!(!is_whole(&[&bytes[..], b"x"].concat()));
    }

    #[test]
    fn other_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        let other = EmbeddingSpec { fingerprint: "g".into(), ..spec() };
        let expected = Found::Others("toy (fingerprint f, 2 numbers for each 10 bp)".into());
        assert_eq!(look_into(&path, &other).unwrap(), expected);
        let of = |text: &[u8]| {
            std::fs::write(&path, text).unwrap();
            look_into(&path, &spec()).unwrap()
        };
        assert_eq!(of(b"##ciskit embeddings format=2\nnew\n"), Found::Newer(2));
        assert_eq!(of(b"##ciskit embeddings format=1\nmodel=toy\n"), Found::Damaged);
        for foreign in [&b""[..], b"notes", b"\xff\n", b"##ciskit scores format=1\n"] {
            assert_eq!(of(foreign), Found::Foreign);
        }
    }
}
