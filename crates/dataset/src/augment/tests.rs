//! Tests of which copies there are, and where they lie.

use super::*;
use ciskit_core::Interval;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn pairs(labels: &[bool]) -> Vec<Pair> {
    let at = Interval::new("c", 0, 1).unwrap();
    labels.iter().map(|label| Pair::new(at.clone(), at.clone()).with_label(*label)).collect()
}

fn fold_of(train: impl IntoIterator<Item = usize>) -> Fold {
    Fold { name: "f".into(), train: train.into_iter().collect(), ..Fold::default() }
}

fn seeds() -> Seeds {
    Seeds::of_fold(1, 2)
}

#[test]
fn the_published_way_copies_positives_and_draws_negatives() {
    let labels: Vec<bool> = (0..100).map(|pair| pair % 20 == 0).collect();
    let (pairs, fold) = (pairs(&labels), fold_of(20..100));
    let examples = Augmentation::paper().examples(&pairs, &fold, seeds(), 0).unwrap();
    let (positive, negative): (Vec<Example>, Vec<Example>) =
        examples.iter().partition(|example| labels[example.pair]);
    let copied: Vec<usize> = [20, 40, 60, 80].iter().flat_map(|pair| [*pair; 10]).collect();
    assert_eq!(positive.iter().map(|example| example.pair).collect::<Vec<_>>(), copied);
    let drawn: BTreeSet<usize> = negative.iter().map(|example| example.pair).collect();
    assert_eq!((drawn.len(), negative.len()), (40, 40));
    assert!(drawn.iter().all(|pair| fold.train.contains(pair)));
    assert!(negative.iter().all(|example| example.jitter == Jitter::CENTRED));
    let later = Augmentation::paper().examples(&pairs, &fold, seeds(), 5).unwrap();
    assert_eq!(later, examples);
    let few = Augmentation::Paper { copies: 30, jitter: 100 }.examples(&pairs, &fold, seeds(), 0).unwrap();
    assert_eq!(few.len(), 4 * 30 + 76);
}

#[test]
fn both_classes_are_jittered_alike_and_shown_equally_often() {
    let labels: Vec<bool> = (0..90).map(|pair| pair % 9 == 0).collect();
    let (pairs, fold) = (pairs(&labels), fold_of(0..90));
    let both = Augmentation::Both { copies: 5, jitter: 100 };
    let epochs = [0, 1].map(|epoch| both.examples(&pairs, &fold, seeds(), epoch).unwrap());
    for examples in &epochs {
        let (positive, negative): (Vec<&Example>, Vec<&Example>) =
            examples.iter().partition(|example| labels[example.pair]);
        assert_eq!((positive.len(), negative.len()), (50, 50));
        let distinct: BTreeSet<usize> = negative.iter().map(|example| example.pair).collect();
        assert_eq!(distinct.len(), 50);
        let mean = |side: fn(&Jitter) -> i64, examples: &[&Example]| {
            examples.iter().map(|example| side(&example.jitter).abs()).sum::<i64>() / 50
        };
        for class in [&positive, &negative] {
            assert!((35..65).contains(&mean(|jitter| jitter.enhancer, class)));
            assert!((35..65).contains(&mean(|jitter| jitter.promoter, class)));
        }
    }
    let negatives = epochs.each_ref().map(|examples| -> Vec<usize> {
        examples.iter().map(|example| example.pair).filter(|pair| !labels[*pair]).collect()
    });
    assert_ne!(negatives[0], negatives[1], "negatives are drawn afresh");
    let jitters = epochs.each_ref().map(|examples| -> Vec<Example> {
        examples.iter().copied().filter(|example| labels[example.pair]).collect()
    });
    assert!(jitters[0].iter().zip(&jitters[1]).filter(|(first, second)| first == second).count() < 3);
}

#[test]
fn too_few_negatives_are_shown_repeatedly() {
    let labels = [true, false, true, false, true, false, true];
    let both = Augmentation::Both { copies: 4, jitter: 100 };
    let examples = both.examples(&pairs(&labels), &fold_of(0..7), seeds(), 0).unwrap();
    let count = |pair| examples.iter().filter(|example| example.pair == pair).count();
    let mut negatives = [count(1), count(3), count(5)];
    negatives.sort_unstable();
    assert_eq!(negatives, [5, 5, 6]);
    let distinct: BTreeSet<(i64, i64)> =
        examples.iter().map(|example| (example.jitter.enhancer, example.jitter.promoter)).collect();
    assert_eq!(distinct.len(), 32, "copies have jitters of their own");
}

#[test]
fn a_pair_that_stands_there_more_than_once_has_more_copies_with_their_own_jitters() {
    let (pairs, rows) = (pairs(&[true, true, false, false, false]), [0, 0, 0, 1, 2, 2, 3, 4]);
    for (way, of_negatives) in [
        (Augmentation::Both { copies: 4, jitter: 100 }, 16),
        (Augmentation::Paper { copies: 4, jitter: 100 }, 4),
        (Augmentation::None, 4),
    ] {
        let examples = way.examples(&pairs, &fold_of(rows), seeds(), 0).unwrap();
        let count = |pair| examples.iter().filter(|example| example.pair == pair).count();
        let copies = if way == Augmentation::None { 1 } else { 4 };
        assert_eq!([count(0), count(1)], [3 * copies, copies]);
        assert_eq!(count(2) + count(3) + count(4), of_negatives, "{way:?}");
        // 16 of four rows are four of each.
        let each = of_negatives / 4;
        assert_eq!([count(2), count(3), count(4)], [2 * each, each, each]);
        if copies > 1 {
            let jitters: BTreeSet<(i64, i64)> = examples
                .iter()
                .filter(|example| example.pair == 0)
                .map(|example| (example.jitter.enhancer, example.jitter.promoter))
                .collect();
            assert_eq!(jitters.len(), 12);
        }
    }
    let both = Augmentation::Both { copies: 1, jitter: 100 };
    let examples = both.examples(&pairs, &fold_of([0, 1, 2, 2, 2]), seeds(), 0).unwrap();
    let shown: Vec<usize> = examples.iter().map(|example| example.pair).collect();
    assert_eq!(shown, [0, 1, 2, 2], "two draws of a pair that stands there three times");
}

