//! Controls: windows of the same GC content where no regulatory activity was seen.

use std::collections::BTreeMap;

use ciskit_core::random::Stream;
use ciskit_core::{Interval, ReferenceGenome};

use super::gc::{Counted, counted, interval};
use super::{EnhancerConfig, EnhancerSources};
use crate::{DatasetError, IntervalSet};

/// Windows that do not overlap each other nor anything that a control must stay away from, in the order of the genome,
/// on contigs with enhancers: unplaced and foreign sequences of a genome file give no controls.
pub(super) fn candidates<G: ReferenceGenome + ?Sized>(
    genome: &G,
    sources: &EnhancerSources,
    enhancers: &[Counted],
    config: &EnhancerConfig,
) -> Result<Vec<Counted>, DatasetError> {
    let (contigs, length) = (genome.contigs(), config.length);
    let windows = enhancers.iter().map(|window| interval(contigs, window.contig, window.start, length));
    let free = active(sources, config.control_distance)
        .chain(
            [&sources.exons, &sources.promoters, &sources.blacklist].into_iter().flat_map(IntervalSet::iter),
        )
        .chain(windows)
        .collect::<IntervalSet>()
        .complement(contigs);
    let stream = Stream::new(config.seed, "control windows");
    let mut candidates = Vec::new();
    for of_contig in enhancers.chunk_by(|one, next| one.contig == next.contig) {
        let contig = of_contig[0].contig;
        let name = &contigs.as_slice()[contig as usize].name;
        let mut draws = stream.name(name).draws();
        let mut starts = Vec::new();
        for piece in free.pieces(name) {
            let (count, spare) = ((piece.end - piece.start) / length, (piece.end - piece.start) % length);
            let first = piece.start + draws.below(spare + 1);
            starts.extend((0..count).map(|index| first + index * length));
        }
        candidates.extend(counted(genome, contig, &starts, length)?);
    }
    Ok(candidates)
}

/// All signs of activity, with the bases around them.
fn active(sources: &EnhancerSources, distance: u64) -> impl Iterator<Item = Interval> {
    let peaks = sources.dnase.iter().map(|peak| peak.interval.clone());
    // An end behind the contig's does no harm.
    peaks.chain(sources.h3k27ac.iter()).filter_map(move |place| {
        let (start, end) = (place.start().saturating_sub(distance), place.end().saturating_add(distance));
        Interval::new(place.contig().clone(), start, end.min(i64::MAX as u64)).ok()
    })
}

/// Draws from each bin of GC content as many candidates as it has enhancers, or all it has; in the order of the genome.
pub(super) fn matched(
    enhancers: &[Counted],
    candidates: Vec<Counted>,
    config: &EnhancerConfig,
) -> Vec<Counted> {
    let bin = |window: &Counted| window.bin(config.length, config.gc_bins);
    let mut bins: BTreeMap<u32, (usize, Vec<Counted>)> = BTreeMap::new();
    for enhancer in enhancers {
        bins.entry(bin(enhancer)).or_default().0 += 1;
    }
    for candidate in candidates {
        if let Some((_, of_bin)) = bins.get_mut(&bin(&candidate)) {
            of_bin.push(candidate);
        }
    }
    let stream = Stream::new(config.seed, "control choice");
    let mut controls = Vec::new();
    for (bin, (wanted, mut of_bin)) in bins {
        stream.number(u64::from(bin)).draws().shuffle(&mut of_bin);
        of_bin.truncate(wanted);
        controls.append(&mut of_bin);
    }
    controls.sort_unstable_by_key(|window| window.place());
    controls
}
