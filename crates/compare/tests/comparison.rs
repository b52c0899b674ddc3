//! Comparisons whose outcome is known: planted differences, identical models, other scales, other threads.

#![allow(clippy::unwrap_used, reason = "made-up data that cannot be compared fails the test")]

use ciskit_compare::{
    CompareConfig, CompareError, Comparison, Difference, FoldScores, Metric, ModelKind, ModelScores,
    TestRatio,
};
use ciskit_core::random::Stream;
use ciskit_core::{Interval, Output, Pair, PairTableScorer, Scale, ScoreError, Scores};
use ciskit_dataset::{Audit, AuditConfig, ChromosomeFolds, Split, Splitter};

/// Twelve contigs of 90 pairs, one in six positive.
fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for contig in 0..12 {
        for n in 0..90 {
            let contig = format!("c{contig}");
            let enhancer = Interval::new(contig.as_str(), 3_000 * n, 3_000 * n + 200).unwrap();
            let promoter = 300_000 + 5_000 * (n % 30);
            let promoter = Interval::new(contig.as_str(), promoter, promoter + 1_000).unwrap();
            pairs.push(Pair::new(enhancer, promoter).with_label(n % 6 == 0));
        }
    }
    pairs
}

struct Data {
    pairs: Vec<Pair>,
    split: Split,
    audit: Audit,
}

impl Data {
    fn new() -> Self {
        let pairs = pairs();
        let split = ChromosomeFolds::balanced(4).split(&pairs).unwrap();
        let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None).unwrap();
        Self { pairs, split, audit }
    }

    /// A model that scores a row of a fold.
    fn model(&self, name: &str, score: impl Fn(usize, usize) -> f64) -> ModelScores {
        let fold = |(fold, parts): (usize, &ciskit_dataset::Fold)| FoldScores {
            fold,
            rows: parts.test.clone(),
            scores: parts.test.iter().map(|row| score(fold, *row)).collect(),
        };
        let folds = self.split.folds.iter().enumerate().map(fold).collect();
        ModelScores { name: name.into(), kind: ModelKind::Network, folds }
    }

    /// The label, so strongly, under standard normal noise of a seed.
    fn noisy(&self, name: &str, strength: f64, seed: u64) -> ModelScores {
        let noise = Stream::new(seed, "noise");
        self.model(name, |_, row| {
            let label = f64::from(u8::from(self.pairs[row].label == Some(true)));
            strength * label + noise.normal(row as u64)
        })
    }

    fn compare(&self, models: &[ModelScores], reference: &str) -> Result<Comparison, CompareError> {
        let ratios = vec![TestRatio::PerPositive(1), TestRatio::PerPositive(10), TestRatio::All];
        let config = CompareConfig { reference: reference.into(), ratios, seed: 3, resamples: 400 };
        Comparison::of(&self.pairs, &self.split, &self.audit, models, &config)
    }
}

fn difference<'a>(
    comparison: &'a Comparison,
    model: &str,
    ratio: TestRatio,
    metric: Metric,
) -> &'a Difference {
    let mut tests = comparison.differences.iter();
    tests.find(|test| (test.model.as_str(), test.ratio, test.metric) == (model, ratio, metric)).unwrap()
}

#[test]
fn the_truth_under_noise_beats_noise() {
    let data = Data::new();
    let comparison =
        data.compare(&[data.noisy("noise", 0.0, 1), data.noisy("truth", 1.0, 6)], "noise").unwrap();
    for ratio in [TestRatio::PerPositive(1), TestRatio::PerPositive(10), TestRatio::All] {
        let [noise, truth] = ["noise", "truth"].map(|name| comparison.result(name, ratio).unwrap());
        let auroc = &truth.measured.auroc;
        // Two normal scores one standard deviation apart: Φ(1 / √2) = 0.760.
        assert!((auroc.mean.unwrap() - 0.76).abs() < 0.06, "{ratio}: {:?}", auroc.mean);
        let [low, high] = auroc.interval.unwrap();
        assert!(low < auroc.mean.unwrap() && auroc.mean.unwrap() < high && high - low < 0.2);
        assert!((noise.measured.auroc.mean.unwrap() - 0.5).abs() < 0.08);
        for metric in Metric::ALL {
            let test = difference(&comparison, "truth", ratio, metric);
            let interval = test.interval.unwrap();
            assert!(interval[0] > 0.0 && test.p_value.unwrap() < 0.02, "{ratio} {metric:?}: {test:?}");
            let mean = |name| comparison.result(name, ratio).unwrap().measured.estimate(metric).mean.unwrap();
            assert!((test.difference.unwrap() - (mean("truth") - mean("noise"))).abs() < 1e-15);
        }
        let delong = difference(&comparison, "truth", ratio, Metric::Auroc).delong.unwrap();
        assert!(delong.p_value.unwrap() < 1e-4 && delong.difference > 0.1);
    }
    assert_eq!(comparison.ranking_table(TestRatio::All).rows()[0][0], "truth".into());
}

