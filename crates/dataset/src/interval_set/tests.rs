//! Every operation against a table of bases.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Bases of the small contigs that the oracle counts one by one.
const LENGTH: u64 = 40;

type Bases = BTreeSet<(u8, u64)>;

fn interval_of((contig, start, length): (u8, u64, u64)) -> Interval {
    Interval::new(contig.to_string(), start, (start + length).min(LENGTH)).unwrap()
}

fn intervals() -> impl Strategy<Value = Vec<Interval>> {
    prop::collection::vec((0u8..2, 0..LENGTH, 0u64..9).prop_map(interval_of), 0..9)
}

fn bases(intervals: impl IntoIterator<Item = Interval>) -> Bases {
    let of = |interval: Interval| {
        let contig: u8 = interval.contig().parse().unwrap();
        (interval.start()..interval.end()).map(move |position| (contig, position))
    };
    intervals.into_iter().flat_map(of).collect()
}

fn assembly() -> Contigs {
    Contigs::new([("0", LENGTH), ("1", LENGTH)]).unwrap()
}

/// Sorted pieces with at least one base between two of them.
fn is_canonical(set: &IntervalSet) -> bool {
    let apart = |pieces: &Vec<Range<u64>>| {
        pieces.is_sorted_by(|one, next| one.end < next.start) && pieces.iter().all(|piece| !piece.is_empty())
    };
    set.contigs.values().all(|pieces| !pieces.is_empty() && apart(pieces))
}

proptest! {
    #[test]
    fn algebra_agrees_with_sets_of_bases(a in intervals(), b in intervals()) {
        let (x, y): (IntervalSet, IntervalSet) = (a.iter().cloned().collect(), b.iter().cloned().collect());
        let (in_a, in_b) = (bases(a), bases(b));
        let all = bases(["0", "1"].map(|contig| Interval::new(contig, 0, LENGTH).unwrap()));
        for (found, expected) in [
            (x.clone(), in_a.clone()),
            (x.union(&y), &in_a | &in_b),
            (x.intersection(&y), &in_a & &in_b),
            (x.difference(&y), &in_a - &in_b),
            (x.complement(&assembly()), &all - &in_a),
        ] {
            prop_assert!(is_canonical(&found), "{found:?}");
            prop_assert_eq!(found.bases(), expected.len() as u64);
            prop_assert_eq!(found.is_empty(), expected.is_empty());
            prop_assert_eq!(bases(found.iter()), expected);
        }
    }

    #[test]
    fn queries_agree_with_the_loop_over_all_pieces(a in intervals(), query in (0u8..2, 0..LENGTH, 0u64..9)) {
        let (set, query): (IntervalSet, _) = (a.iter().cloned().collect(), interval_of(query));
        prop_assert_eq!(set.overlaps(&query), a.iter().any(|interval| interval.overlaps(&query)));
        let gaps = set.iter().filter_map(|piece| piece.gap(&query).map(|gap| (piece, gap)));
        prop_assert_eq!(set.nearest(&query), gaps.min_by_key(|(piece, gap)| (*gap, piece.start())));
    }
}

#[test]
fn a_contig_that_is_too_short_is_told() {
    let set: IntervalSet = [Interval::new("chr0", 30, 41).unwrap()].into_iter().collect();
    let error = set.placed(&assembly()).unwrap_err();
    assert_eq!(error.to_string(), "element chr0:30-41 leaves its contig, which has 40 bp");
}

#[test]
fn two_spellings_of_a_contig_become_one() {
    let at = |contig: &str, start, end| Interval::new(contig, start, end).unwrap();
    let set: IntervalSet = [at("chr0", 0, 5), at("0", 3, 9)].into_iter().collect();
    assert_eq!(set.placed(&assembly()).unwrap().0, [at("0", 0, 9)].into_iter().collect());
}
