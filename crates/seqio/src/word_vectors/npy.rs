//! NumPy's `.npy` as far as a matrix of floats needs it.
//!
//! *Source*: NumPy's format specification, `numpy.lib.format`, versions 1.0 to 3.0.

use std::io::{ErrorKind, Read};
use std::path::Path;

use super::WIDEST;
use crate::TableError;
use crate::table_error::shown;

/// The first bytes of every `.npy` file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read; one of a matrix takes some 120 bytes.
const LONGEST_HEADER: u32 = 1 << 16;

/// Numbers that are taken out of the stream together.
const CHUNK: usize = 1 << 16;

/// What a file is, for messages.
struct Array<'a>(&'a Path);

impl Array<'_> {
    fn refuse(&self, expected: impl Into<String>, found: impl Into<String>) -> TableError {
        TableError::Array { path: self.0.to_path_buf(), expected: expected.into(), found: found.into() }
    }

    fn reading(&self, source: std::io::Error) -> TableError {
        match source.kind() {
            ErrorKind::UnexpectedEof => self.refuse("a whole .npy file", "one that is cut off"),
            _ => TableError::reading(self.0, 1, source),
        }
    }
}

/// Width and numbers of a matrix with a row for each of `words` ids, or for each but 0; `reader` stands behind the
/// magic bytes.
pub(super) fn read(
    mut reader: impl Read,
    path: &Path,
    words: usize,
) -> Result<(usize, Vec<f32>), TableError> {
    let array = Array(path);
    let header = header(&mut reader, &array)?;
    let bytes = match value(&header, "descr") {
        Some("'<f4'" | "\"<f4\"") => 4,
        Some("'<f8'" | "\"<f8\"") => 8,
        found => return Err(array.refuse("numbers of type '<f4' or '<f8'", shown(found.unwrap_or("none")))),
    };
    if value(&header, "fortran_order") != Some("False") {
        return Err(array.refuse("a matrix in C order", "another order"));
    }
    let shape = value(&header, "shape").unwrap_or("none");
    let (rows, width) = matrix(shape)
        .filter(|&(rows, width)| (rows == words || rows + 1 == words) && (1..=WIDEST).contains(&width))
        .ok_or_else(|| {
            let rows = format!("a matrix of {words} or {} rows", words - 1);
            array.refuse(format!("{rows} and 1 to {WIDEST} columns"), format!("shape {}", shown(shape)))
        })?;
    let mut values = vec![0.0; (words - rows) * width];
    let mut left = rows * width;
    let mut buffer = Vec::new();
    while left > 0 {
        // No more is held than was there to be read, whatever the header says.
        let count = left.min(CHUNK);
        buffer.clear();
        reader
            .by_ref()
            .take((count * bytes) as u64)
            .read_to_end(&mut buffer)
            .map_err(|e| array.reading(e))?;
        if buffer.len() < count * bytes {
            return Err(array.reading(ErrorKind::UnexpectedEof.into()));
        }
        values.extend(buffer.chunks_exact(bytes).map(|bytes| match *bytes {
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
            _ => unreachable!("chunks have 4 or 8 bytes"),
        }));
        left -= count;
    }
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let place = format!("{} in row {}, column {}", values[at], at / width, at % width);
        return Err(array.refuse("finite numbers", place));
    }
    match reader.read(&mut [0]) {
        Ok(0) => Ok((width, values)),
        Ok(_) => Err(array.refuse("the file's end behind the matrix", "more bytes")),
        Err(error) => Err(array.reading(error)),
    }
}

/// The header's text.
fn header(reader: &mut impl Read, array: &Array<'_>) -> Result<String, TableError> {
    let mut version = [0; 2];
    reader.read_exact(&mut version).map_err(|error| array.reading(error))?;
    let mut length = [0; 4];
    let digits = match version[0] {
        1 => 2,
        2 | 3 => 4,
        found => return Err(array.refuse(".npy of version 1, 2 or 3", format!("version {found}"))),
    };
    reader.read_exact(&mut length[..digits]).map_err(|error| array.reading(error))?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST_HEADER {
        let expected = format!("a header of at most {LONGEST_HEADER} bytes");
        return Err(array.refuse(expected, format!("one of {length} bytes")));
    }
    let mut header = vec![0; length as usize];
    reader.read_exact(&mut header).map_err(|error| array.reading(error))?;
    String::from_utf8(header).map_err(|_| array.refuse("a header of text", "other bytes"))
}