#[test]
fn identical_models_do_not_differ() {
    let data = Data::new();
    let comparison = data.compare(&[data.noisy("one", 1.0, 1), data.noisy("two", 1.0, 1)], "one").unwrap();
    for metric in Metric::ALL {
        let test = difference(&comparison, "two", TestRatio::All, metric);
        assert_eq!((test.difference, test.interval, test.p_value), (Some(0.0), Some([0.0, 0.0]), Some(1.0)));
        assert_eq!(test.wins, [0, 0]);
    }
    let test = difference(&comparison, "two", TestRatio::All, Metric::Auroc);
    for delong in [test.delong.unwrap(), test.delong_pooled.unwrap(), test.folds[0].delong.unwrap()] {
        assert_eq!((delong.difference, delong.p_value), (0.0, Some(1.0)));
    }
}

#[test]
fn swapping_model_and_reference_changes_the_sign_only() {
    let data = Data::new();
    let models = [data.noisy("one", 0.5, 1), data.noisy("two", 0.9, 2)];
    let [there, back] = ["one", "two"].map(|reference| data.compare(&models, reference).unwrap());
    for metric in Metric::ALL {
        let there = difference(&there, "two", TestRatio::PerPositive(10), metric);
        let back = difference(&back, "one", TestRatio::PerPositive(10), metric);
        assert_eq!(there.difference, back.difference.map(|value| -value));
        let ([low, high], [other_low, other_high]) = (there.interval.unwrap(), back.interval.unwrap());
        assert!((low + other_high).abs() < 1e-12 && (high + other_low).abs() < 1e-12);
        assert_eq!((there.p_value, there.wins[0]), (back.p_value, back.wins[1]));
        let p = |test: &Difference| test.delong.map(|delong| (delong.standard_error, delong.p_value));
        assert_eq!(p(there), p(back));
    }
}

#[test]
fn every_fold_may_have_a_scale_of_its_own() {
    let data = Data::new();
    let plain = data.noisy("plain", 1.0, 1);
    let mut scaled = ModelScores { name: "scaled".into(), ..plain.clone() };
    for fold in &mut scaled.folds {
        let number = fold.fold as f64;
        fold.scores.iter_mut().for_each(|score| *score = (*score * 0.1).exp() + 100.0 * number);
    }
    let comparison = data.compare(&[plain, scaled], "plain").unwrap();
    let [plain, scaled] =
        ["plain", "scaled"].map(|name| &comparison.result(name, TestRatio::All).unwrap().measured.auroc);
    assert_eq!((plain.mean, plain.interval), (scaled.mean, scaled.interval));
    assert!(plain.pooled.unwrap() > scaled.pooled.unwrap() + 0.05, "pooling mixes the scales");
    let test = difference(&comparison, "scaled", TestRatio::All, Metric::Auroc);
    assert_eq!(
        (test.difference, test.p_value, test.delong.unwrap().p_value),
        (Some(0.0), Some(1.0), Some(1.0))
    );
    assert!(test.delong_pooled.unwrap().difference < -0.05);
}

#[test]
fn lists_hold_what_the_ratio_says_and_say_where_they_do_not() {
    let data = Data::new();
    let comparison = data.compare(&[data.noisy("m", 1.0, 1)], "m").unwrap();
    let sizes = |ratio| {
        let measured = &comparison.result("m", ratio).unwrap().measured;
        (measured.positives, measured.n - measured.positives, measured.chromosomes)
    };
    assert_eq!(sizes(TestRatio::PerPositive(1)), (180, 180, 12));
    assert_eq!(sizes(TestRatio::PerPositive(10)), (180, 900, 12));
    assert_eq!(sizes(TestRatio::All), (180, 900, 12));
    assert_eq!(comparison.shortages.len(), 1);
    assert!(comparison.shortages[0].starts_with("1:10: fewer negatives than the ratio asks for in "));
    assert_eq!(comparison.lists[1].folds[0].lacking, 450 - 225);
    let prevalence = &comparison.result("prevalence", TestRatio::PerPositive(1)).unwrap().measured;
    assert_eq!((prevalence.auroc.mean, prevalence.average_precision.mean), (Some(0.5), Some(0.5)));
}

