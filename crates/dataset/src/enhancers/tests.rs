//! Sets checked base by base.

use ciskit_core::{InMemoryGenome, random::Stream};
use proptest::prelude::*;

use super::*;
use crate::IntervalSet;

/// Contigs whose GC content drifts, with a stretch of unknown bases.
fn genome() -> InMemoryGenome {
    let contig = |name: &str, length: usize| {
        let mut draws = Stream::new(3, name).draws();
        let mut bases: Vec<u8> = (0..length)
            .map(|position| {
                let gc = 0.3 + 0.4 * (position as f64 / 700.0).sin().abs();
                let strong = draws.uniform() < gc;
                let first = draws.uniform() < 0.5;
                match (strong, first) {
                    (true, true) => b'G',
                    (true, false) => b'c',
                    (false, true) => b'A',
                    (false, false) => b't',
                }
            })
            .collect();
        bases[length / 2..length / 2 + 30].fill(b'N');
        (name.to_owned(), bases)
    };
    InMemoryGenome::new([contig("chr2", 9_000), contig("chr1", 6_000), contig("chrM", 2_000)]).unwrap()
}

fn at(contig: &str, start: u64, end: u64) -> Interval {
    Interval::new(contig, start, end).unwrap()
}

fn place() -> impl Strategy<Value = Interval> {
    (any::<bool>(), 0u64..5_900, 1u64..100)
        .prop_map(|(first, start, length)| at(if first { "chr1" } else { "2" }, start, start + length))
}

fn places(count: usize) -> impl Strategy<Value = Vec<Interval>> {
    prop::collection::vec(place(), 0..count)
}

fn sources(
    peaks: Vec<Interval>,
    marks: &[Interval],
    exons: &[Interval],
    rest: &[Interval],
) -> EnhancerSources {
    let set = |places: &[Interval]| places.iter().cloned().collect::<IntervalSet>();
    let (promoters, blacklist) = rest.split_at(rest.len() / 2);
    let peak = |(index, interval): (usize, Interval)| {
        let summit = (index % 2 == 0).then(|| interval.start());
        Peak { interval, summit }
    };
    EnhancerSources {
        dnase: peaks.into_iter().enumerate().map(peak).collect(),
        h3k27ac: set(marks),
        exons: set(exons),
        promoters: set(promoters),
        blacklist: set(blacklist),
    }
}

fn overlap(one: &Interval, other: &Interval) -> bool {
    one.contig().trim_start_matches("chr") == other.contig().trim_start_matches("chr")
        && one.start() < other.end()
        && other.start() < one.end()
}

