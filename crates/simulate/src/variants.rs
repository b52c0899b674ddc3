//! Variants whose effect is known, because the grammar says it.

use std::collections::BTreeSet;

use ciskit_core::random::{Draws, Stream};
use ciskit_core::{Allele, Edge, GenomeError, ReferenceGenome, Side, Strand, Variant};
use ciskit_encode::{complement, reverse_complement};

use crate::background::LETTERS;
use crate::element::{PlantedElement, PlantedSite};
use crate::factor::Substitution;
use crate::planting::{SiteKind, chosen};
use crate::{SimulateError, Simulation};

/// What a variant does to the sites of its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It destroys the only site that the element shares with its partner.
    Break,
    /// It changes a base outside of all that was planted, or one of a site that hardly matters.
    Keep,
    /// It turns a near-miss into a site of the partner's factor.
    Create,
}

impl Effect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Break, Self::Keep, Self::Create];

    /// Its name in files.
    ///
    /// ```
    /// use ciskit_simulate::Effect;
    ///
    /// assert_eq!(Effect::ALL.map(Effect::name), ["break", "keep", "create"]);
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Break => "break",
            Self::Keep => "keep",
            Self::Create => "create",
        }
    }
}

/// A single-base variant in an element, and what it does.
///
/// ```
/// use ciskit_simulate::{Effect, Simulation, SimulationConfig};
///
/// let simulation = Simulation::generate(&SimulationConfig { pairs: 400, ..Default::default() })?;
/// let broken = simulation.variants().iter().find(|variant| variant.effect == Effect::Break).unwrap();
/// // The pair had a factor in common, and has none now.
/// assert!(simulation.pair_truths()[broken.pair].matched);
/// assert!((broken.delta - (0.05 - 0.95)).abs() < 1e-12);
/// # Ok::<(), ciskit_simulate::SimulateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TrueVariant {
    /// The variant.
    pub variant: Variant,
    /// What it does to its element.
    pub effect: Effect,
    /// Change of the probability that the pair is labelled 1: negative for a break, positive for a creation, 0 for
    /// the others.
    pub delta: f64,
    /// Change of the log-odds of the site or near-miss that it lies in, in bits; 0 outside of both.
    pub log_odds: f64,
    /// Index of the pair.
    pub pair: usize,
    /// The side of the pair that it lies on.
    pub side: Side,
}

/// Draws the variants of every effect, at most one in an element, sorted by place.
pub(crate) fn plant_variants(
    simulation: &Simulation,
    stream: Stream,
) -> Result<Vec<TrueVariant>, SimulateError> {
    let mut search = Search { simulation, used: BTreeSet::new(), found: Vec::new() };
    // Elements that can gain a site are rarest, so they are dealt out first.
    for effect in [Effect::Create, Effect::Break, Effect::Keep] {
        let wanted = simulation.config().variants;
        let mut draws = stream.name(effect.name()).draws();
        for (side, wanted) in [(Side::Enhancer, wanted.div_ceil(2)), (Side::Promoter, wanted / 2)] {
            search.add(effect, side, wanted, &mut draws)?;
        }
    }
    let mut variants = search.found;
    let contigs = simulation.genome().contigs();
    variants.sort_by_cached_key(|TrueVariant { variant, .. }| {
        (contigs.resolve_index(variant.contig()).ok(), variant.start())
    });
    for (index, variant) in variants.iter_mut().enumerate() {
        variant.variant.id = Some(format!("V{:05}", index + 1).into());
    }
    Ok(variants)
}

struct Search<'a> {
    simulation: &'a Simulation,
    /// Elements that have their variant: side and index.
    used: BTreeSet<(Side, usize)>,
    found: Vec<TrueVariant>,
}

