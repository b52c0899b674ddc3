//! Files that are put together byte by byte.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;

/// Numbers in one byte order.
#[derive(Clone, Default)]
struct Written {
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl Written {
    fn number(&mut self, number: u64, size: usize) -> &mut Self {
        let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
        self.bytes.extend(if self.is_big_endian { &big[8 - size..] } else { &little[..size] });
        self
    }
    fn u32s(&mut self, numbers: &[u32]) -> &mut Self {
        for number in numbers {
            self.number(u64::from(*number), 4);
        }
        self
    }
    fn values(&mut self, values: &[f32]) -> &mut Self {
        self.u32s(&values.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
    }
}

/// A section: contig, first base, step, span, form and how many items; the items come behind.
fn section(is_big_endian: bool, head: [u32; 4], form: u64, count: u64) -> Written {
    let mut written = Written { is_big_endian, ..Written::default() };
    let [contig, first, step, span] = head;
    written.u32s(&[contig, first, 0, step, span]).number(form, 1).number(0, 1).number(count, 2);
    written
}

/// A file of chr1 (100 bp) and chr2 (60 bp) with a section of each form, in leaves below a root of the index.
fn file(is_big_endian: bool, is_compressed: bool) -> Vec<u8> {
    let mut sections = Vec::new();
    let mut bedgraph = section(is_big_endian, [1, 0, 0, 0], 1, 2);
    bedgraph.u32s(&[0, 3]).values(&[0.5]).u32s(&[50, 60]).values(&[-2.0]);
    sections.push(bedgraph);
    let mut variable = section(is_big_endian, [0, 0, 0, 2], 2, 3);
    variable.u32s(&[10]).values(&[1.0]).u32s(&[12]).values(&[1.0]).u32s(&[20]).values(&[f32::NAN]);
    sections.push(variable);
    let mut fixed = section(is_big_endian, [0, 30, 5, 3], 3, 2);
    fixed.values(&[4.0, 5.0]);
    sections.push(fixed);

    let mut file = Written { is_big_endian, ..Written::default() };
    file.u32s(&[MAGIC]).number(4, 2).number(0, 2);
    let places = file.bytes.len();
    file.number(0, 8).number(0, 8).number(0, 8);
    file.number(0, 20 - 16).number(0, 8).number(0, 8).u32s(&[u32::from(is_compressed) * 4096]);
    file.number(0, 8);
    assert_eq!(file.bytes.len(), 64);

    let tree = file.bytes.len() as u64;
    file.u32s(&[CONTIG_TREE, 2, 6, 8]).number(2, 8).number(0, 8);
    file.number(1, 1).number(0, 1).number(2, 2);
    file.bytes.extend(b"chr2\0\0");
    file.u32s(&[1, 60]);
    file.bytes.extend(b"chr1\0\0");
    file.u32s(&[0, 100]);

    let data = file.bytes.len() as u64;
    let mut stored = Vec::new();
    for section in sections {
        let mut bytes = section.bytes;
        if is_compressed {
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
            packed.write_all(&bytes).unwrap();
            bytes = packed.finish().unwrap();
        }
        stored.push((file.bytes.len() as u64, bytes.len() as u64));
        file.bytes.extend(bytes);
    }
    let index = file.bytes.len() as u64;
    file.u32s(&[INDEX, 2]).number(3, 8).u32s(&[0, 0, 1, 60]).number(data, 8).u32s(&[1, 0]);
    let leaves = file.bytes.len() as u64 + 4 + 2 * 24;
    file.number(0, 1).number(0, 1).number(2, 2);
    for child in [leaves, leaves + 4 + 2 * 32] {
        file.u32s(&[0, 0, 1, 60]).number(child, 8);
    }
    for leaf in [&stored[..2], &stored[2..]] {
        file.number(1, 1).number(0, 1).number(leaf.len() as u64, 2);
        for (offset, size) in leaf {
            file.u32s(&[0, 0, 1, 60]).number(*offset, 8).number(*size, 8);
        }
    }
    let mut head = Written { is_big_endian, ..Written::default() };
    head.number(tree, 8).number(data, 8).number(index, 8);
    file.bytes[places..places + 24].copy_from_slice(&head.bytes);
    file.bytes
}

fn read(bytes: &[u8]) -> Result<BigWig, String> {
    let length = bytes.len() as u64;
    let source = Cursor::new(bytes.to_vec());
    let bytes = Bytes { source, path: "x.bw".into(), length, is_big_endian: false };
    BigWig::read(bytes).map_err(|error| error.to_string())
}

fn fetch(track: &BigWig, contig: &str, range: Range<i64>) -> Vec<f32> {
    let mut values = vec![9.0; 3];
    track.fetch_into(contig, range, &mut values).unwrap();
    values
}

#[test]
fn every_form_byte_order_and_compression_reads_the_same() {
    for (is_big_endian, is_compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        let track = read(&file(is_big_endian, is_compressed)).unwrap();
        let lengths: Vec<(&str, u64)> =
            track.contigs().iter().map(|contig| (&*contig.name, contig.length)).collect();
        assert_eq!(lengths, [("chr1", 100), ("chr2", 60)]);
        assert_eq!(fetch(&track, "2", -1..4), [0.0, 0.5, 0.5, 0.5, 0.0]);
        assert_eq!(fetch(&track, "chr2", 59..62), [-2.0, 0.0, 0.0]);
        // Neighbours of one value, then a value that is none.
        assert_eq!(fetch(&track, "chr1", 9..22), [[0.0].as_slice(), &[1.0; 4], &[0.0; 8]].concat());
        assert_eq!(track.0.steps[0].len(), 3);
        assert_eq!(fetch(&track, "chr1", 29..39), [0.0, 4.0, 4.0, 4.0, 0.0, 0.0, 5.0, 5.0, 5.0, 0.0]);
    }
}

#[test]
fn damaged_files_are_refused_and_never_read_beyond() {
    let short = "x.bw, byte 0: expected more bytes; the bigWig file is cut off or damaged";
    assert_eq!(read(b"chr1\t0\t1\t2\n").unwrap_err(), short);
    let whole = file(false, true);
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
    // Any single byte may be another one: an error or other values, but no panic.
    for place in 0..whole.len() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[place] = byte;
            let _ = read(&damaged);
        }
    }
    let mut other = whole.clone();
    other[0] = b'#';
    assert!(read(&other).unwrap_err().contains("expected the first bytes of a bigWig file"));
}