proptest! {
    #[test]
    fn a_set_is_what_the_loops_over_all_places_give(
        peaks in places(14),
        marks in places(14),
        exons in places(5),
        rest in places(4),
        length in prop::sample::select(vec![1u64, 60, 101]),
        distance in prop::sample::select(vec![0u64, 40]),
        seed in any::<u64>(),
    ) {
        let (genome, input) = (genome(), sources(peaks, &marks, &exons, &rest));
        let config = EnhancerConfig { length, gc_bins: 10, control_distance: distance, seed };
        let excluded: Vec<&Interval> = exons.iter().chain(&rest).collect();
        let known = |window: &Interval| {
            let bases = genome.fetch(window.contig(), window.range(), ciskit_core::Edge::Error).ok()?;
            let gc = bases.iter().filter(|base| b"GCgc".contains(base)).count();
            (!bases.contains(&b'N')).then_some(gc as f64 / length as f64)
        };
        let mut expected = Vec::new();
        for peak in input.dnase.iter().filter(|peak| marks.iter().any(|mark| overlap(mark, &peak.interval))) {
            let Some(start) = peak.anchor().checked_sub(length / 2) else { continue };
            let contig = &genome.contigs().resolve(peak.interval.contig()).unwrap().name;
            let window = at(contig, start, start + length);
            let free = !excluded.iter().any(|place| overlap(place, &window));
            if let (Some(gc), true) = (known(&window), free) {
                expected.push(GcWindow { interval: window, gc });
            }
        }
        let order = |window: &GcWindow| (window.interval.contig() == "chr1", window.interval.start());
        expected.sort_by_key(order);
        expected.dedup();
        let set = match EnhancerSet::new(&genome, &input, &config) {
            Err(error) => {
                let none = matches!(error, DatasetError::NoEnhancers { .. });
                prop_assert_eq!(none, expected.is_empty(), "{}", error);
                return Ok(());
            }
            Ok(set) => set,
        };
        prop_assert_eq!(&set.enhancers, &expected);
        prop_assert!(set.controls.is_sorted_by_key(order));

        let mut taken: Vec<Interval> = expected.iter().map(|window| window.interval.clone()).collect();
        for control in &set.controls {
            let window = &control.interval;
            prop_assert_eq!(known(window), Some(control.gc));
            prop_assert!(!taken.iter().chain(excluded.iter().copied()).any(|place| overlap(place, window)));
            for place in input.dnase.iter().map(|peak| &peak.interval).chain(&marks) {
                let wide = at(place.contig(), place.start().saturating_sub(distance), place.end() + distance);
                prop_assert!(!overlap(&wide, window), "{} {}", place, window);
            }
            prop_assert!(expected.iter().any(|enhancer| enhancer.interval.contig() == window.contig()));
            taken.push(window.clone());
        }
        let bin = |window: &&GcWindow| ((window.gc * length as f64).round() as u64 * 10 / length).min(9);
        for n in 0..10 {
            let count = |windows: &[GcWindow]| windows.iter().filter(|window| bin(window) == n).count();
            prop_assert!(count(&set.controls) <= count(&set.enhancers));
        }
    }
}

fn small() -> EnhancerSources {
    let peaks = (0..20).map(|n| at("chr1", 200 * n + 50, 200 * n + 100)).collect();
    sources(peaks, &[at("chr1", 0, 2_000)], &[at("chr1", 310, 330)], &[])
}

const SMALL: EnhancerConfig = EnhancerConfig { length: 50, gc_bins: 10, control_distance: 0, seed: 1 };

#[test]
fn the_seed_and_nothing_else_draws_the_controls() {
    let set = |sources: &EnhancerSources, seed| {
        EnhancerSet::new(&genome(), sources, &EnhancerConfig { seed, ..SMALL }).unwrap()
    };
    let one = set(&small(), 1);
    let mut turned = small();
    turned.dnase.iter_mut().for_each(|peak| peak.summit = Some(peak.interval.center()));
    let other = set(&turned, 1);
    turned.dnase.reverse();
    assert_eq!(set(&turned, 1), other);
    assert_ne!(set(&small(), 2).controls, one.controls);
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| set(&small(), 1)), one);
}

#[test]
fn every_step_is_counted() {
    let peak = |start, end| Peak::new(at("chr1", start, end));
    let mut input =
        EnhancerSources { dnase: vec![], h3k27ac: [at("1", 0, 5_900)].into_iter().collect(), ..small() };
    input.dnase.push(peak(5_950, 5_960)); // no mark
    input.dnase.push(peak(0, 10)); // leaves the contig
    input.dnase.extend([peak(300, 340), peak(310, 330)]); // one window, on the exon
    input.dnase.push(peak(800, 840));
    input.dnase.push(peak(1_200, 1_240));
    input.dnase.push(peak(2_980, 3_020)); // unknown bases
    input.dnase.push(peak(5_000, 5_040));
    input.promoters = [at("chr1", 839, 845)].into_iter().collect();
    input.blacklist = [at("chr1", 1_195, 1_196)].into_iter().collect();
    input.h3k27ac = [at("1", 0, 3_100), at("1", 5_039, 5_041)].into_iter().collect();
    let set = EnhancerSet::new(&genome(), &input, &SMALL).unwrap();
    let steps: Vec<_> = set.steps.iter().map(|step| (step.name, step.left)).collect();
    let expected = [
        ("dnase_peaks", 8),
        ("meets_h3k27ac", 7),
        ("inside_contig", 6),
        ("distinct", 5),
        ("without_exon", 4),
        ("without_promoter", 3),
        ("not_blacklisted", 2),
        ("known_bases", 1),
    ];
    assert_eq!(steps, expected);
    assert_eq!((set.enhancers.len(), set.unmatched()), (1, 0));
}

