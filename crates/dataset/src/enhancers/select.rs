//! From peaks to enhancers.

use ciskit_core::ReferenceGenome;

use super::gc::{Counted, counted, interval};
use super::{EnhancerSources, Step};
use crate::{DatasetError, IntervalSet};

/// The enhancers in the order of the genome, and how many were left at each step. The sources are on the genome's
/// contigs.
pub(super) fn enhancers<G: ReferenceGenome + ?Sized>(
    genome: &G,
    sources: &EnhancerSources,
    length: u64,
) -> Result<(Vec<Counted>, Vec<Step>), DatasetError> {
    let contigs = genome.contigs();
    let mut steps = vec![Step { name: "dnase_peaks", left: sources.dnase.len() }];
    let mut step = |name, left| steps.push(Step { name, left });

    let active = sources.dnase.iter().filter(|peak| sources.h3k27ac.overlaps(&peak.interval));
    let (mut met, mut windows) = (0, Vec::new());
    for peak in active {
        met += 1;
        let contig = contigs.resolve_index(peak.interval.contig()).map_err(ciskit_core::GenomeError::from)?;
        let Some(start) = peak.anchor().checked_sub(length / 2) else { continue };
        if start.saturating_add(length) <= contigs.as_slice()[contig].length {
            windows.push((contig as u32, start));
        }
    }
    step("meets_h3k27ac", met);
    step("inside_contig", windows.len());
    windows.sort_unstable();
    windows.dedup();
    step("distinct", windows.len());
    let mut exclude = |name, set: &IntervalSet| {
        windows.retain(|&(contig, start)| !set.overlaps(&interval(contigs, contig, start, length)));
        step(name, windows.len());
    };
    exclude("without_exon", &sources.exons);
    exclude("without_promoter", &sources.promoters);
    exclude("not_blacklisted", &sources.blacklist);
    let mut enhancers = Vec::with_capacity(windows.len());
    for of_contig in windows.chunk_by(|one, next| one.0 == next.0) {
        let starts: Vec<u64> = of_contig.iter().map(|window| window.1).collect();
        enhancers.extend(counted(genome, of_contig[0].0, &starts, length)?);
    }
    step("known_bases", enhancers.len());
    match steps.iter().find(|step| step.left == 0) {
        Some(step) => Err(DatasetError::NoEnhancers { peaks: sources.dnase.len(), step: step.name }),
        None => Ok((enhancers, steps)),
    }
}
