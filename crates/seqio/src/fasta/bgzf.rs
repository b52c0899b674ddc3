//! bgzip files: gzip in blocks of at most 64 KiB, each of which can be unpacked alone.
//!
//! *Source*: section 4.1 of the SAM format specification (the BGZF compression format).

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use noodles_bgzf::gzi;

use super::block_cache::{BLOCK_BYTES, BlockCache};
use super::letters::excerpt;
use super::positioned::PositionedFile;
use crate::FastaError;

/// Bytes of a gzip header before its extra field, whose last two give the field's length.
const FIXED_HEADER: usize = 12;
/// Bytes of the header that bgzip writes: the extra field holds the block's size and nothing else.
const USUAL_HEADER: usize = 18;
/// Bytes behind a block's data: checksum and decoded size.
const FOOTER: usize = 8;

/// How a file is packed, told from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Bgzip,
}

impl Packing {
    pub(crate) fn of(file: &PositionedFile) -> Result<Self, FastaError> {
        let header = header_at(file, 0)?;
        Ok(match Layout::of(&header) {
            Some(_) => Self::Bgzip,
            None if header.starts_with(&[0x1f, 0x8b]) => Self::Gzip,
            None => Self::Plain,
        })
    }
}

/// Sizes of a block's parts in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    header: usize,
    block: usize,
}

impl Layout {
    /// Reads the sizes off a whole header; `None` if it is not that of a bgzip block.
    fn of(header: &[u8]) -> Option<Self> {
        const DEFLATE_WITH_EXTRA_FIELD: [u8; 4] = [0x1f, 0x8b, 8, 4];
        let extra_length = usize::from(u16_at(header, FIXED_HEADER - 2)?);
        let mut extra = header.get(FIXED_HEADER..FIXED_HEADER + extra_length)?;
        if header[..4] != DEFLATE_WITH_EXTRA_FIELD {
            return None;
        }
        while let Some(length) = u16_at(extra, 2) {
            if extra.starts_with(b"BC") && length == 2 {
                let layout =
                    Self { header: FIXED_HEADER + extra_length, block: usize::from(u16_at(extra, 4)?) + 1 };
                return (layout.header + FOOTER <= layout.block).then_some(layout);
            }
            extra = extra.get(4 + usize::from(length)..)?;
        }
        None
    }
}

fn u16_at(bytes: &[u8], index: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(index..index + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], index: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(index..index + 4)?.try_into().ok()?))
}

/// The gzip header at a place, extra field included, as far as the file holds it.
fn header_at(file: &PositionedFile, offset: u64) -> Result<Vec<u8>, FastaError> {
    let left = usize::try_from(file.len().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut header = vec![0; USUAL_HEADER.min(left)];
    file.read_exact_at(offset, &mut header)?;
    let extra_length = u16_at(&header, FIXED_HEADER - 2).map_or(0, usize::from);
    if FIXED_HEADER + extra_length > USUAL_HEADER && header.starts_with(&[0x1f, 0x8b]) {
        header.resize((FIXED_HEADER + extra_length).min(left), 0);
        file.read_exact_at(offset, &mut header)?;
    }
    Ok(header)
}

/// Where a block begins in the file and in the text that it unpacks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    packed: u64,
    text: u64,
}

/// An open bgzip file, the places of its blocks, and the blocks unpacked last.
#[derive(Debug)]
pub(crate) struct BgzfFile {
    file: PositionedFile,
    /// The blocks that hold text, in order, and the end of the file.
    places: Vec<Place>,
    /// The block index that the places were read from.
    index: Option<PathBuf>,
    cache: BlockCache,
}

impl BgzfFile {
    /// Finds the blocks by walking through the whole file from header to header.
    ///
    /// *Cost*: two small reads a block; nothing is unpacked.
    pub(crate) fn scan(file: PositionedFile, cache_bytes: usize) -> Result<Self, FastaError> {
        let places = walk(&file, Vec::new(), Place { packed: 0, text: 0 })?;
        Ok(Self { file, places, index: None, cache: BlockCache::new(cache_bytes) })
    }

