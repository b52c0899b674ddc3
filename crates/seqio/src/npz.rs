//! Arrays for NumPy.
//!
//! *Source*: NumPy's format specification, `numpy.lib.format`, version 1.0, and `numpy.savez`: a zip archive that holds a `.npy`
//! for each array.

use std::io::{self, Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::TableError;

/// Bytes that a header's length is a multiple of.
const ALIGNMENT: usize = 64;

/// Named arrays that become one `.npz`, as `numpy.savez` writes it: `numpy.load("map.npz")["values"]`.
///
/// Arrays are in C order and not compressed. The same arrays give the same bytes: no time is stored.
///
/// ```
/// use ciskit_seqio::Npz;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("map.npz");
/// Npz::new()
///     .floats("values", &[2, 2], &[0.5, f64::NAN, -1.0, 0.0])
///     .integers("start", &[], &[1000])
///     .texts("letters", &["A", "C"])
///     .write(&path)?;
/// assert!(std::fs::read(&path)?.starts_with(b"PK\x03\x04"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Npz {
    /// Name and `.npy` of each array.
    arrays: Vec<(String, Vec<u8>)>,
}

impl Npz {
    /// No arrays.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an array of f64 of a shape; an empty shape is a single number.
    ///
    /// # Panics
    ///
    /// If there are not as many values as the shape holds, or the name is taken.
    #[must_use]
    pub fn floats(self, name: &str, shape: &[usize], values: &[f64]) -> Self {
        self.array(name, "<f8", shape, values.len(), values.iter().flat_map(|value| value.to_le_bytes()))
    }

    /// Adds an array of i64 of a shape; an empty shape is a single number.
    ///
    /// # Panics
    ///
    /// As [`floats`](Self::floats).
    #[must_use]
    pub fn integers(self, name: &str, shape: &[usize], values: &[i64]) -> Self {
        self.array(name, "<i8", shape, values.len(), values.iter().flat_map(|value| value.to_le_bytes()))
    }

    /// Adds a list of texts.
    ///
    /// # Panics
    ///
    /// If the name is taken.
    #[must_use]
    pub fn texts(self, name: &str, texts: &[impl AsRef<str>]) -> Self {
        let width = texts.iter().map(|text| text.as_ref().chars().count()).max().unwrap_or(0).max(1);
        let padded = |text: &str| -> Vec<u8> {
            let letters = text.chars().map(u32::from).chain(std::iter::repeat(0));
            letters.take(width).flat_map(u32::to_le_bytes).collect()
        };
        let bytes = texts.iter().flat_map(|text| padded(text.as_ref()));
        self.array(name, &format!("<U{width}"), &[texts.len()], texts.len(), bytes)
    }

    fn array(
        mut self,
        name: &str,
        kind: &str,
        shape: &[usize],
        values: usize,
        bytes: impl Iterator<Item = u8>,
    ) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values, "values of array {name} of shape {shape:?}");
        assert!(self.arrays.iter().all(|(other, _)| other != name), "two arrays called {name}");
        let mut npy = header(kind, shape);
        npy.extend(bytes);
        self.arrays.push((name.to_owned(), npy));
        self
    }

    /// Writes the archive, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), TableError> {
        let path = path.as_ref();
        let written = self.to_bytes().and_then(|bytes| ciskit_file::write(path, &bytes));
        written.map_err(|source| TableError::Write { path: path.to_path_buf(), source })
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, npy) in &self.arrays {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .large_file(u32::try_from(npy.len()).is_err());
            archive.start_file(format!("{name}.npy"), options)?;
            archive.write_all(npy)?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

/// Everything before an array's values.
fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let numbers: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one has a comma.
    let comma = if shape.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", numbers.join(", "));
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = b"\x93NUMPY\x01\x00".len() + 2;
    let padding = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before - text.len() - 1;
    text.push_str(&" ".repeat(padding));
    text.push('\n');
    let length = text.len() as u16; // a shape of a dozen axes takes some 300 bytes
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::WordVectors;

    fn entry(npz: &Npz, name: &str) -> Vec<u8> {
        let mut archive = zip::ZipArchive::new(Cursor::new(npz.to_bytes().unwrap())).unwrap();
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn our_own_reader_reads_the_matrix() {
        let values: Vec<f64> = (0..15).map(|value| f64::from(value) / 4.0 - 1.0).collect();
        let npy = entry(&Npz::new().floats("vectors", &[5, 3], &values), "vectors.npy");
        let vectors = WordVectors::from_reader(Cursor::new(npy), "vectors.npy", 1).unwrap();
        assert_eq!((vectors.words(), vectors.width()), (5, 3));
        assert!(vectors.values().iter().zip(&values).all(|(a, b)| f64::from(*a) == *b));
    }

    #[test]
    fn headers_are_those_of_numpy() {
        for (shape, text) in [(&[][..], "()"), (&[3], "(3,)"), (&[2, 0], "(2, 0)"), (&[1, 2, 3], "(1, 2, 3)")]
        {
            let header = header("<i8", shape);
            assert_eq!(header.len() % 64, 0);
            assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
            let expected = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': {text}, }}");
            assert!(header[10..].starts_with(expected.as_bytes()) && header.ends_with(b"\n"), "{text}");
        }
    }

    #[test]
    fn texts_are_padded_to_the_widest() {
        let npy = entry(&Npz::new().texts("names", &["é", "", "abc"]), "names.npy");
        let letters: Vec<u32> =
            npy[npy.len() - 36..].chunks(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        assert_eq!(letters, [0xe9, 0, 0, 0, 0, 0, 0x61, 0x62, 0x63]);
        assert!(String::from_utf8_lossy(&npy).contains("'<U3'"));
        assert!(String::from_utf8_lossy(&entry(&Npz::new().texts("x", &[""; 0]), "x.npy")).contains("'<U1'"));
    }

    #[test]
    fn the_same_arrays_give_the_same_bytes() {
        let npz = || Npz::new().integers("a", &[2], &[-1, 2]).floats("b", &[], &[0.5]);
        assert_eq!(npz().to_bytes().unwrap(), npz().to_bytes().unwrap());
        // 1980-01-01, the zip format's first day.
        assert_eq!(npz().to_bytes().unwrap()[10..14], [0, 0, 0x21, 0]);
    }

    #[test]
    #[should_panic(expected = "values of array a of shape [2, 2]")]
    fn a_shape_that_does_not_fit_is_a_bug() {
        let _ = Npz::new().floats("a", &[2, 2], &[1.0]);
    }
}
