//! How the models of a training were chosen, for its report.

use ciskit_report::{Choice, Selection};
use ciskit_train::{CrossValidation, Inflation, SelectionSet, Spread, TrainConfig};

/// Draws of random scorers: their mean is then known to a thousandth of AUROC or better.
const DRAWS: usize = 100;

/// The selection of a training's folds; what it is worth where the test pairs chose.
pub(super) fn of(result: &CrossValidation, config: &TrainConfig) -> Selection {
    let folds = &result.folds;
    // Every fold of a training is chosen in one way, or some lack validation pairs.
    let chosen_on = folds.first().map_or(SelectionSet::None, |fold| fold.selection_set());
    let candidates = folds.iter().map(|fold| fold.candidates).max().unwrap_or(0) as u64;
    let selection = Selection::new(chosen_on.to_string(), candidates);
    let Some(inflation) = Inflation::of(folds, DRAWS, config.seed) else { return selection };

    let choice = |name: &str, chosen_on: &str, candidates, auroc: Spread, precision: Spread| {
        let choice = Choice::new(name, chosen_on, candidates);
        choice.scored([auroc.mean, precision.mean], [auroc.sd, precision.sd])
    };
    let Inflation { reported, by_validation, last_epoch, random, .. } = inflation;
    let of_test = choice(
        "the best on the test pairs: what is reported",
        "test",
        candidates,
        reported.auroc,
        reported.average_precision,
    );
    let mut selection = selection.with_choice(of_test);
    selection = match by_validation {
        Some(scores) => selection.with_choice(choice(
            "the best on validation pairs, of the same candidates",
            "validation",
            candidates,
            scores.auroc,
            scores.average_precision,
        )),
        None if config.train_on_validation => selection
            .without("The same candidates chosen on validation pairs: absent, these were trained on."),
        None => selection.without(
            "The same candidates chosen on validation pairs: absent, the split has none for some fold.",
        ),
    };
    let name = match config.trials().len() {
        1 => "the last epoch".to_owned(),
        trials => format!("the last epoch, mean of {trials} trials"),
    };
    let last = choice(&name, "none", 1, last_epoch.auroc, last_epoch.average_precision);
    let random = choice(
        "random scores, the best on the test pairs",
        "test",
        candidates,
        random.auroc,
        random.average_precision,
    );
    selection.with_choice(last).with_choice(random)
}
