//! The published protocol chooses on the test part, trains the same, and says what its choice is worth.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use ciskit_train::{
    Event, Inflation, Placement, Protocol, SelectionSet, TrainConfig, candidates_tsv, null_selection,
};
use common::*;

fn paper() -> TrainConfig {
    TrainConfig { protocol: Protocol::Paper, alphas: vec![0.2, 0.9], epochs: 4, ..quick_config() }
}

#[test]
fn the_test_part_chooses_among_the_same_candidates() {
    let honest = one_fold(&learnable(40), 1, &TrainConfig { protocol: Protocol::Honest, ..paper() }).unwrap();
    let source = Watched::new(learnable(40));
    let paper = one_fold(&source, 1, &paper()).unwrap();
    // Trained the same: only what is looked at differs.
    assert_eq!((honest.candidates, paper.candidates), (8, 8));
    for (ours, theirs) in paper.history.iter().zip(&honest.history) {
        assert_eq!((ours.loss, ours.validation), (theirs.loss, theirs.validation));
        assert_eq!((ours.test.unwrap().pairs, theirs.test), (40, None));
    }
    // The first of the largest on the test part.
    let score = |test: ciskit_train::Measured| test.auroc + test.average_precision;
    let scores: Vec<f64> = paper.history.iter().map(|epoch| score(epoch.test.unwrap())).collect();
    let largest = scores.iter().copied().fold(f64::MIN, f64::max);
    let first = scores.iter().position(|score| *score == largest).unwrap();
    assert_eq!(paper.chosen, paper.history[first].candidate());
    assert_eq!(Some(paper.test), paper.chosen.test, "reported with those very numbers");
    let sets = (paper.selection_set(), honest.selection_set());
    assert_eq!(sets, (SelectionSet::Test, SelectionSet::Validation));
    assert!(score(paper.test) >= score(honest.test));

    // What validation would have chosen is what it does choose.
    let by_validation = paper.best_on_validation().unwrap();
    assert_eq!((&by_validation.trial, by_validation.epoch), (&honest.chosen.trial, honest.chosen.epoch));
    assert_eq!(by_validation.test, Some(honest.test));

    // Every candidate and the reported one meet the test part; the validation part is not trained on.
    let fold = &split(&source).folds[1];
    assert!(fold.test.iter().all(|row| source.reads(*row) == 8 + 1));
    assert!(fold.validation.iter().all(|row| source.reads(*row) == 8));
}

#[test]
fn the_validation_part_is_trained_on_where_asked_for() {
    let source = Watched::new(learnable(40));
    let config = TrainConfig { train_on_validation: true, epochs: 2, alphas: vec![0.6], ..paper() };
    let all = one_fold(&source, 1, &config).unwrap();
    assert!(all.history.iter().all(|epoch| epoch.validation.is_none() && epoch.test.is_some()));
    let (more, fewer) = (all.history[0].step, one_fold(&learnable(40), 1, &paper()).unwrap().history[0].step);
    assert_eq!((more, fewer), (12, 8), "three contigs of examples, and two");
    let inflation = Inflation::of(&[all], 20, 1).unwrap();
    assert_eq!(inflation.by_validation, None);
}

#[test]
fn the_inflation_is_told_beside_the_result() {
    let source = learnable(40);
    let placement = Placement { folds: Some(vec![0, 1]), ..Placement::default() };
    let result = train(&source, &paper(), &placement).0.unwrap();
    let told = Inflation::of(&result.folds, 20, 1).unwrap();
    assert_eq!(told.candidates, 8);
    assert_eq!(Some(told.reported.auroc), result.auroc());
    assert_eq!(Some(told.reported.average_precision), result.average_precision());
    let honest = TrainConfig { protocol: Protocol::Honest, ..paper() };
    let honest = train(&source, &honest, &placement).0.unwrap();
    assert_eq!(Some(told.by_validation.unwrap().auroc), honest.auroc());
    let random = null_selection(8, &[(20, 20), (20, 20)], 20, 1).unwrap();
    assert_eq!(told.random, random);
    assert!(random.auroc.mean > 0.55);
    assert_eq!(Inflation::of(&honest.folds, 20, 1), None);

    let table = candidates_tsv(&result.folds);
    let lines: Vec<&str> = table.lines().collect();
    let header = "fold\talpha\tepoch\tvalidation_auroc\tvalidation_auprc\ttest_auroc\ttest_auprc\tchosen_on";
    assert_eq!((lines.len(), lines[0], lines[1]), (2 + 16, "##ciskit candidates format=1", header));
    for (fold, of) in result.folds.iter().zip(lines[2..].chunks(8)) {
        let chosen = |part: &str| {
            let rows =
                of.iter().filter(|line| line.rsplit('\t').next().unwrap().split(',').any(|p| p == part));
            let rows: Vec<&&str> = rows.collect();
            assert_eq!(rows.len(), 1);
            rows[0].split('\t').nth(5).unwrap().parse::<f64>().unwrap()
        };
        assert_eq!(chosen("test"), fold.test.auroc);
        assert_eq!(chosen("validation"), fold.best_on_validation().unwrap().test.unwrap().auroc);
    }
}

#[test]
fn a_paper_run_is_repeatable_and_can_be_gone_on_with() {
    let source = learnable(40);
    let config = TrainConfig { restarts: 2, ..paper() };
    let placement = |folder: &std::path::Path| Placement {
        checkpoints: Some(folder.to_owned()),
        folds: Some(vec![2]),
        ..Placement::default()
    };
    let of_threads = |threads| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let trained = pool.install(|| train(&source, &config, &placement(folder.path())));
        (folder, trained.0.unwrap().folds.remove(0))
    };
    let ((_one, one), (folder, two)) = (of_threads(1), of_threads(2));
    assert!(bytes(&one) == bytes(&two));
    assert_eq!(one.history, two.history);
    // Killed before the fold was done: its runs are there, and choose the same.
    std::fs::remove_file(folder.path().join("fold-2.outcome")).unwrap();
    let (again, events) = train(&source, &config, &placement(folder.path()));
    assert!(!events.iter().any(|event| matches!(event, Event::Step { .. })));
    let again = again.unwrap().folds.remove(0);
    assert!(bytes(&again) == bytes(&one));
    assert_eq!(again.history, one.history);
}