#[test]
fn none_leaves_everything_as_it_is() {
    let examples = Augmentation::None.examples(&pairs(&[true, false, false]), &fold_of(0..3), seeds(), 0);
    assert_eq!(examples.unwrap(), [0, 1, 2].map(Example::centred));
}

#[test]
fn jitters_reach_both_ends_and_no_further_on_each_side_by_itself() {
    let pairs = pairs(&[true, false]);
    let many = Augmentation::Paper { copies: 20_000, jitter: 100 };
    let examples = many.examples(&pairs, &fold_of(0..2), seeds(), 0).unwrap();
    let jitters: Vec<Jitter> =
        examples.iter().filter(|example| example.pair == 0).map(|example| example.jitter).collect();
    let expected: BTreeSet<i64> = (-100..100).collect();
    assert_eq!(jitters.iter().map(|jitter| jitter.enhancer).collect::<BTreeSet<_>>(), expected);
    assert_eq!(jitters.iter().map(|jitter| jitter.promoter).collect::<BTreeSet<_>>(), expected);
    // Covariance of independent sides: 0 with a standard deviation of 100² / 3 / √20,000 = 24.
    let covariance: f64 = jitters
        .iter()
        .map(|jitter| (jitter.enhancer as f64 + 0.5) * (jitter.promoter as f64 + 0.5))
        .sum::<f64>()
        / jitters.len() as f64;
    assert!(covariance.abs() < 100.0, "{covariance}");
    let same = jitters.iter().filter(|jitter| jitter.enhancer == jitter.promoter).count();
    assert!((50..150).contains(&same), "{same} of 20,000 where 100 are expected");
}

#[test]
fn a_jitter_depends_on_its_pair_copy_fold_and_seed_only() {
    let labels: Vec<bool> = (0..40).map(|pair| pair % 2 == 0).collect();
    let pairs = pairs(&labels);
    let of_pair = |fold: &Fold, seeds: Seeds| -> Vec<Example> {
        let examples = Augmentation::default().examples(&pairs, fold, seeds, 3).unwrap();
        examples.into_iter().filter(|example| example.pair == 6).collect()
    };
    let expected = of_pair(&fold_of(0..40), seeds());
    assert_eq!(expected.len(), 10);
    assert_eq!(of_pair(&fold_of(4..9), seeds()), expected);
    assert_ne!(of_pair(&fold_of(0..40), Seeds::of_fold(1, 3)), expected);
    assert_ne!(of_pair(&fold_of(0..40), Seeds::of_fold(2, 2)), expected);
}

#[test]
fn one_class_no_label_and_no_copies_are_refused() {
    let examples = |labels: &[bool], way: Augmentation| {
        way.examples(&pairs(labels), &fold_of(0..labels.len()), seeds(), 0).unwrap_err().to_string()
    };
    assert_eq!(examples(&[false], Augmentation::default()), "the train part of fold f has no positives");
    assert_eq!(examples(&[true], Augmentation::None), "the train part of fold f has no negatives");
    let none = Augmentation::Paper { copies: 0, jitter: 1 };
    assert_eq!(
        examples(&[true, false], none),
        "an augmentation of 0 copies leaves no examples: ask for at least 1"
    );
    let mut unlabelled = pairs(&[true, false]);
    unlabelled[1].label = None;
    let refused = Augmentation::None.examples(&unlabelled, &fold_of(0..2), seeds(), 0).unwrap_err();
    assert_eq!(refused.to_string(), "pair 1 (c:0-1~c:0-1) has no label");
}

#[test]
fn the_setting_is_read_from_a_config() {
    let read: Augmentation =
        serde_json::from_str(r#"{"kind": "paper", "copies": 10, "jitter": 100}"#).unwrap();
    assert_eq!(read, Augmentation::paper());
    assert_eq!(serde_json::to_string(&Augmentation::None).unwrap(), r#"{"kind":"none"}"#);
}

proptest! {
    #[test]
    fn same_seed_same_examples_within_bounds(
        labels in prop::collection::vec(any::<bool>(), 2..40),
        copies in 1usize..5,
        jitter in 0u32..150,
        master in any::<u64>(),
        epoch in any::<u64>(),
    ) {
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let (pairs, fold) = (pairs(&labels), fold_of(0..labels.len()));
        for way in [Augmentation::Paper { copies, jitter }, Augmentation::Both { copies, jitter }] {
            let examples = way.examples(&pairs, &fold, Seeds::of_fold(master, 0), epoch).unwrap();
            let bound = i64::from(jitter);
            let inside = |r: i64| (-bound..bound).contains(&r) || (r, bound) == (0, 0);
            prop_assert!(examples.iter().all(|e| inside(e.jitter.enhancer) && inside(e.jitter.promoter)));
            prop_assert!(examples.is_sorted_by_key(|example| example.pair));
            let positives = examples.iter().filter(|example| labels[example.pair]).count();
            prop_assert_eq!(positives, copies * labels.iter().filter(|label| **label).count());
            if let Augmentation::Both { .. } = way {
                prop_assert_eq!(examples.len(), 2 * positives);
            }
            let again = way.examples(&pairs, &fold, Seeds::of_fold(master, 0), epoch).unwrap();
            prop_assert_eq!(again, examples);
        }
    }
}