#[test]
fn strata_divide_every_list_and_empty_ones_say_why() {
    let data = Data::new();
    let comparison = data.compare(&[data.noisy("m", 1.0, 1)], "m").unwrap();
    let of_model = |by: &str| -> Vec<_> {
        let results = comparison.results.iter().filter(|result| result.model == "m");
        let results = results.filter(|result| result.ratio == TestRatio::All);
        results.filter(|r| r.stratum.is_some_and(|stratum| stratum.by.to_string() == by)).collect()
    };
    for (by, cells) in [("distance", 6), ("promoter degree", 5), ("seen in training", 4)] {
        let of_kind = of_model(by);
        assert_eq!(of_kind.len(), cells, "{by}");
        assert_eq!(of_kind.iter().map(|result| result.measured.n).sum::<usize>(), 1080, "{by}");
        assert_eq!(of_kind.iter().map(|result| result.measured.positives).sum::<usize>(), 180, "{by}");
        for result in of_kind {
            let (measured, auroc) = (&result.measured, &result.measured.auroc);
            assert_eq!(auroc.mean.is_none(), auroc.undefined.is_some());
            assert_eq!(auroc.interval.is_none(), auroc.no_interval.is_some());
            assert_eq!(measured.prevalence.is_none(), measured.n == 0);
        }
    }
    // Three pairs of each contig share a promoter; no element occurs on two contigs.
    let named = |by: &str, name: &str| {
        let mut cells = of_model(by).into_iter();
        cells.find(|result| result.stratum.is_some_and(|stratum| stratum.name == name)).unwrap()
    };
    assert_eq!(named("promoter degree", "3-5").measured.n, 1080);
    assert_eq!(named("seen in training", "none").measured.n, 1080);
    let empty = &named("promoter degree", "2").measured;
    assert_eq!((empty.n, empty.auroc.undefined.as_deref()), (0, Some("no such rows")));
    let table = comparison.table().to_tsv();
    assert!(table.contains("m\tnetwork\tall\tpromoter degree\t2\tauroc\tNA"), "{table}");
}

#[test]
fn few_chromosomes_give_no_interval() {
    let mut data = Data::new();
    data.pairs.truncate(4 * 90);
    data.split = ChromosomeFolds::balanced(4).split(&data.pairs).unwrap();
    let comparison = data.compare(&[data.noisy("a", 1.0, 1), data.noisy("b", 1.0, 2)], "a").unwrap();
    let auroc = &comparison.result("a", TestRatio::All).unwrap().measured.auroc;
    assert!(auroc.mean.is_some() && auroc.interval.is_none());
    let why = auroc.no_interval.clone().unwrap();
    assert_eq!(why, "4 chromosomes with positives are too few to resample, 5 needed");
    let test = difference(&comparison, "b", TestRatio::All, Metric::Auroc);
    assert_eq!((test.p_value, test.no_interval.clone()), (None, Some(why)));
    assert!(test.delong.is_some());
}

#[test]
fn rules_that_read_the_list_are_scored_on_each_list() {
    // Every positive has a promoter of its own; two of three negatives share theirs.
    let mut pairs = Vec::new();
    for contig in ["c1", "c2", "c3"] {
        let at = |start| Interval::new(contig, start, start + 100).unwrap();
        for (n, (promoter, label)) in
            [(50_000, true), (60_000, false), (60_000, false), (70_000, false)].into_iter().enumerate()
        {
            pairs.push(Pair::new(at(1_000 * n as u64), at(promoter)).with_label(label));
        }
    }
    let split = ChromosomeFolds::balanced(3).split(&pairs).unwrap();
    let audit = Audit::of(&pairs, &split, &AuditConfig::default(), None).unwrap();
    let config = CompareConfig {
        reference: "distance".into(),
        ratios: vec![TestRatio::PerPositive(1), TestRatio::All],
        ..CompareConfig::default()
    };
    let comparison = Comparison::of(&pairs, &split, &audit, &[], &config).unwrap();
    let auroc = |ratio| comparison.result("promoter-count", ratio).unwrap().measured.auroc.mean.unwrap();
    // Against all: one negative ties, two outrank the positive. Against any one negative alone: a tie.
    assert!((auroc(TestRatio::All) - 0.5 / 3.0).abs() < 1e-15);
    assert_eq!(auroc(TestRatio::PerPositive(1)), 0.5);
    assert!(comparison.models.iter().any(|model| model.name == "promoter-count" && model.transductive));
}

#[test]
fn rules_never_see_a_label() {
    struct Label([Output; 1]);
    impl PairTableScorer for Label {
        fn outputs(&self) -> &[Output] {
            &self.0
        }

        fn score_table(&self, pairs: &[Pair]) -> Result<Scores, ScoreError> {
            let label = |pair: &Pair| pair.label.map_or(0.0, |label| if label { 1.0 } else { -1.0 });
            Ok(Scores::scalar(pairs.iter().map(label).collect()))
        }
    }
    let data = Data::new();
    let label = Label([Output::new("label", Scale::Raw)]);
    let config = CompareConfig { reference: "label".into(), ..CompareConfig::default() };
    let rules: [(&str, &dyn PairTableScorer); 1] = [("label", &label)];
    let comparison =
        Comparison::with_rules(&data.pairs, &data.split, &data.audit, &[], &rules, &config).unwrap();
    let auroc = &comparison.result("label", TestRatio::All).unwrap().measured.auroc;
    assert_eq!(auroc.mean, Some(0.5), "a rule that reads labels finds none");
}

