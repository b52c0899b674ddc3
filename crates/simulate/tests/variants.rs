//! Every variant does what it says, by a scan that shares no code with the simulation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use ciskit_core::{Edge, ReferenceGenome, Side};
use ciskit_simulate::{CTCF, Effect, Factor, Simulation, SimulationConfig, SiteKind};

fn simulation(both_strands: bool) -> Simulation {
    let config = SimulationConfig {
        pairs: 1_600,
        factors: 2,
        near_misses: 0.5,
        variants: 60,
        both_strands,
        seed: 3,
        ..Default::default()
    };
    Simulation::generate(&config).unwrap()
}

/// Whether a sequence has a place, on either strand, with four fifths of the log-odds that counts can reach.
fn has_site(sequence: &[u8], counts: &[[u32; 4]]) -> bool {
    let background = [2955.0 / 10002.0, 2046.0 / 10002.0, 2046.0 / 10002.0, 2955.0 / 10002.0];
    let bits = |column: &[u32; 4], base: usize| {
        let total: u32 = column.iter().sum();
        (f64::from(column[base] + 1) / f64::from(total + 4) / background[base]).log2()
    };
    let code = |letter: u8| b"ACGT".iter().position(|base| *base == letter.to_ascii_uppercase()).unwrap();
    let highest: f64 =
        counts.iter().map(|column| (0..4).map(|base| bits(column, base)).fold(f64::MIN, f64::max)).sum();
    sequence.windows(counts.len()).any(|window| {
        let forward: f64 = counts.iter().zip(window).map(|(column, base)| bits(column, code(*base))).sum();
        let reverse: f64 =
            counts.iter().zip(window.iter().rev()).map(|(column, base)| bits(column, 3 - code(*base))).sum();
        forward.max(reverse) >= 0.8 * highest
    })
}

/// Counts of the made-up factor, found by its consensus: every position is one of CTCF's.
fn counts() -> [Vec<[u32; 4]>; 2] {
    let made_up = &Factor::first(2)[1];
    let position = |probabilities: &[f64; 4]| {
        let same = |counts: &&[u32; 4]| {
            let total = f64::from(counts.iter().sum::<u32>() + 4);
            (0..4).all(|base| (f64::from(counts[base] + 1) / total - probabilities[base]).abs() < 1e-12)
        };
        *CTCF.iter().find(same).unwrap()
    };
    [CTCF.to_vec(), made_up.pwm().probabilities().iter().map(position).collect()]
}

#[test]
fn deltas_are_those_of_a_scan_of_the_sequences() {
    let counts = counts();
    for simulation in [simulation(false), simulation(true)] {
        let mut found = [0; 3];
        for variant in simulation.variants() {
            let read = |side: Side| {
                let place = &simulation.element(variant.pair, side).surroundings;
                simulation.genome().fetch(place.contig(), place.range(), Edge::Error).unwrap()
            };
            let (reference, partner) = (read(variant.side), read(variant.side.other()));
            let start = simulation.element(variant.pair, variant.side).surroundings.range().start;
            let changed = variant.variant.edit_in(start).unwrap().applied_to(&reference).unwrap();
            let probability = |sequence: &[u8]| {
                let common =
                    counts.iter().any(|counts| has_site(sequence, counts) && has_site(&partner, counts));
                if common { 0.95 } else { 0.05 }
            };
            let delta = probability(&changed) - probability(&reference);
            assert!((delta - variant.delta).abs() < 1e-12, "{variant:?}");
            let (sign, log_odds) = match variant.effect {
                Effect::Break => (-1.0, variant.log_odds <= -4.0),
                Effect::Keep => (0.0, variant.log_odds.abs() <= 0.5),
                Effect::Create => (1.0, variant.log_odds >= 4.0),
            };
            assert!(log_odds, "{variant:?}");
            assert!((delta - sign * 0.9).abs() < 1e-12, "{variant:?}");
            found[variant.effect as usize] += 1;
        }
        assert_eq!(found, [60, 60, 60]);
    }
}

#[test]
fn reference_alleles_are_the_genomes() {
    let simulation = simulation(true);
    let mut lower = 0;
    for variant in simulation.variants() {
        let variant = &variant.variant;
        let there =
            simulation.genome().fetch(variant.contig(), variant.interval().range(), Edge::Error).unwrap();
        lower += usize::from(there[0].is_ascii_lowercase());
        assert_eq!(there.to_ascii_uppercase(), variant.reference());
        let alternative = variant.alternative().bases().unwrap();
        assert!(alternative.len() == 1 && b"ACGT".contains(&alternative[0]));
        assert_ne!(alternative, variant.reference());
    }
    // Masked bases are met, so that readers have to compare without regard to case.
    assert!(lower > 0);
}

#[test]
fn variants_are_sorted_named_and_one_to_an_element() {
    let simulation = simulation(false);
    let place = |variant: &ciskit_core::Variant| {
        (simulation.genome().contigs().resolve_index(variant.contig()).unwrap(), variant.start())
    };
    let places: Vec<_> = simulation.variants().iter().map(|variant| place(&variant.variant)).collect();
    assert!(places.is_sorted_by(|a, b| a < b));
    let names: BTreeSet<_> = simulation.variants().iter().map(|variant| variant.variant.id.clone()).collect();
    assert_eq!(names.len(), 180);
    let elements: BTreeSet<_> =
        simulation.variants().iter().map(|v| simulation.element(v.pair, v.side).name().to_owned()).collect();
    assert_eq!(elements.len(), 180);
    let enhancers = simulation.variants().iter().filter(|variant| variant.side == Side::Enhancer).count();
    assert_eq!(enhancers, 90);
}

#[test]
fn broken_sites_are_alone_and_kept_bases_are_of_both_kinds() {
    let simulation = simulation(false);
    let mut inside = 0;
    for variant in simulation.variants() {
        let element = simulation.element(variant.pair, variant.side);
        let at = |kind| element.sites_of(kind).any(|site| site.interval.contains(variant.variant.start()));
        match variant.effect {
            Effect::Break => assert!(at(SiteKind::Site) && element.sites_of(SiteKind::Site).count() == 1),
            Effect::Create => assert!(at(SiteKind::NearMiss)),
            Effect::Keep => inside += usize::from(at(SiteKind::Site)),
        }
    }
    assert!((15..=45).contains(&inside), "{inside}");
}

#[test]
fn without_near_misses_and_lone_sites_there_is_only_keep() {
    let config = SimulationConfig { pairs: 160, near_misses: 0.0, lone_sites: 0.0, ..Default::default() };
    let simulation = Simulation::generate(&config).unwrap();
    assert!(!simulation.variants().is_empty());
    assert!(simulation.variants().iter().all(|variant| variant.effect == Effect::Keep));
}
