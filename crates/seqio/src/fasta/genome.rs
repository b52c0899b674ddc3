//! A FASTA file as a reference genome.

use std::io::BufReader;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ciskit_core::{Clipped, ContigName, Contigs, Edge, GenomeError, ReferenceGenome};

use super::check::{Mismatch, check};
use super::fai::{FaiRecord, read_fai, write_fai};
use super::index_file::{beside, keep};
use super::letters::first_stranger;
use super::source::Source;
use super::{FastaOptions, indexer};
use crate::FastaError;

/// An indexed FASTA file, plain or bgzip: any range of any contig, read by many threads at once.
///
/// The index (`.fai`) and, for bgzip, the block index (`.gzi`) beside the file are those of samtools: read where they
/// are there, otherwise built and, where the folder can be written, kept for the next time. Whether a file is bgzip
/// is told from its content.
///
/// # A wrong index is noticed
///
/// An index that was there is compared with the text: header, last line end and end of the first 64 contigs and the
/// last when the file is opened, of every other contig when it is first read, and each bgzip block when it is unpacked.
/// Each range that is read must have line ends where the index says and bases everywhere else. A mismatch is
/// [`FastaError::StaleIndex`]; nothing is rebuilt behind the user's back, since it is not known which of the two files
/// is the wrong one. Modification times do not matter.
///
/// # Text
///
/// Names end at the first blank. Bases come as stored; letters, `*`, `-` and `.` count as bases. Line ends are LF or
/// CRLF, one kind and one line length within a contig; the last line may be shorter and the file may end without a
/// line end. A byte order mark is skipped.
///
/// # Cost
///
/// Plain: one positioned read a range. Bgzip: the blocks of a range (64 KiB of text each) are unpacked, unless they
/// are among those unpacked last ([`FastaOptions::cache_bytes`]); ranges visited in file order, as
/// [`FastaGenome::fetch_each`] visits them, unpack each block once.
/// Building an index reads the whole file once.
///
/// ```
/// use ciskit_core::{Edge, ReferenceGenome};
/// use ciskit_seqio::FastaGenome;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tiny.fa");
/// std::fs::write(&path, ">chr1 the first\nACGT\nacgt\nNN\n>chr2\nGG\n")?;
///
/// let genome = FastaGenome::open(&path)?;
/// assert_eq!(genome.contigs().resolve("2")?.length, 2);
/// assert_eq!(genome.fetch("chr1", 2..9, Edge::Error)?, b"GTacgtN");
/// assert_eq!(genome.fetch("chr2", -1..4, Edge::PadN)?, b"NGGNN");
/// assert_eq!(std::fs::read_to_string(folder.path().join("tiny.fa.fai"))?.lines().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FastaGenome {
    pub(super) source: Source,
    pub(super) contigs: Contigs,
    pub(super) records: Vec<FaiRecord>,
    /// The index file that the records were read from.
    index: Option<PathBuf>,
    /// Which records have been compared with the text.
    checked: Box<[AtomicBool]>,
    /// The record that reaches furthest into the text.
    last: usize,
}

