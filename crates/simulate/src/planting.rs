//! The sequence around an element: background with sites and decoys, and no site by chance.

use ciskit_core::Strand;
use ciskit_core::random::{Draws, Stream};
use ciskit_encode::reverse_complement;

use crate::background::fill_background;
use crate::factor::SITE_LENGTH;
use crate::{Factor, SimulateError, SimulationConfig};

/// Bases between the sites of a cluster.
const GAP: usize = 2;

/// How many sequences are drawn for an element before it is given up.
const ATTEMPTS: u64 = 100;

/// What was planted at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteKind {
    /// A site of the element's factor.
    Site,
    /// A site of any factor, but for one base that matters.
    NearMiss,
    /// The bases of a site of any factor in random order.
    Scrambled,
}

impl SiteKind {
    /// Its name in files.
    ///
    /// ```
    /// assert_eq!(ciskit_simulate::SiteKind::NearMiss.name(), "near-miss");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::NearMiss => "near-miss",
            Self::Scrambled => "scrambled",
        }
    }
}

/// A planted piece, its place counted from the start of its slot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) kind: SiteKind,
    pub(crate) factor: usize,
    pub(crate) start: usize,
    pub(crate) strand: Strand,
    /// The bases as the factor reads them.
    pub(crate) bases: Vec<u8>,
    pub(crate) log_odds: f64,
}

/// Longest stretch that so many pieces side by side take, in bp.
pub(crate) fn planted_length(pieces: usize) -> u64 {
    (pieces as u64).saturating_mul((SITE_LENGTH + GAP) as u64)
}

/// Draws the sequence of an element of a factor, as long as the configuration's spacing, and what is planted in it.
///
/// Places that score as a site of any factor are exactly the planted sites.
pub(crate) fn plant(
    config: &SimulationConfig,
    factors: &[Factor],
    factor: usize,
    stream: Stream,
) -> Result<(Vec<u8>, Vec<Piece>), SimulateError> {
    // What the element has is settled before the attempts, so that crowded elements do not lose sites.
    let mut draws = stream.name("pieces").draws();
    let [fewest, most] = config.sites;
    let lone = draws.uniform() < config.lone_sites;
    let some = fewest + draws.below((most - fewest + 1) as u64) as usize;
    let sites = if lone { 1 } else { some };
    let near_miss = draws.uniform() < config.near_misses;

    for attempt in 0..ATTEMPTS {
        let mut draws = stream.number(attempt).draws();
        let Some(pieces) = pieces(config, factors, factor, sites, near_miss, &mut draws) else { continue };
        let mut sequence = Vec::with_capacity(config.spacing as usize);
        fill_background(&mut sequence, config.spacing, &mut draws);
        for piece in &pieces {
            let bases = match piece.strand {
                Strand::Reverse => reverse_complement(&piece.bases),
                _ => piece.bases.clone(),
            };
            sequence[piece.start..piece.start + bases.len()].copy_from_slice(&bases);
        }
        if has_only_planted_sites(factors, &sequence, &pieces) {
            return Ok((sequence, pieces));
        }
    }
    Err(SimulateError::Crowded { sites, factor: factors[factor].name().to_owned(), attempts: ATTEMPTS })
}

/// Draws the pieces of an element and their places; none if a motif gave no fitting bases.
fn pieces(
    config: &SimulationConfig,
    factors: &[Factor],
    factor: usize,
    sites: usize,
    near_miss: bool,
    draws: &mut Draws,
) -> Option<Vec<Piece>> {
    let any = |draws: &mut Draws| draws.below(factors.len() as u64) as usize;
    let mut groups = vec![vec![(SiteKind::Site, factor); sites]];
    groups.extend((0..config.scrambled).map(|_| vec![(SiteKind::Scrambled, any(draws))]));
    if near_miss {
        groups.push(vec![(SiteKind::NearMiss, any(draws))]);
    }
    draws.shuffle(&mut groups);

    let planted: usize = groups.iter().map(|group| group.len() * (SITE_LENGTH + GAP)).sum();
    let middle = (config.spacing / 2) as usize;
    let reach = config.reach as usize;
    let free = (2 * reach).saturating_sub(planted) as u64;
    let mut gaps: Vec<usize> = groups.iter().map(|_| draws.below(free + 1) as usize).collect();
    gaps.sort_unstable();

    let mut pieces = Vec::new();
    for (group, gap) in groups.into_iter().zip(gaps) {
        for (kind, factor) in group {
            let start = middle - reach + gap + pieces.len() * (SITE_LENGTH + GAP);
            let reverse = config.both_strands && draws.below(2) == 1;
            let strand = if reverse { Strand::Reverse } else { Strand::Forward };
            let bases = bases(kind, &factors[factor], config.sharpness, draws)?;
            let log_odds = factors[factor].pwm().log_odds(&bases)?;
            pieces.push(Piece { kind, factor, start, strand, bases, log_odds });
        }
    }
    Some(pieces)
}