impl Search<'_> {
    /// Adds up to `wanted` variants of an effect on one side.
    fn add(
        &mut self,
        effect: Effect,
        side: Side,
        wanted: usize,
        draws: &mut Draws,
    ) -> Result<(), SimulateError> {
        let matched = |pair: &usize| match effect {
            Effect::Break => self.simulation.pair_truths()[*pair].matched,
            Effect::Create => !self.simulation.pair_truths()[*pair].matched,
            Effect::Keep => true,
        };
        let mut pairs: Vec<usize> = (0..self.simulation.pairs().len()).filter(matched).collect();
        draws.shuffle(&mut pairs);
        if effect == Effect::Create {
            // A new site matters most where there are few others.
            pairs.sort_by_key(|pair| self.simulation.element(*pair, side).sites_of(SiteKind::Site).count());
        }
        let mut left = wanted;
        for pair in pairs {
            if left == 0 {
                break;
            }
            let truth = self.simulation.pair_truths()[pair];
            let element = match side {
                Side::Enhancer => (side, truth.enhancer),
                Side::Promoter => (side, truth.promoter),
            };
            if self.used.contains(&element) {
                continue;
            }
            if let Some(found) = self.variant(effect, pair, side, draws)? {
                self.used.insert(element);
                self.found.push(found);
                left -= 1;
            }
        }
        Ok(())
    }

    /// Draws a variant of an effect in one element; none if it has no place for it.
    fn variant(
        &self,
        effect: Effect,
        pair: usize,
        side: Side,
        draws: &mut Draws,
    ) -> Result<Option<TrueVariant>, SimulateError> {
        let element = self.simulation.element(pair, side);
        let change = match effect {
            Effect::Break => self.breaking(element, draws)?,
            Effect::Create => {
                self.creating(element, self.simulation.element(pair, side.other()).factor, draws)?
            }
            Effect::Keep if draws.below(2) == 0 => self.harmless(element, draws)?,
            Effect::Keep => self.outside(element, draws)?,
        };
        let Some(Change { position, reference, base, log_odds }) = change else { return Ok(None) };
        let delta = self.delta(pair, side, position, base)?;
        // The grammar has the last word: a new base may happen to make a site elsewhere.
        let expected = match effect {
            Effect::Break => delta < 0.0,
            Effect::Keep => delta == 0.0,
            Effect::Create => delta > 0.0,
        };
        if !expected {
            return Ok(None);
        }
        let contig = element.surroundings.contig();
        let variant = Variant::new(contig.clone(), position, &[reference], Allele::Bases(vec![base]))?;
        Ok(Some(TrueVariant { variant, effect, delta, log_odds, pair, side }))
    }

    fn breaking(&self, element: &PlantedElement, draws: &mut Draws) -> Result<Option<Change>, GenomeError> {
        let mut sites = element.sites_of(SiteKind::Site);
        let (Some(site), None) = (sites.next(), sites.next()) else { return Ok(None) };
        let factor = &self.simulation.grammar().factors()[site.factor];
        self.substituted(site, |bases| factor.breaking(bases), draws)
    }

    fn creating(
        &self,
        element: &PlantedElement,
        wanted: usize,
        draws: &mut Draws,
    ) -> Result<Option<Change>, GenomeError> {
        let mut near_misses = element.sites_of(SiteKind::NearMiss);
        let Some(site) = near_misses.find(|site| site.factor == wanted) else { return Ok(None) };
        let factor = &self.simulation.grammar().factors()[wanted];
        self.substituted(site, |bases| factor.mending(bases), draws)
    }

    fn harmless(&self, element: &PlantedElement, draws: &mut Draws) -> Result<Option<Change>, GenomeError> {
        let sites: Vec<&PlantedSite> = element.sites_of(SiteKind::Site).collect();
        let Some(site) = chosen(&sites, draws) else { return Ok(None) };
        let factor = &self.simulation.grammar().factors()[site.factor];
        self.substituted(site, |bases| factor.keeping(bases), draws)
    }

    /// One of the substitutions that are found for the bases of a piece.
    fn substituted(
        &self,
        site: &PlantedSite,
        find: impl Fn(&[u8]) -> Vec<Substitution>,
        draws: &mut Draws,
    ) -> Result<Option<Change>, GenomeError> {
        let interval = &site.interval;
        let forward = self.simulation.genome().fetch(interval.contig(), interval.range(), Edge::Error)?;
        let reverse = site.strand == Strand::Reverse;
        let read = if reverse { reverse_complement(&forward) } else { forward.clone() };
        Ok(chosen(&find(&read), draws).map(|found| {
            let offset = if reverse { read.len() - 1 - found.position } else { found.position };
            Change {
                position: interval.start() + offset as u64,
                reference: forward[offset].to_ascii_uppercase(),
                base: if reverse { complement(found.base) } else { found.base },
                log_odds: found.change,
            }
        }))
    }

    /// A change of any base of the element that belongs to nothing planted.
    fn outside(&self, element: &PlantedElement, draws: &mut Draws) -> Result<Option<Change>, GenomeError> {
        let interval = &element.element.interval;
        let position = interval.start() + draws.below(interval.len());
        if element.sites.iter().any(|site| site.interval.contains(position)) {
            return Ok(None);
        }
        let range = position as i64..position as i64 + 1;
        let reference =
            self.simulation.genome().fetch(interval.contig(), range, Edge::Error)?[0].to_ascii_uppercase();
        let others: Vec<u8> = LETTERS.into_iter().filter(|base| *base != reference).collect();
        Ok(chosen(&others, draws).map(|base| Change { position, reference, base, log_odds: 0.0 }))
    }

    /// Change of a pair's probability, from the sequences around its elements.
    fn delta(&self, pair: usize, side: Side, position: u64, base: u8) -> Result<f64, GenomeError> {
        let read = |side| {
            let place = &self.simulation.element(pair, side).surroundings;
            self.simulation.genome().fetch(place.contig(), place.range(), Edge::Error)
        };
        let (sequence, partner) = (read(side)?, read(side.other())?);
        let mut changed = sequence.clone();
        changed[(position - self.simulation.element(pair, side).surroundings.start()) as usize] = base;
        let grammar = self.simulation.grammar();
        Ok(grammar.probability(&changed, &partner) - grammar.probability(&sequence, &partner))
    }
}

/// A new base at a place of the genome.
struct Change {
    position: u64,
    reference: u8,
    base: u8,
    log_odds: f64,
}
