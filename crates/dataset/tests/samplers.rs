//! What every negative sampler promises.

use std::collections::HashSet;
use std::io::Read;

use ciskit_core::{Edge, InMemoryGenome, Interval, Pair, ReferenceGenome, Side};
use ciskit_dataset::*;
use proptest::prelude::*;

type Place = (String, u64, u64);

/// The two places of a pair, in order of place.
fn places(pair: &Pair) -> (Place, Place) {
    let place = |interval: &Interval| {
        let contig = interval.contig().trim_start_matches("chr").to_owned();
        (contig, interval.start(), interval.end())
    };
    let (a, b) = (place(&pair.enhancer.interval), place(&pair.promoter.interval));
    if a <= b { (a, b) } else { (b, a) }
}

fn genome() -> InMemoryGenome {
    let bases = |seed: u64| {
        let stream = ciskit_core::random::Stream::new(seed, "bases");
        (0..6_000).map(move |place| b"ACGT"[stream.bits(place) as usize % 4]).collect::<Vec<u8>>()
    };
    InMemoryGenome::new([("chr1", bases(1)), ("chr2", bases(2))]).expect("two names")
}

fn samplers(per_positive: usize) -> Vec<(Box<dyn NegativeSampler>, usize)> {
    let n = per_positive;
    vec![
        (Box::new(DistanceMatched::new(n, 3)), n),
        (Box::new(SamePromoter::new(n)), n),
        (Box::new(RandomPartner::new(n)), n),
        (Box::new(DegreeBalanced::new(n)), n),
        (Box::new(DegreeBalanced::new(n).within(500)), n),
        (Box::new(GcBackground::new(genome(), Side::Enhancer, n).tolerance(0.2)), n),
        (Box::new(GcBackground::new(genome(), Side::Promoter, n).tolerance(0.2)), n),
        (Box::new(Shift::new(50)), 4),
        (
            Box::new(
                PaperShift::new(50)
                    .on(ciskit_core::Contigs::new([("1", 5_950), ("2", 9_000)]).expect("two names")),
            ),
            4,
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn negatives_are_new_and_repeatable(
        // Places on a coarse grid, so that elements, and whole pairs in either order, occur again.
        rows in prop::collection::vec((0usize..4, 0u64..40, 0u64..40, prop::option::weighted(0.9, any::<bool>())), 1..60),
        per_positive in 1usize..4,
        seed in any::<u64>(),
    ) {
        let contigs = ["chr1", "1", "chr2", "2"];
        let pairs: Vec<Pair> = rows
            .iter()
            .map(|(contig, e, p, label)| {
                let at = |start: u64| Interval::new(contigs[*contig], 50 * start, 50 * start + 60).unwrap();
                Pair { label: *label, cell: Some("K562".into()), ..Pair::new(at(*e), at(*p)) }
            })
            .collect();
        let universe = Universe::of(&pairs);
        let known: HashSet<_> =
            pairs.iter().filter(|pair| pair.label != Some(false)).map(places).collect();
        for (sampler, each) in samplers(per_positive) {
            let drawn = match sampler.sample(&universe, Seeds::of_run(seed)) {
                Err(DatasetError::NoSampledPositives) => {
                    prop_assert!(universe.positives().is_empty());
                    continue;
                }
                drawn => drawn.unwrap(),
            };
            prop_assert_eq!(&drawn, &sampler.sample(&universe, Seeds::of_run(seed)).unwrap());
            let mut seen = HashSet::new();
            for (negative, positive) in drawn.pairs.iter().zip(&drawn.positive) {
                let name = sampler.name();
                prop_assert!(!known.contains(&places(negative)), "{}: a positive", name);
                prop_assert!(seen.insert(places(negative)), "{}: a duplicate", name);
                prop_assert!(negative.enhancer.interval != negative.promoter.interval, "{}: one place", name);
                prop_assert_eq!(places(negative).0.0, places(negative).1.0, "one contig");
                prop_assert_eq!((negative.label, negative.cell.as_deref()), (Some(false), Some("K562")));
                prop_assert!(*positive < universe.positives().len());
            }
            prop_assert!(drawn.positive.is_sorted());
            prop_assert_eq!(drawn.positive.len(), drawn.pairs.len());
            let matching = &drawn.matching;
            prop_assert_eq!((matching.wanted, matching.found), (each * universe.positives().len(), seen.len()));
            prop_assert!(matching.found <= matching.wanted);
            let report = matching.to_string();
            prop_assert!(report.contains("distance in bp: "), "{}", report);
        }
    }
}

/// Elements all over a contig of which the near ones interact.
fn list() -> Vec<Pair> {
    let stream = ciskit_core::random::Stream::new(3, "list");
    let at = |start: u64| Interval::new("chr1", start, start + 400).expect("an interval");
    let mut pairs = Vec::new();
    for i in 0..600 {
        let [enhancer, far] = [0, 1].map(|n| 1_000 + (stream.uniform(2 * i + n) * 5e6) as u64);
        let near = enhancer + 2_000 + (stream.normal(2_000 + i).abs() * 30_000.0) as u64;
        pairs.push(Pair::new(at(enhancer), at(near)).with_label(i % 3 == 0));
        pairs.push(Pair::new(at(enhancer), at(far)).with_label(false));
    }
    pairs
}

#[test]
fn each_sampler_matches_what_it_says() {
    let universe = Universe::of(&list());
    let seeds = Seeds::of_run(5);
    let drawn = |sampler: &dyn NegativeSampler| sampler.sample(&universe, seeds).unwrap().matching;

    let distance = drawn(&DistanceMatched::new(5, 20));
    assert_eq!(distance.found, 1_000);
    assert!(distance.compared[0].ks < Some(0.05), "{distance}");
    let partner = drawn(&RandomPartner::new(5));
    assert!(partner.compared[0].ks > Some(0.8), "{partner}");
    let promoter = drawn(&SamePromoter::new(2));
    assert_eq!((promoter.found, promoter.compared[2].ks), (400, Some(0.0)), "{promoter}");
    let range = |of: Option<Summary>| of.map(|of| (of.min, of.max)).unwrap();
    let (positives, negatives) =
        (range(promoter.compared[0].positives), range(promoter.compared[0].negatives));
    assert!(positives.0 <= negatives.0 && negatives.1 <= positives.1, "{promoter}");
    let near = drawn(&DegreeBalanced::new(1).within(50_000));
    assert!(near.found < near.wanted && range(near.compared[0].negatives).1 <= 50_000.0, "{near}");
    let degree = drawn(&DegreeBalanced::new(5));
    assert_eq!(
        (degree.found, degree.compared[1].ks, degree.compared[2].ks),
        (1_000, Some(0.0), Some(0.0)),
        "{degree}"
    );
}

#[test]
fn background_is_known_of_the_same_gc_and_away() {
    // A quarter G and C up to 20,000, three quarters behind; in each half, N at every 150th base for a while.
    let stream = ciskit_core::random::Stream::new(9, "bases");
    let base = |place: u64| match (place % 150, place / 10_000) {
        (0, 1 | 2) => b'N',
        (_, 0 | 1) => b"AATG"[stream.bits(place) as usize % 4],
        _ => b"GCCA"[stream.bits(place) as usize % 4],
    };
    let genome = InMemoryGenome::new([("chr1", (0..40_000).map(base).collect::<Vec<u8>>())]).unwrap();
    let at = |start: u64| Interval::new("chr1", start, start + 120).unwrap();
    let pairs =
        [Pair::new(at(1_000), at(5_000)).with_label(true), Pair::new(at(35_000), at(5_000)).with_label(true)];
    let avoided = Interval::new("chr1", 30_000, 32_000).unwrap();
    let sampler = GcBackground::new(&genome, Side::Enhancer, 40).tolerance(0.03).avoiding([avoided.clone()]);
    let negatives = sampler.sample(&Universe::of(&pairs), Seeds::of_run(2)).unwrap();
    assert_eq!(negatives.matching.found, 80);
    for (negative, positive) in negatives.pairs.iter().zip(&negatives.positive) {
        let window = &negative.enhancer.interval;
        let share = |interval: &Interval| {
            let bases = genome.fetch(interval.contig(), interval.range(), Edge::Error).unwrap();
            assert!(!bases.contains(&b'N'));
            bases.iter().filter(|base| b"GC".contains(base)).count() as f64 / 120.0
        };
        assert!((share(window) - share(&pairs[*positive].enhancer.interval)).abs() <= 0.03 + 1e-9);
        let elements = [at(1_000), at(5_000), at(35_000), avoided.clone()];
        assert!(elements.iter().all(|element| !element.overlaps(window)), "{window}");
        assert_eq!(negative.promoter, pairs[*positive].promoter);
    }
    assert!(negatives.matching.compared[0].ks < Some(0.6), "{}", negatives.matching);
}

#[test]
fn fewer_than_wanted_are_said() {
    let at = |start: u64| Interval::new("chr1", start, start + 10).unwrap();
    let pairs = [Pair::new(at(0), at(100)).with_label(true), Pair::new(at(20), at(100)).with_label(false)];
    let negatives = RandomPartner::new(3).sample(&Universe::of(&pairs), Seeds::of_run(1)).unwrap();
    assert_eq!(negatives.pairs.len(), 1);
    assert!(negatives.matching.to_string().starts_with("random partner: 1 of 3 negatives for 1 positives"));
}

#[test]
#[ignore = "needs the shared folder (CISKIT_SHARED)"]
fn shifts_of_the_published_positives_are_the_published_negatives() {
    let path = ciskit_fixtures::shared("data/chiapet/HelaS3_Pol2.pair_intra.csv.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let pairs: Vec<Pair> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let at = |first: usize| {
                Interval::new(
                    fields[first],
                    fields[first + 1].parse().unwrap(),
                    fields[first + 2].parse().unwrap(),
                )
                .unwrap()
            };
            Pair::new(at(0), at(4)).with_label(fields[8] == "1")
        })
        .collect();
    let universe = Universe::of(&pairs);
    assert_eq!(universe.positives().len(), 2_590);
    let negatives = Shift::new(2_000).sample(&universe, Seeds::of_run(0)).unwrap();
    let place = |pair: &Pair| (pair.enhancer.interval.clone(), pair.promoter.interval.clone());
    let published: Vec<_> = pairs.iter().filter(|pair| pair.label == Some(false)).map(place).collect();
    assert_eq!(published.len(), 10_360);
    assert_eq!(negatives.pairs.iter().map(place).collect::<Vec<_>>(), published);
}
