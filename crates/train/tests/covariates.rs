//! Covariates reach the network, standardised by the training pairs, and a run knows its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use ciskit_core::random::Stream;
use ciskit_dataset::{Covariates, PairSource, WithCovariates};
use ciskit_models::{Model, ModelConfig, deeptact};
use ciskit_train::{CrossValidation, Placement, Silent, TrainError, cross_validate, fingerprint};
use common::{ENHANCER_LEN, PROMOTER_LEN, learnable, quick_config, small_network, split};

/// A column that tells the label, and one that tells nothing.
fn column(source: &dyn PairSource, telling: bool) -> Vec<f32> {
    let noise = Stream::new(4, "covariate");
    let value = |(row, pair): (usize, &ciskit_core::Pair)| {
        let shift = if telling && pair.label == Some(true) { 4.0 } else { 0.0 };
        10.0 + shift + 0.1 * noise.normal(row as u64) as f32
    };
    source.pairs().iter().enumerate().map(value).collect()
}

fn trained(source: &dyn PairSource, names: &[&str], epochs: usize) -> Result<CrossValidation, TrainError> {
    let model = ModelConfig::Epipam(small_network().with_covariates(names.iter().copied()));
    let config = ciskit_train::TrainConfig { epochs, ..quick_config() };
    let placement = Placement { folds: Some(vec![1]), ..Placement::default() };
    cross_validate::<Model>(source, &split(source), &model, &config, &placement, &mut Silent)
}

#[test]
fn they_are_standardised_by_the_training_pairs_and_learnt_from() {
    let source = learnable(40);
    let (telling, noise) = (column(&source, true), column(&source, false));
    let covariates = Covariates::none().with("telling", telling.clone()).with("noise", noise);
    let source = WithCovariates::new(source, covariates);
    let fold = trained(&source, &["telling", "noise"], 12).unwrap().folds.remove(0);

    let rows = &split(&source).folds[1].train;
    let mean = rows.iter().map(|row| f64::from(telling[*row])).sum::<f64>() / rows.len() as f64;
    let square: f64 = rows.iter().map(|row| (f64::from(telling[*row]) - mean).powi(2)).sum();
    let deviation = (square / rows.len() as f64).sqrt();
    for (name, expected) in [("covariates.mean", mean), ("covariates.deviation", deviation)] {
        let found = fold.weights[name].to_vec1::<f32>().unwrap();
        assert_eq!(found.len(), 2);
        assert!((f64::from(found[0]) - expected).abs() < 1e-5, "{name}: {found:?} {expected}");
    }
    assert!(fold.test.auroc > 0.9, "{}", fold.test.auroc);
}

#[test]
fn a_model_meets_its_own_covariates_only() {
    let source = || learnable(8);
    let with =
        |name: &str| WithCovariates::new(source(), Covariates::none().with(name, column(&source(), false)));
    let refused =
        |source: &dyn PairSource, names: &[&str]| trained(source, names, 1).unwrap_err().to_string();
    assert_eq!(refused(&source(), &["a"]), "the model reads the covariates a, the data have no covariates");
    assert_eq!(
        refused(&with("b"), &["a"]),
        "the model reads the covariates a, the data have the covariates b"
    );
    assert_eq!(refused(&with("b"), &[]), "the model reads no covariates, the data have the covariates b");

    let of = |source: &dyn PairSource| fingerprint(source).unwrap();
    assert_ne!(of(&with("a")), of(&with("b")));
    assert!(of(&with("a")).starts_with(&of(&source())));
    let other = WithCovariates::new(source(), Covariates::none().with("a", vec![1.0; source().len()]));
    assert_ne!(of(&with("a")), of(&other));
}

#[test]
fn a_model_that_reads_tracks_is_refused_before_its_first_step() {
    let sizes = deeptact::Config { filters: 2, kernel: 5, pool: 4, units: 2, dense: 2, ..Default::default() };
    let config = deeptact::Config { tracks: 3, ..sizes }.with_lengths(ENHANCER_LEN, PROMOTER_LEN);
    let (source, model) = (learnable(8), ModelConfig::Deeptact(config));
    let (split, training, placement) = (split(&source), quick_config(), Placement::default());
    let refused = cross_validate::<Model>(&source, &split, &model, &training, &placement, &mut Silent);
    let expected = "the model reads 3 accessibility tracks of each side, the data have 0";
    assert_eq!(refused.unwrap_err().to_string(), expected);
}
