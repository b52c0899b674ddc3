//! Signals that are planted: each baseline finds those that it can see, and none of the others.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use ciskit_baselines::{BaselineError, Baselines, BoostedTrees, KmerRegression, TreeFeature};
use ciskit_core::random::{Draws, Stream};
use ciskit_core::{Interval, Pair, PairInput, Selection, Side};
use ciskit_dataset::{DatasetError, Jitter, PairSource};
use ciskit_metrics::auroc;

/// Pairs with windows of 300 bp a side.
#[derive(Clone)]
struct Planted {
    pairs: Vec<Pair>,
    windows: Vec<[Vec<u8>; 2]>,
}

impl PairSource for Planted {
    fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    fn window_len(&self, _: Side) -> usize {
        300
    }

    fn fetch(
        &self,
        pair: usize,
        _: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        [enhancer, promoter].into_iter().zip(&self.windows[pair]).for_each(|(to, from)| from.clone_into(to));
        Ok(())
    }
}

/// What tells positives.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Signal {
    Nothing,
    Distance,
    /// Some promoters are those of positives.
    Promoter,
    /// More G and C in the enhancer.
    Composition,
    /// A word in the enhancer, on either strand.
    Word,
    /// A word in the enhancer if, and only if, the promoter has another one or both have none.
    BothSides,
}

const PAIRS: usize = 900;
const TRAINED: usize = 600;

fn bases(draws: &mut Draws, gc: f64) -> Vec<u8> {
    let base = |draws: &mut Draws| {
        let letters = if draws.uniform() < gc { b"GC" } else { b"AT" };
        letters[draws.below(2) as usize]
    };
    (0..300).map(|_| base(draws)).collect()
}

fn plant(window: &mut [u8], word: &[u8], draws: &mut Draws) {
    for copy in 0..3 {
        let start = copy * 100 + draws.below(80) as usize;
        let word = if draws.below(2) == 0 { word.to_vec() } else { ciskit_encode::reverse_complement(word) };
        window[start..start + word.len()].copy_from_slice(&word);
    }
}

fn planted(signal: Signal) -> Planted {
    let mut draws = Stream::new(11, "planted").draws();
    let (mut pairs, mut windows) = (Vec::new(), Vec::new());
    for row in 0..PAIRS as u64 {
        // As many of either class where promoters tell: else how often they occur would tell too.
        let label = draws.below(if signal == Signal::Promoter { 2 } else { 3 }) == 0;
        let far = if signal == Signal::Distance && label { 20_000 } else { 200_000 };
        let start = 1_000_000 + row * 1_000;
        let enhancer = Interval::new("chr1", start, start + 200 + draws.below(50)).unwrap();
        // Twenty promoters; those of even number are of positives.
        let promoter = match signal {
            Signal::Promoter => 2 * draws.below(10) + u64::from(!label),
            _ => draws.below(20),
        };
        let away = start + 100 + (far as f64 * (0.5 + draws.uniform())) as u64;
        let mut pair =
            Pair::new(enhancer, Interval::new("chr1", away, away + 500).unwrap()).with_label(label);
        pair.promoter.name = Some(format!("promoter {promoter}").into());
        let gc = if signal == Signal::Composition && label { 0.55 } else { 0.45 };
        let mut sequences = [bases(&mut draws, gc), bases(&mut draws, 0.45)];
        match signal {
            Signal::Word if label => plant(&mut sequences[0], b"TGACTCA", &mut draws),
            Signal::BothSides => {
                let first = draws.below(2) == 0;
                if first {
                    plant(&mut sequences[0], b"TGACTCA", &mut draws);
                }
                if first == label {
                    plant(&mut sequences[1], b"CCAATCA", &mut draws);
                }
            }
            _ => {}
        }
        pairs.push(pair);
        windows.push(sequences);
    }
    Planted { pairs, windows }
}

fn rows() -> (Vec<usize>, Vec<usize>) {
    ((0..TRAINED).collect(), (TRAINED..PAIRS).collect())
}

fn scores(name: &str, source: &Planted) -> Vec<f32> {
    let (train, test) = rows();
    Baselines::named(name).unwrap().fit(source, &train, 7).unwrap().score(source, &test).unwrap()
}

fn test_auroc(name: &str, source: &Planted) -> f64 {
    let labels: Vec<bool> = rows().1.iter().map(|row| source.pairs[*row].label == Some(true)).collect();
    auroc(&labels, &scores(name, source)).unwrap()
}

