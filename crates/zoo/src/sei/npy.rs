//! Arrays in NumPy's `.npy` files: what Sei publishes its sequence classes in.
//!
//! *Source*: NumPy's format, version 1 to 3: a magic word, the length of a header, the header (a Python literal), the values.

use std::path::Path;

use crate::error::ZooError;

/// An array of one or two axes, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Array, ZooError> {
    let wrong = |problem: String| ZooError::File { what: "the array", path: path.to_path_buf(), problem };
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    parse(&bytes).map_err(|problem| wrong(problem.into()))
}

fn parse(bytes: &[u8]) -> Result<Array, &'static str> {
    let cut = "the file is cut short";
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("it is no .npy file")?;
    let (&[major, _], rest) = rest.split_first_chunk::<2>().ok_or(cut)?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or(cut)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err("its version is none of 1, 2 and 3"),
    };
    let (header, values) = rest.split_at_checked(length).ok_or(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
    if entry(header, "fortran_order")?.starts_with("True") {
        return Err("it lies column by column; save numpy.ascontiguousarray of it");
    }
    let shape = entry(header, "shape")?.strip_prefix('(').and_then(|shape| shape.split_once(')'));
    let sizes =
        shape.ok_or("its header has no shape")?.0.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape: Vec<usize> = sizes
        .map(|size| size.parse().map_err(|_| "its shape is no list of sizes"))
        .collect::<Result<_, _>>()?;
    let count =
        shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size)).ok_or("it is too large")?;
    let kind = entry(header, "descr")?.trim_start_matches(['\'', '"']);
    let kind = kind.split(['\'', '"']).next().unwrap_or_default();
    let values = match kind {
        "<f8" => numbers(values, f64::from_le_bytes),
        "<f4" => numbers(values, |bytes| f64::from(f32::from_le_bytes(bytes))),
        "<i8" => numbers(values, |bytes| i64::from_le_bytes(bytes) as f64),
        "<i4" => numbers(values, |bytes| f64::from(i32::from_le_bytes(bytes))),
        _ => return Err("its numbers are none of <f8, <f4, <i8 and <i4"),
    };
    match values {
        Some(values) if values.len() == count => Ok(Array { shape, values }),
        _ => Err("it has another number of values than its shape"),
    }
}

/// What stands behind a key of the header.
fn entry<'a>(header: &'a str, key: &str) -> Result<&'a str, &'static str> {
    let at = header.find(&format!("'{key}'")).ok_or("its header lacks an entry")?;
    let (_, value) = header[at..].split_once(':').ok_or("its header lacks an entry")?;
    Ok(value.trim_start())
}

fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
    let (numbers, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| numbers.iter().map(|&bytes| number(bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, descr: &str, order: &str, shape: &str, values: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}   \n");
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes.extend(values);
        bytes
    }

    #[test]
    fn arrays_of_every_kind_are_read() {
        let f32s: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let f64s: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let i64s: Vec<u8> = [3i64, -2].iter().flat_map(|value| value.to_le_bytes()).collect();
        let i32s: Vec<u8> = [3i32, -2].iter().flat_map(|value| value.to_le_bytes()).collect();
        for (descr, bytes, values) in [
            ("<f4", &f32s, vec![1.5, -2.0]),
            ("<f8", &f64s, vec![1.5, -2.0]),
            ("<i8", &i64s, vec![3.0, -2.0]),
            ("<i4", &i32s, vec![3.0, -2.0]),
        ] {
            for (version, shape, sizes) in
                [(1, "(2,)", vec![2]), (2, "(1, 2)", vec![1, 2]), (3, "(2, 1)", vec![2, 1])]
            {
                let array = parse(&file(version, descr, "False", shape, bytes)).unwrap();
                assert_eq!(array, Array { shape: sizes, values: values.clone() }, "{descr} {shape}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_at_every_cut() {
        let whole = file(1, "<f4", "False", "(1,)", &1f32.to_le_bytes());
        assert!(parse(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length}");
        }
        assert!(parse(&file(1, "<f4", "True", "(1,)", &1f32.to_le_bytes())).is_err());
        assert!(parse(&file(1, "|O", "False", "(1,)", &1f32.to_le_bytes())).is_err());
        assert!(parse(&file(1, "<f4", "False", "(2,)", &1f32.to_le_bytes())).is_err());
        assert!(parse(&file(1, "<f4", "False", "(-1,)", &1f32.to_le_bytes())).is_err());
        let huge = format!("({}, {})", usize::MAX, 2);
        assert!(parse(&file(1, "<f4", "False", &huge, &1f32.to_le_bytes())).is_err());
        assert!(parse(&file(9, "<f4", "False", "(1,)", &1f32.to_le_bytes())).is_err());
    }
}
