//! bigWig: the binary form of a bedGraph.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use ciskit_core::{Contigs, SignalError, SignalTrack};
use flate2::read::ZlibDecoder;

use crate::TableError;
use crate::signal_steps::{SignalSteps, Step};

/// First bytes of a bigWig file, in the byte order that the whole file has.
const MAGIC: u32 = 0x888F_FC26;
/// First bytes of the tree of contigs, and of the index of the values.
const CONTIG_TREE: u32 = 0x78CA_8C91;
const INDEX: u32 = 0x2468_ACE0;

/// A bigWig file in memory, a [`SignalTrack`]: all of its values at full resolution, without the zoom levels.
///
/// Values that are no number (NaN), as some programs write for missing ones, read as missing; infinite ones are refused, as in a
/// [`BedGraph`](crate::BedGraph).
///
/// # Units
///
/// bigWig is 0-based half-open, as core is.
///
/// *Cost*: 12 bytes an interval of the file, neighbours of one value joined; a range is found by bisection. A track with
/// another value at each base of a genome takes tens of gigabytes.
///
/// *Source*: Kent et al., "BigWig and BigBed", Bioinformatics 2010, <https://doi.org/10.1093/bioinformatics/btq351>, and
/// its supplement.
///
/// ```no_run
/// use ciskit_core::SignalTrack;
/// use ciskit_seqio::BigWig;
///
/// let track = BigWig::open("dnase.bigWig")?;
/// let mut values = Vec::new();
/// track.fetch_into("chr1", 1_000_000..1_002_000, &mut values)?;
/// assert_eq!(values.len(), 2_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BigWig(SignalSteps);

impl BigWig {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`TableError::Open`] if there is no such file; [`TableError::BigWig`] if it is none, cut off or damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TableError> {
        let path = path.as_ref();
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), BufReader::new(file))));
        let (length, file) = opened.map_err(|source| TableError::Open { path: path.into(), source })?;
        Self::read(Bytes { source: file, path: path.into(), length, is_big_endian: false })
    }

    /// Whether a file starts as a bigWig does.
    pub(crate) fn is_start(bytes: [u8; 4]) -> bool {
        [u32::from_le_bytes(bytes), u32::from_be_bytes(bytes)].contains(&MAGIC)
    }

    fn read<R: Read + Seek>(mut bytes: Bytes<R>) -> Result<Self, TableError> {
        let mut header = bytes.at(0, 64)?;
        bytes.is_big_endian = header.bytes[..4] == MAGIC.to_be_bytes();
        header.is_big_endian = bytes.is_big_endian;
        if header.u32() != MAGIC {
            return Err(bytes.refuse(0, "the first bytes of a bigWig file"));
        }
        header.skip(4);
        let (tree, _, index) = (header.u64(), header.u64(), header.u64());
        header.skip(20);
        let is_compressed = header.u32() > 0;
        let mut contigs = bytes.contigs(tree)?;
        contigs.sort_by_key(|contig| contig.0);
        let mut steps: Vec<Vec<Step>> = vec![Vec::new(); contigs.len()];
        for (offset, size) in bytes.sections(index)? {
            let place = |id| {
                let index = contigs.binary_search_by_key(&id, |contig| contig.0).ok()?;
                Some((index, contigs[index].2))
            };
            bytes.section(offset, size, is_compressed, place, &mut steps)?;
        }
        let names = contigs.into_iter().map(|(_, name, length)| (name, u64::from(length)));
        let contigs = Contigs::new(names).map_err(|_| bytes.refuse(tree, "contigs of different names"))?;
        for of_contig in &mut steps {
            of_contig.sort_by_key(|step| step.start);
            if of_contig.windows(2).any(|pair| pair[0].end > pair[1].start) {
                return Err(bytes.refuse(index, "intervals that do not overlap"));
            }
            of_contig.dedup_by(|next, former| {
                let is_one = former.end == next.start && former.value.to_bits() == next.value.to_bits();
                if is_one {
                    former.end = next.end;
                }
                is_one
            });
        }
        Ok(Self(SignalSteps { contigs, steps }))
    }
}

impl SignalTrack for BigWig {
    fn contigs(&self) -> &Contigs {
        self.0.contigs()
    }

    fn knows_lengths(&self) -> bool {
        true
    }

    fn fetch_into(&self, contig: &str, range: Range<i64>, values: &mut Vec<f32>) -> Result<(), SignalError> {
        self.0.fetch_into(contig, range, values)
    }
}

/// A file of which pieces are read.
struct Bytes<R> {
    source: R,
    path: PathBuf,
    length: u64,
    is_big_endian: bool,
}

impl<R: Read + Seek> Bytes<R> {
    fn refuse(&self, byte: u64, expected: &str) -> TableError {
        TableError::BigWig { path: self.path.clone(), byte, expected: expected.to_owned() }
    }

    fn at(&mut self, offset: u64, size: u64) -> Result<Piece, TableError> {
        if offset.checked_add(size).is_none_or(|end| end > self.length) {
            return Err(
                self.refuse(self.length.min(offset), "more bytes; the bigWig file is cut off or damaged")
            );
        }
        let mut bytes = vec![0; size as usize];
        let read = self.source.seek(SeekFrom::Start(offset)).and_then(|_| self.source.read_exact(&mut bytes));
        read.map_err(|_| self.refuse(offset, "bytes that can be read"))?;
        Ok(Piece { bytes, at: 0, is_big_endian: self.is_big_endian })
    }