    /// Takes the places of the blocks from a block index (`.gzi`), and checks it against the end of the file now
    /// and against each block when that is read.
    pub(crate) fn with_index(
        file: PositionedFile,
        cache_bytes: usize,
        index: &Path,
    ) -> Result<Self, FastaError> {
        let bad = |source| FastaError::BadBlockIndex { path: index.to_owned(), source };
        let open = File::open(index).map_err(bad)?;
        let entries = gzi::io::Reader::new(BufReader::new(open)).read_index().map_err(bad)?;
        let first = Place { packed: 0, text: 0 };
        let rest = entries.as_ref().iter().map(|&(packed, text)| Place { packed, text });
        let mut places: Vec<Place> = std::iter::once(first).chain(rest).collect();
        let follows = |pair: &[Place]| {
            let size = pair[1].text.checked_sub(pair[0].text);
            pair[0].packed < pair[1].packed && size.is_some_and(|size| size <= BLOCK_BYTES as u64)
        };
        if !places.windows(2).all(follows) {
            let why = "its blocks are out of order or larger than 64 KiB";
            return Err(bad(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        let last = places.pop().unwrap_or(first);
        let header = header_at(&file, last.packed)?;
        if Layout::of(&header).is_none() {
            return Err(FastaError::StaleIndex {
                index: index.to_owned(),
                path: file.path().to_owned(),
                place: block_at(last.packed),
                expected: "a bgzip header".into(),
                found: found(&header),
            });
        }
        let places = walk(&file, places, last)?;
        Ok(Self { file, places, index: Some(index.to_owned()), cache: BlockCache::new(cache_bytes) })
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// The block index in the form that samtools and bgzip write: all blocks but the first.
    pub(crate) fn index(&self) -> gzi::Index {
        let inner = self.places.get(1..self.places.len() - 1).unwrap_or_default();
        inner.iter().map(|place| (place.packed, place.text)).collect::<Vec<_>>().into()
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.places.last().map_or(0, |end| end.text)
    }

    /// Fills `bytes` with the text from `offset` on, which must lie inside of it.
    pub(crate) fn read_exact_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FastaError> {
        let (mut block, mut skip) = self.place_of(offset);
        let mut rest = bytes;
        while !rest.is_empty() {
            let content = self.cache.get_or_decode(block, || self.decode(block))?;
            let count = rest.len().min(content.len() - skip);
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(&content[skip..skip + count]);
            (rest, block, skip) = (later, block + 1, 0);
        }
        Ok(())
    }

    /// The block that holds the text at `offset`, and how much of its text comes before.
    pub(crate) fn place_of(&self, offset: u64) -> (usize, usize) {
        let block = self.places.partition_point(|place| place.text <= offset).saturating_sub(1);
        (block, (offset - self.places[block].text) as usize)
    }

    /// Unpacks a block and checks that it is what the index says and what was packed.
    pub(crate) fn decode(&self, block: usize) -> Result<Vec<u8>, FastaError> {
        let (place, next) = (self.places[block], self.places[block + 1]);
        let mut packed = vec![0; (next.packed - place.packed).min(BLOCK_BYTES as u64) as usize];
        self.file.read_exact_at(place.packed, &mut packed)?;
        let Some(layout) = Layout::of(&packed).filter(|layout| layout.block <= packed.len()) else {
            return Err(self.misfit(place, "a bgzip block".into(), found(&packed)));
        };
        let (data, footer) =
            packed[layout.header..layout.block].split_at(layout.block - layout.header - FOOTER);
        let (checksum, size) = (u32_at(footer, 0), u32_at(footer, 4).map_or(0, u64::from));
        let expected = next.text - place.text;
        if size != expected {
            return Err(self.misfit(place, format!("{expected} bytes of text"), size.to_string()));
        }
        let mut text = vec![0; expected as usize];
        let mut inflater = Decompress::new(false);
        let status = inflater.decompress(data, &mut text, FlushDecompress::Finish);
        let unpacked = matches!(status, Ok(Status::StreamEnd)) && inflater.total_out() == expected;
        let mut crc = Crc::new();
        crc.update(&text);
        match (unpacked, checksum == Some(crc.sum())) {
            (true, true) => Ok(text),
            (true, false) => Err(damaged(&self.file, place.packed, "its checksum is wrong".into())),
            _ => Err(damaged(&self.file, place.packed, "its data cannot be unpacked".into())),
        }
    }

    /// A block is not what it was said to be: by the index, or by the file itself a moment ago.
    fn misfit(&self, at: Place, expected: String, found: String) -> FastaError {
        let (path, place) = (self.path().to_owned(), block_at(at.packed));
        match self.index.clone() {
            Some(index) => FastaError::StaleIndex { index, path, place, expected, found },
            None => FastaError::Changed { path, place, expected, found },
        }
    }
}

fn block_at(packed: u64) -> String {
    format!("block at byte {packed}")
}

fn found(header: &[u8]) -> String {
    if header.is_empty() { "the end of the file".into() } else { format!("\"{}\"", excerpt(header)) }
}

fn damaged(file: &PositionedFile, offset: u64, why: String) -> FastaError {
    FastaError::Block { path: file.path().to_owned(), offset, why }
}

/// Walks from header to header to the end of the file and appends the places of the blocks that hold text, and the
/// end.
fn walk(file: &PositionedFile, mut places: Vec<Place>, start: Place) -> Result<Vec<Place>, FastaError> {
    let truncated = |found| FastaError::Truncated { path: file.path().to_owned(), found };
    let (mut at, mut ends_empty) = (start, false);
    while at.packed < file.len() {
        let (header, left) = (header_at(file, at.packed)?, file.len() - at.packed);
        let Some(Layout { block, .. }) = Layout::of(&header) else {
            return Err(match left {
                0..28 => truncated(format!("{left} bytes behind its last whole bgzip block")),
                _ => damaged(file, at.packed, format!("expected a bgzip header, found {}", found(&header))),
            });
        };
        if block as u64 > left {
            let why = format!("the bgzip block at byte {} has {block} bytes, but {left} are left", at.packed);
            return Err(truncated(why));
        }
        let mut size = [0; 4];
        file.read_exact_at(at.packed + (block - size.len()) as u64, &mut size)?;
        let size = u32::from_le_bytes(size);
        if size as usize > BLOCK_BYTES {
            return Err(damaged(
                file,
                at.packed,
                format!("it claims {size} bytes of text, more than 64 KiB"),
            ));
        }
        if size > 0 {
            places.push(at);
        }
        ends_empty = size == 0;
        at = Place { packed: at.packed + block as u64, text: at.text + u64::from(size) };
    }
    if !ends_empty {
        return Err(truncated("the empty block at the end of every bgzip file is missing".into()));
    }
    places.push(at);
    Ok(places)
}