/// The text behind a key of the header, which is a Python dictionary on one line.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let at = quoted.iter().find_map(|quoted| Some(header.find(quoted.as_str())? + quoted.len()))?;
    let value = header[at..].trim_start().strip_prefix(':')?.trim_start();
    let end = if value.starts_with('(') { value.find(')')? + 1 } else { value.find([',', '}'])? };
    Some(value[..end].trim_end())
}

/// The two numbers of `(4097, 100)`.
fn matrix(shape: &str) -> Option<(usize, usize)> {
    let inner = shape.strip_prefix('(')?.strip_suffix(')')?;
    let (rows, width) = inner.split_once(',')?;
    Some((rows.trim().parse().ok()?, width.trim().trim_end_matches(',').parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io;

    use crate::WordVectors;

    fn file(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}   \n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), data].concat()
    }

    fn doubles(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn read(bytes: Vec<u8>) -> Result<WordVectors, String> {
        WordVectors::from_reader(io::Cursor::new(bytes), "x.npy", 1).map_err(|error| error.to_string())
    }

    #[test]
    fn both_widths_and_both_numbers_of_rows_are_read() {
        let numbers: Vec<f64> = (0..10).map(f64::from).collect();
        let whole = read(file("'<f8'", "False", "(5, 2)", &doubles(&numbers))).unwrap();
        assert_eq!(whole.values()[..4], [0.0, 1.0, 2.0, 3.0]);
        let singles: Vec<u8> = (2..10).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let without_row_0 = read(file("'<f4'", "False", "(4, 2)", &singles)).unwrap();
        assert_eq!(without_row_0.values()[..4], [0.0, 0.0, 2.0, 3.0]);
        assert_eq!(without_row_0.values()[2..], whole.values()[2..]);
        // Version 2 has a header length of four bytes.
        let mut second = file("'<f8'", "False", "(5, 2)", &doubles(&numbers));
        second.splice(6..10, [[2, 0], [second[8], second[9]], [0, 0]].concat());
        assert_eq!(read(second).unwrap(), whole);
    }

    #[test]
    fn hostile_files_are_refused() {
        let data = doubles(&[1.0; 5]);
        let good = |shape: &str, data: &[u8]| file("'<f8'", "False", shape, data);
        let rows = "x.npy: expected a matrix of 5 or 4 rows and 1 to 65536 columns, found shape ";
        for (bytes, message) in [
            (good("(6, 1)", &data), format!("{rows}(6, 1)")),
            (good("(5,)", &data), format!("{rows}(5,)")),
            (good("(5, 0)", &data), format!("{rows}(5, 0)")),
            (good("(5, 1, 1)", &data), format!("{rows}(5, 1, 1)")),
            (good("(5, 999999999999)", &data), format!("{rows}(5, 999999999999)")),
            (good("(-5, 1)", &data), format!("{rows}(-5, 1)")),
            (good("5", &data), format!("{rows}5")),
            (
                file("'<i8'", "False", "(5, 1)", &data),
                "x.npy: expected numbers of type '<f4' or '<f8', found '<i8'".into(),
            ),
            (
                file("'<f8'", "True", "(5, 1)", &data),
                "x.npy: expected a matrix in C order, found another order".into(),
            ),
            (
                good("(5, 1)", &data[..39]),
                "x.npy: expected a whole .npy file, found one that is cut off".into(),
            ),
            (
                good("(5, 65536)", &data),
                "x.npy: expected a whole .npy file, found one that is cut off".into(),
            ),
            (
                good("(5, 1)", &[&data[..], &[0]].concat()),
                "x.npy: expected the file's end behind the matrix, found more bytes".into(),
            ),
            (
                good("(5, 1)", &doubles(&[0.0, 1.0, f64::NAN, 1.0, 1.0])),
                "x.npy: expected finite numbers, found NaN in row 2, column 0".into(),
            ),
            (
                // Too large for f32.
                good("(4, 1)", &doubles(&[0.0, 1e39, 1.0, 1.0])),
                "x.npy: expected finite numbers, found inf in row 2, column 0".into(),
            ),
            (
                b"\x93NUMPY\x09\x00".to_vec(),
                "x.npy: expected .npy of version 1, 2 or 3, found version 9".into(),
            ),
            (
                b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
                "x.npy: expected a header of at most 65536 bytes, found one of 4294967295 bytes".into(),
            ),
            (
                b"\x93NUMPY\x01\x00\x02\x00\xff\xfe".to_vec(),
                "x.npy: expected a header of text, found other bytes".into(),
            ),
        ] {
            assert_eq!(read(bytes).unwrap_err(), message);
        }
        let whole = good("(5, 1)", &data);
        for length in 6..whole.len() {
            assert!(read(whole[..length].to_vec()).unwrap_err().ends_with("cut off"), "{length}");
        }
    }
}