#[test]
fn each_baseline_finds_what_it_can_see_and_nothing_else() {
    use Signal::{BothSides, Composition, Distance, Nothing, Promoter, Word};
    let finds = |name: &str, signal: Signal| match signal {
        Nothing | BothSides => false,
        Distance => ["distance", "trees", "trees-degree"].contains(&name),
        Promoter => ["propensity", "promoter-propensity"].contains(&name),
        Composition => ["kmer", "trees", "trees-degree"].contains(&name),
        Word => name == "kmer",
    };
    for signal in [Nothing, Distance, Promoter, Composition, Word, BothSides] {
        let source = planted(signal);
        for name in Baselines::names() {
            let found = test_auroc(name, &source);
            if (signal, *name) == (Promoter, "trees-degree") {
                // With twenty promoters a degree is nearly a name: trees know some of them again.
                assert!((0.6..0.85).contains(&found), "{found}");
                continue;
            }
            if finds(name, signal) {
                assert!(found > 0.85, "{name} misses {signal:?}: {found}");
            } else {
                assert!((found - 0.5).abs() < 0.15, "{name} sees {signal:?}: {found}");
            }
        }
    }
}

#[test]
fn the_prevalence_is_one_score_for_all() {
    let source = planted(Signal::Distance);
    let share =
        (0..TRAINED).filter(|row| source.pairs[*row].label == Some(true)).count() as f64 / TRAINED as f64;
    assert_eq!(scores("prevalence", &source), [share as f32; PAIRS - TRAINED]);
}

#[test]
fn the_labels_of_tested_rows_change_nothing() {
    let source = planted(Signal::Word);
    let mut turned = source.clone();
    for pair in &mut turned.pairs[TRAINED..] {
        pair.label = pair.label.map(|label| !label);
    }
    let mut without = source.clone();
    without.pairs[TRAINED..].iter_mut().for_each(|pair| pair.label = None);
    for name in Baselines::names() {
        let expected = scores(name, &source);
        assert!(expected.iter().all(|score| score.is_finite()));
        assert_eq!(scores(name, &turned), expected, "{name}");
        assert_eq!(scores(name, &without), expected, "{name}");
    }
    // Those that learn from labels do learn from those of training.
    turned.pairs[..TRAINED].iter_mut().for_each(|pair| pair.label = pair.label.map(|label| !label));
    for name in ["kmer", "trees", "propensity", "prevalence"] {
        assert_ne!(scores(name, &turned), scores(name, &source), "{name}");
    }
}

#[test]
fn rows_that_are_scored_with_a_row_change_it_in_transductive_baselines_only() {
    let source = planted(Signal::Promoter);
    let (train, test) = rows();
    for name in Baselines::names() {
        let baseline = Baselines::named(name).unwrap();
        let fitted = baseline.fit(&source, &train, 7).unwrap();
        let all = fitted.score(&source, &test).unwrap();
        let turned: Vec<usize> = test.iter().rev().copied().collect();
        let mut backwards = fitted.score(&source, &turned).unwrap();
        backwards.reverse();
        assert_eq!(all, backwards, "{name}");
        let alone: Vec<f32> = test.iter().map(|row| fitted.score(&source, &[*row]).unwrap()[0]).collect();
        // No enhancer of this source occurs twice.
        assert_eq!(alone != all, baseline.is_transductive() && name.starts_with("promoter"), "{name}");
        assert_eq!(fitted.score(&source, &[]).unwrap(), [0.0; 0], "{name}");
    }
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let source = planted(Signal::Word);
    let with = |threads: usize, name: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| scores(name, &source))
    };
    for name in ["kmer", "trees", "trees-degree", "propensity"] {
        assert_eq!(with(1, name), with(2, name), "{name}");
    }
}

#[test]
fn the_stable_scorers_agree_with_the_baselines() {
    let source = planted(Signal::Composition);
    let (train, test) = rows();
    for name in Baselines::names() {
        let fitted = Baselines::named(name).unwrap().fit(&source, &train, 7).unwrap();
        let expected = fitted.score(&source, &test).unwrap();
        let pairs: Vec<Pair> = test.iter().map(|row| source.pairs[*row].clone()).collect();
        let found = match (fitted.table_scorer(), fitted.pair_scorer()) {
            (Some(scorer), None) => scorer.score_table(&pairs).unwrap(),
            (None, Some(scorer)) => {
                let degree = |row: &Pair, side: Side| {
                    let key = row.element(side).key();
                    train.iter().filter(|row| source.pairs[**row].element(side).key() == key).count() as f32
                };
                let covariate = |pair: &Pair, name: &String| match name.as_str() {
                    "enhancer length" => pair.enhancer.interval.len() as f32,
                    "promoter length" => pair.promoter.interval.len() as f32,
                    "enhancer training degree" => degree(pair, Side::Enhancer),
                    "promoter training degree" => degree(pair, Side::Promoter),
                    other => panic!("{other}"),
                };
                let covariates: Vec<Vec<f32>> = pairs
                    .iter()
                    .map(|pair| scorer.spec().covariates.iter().map(|name| covariate(pair, name)).collect())
                    .collect();
                let inputs: Vec<PairInput<'_>> = test
                    .iter()
                    .zip(&pairs)
                    .zip(&covariates)
                    .map(|((row, pair), covariates)| {
                        let [enhancer, promoter] = &source.windows[*row];
                        PairInput::new(enhancer, promoter)
                            .with_signed_distance(pair.signed_distance().unwrap())
                            .with_covariates(covariates)
                    })
                    .collect();
                scorer.score(&inputs, &Selection::all()).unwrap()
            }
            other => panic!("{name}: {:?}", (other.0.is_some(), other.1.is_some())),
        };
        assert_eq!(found.values(), expected, "{name}");
    }
}