#[test]
fn values_outside_of_their_contig_and_infinite_ones_are_refused() {
    let whole = file(false, false);
    let replaced = |old: &[u8], new: &[u8]| {
        let place = whole.windows(old.len()).position(|window| window == old).unwrap();
        let mut other = whole.clone();
        other[place..place + new.len()].copy_from_slice(new);
        read(&other).unwrap_err()
    };
    // chr2 shrinks to 59 bases, the last of 50 to 60 lies behind; chr1's last step ends at 38.
    let chr2 = [&b"chr2\0\0"[..], &1u32.to_le_bytes()].concat();
    let shrunk =
        replaced(&[&chr2[..], &60u32.to_le_bytes()].concat(), &[&chr2[..], &59u32.to_le_bytes()].concat());
    assert!(shrunk.ends_with("expected values up to base 59, where their contig ends"), "{shrunk}");
    let chr1 = [&b"chr1\0\0"[..], &0u32.to_le_bytes()].concat();
    let shrunk =
        replaced(&[&chr1[..], &100u32.to_le_bytes()].concat(), &[&chr1[..], &37u32.to_le_bytes()].concat());
    assert!(shrunk.contains("up to base 37"), "{shrunk}");
    for infinite in [f32::INFINITY, f32::NEG_INFINITY] {
        let refused = replaced(&(-2f32).to_le_bytes(), &infinite.to_le_bytes());
        assert!(refused.ends_with("expected finite values, or NaN for missing ones"), "{refused}");
    }
}

#[test]
fn a_file_is_told_by_its_first_bytes() {
    assert!(BigWig::is_start(MAGIC.to_le_bytes()) && BigWig::is_start(MAGIC.to_be_bytes()));
    assert!(!BigWig::is_start(*b"chr1"));
}