/// Draws the bases of a piece.
fn bases(kind: SiteKind, factor: &Factor, sharpness: f64, draws: &mut Draws) -> Option<Vec<u8>> {
    const DRAWS: usize = 1_000;
    let motif = factor.pwm().sharper(sharpness);
    let site = (0..DRAWS).map(|_| motif.draw(draws)).find(|bases| factor.is_site(bases));
    let mut bases = site?;
    match kind {
        SiteKind::Site => {}
        SiteKind::Scrambled => draws.shuffle(&mut bases),
        SiteKind::NearMiss => {
            let mismatch = chosen(&factor.breaking(&bases), draws)?;
            bases[mismatch.position] = mismatch.base;
        }
    }
    Some(bases)
}

/// One of some items, each equally likely; none of none.
pub(crate) fn chosen<T: Copy>(items: &[T], draws: &mut Draws) -> Option<T> {
    let index = (!items.is_empty()).then(|| draws.below(items.len() as u64) as usize);
    index.map(|index| items[index])
}

/// Whether the places that score as sites are the planted ones.
fn has_only_planted_sites(factors: &[Factor], sequence: &[u8], pieces: &[Piece]) -> bool {
    factors.iter().enumerate().all(|(index, factor)| {
        let mut planted: Vec<(usize, Strand)> = pieces
            .iter()
            .filter(|piece| piece.kind == SiteKind::Site && piece.factor == index)
            .map(|piece| (piece.start, piece.strand))
            .collect();
        planted.sort_unstable();
        let hits = factor.pwm().hits(sequence, factor.threshold());
        hits.iter().map(|hit| (hit.start, hit.strand)).eq(planted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(config: &SimulationConfig, element: u64) -> (Vec<u8>, Vec<Piece>) {
        let factors = Factor::first(config.factors);
        plant(config, &factors, element as usize % config.factors, Stream::new(1, "test").number(element))
            .unwrap()
    }

    #[test]
    fn pieces_lie_in_reach_apart_and_read_as_written() {
        let config = SimulationConfig { both_strands: true, near_misses: 1.0, ..Default::default() };
        for element in 0..50 {
            let (sequence, mut pieces) = planted(&config, element);
            assert_eq!(sequence.len(), 1_200);
            pieces.sort_by_key(|piece| piece.start);
            assert!(pieces.iter().all(|piece| piece.start >= 420 && piece.start + 19 <= 780));
            assert!(pieces.is_sorted_by(|a, b| a.start + 21 <= b.start));
            for piece in &pieces {
                let place = &sequence[piece.start..piece.start + 19];
                match piece.strand {
                    Strand::Reverse => assert_eq!(reverse_complement(place), piece.bases),
                    _ => assert_eq!(place, piece.bases),
                }
            }
        }
    }

    #[test]
    fn every_kind_is_what_it_says() {
        let config = SimulationConfig { near_misses: 1.0, lone_sites: 0.5, ..Default::default() };
        let factors = Factor::first(config.factors);
        let mut counts = Vec::new();
        for element in 0..100 {
            let (_, pieces) = planted(&config, element);
            for piece in &pieces {
                let site = factors[piece.factor].is_site(&piece.bases);
                assert_eq!(site, piece.kind == SiteKind::Site);
                if piece.kind == SiteKind::NearMiss {
                    let mends = |position: usize| {
                        let mut mended = piece.bases.clone();
                        b"ACGT".iter().any(|&base| {
                            mended[position] = base;
                            factors[piece.factor].is_site(&mended)
                        })
                    };
                    assert!((0..19).any(mends));
                }
            }
            let count = |kind| pieces.iter().filter(|piece| piece.kind == kind).count();
            assert_eq!((count(SiteKind::NearMiss), count(SiteKind::Scrambled)), (1, 1));
            counts.push(count(SiteKind::Site));
        }
        let lone = counts.iter().filter(|&&count| count == 1).count();
        assert!((35..=65).contains(&lone), "{lone}");
        assert!((4..=10).all(|count| counts.contains(&count)));
        assert!(counts.iter().all(|count| *count == 1 || (4..=10).contains(count)));
    }

    #[test]
    fn a_site_by_chance_is_noticed() {
        let factors = Factor::first(2);
        let mut sequence = vec![b'A'; 200];
        assert!(has_only_planted_sites(&factors, &sequence, &[]));
        sequence[50..69].copy_from_slice(&factors[1].pwm().consensus());
        assert!(!has_only_planted_sites(&factors, &sequence, &[]));
        sequence[50..69].copy_from_slice(&reverse_complement(&factors[1].pwm().consensus()));
        assert!(!has_only_planted_sites(&factors, &sequence, &[]));
    }

    #[test]
    fn what_cannot_be_planted_is_an_error() {
        // A site of one factor can hold no other place that scores, but a sharpness this low draws hardly any.
        let config = SimulationConfig { sharpness: 0.0, lone_sites: 1.0, ..Default::default() };
        let refused = plant(&config, &Factor::first(2), 0, Stream::new(1, "test"));
        assert!(matches!(refused, Err(SimulateError::Crowded { sites: 1, .. })));
    }
}