#[test]
fn bins_that_run_out_leave_enhancers_unmatched() {
    // Half of the contig is GC-rich, and all of that is open.
    let bases = [b"G".repeat(1_000), b"A".repeat(1_000)].concat();
    let genome = InMemoryGenome::new([("c", bases)]).unwrap();
    let open = |start| Peak::new(at("c", start, start + 10));
    let input = EnhancerSources {
        dnase: vec![open(500), open(1_500)],
        h3k27ac: [at("c", 0, 1_000), at("c", 1_500, 1_510)].into_iter().collect(),
        ..EnhancerSources::default()
    };
    let set = EnhancerSet::new(&genome, &input, &SMALL).unwrap();
    assert_eq!((set.enhancers.len(), set.controls.len(), set.unmatched()), (2, 1, 1));
    assert_eq!(set.controls[0].gc, 0.0);

    let rich = EnhancerSources { dnase: vec![open(500)], ..input };
    let error = EnhancerSet::new(&genome, &rich, &SMALL).unwrap_err().to_string();
    assert!(error.starts_with("no control of 50 bp has the GC content of any of 1 enhancers: "), "{error}");
}

#[test]
fn faults_say_which_source_does_not_fit() {
    let error = |sources: &EnhancerSources| {
        let error = EnhancerSet::new(&genome(), sources, &SMALL).unwrap_err();
        let cause = std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
        format!("{error}{cause}")
    };
    let set = |interval: Interval| [interval].into_iter().collect::<IntervalSet>();
    let known = "which has 3: chr2, chr1, chrM";
    assert_eq!(
        error(&EnhancerSources { dnase: vec![Peak::new(at("chr9", 1, 2))], ..small() }),
        format!("the DNase peaks do not fit the genome: contig \"chr9\" is not in the genome, {known}")
    );
    assert_eq!(
        error(&EnhancerSources { dnase: vec![Peak::new(at("chr1", 1, 6_001))], ..small() }),
        "the DNase peaks do not fit the genome: element chr1:1-6001 leaves its contig, which has 6000 bp"
    );
    let marks = EnhancerSources { h3k27ac: small().h3k27ac.union(&set(at("chr9", 1, 2))), ..small() };
    assert!(error(&marks).starts_with("the H3K27ac peaks do not fit the genome: contig \"chr9\""));
    assert!(
        error(&EnhancerSources { exons: set(at("NC_1", 1, 2)), ..small() })
            .starts_with("the exons do not fit the genome: contig \"NC_1\"")
    );
    // A patch beside known contigs is left out.
    let patched = EnhancerSources { exons: small().exons.union(&set(at("NC_1", 1, 2))), ..small() };
    assert_eq!(
        EnhancerSet::new(&genome(), &patched, &SMALL).unwrap(),
        EnhancerSet::new(&genome(), &small(), &SMALL).unwrap()
    );
    assert_eq!(
        error(&EnhancerSources { blacklist: set(at("chr1", 0, 6_000)), ..small() }),
        "none of 20 DNase peaks becomes an enhancer: the step not_blacklisted leaves none"
    );
    let long = EnhancerConfig { length: 0, ..SMALL };
    assert_eq!(
        EnhancerSet::new(&genome(), &small(), &long).unwrap_err().to_string(),
        "an enhancer set's length is 0, but must be from 1 to 4294967295"
    );
}
