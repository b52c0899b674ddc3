//! The labels follow the grammar, and nothing but the grammar predicts them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ciskit_core::{Edge, Interval, Pair, ReferenceGenome, Side, Strand};
use ciskit_metrics::{auroc, brier};
use ciskit_simulate::{PlantedElement, Simulation, SimulationConfig, SiteKind};

fn simulation() -> Simulation {
    Simulation::generate(&SimulationConfig { pairs: 2_000, factors: 3, ..Default::default() }).unwrap()
}

fn labels(simulation: &Simulation) -> Vec<bool> {
    simulation.pairs().iter().map(|pair| pair.label.unwrap()).collect()
}

fn bases(simulation: &Simulation, interval: &Interval) -> Vec<u8> {
    simulation.genome().fetch(interval.contig(), interval.range(), Edge::Error).unwrap()
}

fn elements(simulation: &Simulation) -> impl Iterator<Item = &PlantedElement> {
    simulation.enhancers().iter().chain(simulation.promoters())
}

/// AUROC of a score of pairs, over all of them.
fn separation(simulation: &Simulation, score: impl Fn(&Pair) -> f64) -> f64 {
    let scores: Vec<f64> = simulation.pairs().iter().map(score).collect();
    auroc(&labels(simulation), &scores).unwrap()
}

#[test]
fn pairs_with_a_common_site_are_positive_but_for_the_noise() {
    let simulation = simulation();
    let mut wrong = 0;
    for (index, (pair, truth)) in simulation.pairs().iter().zip(simulation.pair_truths()).enumerate() {
        let sites = |element: &Interval| simulation.grammar().factors_in(&bases(&simulation, element));
        let (enhancer, promoter) = (sites(&pair.enhancer.interval), sites(&pair.promoter.interval));
        // Every element has sites of one factor, and of that which it was given.
        for (found, side) in [(&enhancer, Side::Enhancer), (&promoter, Side::Promoter)] {
            let given = simulation.element(index, side).factor;
            assert!(found.iter().enumerate().all(|(factor, has)| *has == (factor == given)));
        }
        assert_eq!(truth.matched, enhancer == promoter);
        assert_eq!(simulation.probability(index), if truth.matched { 0.95 } else { 0.05 });
        wrong += usize::from(pair.label != Some(truth.matched));
    }
    assert_eq!(wrong, 100);
    assert_eq!(simulation.grammar().noise(), 0.05);
}

#[test]
fn the_best_auroc_is_the_grammars() {
    let simulation = simulation();
    let probabilities: Vec<f64> =
        (0..simulation.pairs().len()).map(|pair| simulation.probability(pair)).collect();
    assert!((auroc(&labels(&simulation), &probabilities).unwrap() - simulation.best_auroc()).abs() < 1e-12);
    // The probabilities are those of the labels: their Brier score is the noise's variance.
    assert!((brier(&labels(&simulation), &probabilities).unwrap() - 0.05 * 0.95).abs() < 1e-12);

    let mut by_contig = 0.0;
    for contig in simulation.contigs() {
        let here: Vec<usize> = (0..simulation.pairs().len())
            .filter(|pair| *simulation.pairs()[*pair].enhancer.interval.contig() == contig.name)
            .collect();
        assert_eq!(here.len(), contig.pairs);
        let labels: Vec<bool> = here.iter().map(|pair| simulation.pairs()[*pair].label.unwrap()).collect();
        let scores: Vec<f64> = here.iter().map(|pair| simulation.probability(*pair)).collect();
        let best = contig.best_auroc().unwrap();
        assert!((auroc(&labels, &scores).unwrap() - best).abs() < 1e-12);
        by_contig += best * here.len() as f64;
    }
    assert!((by_contig / 2_000.0 - simulation.best_auroc()).abs() < 1e-12);
}

#[test]
fn one_element_alone_separates_nothing() {
    let simulation = simulation();
    let length = |element: &Interval| element.len() as f64;
    let gc = |element: &Interval| {
        let bases = bases(&simulation, element);
        bases.iter().filter(|base| b"GCgc".contains(base)).count() as f64 / bases.len() as f64
    };
    let sites = |element: &Interval| {
        let found = simulation.grammar().factors().iter().enumerate().map(|(index, factor)| {
            index as f64 * factor.pwm().hits(&bases(&simulation, element), factor.threshold()).len() as f64
        });
        found.sum::<f64>()
    };
    let place = |element: &Interval| element.start() as f64;
    let scores: [&dyn Fn(&Interval) -> f64; 4] = [&length, &gc, &sites, &place];
    for score in scores {
        // Exactly, because every element has one partner of each class.
        assert_eq!(separation(&simulation, |pair| score(&pair.enhancer.interval)), 0.5);
        assert_eq!(separation(&simulation, |pair| score(&pair.promoter.interval)), 0.5);
    }
}

#[test]
fn every_element_has_one_partner_of_each_class() {
    let simulation = simulation();
    for side in [Side::Enhancer, Side::Promoter] {
        let mut partners = vec![[0, 0]; simulation.enhancers().len()];
        for (index, pair) in simulation.pairs().iter().enumerate() {
            let truth = simulation.pair_truths()[index];
            let element = if side == Side::Enhancer { truth.enhancer } else { truth.promoter };
            partners[element][usize::from(pair.label.unwrap())] += 1;
            assert_eq!(simulation.element(index, side).element, *pair.element(side));
        }
        assert!(partners.iter().all(|partners| *partners == [1, 1]));
    }
}

