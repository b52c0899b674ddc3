//! GC content of many windows.

use ciskit_core::{Contigs, Edge, GenomeError, Interval, ReferenceGenome};
use rayon::prelude::*;

use super::GcWindow;

/// A window of known bases: by contig, then by start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counted {
    /// Index of the contig in the genome.
    pub(super) contig: u32,
    /// Bases that are G or C.
    pub(super) gc: u32,
    pub(super) start: u64,
}

impl Counted {
    pub(super) fn place(self) -> (u32, u64) {
        (self.contig, self.start)
    }

    /// The bin of its GC content among bins of equal width; all G and C belongs to the last one.
    pub(super) fn bin(self, length: u64, bins: u32) -> u32 {
        let bin = u64::from(self.gc) * u64::from(bins) / length;
        (bin as u32).min(bins - 1)
    }

    pub(super) fn shown(self, contigs: &Contigs, length: u64) -> GcWindow {
        GcWindow {
            interval: interval(contigs, self.contig, self.start, length),
            gc: f64::from(self.gc) / length as f64,
        }
    }
}

/// The window that begins at a position of a contig, inside of which it is known to end.
pub(super) fn interval(contigs: &Contigs, contig: u32, start: u64, length: u64) -> Interval {
    let name = contigs.as_slice()[contig as usize].name.clone();
    Interval::new(name, start, start + length).expect("windows lie on their contigs")
}

/// Most bases that are read at once, if a window is not longer.
const SPAN: u64 = 1 << 20;
/// Bases between two windows that are rather read than left out.
const GAP: u64 = 1 << 14;

/// Counts G and C in windows of one contig, given by their starts in ascending order, and drops windows with a base
/// that is none of A, C, G and T in either case.
pub(super) fn counted<G: ReferenceGenome + ?Sized>(
    genome: &G,
    contig: u32,
    starts: &[u64],
    length: u64,
) -> Result<Vec<Counted>, GenomeError> {
    let name = &genome.contigs().as_slice()[contig as usize].name;
    let mut read: Vec<&[u64]> = Vec::new();
    let mut rest = starts;
    while let Some(&first) = rest.first() {
        let near = |(index, start): (usize, &u64)| {
            start - first + length <= SPAN && (index == 0 || start - rest[index - 1] <= length + GAP)
        };
        let count = rest.iter().enumerate().position(|window| !near(window)).unwrap_or(rest.len()).max(1);
        let (now, later) = rest.split_at(count);
        read.push(now);
        rest = later;
    }
    let parts: Vec<Vec<Counted>> = read
        .into_par_iter()
        .map_init(Vec::new, |bases, starts| {
            let (first, last) = (starts[0], starts[starts.len() - 1]);
            genome.fetch_into(name, first as i64..(last + length) as i64, Edge::Error, bases)?;
            let of = |start: u64| &bases[(start - first) as usize..][..length as usize];
            let counted = |&start: &u64| gc_count(of(start)).map(|gc| Counted { contig, gc, start });
            Ok(starts.iter().filter_map(counted).collect())
        })
        .collect::<Result<_, GenomeError>>()?;
    Ok(parts.concat())
}

/// How many bases are G or C; `None` where one is unknown.
fn gc_count(bases: &[u8]) -> Option<u32> {
    let (mut gc, mut at) = (0u32, 0u32);
    for base in bases {
        let base = base & !0x20;
        gc += u32::from(base == b'G' || base == b'C');
        at += u32::from(base == b'A' || base == b'T');
    }
    (gc + at == bases.len() as u32).then_some(gc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::InMemoryGenome;

    #[test]
    fn unknown_bases_are_not_counted_and_case_does_not_matter() {
        for (bases, count) in
            [("ACGT", Some(2)), ("acgtGG", Some(4)), ("ACNT", None), ("R", None), ("", Some(0))]
        {
            assert_eq!(gc_count(bases.as_bytes()), count, "{bases}");
        }
    }

    #[test]
    fn windows_far_apart_and_overlapping_are_read_alike() {
        let mut bases = b"AAAAAAAAAC".repeat(300_000);
        bases[1_500_003] = b'N';
        let genome = InMemoryGenome::new([("c", bases.clone())]).unwrap();
        let starts: Vec<u64> = (0..2_990).map(|n| n * 1_000 + n % 7).chain([2_990_900, 2_999_000]).collect();
        let found = counted(&genome, 0, &starts, 900).unwrap();
        let one_by_one = starts.iter().filter_map(|&start| {
            let gc = gc_count(&bases[start as usize..][..900])?;
            Some(Counted { contig: 0, gc, start })
        });
        assert_eq!(found, one_by_one.collect::<Vec<_>>());
        assert_eq!(found.len() + 1, starts.len());
    }

    #[test]
    fn bins_are_of_equal_width() {
        let bin = |gc| Counted { contig: 0, gc, start: 0 }.bin(10, 5);
        assert_eq!([0, 1, 2, 9, 10].map(bin), [0, 0, 1, 4, 4]);
    }
}