#[test]
fn scores_that_are_not_one_number_a_test_row_are_refused_by_name() {
    let data = Data::new();
    let good = data.noisy("good", 1.0, 1);
    let refused = |change: &dyn Fn(&mut ModelScores)| {
        let mut bad = ModelScores { name: "bad".into(), ..good.clone() };
        change(&mut bad);
        data.compare(&[good.clone(), bad], "good").unwrap_err().to_string()
    };
    let first = data.split.folds[1].test[0];
    let name = ciskit_dataset::pair_name(&data.pairs[first]);
    let missing = refused(&|bad| {
        bad.folds[1].rows.remove(0);
        bad.folds[1].scores.remove(0);
    });
    assert_eq!(missing, format!("bad has no score of the pair {name} (row {first}), which fold 1 tests on"));
    let nan = refused(&|bad| bad.folds[1].scores[0] = f64::NAN);
    assert_eq!(nan, format!("bad scores the pair {name} (row {first}) of fold 1 with NaN"));
    let other = data.split.folds[0].test[0];
    let leaked = refused(&|bad| bad.folds[1].rows[0] = other);
    assert_eq!(leaked, format!("bad has a score of row {other} in fold 1, which does not test on it"));
    let twice = refused(&|bad| bad.folds[1].rows[1] = first);
    assert_eq!(twice, format!("bad has a score of row {first} in fold 1, twice"));
    assert!(refused(&|bad| bad.folds[1].scores.truncate(1)).contains("rows, but"));
    assert!(refused(&|bad| bad.folds.truncate(3)).contains("folds [0, 1, 2], good of [0, 1, 2, 3]"));
    assert!(refused(&|bad| bad.name = "good".into()).contains("two models are called good"));
    assert!(refused(&|bad| bad.name = "distance".into()).contains("two models are called distance"));
    let unknown = data.compare(&[good], "epipam").unwrap_err().to_string();
    assert!(
        unknown.ends_with("compared: good, distance, promoter-count, enhancer-count, prevalence"),
        "{unknown}"
    );
}

#[test]
fn some_folds_can_be_compared_alone() {
    let data = Data::new();
    let mut model = data.noisy("m", 1.0, 1);
    model.folds.retain(|fold| fold.fold == 2);
    let comparison = data.compare(&[model], "m").unwrap();
    assert_eq!(comparison.lists[0].folds.len(), 1);
    assert_eq!(comparison.lists[0].folds[0].fold, 2);
    assert_eq!(comparison.result("m", TestRatio::All).unwrap().measured.auroc.sd, None);
}

#[test]
fn every_rendering_is_the_same_for_any_number_of_threads_and_holds_every_model() {
    let data = Data::new();
    let models = [data.noisy("one <&>", 0.5, 1), data.noisy("two", 0.9, 2)];
    let render = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let comparison = data.compare(&models, "two").unwrap().with_note("chosen <elsewhere>");
            let tables = [comparison.table().to_tsv(), comparison.difference_table().to_tsv()];
            let pages = [comparison.to_json(), comparison.to_markdown(), comparison.page().to_html()];
            [&tables[..], &pages, &[comparison.picture().to_string()]].concat()
        })
    };
    let one = render(1);
    assert_eq!(one, render(2));
    for text in &one[..5] {
        for name in ["two", "distance", "promoter-count", "enhancer-count", "prevalence"] {
            assert!(text.contains(name), "{name}");
        }
    }
    // Six models on three lists, two measures, whole and in fifteen strata.
    assert_eq!(one[0].lines().count(), 1 + 6 * 3 * 2 * 16);
    // Five models against the reference: mean and four folds, and for AUROC the pooled rows.
    assert_eq!(one[1].lines().count(), 1 + 5 * 3 * (6 + 5));
    let json: serde_json::Value = serde_json::from_str(&one[2]).unwrap();
    assert_eq!(json["results"].as_array().unwrap().len(), 6 * 3 * 16);
    assert!(
        one[3].contains("**To be known:** chosen <elsewhere>") && one[4].contains("chosen &lt;elsewhere&gt;")
    );
    assert!(one[3].contains("## Against two") && one[4].contains("one &lt;&amp;&gt;"));
    assert_eq!(one[4].matches("<svg").count(), 6);
}