#[test]
fn what_was_planted_is_named() {
    let source = planted(Signal::Word);
    let words = KmerRegression::default().fit_rows(&source, &rows().0).unwrap().words(Side::Enhancer);
    assert_eq!(words.len(), 2080);
    // TGACTCA on both strands: of TGACTC the reverse complement comes first.
    let mut first: Vec<&str> = words[..2].iter().map(|(word, _)| word.as_str()).collect();
    first.sort_unstable();
    assert_eq!(first, ["GACTCA", "GAGTCA"]);
    assert!(words[0].1 > 0.0 && words[1].1 > 0.0);

    let source = planted(Signal::Distance);
    let fitted = BoostedTrees::default().fit_rows(&source, &rows().0).unwrap();
    let importance = fitted.importance();
    assert!(importance[0].0 == TreeFeature::LogDistance && importance[0].1 > 0.8, "{importance:?}");
    // All promoters are 500 bp long and no base is unknown: these features do not vary.
    assert_eq!(importance.len(), 7);
}

#[test]
fn a_stronger_ridge_draws_weights_to_zero() {
    let source = planted(Signal::Word);
    let largest = |ridge: f64| {
        let config = KmerRegression { ridge, ..KmerRegression::default() };
        config.fit_rows(&source, &rows().0).unwrap().words(Side::Enhancer)[0].1
    };
    assert!(largest(0.1) > largest(1.0) && largest(1.0) > 10.0 * largest(1e3));
}

#[test]
fn a_window_of_unknown_bases_counts_as_the_average_one() {
    let mut source = planted(Signal::Word);
    let config = KmerRegression::default();
    let fitted = config.fit_rows(&source, &rows().0).unwrap();
    source.windows[TRAINED] = [vec![b'N'; 300], vec![b'N'; 300]];
    let score = |row: usize| ciskit_baselines::FittedBaseline::score(&fitted, &source, &[row]).unwrap()[0];
    let mean = (0..TRAINED).map(|row| f64::from(score(row))).sum::<f64>() / TRAINED as f64;
    assert!((f64::from(score(TRAINED)) - mean).abs() < 1e-5, "{} {mean}", score(TRAINED));
}

#[test]
fn training_that_teaches_nothing_is_refused_by_name() {
    let mut source = planted(Signal::Nothing);
    let negatives: Vec<usize> = (0..TRAINED).filter(|row| source.pairs[*row].label == Some(false)).collect();
    for name in ["kmer", "trees"] {
        let refused = Baselines::named(name).unwrap().fit(&source, &negatives, 7).err().unwrap();
        let text = format!(
            "baseline {name} learns from both classes, but training has 0 positives and {} negatives",
            negatives.len()
        );
        assert_eq!(refused.to_string(), text);
    }
    for name in ["kmer", "trees", "prevalence", "propensity"] {
        let refused = Baselines::named(name).unwrap().fit(&source, &[], 7).err().unwrap();
        assert!(matches!(refused, BaselineError::NoPairs { .. }), "{refused}");
    }
    source.pairs[5].label = None;
    source.pairs[5].name = Some("loop 5".into());
    for name in ["kmer", "trees-degree", "prevalence", "enhancer-propensity"] {
        let refused = Baselines::named(name).unwrap().fit(&source, &rows().0, 7).err().unwrap();
        assert_eq!(refused.to_string(), "training pair 5 (loop 5) has no label", "{name}");
    }
    for (config, setting) in [
        (KmerRegression { k: 0, ..KmerRegression::default() }, "k must be 1 to 8"),
        (KmerRegression { k: 9, ..KmerRegression::default() }, "k must be 1 to 8"),
        (KmerRegression { ridge: f64::NAN, ..KmerRegression::default() }, "ridge must be a positive number"),
    ] {
        let refused = config.fit_rows(&source, &[0, 1]).err().unwrap();
        assert_eq!(refused.to_string(), format!("baseline kmer: {setting}"));
    }
    let refused =
        BoostedTrees { bins: 1, ..BoostedTrees::default() }.fit_rows(&source, &[0, 1]).err().unwrap();
    assert_eq!(refused.to_string(), "baseline trees: bins must be 2 or more");
}
