//! Many ranges at once, visited in the order of the file.

use std::ops::Range;

use ciskit_core::{Clipped, Edge, GenomeError};
use rayon::prelude::*;

use super::FastaGenome;
use super::ahead::BasesAhead;

/// A range that is to be read, and what the caller keeps for it.
struct Job<T> {
    /// Where its bases begin in the text, were there no line ends: the same order, without a division.
    place: u64,
    /// Its number among the ranges.
    index: usize,
    record: usize,
    clipped: Clipped,
    with: T,
}

/// Parts that each thread gets: enough for an even load, few enough that the block between two parts, which is
/// unpacked for both, does not matter.
const PARTS_A_THREAD: usize = 4;

impl FastaGenome {
    /// Reads many ranges on all of rayon's threads and hands each to `visit` together with what the caller gave for it:
    /// its index, or the place where it is to go.
    ///
    /// Ranges are visited in the order of the file, whatever order they come in, so that each block of a bgzip file is
    /// unpacked once and not for each range that touches it. What `visit` is given depends neither on that order nor on
    /// the number of threads. Ranges are those of [`ReferenceGenome::fetch_into`](ciskit_core::ReferenceGenome).
    ///
    /// *Cost*: a sort of the ranges; each base is read once, and each block of a bgzip file is unpacked once and once
    /// more where the shares of two threads meet. Ranges that lie densely share the work of joining lines and checking
    /// letters too. Memory, beside the ranges: for each thread the longest range, or 128 kbp where ranges lie densely,
    /// and the blocks that it reaches over. The cache of blocks is neither used nor changed.
    ///
    /// # Errors
    ///
    /// [`GenomeError`] as of `fetch_into`: for a range that cannot be, the first one and before anything is visited;
    /// for reading that fails, the first one in the order of the file, after others may have been visited.
    ///
    /// ```
    /// use ciskit_core::Edge;
    /// use ciskit_seqio::FastaGenome;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("tiny.fa");
    /// std::fs::write(&path, ">chr1\nACGT\nTGCA\n>chr2\nGG\n")?;
    /// let genome = FastaGenome::open(&path)?;
    ///
    /// // Three windows of 3 bp, each copied to its row.
    /// let windows = [("chr2", -1..2), ("chr1", 3..6), ("chr1", 0..3)];
    /// let mut rows = [[0; 3]; 3];
    /// let wanted = windows.into_iter().zip(&mut rows).map(|((contig, range), row)| (contig, range, row));
    /// genome.fetch_each(wanted, Edge::PadN, |bases, row| row.copy_from_slice(bases))?;
    /// assert_eq!(&rows, &[*b"NGG", *b"TTG", *b"ACG"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fetch_each<'a, T: Send>(
        &self,
        ranges: impl IntoIterator<Item = (&'a str, Range<i64>, T)>,
        edge: Edge,
        visit: impl Fn(&[u8], T) + Sync,
    ) -> Result<(), GenomeError> {
        let mut last: Option<(&str, usize)> = None;
        let job = |(index, (contig, range, with)): (usize, (&'a str, Range<i64>, T))| {
            // Neighbours usually lie on one contig, whose name is looked up once.
            let record = match last {
                Some((name, record)) if name == contig => record,
                _ => self.contigs.resolve_index(contig)?,
            };
            last = Some((contig, record));
            let clipped = Clipped::new(&self.contigs.as_slice()[record], range, edge)?;
            let place = self.records[record].offset + clipped.inside.start;
            Ok::<_, GenomeError>(Job { place, index, record, clipped, with })
        };
        let ranges = ranges.into_iter();
        let mut jobs: Vec<Job<T>> = Vec::with_capacity(ranges.size_hint().0);
        for range in ranges.enumerate().map(job) {
            jobs.push(range?);
        }
        // Of equal ranges the first is the first to fail.
        jobs.par_sort_unstable_by_key(|job| (job.place, job.index));

        let bytes = jobs.iter().map(|job| job.clipped.inside.end - job.clipped.inside.start).sum();
        let span = jobs.last().map_or(0, |last| last.place) - jobs.first().map_or(0, |first| first.place);
        let end = jobs.last().map_or((0, 0), |last| (last.record, last.clipped.inside.end));
        let part = jobs.len().div_ceil(PARTS_A_THREAD * rayon::current_num_threads()).max(1);
        let failures = jobs.into_par_iter().with_min_len(part).enumerate().map_init(
            || BasesAhead::new(self, bytes, span, end),
            |ahead, (place, Job { record, clipped, with, .. })| match ahead.read(record, &clipped) {
                Ok(bases) => {
                    visit(bases, with);
                    None
                }
                Err(error) => Some((place, error)),
            },
        );
        let first = failures.flatten().min_by_key(|(place, _)| *place);
        first.map_or(Ok(()), |(_, error)| Err(error))
    }
}