#[test]
fn distance_and_order_separate_nothing() {
    let simulation = simulation();
    let upstream = |pair: &Pair| f64::from(pair.signed_distance().unwrap() < 0);
    let upstream_of_gene = |pair: &Pair| {
        let sign = if pair.promoter.strand == Strand::Forward { 1.0 } else { -1.0 };
        sign * pair.signed_distance().unwrap() as f64
    };
    for auroc in [
        separation(&simulation, |pair| pair.distance().unwrap()),
        separation(&simulation, |pair| pair.signed_distance().unwrap() as f64),
        separation(&simulation, upstream_of_gene),
        separation(&simulation, upstream),
    ] {
        assert!((auroc - 0.5).abs() < 0.05, "{auroc}");
    }
    let share = simulation.pairs().iter().map(upstream).sum::<f64>() / 2_000.0;
    assert!((share - 0.5).abs() < 0.05, "{share}");

    // Two-sample Kolmogorov-Smirnov statistic of the distances; 0.073 is its 1 % point for 1,000 and 1,000.
    let distances = |label: bool| {
        let mut distances: Vec<f64> = simulation
            .pairs()
            .iter()
            .filter(|pair| pair.label == Some(label))
            .map(|pair| pair.distance().unwrap())
            .collect();
        distances.sort_unstable_by(f64::total_cmp);
        distances
    };
    let (positives, negatives) = (distances(true), distances(false));
    let below = |distances: &[f64], limit: f64| {
        distances.partition_point(|distance| *distance <= limit) as f64 / distances.len() as f64
    };
    let gaps = positives.iter().map(|&at| (below(&positives, at) - below(&negatives, at)).abs());
    let statistic = gaps.fold(0.0, f64::max);
    assert!(statistic < 0.073, "{statistic}");
}

#[test]
fn composition_of_both_elements_separates_little() {
    let simulation = simulation();
    let gc = |interval: &Interval| {
        let bases = bases(&simulation, interval);
        bases.iter().filter(|base| b"GCgc".contains(base)).count() as f64 / bases.len() as f64
    };
    let alike = |pair: &Pair| -(gc(&pair.enhancer.interval) - gc(&pair.promoter.interval)).abs();
    let auroc = separation(&simulation, alike);
    assert!((auroc - 0.5).abs() < 0.05, "{auroc}");
}

#[test]
fn decoys_are_as_frequent_in_both_classes() {
    let simulation = simulation();
    for kind in [SiteKind::NearMiss, SiteKind::Scrambled] {
        let shared: Vec<f64> = (0..simulation.pairs().len())
            .map(|pair| {
                let of = |side| simulation.element(pair, side).sites_of(kind).next().map(|site| site.factor);
                f64::from(of(Side::Enhancer).is_some() && of(Side::Enhancer) == of(Side::Promoter))
            })
            .collect();
        let auroc = auroc(&labels(&simulation), &shared).unwrap();
        assert!((auroc - 0.5).abs() < 0.05, "{kind:?} {auroc}");
    }
}

#[test]
fn elements_do_not_overlap_and_their_surroundings_are_known_bases() {
    let simulation = simulation();
    let mut around: Vec<&Interval> = elements(&simulation).map(|element| &element.surroundings).collect();
    around.sort();
    assert!(around.windows(2).all(|two| !two[0].overlaps(two[1])));
    for element in elements(&simulation) {
        let (inner, outer) = (&element.element.interval, &element.surroundings);
        assert_eq!(inner.intersection(outer).as_ref(), Some(inner));
        assert_eq!((outer.len(), outer.center()), (1_200, inner.center()));
        assert!((400..=800).contains(&inner.len()));
        assert!(!bases(&simulation, outer).contains(&b'N'));
        for site in &element.sites {
            assert_eq!(site.interval.intersection(inner).as_ref(), Some(&site.interval));
        }
    }
    let furthest = simulation.pairs().iter().filter_map(Pair::distance).fold(0.0, f64::max);
    assert!((100_000.0..=200_000.0).contains(&furthest), "{furthest}");
}

#[test]
fn contigs_begin_and_end_unknown_and_are_partly_masked() {
    let simulation = simulation();
    assert_eq!(simulation.genome().contigs().len(), 8);
    let mut lower = 0;
    for contig in simulation.genome().contigs() {
        let length = contig.length as i64;
        let sequence = simulation.genome().fetch(&contig.name, 0..length, Edge::Error).unwrap();
        let unknown = sequence.iter().filter(|base| **base == b'N').count();
        assert_eq!(unknown, 2_000);
        assert!(
            sequence[..1_000].iter().chain(&sequence[sequence.len() - 1_000..]).all(|base| *base == b'N')
        );
        lower += sequence.iter().filter(|base| b"acgt".contains(base)).count();
    }
    let total: u64 = simulation.genome().contigs().iter().map(|contig| contig.length).sum();
    let share = lower as f64 / total as f64;
    assert!((share - 0.1).abs() < 0.02, "{share}");
}

#[test]
fn promoters_lie_at_the_starts_of_genes_on_both_strands() {
    let simulation = simulation();
    assert_eq!(simulation.genes().len(), simulation.promoters().len());
    let mut forward = 0;
    for (promoter, gene) in simulation.promoters().iter().zip(simulation.genes()) {
        assert!(promoter.element.interval.contains(gene.tss().unwrap()));
        assert_eq!(promoter.element.strand, gene.strand);
        forward += usize::from(gene.strand == Strand::Forward);
    }
    let share = forward as f64 / simulation.genes().len() as f64;
    assert!((share - 0.5).abs() < 0.06, "{share}");
}