impl FastaGenome {
    /// Opens a FASTA file with the settings of [`FastaOptions::new`].
    ///
    /// # Errors
    ///
    /// [`FastaError`]: the file cannot be read, is gzip without blocks, is cut off, is no FASTA that can be indexed, or
    /// its index is malformed or stale. An index that cannot be written is no error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FastaError> {
        FastaOptions::new().open(path)
    }

    pub(crate) fn open_with(path: &Path, options: &FastaOptions) -> Result<Self, FastaError> {
        let source = Source::open(path, options)?;
        let index = beside(path, ".fai");
        let (records, index) = match read_fai(&index)? {
            Some(records) => (records, Some(index)),
            None => {
                let records = indexer::index(BufReader::with_capacity(1 << 18, source.reader()), path)?;
                if options.write_index {
                    keep(&index, write_fai(&records).as_bytes());
                }
                (records, None)
            }
        };
        let contigs = Contigs::new(records.iter().map(|record| (record.name.clone(), record.length)))
            .expect("an index with a name twice has been refused");
        let last =
            (0..records.len()).max_by_key(|&record| (records[record].end(), record)).unwrap_or_default();
        let checked = records.iter().map(|_| AtomicBool::new(index.is_none())).collect();
        let genome = Self { source, contigs, records, index, checked, last };
        /// Contigs looked at when a file is opened; the rest are looked at when they are read.
        const CHECKED_AT_ONCE: usize = 64;
        for record in (0..genome.records.len().min(CHECKED_AT_ONCE)).chain([last]) {
            genome.check_once(record)?;
        }
        Ok(genome)
    }

    /// The FASTA file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// Compares a contig's record with the text unless that has been done.
    fn check_once(&self, record: usize) -> Result<(), FastaError> {
        // Two threads may both check; neither reads anything that the other writes, so no order is needed.
        if !self.checked[record].load(Ordering::Relaxed) {
            if let Some(mismatch) = check(&self.source, &self.records[record], record == self.last)? {
                return Err(self.misfit(&self.records[record].name, mismatch));
            }
            self.checked[record].store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The text is not what the index says, or no longer what it was when the index was built.
    fn misfit(&self, contig: &ContigName, Mismatch { expected, found }: Mismatch) -> FastaError {
        let (path, place) = (self.path().to_owned(), format!("contig {contig:?}"));
        match self.index.clone() {
            Some(index) => FastaError::StaleIndex { index, path, place, expected, found },
            None => FastaError::Changed { path, place, expected, found },
        }
    }

    /// Replaces the content of `sequence` by the bases of a range that has been cut at the contig's ends, read by
    /// `read` (offset of the text, bytes to fill).
    pub(super) fn read_into(
        &self,
        record: usize,
        clipped: &Clipped,
        sequence: &mut Vec<u8>,
        read: impl FnOnce(u64, &mut [u8]) -> Result<(), FastaError>,
    ) -> Result<(), GenomeError> {
        sequence.clear();
        sequence.resize(clipped.left_pad, b'N');
        let inside = clipped.inside.clone();
        self.append(record, inside, sequence, read).map_err(|source| GenomeError::Read {
            contig: self.records[record].name.clone(),
            start: clipped.inside.start as i64 - clipped.left_pad as i64,
            end: clipped.inside.end as i64 + clipped.right_pad as i64,
            source: Box::new(source),
        })?;
        sequence.resize(sequence.len() + clipped.right_pad, b'N');
        Ok(())
    }

    /// Appends the bases of `inside`, which lies on the contig.
    pub(super) fn append(
        &self,
        record: usize,
        inside: Range<u64>,
        sequence: &mut Vec<u8>,
        read: impl FnOnce(u64, &mut [u8]) -> Result<(), FastaError>,
    ) -> Result<(), FastaError> {
        if inside.is_empty() {
            return Ok(());
        }
        self.check_once(record)?;
        let record = &self.records[record];
        let (start, end) = (record.offset_of(inside.start), record.offset_of(inside.end - 1) + 1);
        let already = sequence.len();
        sequence.resize(already + (end - start) as usize, 0);
        let text = &mut sequence[already..];
        read(start, text)?;
        let before_line_end = (record.line_bases - inside.start % record.line_bases) as usize;
        let joined = join_lines(text, before_line_end, record.line_bases as usize, record.line_end());
        let bases = joined.map_err(|mismatch| self.misfit(&record.name, mismatch))?;
        sequence.truncate(already + bases);
        match first_stranger(&sequence[already..]) {
            None => Ok(()),
            Some(index) => {
                let position = inside.start + index as u64;
                Err(self.stranger(&record.name, position, sequence[already + index]))
            }
        }
    }

    fn stranger(&self, contig: &ContigName, position: u64, found: u8) -> FastaError {
        if matches!(found, b'\n' | b'\r' | b'>') {
            let (expected, found) = (format!("a base at position {position}"), found.escape_ascii());
            return self.misfit(contig, Mismatch { expected, found: format!("\"{found}\"") });
        }
        let (path, contig) = (self.path().to_owned(), contig.to_string());
        FastaError::NotABase { path, contig, position, found: char::from(found) }
    }
}

impl ReferenceGenome for FastaGenome {
    fn contigs(&self) -> &Contigs {
        &self.contigs
    }

    fn fetch_into(
        &self,
        contig: &str,
        range: Range<i64>,
        edge: Edge,
        sequence: &mut Vec<u8>,
    ) -> Result<(), GenomeError> {
        let record = self.contigs.resolve_index(contig)?;
        let clipped = Clipped::new(&self.contigs.as_slice()[record], range, edge)?;
        self.read_into(record, &clipped, sequence, |offset, text| self.source.read_exact_at(offset, text))
    }
}

/// Moves the bases of text that runs over several lines together and gives their number. The first line end comes
/// behind `before_line_end` bases, the others each `line_bases` further; the text ends with a base.
fn join_lines(
    text: &mut [u8],
    before_line_end: usize,
    line_bases: usize,
    line_end: &[u8],
) -> Result<usize, Mismatch> {
    let mut from = before_line_end.min(text.len());
    let mut to = from;
    while from < text.len() {
        let (start, rest) = (from + line_end.len(), text.len() - from - line_end.len());
        let found = &text[from..start];
        if !found.iter().eq(line_end) {
            let expected = format!("\"{}\" behind {line_bases} bases of a line", line_end.escape_ascii());
            return Err(Mismatch { expected, found: format!("\"{}\"", found.escape_ascii()) });
        }
        let count = line_bases.min(rest);
        move_down(text, start..start + count, to);
        (from, to) = (start + count, to + count);
    }
    Ok(to)
}

/// Moves a line down to `to`. What lies between its new and its old end is lost.
fn move_down(text: &mut [u8], line: Range<usize>, to: usize) {
    /// Bytes moved at a time: a size that is known needs no call.
    const PIECE: usize = 64;
    /// Lines beyond this are worth a call.
    const LONG: usize = 4 * PIECE;
    let whole = line.len().next_multiple_of(PIECE);
    let room = line.start + whole <= text.len() && to + whole <= line.end;
    if !room || whole > LONG {
        return text.copy_within(line, to);
    }
    for piece in (0..whole).step_by(PIECE) {
        text.copy_within(line.start + piece..line.start + piece + PIECE, to + piece);
    }
}
