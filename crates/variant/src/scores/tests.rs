//! What holds for every score.

use ciskit_core::{Output, Scale};
use proptest::prelude::*;

use super::{all, named};
use crate::{Blocks, EffectScore, Symmetry};

const SCALES: [Scale; 4] = [Scale::Raw, Scale::Probability, Scale::Logit, Scale::Log];

fn every_score() -> Vec<Box<dyn EffectScore>> {
    let mut scores: Vec<Box<dyn EffectScore>> =
        all().filter(|score| score.name != "quantile").map(|score| named(score.name).unwrap()).collect();
    for text in ["log2-fold-change:pseudocount=0", "log2-fold-change:bins=0-1", "active-allele:of=sum"] {
        scores.push(named(text).unwrap());
    }
    scores
}

fn values(score: &dyn EffectScore, reference: &[f32], alternative: &[f32], outputs: &[Output]) -> Vec<f64> {
    let mut values = vec![7.0];
    let blocks = Blocks::new(reference, alternative, outputs, reference.len() / outputs.len());
    score.score(&blocks, &mut values);
    assert_eq!(values.len(), 1 + score.columns(outputs).len(), "{}", score.name());
    assert_eq!(values.remove(0), 7.0, "{} appends", score.name());
    values
}

/// What values of a scale look like, and what nobody expects of them.
fn cell(scale: Scale) -> BoxedStrategy<f32> {
    let hostile = prop::sample::select(vec![
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-45,
        -0.0,
        0.0,
        1.0,
        -1.0,
    ]);
    let usual = match scale {
        Scale::Probability => (0f32..1.0).boxed(),
        Scale::Raw => (0f32..500.0).boxed(),
        _ => (-30f32..30.0).boxed(),
    };
    prop_oneof![9 => usual, 1 => hostile].boxed()
}

/// Outputs of any scales and two blocks of their values.
fn blocks() -> impl Strategy<Value = (Vec<Output>, Vec<f32>, Vec<f32>)> {
    let scales = prop::collection::vec(prop::sample::select(SCALES.to_vec()), 1..4);
    (scales, 1usize..5).prop_flat_map(|(scales, bins)| {
        let named = |(index, scale): (usize, &Scale)| Output::new(format!("t{index}"), *scale);
        let outputs: Vec<Output> = scales.iter().enumerate().map(named).collect();
        let block = || (0..bins).flat_map(|_| scales.iter().map(|scale| cell(*scale))).collect::<Vec<_>>();
        (Just(outputs), block(), block())
    })
}

proptest! {
    #[test]
    fn swapping_the_alleles_does_what_the_score_promises((outputs, reference, alternative) in blocks()) {
        for score in every_score() {
            let there = values(&score, &reference, &alternative, &outputs);
            let back = values(&score, &alternative, &reference, &outputs);
            for (there, back) in there.iter().zip(&back) {
                let holds = match score.symmetry() {
                    Symmetry::Antisymmetric => *there == -back,
                    Symmetry::Symmetric => there == back,
                    Symmetry::None => true,
                };
                prop_assert!(holds || there.is_nan() && back.is_nan(), "{}: {} {}", score.name(), there, back);
            }
        }
    }

    #[test]
    fn nothing_changed_is_no_effect((outputs, reference, _) in blocks()) {
        for score in every_score().into_iter().filter(|score| !score.name().starts_with("active-allele")) {
            for value in values(&score, &reference, &reference, &outputs) {
                prop_assert!(value == 0.0 || value.is_nan(), "{}: {}", score.name(), value);
            }
        }
    }

    #[test]
    fn sizes_are_not_negative((outputs, reference, alternative) in blocks()) {
        for score in every_score() {
            if score.symmetry() == Symmetry::Symmetric && !score.name().starts_with("active-allele") {
                let sizes = values(&score, &reference, &alternative, &outputs);
                prop_assert!(sizes.iter().all(|size| *size >= 0.0 || size.is_nan()), "{}: {:?}", score.name(), sizes);
            }
        }
    }

    #[test]
    fn an_output_does_not_depend_on_its_neighbours((outputs, reference, alternative) in blocks()) {
        let column = |block: &[f32], output: usize| -> Vec<f32> {
            block.iter().skip(output).step_by(outputs.len()).copied().collect()
        };
        for score in every_score() {
            if score.columns(&outputs).len() != outputs.len() || outputs.len() == 1 {
                continue;
            }
            let together = values(&score, &reference, &alternative, &outputs);
            for (index, output) in outputs.iter().enumerate() {
                let alone = values(
                    &score,
                    &column(&reference, index),
                    &column(&alternative, index),
                    std::slice::from_ref(output),
                );
                let same = alone[0] == together[index] || alone[0].is_nan() && together[index].is_nan();
                prop_assert!(same, "{}: {} {}", score.name(), alone[0], together[index]);
            }
        }
    }
}

#[test]
fn a_nan_is_never_passed_over() {
    for scale in SCALES {
        let outputs = [Output::new("x", scale)];
        for score in every_score().into_iter().filter(|score| !score.name().contains("bins=")) {
            for place in 0..3 {
                let mut spoilt = [0.25, 0.5, 0.125];
                spoilt[place] = f32::NAN;
                let clean = [0.5, 0.25, 0.5];
                assert!(values(&score, &clean, &spoilt, &outputs)[0].is_nan(), "{} {scale:?}", score.name());
                assert!(values(&score, &spoilt, &clean, &outputs)[0].is_nan(), "{} {scale:?}", score.name());
            }
        }
    }
}

#[test]
fn saturated_logits_keep_their_order() {
    let outputs = [Output::new("x", Scale::Logit)];
    let ratio = named("log2-ratio").unwrap();
    let of = |alternative| values(&ratio, &[20.0], &[alternative], &outputs)[0];
    // Each of these probabilities is 1 in f32.
    let ratios = [20.0, 30.0, 40.0, 700.0].map(of);
    assert_eq!(ratios[0], 0.0);
    assert!(ratios.windows(2).all(|pair| pair[0] <= pair[1]) && ratios[0] < ratios[1], "{ratios:?}");
    assert!(ratios.iter().all(|ratio| ratio.is_finite()));
}

#[test]
fn one_bin_is_as_good_as_a_scalar_effect() {
    for (scale, from, to) in [
        (Scale::Logit, -2.5, 1.25),
        (Scale::Probability, 0.125, 0.3),
        (Scale::Raw, 8.5, 2.0),
        (Scale::Log, -3.0, 1.5),
    ] {
        let (outputs, effect) = ([Output::new("x", scale)], crate::Effect::new(scale, from, to));
        let of = |name: &str| values(&named(name).unwrap(), &[from], &[to], &outputs)[0];
        assert_eq!(of("difference"), effect.difference);
        assert_eq!(Some(of("log2-ratio")), effect.log2_ratio);
        assert!((of("log2-fold-change:pseudocount=0") - of("log2-ratio")).abs() < 1e-9);
    }
}