    /// Number, name and length of every contig.
    fn contigs(&mut self, tree: u64) -> Result<Vec<(u32, String, u32)>, TableError> {
        let mut header = self.at(tree, 32)?;
        if header.u32() != CONTIG_TREE {
            return Err(self.refuse(tree, "the list of contigs"));
        }
        header.skip(4);
        let (key, value) = (header.u32(), header.u32());
        if value != 8 || key > 1 << 16 {
            return Err(self.refuse(tree + 8, "names and lengths of contigs"));
        }
        let mut contigs = Vec::new();
        self.leaves(tree + 32, u64::from(key) + 8, u64::from(key) + 8, |item| {
            let name = item.take(key as usize);
            let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            let name = String::from_utf8_lossy(&name[..end]).into_owned();
            contigs.push((item.u32(), name, item.u32()));
        })?;
        Ok(contigs)
    }

    /// Place and size of every section of values.
    fn sections(&mut self, index: u64) -> Result<Vec<(u64, u64)>, TableError> {
        if self.at(index, 48)?.u32() != INDEX {
            return Err(self.refuse(index, "the index of the values"));
        }
        let mut sections = Vec::new();
        self.leaves(index + 48, 32, 24, |item| {
            item.skip(16);
            sections.push((item.u64(), item.u64()));
        })?;
        Ok(sections)
    }

    /// Walks over a tree whose items have so many bytes in leaves and in other nodes, where the last 8 are the place of a
    /// child, and gives the items of the leaves in order.
    fn leaves(
        &mut self,
        root: u64,
        leaf: u64,
        inner: u64,
        mut each: impl FnMut(&mut Piece),
    ) -> Result<(), TableError> {
        let (mut left, mut nodes) = (vec![root], 0);
        while let Some(offset) = left.pop() {
            nodes += 1;
            // A node has 4 bytes at least: more of them go in a circle.
            if nodes > self.length / 4 {
                return Err(self.refuse(root, "a tree without circles"));
            }
            let mut head = self.at(offset, 4)?;
            let is_leaf = head.take(2)[0] == 1;
            let (count, size) = (u64::from(head.u16()), if is_leaf { leaf } else { inner });
            let mut items = self.at(offset + 4, count * size)?;
            let mut children = Vec::new();
            for _ in 0..count {
                match is_leaf {
                    true => each(&mut items),
                    false => {
                        items.skip(inner as usize - 8);
                        children.push(items.u64());
                    }
                }
            }
            left.extend(children.into_iter().rev());
        }
        Ok(())
    }

    /// Adds the values of a section to those of its contig; `place` is the contig's index and length.
    fn section(
        &mut self,
        offset: u64,
        size: u64,
        is_compressed: bool,
        place: impl Fn(u32) -> Option<(usize, u32)>,
        steps: &mut [Vec<Step>],
    ) -> Result<(), TableError> {
        let mut piece = self.at(offset, size)?;
        if is_compressed {
            let mut plain = Vec::new();
            let unpacked = ZlibDecoder::new(&piece.bytes[..]).read_to_end(&mut plain);
            unpacked.map_err(|_| self.refuse(offset, "compressed values"))?;
            piece.bytes = plain;
        }
        let values = || self.refuse(offset, "values in one of the three forms that bigWig has");
        if piece.bytes.len() < 24 {
            return Err(values());
        }
        let (contig, first) = (piece.u32(), piece.u32());
        piece.skip(4);
        let (step, span) = (piece.u32(), piece.u32());
        let form = piece.take(2)[0];
        let count = usize::from(piece.u16());
        let item = match form {
            1 => 12,
            2 => 8,
            3 => 4,
            _ => return Err(values()),
        };
        if piece.bytes.len() - 24 < count * item {
            return Err(values());
        }
        let (contig, length) =
            place(contig).ok_or_else(|| self.refuse(offset, "values of a contig that the file lists"))?;
        for number in 0..count as u64 {
            let (start, end) = match form {
                1 => (u64::from(piece.u32()), u64::from(piece.u32())),
                2 => {
                    let start = u64::from(piece.u32());
                    (start, start + u64::from(span))
                }
                _ => {
                    let start = u64::from(first) + number * u64::from(step);
                    (start, start + u64::from(span))
                }
            };
            let value = f32::from_bits(piece.u32());
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else {
                return Err(values());
            };
            if end > length {
                return Err(
                    self.refuse(offset, &format!("values up to base {length}, where their contig ends"))
                );
            }
            if value.is_infinite() {
                return Err(self.refuse(offset, "finite values, or NaN for missing ones"));
            }
            if start < end && !value.is_nan() {
                steps[contig].push(Step { start, end, value });
            }
        }
        Ok(())
    }
}

/// Bytes that are read one number after the other; whoever asked for them knows how many there are.
struct Piece {
    bytes: Vec<u8>,
    at: usize,
    is_big_endian: bool,
}

impl Piece {
    fn take(&mut self, count: usize) -> &[u8] {
        self.at += count;
        &self.bytes[self.at - count..self.at]
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
    }

    fn number<const N: usize>(&mut self) -> u64 {
        let is_big_endian = self.is_big_endian;
        let bytes = self.take(N).iter();
        let joined = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if is_big_endian { bytes.fold(0, joined) } else { bytes.rev().fold(0, joined) }
    }

    fn u16(&mut self) -> u16 {
        self.number::<2>() as u16
    }

    fn u32(&mut self) -> u32 {
        self.number::<4>() as u32
    }

    fn u64(&mut self) -> u64 {
        self.number::<8>()
    }
}

#[cfg(test)]
mod tests;
