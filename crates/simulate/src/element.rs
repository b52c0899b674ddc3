//! Enhancers, promoters and genes with what was planted in them.

use ciskit_core::random::Draws;
use ciskit_core::{ContigName, Element, Interval, IntervalError, Side, Strand};
use ciskit_seqio::Gene;

use crate::SimulationConfig;
use crate::layout::Slot;
use crate::planting::{Piece, SiteKind};

/// A piece that was planted in an element.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedSite {
    /// What it is.
    pub kind: SiteKind,
    /// Index of its factor.
    pub factor: usize,
    /// Where it lies, 0-based, half-open.
    pub interval: Interval,
    /// The strand on which it reads.
    pub strand: Strand,
    /// Log-odds of its factor's motif there, in bits.
    pub log_odds: f64,
}

/// An enhancer or a promoter.
///
/// ```
/// use ciskit_simulate::{SiteKind, Simulation, SimulationConfig};
///
/// let simulation = Simulation::generate(&SimulationConfig { pairs: 40, ..Default::default() })?;
/// let enhancer = &simulation.enhancers()[0];
/// assert_eq!(enhancer.name(), "E00001");
/// assert!(enhancer.sites_of(SiteKind::Site).all(|site| site.factor == enhancer.factor));
/// # Ok::<(), ciskit_simulate::SimulateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedElement {
    /// Place, name and, for promoters, the gene's strand.
    pub element: Element,
    /// Which of the two it is.
    pub side: Side,
    /// Index of the factor whose sites it has.
    pub factor: usize,
    /// What was planted, by place.
    pub sites: Vec<PlantedSite>,
    /// The stretch around it, as long as the configuration's spacing, that no other element reaches into.
    pub surroundings: Interval,
}

impl PlantedElement {
    /// Places an element in the middle of its slot.
    pub(crate) fn new(
        config: &SimulationConfig,
        contig: &ContigName,
        slot: Slot,
        side: Side,
        factor: usize,
        pieces: Vec<Piece>,
        draws: &mut Draws,
    ) -> Result<Self, IntervalError> {
        let [shortest, longest] = match side {
            Side::Enhancer => config.enhancer_length,
            Side::Promoter => config.promoter_length,
        };
        let length = shortest + draws.below(longest - shortest + 1);
        let strand = match side {
            Side::Enhancer => Strand::Unknown,
            Side::Promoter if draws.below(2) == 0 => Strand::Forward,
            Side::Promoter => Strand::Reverse,
        };
        let start = slot.start + config.spacing / 2 - length / 2;
        let interval = Interval::new(contig.clone(), start, start + length)?;
        let site = |piece: Piece| {
            let start = slot.start + piece.start as u64;
            Ok(PlantedSite {
                kind: piece.kind,
                factor: piece.factor,
                interval: Interval::new(contig.clone(), start, start + piece.bases.len() as u64)?,
                strand: piece.strand,
                log_odds: piece.log_odds,
            })
        };
        Ok(Self {
            element: Element { interval, name: None, strand },
            side,
            factor,
            sites: pieces.into_iter().map(site).collect::<Result<_, IntervalError>>()?,
            surroundings: Interval::new(contig.clone(), slot.start, slot.start + config.spacing)?,
        })
    }

    /// The planted pieces of a kind.
    pub fn sites_of(&self, kind: SiteKind) -> impl Iterator<Item = &PlantedSite> {
        self.sites.iter().filter(move |site| site.kind == kind)
    }

    /// Name of the element.
    #[must_use]
    pub fn name(&self) -> &str {
        self.element.name.as_deref().unwrap_or_default()
    }
}

/// The gene of a promoter: the promoter lies to four fifths upstream of the gene's start.
pub(crate) fn gene(
    promoter: &Element,
    name: &str,
    known: std::ops::Range<u64>,
    draws: &mut Draws,
) -> Result<Gene, IntervalError> {
    let interval = &promoter.interval;
    // Even on the logarithmic scale from 1 to 30 kb.
    let length = (1_000.0 * 30f64.powf(draws.uniform())) as u64;
    let downstream = interval.len() / 5;
    let (start, end) = match promoter.strand {
        Strand::Reverse => {
            let end = interval.start() + downstream;
            (end.saturating_sub(length).max(known.start), end)
        }
        _ => {
            let start = interval.end() - downstream;
            (start, (start + length).min(known.end))
        }
    };
    Ok(Gene {
        id: name.into(),
        name: Some(name.into()),
        biotype: Some("protein_coding".into()),
        interval: Interval::new(interval.contig().clone(), start, end)?,
        strand: promoter.strand,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciskit_core::random::Stream;

    #[test]
    fn a_gene_starts_inside_its_promoter_and_stays_on_known_bases() {
        let mut draws = Stream::new(1, "test").draws();
        for strand in [Strand::Forward, Strand::Reverse] {
            for _ in 0..100 {
                let interval = Interval::new("chr1", 5_000, 5_400).unwrap();
                let promoter = Element { interval, name: None, strand };
                let gene = gene(&promoter, "G1", 1_000..10_000, &mut draws).unwrap();
                let upstream = match strand {
                    Strand::Forward => gene.tss().unwrap() - 5_000,
                    _ => 5_399 - gene.tss().unwrap(),
                };
                assert_eq!(upstream, 320);
                assert!(gene.interval.start() >= 1_000 && gene.interval.end() <= 10_000);
                assert!(gene.interval.len() >= 1_000);
            }
        }
    }
}
